"""The silence alarm: a source is compared with its own past at that hour, and not startled by chance."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from bot.rules import silence
from tests.stores import START


def test_an_empty_hour_of_a_lively_source_is_silence() -> None:
    hush = silence.judge(START, 0, [40, 38, 45, 41, 39])
    assert hush is not None and (hush.posts, hush.usual, hush.days) == (0, 40, 5)
    assert hush.words == (
        "brought 0 new posts between 08:00 and 09:00 UTC, where it usually brings about 40 (middle of 5 days)"
    )


@pytest.mark.parametrize(
    ("posts", "past"),
    [
        (0, [40, 38, 45, 41]),  # too few days
        (0, [0, 1, 2, 1, 0, 3, 1]),  # a quiet source: an empty hour is usual
        (25, [40, 38, 45, 41, 39]),  # quieter, yet not silent
        (40, [40, 38, 45, 41, 39]),
        (4000, [40, 38, 45, 41, 39]),
        (0, [6, 5, 7, 6, 5, 6]),  # six posts an hour leave an hour empty once in a while
    ],
)
def test_what_is_no_silence(posts: int, past: list[int]) -> None:
    assert silence.judge(START, posts, past) is None


def test_one_loud_day_and_one_dead_day_move_nothing() -> None:
    past = [40, 38, 45, 41, 39, 100_000, 0]
    assert silence.judge(START, 0, past) is not None
    assert silence.judge(START, 30, past) is None


def test_an_hour_half_over_is_judged_by_its_half() -> None:
    past = [200] * 10
    assert silence.judge(START, 0, past, share=0.4) is None
    assert silence.judge(START, 2, past, share=0.5) is not None
    assert silence.judge(START, 80, past, share=0.5) is None


def test_only_the_same_hour_of_other_days_is_its_past() -> None:
    counts = {START - timedelta(days=days): days for days in range(1, 40)}
    counts |= {START - timedelta(hours=1): 999, START: 7}
    assert silence.past_of(START, counts) == list(range(1, silence.DAYS_BACK + 1))


def test_chance_alone_raises_hardly_ever_an_alarm() -> None:
    """Poisson counts around the same mean, a thousand hours: at most one false alarm."""
    draw = random.Random(20261124)

    def count(mean: float) -> int:
        clock, number = 0.0, -1
        while clock < mean:
            clock += draw.expovariate(1.0)
            number += 1
        return number

    alarms = sum(
        silence.judge(START, count(20), [count(20) for _ in range(14)]) is not None for _ in range(1000)
    )
    assert alarms <= 1
