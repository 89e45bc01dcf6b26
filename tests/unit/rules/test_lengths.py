"""How platforms count. Own vectors carry these tests; the official ones are read where they lie."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.rules import lengths
from bot.rules.urls import find_urls
from store.records.post import Platform

FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("a child at the station", 22),
        ("孩子", 4),
        ("Ärzte", 5),
        ("A\u0308", 1),  # composed by NFC
        ("\uac00", 2),
        ("\u10ff\u1100", 3),  # the last light code point of the first range, and the one behind it
        ("\u2000\u200d\u200e\u2010\u201f\u2020\u2032\u2037\u2038", 1 + 1 + 2 + 1 + 1 + 2 + 1 + 1 + 2),
        ("https://example.com", 23),
        ("https://example.com/a/very/long/path/that/goes/on?and=on#and-on", 23),
        ("example.com", 23),
        ("see example.com.", 4 + 23 + 1),
        ("on mastodon.example I am lin", 28),  # no top-level domain
        ("🙂", 2),
        ("👍🏽", 2),
        (FAMILY, 2),
        (FAMILY * 140, 280),
        ("🇨🇳🇨🇭", 4),
        ("1\ufe0f\u20e3", 2),
        ("123", 3),
        ("☎\ufe0f 110", 6),
        ("©", 2),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2),
        ("🙂🙂 ok", 7),
    ],
)
def test_weight_on_x(text: str, weight: int) -> None:
    assert lengths.x_weight(text) == weight


def test_the_leading_mention_of_a_reply_is_free_on_x_alone() -> None:
    text = "@Lin thank you"
    assert lengths.measure(Platform.X, text, "lin") == 9
    assert lengths.measure(Platform.X, text) == 14
    assert lengths.measure(Platform.X, "@Linda thank you", "lin") == 16
    assert lengths.measure(Platform.MASTODON, text, "lin") == 14


@pytest.mark.parametrize(
    ("text", "graphemes", "size"),
    [
        ("", 0, 0),
        ("孩子", 2, 6),
        (FAMILY, 1, 25),
        ("e\u0301", 1, 3),
        ("\r\n", 1, 2),
        ("한국", 2, 6),
        ("नि", 1, 6),
        ("🇨🇳🇨🇭", 2, 16),
    ],
)
def test_graphemes_and_bytes_on_bluesky(text: str, graphemes: int, size: int) -> None:
    assert (lengths.grapheme_count(text), lengths.utf8_bytes(text)) == (graphemes, size)


@pytest.mark.parametrize(
    ("text", "graphemes"),
    [
        ("\r\r\n\n", 3), ("a\u0300\u0301b", 2), ("\u0300a", 2), ("\u1100\u1161\u11a8\uac00", 2),
        ("\u0600\u0661", 1), ("a\u0903", 1), ("🇨🇳🇨", 2), ("👍🏽👍", 2), ("👩\u200d🚀🚀", 2), ("a\u200d🚀", 2),
        ("क\u094dत", 1), ("क\u094d\u200dत", 1), ("क\u094dतक", 2), ("कत", 2), ("a\u094dत", 2), ("\u094dक", 2),
        ("?\u094dत", 2), ("\u200bक", 2), ("1\ufe0f\u20e3", 1), ("ก\u0e33", 1), ("\u0e40ก", 2),
    ],
)  # fmt: skip
def test_graphemes_are_those_of_the_unicode_standard(text: str, graphemes: int) -> None:
    """Each boundary rule of UAX #29, GB3 to GB13, with what comes beside it."""
    assert lengths.grapheme_count(text) == graphemes


def test_unicodes_own_file_of_boundaries_is_counted_right() -> None:
    """Lines such as "÷ 0020 × 0308 ÷"; what two versions of Unicode see differently is counted longer."""
    folder = os.environ.get("HOMEWARD_DATA", "")
    file = Path(folder) / "lengths" / "GraphemeBreakTest.txt"
    if not folder or not file.exists():
        pytest.skip("HOMEWARD_DATA holds no lengths/GraphemeBreakTest.txt of unicode.org")
    longer = seen = 0
    for line in file.read_text("utf-8").splitlines():
        marks = line.split("#")[0].strip().strip("÷").strip()
        if not marks:
            continue
        text = "".join(chr(int(point, 16)) for point in re.findall("[0-9A-F]{4,6}", marks))
        counted, right = lengths.grapheme_count(text), marks.count("÷") + 1
        assert counted >= right, marks
        longer, seen = longer + (counted > right), seen + 1
    assert seen > 500 and longer <= 2


def test_bluesky_has_a_limit_in_bytes_too() -> None:
    heavy = FAMILY * 150
    assert lengths.measure(Platform.BLUESKY, heavy) == 150
    assert not lengths.fits(Platform.BLUESKY, heavy)
    assert lengths.fits(Platform.BLUESKY, FAMILY * 120)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("@lin@social.example hello", 10),
        ("@lin hello", 10),
        ("mail lin@social.example", 23),
        ("@lin@social.example, @mei@other.example!", 11),
        ("see https://example.com/" + "x" * 90, 27),
        ("see example.com", 15),
        (FAMILY, 1),
        ("孩子", 2),
    ],
)
def test_characters_on_mastodon(text: str, length: int) -> None:
    assert lengths.mastodon_length(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("a", 1),
        ("ab", 1),
        ("abc", 2),
        ("é", 1),
        ("ā", 1),
        ("孩子", 2),
        ("孩子a", 3),
        ("🙂", 2),
        ("t.cn/abc", 10),
        ("https://example.com/" + "x" * 40, 30),
    ],
)
def test_characters_on_weibo(text: str, length: int) -> None:
    assert lengths.weibo_length(text) == length


def test_the_servers_own_limit_replaces_the_stock_one() -> None:
    text = "x" * 600
    assert not lengths.fits(Platform.MASTODON, text)
    assert lengths.fits(Platform.MASTODON, text, max_length=1000)


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_has_a_rule_with_its_page(platform: Platform) -> None:
    rule = lengths.RULES[platform]
    assert rule.max_length > 0
    assert rule.source.startswith("https://")
    assert lengths.fits(platform, "x" * rule.max_length)
    assert not lengths.fits(platform, "孩" * (rule.max_length + 1))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_measured_on_every_platform(text: str) -> None:
    for platform in Platform:
        assert 0 <= lengths.measure(platform, text) <= 24 * len(text)
    assert lengths.grapheme_count(text) <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="孩子abc é🙂", max_size=30), st.text(alphabet="孩子abc é🙂", max_size=30))
def test_a_longer_text_never_counts_less(left: str, right: str) -> None:
    for platform in Platform:
        whole = lengths.measure(platform, f"{left} {right}")
        assert whole >= max(lengths.measure(platform, left), lengths.measure(platform, right))


def official(name: str) -> dict[str, Any]:
    folder = os.environ.get("HOMEWARD_DATA", "")
    if not folder:
        pytest.skip("HOMEWARD_DATA does not name the folder of recorded data")
    whole = YAML(typ="safe").load((Path(folder) / "lengths" / name).read_text("utf-8"))
    tests: dict[str, Any] = whole["tests"]
    return tests


def test_the_official_vectors_of_x_pass() -> None:
    tests = official("twitter-text-validate.yml")
    vectors = (
        tests["WeightedTweetsWithDiscountedEmojiCounterTest"] + tests["UnicodeDirectionalMarkerCounterTest"]
    )
    assert len(vectors) > 20
    wrong = [
        (vector["description"], lengths.x_weight(vector["text"]))
        for vector in vectors
        if lengths.x_weight(vector["text"]) != vector["expected"]["weightedLength"]
    ]
    assert wrong == []


def test_links_are_found_where_the_official_vectors_find_them() -> None:
    tests = official("twitter-text-extract.yml")
    vectors = tests["urls"] + tests["urls_with_indices"] + tests["urls_with_directional_markers"]
    assert len(vectors) > 100
    for vector in vectors:
        expected = [found["url"] if isinstance(found, dict) else found for found in vector["expected"]]
        found = [vector["text"][start:end] for start, end in find_urls(vector["text"])]
        assert found == expected, vector["description"]
