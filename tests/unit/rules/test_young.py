"""Who says to be a minor, or the child itself: the author counts, not the child that was seen."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import young
from bot.rules.young import Kind, Signs
from store.records.post import Author, GeoTag, PlaceTag
from tests import makers

SENTENCES = Path(__file__).parents[2] / "fixtures" / "text" / "young.tsv"


def sentences() -> list[tuple[str, str, str]]:
    rows = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    return [(kind, language, text) for kind, language, text in rows]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_signs_are_found_at_the_stated_rates(language: str) -> None:
    counts: Counter[str] = Counter()
    for kind, of, text in sentences():
        if of != language:
            continue
        signs = young.read(text)
        counts[kind] += 1
        counts["young found"] += kind == "young" and signs.young is not None
        counts["self found"] += kind == "self" and signs.is_self
        counts["young said"] += signs.young is not None
        counts["self said"] += signs.is_self
        counts["young wrong"] += kind == "none" and signs.young is not None
        counts["self wrong"] += kind != "self" and signs.is_self
    assert counts["young"] >= 50 and counts["self"] >= 30 and counts["none"] >= 70
    assert counts["young found"] / counts["young"] >= 0.95
    assert counts["self found"] / counts["self"] >= 0.95
    assert 1 - counts["young wrong"] / counts["young said"] >= 0.95
    assert 1 - counts["self wrong"] / counts["self said"] >= 0.95


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我今年14岁，刚看到一个孩子", Kind.AGE),
        ("im 15, saw him", Kind.AGE),
        ("15yo here", Kind.AGE),
        ("我初二，放学看到的", Kind.GRADE),
        ("I'm in year 9 and saw this", Kind.GRADE),
        ("看到一个14岁的女孩", None),
        ("I saw a 14 year old girl", None),
        ("我今年18岁", None),
        ("I'm 18 and saw this", None),
    ],
)
def test_only_what_the_author_says_of_themself_counts(text: str, kind: Kind | None) -> None:
    assert young.read(text).young is kind


@pytest.mark.parametrize(
    "profile", ["15 | she/her | art", "初二 学生党", "14岁", "minor · dni", "高一，喜欢画画", "i'm 16"]
)
def test_a_profile_in_its_own_shorthand_is_read(profile: str) -> None:
    assert young.read("saw a child at the station", profile).young is Kind.PROFILE


@pytest.mark.parametrize(
    "profile",
    ["mom of a 14yo", "15 years in IT", "since 2014", "teacher, grade 8", "退休 64岁", "est. 2012 | news"],
)
def test_a_grown_persons_profile_is_no_sign(profile: str) -> None:
    assert young.read("saw a child at the station", profile) == Signs()


@pytest.mark.parametrize(
    "raw",
    [
        {"account": {"note": "<p>14yo, she/her</p>"}},
        {"user": {"description": "初二"}},
        {"data": {"id": "1"}, "includes": {"users": [{"id": "7", "description": "im 15"}]}},
    ],
)
def test_the_profile_is_found_where_platforms_put_it(raw: dict[str, object]) -> None:
    assert young.of_post(makers.post(raw=raw)).young is Kind.PROFILE


def test_who_passes_a_post_on_is_not_its_author() -> None:
    text = "I'm 14 and the kid in the photo is me"
    assert young.of_post(makers.post(text=text, repost_of="mastodon:x")) == Signs(None, True)
    assert young.of_post(makers.post(text=text)) == Signs(Kind.AGE, True)


def test_a_young_authors_post_is_kept_without_any_place_of_theirs() -> None:
    raw = {
        "id": "1", "geo": {"coordinates": [1.5, 2.5]},
        "user": {"location": "Leeds", "name": "Mia", "city": "5"},
        "retweeted_status": {"region_name": "Leeds", "text": "kept"}, "list": [{"place": "Leeds"}, "kept"],
    }  # fmt: skip
    post = makers.post(
        author=Author("a", "mia@x.example", "Mia", location="Leeds"), geotag=GeoTag(1.5, 2.5, name="Leeds"),
        place_tag=PlaceTag("Leeds"), raw=raw,
    )  # fmt: skip
    kept = young.without_place(post)
    assert "Leeds" not in repr(kept) and "1.5" not in repr(kept)
    assert kept.raw["user"] == {"name": "Mia"} and kept.raw["list"] == [{}, "kept"]
    assert kept.text == post.text and kept.key == post.key


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_and_profile_are_read(text: str, profile: str) -> None:
    assert isinstance(young.read(text, profile), Signs)


@pytest.mark.parametrize(
    "unit", ["我", "i'm ", "照片里的", "我今年", "这是", "15 | ", "“", "the kid in the photo "]
)
def test_a_long_text_is_read_in_bounded_time(unit: str) -> None:
    begun = time.process_time()
    young.read(unit * 5000, unit * 500)
    assert time.process_time() - begun < 1.0
