"""The queue of many hosts: statements on the tables and functions of procrastinate, PostgreSQL alone.

A stage is a task and a queue of its own; (stage, key) is a lock, so that one job of it is waiting and one is
done at most. Who works, and for how long, is decided in bot/engine. Of the package itself only the schema is
read, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

import sqlalchemy as sa

from store.db import Transaction
from store.errors import EngineError, LeaseLost
from store.records.work import Job, Stage

MADE_WITH = "3.10.0"
SEPARATOR = "\x1f"
_SET_UP_LOCK = 715519

# Set-aside jobs are looked up by key when the same work is asked for anew; procrastinate has no such index.
_OURS = (
    "CREATE INDEX homeward_jobs_failed ON procrastinate_jobs (queueing_lock) WHERE status = 'failed'",
    f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {MADE_WITH}'",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Work that is asked for; `not_before` None is at once."""

    stage: Stage
    key: str
    priority: int = 0
    not_before: datetime | None = None

    def joined(self, other: Wish) -> Wish:
        """Both as one: the higher priority, the sooner time."""
        times = (self.not_before, other.not_before)
        soonest = None if None in times else min(filter(None, times))
        return Wish(self.stage, self.key, max(self.priority, other.priority), soonest)


def is_there(tx: Transaction) -> bool:
    """Whether this database has the queue."""
    if tx.dialect.name != "postgresql":
        return False
    return bool(tx.execute(sa.text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")).scalar())


def set_up(tx: Transaction) -> bool:
    """Make the queue's tables unless they are there; True if they were made.

    Raises EngineError where the package is missing, or the tables were made by another version of it.
    """
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": _SET_UP_LOCK})
    if is_there(tx):
        said = tx.execute(sa.text("SELECT obj_description('procrastinate_jobs'::regclass)")).scalar()
        if said != f"procrastinate {MADE_WITH}":
            raise EngineError(
                "engine.kind",
                f"the queue in this database was made by {said or 'another program'}, this version speaks "
                f"procrastinate {MADE_WITH}; migrate it as its manual says, or use another database",
            )
        return False
    raw: Any = tx.connection.driver_connection
    raw.execute(_schema())
    for statement in _OURS:
        tx.execute(sa.text(statement))
    return True


def _schema() -> str:
    """The package's own statements. Its version is looked at: others have other functions."""
    try:
        found = metadata.version("procrastinate")
        from procrastinate.schema import SchemaManager
    except ImportError as error:
        raise EngineError(
            "engine.kind", "is distributed, which needs `pip install -r requirements-scale.txt`"
        ) from error
    if found != MADE_WITH:
        raise EngineError("procrastinate", f"{found} is installed; requirements-scale.txt names {MADE_WITH}")
    return str(SchemaManager.get_schema())


def _lock(stage: Stage, key: str) -> str:
    return f"{stage.value}{SEPARATOR}{key}"


_ENQUEUE = sa.text("""
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    SELECT w.stage, 'homeward.' || w.stage, w.priority, w.lock, w.lock,
           jsonb_build_object('key', w.key), w.at
    FROM unnest(CAST(:stages AS text[]), CAST(:keys AS text[]), CAST(:locks AS text[]),
                CAST(:priorities AS int[]), CAST(:times AS timestamptz[]))
         AS w (stage, key, lock, priority, at)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET
        priority = GREATEST(procrastinate_jobs.priority, excluded.priority),
        scheduled_at = CASE
            WHEN procrastinate_jobs.scheduled_at IS NULL OR excluded.scheduled_at IS NULL THEN NULL
            ELSE LEAST(procrastinate_jobs.scheduled_at, excluded.scheduled_at) END
    """)
_FORGET_FAILED = sa.text(
    "DELETE FROM procrastinate_jobs WHERE status = 'failed' AND queueing_lock = ANY(CAST(:locks AS text[]))"
)


def enqueue(tx: Transaction, wishes: Sequence[Wish]) -> None:
    """Add jobs, or bring waiting ones forward, in one statement. A set-aside job of the same key goes."""
    joined: dict[str, Wish] = {}
    for wish in wishes:
        lock = _lock(wish.stage, wish.key)
        joined[lock] = wish.joined(joined[lock]) if lock in joined else wish
    # In one order everywhere: two transactions that ask for the same work do not wait for each other in turn.
    rows = sorted(joined.items())
    if not rows:
        return
    values = {
        "stages": [wish.stage.value for _, wish in rows],
        "keys": [wish.key for _, wish in rows],
        "locks": [lock for lock, _ in rows],
        "priorities": [wish.priority for _, wish in rows],
        "times": [wish.not_before for _, wish in rows],
    }
    tx.execute(_ENQUEUE, values)
    tx.execute(_FORGET_FAILED, {"locks": values["locks"]})


_DUE = sa.text("""
    SELECT count(*) FROM (
        SELECT 1 FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name = ANY(CAST(:queues AS text[]))
          AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT :most) AS due
    """)
_CLAIM = sa.text("""
    WITH fetched AS MATERIALIZED (
        SELECT procrastinate_fetch_job_v2(CAST(:queues AS varchar[]), :worker) AS job
        FROM generate_series(1, :most))
    SELECT (job).id, (job).queue_name, (job).args ->> 'key' AS key, (job).priority, (job).attempts
    FROM fetched WHERE (job).id IS NOT NULL
    """)


def claim(
    tx: Transaction, stages: Sequence[Stage], worker: int, *, most: int, lease_until: datetime
) -> list[Job]:
    """Take up to `most` due jobs in one round trip, highest priority and longest wait first."""
    queues = [stage.value for stage in stages]
    due = tx.execute(_DUE, {"queues": queues, "most": most}).scalar_one()
    if not due:
        return []
    rows = tx.execute(_CLAIM, {"queues": queues, "worker": worker, "most": due})
    return [
        Job(
            Stage(r.queue_name),
            r.key,
            r.priority,
            r.attempts + 1,
            f"{r.id}.{r.attempts}.{worker}",
            lease_until,
        )
        for r in rows
    ]


def _mine(job: Job) -> dict[str, int]:
    number, attempts, worker = job.token.split(".")
    return {"id": int(number), "attempts": int(attempts), "worker": int(worker)}


def _lost(job: Job) -> LeaseLost:
    return LeaseLost(f"{job.stage.value} {job.key}", "is held by another worker now")


_HELD = """
    WITH mine AS (SELECT id FROM procrastinate_jobs
        WHERE id = :id AND status = 'doing' AND worker_id = :worker AND attempts = :attempts FOR UPDATE)
    """
_FINISH = sa.text(f"{_HELD} SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM mine")  # noqa: S608
_HOLD = sa.text(f"{_HELD} SELECT id FROM mine")  # noqa: S608


def finish(tx: Transaction, job: Job) -> None:
    """The job's effects are in this transaction: it goes. Raises LeaseLost if it is not ours any more."""
    if tx.execute(_FINISH, _mine(job)).first() is None:
        raise _lost(job)


def hold(tx: Transaction, job: Job) -> None:
    """Raises LeaseLost unless the job is ours, and keeps it so until the transaction ends."""
    if tx.execute(_HOLD, _mine(job)).first() is None:
        raise _lost(job)


_SAY = sa.text(
    "UPDATE procrastinate_jobs SET args = args || jsonb_build_object('reason', CAST(:reason AS text)) "
    "WHERE id = :id"
)
_RETRY = sa.text("SELECT procrastinate_retry_job_v2(:id, CAST(:at AS timestamptz), NULL, NULL, NULL)")
_AFRESH = sa.text("UPDATE procrastinate_jobs SET attempts = 0 WHERE id = :id")
_END = sa.text("SELECT procrastinate_finish_job_v1(:id, CAST(:how AS procrastinate_job_status), :gone)")
_OTHER = sa.text("""
    UPDATE procrastinate_jobs AS other
    SET attempts = GREATEST(other.attempts, :attempts),
        scheduled_at = GREATEST(other.scheduled_at, CAST(:at AS timestamptz))
    FROM procrastinate_jobs AS mine
    WHERE mine.id = :id AND other.queueing_lock = mine.queueing_lock AND other.status = 'todo'
    """)


def give_back(tx: Transaction, job: Job, *, not_before: datetime | None, reason: str) -> None:
    """Let a job of ours wait until `not_before` (None: not at all); one try more is behind it."""
    hold(tx, job)
    mine = _mine(job)
    _again(tx, mine["id"], mine["attempts"] + 1, not_before, reason)


def _again(tx: Transaction, number: int, attempts: int, at: datetime | None, reason: str) -> None:
    tx.execute(_SAY, {"id": number, "reason": reason[:400]})
    if not _wait(tx, number, at):
        # It was asked for anew while it was done: that job takes over what is known of the tries.
        tx.execute(_OTHER, {"id": number, "attempts": attempts, "at": at})
        tx.execute(_END, {"id": number, "how": "succeeded", "gone": True})


def _wait(tx: Transaction, number: int, at: datetime | None) -> bool:
    """False where a job of the same key waits already."""
    try:
        with tx.begin_nested():
            tx.execute(_RETRY, {"id": number, "at": at})
    except sa.exc.IntegrityError:
        return False
    return True


def postpone(tx: Transaction, job: Job, *, not_before: datetime) -> None:
    """The job was not due after all: it waits, and this try does not count. Raises LeaseLost."""
    hold(tx, job)
    number = _mine(job)["id"]
    if _wait(tx, number, not_before):
        tx.execute(_AFRESH, {"id": number})
    else:
        tx.execute(_END, {"id": number, "how": "succeeded", "gone": True})


def set_aside(tx: Transaction, job: Job, *, reason: str) -> None:
    """Leave a job of ours to a person. Raises LeaseLost."""
    hold(tx, job)
    leave(tx, _mine(job)["id"], reason)


def leave(tx: Transaction, number: int, reason: str, *, tries: int | None = None) -> None:
    """Leave the job of this number to a person, with the reason why; `tries` if they are not known here."""
    tx.execute(_SAY, {"id": number, "reason": reason[:400]})
    tx.execute(_END, {"id": number, "how": "failed", "gone": False})
    if tries is not None:
        tx.execute(
            sa.text("UPDATE procrastinate_jobs SET attempts = :n WHERE id = :id"), {"n": tries, "id": number}
        )


def register(tx: Transaction) -> int:
    """A new worker; gives its number."""
    number: int = tx.execute(sa.text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
    return number


def heartbeat(tx: Transaction, worker: int) -> bool:
    """Say that the worker lives. False if others have taken it for dead: it has to register anew."""
    tx.execute(sa.text("SELECT procrastinate_update_heartbeat_v1(:n)"), {"n": worker})
    found = tx.execute(sa.text("SELECT 1 FROM procrastinate_workers WHERE id = :n"), {"n": worker})
    return found.first() is not None


def unregister(tx: Transaction, worker: int) -> None:
    """The worker goes: what it had not ended is rescued by the next beat of another one."""
    tx.execute(sa.text("SELECT procrastinate_unregister_worker_v1(:n)"), {"n": worker})


_STALLED = sa.text("""
    SELECT j.id, j.attempts FROM procrastinate_jobs AS j
    WHERE j.status = 'doing' AND (
        :everybody
        OR NOT EXISTS (SELECT 1 FROM procrastinate_workers AS w WHERE w.id = j.worker_id
                       AND w.last_heartbeat >= now() - make_interval(secs => :dead_s))
        OR (SELECT max(e.at) FROM procrastinate_events AS e WHERE e.job_id = j.id AND e.type = 'started')
           < now() - make_interval(secs => :lease_s))
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
    """)


def rescue(
    tx: Transaction, *, dead_after: timedelta, lease: timedelta, most_tries: int, everybody: bool = False
) -> int:
    """Give jobs of dead workers, and those that took longer than the lease, to others; how many there were.

    A job on which its workers died `most_tries` times is set aside. `everybody` takes all workers for dead.
    """
    dead_s, lease_s = dead_after.total_seconds(), lease.total_seconds()
    rows = tx.execute(_STALLED, {"dead_s": dead_s, "lease_s": lease_s, "everybody": everybody}).all()
    for row in rows:
        if row.attempts + 1 >= most_tries:
            leave(tx, row.id, f"its worker died or hung {row.attempts + 1} times")
        else:
            _again(tx, row.id, row.attempts + 1, None, "its worker died or hung")
    prune = sa.text("SELECT count(*) FROM procrastinate_prune_stalled_workers_v1(:s)")
    tx.execute(prune, {"s": dead_s * 10})
    return len(rows)
