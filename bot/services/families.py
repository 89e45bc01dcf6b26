"""Families at the door: a one-time link registers a draft, a second one shows what is kept and withdraws it.

A link proves nothing: what comes in is a draft that two people look at. Contacts are sealed at once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from bot.pipeline import casework, record_sealing
from bot.pipeline.road import Road
from bot.services.cases import (
    PhotoFile,
    check,
    examine,
    put_photos,
    register,
    seal_contact,
    suppression_digest,
)
from store import audit, case_profiles, case_teams, cases, family_links, merges
from store.case_profiles import ProfileRow
from store.db import Transaction
from store.errors import Missing, UsageError
from store.records.case import Case, CaseStatus, CaseType
from store.records.registry import AuthorityKind, FamilyLink, LinkKind, Relation, Risk, Standing

log = structlog.get_logger(__name__)

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
ORIGIN, DOMAIN = "family", "family.homeward"
MOST_PHOTOS = 6
MOST_CHARS = 2000
OVER = "is over or was used; ask the team for a new one"


@dataclass(frozen=True, slots=True)
class FamilyForm:
    """What a family writes. `may_search` is the consent to the search, `may_use_photos` to its photos."""

    full_name: str
    contact: Mapping[str, str]
    relation: Relation
    may_search: bool
    may_use_photos: bool
    sex: str = ""
    date_of_birth: str = ""
    kind: CaseType = CaseType.UNKNOWN
    last_seen_on: date | None = None
    last_seen_place: str = ""
    marks: str = ""
    description: str = ""
    police_name: str = ""
    police_reference: str = ""
    risks: tuple[Risk, ...] = ()
    photos: tuple[PhotoFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a family's registration, as its own link shows it; contacts in part."""

    language: str
    case: Case
    status: CaseStatus
    registered_at: datetime
    ages: tuple[float | None, ...]
    contact: dict[str, str]
    standing: Standing
    until: datetime


def invite(road: Road, language: str, *, by: str) -> str:
    """Make a one-time link for a family in its language; gives its address, which is kept nowhere."""
    if language not in LANGUAGES:
        raise UsageError("language", f"is {language[:20]!r}; the forms are in {', '.join(LANGUAGES)}")
    now = road.clock()
    with road.store.transaction() as tx:
        token = family_links.make(
            tx, LinkKind.REGISTER, language=language, by=by, at=now, until=now + road.registry.link
        )
        audit.write(tx, now, by, "family.invited", family_links.digest_of(token)[:16], language=language)
    return f"{road.registry.base_url}/family/{token}"


def links(road: Road) -> list[FamilyLink]:
    """Links for registering that are not forgotten yet, the newest first."""
    with road.store.reading() as tx:
        return family_links.listing(tx)


def standing_link(road: Road, token: str, kind: LinkKind) -> FamilyLink:
    """The link of a secret, if it is good. Raises Missing in the same words for unknown, used and over."""
    with road.store.reading() as tx:
        return _good(road, tx, token, kind)


def _good(road: Road, tx: Transaction, token: str, kind: LinkKind) -> FamilyLink:
    link = family_links.find(tx, token)
    if link is None or link.kind is not kind or link.expires_at <= road.clock():
        raise Missing("this link", OVER)
    if kind is LinkKind.REGISTER and link.used_at is not None:
        raise Missing("this link", OVER)
    return link


def take(road: Road, token: str, form: FamilyForm) -> str:
    """Register a draft and use the link up; gives the secret of the second link.

    Raises Missing for a link that is over, UsageError for what will not do, PhotoRefused for a photo.
    """
    link = standing_link(road, token, LinkKind.REGISTER)
    case = _case(form)
    examined = [examine(road, file) for file in form.photos]
    now, name = road.clock(), f"family:{link.digest[:8]}"
    with road.store.transaction() as tx:
        _good(road, tx, token, LinkKind.REGISTER)
        if not family_links.spend(tx, link.digest, case_id=case.id, at=now):
            raise Missing("this link", OVER)
        register(road, tx, case, by=name, evidence="registered by the family", photos=len(examined))
        case_teams.join(tx, case.id, link.made_by, by=name, at=now)
        put_photos(road, tx, case, examined)
        seal_contact(road, tx, case.id, {n: v for n, v in form.contact.items() if v})
        case_profiles.put_profile(tx, case.id, ProfileRow({}, None, "", ORIGIN))
        case_profiles.put_standing(tx, _standing(form, case.id, name, now))
        until = now + road.registry.kept_link
        kept = family_links.make(
            tx, LinkKind.KEPT, language=link.language, by=name, at=now, until=until, case_id=case.id
        )
    log.info("family_registered", photos=len(examined))
    return kept


def _case(form: FamilyForm) -> Case:
    if not form.may_search:
        raise UsageError("consent", "to the search is missing; without it nothing is kept")
    if form.photos and not form.may_use_photos:
        raise UsageError("photo consent", "is missing; without it no photo may be used")
    if not any(form.contact.get(name) for name in ("phone", "email")):
        raise UsageError("contact", "is missing; a telephone number or a mail address is needed")
    if len(form.photos) > MOST_PHOTOS:
        raise UsageError("photos", f"are {len(form.photos)}; at most {MOST_PHOTOS} are taken")
    ident = secrets.token_hex(6)
    case = Case(
        id=f"{DOMAIN}/{ident}",
        full_name=form.full_name.strip(),
        source_name=ORIGIN,
        source_id=ident,
        type=form.kind,
        sex=form.sex,
        date_of_birth=form.date_of_birth,
        description=form.description,
        marks=form.marks,
        last_seen_on=form.last_seen_on,
        last_seen_place=form.last_seen_place,
    )
    for name in ("full_name", "description", "marks", "last_seen_place"):
        if len(getattr(case, name)) > MOST_CHARS:
            raise UsageError(name, f"is too long; at most {MOST_CHARS} characters are kept")
    check(case)
    return case


def _standing(form: FamilyForm, case_id: str, name: str, now: datetime) -> Standing:
    """What the family says, for the team to check. Relation and reference count only once seen on paper."""
    has_police = bool(form.police_reference.strip())
    return Standing(
        case_id,
        authority=AuthorityKind.POLICE if has_police else None,
        authority_name=form.police_name[:200],
        authority_reference=form.police_reference[:200],
        relation=form.relation,
        photo_consent_by=form.contact.get("name", "")[:200] if form.may_use_photos else "",
        photo_consent_on=now.date() if form.may_use_photos else None,
        risks=form.risks,
        set_by=name,
        set_at=now,
    )


def kept(road: Road, token: str) -> Kept:
    """What is kept, for who has the second link. Raises Missing once it was withdrawn or the link is over."""
    link = standing_link(road, token, LinkKind.KEPT)
    with road.store.reading() as tx:
        if _is_removed(tx, link.case_id):
            raise Missing("this link", OVER)
        row = cases.get(tx, link.case_id)
        sealed = case_profiles.contact(tx, link.case_id)
        row_name = f"contact:{link.case_id}"
        opened = record_sealing.open_text(road, tx, sealed, row=row_name) if sealed else "{}"
        return Kept(
            language=link.language,
            case=row.case,
            status=row.status,
            registered_at=row.registered_at,
            ages=tuple(item.photo.age_years for item in cases.photos_of(tx, link.case_id)),
            contact={name: _part(value) for name, value in json.loads(opened).items()},
            standing=case_profiles.standing(tx, link.case_id),
            until=link.expires_at,
        )


def _is_removed(tx: Transaction, case_id: str) -> bool:
    return not cases.has(tx, case_id) or merges.removal(tx, case_id) is not None


def _part(value: str) -> str:
    """Enough of a contact to know it by: whoever found the link learns no number."""
    text = str(value)
    return text[:1] + "•" * max(len(text) - 3, 1) + text[-2:] if len(text) > 4 else "•" * len(text)


def withdraw(road: Road, token: str) -> datetime:
    """Take the registration out: hidden at once, and gone. Gives the moment at which it is destroyed.

    A case that an authority opened is hidden and ended at once and destroyed when the team's time to tell
    the authority is over; everything else is destroyed now. It stays away from every import.
    """
    link = standing_link(road, token, LinkKind.KEPT)
    now, name = road.clock(), f"family:{link.digest[:8]}"
    with road.store.transaction(durable=True) as tx:
        if _is_removed(tx, link.case_id):
            raise Missing("this link", OVER)
        held = cases.get(tx, link.case_id)
        standing = case_profiles.standing(tx, link.case_id)
        is_official = held.status is not CaseStatus.DRAFT and standing.has_authority
        until = now + road.registry.bin if is_official else now
        why = "withdrawn by the family"
        cases.suppress(tx, suppression_digest(road, held.case), why=why, by=name, at=now)
        casework.remove(road, tx, held, by=name, why=why, until=until)
        if until <= now:
            casework.destroy(road, tx, link.case_id, by=name)
    return until


def photos_of_upload(
    files: Sequence[tuple[str, bytes]], ages: Sequence[float | None]
) -> tuple[PhotoFile, ...]:
    """Uploaded photos with the child's age in each. Raises UsageError for an age that cannot be."""
    found = []
    for (name, data), age in zip(files, ages, strict=True):
        if age is not None and not 0 <= age <= 120:
            raise UsageError("age", f"is {age:g}; years from 0 to 120 are needed")
        found.append(PhotoFile(data, name, age))
    return tuple(found)
