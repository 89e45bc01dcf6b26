"""Whether every part of an installation works: one line each, with the way out. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from bot.home import Home
from bot.observe import Check
from bot.pipeline.road import Road
from bot.services import overview
from store import audit
from store.errors import HomewardError

LOW_DISK_GB = 1.0


def examine(road: Road, home: Home) -> list[Check]:
    """Look at database, audit chain, disk, face models, gazetteer, sources."""
    checks = [
        _try("database", lambda: f"{overview.overview(road).posts} posts"),
        _try("audit chain", lambda: _audit(road)),
        _disk(home),
        _try("face models", lambda: f"{road.faces().name}, {road.faces().licence}"),
        _try("gazetteer", lambda: _places(road)),
    ]
    seen = overview.overview(road)
    for source in seen.sources:
        words = source.detail or f"read {overview.behind_s(source, seen.at):.0f} s ago"
        checks.append(Check(f"source {source.source}", source.failures == 0, words))
    return checks


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except HomewardError as error:
        return Check(name, False, str(error))


def _audit(road: Road) -> str:
    with road.store.reading() as tx:
        broken = audit.first_break(tx)
    if broken is not None:
        raise HomewardError(
            "audit", f"row {broken} does not fit the chain: it was changed after it was written"
        )
    return "whole"


def _places(road: Road) -> str:
    found = road.gazetteer()
    return f"{type(found).__name__} answers"


def _disk(home: Home) -> Check:
    free_gb = shutil.disk_usage(home.folder).free / 1e9
    return Check("disk", free_gb >= LOW_DISK_GB, f"{free_gb:.0f} GB free in {home.folder}")
