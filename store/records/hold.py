"""A legal hold: posts whose sealed copy outlives their deletion, with the two people behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldState(StrEnum):
    """Where a hold stands at a moment; it follows from its times and is never stored."""

    WAITING = "waiting"
    ACTIVE = "active"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold. `basis` is why, in words; it counts only from `confirmed_at` on, until `until` (aware UTC).

    `platform_permission` is the reference of the platform's own permission, "" where none is needed.
    """

    id: str
    basis: str
    placed_by: str
    placed_at: datetime
    until: datetime
    posts: tuple[str, ...]
    platform_permission: str = ""
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SafeguardingTask:
    """A post whose author seems to be the child: for the safeguarding lead alone. `sign` is the rule's id."""

    post_key: str
    reference: str
    sign: str
    raised_at: datetime
    done_by: str = ""
    note: str = ""
    done_at: datetime | None = None
