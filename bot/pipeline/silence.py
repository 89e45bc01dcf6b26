"""The silence alarm: a source, or one of its hashtags, that is quieter than its own past at that hour.

Only loads counts, calls bot/rules/silence.py, tries the likely causes and keeps a notice for the operator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import silence
from bot.rules.silence import Hush
from collectors.base import Checked, Checks
from store import campaign, hourly, schedule, sources
from store.errors import HomewardError
from store.hourly import WHOLE
from store.records.campaign import SourceHealth, SourceState
from store.records.page import TagQuery

log = structlog.get_logger(__name__)

PREFIX = "silence:"
_HOUR = timedelta(hours=1)


def notice_name(source: str, tag: str = WHOLE) -> str:
    """The name of the notice about a source, or about one of its hashtags."""
    return f"{PREFIX}{source} #{tag}" if tag else f"{PREFIX}{source}"


def listen(road: Road, active: Mapping[str, Source]) -> list[str]:
    """Judge the last whole hour of each active source, and the present one once it is half over.

    A source that is silent as a whole is named once; otherwise its hashtags are judged one by one.
    Gives the names of what is too quiet; what has become loud again loses its notice.
    """
    quiet, judged = [], set()
    with road.store.reading() as tx:
        standing = {name for name in campaign.notices(tx) if name.startswith(PREFIX)}
    for name, source in active.items():
        for tag, hush in _hushes(road, source):
            said = notice_name(name, tag)
            judged.add(said)
            quiet.append(said.removeprefix(PREFIX))
            if said not in standing:
                _raise(road, source, tag, hush)
    for over in standing - judged:
        _notice(road, over, "")
    with road.store.transaction() as tx:
        hourly.forget(tx, before=road.clock() - timedelta(days=silence.DAYS_BACK + 1))
    return quiet


def _hushes(road: Road, source: Source) -> list[tuple[str, Hush]]:
    whole = heard(road, source.name)
    if whole is not None:
        return [(WHOLE, whole)]
    if len(source.tags) < 2:
        return []
    found = ((tag, heard(road, source.name, tag)) for tag in source.tags)
    return [(tag, hush) for tag, hush in found if hush is not None]


def heard(road: Road, source: str, tag: str = WHOLE) -> Hush | None:
    """The hush of the present hour or of the one before, None if it is as loud as usual.

    An hour in which nothing was read says nothing here: the source's health does.
    """
    now = road.clock()
    this = hourly.hour_of(now)
    with road.store.reading() as tx:
        since = this - timedelta(days=silence.DAYS_BACK, hours=1)
        counts = hourly.counts(tx, source, since=since, until=this + _HOUR, tag=tag)
    for hour, share in ((this, (now - this) / _HOUR), (this - _HOUR, 1.0)):
        if hour not in counts:
            continue
        hush = silence.judge(hour, counts[hour], silence.past_of(hour, counts), share)
        if hush is not None or share >= 0.5:
            return hush
    return None


def _raise(road: Road, source: Source, tag: str, hush: Hush) -> None:
    with road.store.reading() as tx:
        health = sources.health(tx, source.name)
        slot = schedule.get(tx, source.name, tag) if tag else None
    causes = likely_causes(source, health, tag)
    if slot is not None and slot.why:
        causes.insert(0, f"the hashtag rests ({slot.why})")
    log.warning("source_silent", source=source.name, tag=tag, posts=hush.posts, usual=round(hush.usual, 1))
    what = f"{source.name} #{tag}" if tag else source.name
    words = f"{what} {_day(hush.hour)}{hush.words}. Likely causes: {'; '.join(causes)}."
    _notice(road, notice_name(source.name, tag), words)


def _day(hour: datetime) -> str:
    return f"on {hour:%Y-%m-%d} "


def _notice(road: Road, name: str, words: str) -> None:
    with road.store.transaction() as tx:
        campaign.notice(tx, name, words, road.clock())


def likely_causes(source: Source, health: SourceHealth | None, tag: str = WHOLE) -> list[str]:
    """What may be behind a silence, in words: token, rules and platform are tried where that is possible."""
    found = []
    if health is not None and health.state is not SourceState.OK:
        found.append(f"the source is {health.state.value.replace('_', ' ')} ({health.detail})")
    tried = tried_out(source, _asked_for(source, tag))
    broken = [item for item in tried if not item.ok]
    found += [f"{each.part}: {each.words}{f' ({each.way_out})' if each.way_out else ''}" for each in broken]
    if not found:
        fine = f"{', '.join(item.part for item in tried)} tried, all right" if tried else "it answers"
        others = "; its other hashtags are as loud as usual" if tag else ""
        found.append(f"{fine}{others}; people may write under another hashtag, or write less")
    return found


def _asked_for(source: Source, tag: str) -> Sequence[TagQuery]:
    return [query for query in source.queries if not tag or tag in query.any] or source.queries


def tried_out(source: Source, queries: Sequence[TagQuery] | None = None) -> list[Checked]:
    """What the collector says of its own parts; empty where it cannot try itself out."""
    collector = source.collector
    if not isinstance(collector, Checks):
        return []
    try:
        with source.lock:
            return collector.check(source.queries if queries is None else queries)
    except HomewardError as error:
        return [Checked("check", ok=False, words=error.detail)]
