"""A welfare referral: a child in need without a match, told to a licensed body. Values only.

What may be referred, and in which words, is decided in bot/rules/referral.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Danger(StrEnum):
    """A danger that somebody saw. The list is closed, and begging is not on it."""

    INJURED = "injured"
    ILL = "ill"
    HELD = "held"
    HIT = "hit"
    ASKED = "asked"
    ALONE = "alone"
    EXPOSED = "exposed"
    EXPLOITED = "exploited"
    WORK = "work"


class ReferralState(StrEnum):
    """Where a referral stands."""

    PREPARED = "prepared"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Details:
    """What is passed on, and no more; sealed when stored. `answer` is what the body said."""

    seen: str = ""
    where: str = ""
    day: date | None = None
    looks: str = ""
    needs: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as it stands. It names one post and no case: nobody is linked with anybody.

    `decided_by`, `decided_at` and `why` are of the last step.
    """

    id: str
    post_key: str
    body: str
    signs: tuple[Danger, ...]
    state: ReferralState
    prepared_by: str
    prepared_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    why: str = ""
    answer_due_at: datetime | None = None
    sealed: bytes | None = None
    key_id: str = ""
