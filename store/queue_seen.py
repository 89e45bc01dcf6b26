"""Looking at the queue of many hosts, and moving jobs between it and the lease table. PostgreSQL alone.

`rows` and `all_work` give both queues in one shape, for whoever counts or copies work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import queue
from store import tables as t
from store.db import Transaction
from store.errors import EngineError
from store.records.work import Stage

_COLUMNS = ("stage", "key", "priority", "attempt", "token", "state", "reason", "again", "not_before",
            "lease_until", "enqueued_at")  # fmt: skip

# A set-aside job is shown until the same work waits again.
_ROWS = """
    SELECT DISTINCT ON (j.queueing_lock) j.queue_name AS stage, j.args ->> 'key' AS key, j.priority,
           j.attempts AS attempt, '' AS token,
           CASE WHEN j.status = 'failed' THEN 'dead' ELSE 'ready' END AS state,
           COALESCE(j.args ->> 'reason', '') AS reason, false AS again,
           COALESCE(j.scheduled_at, e.at, now()) AS not_before, NULL::timestamptz AS lease_until,
           COALESCE(e.at, now()) AS enqueued_at
    FROM procrastinate_jobs AS j
    LEFT JOIN procrastinate_events AS e ON e.job_id = j.id AND e.type = 'deferred'
    WHERE j.status IN ('todo', 'doing', 'failed') AND j.task_name = 'homeward.' || j.queue_name
    ORDER BY j.queueing_lock, j.status = 'failed', j.id
    """


def rows() -> sa.TextualSelect:
    """The queue in the shape of the lease table: one row a (stage, key)."""
    return sa.text(_ROWS).columns(*(t.jobs.c[name] for name in _COLUMNS))


def all_work(tx: Transaction) -> sa.FromClause:
    """Every job there is, wherever it waits, with the columns of the lease table."""
    if not queue.is_there(tx):
        return t.jobs
    names = [t.jobs.c[name] for name in _COLUMNS]
    there = rows().subquery("queued")
    return sa.union_all(sa.select(*names), sa.select(*(there.c[name] for name in _COLUMNS))).subquery("work")


def waiting(tx: Transaction) -> dict[str, int]:
    """How many jobs of each stage wait or are done just now."""
    query = sa.text(
        "SELECT queue_name, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
        "GROUP BY queue_name"
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def dead(tx: Transaction, *, most: int) -> Sequence[Any]:
    """Jobs that were set aside: rows of stage, key, attempt, reason."""
    query = sa.text("""
        SELECT queue_name AS stage, args ->> 'key' AS key, attempts AS attempt,
               COALESCE(args ->> 'reason', '') AS reason
        FROM procrastinate_jobs WHERE status = 'failed' ORDER BY queue_name, key LIMIT :most
        """)
    return tx.execute(query, {"most": most}).all()


def revive(tx: Transaction, stage: Stage, key: str) -> bool:
    """Try a set-aside job again. False if there is none."""
    lock = f"{stage.value}{queue.SEPARATOR}{key}"
    query = (
        "DELETE FROM procrastinate_jobs WHERE status = 'failed' AND queueing_lock = :lock RETURNING priority"
    )
    gone = tx.execute(sa.text(query), {"lock": lock}).first()
    if gone is not None:
        queue.enqueue(tx, [queue.Wish(stage, key, gone.priority)])
    return gone is not None


def oldest_due_s(tx: Transaction, now: datetime) -> dict[str, float]:
    """Seconds that the job has waited which has been due longest, by stage."""
    work = all_work(tx).c
    waits = sa.func.min(work.not_before)
    query = sa.select(work.stage, sa.type_coerce(waits, t.jobs.c.not_before.type)).group_by(work.stage)
    due = (work.state == "ready", work.not_before <= now, work.lease_until.is_(None))
    return {row[0]: (now - row[1]).total_seconds() for row in tx.execute(query.where(*due))}


def next_due_s(tx: Transaction, stages: Sequence[Stage] | None, *, busy_s: float) -> float | None:
    """Seconds until the next job can be taken, None without any; `busy_s` counts for one under way."""
    query = sa.text("""
        SELECT min(CASE WHEN status = 'doing' THEN :busy_s
                   ELSE GREATEST(0, extract(epoch FROM COALESCE(scheduled_at, now()) - now())) END)
        FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing') AND (CAST(:queues AS text[]) IS NULL OR queue_name = ANY(:queues))
        """)
    queues = None if stages is None else [stage.value for stage in stages]
    found = tx.execute(query, {"queues": queues, "busy_s": busy_s}).scalar()
    return None if found is None else float(found)


def move_in(tx: Transaction) -> int:
    """Bring the jobs of the lease table into the queue; how many there were. Set-aside ones stay so."""
    taken = tx.execute(sa.delete(t.jobs).returning(*t.jobs.c)).all()
    wishes = [queue.Wish(Stage(row.stage), row.key, row.priority, row.not_before) for row in taken]
    for start in range(0, len(wishes), 1000):
        queue.enqueue(tx, wishes[start : start + 1000])
    for row in (row for row in taken if row.state == "dead"):
        found = sa.text("SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = :lock")
        number = tx.execute(found, {"lock": f"{row.stage}{queue.SEPARATOR}{row.key}"}).scalar_one()
        queue.leave(tx, number, row.reason, tries=row.attempt)
    return len(taken)


def move_out(tx: Transaction) -> int:
    """Bring the jobs of the queue into the lease table; how many there were.

    Raises EngineError while workers of the queue live.
    """
    if not queue.is_there(tx):
        return 0
    busy = "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => 60)"
    if tx.execute(sa.text(busy)).first() is not None:
        raise EngineError(
            "engine.kind",
            "is local, but workers of the distributed engine are at work on this database; stop them first, "
            "or write distributed",
        )
    found = [dict(row._mapping) for row in tx.execute(rows())]
    if found:
        tx.execute(sa.insert(t.jobs), found)
        tx.execute(sa.text("DELETE FROM procrastinate_jobs WHERE task_name LIKE 'homeward.%'"))
    return len(found)
