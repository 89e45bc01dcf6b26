"""A worker: a process that does some of the road's work for an installation of many hosts. Serves no console.

Any number of them may stand on one PostgreSQL database, beside daemons or without. They take no lock of a
folder; what only one may do they share by leases.
"""

from __future__ import annotations

import signal
import threading

import prometheus_client
import structlog

from bot import wiring
from bot.cli.context import DONE, Cli
from bot.config import Config
from bot.daemon import Daemon
from bot.home import Home
from bot.pipeline import brake
from store.errors import UsageError

log = structlog.get_logger(__name__)


def work_as(
    config: Config, home: Home, cli: Cli, *, roles: tuple[str, ...], metrics_port: int | None = None
) -> int:
    """Work in these roles until a signal; what was begun is brought to its end (`limits.drain_s`).

    Raises UsageError unless many may work here: PostgreSQL, the distributed engine, a given sealing key.
    """
    _may_share(config, home)
    built = wiring.build(config, home, say=cli.say)
    daemon = Daemon(built.road, built.home, config, built.sources_of, roles=roles)
    asked = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: daemon.stop.set())
    signal.signal(signal.SIGHUP, lambda *_: asked.set())
    try:
        brake.adopt(built.road)
        daemon.start()
        if metrics_port is not None:
            prometheus_client.start_http_server(
                metrics_port, addr="127.0.0.1", registry=built.road.metrics.registry
            )
        cli.say(f"Working as {', '.join(roles)}. Stop: Ctrl-C")
        while not daemon.stop.wait(0.5):
            if asked.is_set():
                asked.clear()
                daemon.reload()
        cli.say("Stopping …")
    finally:
        daemon.drain()
        built.close()
    return DONE


def _may_share(config: Config, home: Home) -> None:
    if home.is_sample:
        raise UsageError("worker", "works for a real campaign; the sample runs with `run` alone")
    if config.engine.kind != "distributed":
        raise UsageError(
            "engine.kind",
            "is local: one daemon does all the work; write distributed, with a database_url of PostgreSQL",
        )
    if not config.secrets.has("HOMEWARD_SEAL_KEY") and not home.key.exists():
        raise UsageError(
            "HOMEWARD_SEAL_KEY",
            "is not set; give every host the key of the first one (its seal.key), or they cannot read each "
            "other's sealed values",
        )
