"""Leases, their numbers and the cursors they guard, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.engine.leading import CLOCK, Shared
from store import leases, sources
from store.db import Store, utc_now
from store.errors import LeaseLost, UsageError
from tests.stores import START, Clock

LEASE = timedelta(seconds=15)


def take(store: Store, holder: str, **after: float) -> int | None:
    with store.transaction() as tx:
        return leases.take(tx, "s", holder, now=START + timedelta(**after), lease=LEASE)


def test_one_holder_at_a_time_and_a_higher_number_for_the_next(store: Store) -> None:
    assert take(store, "a") == 1
    assert take(store, "b", seconds=14) is None
    with store.transaction() as tx:
        assert leases.renew(tx, {"s": 1}, "a", now=START + timedelta(seconds=10), lease=LEASE) == {"s"}
    assert take(store, "b", seconds=20) is None
    assert take(store, "b", seconds=25) == 2
    with store.transaction() as tx:
        assert leases.renew(tx, {"s": 1}, "a", now=START + timedelta(seconds=26), lease=LEASE) == set()
        leases.release(tx, ["s"], "a", now=START + timedelta(seconds=26))
        (held,) = leases.listing(tx)
        assert (held.holder, held.number, held.until) == ("b", 2, START + timedelta(seconds=40))
        leases.release(tx, ["s"], "b", now=START + timedelta(seconds=27))
    assert take(store, "a", seconds=27) == 3


def test_a_leader_of_before_moves_no_cursor_from_the_moment_another_leads(store: Store) -> None:
    number = take(store, "a")
    with store.transaction() as tx:
        sources.set_cursor(tx, "s", "T", "c1", START, lease=number)
        sources.set_cursor(tx, "other", "T", "o1", START)
    assert take(store, "b", seconds=15) == 2
    for write in (sources.set_cursor, sources.set_read_until):
        with pytest.raises(LeaseLost), store.transaction() as tx:
            sources.count_not_kept(tx, "s", "rule", 1)
            write(tx, "s", "T", "c9" if write is sources.set_cursor else START, START, lease=number)  # type: ignore[arg-type]
    with store.transaction() as tx:
        assert sources.cursor(tx, "s", "T") == "c1" and sources.read_until(tx, "s", "T") is None
        assert sources.not_kept(tx) == {}, "what was read with it is not kept either"
        sources.set_cursor(tx, "s", "T", "c2", START, lease=2)
        sources.set_cursor(tx, "s", "new", "n1", START, lease=2)
        assert sources.cursor(tx, "s", "T") == "c2"
    with pytest.raises(LeaseLost), store.transaction() as tx:
        sources.set_cursor(tx, "s", "new", "n0", START, lease=number)


def test_where_one_process_is_enough_cursors_move_as_ever(store: Store) -> None:
    take(store, "a")
    with store.transaction() as tx:
        sources.set_cursor(tx, "s", "T", "c1", START, lease=1)
        sources.set_cursor(tx, "s", "T", "c2", START)
        assert sources.cursor(tx, "s", "T") == "c2"


class Process:
    """What one process leads; its own steady clock can stand still, as in a process that was stopped."""

    def __init__(self, store: Store, clock: Clock, key: str = "k") -> None:
        self.now_s = 0.0
        self.shared = Shared(store, clock, host="h", key_digest=key, lease=LEASE, steady=lambda: self.now_s)
        self.shared._roles = ("collect",)

    def beat(self, *wanted: str) -> set[str]:
        self.shared.beat(wanted)
        return {name for name in wanted if self.shared.leads(name)}


@pytest.fixture
def fake_time(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Leases go by the test's clock on PostgreSQL too."""
    monkeypatch.setattr(leases, "time_of", lambda tx, given: clock())
    return clock


def test_processes_share_sources_evenly_and_a_dead_ones_are_taken_over(
    store: Store, fake_time: Clock
) -> None:
    names = (CLOCK, "a", "b", "c", "d")
    one, two = Process(store, fake_time), Process(store, fake_time)
    assert one.beat(*names) == set(names)
    assert two.beat(*names) == set()
    for _ in range(4):
        led = one.beat(*names), two.beat(*names)
    assert not led[0] & led[1] and led[0] | led[1] == set(names)
    assert len(led[0] - {CLOCK}) == len(led[1]) == 2
    assert not one.shared.is_alone()
    fake_time.tick(seconds=16)
    two.now_s += 16
    one.now_s += 16
    assert two.beat(*names) == set(names), "the other one was not heard of"
    assert one.shared._led() == set(), "and knows by its own clock that it leads nothing"
    with pytest.raises(LeaseLost):
        one.shared.number("a")
    assert one.shared.number("an archive") is None


def test_what_is_given_up_is_free_at_once(store: Store, fake_time: Clock) -> None:
    one, two = Process(store, fake_time), Process(store, fake_time)
    assert one.beat("a") == {"a"}
    one.shared.stop()
    assert not one.shared.leads("a")
    assert two.beat("a") == {"a"} and two.shared.is_alone()
    assert two.shared.number("a") == 2


def test_a_process_with_another_sealing_key_is_refused(store: Store, clock: Clock) -> None:
    clock.now = utc_now()
    one, two = Process(store, clock), Process(store, clock, key="another")
    one.beat("a")
    with pytest.raises(UsageError, match="HOMEWARD_SEAL_KEY"):
        two.shared.start(("collect",), lambda: ["a"], lambda: None)
    two.shared.stop()
