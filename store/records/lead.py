"""A lead: a candidate that two people called possible, on its way to the authorities. Values only.

Which step may follow which, and who may take it, is decided in bot/rules/leads.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class LeadState(StrEnum):
    """Where a lead stands."""

    CONFIRMED = "confirmed"
    TAKEN_BACK = "taken_back"
    """A reviewer took the confirmation back before anything was reported."""
    REPORTED = "reported"
    LOCATED = "located"
    DNA_ARRANGED = "dna_arranged"
    DNA_SUPPORTS = "dna_supports"
    DNA_EXCLUDES = "dna_excludes"
    DNA_UNCLEAR = "dna_unclear"
    REUNITED = "reunited"
    RULED_OUT = "ruled_out"
    DECEASED = "deceased"
    NO_FAMILY = "no_family"
    """The child is safe, and the family cannot be found."""
    NO_CONTACT = "no_contact"
    """A person of age does not want contact."""


class StepKind(StrEnum):
    """What a row in the life of a lead is."""

    MADE = "made"
    STEP = "step"
    BACK = "back"
    """Back to a state that the lead was in before, with a reason; what was stays."""
    NOTE = "note"
    ASSIGNED = "assigned"
    DUE = "due"


class Topic(StrEnum):
    """What a note or document is about; it decides who reads it."""

    POLICE = "police"
    DNA = "dna"
    WELFARE = "welfare"


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead as it stands. `id` is its reference: it tells nothing. `due_at` None: nothing is due."""

    id: str
    match_key: str
    post_key: str
    case_id: str
    made_at: datetime
    state: LeadState
    since: datetime
    steps: int
    due_at: datetime | None = None
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadStep:
    """One row in the life of a lead; never changed. What people wrote is in `sealed`, None if nothing.

    `happened_on` is the day on which it happened, as far as that is another than the day of writing.
    """

    lead_id: str
    number: int
    kind: StepKind
    before: LeadState
    after: LeadState
    topic: Topic
    by: str
    at: datetime
    happened_on: date | None = None
    sealed: bytes | None = None
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class LeadPerson:
    """Somebody who works on a lead, since when and by whose word."""

    lead_id: str
    account: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadDocument:
    """A document of a step, without its bytes. `digest` is the SHA-256 in hex of the bytes; its name is
    sealed with them."""

    id: str
    lead_id: str
    step: int
    topic: Topic
    kind: str
    size_bytes: int
    digest: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadCount:
    """How many leads came of posts that a source brought under a hashtag in a week, by present state.

    `week` is its Monday, UTC, of the day on which the lead was made. A lead whose post came by several
    ways stands in each of them.
    """

    source: str
    tag: str
    week: date
    state: LeadState
    leads: int
