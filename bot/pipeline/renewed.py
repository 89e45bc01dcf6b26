"""A source whose settings were changed begins again at once: what it waited for was said of the old ones.

Compares a digest kept among the source's cursors. Reads no platform; the schedule does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.pipeline import schedule
from bot.pipeline.road import Road
from bot.pipeline.source import Source, job_key
from store import schedule as slots
from store import sources
from store.db import Transaction
from store.records.campaign import SourceState
from store.records.page import Budget
from store.records.work import Stage

log = structlog.get_logger(__name__)

TAG = "@settings"


def take(road: Road, active: Mapping[str, Source]) -> list[str]:
    """Forget waits and budgets of the sources whose settings are not those of before; gives their names."""
    renewed = []
    for name, source in active.items():
        with road.store.transaction() as tx:
            known = sources.cursor(tx, name, TAG)
            if known == source.settings:
                continue
            sources.set_cursor(tx, name, TAG, source.settings, road.clock())
            if known:
                _begin_again(road, tx, source)
                renewed.append(name)
    if renewed:
        log.info("settings_changed", sources=renewed)
    return renewed


def _begin_again(road: Road, tx: Transaction, source: Source) -> None:
    """A platform that still wants to be left alone says so again to the first request."""
    now, health = road.clock(), sources.health(tx, source.name)
    if health is not None:
        if health.state in (SourceState.BACKING_OFF, SourceState.NEEDS_PERSON):
            health = replace(health, state=SourceState.STARTING, detail="", failures=0, next_try_at=None)
        sources.report(tx, health, Budget())
    for tag in schedule.tags_of(source):
        slot = slots.get(tx, source.name, tag)
        if slot is not None:
            slots.put(tx, replace(slot, due_at=min(slot.due_at, now), off=False, why=""))
        key = job_key(source.name, tag)
        road.engine.enqueue(tx, Stage.COLLECT, key, priority=schedule.POLL_PRIORITY)
