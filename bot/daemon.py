"""The daemon: clock, streams, workers, inbox, console; start, drain, stop. Decides nothing about posts.

Everything that takes long runs in a thread of its own with the one `stop` event; a thread that dies
of a bug is logged and started again, so that one source cannot silence the others. A worker is a daemon
with some of the roles; of several on one database each follows what it leads (bot/engine/leading.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
import uvicorn

from bot import clockwork
from bot.config import Config, load
from bot.engine import leading
from bot.home import Home
from bot.pipeline import clock_moves, collect, ending, rounds, schedule, work
from bot.pipeline.beside import Beside
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.services import campaign, inbox, jobs, weekly
from store.errors import ConfigError, HomewardError, LeaseLost, SourceError

log = structlog.get_logger(__name__)

RESTART_PAUSE_S = 1.0
QUEUE_AGE_EVERY = timedelta(seconds=15)
ON_EVERY_HOST = frozenset({"brake", "disk"})
"""Rounds about what lies on a host's own disk; of the others one process is enough."""


@dataclass(slots=True)
class Daemon:
    """A running Homeward. `sources_of` builds the sources that a config asks for."""

    road: Road
    home: Home
    config: Config
    sources_of: Callable[[Config], dict[str, Source]]
    roles: tuple[str, ...] = tuple(work.WORKERS)
    stop: threading.Event = field(default_factory=threading.Event)
    active: dict[str, Source] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _streams: dict[str, tuple[Source, threading.Event, threading.Thread]] = field(default_factory=dict)
    _clock: clockwork.Clockwork | None = None
    _trust: clock_moves.Trust = field(default_factory=clock_moves.Trust)
    _reloading: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start clock, workers, streams and inbox. Returns at once."""
        ways = work.arrows(lambda: self.active)
        names = [name for role in self.roles for name in work.WORKERS[role]]
        # One slow server or photo must not hold up the others.
        names += [name for name in ("photo", "collect") if name in names] * (self.config.limits.workers - 1)
        self._clock = clockwork.Clockwork(clockwork.wall_of(self.road.clock))
        self._clock.start()
        self._trust.begin(self.road)
        self._clock.every("clock", timedelta(seconds=30), self._look_at_clock)
        if leading.COLLECT in self.roles:
            self.switch(self.config, at_start=True)
        self.road.leading.start(self.roles, self._to_lead, self._led_anew)
        self._led_anew()
        for name in names:
            wake, stages = threading.Event(), work.ROLES[name]
            self._spawn(f"work:{name}", partial(work.work, self.road, ways, stages, wake, self.stop))
        if self.roles == tuple(work.WORKERS):
            self._clock.every("inbox", timedelta(seconds=self.config.limits.inbox_poll_s), self._sweep)
        for each in (*rounds.ROUNDS, *weekly.ROUNDS):
            self._clock.every(each.name, each.every, partial(self._round, each))
        self._clock.every("queue age", QUEUE_AGE_EVERY, partial(jobs.measure, self.road))
        self._spawn("config", self._watch_config)

    def switch(self, config: Config, *, at_start: bool = False) -> None:
        """Put the config's sources into force: only what changed is started, stopped or moved."""
        wanted = self.sources_of(config)
        self.config = config
        for name in set(self._streams) - {n for n, s in wanted.items() if s.collector.spec.streams}:
            self._stop_stream(name)
        for name, source in wanted.items():
            if source.collector.spec.streams and self.road.leading.leads(name):
                self._start_stream(name, source)
        old, self.active = self.active, wanted
        collect.in_force(self.road, wanted)
        schedule.arm(self.road, wanted, at_start=at_start)
        for name, source in old.items():
            if name not in wanted or wanted[name].collector is not source.collector:
                source.collector.close()

    def _to_lead(self) -> list[str]:
        """What there is to lead for a process of these roles."""
        return [leading.CLOCK, *self.active] if leading.COLLECT in self.roles else []

    def _led_anew(self) -> None:
        """What this process leads is not what it was: streams begin and end with it."""
        with self._reloading:
            for name, source in self.active.items():
                leads = self.road.leading.leads(name)
                if leads and source.collector.spec.streams and not self.stop.is_set():
                    self._start_stream(name, source)
                elif not leads and name in self._streams:
                    self._stop_stream(name, 1.0)  # Not longer: the other leases are renewed by this thread.

    def _round(self, each: rounds.Round) -> None:
        if each.name not in ON_EVERY_HOST and not self.road.leading.leads(leading.CLOCK):
            return
        if self._trust.allows(each.name) and not (each.only_in_campaign and self._is_over()):
            each.call(self.road, self.active)

    def _look_at_clock(self) -> None:
        """Believe a jump that has lasted, and keep the hour for the next start."""
        clock = self.road.clock
        moved = clock.settle() if isinstance(clock, clockwork.SteadyClock) else None
        if moved is not None:
            clock_moves.believed(self.road, moved)
        self._trust.seen(self.road)

    def _start_stream(self, name: str, source: Source) -> None:
        held = self._streams.get(name)
        if held is not None:
            if held[0].queries == source.queries and held[0].collector is source.collector:
                return
            self._stop_stream(name)
        halt = threading.Event()
        thread = threading.Thread(
            target=self._follow, args=(source, halt), name=f"stream:{name}", daemon=True
        )
        self._streams[name] = (source, halt, thread)
        thread.start()

    def _stop_stream(self, name: str, within_s: float | None = None) -> None:
        _, halt, thread = self._streams.pop(name)
        halt.set()
        thread.join(self.config.limits.drain_s if within_s is None else within_s)

    def _is_over(self) -> bool:
        return not self.config.campaign.runs_at(self.road.clock()) or ending.is_over(self.road)

    def _follow(self, source: Source, halt: threading.Event) -> None:
        """Follow a stream for ever; each failure backs off by itself."""
        failures, beside = 0, Beside(self.road, source) if source.has_both else None
        while not (halt.is_set() or self.stop.is_set()):
            if self._is_over():
                halt.wait(RESTART_PAUSE_S)
                continue
            begun = time.monotonic()
            try:
                stop, pause = _Any(halt, self.stop, self._is_over), timedelta(seconds=RESTART_PAUSE_S)
                if beside is not None:
                    pause = beside.follow(stop)
                else:
                    collect.follow(self.road, source, stop)
            except LeaseLost as error:
                log.info("stream_given_up", source=source.name, reason=error.detail)
                pause = timedelta(seconds=RESTART_PAUSE_S)
            except SourceError as error:
                failures = 1 if time.monotonic() - begun > 60 else failures + 1
                pause = collect.failed(self.road, source, error)
            except Exception:
                log.exception("stream_failed", source=source.name)
                failures += 1
                pause = timedelta(seconds=2 ** min(failures, 9))
            halt.wait(pause.total_seconds())
        if beside is not None:
            beside.close()

    def _sweep(self) -> None:
        inbox.sweep(self.road, self.home.inbox, scratch=self.home.scratch, halted=self.stop.is_set)

    def _watch_config(self) -> None:
        """A valid change of the file takes effect; an invalid one is refused and the old stays in force."""
        clockwork.watch(self.config.file, self.stop, self.reload)

    def reload(self) -> None:
        """Read the config file again and put a valid campaign block into force. From any thread."""
        with self._reloading:
            self._reload()

    def _reload(self) -> None:
        try:
            fresh = load(self.config.file)
            wanted = replace(self.config, campaign=fresh.campaign, contact=fresh.contact)
            campaign.refuse_words(fresh)
            self.sources_of(wanted)  # Raises too: an address may be well-formed and still be refused.
        except ConfigError as error:
            log.warning("config_refused", reason=str(error))
            campaign.refuse(self.road, str(error))
            return
        if leading.COLLECT not in self.roles:
            self.config = wanted
            return
        held = campaign.in_force(self.road)
        version = campaign.adopt(self.road, fresh, reason="the file was changed")
        campaign.needs_restart(self.road, restart_blocks(self.config, fresh))
        if held is None or version.number != held.number:
            log.info("campaign_changed", version=version.number)
        self.switch(wanted)

    def _spawn(self, name: str, run: Callable[[], None]) -> None:
        def guarded() -> None:
            while not self.stop.is_set():
                try:
                    run()
                    return
                except Exception:
                    log.exception("thread_failed", thread=name)
                    self.stop.wait(RESTART_PAUSE_S)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def drain(self) -> None:
        """Stop taking work, let what was begun come to its end, and give connections back."""
        deadline = time.monotonic() + self.config.limits.drain_s

        def left_s() -> float:
            return max(0.1, deadline - time.monotonic())

        self.stop.set()
        for _, halt, _ in self._streams.values():
            halt.set()
        if self._clock is not None:
            self._clock.stop(left_s())
        for name in list(self._streams):
            self._stop_stream(name, left_s())
        for thread in self._threads:
            thread.join(left_s())
        self.road.leading.stop()
        for source in self.active.values():
            source.collector.close()


class _Any(threading.Event):
    """Set when any is: a stream ends with its own halt, with the daemon or with the campaign."""

    def __init__(self, one: threading.Event, other: threading.Event, over: Callable[[], bool]) -> None:
        super().__init__()
        self._one, self._other, self._over = one, other, over

    def is_set(self) -> bool:
        return self._one.is_set() or self._other.is_set() or self._over()

    def wait(self, timeout: float | None = None) -> bool:
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = 0.2 if end is None else min(0.2, end - time.monotonic())
            if left <= 0 or self._one.wait(left):
                break
        return self.is_set()


def restart_blocks(old: Config, new: Config) -> list[str]:
    """Blocks that differ and take effect only at the next start."""
    names = ["legal", "accounts", "permissions", "matching", "photos", "reply", "alerts", "console", "limits"]
    names += ["faces", "forgetting", "engine"]
    names.append("database_url")
    return [f"{name}:" for name in names if getattr(old, name) != getattr(new, name)]


def serve(app: Any, host: str, port: int) -> tuple[uvicorn.Server, threading.Thread]:
    """Start the console in a thread of its own. Raises HomewardError when the port is taken."""
    settings = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, name="console", daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    if not server.started:
        raise HomewardError(f"{host}:{port}", "the console could not start there")
    return server, thread
