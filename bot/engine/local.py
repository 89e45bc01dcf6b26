"""The engine of one installation: a lease table in the same database, worked off by this process.

Several processes may share it (their leases are fenced); what a job means is the pipeline's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.engine.giving_back import AfterFailure
from store import jobs, queue_seen
from store.db import Clock, Store, Transaction
from store.records.work import Job, Stage

log = structlog.get_logger(__name__)


class LocalEngine:
    """Keeps `bot.engine.base.Engine` on the `jobs` table.

    A job that fails waits 2, 4, 8 … seconds (at most `longest_pause`), and is set aside with its
    reason after `attempts` tries. A job whose worker died is handed out again after `lease`.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        lease: timedelta = timedelta(seconds=60),
        attempts: int = 8,
        longest_pause: timedelta = timedelta(minutes=30),
        said: Callable[[Job, str], tuple[str, str]] = lambda job, reason: (job.key, reason),
    ) -> None:
        """`said` gives a job's key and a reason as logs may hold them."""
        self._store = store
        self._clock = clock
        self._lease = lease
        self._after = AfterFailure(attempts, longest_pause, said)
        self.wake = threading.Event()

    def enqueue(
        self,
        tx: Transaction,
        stage: Stage,
        key: str,
        *,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        now = self._clock()
        jobs.enqueue(tx, stage, key, priority=priority, not_before=not_before or now, now=now)
        self.wake.set()

    def claim(self, stages: Sequence[Stage], now: datetime, *, most: int = 10) -> list[Job]:
        with self._store.reading() as tx:
            due = jobs.next_due(tx, stages)
        if due is None or due > now:
            return []
        with self._store.transaction() as tx:
            return jobs.claim(tx, stages, now=now, lease=self._lease, most=most)

    def finish(self, tx: Transaction, job: Job) -> None:
        jobs.finish(tx, job)

    def postpone(self, tx: Transaction, job: Job, not_before: datetime) -> None:
        """The job was not due after all; it waits, and the try does not count."""
        jobs.postpone(tx, job, not_before=not_before)

    def fail(
        self, job: Job, reason: str, now: datetime, *, retry: bool, wait: timedelta | None = None
    ) -> None:
        """Give the job back. `wait` is a pause that somebody asked for; otherwise it grows by itself."""
        pause = self._after.pause(job, retry=retry, wait=wait)
        with self._store.transaction() as tx:
            not_before = now + (pause or timedelta())
            jobs.give_back(tx, job, not_before=not_before, reason=reason, dead=pause is None)
        self._after.say(job, reason, pause)

    def due_in(self, now: datetime, stages: Sequence[Stage] | None = None) -> float | None:
        with self._store.reading() as tx:
            due = jobs.next_due(tx, stages)
        return None if due is None else max(0.0, (due - now).total_seconds())

    def free_all(self) -> None:
        """Take back every lease. Only for the one process that holds the installation's lock."""
        with self._store.transaction() as tx:
            jobs.free_all(tx)

    def close(self) -> None:
        """Nothing to say to anybody: leases end by themselves."""

    def waiting(self, tx: Transaction) -> dict[str, int]:
        return jobs.waiting(tx)

    def dead(self, tx: Transaction, *, most: int = 200) -> Sequence[Any]:
        return jobs.dead(tx, most=most)

    def revive(self, tx: Transaction, stage: Stage, key: str, now: datetime) -> bool:
        return jobs.revive(tx, stage, key, now)

    def oldest_due_s(self, tx: Transaction, now: datetime) -> dict[str, float]:
        return queue_seen.oldest_due_s(tx, now)
