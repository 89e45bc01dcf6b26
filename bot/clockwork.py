"""The clock: puts recurring work into the queue, in UTC, and watches the config file. Does no work itself.

APScheduler with the defaults that were measured to lose nothing: no misfire grace, coalesced, alarms
on missed and overlapping runs, and a watch for wall clocks that jump.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
import watchfiles
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger(__name__)

JUMP_LOOK_S = 5.0
JUMP_S = 30.0


class Clockwork:
    """Named recurring calls. A call that is still running is not started a second time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._every: dict[str, tuple[timedelta, float]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to tick."""
        alarms = EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR
        self._scheduler.add_listener(_alarm, alarms)
        self._scheduler.start()
        threading.Thread(target=self._watch_jumps, name="clock-jumps", daemon=True).start()

    def every(self, name: str, interval: timedelta, call: Callable[[], None], *, jitter_s: float = 0) -> None:
        """Call at once and then at each interval. The same name and interval again keeps its phase."""
        with self._lock:
            held = self._every.get(name)
            if held == (interval, jitter_s):
                self._scheduler.modify_job(name, func=call)
                return
            self._every[name] = (interval, jitter_s)
            self._add(name, interval, call, jitter_s)

    def _add(self, name: str, interval: timedelta, call: Callable[[], None], jitter_s: float) -> None:
        self._scheduler.add_job(
            call,
            "interval",
            seconds=interval.total_seconds(),
            jitter=int(jitter_s) or None,
            id=name,
            replace_existing=True,
            next_run_time=datetime.now(UTC),
        )

    def _watch_jumps(self) -> None:
        """A wall clock set back would silence every call until it has caught up: arm them anew."""
        wall, steady = self._clock(), time.monotonic()
        while not self._stop.wait(JUMP_LOOK_S):
            now, ticks = self._clock(), time.monotonic()
            drift = (now - wall).total_seconds() - (ticks - steady)
            wall, steady = now, ticks
            if abs(drift) > JUMP_S:
                log.warning("clock_jumped", seconds=round(drift))
                self._rearm()

    def _rearm(self) -> None:
        with self._lock:
            for name, (interval, jitter_s) in self._every.items():
                job = self._scheduler.get_job(name)
                if job is not None:
                    self._add(name, interval, job.func, jitter_s)

    def stop(self, within_s: float | None = None) -> None:
        """Tick no more. A running call comes to its end; `within_s` bounds how long that is awaited."""
        self._stop.set()
        if self._scheduler.running:
            end = threading.Thread(target=self._scheduler.shutdown, name="clock-stop", daemon=True)
            end.start()
            end.join(within_s)


def _alarm(event: JobEvent) -> None:
    if event.code == EVENT_JOB_ERROR:
        log.error(
            "clock_call_failed", call=event.job_id, reason=type(getattr(event, "exception", None)).__name__
        )
        return
    what = "missed" if event.code == EVENT_JOB_MISSED else "still running"
    log.warning("clock_call_skipped", call=event.job_id, why=what)


def watch(file: Path, stop: threading.Event, changed: Callable[[], None]) -> None:
    """Call `changed` after each change of the file until `stop` is set.

    The folder is watched, since editors replace files.
    """
    for changes in watchfiles.watch(
        file.parent, stop_event=stop, recursive=False, rust_timeout=1000, yield_on_timeout=False
    ):
        if any(Path(path).name == file.name for _, path in changes):
            changed()
