"""Stated confidence: curves that rise, weights that leave room, ambiguity that stays visible."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.calibration import Item, by_table, curve, fitted, wilson
from bot.extract import calibration
from bot.extract.calibration_tables import PLACES, TIMES
from bot.extract.sighting import calibrated
from store.records.sighting import Evidence, EvidenceKind, PlaceKind, Where, WhereCandidate

ROME = WhereCandidate("Rome", PlaceKind.CITY, 0.4, Evidence(EvidenceKind.TEXT, "city"), 41.9, 12.5, 10.0)


@pytest.mark.parametrize("table", [TIMES, PLACES])
def test_every_shipped_curve_rises_and_stays_below_certainty(
    table: dict[str, dict[str, tuple[tuple[float, float], ...]]],
) -> None:
    for language in ("en", "zh"):
        for kind, points in table[language].items():
            assert list(points) == sorted(points), (language, kind)
            rates = [calibration.rate(table, language, kind, score / 50) for score in range(51)]
            assert rates == sorted(rates) and rates[0] > 0 and rates[-1] < 1


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=200), st.floats(0.1, 0.99))
def test_a_fitted_curve_rises_whatever_the_items(items: list[tuple[float, bool]], mean: float) -> None:
    points = curve([Item("when", "en", "clock", score, right) for score, right in items], mean)
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert all(0 <= y <= 1 for _, y in points)


@settings(max_examples=30)
@given(st.floats(0, 1), st.lists(st.floats(0.01, 1), max_size=6))
def test_readings_after_the_first_share_what_it_leaves_over(first: float, rest: list[float]) -> None:
    shared = calibration.spread(first, rest)
    assert len(shared) == len(rest) and all(w <= first + 0.001 for w in shared)
    assert sum(shared) <= 1 - first + 0.01


def test_items_that_are_right_nine_times_in_ten_are_stated_so() -> None:
    items = [Item("when", "zh", "clock", 0.9, n % 10 != 0) for n in range(300)]
    stated = by_table(items, fitted(items, "when"), fitted(items, "where"))
    assert all(abs(p - 0.9) < 0.02 for _, p in stated)


def test_an_unknown_kind_takes_the_curve_of_its_language() -> None:
    assert calibration.time_rate("en", "no such kind", 0.8) == calibration.time_rate("en", "any", 0.8)


def test_of_five_namesakes_none_becomes_sure() -> None:
    five = Where(tuple(replace(ROME, name=f"Rome {n}", weight=0.17) for n in range(5)))
    weights = [c.weight for c in calibrated(five, "en").candidates]
    assert weights[0] < 0.5 and len(weights) == 5 and all(0 < w <= weights[0] for w in weights)


def test_a_guess_by_the_profile_and_a_measured_point_keep_their_weights() -> None:
    for kind in (EvidenceKind.PROFILE, EvidenceKind.EXIF, EvidenceKind.GEOTAG):
        where = Where((replace(ROME, weight=0.3, evidence=Evidence(kind, "")),))
        assert calibrated(where, "zh") == where


def test_the_interval_of_a_share_holds_it() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(9, 10)
    assert 0.5 < low < 0.9 < high < 1.0
