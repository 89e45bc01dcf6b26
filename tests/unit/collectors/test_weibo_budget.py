"""The count of calls: days end in Beijing, hours on the hour, and what Weibo says of itself counts too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.weibo_budget import (
    Allowance,
    Told,
    Used,
    current,
    left,
    merge,
    spend,
    told,
    told_less,
    wait,
    wait_of_refusal,
)

NOW = datetime(2026, 2, 8, 15, 40, tzinfo=UTC)  # 23:40 in Beijing
STANDARD = Allowance(100, 15_000)


def spent(times: int, now: datetime = NOW) -> Used:
    used = Used()
    for _ in range(times):
        used = spend(used, now)
    return used


def test_a_day_that_is_used_up_waits_for_midnight_in_beijing() -> None:
    assert wait(spent(99), STANDARD, None, NOW) is None
    assert wait(spent(100), STANDARD, None, NOW) == timedelta(minutes=20)
    assert wait(spent(100), STANDARD, None, NOW + timedelta(minutes=20)) is None


def test_an_hour_that_is_used_up_waits_for_the_next_one() -> None:
    allowance = Allowance(0, 7)
    assert wait(spent(7), allowance, None, NOW) == timedelta(minutes=20)
    assert wait(spent(7), allowance, None, NOW + timedelta(minutes=20)) is None
    assert wait(spent(10_000), Allowance(0, 0), None, NOW) is None


def test_the_tightest_limit_is_shown() -> None:
    assert left(spent(60), STANDARD, None, NOW).remaining == 40
    assert left(spent(60), STANDARD, None, NOW).limit == 100
    assert left(spent(60), Allowance(100, 70), None, NOW).remaining == 10
    known = Told(3, 9000, NOW + timedelta(minutes=5))
    found = left(spent(60), STANDARD, known, NOW)
    assert (found.remaining, found.renews_at) == (3, NOW + timedelta(minutes=5))
    assert left(spent(200), STANDARD, None, NOW).remaining == 0
    assert left(Used(), Allowance(0, 0), None, NOW).remaining is None


def test_what_weibo_says_stops_us_before_our_own_count_does() -> None:
    known = told(
        {
            "remaining_user_hits": "2",
            "remaining_ip_hits": 9000,
            "reset_time_in_seconds": 1415,
            "user_limit": 150,
        },
        NOW,
    )
    assert known == Told(2, 9000, NOW + timedelta(seconds=1415))
    assert wait(Used(), STANDARD, known, NOW) is None
    known = told_less(told_less(known))
    assert wait(Used(), STANDARD, known, NOW) == timedelta(seconds=1415)
    assert wait(Used(), STANDARD, known, NOW + timedelta(seconds=1415)) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"remaining_user_hits": 5},
        {"reset_time_in_seconds": 5},
        {"remaining_user_hits": 5, "reset_time_in_seconds": -1},
        {"remaining_user_hits": 5, "reset_time_in_seconds": 10**9},
        {"remaining_user_hits": "many", "remaining_ip_hits": None, "reset_time_in_seconds": 5},
    ],
)
def test_an_answer_that_says_nothing_usable_is_left_aside(value: object) -> None:
    assert told(value, NOW) is None


def test_a_reset_may_be_a_time() -> None:
    at = NOW + timedelta(minutes=3)
    value = {"remaining_ip_hits": -4, "reset_time_in_seconds": at.timestamp()}
    assert told(value, NOW) == Told(None, 0, at)


def test_a_refusal_waits_as_told_or_for_the_day_or_for_the_next_hour() -> None:
    assert wait_of_refusal(Used(), STANDARD, None, NOW) == timedelta(minutes=20)
    known = Told(0, None, NOW + timedelta(minutes=7))
    assert wait_of_refusal(Used(), STANDARD, known, NOW) == timedelta(minutes=7)
    morning = NOW + timedelta(hours=2)
    assert wait_of_refusal(spent(100, morning), STANDARD, None, morning) == timedelta(hours=22, minutes=20)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 200_000), st.integers(0, 200_000))
def test_two_books_on_the_same_calls_are_joined_by_the_larger(
    one: int, two: int, back: int, ahead: int
) -> None:
    first, second = spent(one, NOW - timedelta(seconds=back)), spent(two, NOW)
    now = NOW + timedelta(seconds=ahead)
    joined = merge(first, second, now)
    assert joined == merge(second, first, now) == current(joined, now)
    assert joined.in_day == max(current(first, now).in_day, current(second, now).in_day)
    assert joined.in_hour <= joined.in_day
