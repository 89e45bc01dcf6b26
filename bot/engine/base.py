"""The contract of the engine that runs the arrows: at least once, in the caller's transaction.

Effects must have natural keys, since a killed worker's job is handed out again after its lease.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from store.db import Transaction
from store.records.work import Job, Stage


class Inspection(Protocol):
    """Looking at the queue, and trying again what was set aside."""

    def waiting(self, tx: Transaction) -> dict[str, int]:
        """How many jobs of each stage wait or are done just now."""
        ...

    def dead(self, tx: Transaction, *, most: int = 200) -> Sequence[Any]:
        """Jobs set aside after their last try: rows of stage, key, attempt, reason."""
        ...

    def revive(self, tx: Transaction, stage: Stage, key: str, now: datetime) -> bool:
        """Try a set-aside job again. False if there is none."""
        ...

    def oldest_due_s(self, tx: Transaction, now: datetime) -> dict[str, float]:
        """Seconds that the job has waited which has been due longest, by stage."""
        ...


@runtime_checkable
class Engine(Inspection, Protocol):
    """Who runs the arrows: this process, or workers on many hosts."""

    def enqueue(
        self,
        tx: Transaction,
        stage: Stage,
        key: str,
        *,
        priority: int = 0,
        not_before: datetime | None = None,
    ) -> None:
        """Put work into the queue in the caller's transaction. The same (stage, key) is one job."""
        ...

    def claim(self, stages: Sequence[Stage], now: datetime, *, most: int = 10) -> list[Job]:
        """Lease up to `most` due jobs of these stages, highest priority first."""
        ...

    def finish(self, tx: Transaction, job: Job) -> None:
        """Mark the job done in the transaction of its effects. Raises LeaseLost if it is not ours."""
        ...

    def postpone(self, tx: Transaction, job: Job, not_before: datetime) -> None:
        """The job was not due after all: it waits until then, and this try does not count."""
        ...

    def fail(
        self, job: Job, reason: str, now: datetime, *, retry: bool, wait: timedelta | None = None
    ) -> None:
        """Give the job back with a growing pause (or `wait`), or set it aside after the last try."""
        ...

    def due_in(self, now: datetime, stages: Sequence[Stage] | None = None) -> float | None:
        """Seconds until the next job (of these stages) is due (0 if one is), None when there is none."""
        ...

    def free_all(self) -> None:
        """Take back every lease of dead workers. Only when the caller knows that no other worker lives."""
        ...

    def close(self) -> None:
        """This process works no more: what it began and did not end is somebody else's."""
        ...
