"""Finding by hand: what a search may ask, and who is drawn for the audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import finding
from bot.rules.finding import Query
from store.records.sighting import Who

NOW = datetime(2026, 11, 24, tzinfo=UTC)
QUERY = Query("Jinjiang", 30.65, 104.08, 10, NOW - timedelta(days=30), NOW)
WEEK = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"radius_km": 4.99}, "5 to 100"),
        ({"radius_km": 101}, "5 to 100"),
        ({"radius_km": float("nan")}, "5 to 100"),
        ({"lat": float("nan")}, "nowhere"),
        ({"lon": 181.0}, "nowhere"),
        ({"until": QUERY.since}, "beginning and an end"),
        ({"until": QUERY.since + timedelta(days=367)}, "366"),
        ({"words": ("a",)}, "at least 2"),
        ({"words": ("one", "two", "three", "four", "five", "six")}, "at most 5"),
        ({"sex": "boy"}, "female, male"),
        ({"age_from": 9.0, "age_to": 3.0}, "not above"),
        ({"age_to": float("nan")}, "between 0 and 120"),
        ({"marks": "x" * 501}, "longer"),
    ],
)
def test_a_search_that_may_not_be_is_refused_with_its_reason(changes: dict[str, object], words: str) -> None:
    assert finding.refusal(QUERY) == ""
    assert words in finding.refusal(replace(QUERY, **changes))  # type: ignore[arg-type]


def test_a_purpose_is_a_sentence() -> None:
    assert finding.purpose_refusal("seen near the market, mother called") == ""
    assert "say for what" in finding.purpose_refusal("  test      ")
    assert "say for what" in finding.purpose_refusal("x" * 501)


def test_what_the_words_leave_open_speaks_for_nothing() -> None:
    girl = replace(QUERY, sex="female", age_from=4.0, age_to=7.0)
    assert finding.is_like(girl, Who())
    assert finding.is_like(girl, Who(sex="female", age_low=5, age_high=6))
    assert not finding.is_like(girl, Who(sex="male"))
    assert not finding.is_like(girl, Who(age_low=8, age_high=9))
    assert not finding.is_like(girl, Who(age_low=1, age_high=3))
    red = replace(QUERY, marks="RED scar")
    assert finding.is_like(red, Who(marks=("red jacket",))) and not finding.is_like(red, Who(marks=("hat",)))


@settings(max_examples=20)
@given(st.floats(-80, 80), st.floats(-170, 170), st.floats(5, 100), st.floats(0, 6.28))
def test_the_box_encloses_the_circle(lat: float, lon: float, radius: float, turn: float) -> None:
    import math

    query = replace(QUERY, lat=lat, lon=lon, radius_km=radius)
    south, north, west, east = finding.box(query)
    high = 0.999 * radius / finding.KM_PER_DEGREE
    at_lat = lat + high * math.sin(turn)
    at_lon = lon + high * math.cos(turn) / math.cos(math.radians(at_lat))
    assert south <= at_lat <= north and west <= at_lon <= east


def test_a_tenth_of_a_weeks_searches_is_drawn_and_one_at_least() -> None:
    for number, drawn in ((0, 0), (1, 1), (10, 1), (11, 2), (200, 20)):
        ids = [f"S{at}" for at in range(number)]
        assert len(finding.drawn(b"k" * 32, WEEK, ids)) == drawn


def test_without_the_key_nobody_knows_who_is_drawn() -> None:
    ids = [f"S{at}" for at in range(200)]
    one = finding.drawn(b"k" * 32, WEEK, ids)
    assert one == finding.drawn(b"k" * 32, WEEK, reversed(ids))
    assert one != finding.drawn(b"l" * 32, WEEK, ids)
    assert one != finding.drawn(b"k" * 32, WEEK + timedelta(days=7), ids)


def test_every_search_can_be_drawn_and_about_equally_often() -> None:
    ids, hits = [f"S{at}" for at in range(20)], dict.fromkeys((f"S{at}" for at in range(20)), 0)
    for week in range(100):
        for each in finding.drawn(b"k" * 32, WEEK + timedelta(days=7 * week), ids):
            hits[each] += 1
    # 100 draws of 2 in 20: 10 expected, standard deviation 3.
    assert all(1 <= hit <= 25 for hit in hits.values()), hits


def test_nobody_looks_at_their_own_search() -> None:
    assert finding.may_not_audit("Rob ", "rob") and not finding.may_not_audit("ben", "rob")


@settings(max_examples=8)
@given(
    st.lists(st.text(max_size=8), max_size=5), st.sampled_from(finding.SEXES), st.none() | st.floats(0, 120)
)
def test_a_query_comes_back_as_it_was_kept(words: list[str], sex: str, age: float | None) -> None:
    query = replace(QUERY, words=tuple(words), sex=sex, age_from=age)
    assert finding.from_kept(finding.as_kept(query)) == query
