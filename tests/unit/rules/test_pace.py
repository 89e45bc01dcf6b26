"""How often a tag is asked for: busy ones sooner, within bounds and budget, and no stampede after a sleep."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import pace
from bot.rules.pace import Pace
from store.records.page import Budget
from tests.stores import START

PACE = Pace(every_s=60, least_s=15, most_s=600, jitter_s=2)


def budget(remaining: int, limit: int = 100, in_s: float = 600) -> Budget:
    return Budget(remaining, limit, START + timedelta(seconds=in_s))


def test_without_knowledge_the_wish_holds() -> None:
    assert pace.interval_s(PACE, None) == 60


@pytest.mark.parametrize(
    ("rate", "seconds"), [(300, 60), (600, 30), (100_000, 15), (60, 300), (1, 600), (0, 600)]
)
def test_a_busy_tag_is_asked_sooner_and_a_quiet_one_later_within_the_bounds(
    rate: float, seconds: float
) -> None:
    assert pace.interval_s(PACE, rate) == seconds


def test_a_fixed_pace_does_not_move() -> None:
    assert pace.interval_s(replace(PACE, adaptive=False), 100_000) == 60


def test_without_a_longest_interval_a_quiet_tag_keeps_the_wish() -> None:
    assert pace.interval_s(replace(PACE, most_s=0), 0) == 60


def test_a_wish_below_the_least_is_the_least() -> None:
    assert pace.interval_s(Pace(every_s=5, least_s=15), 100_000) == 5


def test_the_budget_slows_even_the_busiest_tag() -> None:
    assert pace.affordable_s(budget(30), START, sharers=4) == 80
    assert pace.interval_s(PACE, 100_000, budget_s=80) == 80
    assert pace.affordable_s(budget(0), START, sharers=4) == 600, "nothing is left: after the renewal"
    assert pace.affordable_s(Budget(), START, 4) == 0
    assert pace.affordable_s(budget(5, in_s=-1), START, 4) == 0, "it has renewed by now"


def test_the_past_leaves_the_present_its_share_of_the_budget() -> None:
    assert pace.wait_for_budget(budget(50), START) is None
    assert pace.wait_for_budget(budget(19), START) == START + timedelta(seconds=600)
    assert pace.wait_for_budget(Budget(), START) is None
    assert pace.wait_for_budget(budget(1, in_s=-5), START) is None


def test_the_rate_forgets_slowly_and_needs_time_to_pass() -> None:
    assert pace.rate_after(None, 10, 0) is None
    assert pace.rate_after(40.0, 10, 0) == 40.0
    assert pace.rate_after(None, 10, 60) == 600
    assert pace.rate_after(40.0, 0, 900) == pytest.approx(20.0)
    assert pace.rate_after(0.0, 100, 900) == pytest.approx(200.0)


@settings(max_examples=60)
@given(st.floats(5, 86400), st.floats(0, 60), st.floats(0, 1, exclude_max=True))
def test_jitter_only_delays_and_never_by_more_than_a_tenth(every: float, jitter: float, draw: float) -> None:
    late = (pace.due_after(START, every, jitter, draw) - START).total_seconds() - every
    assert -1e-3 <= late <= min(jitter, every / 10) + 1e-3


def test_a_due_time_far_ahead_shows_that_the_clock_was_set_back() -> None:
    assert pace.is_astray(START + timedelta(hours=2), 60, 2, START)
    assert not pace.is_astray(START + timedelta(seconds=62), 60, 2, START)


@settings(max_examples=40)
@given(st.integers(0, 500), st.floats(5, 86400))
def test_after_a_sleep_polls_are_spread_and_the_first_comes_at_once(overdue: int, shortest: float) -> None:
    delays = pace.spread(overdue, shortest)
    assert len(delays) == overdue and delays == sorted(delays)
    assert all(timedelta(0) <= delay <= timedelta(seconds=min(30, shortest / 2)) for delay in delays)
    assert not delays or delays[0] == timedelta(0)
    assert len(set(delays)) == len(delays) or overdue <= 1


def test_a_span_is_halved_until_its_halves_would_be_too_short() -> None:
    minute = timedelta(minutes=1)
    (first, second) = pace.halves(START, START + 10 * minute, 2 * minute)
    assert first == (START, START + 5 * minute) and second == (START + 5 * minute, START + 10 * minute)
    assert pace.halves(START, START + 3 * minute, 2 * minute) == ()
