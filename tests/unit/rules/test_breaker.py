"""The breaker: sending stops when it is unlike itself, by its own past and by absolute limits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.rules.breaker import Limits, Trip, judge
from tests.unit.rules.posts import NOW

USUAL = Limits(max_10_min=15, times_usual=3, least_unusual=10, max_error_share=0.5, least_tries=6)
QUIET_MONTH = [0, 1, 0, 2, 0, 0] * 28


def sent(amount: int, *, within_min: float = 55) -> list[datetime]:
    return [NOW - timedelta(minutes=within_min * (n + 1) / (amount + 1)) for n in range(amount)]


def rule(found: Trip | None) -> str:
    return found.rule if found else ""


@pytest.mark.parametrize(
    ("amount", "within_min", "past", "tripped"),
    [
        (15, 9, [], ""), (16, 9, [], "volume"), (16, 55, [], ""),
        (11, 55, QUIET_MONTH, "unusual_volume"), (10, 55, QUIET_MONTH, ""),
        (40, 59, [20] * 100, ""), (70, 59, [20] * 100, "unusual_volume"),
        (40, 59, [0] * 23, ""),  # too little past to compare with
        (40, 59, [0] * 24, "unusual_volume"),
    ],
)  # fmt: skip
def test_too_much_trips_it(amount: int, within_min: float, past: list[int], tripped: str) -> None:
    assert rule(judge(NOW, sent(amount, within_min=within_min), past, {}, USUAL)) == tripped


@pytest.mark.parametrize(
    ("tries", "tripped"),
    [
        ({"sent": 3, "refused": 3}, ""), ({"sent": 2, "refused": 4}, "errors"), ({"refused": 5}, ""),
        ({"refused": 3, "unknown": 3}, "errors"), ({"sent": 50, "unknown": 49}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_too_many_errors_trip_it(tries: dict[str, int], tripped: str) -> None:
    assert rule(judge(NOW, [], [], tries, USUAL)) == tripped


def test_the_words_say_how_much_and_what_is_usual() -> None:
    found = judge(NOW, sent(30), QUIET_MONTH, {}, USUAL)
    assert (
        found is not None and found.words == "30 replies in an hour; the busiest hour of its past brought 2"
    )
