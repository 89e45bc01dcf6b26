"""The lease table of the local engine, as SQL. Who does the work is decided in bot/engine.

A job is one (stage, key). It waits, is leased with a fresh token, and goes when its effects commit.
Enqueued again while it is being worked on, it runs once more afterwards (`again`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_of
from store.errors import LeaseLost
from store.records.work import Job, Stage

READY, DEAD = "ready", "dead"
_J = t.jobs.c


def enqueue(
    tx: Transaction, stage: Stage, key: str, *, priority: int, not_before: datetime, now: datetime
) -> None:
    """Add a job or bring a waiting one forward."""
    row: dict[str, Any] = {
        "stage": stage.value,
        "key": key,
        "priority": priority,
        "attempt": 0,
        "token": "",
        "state": READY,
    }
    row |= {"reason": "", "again": False, "not_before": not_before, "lease_until": None, "enqueued_at": now}
    tx.execute(_enqueue(tx.dialect.name), row)


@cache
def _enqueue(dialect: str) -> Any:
    """Built once: putting it together costs more than running it."""
    statement = insert_of(dialect, t.jobs)
    new = statement.excluded
    sooner = sa.case((new.not_before < _J.not_before, new.not_before), else_=_J.not_before)
    higher = sa.case((new.priority > _J.priority, new.priority), else_=_J.priority)
    leased = _J.lease_until.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=["stage", "key"],
        set_={"not_before": sooner, "priority": higher, "again": leased, "state": READY},
    )


def claim(
    tx: Transaction, stages: Sequence[Stage], *, now: datetime, lease: timedelta, most: int
) -> list[Job]:
    """Lease due jobs, highest priority and longest wait first."""
    free = sa.or_(_J.lease_until.is_(None), _J.lease_until <= now)
    due = sa.and_(_J.state == READY, _J.stage.in_([s.value for s in stages]), _J.not_before <= now, free)
    order = (_J.priority.desc(), _J.enqueued_at, _J.key)
    query = sa.select(_J.stage, _J.key).where(due).order_by(*order).limit(most)
    if tx.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    chosen = [(row.stage, row.key) for row in tx.execute(query)]
    if not chosen:
        return []
    token, until = secrets.token_hex(8), now + lease
    which = sa.tuple_(_J.stage, _J.key).in_(chosen)
    update = sa.update(t.jobs).where(which).values(token=token, lease_until=until, attempt=_J.attempt + 1)
    rows = {(r.stage, r.key): r for r in tx.execute(update.returning(*t.jobs.c))}
    return [_job(rows[pair]) for pair in chosen]


def _job(row: Any) -> Job:
    return Job(Stage(row.stage), row.key, row.priority, row.attempt, row.token, row.lease_until)


def _mine(job: Job) -> Any:
    return sa.and_(_J.stage == job.stage.value, _J.key == job.key, _J.token == job.token)


def finish(tx: Transaction, job: Job) -> None:
    """The job's effects are in this transaction: it goes, or runs again if it was enqueued meanwhile.

    Raises LeaseLost when somebody else holds it now: the caller's transaction must not commit.
    """
    gone = tx.execute(sa.delete(t.jobs).where(_mine(job), ~_J.again)).rowcount
    if gone:
        return
    free = {"again": False, "lease_until": None, "token": "", "attempt": 0}
    if tx.execute(sa.update(t.jobs).where(_mine(job)).values(**free)).rowcount != 1:
        raise LeaseLost(f"{job.stage.value} {job.key}", "is held by another worker now")


def give_back(tx: Transaction, job: Job, *, not_before: datetime, reason: str, dead: bool) -> None:
    """Let the job wait until `not_before`, or set it aside for a person (`dead`)."""
    values = {"lease_until": None, "token": "", "not_before": not_before, "again": False}
    values["reason"] = reason[:400]
    state = DEAD if dead else READY
    tx.execute(sa.update(t.jobs).where(_mine(job)).values(**values, state=state))


def postpone(tx: Transaction, job: Job, *, not_before: datetime) -> None:
    """The job was not due after all: it waits, and this try does not count."""
    values = {"lease_until": None, "token": "", "not_before": not_before, "attempt": 0, "again": False}
    if tx.execute(sa.update(t.jobs).where(_mine(job)).values(**values)).rowcount != 1:
        raise LeaseLost(f"{job.stage.value} {job.key}", "is held by another worker now")


def next_due(tx: Transaction, stages: Sequence[Stage] | None = None) -> datetime | None:
    """When the next job can be claimed, None when there is none."""
    moment = sa.case(
        (sa.and_(_J.lease_until.is_not(None), _J.lease_until > _J.not_before), _J.lease_until),
        else_=_J.not_before,
    )
    query = sa.select(sa.func.min(sa.type_coerce(moment, t.jobs.c.not_before.type))).where(_J.state == READY)
    if stages is not None:
        query = query.where(_J.stage.in_([s.value for s in stages]))
    return tx.execute(query).scalar()


def waiting(tx: Transaction) -> dict[str, int]:
    """How many jobs of each stage wait or run."""
    rows = tx.execute(sa.select(_J.stage, sa.func.count()).where(_J.state == READY).group_by(_J.stage))
    return {row[0]: row[1] for row in rows}


def dead(tx: Transaction, *, most: int = 200) -> Sequence[Any]:
    """Jobs that were set aside after their last try: rows of stage, key, attempt, reason."""
    columns = (_J.stage, _J.key, _J.attempt, _J.reason)
    return tx.execute(
        sa.select(*columns).where(_J.state == DEAD).order_by(_J.stage, _J.key).limit(most)
    ).all()


def revive(tx: Transaction, stage: Stage, key: str, now: datetime) -> bool:
    """Try a set-aside job again. False if there is no such job."""
    values = {"state": READY, "attempt": 0, "not_before": now, "reason": ""}
    which = (_J.stage == stage.value) & (_J.key == key) & (_J.state == DEAD)
    return tx.execute(sa.update(t.jobs).where(which).values(**values)).rowcount == 1


def free_all(tx: Transaction) -> None:
    """Take back every lease."""
    tx.execute(sa.update(t.jobs).where(_J.lease_until.is_not(None)).values(lease_until=None, token=""))
