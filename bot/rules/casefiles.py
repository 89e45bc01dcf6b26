"""Who may have a case file, when one may be made, released, fetched, and what may leave in exchange.

Values in, values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from store.records.case import Case, CaseStatus
from store.records.casefile import CaseFile, CaseFileState, Delivery

LEAST_WORDS = 12
"""Characters in which a purpose or a reason can be said."""
CODE_CHARS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
EXCHANGE_ALWAYS = ("person_record_id", "source_date", "expiry_date", "full_name")
EXCHANGE_MAY = frozenset(
    {
        *("full_name", "given_name", "family_name", "alternate_names", "description", "sex"),
        *("date_of_birth", "age", "home_country", "home_state", "source_name", "source_url"),
    }
)
"""What an operator can let out by exchange. Never street, quarter, town, postcode, contact, photo, note."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority with its age key and how that key was checked."""

    name: str
    country: str
    key: str
    key_checked: str


@dataclass(frozen=True, slots=True)
class CaseFilePlan:
    """How this installation makes and hands over case files, and what it lets out by exchange."""

    authorities: tuple[Authority, ...] = ()
    longest: timedelta = timedelta(days=90)
    link: timedelta = timedelta(hours=72)
    kept_after: timedelta = timedelta(hours=24)
    tries: int = 5
    base_url: str = ""
    stamp_url: str = ""
    stamp_roots: str = ""
    stamp_timeout_s: float = 15.0
    responsible: str = ""
    exchange: bool = False
    exchange_fields: frozenset[str] = field(default_factory=frozenset)
    exchange_expires: timedelta = timedelta(days=60)

    def authority(self, name: str) -> Authority | None:
        """The authority of this name, None if the configuration names none."""
        return next((each for each in self.authorities if each.name == name), None)


def why_not_prepared(
    *, status: CaseStatus, match_state: str, purpose: str, why: str, expires_at: datetime, now: datetime,
    longest: timedelta,
) -> str:  # fmt: skip
    """In words what keeps a case file from being prepared, "" if nothing does."""
    if status is not CaseStatus.ACTIVE:
        return f"its case is {status.value}; case files are made of active cases alone"
    if match_state != "possible":
        return "nobody has confirmed this candidate; a case file needs a person's “possible resemblance”"
    if len(purpose.strip()) < LEAST_WORDS:
        return "needs a purpose in words: for what the authority may use it"
    if len(why.strip()) < LEAST_WORDS:
        return "needs a reason in words: on whose request, why now"
    if expires_at <= now:
        return "would have expired already; give a later day"
    if expires_at > now + longest:
        return f"may last {longest.days} days at most; give an earlier day"
    return ""


def why_not_decided(file: CaseFile, by: str, why: str, now: datetime) -> str:
    """In words what keeps this person from releasing or refusing a file, "" if nothing does."""
    if file.state is not CaseFileState.PREPARED:
        return f"is {file.state.value}; it was decided already"
    if by.strip().casefold() == file.prepared_by.strip().casefold():
        return "was prepared by you; somebody else releases it"
    if len(why.strip()) < LEAST_WORDS:
        return "needs a reason in words: what you looked at, why it may go or not"
    if file.expires_at <= now:
        return "has expired; prepare it anew"
    return ""


def is_open(link: Delivery, file: CaseFile, now: datetime, tries: int) -> bool:
    """Whether a link still leads to its file."""
    return (
        link.used_at is None
        and not link.over_why
        and link.tries < tries
        and link.expires_at > now
        and file.expires_at > now
        and file.state is CaseFileState.READY
    )


def plain_code(given: str) -> str:
    """A code as it was typed: without spaces and dashes, in capitals."""
    return "".join(char for char in given.upper() if char.isalnum())[:40]


def spoken(code: str) -> str:
    """A code in groups of five, to be read out."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def exchanged_fields(fields: dict[str, str], allowed: frozenset[str]) -> dict[str, str]:
    """Of a PFIF record what may leave: ids and dates, and what the operator named of what can be named."""
    may = (allowed & EXCHANGE_MAY) | set(EXCHANGE_ALWAYS)
    return {name: value for name, value in fields.items() if name in may and value}


def may_be_exchanged(case: Case, status: CaseStatus, *, agreed: bool, publish: bool) -> bool:
    """Whether a record may stand in the exchange: active, agreed to, not sealed, let out by its source."""
    return status is CaseStatus.ACTIVE and agreed and publish and not case.sealed


def refused_fields(fields: Sequence[str]) -> list[str]:
    """Field names in the configuration that can never leave."""
    return [name for name in fields if name not in EXCHANGE_MAY and name not in EXCHANGE_ALWAYS]
