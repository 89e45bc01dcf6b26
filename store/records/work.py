"""Units of work: which arrow, on which key. The engine hands them out; the pipeline does them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """The arrows of the road that run by themselves, in order."""

    COLLECT = "collect"
    LOOK = "look"
    PLACE = "place"
    MATCH = "match"
    ENROL = "enrol"
    GALLERY = "gallery"
    REPLY = "reply"
    SEND = "send"
    ALERT = "alert"
    BACKFILL = "backfill"
    RECHECK = "recheck"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed unit of work. `token` fences the claim: finishing with an old one is refused."""

    stage: Stage
    key: str
    priority: int
    attempt: int
    token: str
    lease_until: datetime
