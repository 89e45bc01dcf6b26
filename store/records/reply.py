"""The outbox: replies and alerts, their states, and what a sender can answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReplyState(StrEnum):
    """The life of an outbox row; the arrows are in `NEXT_STATES`."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REHEARSED = "rehearsed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


_S = ReplyState
NEXT_STATES: dict[ReplyState, frozenset[ReplyState]] = {
    _S.DRAFTED: frozenset({_S.APPROVED, _S.CANCELLED, _S.EXPIRED, _S.REHEARSED}),
    _S.APPROVED: frozenset({_S.SENDING, _S.CANCELLED, _S.EXPIRED}),
    # SENDING -> APPROVED only when the platform was asked and has certainly nothing.
    _S.SENDING: frozenset({_S.SENT, _S.UNKNOWN, _S.REFUSED, _S.APPROVED, _S.CANCELLED}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.APPROVED, _S.REFUSED, _S.CANCELLED}),
    _S.SENT: frozenset({_S.WITHDRAWING}),
    _S.WITHDRAWING: frozenset({_S.WITHDRAWN, _S.SENT}),
    _S.REFUSED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REHEARSED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}


class Purpose(StrEnum):
    """Why we write. One row per (post, purpose), ever."""

    RECEIPT = "receipt"
    HOTLINE_ONLY = "hotline_only"
    QUESTION = "question"
    """The receipt of a post that does not say where or when: it asks for day and district."""
    PRIVATE_FOLLOW_UP = "private_follow_up"
    """The team would like to ask: in private, and only after a person has seen a possible resemblance."""
    APPEAL_CLOSED = "appeal_closed"
    HOW_TO_HELP = "how_to_help"
    THANKS = "thanks"
    """A person of the team thanks for an answer."""
    PLEASE_CALL = "please_call"
    """A person of the team asks to tell the hotline, not us."""
    FREE = "free"
    """Words of a person of the team, read by a second one."""


class Level(StrEnum):
    """How far replies may go by themselves."""

    DRY_RUN = "dry-run"
    CONFIRM = "confirm"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Reply:
    """An outbox row. `text` is frozen when drafted and ends with the short random `reference`.

    `to_native_id` and `to_handle` are what the sender needs to answer the post on `account`,
    our configured account on that platform. `lease_until` and `attempt` fence the sending.
    """

    key: str
    post_key: str
    purpose: Purpose
    platform: str
    account: str
    to_native_id: str
    to_handle: str
    text: str
    language: str
    visibility: str
    reference: str
    idempotency_key: str
    state: ReplyState
    level: Level
    consent: str
    drafted_at: datetime
    not_before: datetime
    expires_at: datetime
    approved_by: str = ""
    attempt: int = 0
    lease_until: datetime | None = None
    receipt_id: str = ""
    receipt_url: str = ""
    sent_at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """What the platform allows, as data with the page it comes from."""

    max_length: int
    length_unit: str
    per_hour: int
    per_day: int
    source: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that the reply is out."""

    id: str
    url: str
    at: datetime
    text_digest: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform said no, and will say no again."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say yet whether the reply is out."""

    why: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform was asked and has certainly no such reply."""

    why: str


class AlertState(StrEnum):
    """The life of an alert to the case team."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Alert:
    """Tells the case team that a person saw a possible resemblance. Carries no name, place or photo."""

    key: str
    match_key: str
    reference: str
    state: AlertState
    raised_at: datetime
    acknowledged_by: str = ""
