"""The console as a process: built for an installation, beside the daemon or alone with further processes.

Does no work of the road: a process that serves alone holds no lock and takes no job.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot import clockwork, wiring
from bot.cli.context import DONE, Cli
from bot.config import Config, checklist, load
from bot.daemon import serve
from bot.home import Home
from bot.services import access
from store.errors import ConfigError, UsageError

log = structlog.get_logger(__name__)


def console_app(
    built: wiring.Built, cli: Cli, now: Callable[[], Config], leave: Callable[[str], None] | None
) -> Any:
    """The console over an installation; `now` is the config in force, `leave` leaves the sample.

    Imported only by the commands that serve it: the others start faster without.
    """
    from bot.console.app import ConsoleSettings, build_app

    home, config = built.home, built.config

    def live_checklist() -> Any:
        try:
            return checklist(load(cli.config_file))
        except ConfigError:
            return checklist(config)

    settings = ConsoleSettings(
        sample=home.is_sample,
        campaign_name=lambda: now().campaign.name,
        allowed_hosts=config.console.allowed_hosts,
        checklist=live_checklist,
        leave_sample=leave,
        secure_cookies=config.console.https,
        metrics=built.road.metrics.render,
        config_file=None if home.is_sample else cli.config_file,
        asks_second_factor=lambda: access.asks_second_factor(built.road, now()),
    )
    return build_app(built.road, settings)


@dataclass(slots=True)
class Live:
    """The config as it stands in the file; a change that is not valid leaves the one before in force."""

    config: Config

    def read(self) -> None:
        """Read the file again."""
        try:
            fresh = load(self.config.file)
        except ConfigError as error:
            log.warning("config_refused", reason=str(error))
            return
        self.config = replace(self.config, campaign=fresh.campaign, contact=fresh.contact)


def serve_only(config: Config, home: Home, cli: Cli, *, host: str, port: int) -> int:
    """Serve the console until a signal, beside the process that does the work (`run`).

    Any number of these may stand on one database and one data folder. Raises UsageError in the sample, or
    while a restore is not finished.
    """
    if home.is_sample:
        raise UsageError("console", "serves a real campaign; the sample's console comes with `run`")
    home.prepare()
    if home.unfinished.exists():
        raise UsageError(
            str(home.folder), "holds a restore that is not finished; `run_bot.py restore --finish`"
        )
    built, live, stop = wiring.build(config, home, say=cli.say), Live(config), threading.Event()
    try:
        server, thread = serve(console_app(built, cli, lambda: live.config, None), host, port)
        cli.say(f"The console listens on http://{host}:{server.servers[0].sockets[0].getsockname()[1]}/")
        watch = threading.Thread(
            target=clockwork.watch, args=(config.file, stop, live.read), name="config", daemon=True
        )
        watch.start()
        _until_told(stop)
        server.should_exit = True
        thread.join(5)
    finally:
        stop.set()
        built.close()
    return DONE


def _until_told(stop: threading.Event) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    while not stop.wait(0.5):
        pass
