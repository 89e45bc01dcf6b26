"""A clock that jumps is believed only when the jump has lasted; small corrections are followed at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.clockwork import SteadyClock, wall_of

NOON = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    """A wall clock that a test sets, and a steady one beside it."""

    def __init__(self) -> None:
        self.ticks = 0.0
        self.shift = timedelta(0)
        self.clock = SteadyClock(lambda: self.true + self.shift, lambda: self.ticks)

    @property
    def true(self) -> datetime:
        return NOON + timedelta(seconds=self.ticks)

    def run(self, **by: float) -> None:
        self.ticks += timedelta(**by).total_seconds()


@pytest.mark.parametrize("jump", [DAY, -DAY, timedelta(hours=1), timedelta(hours=-1)])
def test_a_jump_that_is_taken_back_was_never_there(jump: timedelta) -> None:
    machine = Machine()
    machine.run(minutes=5)
    machine.shift = jump
    for _ in range(50):
        machine.run(minutes=1)
        assert machine.clock() == machine.true
        assert machine.clock.settle() is None
    assert machine.clock.doubted == jump
    machine.shift = timedelta(0)
    machine.run(hours=3)
    assert machine.clock() == machine.true
    assert machine.clock.settle() is None
    assert machine.clock.doubted == timedelta(0)


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_jump_that_lasts_for_an_hour_is_believed_once(jump: timedelta) -> None:
    machine = Machine()
    machine.shift = jump
    machine.clock()
    machine.run(minutes=61)
    assert machine.clock() == machine.true
    assert machine.clock.settle() == jump
    assert machine.clock() == machine.true + jump
    assert machine.clock.settle() is None


def test_a_second_jump_begins_the_hour_anew() -> None:
    machine = Machine()
    machine.shift = DAY
    machine.clock()
    machine.run(minutes=50)
    machine.shift = 2 * DAY
    machine.clock()
    machine.run(minutes=50)
    assert machine.clock.settle() is None
    machine.run(minutes=11)
    assert machine.clock.settle() == 2 * DAY


def test_small_corrections_are_followed_however_far_they_add_up() -> None:
    machine = Machine()
    for _ in range(100):
        machine.shift += timedelta(seconds=2)
        machine.run(minutes=1)
        assert machine.clock() == machine.true + machine.shift


def test_summer_time_is_no_jump_since_the_clock_is_utc() -> None:
    machine = Machine()
    for _ in range(120):
        machine.run(minutes=1)
        assert machine.clock() == machine.true
    assert machine.clock.doubted == timedelta(0)


def test_who_waits_by_the_machines_timers_is_given_the_wall_clock() -> None:
    machine = Machine()
    machine.shift = DAY
    assert wall_of(machine.clock)() == machine.true + DAY
    plain = lambda: NOON  # noqa: E731
    assert wall_of(plain) is plain
