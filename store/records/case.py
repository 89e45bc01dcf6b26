"""A missing child's case, in PFIF 1.4 terms (zesty.ca/pfif/1.4), and its life.

Contacts are never a field of these records: they are sealed apart (store/seal.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CaseStatus(StrEnum):
    """The life of a case. Only ACTIVE cases are in the gallery."""

    DRAFT = "draft"
    VERIFIED = "verified"
    ACTIVE = "active"
    LOCATED = "located"
    CLOSED = "closed"


class CaseType(StrEnum):
    """How the child went missing, as the registrar knows it."""

    STRANGER = "stranger"
    FAMILY = "family"
    RUNAWAY = "runaway"
    TRAFFICKED = "trafficked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Case:
    """The person record. `id` is the PFIF person_record_id (domain/unique).

    `sex` is PFIF's female, male, other or "". `date_of_birth` is YYYY[-MM[-DD]] or "".
    `last_seen_lat`/`lon` WGS-84 degrees or None.
    """

    id: str
    full_name: str
    source_name: str = ""
    source_id: str = ""
    source_date: datetime | None = None
    type: CaseType = CaseType.UNKNOWN
    sex: str = ""
    date_of_birth: str = ""
    description: str = ""
    marks: str = ""
    last_seen_on: date | None = None
    last_seen_place: str = ""
    last_seen_lat: float | None = None
    last_seen_lon: float | None = None
    expires_at: datetime | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class CasePhoto:
    """A registered photo: its digest, and the child's age in it in years (None if unknown)."""

    case_id: str
    digest: str
    age_years: float | None = None
    taken_on: date | None = None


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step in the life of a case: who, when, on what evidence."""

    case_id: str
    status: CaseStatus
    by: str
    at: datetime
    evidence: str
