"""The catalogue: what a text has to keep to, who puts another one in its place, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.pipeline.catalogue import shipped
from bot.rules import lengths, wording
from bot.rules.compose import Draft, Unfit, compose, compose_free
from bot.rules.wording import PURPOSES, may_not_approve, parse_catalogue, problems_of
from store.records.post import Platform
from store.records.reply import Purpose
from store.records.replying import Wording
from tests.unit.rules.posts import NOW

FOLDER = Path(__file__).parents[3] / "bot" / "rules" / "catalogue"
GOOD = "Thank you. Call {hotline}. Ref. {reference}"
DAY = timedelta(days=1)


def files() -> dict[str, Any]:
    yaml = YAML(typ="safe")
    return {file.stem: yaml.load(file.read_text("utf-8")) for file in FOLDER.glob("*.yaml")}


def version(**changes: Any) -> Wording:
    made = Wording(3, Purpose.RECEIPT, "en", GOOD, "shorter", "ana", NOW)
    return replace(made, **changes)


def test_every_shipped_text_keeps_the_rules_and_is_short_enough_for_140_characters() -> None:
    words = shipped()
    assert set(words.languages) == {"en", "zh-Hans", "zh-Hant"}
    for tag in words.languages:
        assert set(words.texts[tag]) == set(PURPOSES)
        for text in words.texts[tag].values():
            assert problems_of(text, tag) == []
            filled = text.format(**wording.LONGEST)
            assert lengths.weibo_length(filled) <= wording.SHORTEST_LIMIT


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Call {hotline}. {case} {reference}", "placeholder"),
        ("Call {hotline!r} {reference}", "placeholder"),
        ("Call {hotline.__class__} {reference}", "placeholder"),
        ("Call {0} {hotline} {reference}", "placeholder"),
        ("Call {hotline:>9} {reference}", "placeholder"),
        ("Call {hotline", "brace"),
        ("Call us. {reference}", "lacks"),
        ("{reference} Call {hotline}", "end"),
        ("See https://a.example {hotline} {reference}", "link"),
        ("Call {hotline}, @lin {reference}", "mention"),
        ("Call {hotline} #found {reference}", "hashtag"),
        ("Call {hotline}\u200b {reference}", "invisible"),
        ("Call {hotline}\n{reference}", "line breaks"),
        ("请联系{hotline}。{reference}", "language"),
        ("x" * 300 + " {hotline} {reference}", "too long"),
    ],
)
def test_a_text_that_breaks_a_rule_is_named(text: str, problem: str) -> None:
    assert any(problem in each for each in problems_of(text, "en")), problems_of(text, "en")


def test_another_language_is_a_file_and_a_bad_file_is_refused_with_its_place() -> None:
    given = files()
    german = {**given["en"], "language": "de", "local_police": "die Polizei"}
    words = parse_catalogue({**given, "de": german})
    assert words.language_for("de-AT", "en") == "de" and words.language_for("fr", "en") == "en"
    assert words.language_for("de", "zh-Hans") == "zh-Hans", "what is written outweighs the tag"
    assert words.hotline("AQ", {}, "de") == "die Polizei"
    texts = {**given["en"]["texts"], "receipt": "Hello {name}"}
    with pytest.raises(ValueError, match="de: receipt: holds a placeholder"):
        parse_catalogue({**given, "de": {**german, "texts": texts}})
    with pytest.raises(ValueError, match="en: is missing"):
        parse_catalogue({"de": german})
    with pytest.raises(ValueError, match="de: thanks: is missing"):
        without = {name: text for name, text in given["en"]["texts"].items() if name != "thanks"}
        parse_catalogue({**given, "de": {**german, "texts": without}})


def test_only_a_second_person_puts_a_version_into_force_and_not_twice_a_day() -> None:
    held = version(number=2, approved_by="cas", approved_at=NOW)
    assert "second person" in may_not_approve(version(), None, "ana", NOW)
    assert may_not_approve(version(), None, "ben", NOW) == ""
    assert "not varied" in may_not_approve(version(), held, "ben", NOW + DAY / 2)
    assert may_not_approve(version(), held, "ben", NOW + DAY) == ""
    assert "decided" in may_not_approve(held, None, "ben", NOW)


def test_only_versions_in_force_take_a_text_s_place() -> None:
    words = shipped()
    waiting, ended = version(), version(approved_at=NOW, ended_at=NOW)
    assert words.with_versions([waiting, ended]).text(Purpose.RECEIPT, "en") == words.text(
        Purpose.RECEIPT, "en"
    )
    made = words.with_versions([version(approved_at=NOW)])
    assert made.text(Purpose.RECEIPT, "en") == GOOD and made.mark(Purpose.RECEIPT, "en") == "receipt/en/3"
    assert words.text(Purpose.RECEIPT, "en") != GOOD, "the shipped ones stay as they are"


@pytest.mark.parametrize(
    ("platform", "handle", "fits"),
    [
        (Platform.X, "lin_0", True),
        (Platform.X, "lin 0", False),
        (Platform.BLUESKY, "lin.bsky.social", True),
        (Platform.BLUESKY, "lin", False),
        (Platform.WEIBO, "林小姐", True),
        (Platform.WEIBO, "林 https://x", False),
    ],
)
def test_a_text_that_names_the_author_takes_only_a_handle_of_the_platform(
    platform: Platform, handle: str, fits: bool
) -> None:
    words = shipped().with_versions(
        [version(text="Thank you {handle}. {hotline} {reference}", approved_at=NOW)]
    )
    made = compose(
        Purpose.RECEIPT, catalogue=words, hotline="110", reference="7KX2QF", handle=handle, language="en",
        platform=platform,
    )  # fmt: skip
    assert isinstance(made, Draft if fits else Unfit)
    assert not isinstance(made, Draft) or f"@{handle}" in made.text


def test_free_words_end_with_the_reference() -> None:
    made = compose_free(
        "谢谢您", catalogue=shipped(), reference="7KX2QF", handle="a@b.example", language="zh-Hans",
        platform=Platform.MASTODON,
    )  # fmt: skip
    assert isinstance(made, Draft) and made.text == "@a@b.example 谢谢您 编号 7KX2QF"
