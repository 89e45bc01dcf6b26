"""Sentences that services write: each has its Chinese and is recognised with its values."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from bot.console import told as telling
from bot.console import tongue
from bot.console.answers import problem, title_of
from bot.console.told import make_book, told
from bot.console.told_reading import sentences
from bot.console.tongue import Language, Reader, set_reader

ROOT = Path(tongue.__file__).parents[2]
PO = ROOT / "bot" / "console" / "locale" / "zh_CN" / "LC_MESSAGES" / "told.po"
PARTS = {"bot", "store", "collectors"}


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    set_reader(Reader(Language.ZH))
    yield
    set_reader(Reader())


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN")


def _is_ours(folder: str) -> bool:
    parts = Path(os.path.relpath(folder, ROOT)).parts
    return not parts or (parts[0] in PARTS and not parts[-1].startswith(("_", ".")))


@pytest.mark.servers
def test_every_sentence_that_a_service_can_say_has_its_chinese(catalogue: Catalog) -> None:
    with (ROOT / "told.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file, "told.cfg")  # type: ignore[no-untyped-call]
    found = extract_from_dir(str(ROOT), mapping, options, directory_filter=_is_ours)
    said = {str(message) for _, _, message, _, _ in found}
    held = {str(one.id): one.string for one in catalogue if one.id}
    assert len(said) > 1000
    missing = sorted(each for each in said if not held.get(each))
    assert missing == [], "run `make words` and translate what is new in told.po"


def test_a_told_sentence_holds_no_value_that_its_english_does_not_have(catalogue: Catalog) -> None:
    for one in catalogue:
        english, chinese = str(one.id), str(one.string)
        values = set(re.findall(r"%\(([a-z])\)s", english))
        assert set(re.findall(r"%\(([a-z])\)s", chinese)) <= values, english
        if english:
            assert chinese % dict.fromkeys(values, "") is not None, english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("1 face compared: 1 to look at.", "比较了 1 张脸：有 1 个需要查看。"),
        ("case team only: the author did not name the campaign account", "仅案件小组：作者没有点名活动账号"),
        ("8 km in 2 hours: possible", "2 小时内 8 公里：可能"),
        ("registry.example/7: is draft, not verified; see `cases show registry.example/7`",
         "registry.example/7：是草稿，不是已核实；见 `cases show registry.example/7`"),
        ("rob: has the role admin, reviewer; who may see leads: ngo, liaison",
         "rob：的角色是管理员、审核员；可以查看线索的有：公益组织、联络员"),
        ("mastodon #found brought 3 new posts between 07:00 and 08:00 UTC, where it usually brings about 40 "
         "(middle of 7 days). Likely causes: it answers; its other hashtags are as loud as usual.",
         "mastodon #found 在 07:00 至 08:00 UTC 之间带来 3 条新帖子，平时约有 40 条（7 天的中位数）。"
         "可能的原因：它有响应；它的其他话题标签和平时一样热闹。"),
        ("Being read back by itself, 50% walked", "正在自动回读，已读 50%"),
    ],
)  # fmt: skip
def test_a_stored_sentence_is_recognised_with_its_values(english: str, chinese: str) -> None:
    assert told(english) == chinese


@pytest.mark.parametrize(
    "text", ["", "scar on the left hand", "police file 17", "今天在成都", "x" * 5000, "%(a)s", "100 %"]
)
def test_what_people_wrote_stays_as_it_is(text: str) -> None:
    assert told(text) == text


def test_in_english_nothing_is_changed() -> None:
    set_reader(Reader(Language.EN))
    assert told("No photo, so nothing to compare.") == "No photo, so nothing to compare."


def test_values_are_never_read_as_formats() -> None:
    book = make_book([("found %(a)s here", "找到 %(a)s")])
    assert book.patterns[0].values("found %(b)s %d %% here") == {"a": "%(b)s %d %%"}
    assert told("%(b)s: is missing") == "%(b)s：缺失"


def test_without_a_readable_catalogue_sentences_stay_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    telling._book.cache_clear()
    telling._told.cache_clear()
    monkeypatch.setattr(tongue, "LOCALES", tmp_path)
    try:
        assert told("the database did not answer") == "the database did not answer"
    finally:
        monkeypatch.undo()
        telling._book.cache_clear()
        telling._told.cache_clear()


def test_sentences_of_code_are_read_with_their_values() -> None:
    code = '''
"""A docstring is not said."""
def f(x):
    """Nor is this one."""
    log.info("not this one either", x=f"and not {x}")
    raise UsageError(x, f"is {x!r:.20}; write {x + 1} or {'what is known'}")
WORDS = "one more sentence"
'''
    assert {message for _, message in sentences(code)} == {
        "is %(a)s; write %(b)s or %(c)s",
        "what is known",
        "one more sentence",
    }
    assert "one more sentence" not in {message for _, message in sentences(code, only_errors=True)}


def test_programs_are_told_of_problems_in_english_whatever_they_read() -> None:
    answer = json.loads(bytes(problem(404, "x: is not here").body))
    assert (answer["title"], answer["detail"], answer["status"]) == ("Not here", "x: is not here", 404)
    assert title_of(404) != "Not here", "a page says it in Chinese"
