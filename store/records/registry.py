"""What the registry knows beside the case itself: standing, further PFIF fields, notes, links, merges.

Values only. What may be done with them is decided in bot/rules/registry.py. Private values are sealed
before they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class AuthorityKind(StrEnum):
    """Who stands behind a reference."""

    POLICE = "police"
    COURT = "court"
    PROSECUTOR = "prosecutor"
    WELFARE = "welfare"
    OTHER = "other"


class Relation(StrEnum):
    """What whoever asks for the search is to the child."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    RELATIVE = "relative"
    AUTHORITY = "authority"
    ORGANISATION = "organisation"


class Risk(StrEnum):
    """An order or a danger that is known: each holds a search until an authority has said otherwise."""

    PROTECTION_ORDER = "protection_order"
    CONTESTED_CUSTODY = "contested_custody"
    VIOLENCE = "violence"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Standing:
    """On what a search rests. Empty fields are not known.

    `registry_record` is the record's id in a trusted registry `registry`. `cleared` says in words that
    the authority knows of the risks and wants the search. `adult_basis` says on what a person who came
    of age is still searched for.
    """

    case_id: str
    authority: AuthorityKind | None = None
    authority_name: str = ""
    authority_reference: str = ""
    registry: str = ""
    registry_record: str = ""
    relation: Relation | None = None
    relation_evidence: str = ""
    photo_consent_by: str = ""
    photo_consent_on: date | None = None
    risks: tuple[Risk, ...] = ()
    cleared: str = ""
    cleared_by: str = ""
    adult_basis: str = ""
    set_by: str = ""
    set_at: datetime | None = None

    @property
    def has_authority(self) -> bool:
        """Whether an authority is named with its own reference."""
        return self.authority is not None and bool(self.authority_reference.strip())


@dataclass(frozen=True, slots=True)
class Profile:
    """Further PFIF 1.4 fields of a case, by PFIF's names.

    `open` may be shown to who may see the case; `private` (author and home fields, fields that no
    version knows) is sealed. `origin` says where the record came from, such as `pfif-1.4` or `family`.
    """

    case_id: str
    open: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""


@dataclass(frozen=True, slots=True)
class CaseNote:
    """A PFIF note. `fields` are its PFIF fields, sealed when stored. `at` is its source date."""

    id: str
    case_id: str
    fields: Mapping[str, str]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A record that expired or was withdrawn: its id and dates, and nothing else."""

    id: str
    source_date: str = ""
    entry_date: str = ""
    expiry_date: str = ""


@dataclass(frozen=True, slots=True)
class SourcePermission:
    """What a source of records lets us do with them. Nothing, until somebody wrote down more.

    That a source shows its records elsewhere is no permission here.
    """

    source: str
    search: bool = False
    display: bool = False
    publish: bool = False
    basis: str = ""
    by: str = ""
    at: datetime | None = None


class LinkKind(StrEnum):
    """What a family's link opens."""

    REGISTER = "register"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class FamilyLink:
    """A link for a family, known by the digest of its secret. `case_id` "" until a case came of it."""

    digest: str
    kind: LinkKind
    language: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    case_id: str = ""
    used_at: datetime | None = None


class MergeKind(StrEnum):
    """What was said about two registrations."""

    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Merge:
    """A decision about two cases: `gone` was merged into `kept`, or they are different children.

    `before` is what the step changed, so that it can be taken back.
    """

    id: int
    kept: str
    gone: str
    kind: MergeKind
    why: str
    by: str
    at: datetime
    before: Mapping[str, object] = field(default_factory=dict)
    undone_by: str = ""
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A case that was taken out: hidden at once, destroyed at `until` unless taken back before."""

    case_id: str
    why: str
    by: str
    at: datetime
    until: datetime
