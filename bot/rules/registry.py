"""On what a case may be verified and searched: standing, orders, risks, consent, age, its source.

Values in, values out. Whoever asks for a search may be the danger: what is unclear holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from store.records.case import Case, CaseType
from store.records.registry import AuthorityKind, Relation, Risk, SourcePermission, Standing

AUTHORITY_ONLY = frozenset({CaseType.FAMILY, CaseType.RUNAWAY})
"""Cases in which the searching person may be the danger: only an authority opens them."""
AUTHORITIES = frozenset(AuthorityKind) - {AuthorityKind.OTHER}
LEAST_REFERENCE = 3
LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class RegistryPlan:
    """How this installation runs its registry.

    `trusted` are registries whose records stand for a police reference. `majority` is the age in whole
    years by ISO 3166 country, "" for all others; `country` is the installation's own. Spans: before an
    expiry the team is told, a removed case can be brought back, a family's link is good.
    """

    trusted: frozenset[str] = frozenset()
    majority: Mapping[str, int] = field(default_factory=lambda: {"": 18})
    country: str = ""
    tell_before: timedelta = timedelta(days=14)
    bin: timedelta = timedelta(days=30)
    link: timedelta = timedelta(days=7)
    kept_link: timedelta = timedelta(days=365)
    base_url: str = ""

    @property
    def majority_years(self) -> int:
        """The age at which a person is of age here."""
        return self.majority.get(self.country, self.majority.get("", 18))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when somebody wants to take a step. `by` takes it.

    `changed_by` are those who changed fields or photos of the draft after it was registered.
    """

    case: Case
    standing: Standing
    registrar: str
    by: str
    photos: int
    now: datetime
    is_imported: bool = False
    permission: SourcePermission | None = None
    changed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a step is not taken: the rule's name, and in words what is missing and the way out."""

    rule: str
    words: str


def same_person(one: str, other: str) -> bool:
    """Whether two account names are one, whatever their case and spaces."""
    return one.strip().casefold() == other.strip().casefold()


def of_age_on(born: str, years: int) -> date | None:
    """The first day on which a person born then is certainly of age; None without a date of birth.

    `born` is PFIF's YYYY[-MM[-DD]]; what is left out is taken as late as it can be, so that no child
    is dropped from a search too early.
    """
    parts = [int(part) for part in born.split("-")] if born else []
    if not parts:
        return None
    year = parts[0] + years
    if year > date.max.year - 1:
        return None
    if len(parts) == 1:
        return date(year + 1, 1, 1)
    if len(parts) == 2:
        return date(year + parts[1] // 12, parts[1] % 12 + 1, 1)
    try:
        return date(year, parts[1], parts[2])
    except ValueError:  # Born on 29 February.
        return date(year, 3, 1)


def is_of_age(case: Case, today: date, plan: RegistryPlan) -> bool:
    """Whether the person is certainly of age."""
    day = of_age_on(case.date_of_birth, plan.majority_years)
    return day is not None and day <= today


def holds_verifying(facts: Facts, plan: RegistryPlan) -> tuple[Hold, ...]:
    """What keeps a draft from being verified; empty if nothing does."""
    checks = (
        _second_person(facts),
        _not_own_words(facts),
        _reference(facts, plan),
        _authority_only(facts),
    )
    return tuple(hold for hold in checks if hold is not None)


def holds_activating(facts: Facts, plan: RegistryPlan) -> tuple[Hold, ...]:
    """What keeps a verified case from being searched; empty if nothing does."""
    checks = (
        _second_person(facts),
        _reference(facts, plan),
        _authority_only(facts),
        _relation(facts),
        _consent(facts),
        _risks(facts),
        _photo(facts),
        _source(facts),
        _expiry(facts),
        _age(facts, plan),
    )
    return tuple(hold for hold in checks if hold is not None)


def _second_person(facts: Facts) -> Hold | None:
    if not same_person(facts.registrar, facts.by):
        return None
    return Hold(
        "second_person", f"was registered by {facts.registrar}; a second person has to take this step"
    )


def _not_own_words(facts: Facts) -> Hold | None:
    """What somebody wrote into a draft is looked at by another one, as the draft itself is."""
    if not any(same_person(each, facts.by) for each in facts.changed_by):
        return None
    return Hold("own_words", f"was changed by {facts.by}; another person has to verify it")


def _has_reference(standing: Standing) -> bool:
    given = len(standing.authority_reference.strip()) >= LEAST_REFERENCE
    return standing.authority in AUTHORITIES and given


def _reference(facts: Facts, plan: RegistryPlan) -> Hold | None:
    standing = facts.standing
    trusted = {name.casefold() for name in plan.trusted}
    has_record = standing.registry.strip().casefold() in trusted and bool(standing.registry_record.strip())
    if _has_reference(standing) or has_record:
        return None
    words = "has neither an authority's reference nor a trusted registry's record"
    if standing.registry and not has_record:
        words += f" ({standing.registry!r} with a record's id is none that config.yaml trusts)"
    return Hold("reference", f"{words}; enter the police's reference in its standing")


def _authority_only(facts: Facts) -> Hold | None:
    kind = facts.case.type
    contested = Risk.CONTESTED_CUSTODY in facts.standing.risks
    if (kind not in AUTHORITY_ONLY and not contested) or _has_reference(facts.standing):
        return None
    what = "contested custody" if contested else f"a {kind.value} case"
    return Hold("authority_only", f"is {what}: only an authority, with its own reference, opens it")


def _relation(facts: Facts) -> Hold | None:
    standing = facts.standing
    if standing.relation is Relation.AUTHORITY and _has_reference(standing):
        return None
    if standing.relation is not None and len(standing.relation_evidence.strip()) >= LEAST_WORDS:
        return None
    words = "does not say who asks for the search and by what paper that was seen"
    return Hold("relation", f"{words}; enter relation and evidence in its standing")


def _consent(facts: Facts) -> Hold | None:
    standing = facts.standing
    if standing.photo_consent_by.strip() and standing.photo_consent_on is not None:
        if standing.photo_consent_on <= facts.now.date() + timedelta(days=1):
            return None
        return Hold(
            "consent", "has a consent to its photos that lies in the future; enter the day it was given"
        )
    return Hold("consent", "has no consent to the use of its photos; enter who gave it and on what day")


def _risks(facts: Facts) -> Hold | None:
    standing = facts.standing
    if not standing.risks:
        return None
    named = ", ".join(risk.value.replace("_", " ") for risk in standing.risks)
    has_words = len(standing.cleared.strip()) >= LEAST_WORDS
    by_another = bool(standing.cleared_by) and not same_person(standing.cleared_by, facts.registrar)
    if _has_reference(standing) and has_words and by_another:
        return None
    words = "an authority's reference, and a second person's words that it knows of them and wants the search"
    return Hold("risks", f"is held by known orders or risks ({named}); needed: {words}")


def _photo(facts: Facts) -> Hold | None:
    return None if facts.photos else Hold("photo", "has no photo; add one before it is activated")


def _source(facts: Facts) -> Hold | None:
    if not facts.is_imported or (facts.permission is not None and facts.permission.search):
        return None
    name = facts.case.source_name or "its source"
    words = f"was imported, and nothing says that {name} permits a search"
    return Hold("source", f"{words}; write its permission down with `cases source`")


def _expiry(facts: Facts) -> Hold | None:
    ends = facts.case.expires_at
    if ends is None or ends > facts.now:
        return None
    return Hold("expiry", f"expired on {ends:%Y-%m-%d}; renew it with its source first")


def _age(facts: Facts, plan: RegistryPlan) -> Hold | None:
    if not is_of_age(facts.case, facts.now.date(), plan):
        return None
    if len(facts.standing.adult_basis.strip()) >= LEAST_WORDS:
        return None
    words = f"is of a person who is {plan.majority_years} or older by now"
    return Hold("of_age", f"{words}; a search needs its own basis, entered as `adult_basis` in its standing")
