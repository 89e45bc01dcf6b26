"""The console's catalogue: every sentence is marked and said in Chinese; numbers, dates, languages."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.datastructures import Headers

from bot.console import rendering, tongue, words
from bot.console.tongue import Language, Reader, preferred, reader_of, set_reader

CONSOLE = Path(tongue.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
OURS = [each for each in TEMPLATES if not each.name.startswith(("family_", "delivery"))]
"""Pages of people without an account are in their link's language, or in both at once."""
PO = CONSOLE / "locale" / "zh_CN" / "LC_MESSAGES" / "console.po"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "noted": None}
# Shown as they are in every language.
NO_SENTENCE = re.compile(
    r"Homeward|FPIR|WGS-84|SHA-256|PDQ|DNA|PDF|JSON|English|run_bot\.py|config\.yaml|YYYY|TOTP|API|px|km|kB"
)


@pytest.fixture(autouse=True)
def in_english() -> None:
    set_reader(Reader())


def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN")


def said() -> set[str]:
    """Every message of templates and console code."""
    found = extract_from_dir(str(CONSOLE), METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_sentence_is_in_the_catalogue_and_translated() -> None:
    held = {(one.id if isinstance(one.id, str) else one.id[0]): one for one in catalogue() if one.id}
    missing = sorted(said() - set(held))
    assert missing == [], "run `make words` and translate what is new"
    for one in held.values():
        given = [one.string] if isinstance(one.string, str) else list(one.string)
        assert all(given) and not one.fuzzy, one.id


def test_a_translation_names_the_same_values_as_its_sentence() -> None:
    for one in catalogue():
        if not one.id:
            continue
        sentence = one.id if isinstance(one.id, str) else one.id[1]
        given = one.string if isinstance(one.string, str) else one.string[0]
        values = set(re.findall(r"%\((\w+)\)[sd]", sentence))
        assert set(re.findall(r"%\((\w+)\)[sd]", given)) == values, one.id
        assert re.findall(r"</?([a-z]+)", given).sort() == re.findall(r"</?([a-z]+)", sentence).sort(), one.id
        assert "匹配成功" not in given


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sentence_of_a_template_is_left_unmarked(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"\{% trans.*?\{% endtrans %\}|\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.S)
    text = re.sub(r"<(code|kbd|pre)[^>]*>.*?</\1>", "", text, flags=re.S)
    bare = [
        *re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"{]+)"', text),
        *re.findall(r">([^<>]+)<", f">{text}<"),
    ]
    left = [one.strip() for one in bare if re.search(r"[A-Za-z]{2,}", NO_SENTENCE.sub("", one))]
    assert left == [], f"wrap it in _() or trans: {left[:5]}"


def test_without_a_readable_catalogue_the_console_speaks_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tongue, "LOCALES", tmp_path)
    tongue._catalogue.cache_clear()
    set_reader(Reader(Language.ZH))
    assert tongue.gettext("Overview") == "Overview"
    broken = tmp_path / "zh_CN" / "LC_MESSAGES"
    broken.mkdir(parents=True)
    (broken / "console.po").write_bytes(b'msgid "Overview"\nmsgstr \xff\xfe nonsense "')
    tongue._catalogue.cache_clear()
    assert tongue.gettext("Overview") == "Overview"
    tongue._catalogue.cache_clear()


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("en-GB,en;q=0.9,zh;q=0.8", Language.EN),
        ("de, zh-TW;q=0.5, en;q=0.4", Language.ZH),
        ("zh;q=0, en;q=0.1", Language.EN),
        ("zh;q=nonsense", Language.EN),
        ("", Language.EN),
        ("*", Language.EN),
    ],
)
def test_the_first_visit_is_in_the_language_of_the_browser(accepts: str, language: Language) -> None:
    assert preferred(accepts) is language


def test_a_choice_counts_more_than_the_browser_and_an_odd_cookie_nothing() -> None:
    headers = {"accept-language": "zh-CN", "cookie": "homeward_language=en; homeward_zone=Asia/Shanghai"}
    assert reader_of(Headers(headers)) == Reader(Language.EN, "Asia/Shanghai")
    odd = Headers({"accept-language": "zh-CN", "cookie": "homeward_language=<b>"})
    assert reader_of(odd).language is Language.ZH


def test_times_are_in_the_readers_zone_with_the_original_beside() -> None:
    at = datetime(2026, 5, 25, 16, 30, tzinfo=UTC)
    assert "25 May 2026, 16:30 UTC" in rendering.moment(at)
    set_reader(Reader(Language.EN, "Asia/Shanghai"))
    assert "26 May 2026, 00:30 Asia/Shanghai" in rendering.moment(at)
    beside = rendering.moment(at, -240)
    assert "26 May 2026, 00:30 Asia/Shanghai" in beside and "25 May 2026, 12:30 at -04:00" in beside
    set_reader(Reader(Language.ZH, "Asia/Shanghai"))
    assert "2026年5月26日, 00:30 Asia/Shanghai" in rendering.moment(at)
    set_reader(Reader(Language.EN, "Nowhere/Else"))
    assert "UTC" in rendering.moment(at), "an unknown zone counts as none"


def test_numbers_and_plurals_follow_the_language() -> None:
    assert (words.years(2), words.years(8.5), words.years(0.5)) == ("2 years", "8.5 years", "6 months")
    assert rendering.number(1234567) == "1,234,567"
    set_reader(Reader(Language.ZH))
    assert (words.years(2), words.years(8.5), words.years(0.5)) == ("2 岁", "8.5 岁", "6 个月")
    assert words.TIERS[next(iter(words.TIERS))] == "优先查看"


def test_the_catalogue_can_be_read_by_others() -> None:
    assert isinstance(read_po(io.BytesIO(PO.read_bytes())), Catalog)
