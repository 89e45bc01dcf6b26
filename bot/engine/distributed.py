"""The engine of many hosts: procrastinate's queue in PostgreSQL, worked off by any number of processes.

Jobs are asked for in the transaction of their data, taken in batches and ended in the transaction of their
effects, as with the local engine. What a job means is the pipeline's; the statements are store/queue.py's.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from bot.engine.giving_back import AfterFailure, Said
from store import queue, queue_seen
from store.db import Clock, Store, Transaction
from store.errors import LeaseLost
from store.records.work import Job, Stage

log = structlog.get_logger(__name__)

BEATS_A_DEATH = 4
_WISHES = "homeward_wishes"


class DistributedEngine:
    """Keeps `bot.engine.base.Engine` on procrastinate's tables.

    A worker says every quarter of `dead_after` that it lives; its jobs go to others when it has not for
    `dead_after`, or when one took longer than `lease`. procrastinate does not rescue by itself: each worker
    does, with every beat, and of two that try one finds nothing left to do.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        lease: timedelta = timedelta(seconds=60),
        dead_after: timedelta = timedelta(seconds=15),
        attempts: int = 8,
        longest_pause: timedelta = timedelta(minutes=30),
        said: Said = lambda job, reason: (job.key, reason),
        beats: bool = True,
    ) -> None:
        """Sets the queue up in the database where it is not there yet, and brings waiting jobs over.

        `beats` False leaves it to the caller to call `beat`. Raises EngineError (see store/queue.py).
        """
        self._store = store
        self._clock = clock
        self._lease = lease
        self._dead_after = dead_after
        self._attempts = attempts
        self._after = AfterFailure(attempts, longest_pause, said)
        self._beats = beats
        self._worker: int | None = None
        self._stop = threading.Event()
        self._registering = threading.Lock()
        self._heart: threading.Thread | None = None
        with store.transaction() as tx:
            queue.set_up(tx)
            queue_seen.move_in(tx)
        sa.event.listen(store.engine, "commit", self._flush)
        sa.event.listen(store.engine, "rollback", self._drop)

    def enqueue(
        self,
        tx: Transaction,
        stage: Stage,
        key: str,
        *,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        """Noted here, written in one statement right before the transaction commits."""
        wishes: list[queue.Wish] = tx.info.setdefault(_WISHES, [])
        wishes.append(queue.Wish(stage, key, priority, not_before))

    def _flush(self, tx: Transaction) -> None:
        wishes = tx.info.pop(_WISHES, None)
        if wishes:
            queue.enqueue(tx, wishes)

    def _drop(self, tx: Transaction) -> None:
        """What a transaction asked for goes with it."""
        tx.info.pop(_WISHES, None)

    def claim(self, stages: Sequence[Stage], now: datetime, *, most: int = 10) -> list[Job]:
        worker = self._registered()
        with self._store.transaction() as tx:
            return queue.claim(tx, stages, worker, most=most, lease_until=now + self._lease)

    def _registered(self) -> int:
        with self._registering:
            if self._worker is None:
                with self._store.transaction() as tx:
                    self._worker = queue.register(tx)
            if self._beats and self._heart is None:
                self._heart = threading.Thread(target=self._live, name="engine-heart", daemon=True)
                self._heart.start()
            return self._worker

    def _live(self) -> None:
        while not self._stop.wait(self._dead_after.total_seconds() / BEATS_A_DEATH):
            try:
                self.beat()
            except sa.exc.SQLAlchemyError as error:
                log.warning("database_trouble", doing="heartbeat", reason=type(error).__name__)

    def beat(self) -> int:
        """Say that this worker lives and rescue what dead ones left; gives how many jobs that were."""
        with self._store.transaction() as tx:
            if self._worker is not None and not queue.heartbeat(tx, self._worker):
                log.warning("worker_taken_for_dead", worker=self._worker)
                self._worker = None
        # Apart, so that a rescue that waits for somebody's row does not make this worker look dead.
        with self._store.transaction() as tx:
            found = self._rescue(tx)
        if found:
            log.warning("jobs_rescued", jobs=found)
        return found

    def _rescue(self, tx: Transaction, *, everybody: bool = False) -> int:
        return queue.rescue(
            tx,
            dead_after=self._dead_after,
            lease=self._lease,
            most_tries=self._attempts,
            everybody=everybody,
        )

    def finish(self, tx: Transaction, job: Job) -> None:
        queue.finish(tx, job)

    def postpone(self, tx: Transaction, job: Job, not_before: datetime) -> None:
        queue.postpone(tx, job, not_before=not_before)

    def fail(
        self, job: Job, reason: str, now: datetime, *, retry: bool, wait: timedelta | None = None
    ) -> None:
        """Give the job back. One that was taken from us meanwhile is left to whoever has it."""
        pause = self._after.pause(job, retry=retry, wait=wait)
        try:
            with self._store.transaction() as tx:
                if pause is None:
                    queue.set_aside(tx, job, reason=reason)
                else:
                    queue.give_back(tx, job, not_before=now + pause, reason=reason)
        except LeaseLost:
            return
        self._after.say(job, reason, pause)

    def due_in(self, now: datetime, stages: Sequence[Stage] | None = None) -> float | None:
        with self._store.reading() as tx:
            return queue_seen.next_due_s(tx, stages, busy_s=self._dead_after.total_seconds())

    def free_all(self) -> None:
        """Take all jobs under way for those of the dead. Only where no other worker lives."""
        with self._store.transaction() as tx:
            self._rescue(tx, everybody=True)

    def waiting(self, tx: Transaction) -> dict[str, int]:
        return queue_seen.waiting(tx)

    def dead(self, tx: Transaction, *, most: int = 200) -> Sequence[Any]:
        return queue_seen.dead(tx, most=most)

    def revive(self, tx: Transaction, stage: Stage, key: str, now: datetime) -> bool:
        return queue_seen.revive(tx, stage, key)

    def oldest_due_s(self, tx: Transaction, now: datetime) -> dict[str, float]:
        return queue_seen.oldest_due_s(tx, now)

    def close(self) -> None:
        """Say that this worker goes: what it did not end is anybody's at once."""
        self._stop.set()
        if self._heart is not None:
            self._heart.join(5)
        for event, heard in (("commit", self._flush), ("rollback", self._drop)):
            if sa.event.contains(self._store.engine, event, heard):
                sa.event.remove(self._store.engine, event, heard)
        if self._worker is not None:
            try:
                with self._store.transaction() as tx:
                    queue.unregister(tx, self._worker)
            except sa.exc.SQLAlchemyError as error:
                # The others notice by themselves that it is gone.
                log.warning("database_trouble", doing="leave", reason=type(error).__name__)
            self._worker = None
