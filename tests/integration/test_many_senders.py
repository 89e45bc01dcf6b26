"""Several send workers on one PostgreSQL: each reply goes out once, and no limit is passed in a race."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.distributed import DistributedEngine
from bot.pipeline import work
from bot.rules.caps import Caps
from store import leases
from store.db import Store, utc_now
from store.errors import RateLimited
from store.records.reply import ReplyState
from tests import stores
from tests.desk import Desk, open_desk

pytestmark = pytest.mark.servers
WORKERS, DRAFTED, CAP = 4, 12, 5


@pytest.fixture
def store() -> Iterator[Store]:
    with stores.postgres() as server, stores.database(server, "senders") as url:
        made = stores.postgres_store(url, stores.Clock(utc_now()))
        yield made
        made.close()


def desk_on(store: Store, folder: Path, **changes: object) -> Desk:
    """An outbox on the server whose clock stands at the server's time."""
    desk = open_desk(folder, store=store, honours_keys=False, **changes)  # type: ignore[arg-type]
    desk.clock.now = utc_now()
    return desk


def worked(desk: Desk, store: Store) -> None:
    """Every worker has an engine of its own and works until it finds nothing due; all begin at once."""
    engines = [DistributedEngine(store, utc_now, beats=False) for _ in range(WORKERS)]
    begin, troubles = threading.Barrier(WORKERS), []

    def run(engine: DistributedEngine) -> None:
        road = replace(desk.road, engine=engine)
        begin.wait(30)
        try:
            work.work_off(road, work.arrows(dict))
        except Exception as error:  # noqa: BLE001  (whatever it was, the test must hear of it)
            troubles.append(error)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for engine in engines:
        engine.close()
    assert troubles == []


def test_each_reply_goes_out_once_and_no_more_than_the_cap_allows(store: Store, tmp_path: Path) -> None:
    desk = desk_on(store, tmp_path, caps=Caps(100, CAP, 100, None, 100, 100))
    desk.road.engine = DistributedEngine(store, utc_now, beats=False)
    keys = [desk.draft(number, author=f"author{number}") for number in range(1, DRAFTED + 1)]
    worked(desk, store)
    states = [desk.row(key).state for key in keys]
    assert desk.standing == states.count(ReplyState.SENT) == CAP
    assert states.count(ReplyState.APPROVED) == DRAFTED - CAP
    desk.road.engine.close()


def test_a_platform_that_asked_one_worker_to_wait_is_left_alone_by_all(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_on(store, tmp_path)
    desk.road.engine = DistributedEngine(store, utc_now, beats=False)
    keys = [desk.draft(number, author=f"author{number}") for number in range(1, 4)]
    tries: list[str] = []

    def refuse(reply: object) -> None:
        tries.append("tried")
        raise RateLimited("mastodon", "asks to wait", timedelta(hours=1))

    monkeypatch.setattr(desk.sender, "send", refuse)
    with store.transaction() as tx:
        leases.pause(tx, "mastodon", utc_now() + timedelta(hours=1), at=utc_now())
    worked(desk, store)
    assert tries == [] and {desk.row(key).state for key in keys} == {ReplyState.APPROVED}
    with store.transaction() as tx:
        leases.pause(tx, "mastodon", utc_now() - timedelta(seconds=1), at=utc_now())
    with store.reading() as tx:
        assert desk.road.engine.waiting(tx)["send"] == len(keys)
    desk.road.engine.close()
