"""What becomes of a job that failed: the growing pause, the last try, the words for the log.

Touches no queue and no database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from store.records.work import Job

log = structlog.get_logger(__name__)

WAITS_A_TRY = 10

Said = Callable[[Job, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AfterFailure:
    """A job that fails waits 2, 4, 8 … seconds (at most `longest_pause`), and has `attempts` tries.

    `said` gives a job's key and a reason as logs may hold them.
    """

    attempts: int
    longest_pause: timedelta
    said: Said

    def pause(self, job: Job, *, retry: bool, wait: timedelta | None) -> timedelta | None:
        """How long the job waits; None if it is set aside. `wait` is a pause that somebody asked for."""
        # A pause that was asked for costs less patience than a failure, but none is waited for ever.
        most = self.attempts if wait is None else self.attempts * WAITS_A_TRY
        if not retry or job.attempt >= most:
            return None
        return wait or min(self.longest_pause, timedelta(seconds=2 ** min(job.attempt, 16)))

    def say(self, job: Job, reason: str, pause: timedelta | None) -> None:
        """Write it to the log."""
        name, words = self.said(job, reason)
        level, event = (log.warning, "job_set_aside") if pause is None else (log.info, "job_again")
        pause_s = 0.0 if pause is None else pause.total_seconds()
        level(event, stage=job.stage.value, key=name, attempt=job.attempt, reason=words, pause_s=pause_s)
