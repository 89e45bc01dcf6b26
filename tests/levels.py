"""The level of replies, agreed on by two people, for tests in which something is to be sent."""

from __future__ import annotations

from datetime import datetime

from bot.pipeline.road import Road
from bot.rules.breaker import Limits
from store import levels
from store.db import Store
from store.records.reply import Level

NEVER = Limits(10**6, 10**6, 10**6, 1.0, 10**6)
"""A breaker that never trips."""


def agree(road: Road, level: Level) -> None:
    """As if two people had raised the level so far; the road's plan is the ceiling all the same."""
    agree_in(road.store, level, road.clock())


def agree_in(store: Store, level: Level, now: datetime) -> None:
    """The same on a store alone."""
    if level is Level.DRY_RUN:
        return
    with store.transaction() as tx:
        change = levels.ask(tx, level, by="ana", why="for these tests", at=now)
        levels.decide(tx, change.number, accepted=True, by="ben", at=now)
