"""The silence alarm: a source that is quieter than its own past at that hour, with the likely causes tried.

Only loads counts, calls bot/rules/silence.py and keeps a notice for the operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import silence
from bot.rules.silence import Hush
from collectors.base import Checked, Checks
from store import campaign, hourly, sources
from store.records.campaign import SourceHealth, SourceState

log = structlog.get_logger(__name__)

PREFIX = "silence:"
_HOUR = timedelta(hours=1)


def listen(road: Road, active: Mapping[str, Source]) -> list[str]:
    """Judge the last whole hour of each active source, and the present one once it is half over.

    Gives the names of the sources that are too quiet; what has become loud again loses its notice.
    """
    quiet = []
    with road.store.reading() as tx:
        standing = {name for name in campaign.notices(tx) if name.startswith(PREFIX)}
    for name, source in active.items():
        hush = heard(road, name)
        if hush is not None:
            quiet.append(name)
            if f"{PREFIX}{name}" not in standing:
                _raise(road, source, hush)
        elif f"{PREFIX}{name}" in standing:
            _notice(road, name, "")
    for gone in standing - {f"{PREFIX}{name}" for name in active}:
        _notice(road, gone.removeprefix(PREFIX), "")
    with road.store.transaction() as tx:
        hourly.forget(tx, before=road.clock() - timedelta(days=silence.DAYS_BACK + 1))
    return quiet


def heard(road: Road, source: str) -> Hush | None:
    """The hush of the present hour or of the one before, None if it is as loud as usual.

    An hour in which the source was not read at all says nothing here: its health does.
    """
    now = road.clock()
    this = hourly.hour_of(now)
    with road.store.reading() as tx:
        since = this - timedelta(days=silence.DAYS_BACK, hours=1)
        counts = hourly.counts(tx, source, since=since, until=this + _HOUR)
    for hour, share in ((this, (now - this) / _HOUR), (this - _HOUR, 1.0)):
        if hour not in counts:
            continue
        hush = silence.judge(hour, counts[hour], silence.past_of(hour, counts), share)
        if hush is not None or share >= 0.5:
            return hush
    return None


def _raise(road: Road, source: Source, hush: Hush) -> None:
    with road.store.reading() as tx:
        health = sources.health(tx, source.name)
    causes = "; ".join(likely_causes(source, health))
    log.warning("source_silent", source=source.name, posts=hush.posts, usual=round(hush.usual, 1))
    _notice(road, source.name, f"{source.name} {hush.words}. Likely causes: {causes}.")


def _notice(road: Road, name: str, words: str) -> None:
    with road.store.transaction() as tx:
        campaign.notice(tx, f"{PREFIX}{name}", words, road.clock())


def likely_causes(source: Source, health: SourceHealth | None) -> list[str]:
    """What may be behind a silence, in words: token, rules and platform are tried where that is possible."""
    found = []
    if health is not None and health.state is not SourceState.OK:
        found.append(f"the source is {health.state.value.replace('_', ' ')} ({health.detail})")
    tried = tried_out(source)
    broken = [item for item in tried if not item.ok]
    found += [f"{each.part}: {each.words}{f' ({each.way_out})' if each.way_out else ''}" for each in broken]
    if not found:
        fine = f"{', '.join(item.part for item in tried)} tried, all right" if tried else "it answers"
        found.append(f"{fine}; people may write under another hashtag, or write less")
    return found


def tried_out(source: Source) -> list[Checked]:
    """What the collector says of its own parts; empty where it cannot try itself out."""
    collector = source.collector
    if not isinstance(collector, Checks):
        return []
    with source.lock:
        return collector.check(source.queries)
