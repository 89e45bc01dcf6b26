"""The clock: what time it is, recurring work into the queue, in UTC; watches the config file. Does no work.

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
from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger(__name__)

JUMP_LOOK_S = 5.0
JUMP_S = 30.0
SKIPS_TOLD = 3
"""So many turns in a row that a call misses are told; one late turn, as while starting, is none."""
BELIEVED_AFTER = timedelta(hours=1)


def since_boot_s() -> float:
    """Seconds on a clock that nobody sets. Where the system has one, it runs on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class SteadyClock:
    """The wall clock, but a jump of it is believed only once it has lasted for an hour. For any thread.

    Until then time goes on as if nothing had happened: nothing is deleted early, no lease or reply ends and
    no session is lost because somebody set the clock for a moment. `settle` is to be called now and then: it
    gives the jump that is believed from now on.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        steady_s: Callable[[], float] = since_boot_s,
        *,
        believed_after: timedelta = BELIEVED_AFTER,
    ) -> None:
        self.wall = wall
        self._steady_s = steady_s
        self._patience_s = believed_after.total_seconds()
        self._lock = threading.Lock()
        self._base, self._base_s = wall(), steady_s()
        self._jump_s, self._seen_s = 0.0, 0.0

    def __call__(self) -> datetime:
        """The moment now, in aware UTC."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        now, ticks = self.wall(), self._steady_s()
        expected = self._base + timedelta(seconds=ticks - self._base_s)
        off_s = (now - expected).total_seconds()
        if abs(off_s) <= JUMP_S:
            # Small corrections are the machine's own business: they are followed.
            self._base, self._base_s, self._jump_s = now, ticks, 0.0
            return now
        if abs(off_s - self._jump_s) > JUMP_S:
            self._jump_s, self._seen_s = off_s, ticks
            log.warning("clock_jumped", seconds=round(off_s), believed_after_s=round(self._patience_s))
        return expected

    def settle(self) -> timedelta | None:
        """Believe a jump that has lasted long enough, and say by how much the clock moves; None if none."""
        with self._lock:
            self._now()
            if not self._jump_s or self._steady_s() - self._seen_s < self._patience_s:
                return None
            moved = timedelta(seconds=self._jump_s)
            self._base, self._base_s, self._jump_s = self.wall(), self._steady_s(), 0.0
        log.warning("clock_jump_believed", seconds=round(moved.total_seconds()))
        return moved

    @property
    def doubted(self) -> timedelta:
        """By how much the wall clock is off and not believed; zero in ordinary times."""
        with self._lock:
            self._now()
            return timedelta(seconds=self._jump_s)


def wall_of(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """The wall clock behind a clock: whoever waits by the machine's timers has to follow that one."""
    return clock.wall if isinstance(clock, SteadyClock) else clock


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
        self._skipped: dict[str, int] = {}

    def start(self) -> None:
        """Begin to tick."""
        alarms = EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR
        self._scheduler.add_listener(self._alarm, alarms | EVENT_JOB_EXECUTED)
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

    def _alarm(self, event: JobEvent) -> None:
        if event.code == EVENT_JOB_EXECUTED:
            self._skipped.pop(event.job_id, None)
            return
        if event.code == EVENT_JOB_ERROR:
            kind = type(getattr(event, "exception", None)).__name__
            log.error("clock_call_failed", call=event.job_id, reason=kind)
            return
        times = self._skipped.get(event.job_id, 0) + 1
        self._skipped[event.job_id] = times
        if times >= SKIPS_TOLD:
            what = "missed" if event.code == EVENT_JOB_MISSED else "still running"
            log.warning("clock_call_skipped", call=event.job_id, why=what, times=times)

    def stop(self, within_s: float | None = None) -> None:
        """Tick no more. A running call comes to its end; `within_s` bounds how long that is awaited."""
        self._stop.set()
        if self._scheduler.running:
            end = threading.Thread(target=self._scheduler.shutdown, name="clock-stop", daemon=True)
            end.start()
            end.join(within_s)


def watch(file: Path, stop: threading.Event, changed: Callable[[], None]) -> None:
    """Call `changed` after each change of the file until `stop` is set.

    The folder is watched, since editors replace files.
    """
    for changes in watchfiles.watch(
        file.parent, stop_event=stop, recursive=False, rust_timeout=1000, yield_on_timeout=False
    ):
        if any(Path(path).name == file.name for _, path in changes):
            changed()
