"""Which engine an installation has, and whether its processes share what is led: built from config.yaml.

Decides nothing else.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.config import Config
from bot.engine.base import Engine
from bot.engine.distributed import DistributedEngine
from bot.engine.leading import Alone, Leading, Shared
from bot.engine.local import LocalEngine
from bot.pipeline import jobnames
from store import queue_seen
from store.db import Store
from store.errors import ConfigError
from store.seal import SealKey

DISTRIBUTED = "distributed"


def work_of(config: Config, store: Store, clock: Callable[[], datetime], key: SealKey) -> dict[str, Any]:
    """What of a Road has to do with who works, by field. Raises as `engine_of` does."""
    return {
        "engine": engine_of(config, store, clock, key),
        "leading": leading_of(config, store, clock, key),
    }


def engine_of(config: Config, store: Store, clock: Callable[[], datetime], key: SealKey) -> Engine:
    """The engine that config.yaml names. Raises ConfigError, and EngineError (see store/queue.py).

    Jobs that wait in the other one are brought over, so that nothing is lost by a change.
    """
    limits, said = config.limits, partial(jobnames.said, key)
    lease = timedelta(seconds=limits.job_lease_s)
    if config.engine.kind == DISTRIBUTED and not config.sample:
        if store.is_sqlite:
            raise ConfigError(
                "engine.kind", "is distributed, which needs a database_url of PostgreSQL; or write local"
            )
        dead_after = timedelta(seconds=config.engine.dead_after_s)
        return DistributedEngine(
            store, clock, lease=lease, dead_after=dead_after, attempts=limits.job_attempts, said=said
        )
    if not store.is_sqlite:
        with store.transaction() as tx:
            queue_seen.move_out(tx)
    return LocalEngine(store, clock, lease=lease, attempts=limits.job_attempts, said=said)


def leading_of(config: Config, store: Store, clock: Callable[[], datetime], key: SealKey) -> Leading:
    """All is led by the one process of a file; on a server's database the processes share by leases."""
    if store.is_sqlite:
        return Alone()
    return Shared(
        store,
        clock,
        host=socket.gethostname(),
        key_digest=key.digest("engine", "the same on all hosts"),
        lease=timedelta(seconds=config.engine.lease_s),
    )
