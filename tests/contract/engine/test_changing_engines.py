"""Work that waits is carried over when another engine is chosen, and both are counted and copied alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.distributed import DistributedEngine
from bot.engine.local import LocalEngine
from store import queue_seen, snapshot
from store import tables as t
from store.db import Store, sqlite_url, utc_now
from store.errors import EngineError
from store.records.work import Stage
from tests import stores

pytestmark = pytest.mark.servers


@pytest.fixture
def store(server: str) -> Iterator[Store]:
    with stores.database(server, "changing") as url:
        made = stores.postgres_store(url, stores.Clock(utc_now()))
        yield made
        made.close()


def filled(store: Store) -> LocalEngine:
    """Two jobs that wait and one that was set aside."""
    local = LocalEngine(store, utc_now, attempts=1)
    with store.transaction() as tx:
        local.enqueue(tx, Stage.LOOK, "broken", priority=9)
    local.fail(local.claim((Stage.LOOK,), utc_now())[0], "of no use", utc_now(), retry=False)
    with store.transaction() as tx:
        local.enqueue(tx, Stage.LOOK, "a", priority=3)
        local.enqueue(tx, Stage.SEND, "b")
    return local


def seen(store: Store) -> set[tuple[str, str, int, str, str]]:
    with store.reading() as tx:
        work = queue_seen.all_work(tx).c
        rows = tx.execute(sa.select(work.stage, work.key, work.priority, work.state, work.reason))
        return {(row.stage, row.key, row.priority, row.state, row.reason) for row in rows}


ALL = {
    ("look", "a", 3, "ready", ""),
    ("send", "b", 0, "ready", ""),
    ("look", "broken", 9, "dead", "of no use"),
}


def test_what_waits_and_what_was_set_aside_goes_over_and_back(store: Store, tmp_path: Path) -> None:
    filled(store)
    assert seen(store) == ALL
    many = DistributedEngine(store, utc_now, beats=False)
    assert seen(store) == ALL
    with store.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(t.jobs)).scalar() == 0
        assert many.waiting(tx) == {"look": 1, "send": 1}
        assert [(r.key, r.reason) for r in many.dead(tx)] == [("broken", "of no use")]
    snapshot.write(store, tmp_path / "copy.db")
    copy = Store(sqlite_url(tmp_path / "copy.db"))
    assert seen(copy) == ALL, "a backup holds the queue, whichever engine had it"
    copy.close()
    (job,) = many.claim((Stage.LOOK,), utc_now())
    with pytest.raises(EngineError, match="stop them first"), store.transaction() as tx:
        queue_seen.move_out(tx)
    many.close()
    with store.transaction() as tx:
        assert queue_seen.move_out(tx) == 3
    assert seen(store) == ALL
    local = LocalEngine(store, utc_now)
    assert [each.key for each in local.claim((Stage.LOOK,), utc_now())] == [job.key]


def test_a_queue_of_another_version_is_refused(store: Store) -> None:
    DistributedEngine(store, utc_now, beats=False).close()
    with store.transaction() as tx:
        tx.execute(sa.text("COMMENT ON TABLE procrastinate_jobs IS 'procrastinate 2.0.0'"))
    with pytest.raises(EngineError, match=r"procrastinate 2\.0\.0"):
        DistributedEngine(store, utc_now, beats=False)


def test_a_job_on_which_its_workers_die_again_and_again_is_set_aside(store: Store) -> None:
    many = DistributedEngine(store, utc_now, attempts=3, beats=False)
    with store.transaction() as tx:
        many.enqueue(tx, Stage.LOOK, "poison")
    for _ in range(3):
        assert len(many.claim((Stage.LOOK,), utc_now())) == 1
        many.free_all()
    assert many.claim((Stage.LOOK,), utc_now()) == []
    with store.reading() as tx:
        assert [r.reason for r in many.dead(tx)] == ["its worker died or hung 3 times"]
    many.close()
