"""Decide what a legal hold may be and what it covers at a moment. Pure: time and roles are arguments.

A hold is the one exception to a deletion; it counts only when a second person has confirmed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from store.records.hold import Hold, HoldState
from store.records.post import Platform

MIN_BASIS_CHARS = 12
MOST_POSTS = 200
NEEDS_PERMISSION = frozenset({Platform.X.value})
"""Platforms whose rules leave no room for a copy of a deleted post without their own permission
(docs.x.com/developer-terms/policy: deleted content is removed within 24 hours)."""


class Cover(StrEnum):
    """What becomes of a post's bytes when it is deleted: nothing is kept, a sealed copy for some hours, or
    for as long as the hold lasts."""

    NONE = "none"
    PROVISIONAL = "provisional"
    FULL = "full"


def refusal(
    *,
    basis: str,
    posts: Collection[str],
    until: datetime,
    now: datetime,
    longest: timedelta,
    platform_permission: str,
) -> str:
    """Why such a hold cannot be placed, in words; "" when it can. Moments are aware."""
    if len(basis.strip()) < MIN_BASIS_CHARS:
        return f"the basis has to say in words on what the hold rests (at least {MIN_BASIS_CHARS} characters)"
    if not 0 < len(set(posts)) <= MOST_POSTS:
        return f"a hold names between one and {MOST_POSTS} posts"
    if until <= now:
        return "the hold would end before it begins; choose a later day"
    if until > now + longest:
        return f"a hold lasts {longest.days} days at most; it can be placed anew before it ends"
    strict = sorted({key.partition(":")[0] for key in posts} & NEEDS_PERMISSION)
    if strict and not platform_permission.strip():
        names = ", ".join(strict)
        return (
            f"posts of {names} have to be deleted when {names} says so; state the platform's own permission "
            'for keeping a copy (--platform-permission "its reference")'
        )
    return ""


def may_not_confirm(hold: Hold, by: str, now: datetime, waits: timedelta) -> str:
    """Why this person cannot confirm the hold, in words; "" when they can."""
    standing = state(hold, now, waits)
    if standing is not HoldState.WAITING:
        return f"the hold is {standing.value}; only a waiting one can be confirmed"
    if _name(by) == _name(hold.placed_by):
        return "whoever placed a hold cannot confirm it: two different people stand behind it"
    return ""


def _name(name: str) -> str:
    return name.strip().casefold()


def state(hold: Hold, now: datetime, waits: timedelta) -> HoldState:
    """Where the hold stands. `waits` is how long it may wait for its second person."""
    if hold.ended_at is not None and hold.ended_by != BY_CLOCK:
        return HoldState.RELEASED
    if hold.confirmed_at is None:
        over = hold.ended_at is not None or now >= min(hold.placed_at + waits, hold.until)
        return HoldState.LAPSED if over else HoldState.WAITING
    return HoldState.EXPIRED if hold.ended_at is not None or now >= hold.until else HoldState.ACTIVE


BY_CLOCK = "the clock"


def cover(holds: Iterable[Hold], now: datetime, waits: timedelta) -> Cover:
    """What the holds that name one post give it now.

    A waiting hold freezes a post once: where another hold of the post ended unconfirmed, a further one
    gives nothing until it is confirmed, so that no single person can put a deletion off again and again.
    """
    named = [(hold, state(hold, now, waits)) for hold in holds]
    states = [standing for _, standing in named]
    if HoldState.ACTIVE in states:
        return Cover.FULL
    is_spent = any(
        hold.confirmed_at is None and standing in (HoldState.LAPSED, HoldState.RELEASED)
        for hold, standing in named
    )
    return Cover.PROVISIONAL if HoldState.WAITING in states and not is_spent else Cover.NONE


def is_privy(hold: Hold, name: str, *, is_admin: bool) -> bool:
    """Whether somebody may know that the hold exists: its two people and the admin role."""
    return is_admin or _name(name) in {_name(hold.placed_by), _name(hold.confirmed_by)} - {""}
