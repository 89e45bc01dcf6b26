"""The schedule as data: which source is asked for which tag when. Puts polls into the queue, reads nothing.

Every (source, tag) has a slot of its own; the queue holds at most one poll of it. After a sleep all
that is overdue is asked for once, spread over a while.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import MENTIONS, Source, job_key
from bot.rules import pace
from bot.rules.pace import Pace
from store import schedule, sources
from store.db import Transaction
from store.records.page import Budget
from store.records.work import Stage
from store.schedule import Slot

log = structlog.get_logger(__name__)

POLL_PRIORITY = 15
_draws = random.Random()  # noqa: S311  (spreads polls, guards nothing)


def tags_of(source: Source) -> list[str]:
    """What the source is polled for: its hashtags, unless they come by stream, and posts that name us."""
    polled = [query.tag for query in source.queries] if source.collector.spec.polls else []
    return [*dict.fromkeys(polled), MENTIONS]


def pace_of(source: Source, tag: str) -> Pace:
    """How this tag is to be paced. Mentions keep to the wish: who names us waits for an answer."""
    return replace(source.paced, adaptive=False) if tag == MENTIONS else source.paced


def arm(road: Road, active: Mapping[str, Source], *, at_start: bool = False) -> None:
    """Make the slots exactly those of the active sources; unchanged ones keep their phase.

    `at_start` makes everything due that was not read within the least interval.
    """
    now = road.clock()
    wanted = [(source, tag) for source in active.values() for tag in tags_of(source)]
    with road.store.transaction() as tx:
        schedule.keep_only(tx, {(source.name, tag) for source, tag in wanted})
        for source, tag in wanted:
            held = schedule.get(tx, source.name, tag)
            schedule.put(tx, _armed(held, source, tag, now, at_start=at_start))


def _armed(held: Slot | None, source: Source, tag: str, now: datetime, *, at_start: bool) -> Slot:
    rules = pace_of(source, tag)
    every_s = pace.interval_s(rules, held.rate_per_h if held else None)
    if held is None:
        return Slot(source.name, tag, now, every_s)
    due_at = min(held.due_at, now + timedelta(seconds=every_s))
    if at_start:
        rested = (held.polled_at or now) + timedelta(seconds=rules.bounds_s[0])
        due_at = min(due_at, max(now, rested) if held.polled_at else now)
    return replace(held, due_at=due_at, interval_s=every_s, off=False, why="")


def tick(road: Road, active: Mapping[str, Source]) -> int:
    """Ask for every poll whose time has come; gives how many."""
    now = road.clock()
    with road.store.reading() as tx:
        due, farthest = schedule.due(tx, now), schedule.latest_due(tx)
    if farthest is not None:
        _call_back_strays(road, active, now, farthest)
    due = sorted((slot for slot in due if slot.source in active), key=lambda slot: slot.tag == MENTIONS)
    if not due:
        return 0
    delays = pace.spread(len(due), min(slot.interval_s for slot in due))
    with road.store.transaction() as tx:
        for slot, delay in zip(due, delays, strict=True):
            key, start = job_key(slot.source, slot.tag), now + delay
            road.engine.enqueue(tx, Stage.COLLECT, key, priority=POLL_PRIORITY, not_before=start)
            rules = pace_of(active[slot.source], slot.tag)
            due_at = pace.due_after(start, slot.interval_s, rules.jitter_s, _draws.random())
            schedule.put(tx, replace(slot, due_at=due_at))
    return len(due)


def _call_back_strays(road: Road, active: Mapping[str, Source], now: datetime, farthest: datetime) -> None:
    """A wall clock that was set back leaves due times in the far future: they are due now."""
    jitter_s = max((source.paced.jitter_s for source in active.values()), default=0.0)
    longest_s = max((source.paced.bounds_s[1] for source in active.values()), default=0.0)
    if not pace.is_astray(farthest, longest_s, jitter_s, now):
        return
    with road.store.transaction() as tx:
        for slot in schedule.slots(tx):
            if not slot.off and pace.is_astray(slot.due_at, slot.interval_s, jitter_s, now):
                log.warning("due_time_astray", source=slot.source, tag=slot.tag)
                schedule.put(tx, replace(slot, due_at=now))


def polled(
    tx: Transaction, road: Road, source: Source, tag: str, *, started: datetime, new: int, unread: bool
) -> None:
    """Learn from a poll that brought `new` posts: its tag's rate, interval and next due time.

    `unread` says that something stayed behind (a cap, a bounded walk): the tag is asked at its fastest.
    """
    slot = schedule.get(tx, source.name, tag)
    if slot is None:
        return
    rules = pace_of(source, tag)
    seconds = (started - slot.polled_at).total_seconds() if slot.polled_at else 0.0
    rate = pace.rate_after(slot.rate_per_h, new, seconds)
    budget = sources.budget(tx, source.name) or Budget()
    sharers = sum(not each.off for each in schedule.slots(tx, source.name))
    affordable_s = pace.affordable_s(budget, started, sharers)
    every_s = pace.interval_s(rules, rate, budget_s=affordable_s)
    if unread:
        every_s = max(min(every_s, rules.bounds_s[0]), affordable_s)
    due_at = pace.due_after(started, every_s, rules.jitter_s, _draws.random())
    schedule.put(tx, replace(slot, due_at=due_at, interval_s=every_s, rate_per_h=rate, polled_at=started))


def rest(road: Road, source: str, tag: str, pause: timedelta, why: str) -> None:
    """This tag is left alone for a while; the other tags of the source go on."""
    with road.store.transaction() as tx:
        slot = schedule.get(tx, source, tag)
        if slot is not None:
            due_at = road.clock() + pause
            schedule.put(tx, replace(slot, due_at=due_at, interval_s=pause.total_seconds(), why=why))


def switch_off(road: Road, source: str, tag: str, why: str) -> None:
    """This source has no such way of reading: it is not asked again until it is armed anew."""
    with road.store.transaction() as tx:
        slot = schedule.get(tx, source, tag)
        if slot is not None:
            schedule.put(tx, replace(slot, off=True, why=why))
