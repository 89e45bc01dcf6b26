"""What may be done with a post, and why. Computed by bot/rules/permit.py, asked by every arrow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Use(StrEnum):
    """A thing that can be done with a post and that somebody must have allowed."""

    STORE = "store"
    MATCH = "match"
    REPLY = "reply"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class Why:
    """One line of the reason: the rule's id, whether it allows, the sentence shown to people, its source."""

    rule: str
    use: Use
    allows: bool
    words: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """The decision for one post. The strictest reading is the default.

    `delete_by` is the day at which the copy has to go (aware UTC), None if no rule names one.
    """

    may_store: bool = False
    may_match: bool = False
    may_reply: bool = False
    delete_by: datetime | None = None
    why: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """What an operator declares to have been granted by a platform or an author, with its basis."""

    platform: str
    use: Use
    basis: str
    grantor: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Legal:
    """The `legal:` block: who answers for the processing, where, on what basis, and whom to ask."""

    responsible: str
    country: str
    face_basis: str
    privacy_contact: str


@dataclass(frozen=True, slots=True)
class Consent:
    """May the author of a post be answered, and why, in words that are stored and shown."""

    given: bool
    rule: str
    words: str
    hotline_only: bool = False
    """The author seems to be a minor, or the child itself: the hotline words alone, and no question."""
