"""How far replies go by themselves: which level is in force, and who may change it. Pure.

The config's level is the ceiling. Below it counts what two people agreed on; without that nothing is sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from store.records.reply import Level, Purpose
from store.records.replying import LevelChange

ORDER = (Level.DRY_RUN, Level.CONFIRM, Level.AUTO)
ASKED_FOR = timedelta(hours=24)
"""So long a wish waits for its second person."""
MIN_WHY_CHARS = 8
_BY_THEMSELVES = frozenset({Purpose.RECEIPT, Purpose.QUESTION, Purpose.HOTLINE_ONLY})


def in_force(ceiling: Level, accepted: LevelChange | None) -> Level:
    """The level of rows that are drafted now."""
    agreed = accepted.level if accepted is not None else Level.DRY_RUN
    return min(ceiling, agreed, key=ORDER.index)


def of_row(level: Level, purpose: Purpose) -> Level:
    """The level of a row: at `auto` only what every author with consent gets goes by itself.

    What concerns a match, a case or a conversation is confirmed by a person.
    """
    if level is Level.AUTO and purpose not in _BY_THEMSELVES:
        return Level.CONFIRM
    return level


def may_not_ask(level: Level, now_in_force: Level, ceiling: Level, why: str) -> str:
    """Why this change cannot be asked for, "" if it can."""
    if ORDER.index(level) > ORDER.index(ceiling):
        return f"is above reply.level in config.yaml ({ceiling.value}), which is the ceiling"
    if level is now_in_force:
        return "is in force already"
    if len(why.strip()) < MIN_WHY_CHARS:
        return "needs a reason in words"
    return ""


def may_not_accept(change: LevelChange, by: str, now: datetime) -> str:
    """Why this person cannot accept the change, "" if they can."""
    if change.decided_at is not None:
        return "was decided already"
    if change.asked_by == by:
        return "was asked for by you; a second person accepts it"
    if now - change.asked_at > ASKED_FOR:
        return "is older than a day; ask again"
    return ""
