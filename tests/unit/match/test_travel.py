"""Distances and times in plain words; impossible only when nobody could get there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.match.ages import Seen
from bot.match.travel import Travel, assess, distance_km
from store.records.case import Case
from store.records.sighting import Evidence, EvidenceKind, PlaceKind, Where, WhereCandidate

BEIJING, SHANGHAI, CHENGDU, LONDON = (
    (39.9042, 116.4074),
    (31.2304, 121.4737),
    (30.66, 104.06),
    (51.5074, -0.1278),
)


def case(at: tuple[float, float] | None = CHENGDU, on: date | None = date(2023, 5, 20)) -> Case:
    lat, lon = at if at is not None else (None, None)
    return Case("c", "A", last_seen_on=on, last_seen_lat=lat, last_seen_lon=lon)


def where(at: tuple[float, float] | None, radius_km: float | None = 1.0) -> Where:
    lat, lon = at if at is not None else (None, None)
    evidence = Evidence(EvidenceKind.TEXT, "test")
    candidate = WhereCandidate("there", PlaceKind.CITY, 1.0, evidence, lat, lon, radius_km)
    return Where(candidates=(candidate,))


def seen(at: datetime, lasting: timedelta = timedelta(0)) -> Seen:
    return Seen(at, at + lasting)


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        (BEIJING, SHANGHAI, 1067),
        (BEIJING, LONDON, 8138),
        (CHENGDU, CHENGDU, 0),
        ((0, 179.5), (0, -179.5), 111),
    ],
)
def test_distances_are_those_of_the_atlas(a: tuple[float, float], b: tuple[float, float], km: float) -> None:
    assert distance_km(*a, *b) == pytest.approx(km, rel=0.01, abs=0.1)
    assert distance_km(*b, *a) == pytest.approx(distance_km(*a, *b))


def test_a_long_time_makes_a_long_way_possible() -> None:
    travel = assess(case(), where(SHANGHAI), seen(datetime(2026, 5, 21, tzinfo=UTC)))
    assert travel == Travel(travel.km, True, "1,700 km in 3 years: possible")
    assert travel.km == pytest.approx(1665, rel=0.02)


def test_nobody_is_half_a_world_away_within_the_day() -> None:
    travel = assess(
        case(BEIJING, date(2026, 5, 24)), where(LONDON), seen(datetime(2026, 5, 23, 16, tzinfo=UTC))
    )
    assert not travel.possible
    assert "not possible" in travel.words and "the place or the time must be wrong" in travel.words


def test_the_uncertainty_of_a_place_counts_for_the_possible() -> None:
    at = seen(datetime(2026, 5, 23, 16, tzinfo=UTC))
    assert assess(case(BEIJING, date(2026, 5, 24)), where(LONDON, 6000), at).possible
    assert "known to 6,000 km" in assess(case(BEIJING, date(2026, 5, 24)), where(LONDON, 6000), at).words


def test_the_unknown_hour_of_the_last_seen_day_counts_for_the_possible() -> None:
    # 1,067 km on the day itself: with an unknown hour there was time for a train.
    at = seen(datetime(2026, 5, 24, 10, tzinfo=UTC))
    assert assess(case(BEIJING, date(2026, 5, 24)), where(SHANGHAI), at).possible


def test_a_sighting_before_the_last_seen_day_is_no_way_at_all() -> None:
    travel = assess(case(), where(SHANGHAI), seen(datetime(2020, 1, 1, tzinfo=UTC)))
    assert travel.possible and "before the child was last seen" in travel.words


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    now = seen(datetime(2026, 5, 21, tzinfo=UTC))
    assert assess(case(), None, now) == Travel(
        None, True, "where it was seen is not known well enough to compare"
    )
    assert assess(case(), where(None), now).km is None
    assert (
        assess(case(None), where(SHANGHAI), now).words
        == "where the child was last seen is not registered as a point"
    )
    assert "time between is not known" in assess(case(on=None), where(SHANGHAI), now).words
    assert "time between is not known" in assess(case(), where(SHANGHAI), None).words


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "10 hours"), (3, "3 days"), (100, "3 months"), (800, "2 years"), (3652, "10 years")],
)
def test_times_are_given_in_the_unit_that_people_would_use(days: int, words: str) -> None:
    start = datetime(2010, 6, 2, 20, tzinfo=UTC)
    travel = assess(case(CHENGDU, date(2010, 6, 3)), where(CHENGDU), seen(start + timedelta(days=days)))
    assert travel.words == f"less than 1 km in {words}: possible"
