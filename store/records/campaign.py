"""The campaign as it is in force: versions of the `campaign:` block, and the state of its sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class CampaignVersion:
    """One version of the campaign block: its number, JSON content, author, reason and time."""

    number: int
    content: dict[str, Any]
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operator is told until it is over: its name, its words, since when they say this."""

    name: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has seen an alarm: its name, its words at that time, when, who, and what they noted.

    `ended_at` is when the alarm itself was over, None while it stands.
    """

    name: str
    at: datetime
    words: str
    by: str
    note: str = ""
    ended_at: datetime | None = None


class SourceState(StrEnum):
    """How a source is doing."""

    OFF = "off"
    STARTING = "starting"
    OK = "ok"
    BACKING_OFF = "backing_off"
    NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source's state, shown by status, readyz and the console.

    `behind_s` is how many seconds the newest committed place lies behind now, None if unknown.
    """

    source: str
    platform: str
    state: SourceState
    detail: str
    last_ok_at: datetime | None = None
    last_post_at: datetime | None = None
    failures: int = 0
    next_try_at: datetime | None = None
    behind_s: float | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit chain: who did what to which subject. Never a name, contact or text."""

    seq: int
    at: datetime
    by: str
    action: str
    subject: str
    detail: dict[str, Any]
    digest: str
    previous: str
