"""Whether every part of an installation works: one line each, with the way out. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.home import Home
from bot.observe import Check
from bot.pipeline import silence
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.services import overview
from store import audit
from store.errors import ConfigError, HomewardError

LOW_DISK_GB = 1.0


def examine(road: Road, home: Home, tried: Sequence[Check] = ()) -> list[Check]:
    """Look at database, audit chain, disk, face models, gazetteer, sources.

    `tried` are sources that were tried out (see `try_sources`); for others their kept health speaks.
    """
    checks = [
        _try("database", lambda: f"{overview.overview(road).posts} posts"),
        _try("audit chain", lambda: _audit(road)),
        _disk(home),
        _try("face models", lambda: f"{road.faces().name}, {road.faces().licence}"),
        _try("gazetteer", lambda: _places(road)),
    ]
    checks += tried
    seen, known = overview.overview(road), {check.name for check in tried}
    for source in seen.sources:
        if f"source {source.source}" in known:
            continue
        words = source.detail or source.state.value
        if not source.detail and source.last_ok_at is not None:
            words = f"{source.state.value}, read {overview.behind_s(source, seen.at):.0f} s ago"
        checks.append(Check(f"source {source.source}", source.failures == 0, words))
    return checks


def try_sources(makers: Mapping[str, Callable[[], Source]]) -> list[Check]:
    """Try each source with its real credentials, all at once: one line each, with what is missing.

    `makers` build the sources by name; a missing secret or a wrong option is a line too.
    """
    if not makers:
        return []
    with ThreadPoolExecutor(min(len(makers), 8), thread_name_prefix="doctor") as pool:
        return list(pool.map(lambda item: _tried(*item), makers.items()))


def _tried(name: str, make: Callable[[], Source]) -> Check:
    label = f"source {name}"
    try:
        source = make()
    except ConfigError as error:
        return Check(label, False, str(error))
    try:
        found = silence.tried_out(source)
    except HomewardError as error:
        return Check(label, False, str(error))
    finally:
        source.collector.close()
    if not found:
        return Check(label, True, "is set up; it has no way of trying itself out")
    broken = [item for item in found if not item.ok]
    said = [f"{each.part}: {each.words}{f' ({each.way_out})' if each.way_out else ''}" for each in broken]
    said = said or [item.words for item in found]
    return Check(label, all(item.ok for item in found), "; ".join(said))


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
