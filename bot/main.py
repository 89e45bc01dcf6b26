"""The top of the program: what `run` and `once` do with a wired installation.

Prints nothing itself: it tells the command line (`cli.say`) what people should read.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import structlog

from bot import serving, wiring, working
from bot.cli.app import ROOT
from bot.cli.app import main as cli_main
from bot.cli.context import DONE, Cli, Doors
from bot.clockwork import SteadyClock
from bot.config import Config
from bot.daemon import Daemon, serve
from bot.home import DaemonLock, Home, leave_sample
from bot.pipeline import (
    alert,
    authors,
    backfill,
    batch,
    brake,
    collect,
    conversing,
    counting,
    ending,
    forgetting,
    recheck,
    schedule,
    space,
    standing,
    tag_counting,
    unseen,
    work,
)
from bot.pipeline.road import Road
from bot.services import inbox, overview, people, sample
from bot.wiring_faces import looker
from store.db import utc_now
from store.errors import SourceError, UsageError

log = structlog.get_logger(__name__)

ADMIN = "admin"


def main(arguments: list[str] | None = None) -> int:
    """The door: run one command, give its exit code."""
    doors = Doors(
        open=wiring.build, run=run, once=once, looker=looker, gazetteer=wiring.open_gazetteer,
        console=serving.serve_only, work=working.work_as,
    )  # fmt: skip
    return cli_main(doors, arguments)


def run(config: Config, home: Home, cli: Cli) -> int:
    """Start daemon and console, tell the address to open, and wait for a signal."""
    with _locked(home):
        _port_is_free(config.console.host, config.console.port)
        left = _run(wiring.build(config, home, say=cli.say, clock=SteadyClock(utc_now)), cli)
    if left:
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  (this very program again)
    return DONE


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """The folder, made ready and held by this process alone. Raises UsageError."""
    home.prepare()
    if home.unfinished.exists():
        raise UsageError(
            str(home.folder), "holds a restore that is not finished; `run_bot.py restore --finish`"
        )
    lock = DaemonLock(home)
    lock.take()
    try:
        yield
    finally:
        lock.release()


def _run(built: wiring.Built, cli: Cli) -> bool:
    """Run until a signal, or until somebody leaves the sample: then True."""
    config, left = built.config, threading.Event()
    daemon = Daemon(built.road, built.home, config, built.sources_of)
    try:
        if not built.home.places.exists():
            cli.say("Building the list of places (once, some ten seconds) …")
        _begin(built)
        daemon.start()
        app = _console(built, cli, daemon, left)
        server, thread = serve(app, config.console.host, config.console.port)
        _tell(cli, built, server.servers[0].sockets[0].getsockname()[1])
        _wait(daemon.stop, built.road, daemon.reload)
        cli.say("Stopping …")
        server.should_exit = True
        thread.join(5)
    finally:
        daemon.drain()
        built.close()
    return left.is_set()


def _console(built: wiring.Built, cli: Cli, daemon: Daemon, left: threading.Event) -> Any:
    """The console beside the daemon."""
    home = built.home

    def leave(_by: str) -> None:
        leave_sample(cli.data)
        left.set()
        daemon.stop.set()

    return serving.console_app(built, cli, lambda: daemon.config, leave if home.is_sample else None)


def _tell(cli: Cli, built: wiring.Built, port: int) -> None:
    """The one thing that a new user has to read: the address to open."""
    name = sample.REVIEWER if built.home.is_sample else _admin(built.road)
    host = built.config.console.host
    base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104  (only shown)
    token = people.link(built.road, name)
    if built.home.is_sample:
        cli.say("This is the sample campaign: made-up posts, nothing is ever sent.")
    cli.say(
        f"Homeward is running. Open this address (it works once, within a day):\n\n    {base}/enter/{token}\n"
    )
    cli.say(
        f"Afterwards: {base}/   Another link: .venv/bin/python run_bot.py user link {name}   Stop: Ctrl-C"
    )


def _admin(road: Road) -> str:
    """The first account of a new installation."""
    admins = [user.name for user in people.listing(road) if user.has(ADMIN)]
    return admins[0] if admins else people.add(road, ADMIN, ADMIN, by="homeward").name


def _port_is_free(host: str, port: int) -> None:
    """Raises UsageError naming the port when somebody else listens there."""
    if not port:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"{host}:{port}",
                f"cannot be used ({error.strerror}); choose another console.port in config.yaml",
            ) from error


def _wait(stop: threading.Event, road: Road, reload: Callable[[], None]) -> None:
    asked = threading.Event()

    def read_again(_signal: int, _frame: object) -> None:
        asked.set()

    def halt(_signal: int, _frame: object) -> None:
        stop.set()

    def stop_sending(_signal: int, _frame: object) -> None:
        road.stop_file.stop(by="signal", why="the process was sent SIGUSR1", at=road.clock())

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, halt)
    signal.signal(signal.SIGUSR1, stop_sending)
    signal.signal(signal.SIGHUP, read_again)
    while not stop.wait(0.5):
        if asked.is_set():
            asked.clear()
            reload()


def _begin(built: wiring.Built) -> None:
    """What whoever holds the daemon's lock does first; where nobody else works, leases belong to the dead."""
    if built.road.leading.is_alone():
        built.road.engine.free_all()
    # Built now if it is missing: later it would be in the middle of some job's transaction.
    built.road.gazetteer().find("")
    brake.adopt(built.road)
    wiring.put_in_force(built)
    if built.home.is_sample:
        sample.load(built.road, built.home, ROOT / "sample")


def once(config: Config, home: Home, cli: Cli, *, stream_s: float = 10.0) -> dict[str, Any]:
    """Collect and work off everything that is due; gives the overview with the problems met."""
    with _locked(home):
        built = wiring.build(config, home, say=cli.say)
        try:
            return _once(built, stream_s)
        finally:
            built.close()


def _once(built: wiring.Built, stream_s: float) -> dict[str, Any]:
    road, home, config = built.road, built.home, built.config
    _begin(built)
    space.round_of(road)
    inbox.sweep(road, home.inbox, settled_s=0, scratch=home.scratch)
    standing.reach(road)
    runs = config.campaign.runs_at(utc_now()) and not ending.is_over(road)
    active = built.sources_of(config) if runs else {}
    try:
        road.leading.start(tuple(work.WORKERS), lambda: list(active), lambda: None)
        problems = _read_sources(road, active, stream_s)
        backfill.sweep(road, active)
        authors.complete(road, active)
        recheck.ask(road, active)
        forgetting.forget(road)
        batch.ask(road, active)
        unseen.tidy(road)
        conversing.forget_due(road)
        alert.try_channels(road)
        work.work_off(road, work.arrows(lambda: active))
        counting.catch_up(road)
        tag_counting.round_of(road)
    finally:
        road.leading.stop()
        for source in active.values():
            source.collector.close()
    return _result(road, problems)


def _read_sources(road: Road, active: dict[str, collect.Source], stream_s: float) -> list[str]:
    problems = []
    collect.in_force(road, active)
    schedule.arm(road, active)
    for name, source in active.items():
        with road.store.transaction() as tx:
            for tag in schedule.tags_of(source):
                collect.enqueue_poll(road, tx, name, tag)
        if source.collector.spec.streams and not source.has_both:  # Polls bring all that it would.
            stop = threading.Event()
            timer = threading.Timer(stream_s, stop.set)
            timer.start()
            try:
                collect.follow(road, source, stop)
            except SourceError as error:
                collect.failed(road, source, error)
                problems.append(f"{name}: {error.detail}")
            finally:
                timer.cancel()
    return problems


def _result(road: Road, problems: list[str]) -> dict[str, Any]:
    seen = overview.overview(road)
    for source in seen.sources:
        words = f"{source.source}: {source.detail}"
        if source.failures and words not in problems:
            problems.append(words)
    problems += [f"{job['stage']} {job['key']}: {job['reason']}" for job in seen.dead_jobs]
    return {**seen.as_json(), "problems": problems}
