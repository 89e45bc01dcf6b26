"""The registry: drafts come in, another person verifies, a third step activates; only then is searched.

There is no way here to search with a picture that is not a registered photo of an active case. Who may
know of a sealed case is its team; to everybody else it answers as if it were not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.pipeline import casework, quarantining, record_sealing, screening
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules import registry as rules
from bot.rules.registry import Facts, Hold
from bot.services import canaries
from store import audit, case_profiles, case_teams, cases, family_links, merges, photos, posts
from store.case_teams import NOBODY
from store.cases import CaseRow, EnrolledPhoto
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError
from store.records.case import Case, CasePhoto, CaseStatus, CaseStep
from store.records.registry import SourcePermission, Standing
from store.records.work import Stage

_BIRTH = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
IMPORTED = frozenset({"csv", "json", "interpol", "folder"})
CHANGED = "changed:"
"""So begins what the life of a case says of a change of fields or photos, which is no step."""
MOST_YEARS = 120
STAYS_AWAY = "is on the suppression list or kept apart: it was withdrawn or removed, and stays away"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo to register: its bytes and the child's age in it (years), if known."""

    data: bytes
    name: str
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as people see it: never its contact. `holds` is what keeps it from the next step, whoever
    takes it."""

    row: CaseRow
    photos: tuple[EnrolledPhoto, ...]
    served: tuple[str, ...]
    steps: tuple[CaseStep, ...]
    standing: Standing = field(default_factory=lambda: Standing(""))
    profile: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    holds: tuple[Hold, ...] = ()
    team: tuple[str, ...] = ()
    notes: int = 0
    has_contact: bool = False
    merged_into: str = ""


def read_photo(path: Path, age_years: float | None = None) -> PhotoFile:
    """A photo file from disk. Raises UsageError when it cannot be read."""
    try:
        return PhotoFile(path.read_bytes(), path.name, age_years)
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror}); give the path of a photo") from error


def add(
    road: Road,
    case: Case,
    files: Sequence[PhotoFile],
    *,
    by: str,
    evidence: str = "",
    contact: dict[str, str] | None = None,
    standing: Standing | None = None,
    origin: str = "",
) -> CaseView:
    """Register a draft. Raises UsageError for a taken id, a suppressed person or a photo the gate refuses.

    A suppressed person, a removed case and a sealed one of another team are refused in the same words.
    """
    check(case)
    with road.store.reading() as tx:
        need_free(road, tx, case, by)
    examined = [examine(road, file) for file in files]
    with road.store.transaction() as tx:
        need_free(road, tx, case, by)
        register(road, tx, case, by=by, evidence=evidence, photos=len(files))
        put_photos(road, tx, case, examined)
        if contact:
            seal_contact(road, tx, case.id, contact)
        if standing is not None:
            case_profiles.put_standing(tx, standing)
        if origin:
            case_profiles.put_profile(tx, case.id, case_profiles.ProfileRow({}, None, "", origin))
    return show(road, case.id, viewer=by)


def register(
    road: Road, tx: Transaction, case: Case, *, by: str, evidence: str, photos: int, what: str = "registered"
) -> None:
    """Write a new draft; who registers it is the first of its team. Raises UsageError for a taken id."""
    now = road.clock()
    if not cases.add(tx, case, by=by, at=now, evidence=evidence):
        raise UsageError(case.id, "is registered already; choose another id or look at it with `cases show`")
    case_teams.join(tx, case.id, by, by=by, at=now)
    audit.write(tx, now, by, f"case.{what}", named(road, case), photos=photos)


def need_free(road: Road, tx: Transaction, case: Case, by: str) -> None:
    """Raises NotAllowed for a record that may not be registered by this person, UsageError for a taken id."""
    is_hidden = case_teams.is_hidden(tx, case.id, by)
    if is_hidden or cases.is_suppressed(tx, suppression_digest(road, case)):
        raise NotAllowed(case.id, STAYS_AWAY)
    if cases.has(tx, case.id):
        raise UsageError(case.id, "is registered already; choose another id or look at it with `cases show`")


def check(case: Case) -> None:
    """Raises UsageError for a case whose fields are not PFIF's."""
    for name in ("id", "full_name"):
        if not getattr(case, name).strip():
            raise UsageError(name, "is empty; a case needs an id and the child's full name")
    for name in ("id", "full_name", "description", "marks", "last_seen_place", "source_name", "source_id"):
        check_text(name, getattr(case, name))
    check_sex(case.sex)
    check_birth(case.date_of_birth)


def check_text(name: str, value: str) -> None:
    """Raises UsageError for characters that no database keeps."""
    if posts.storable(value) != value:
        raise UsageError(name, "holds a character that cannot be kept (NUL, or half of one)")


def check_sex(value: str) -> None:
    """Raises UsageError for anything but PFIF's words or nothing."""
    if value not in ("", "female", "male", "other"):
        raise UsageError("sex", f"is {value!r}; PFIF knows female, male, other")


def check_birth(value: str) -> None:
    """Raises UsageError for anything but PFIF's YYYY[-MM[-DD]] or nothing."""
    try:
        if value:
            if not _BIRTH.fullmatch(value):
                raise ValueError
            date(*[*map(int, value.split("-")), 1, 1][:3])
    except ValueError:
        raise UsageError("date_of_birth", f"is {value!r}; write YYYY, YYYY-MM or YYYY-MM-DD") from None


def check_age(years: float | None) -> None:
    """Raises UsageError for an age in a photo that nobody has."""
    if years is not None and not 0 <= years <= MOST_YEARS:
        raise UsageError("age", f"is {years:g}; an age in a photo is 0 to {MOST_YEARS} years")


def _examine(road: Road, file: PhotoFile) -> str:
    """Let the gate open a registered photo and keep both copies. Gives the digest of the original."""
    screened = quarantining.admit(road, file.data)
    with road.store.transaction() as tx:
        # Within the transaction, so that nobody who forgets pictures meanwhile takes these for unneeded.
        road.blobs.put(file.data)
        road.blobs.put(screened.passed.served_jpeg)
        screening.keep(road, tx, screened)
    return screened.print.sha256


def put_photos(road: Road, tx: Transaction, case: Case, examined: Sequence[tuple[PhotoFile, str]]) -> None:
    """Attach examined photos to a case."""
    cases.put_photos(tx, [CasePhoto(case.id, digest, file.age_years) for file, digest in examined])


def examine(road: Road, file: PhotoFile) -> tuple[PhotoFile, str]:
    """A file with the digest under which its photo is kept. Raises PhotoRefused, UsageError for its age."""
    check_age(file.age_years)
    return file, _examine(road, file)


def seal_contact(road: Road, tx: Transaction, case_id: str, contact: dict[str, str]) -> None:
    """Keep the family's contact, sealed to this case's row."""
    text = json.dumps(contact, ensure_ascii=False)
    sealed = record_sealing.seal(road, tx, text, row=f"contact:{case_id}")
    cases.put_contact(tx, case_id, sealed, key_id=record_sealing.RECORD, at=road.clock())


def suppression_digest(road: Road, case: Case) -> str:
    """The keyed digest under which a withdrawn record stays away."""
    return road.key.digest("suppress", f"{case.source_name}:{case.source_id or case.id}")


def facts(road: Road, tx: Transaction, held: CaseRow, by: str) -> Facts:
    """What the rules ask of a case before `by` takes a step."""
    came_in = is_imported(tx, held.case.id)
    permission = family_links.permission(tx, held.case.source_name) if came_in else SourcePermission("")
    return Facts(
        case=held.case,
        standing=case_profiles.standing(tx, held.case.id),
        registrar=held.registered_by,
        by=by,
        photos=len(cases.photos_of(tx, held.case.id)),
        now=road.clock(),
        is_imported=came_in,
        permission=permission,
        changed_by=_changed_by(tx, held.case.id),
    )


def is_imported(tx: Transaction, case_id: str) -> bool:
    """Whether a case came from a registry's file, so that its source's permissions count."""
    profile = case_profiles.profile(tx, case_id)
    return is_of_file(profile.origin if profile else "")


def is_of_file(origin: str) -> bool:
    """Whether the origin of a case is a registry's file."""
    return origin in IMPORTED or origin.startswith("pfif")


def _changed_by(tx: Transaction, case_id: str) -> tuple[str, ...]:
    """Who changed fields or photos since the case was verified last."""
    found: list[str] = []
    for step in reversed(cases.steps(tx, case_id)):
        if step.status is not CaseStatus.DRAFT:
            break
        if step.evidence.startswith(CHANGED):
            found.append(step.by)
    return tuple(dict.fromkeys(found))


def _refuse(case_id: str, holds: Sequence[Hold]) -> None:
    """Raises NotAllowed with every hold, UsageError if a photo alone is missing."""
    if not holds:
        return
    words = "; ".join(hold.words for hold in holds)
    if [hold.rule for hold in holds] == ["photo"]:
        raise UsageError(case_id, words)
    raise NotAllowed(case_id, words)


def verify(road: Road, case_id: str, *, by: str, evidence: str) -> CaseView:
    """Second step, by somebody who did not register it, on what stands in its standing; words say what was
    checked.

    Raises NotAllowed with what holds it, UsageError without evidence, Conflict if it is no draft.
    """
    need(evidence, "evidence", "say what was checked: the police reference or the trusted registry's record")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        expect(held, CaseStatus.DRAFT)
        _refuse(case_id, rules.holds_verifying(facts(road, tx, held, by), road.registry))
        casework.move(road, tx, held, CaseStatus.VERIFIED, by, evidence)
    return show(road, case_id, viewer=by)


def activate(road: Road, case_id: str, *, by: str, evidence: str = "") -> CaseView:
    """Third step: the case joins the gallery and is compared with everything stored before.

    Raises NotAllowed with what holds it, Conflict if it is not verified, UsageError without a photo.
    """
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        expect(held, CaseStatus.VERIFIED)
        _refuse(case_id, rules.holds_activating(facts(road, tx, held, by), road.registry))
        casework.move(road, tx, held, CaseStatus.ACTIVE, by, evidence)
        road.engine.enqueue(tx, Stage.ENROL, case_id, priority=20)
    return show(road, case_id, viewer=by)


def end(road: Road, case_id: str, to: CaseStatus, *, by: str, evidence: str) -> CaseView:
    """`located` or `closed`: the case leaves gallery and review at once, its vectors go at `closed`."""
    need(evidence, "evidence", "say on what word the case ends")
    before = {
        CaseStatus.LOCATED: (CaseStatus.ACTIVE,),
        CaseStatus.CLOSED: (CaseStatus.LOCATED, CaseStatus.ACTIVE),
    }
    if to not in before:
        raise UsageError(to.value, "is no end of a case; use located or closed")
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        if held.status not in before[to]:
            raise Conflict(case_id, f"is {held.status.value} and cannot become {to.value}")
        casework.end(road, tx, held, to, by, evidence)
    return show(road, case_id, viewer=by)


def expect(held: CaseRow, *statuses: CaseStatus) -> None:
    """Raises Conflict for a case in another status."""
    if held.status not in statuses:
        wanted = " or ".join(status.value for status in statuses)
        raise Conflict(held.case.id, f"is {held.status.value}, not {wanted}; see `cases show {held.case.id}`")


def need(value: str, name: str, words: str) -> None:
    """Raises UsageError for a value that is empty."""
    if not value.strip():
        raise UsageError(name, f"is empty; {words}")


def show(road: Road, case_id: str, *, viewer: str = NOBODY) -> CaseView:
    """A case with photos and steps, as this viewer may know it. Raises Missing, for a hidden one too."""
    canaries.looked(road, [case_id], viewer)
    with road.store.reading() as tx:
        row = cases.seen(tx, case_id, viewer)
        enrolled = tuple(cases.photos_of(tx, case_id))
        profile = case_profiles.profile(tx, case_id)
        return CaseView(
            row,
            enrolled,
            tuple(photos.get(tx, item.photo.digest).served for item in enrolled),
            tuple(cases.steps(tx, case_id)),
            standing=case_profiles.standing(tx, case_id),
            profile=dict(profile.open) if profile else {},
            origin=profile.origin if profile else "",
            holds=_holds(road, tx, row),
            team=tuple(case_teams.members(tx, case_id)),
            notes=len(case_profiles.notes_of(tx, case_id)),
            has_contact=case_profiles.contact(tx, case_id) is not None,
            merged_into=merges.merged_into(tx, case_id),
        )


def _holds(road: Road, tx: Transaction, row: CaseRow) -> tuple[Hold, ...]:
    found = facts(road, tx, row, by="")
    if row.status is CaseStatus.DRAFT:
        return rules.holds_verifying(found, road.registry)
    return rules.holds_activating(found, road.registry) if row.status is CaseStatus.VERIFIED else ()


def listing(
    road: Road,
    *,
    status: CaseStatus | None = None,
    after: str = "",
    most: int = 100,
    viewer: str = NOBODY,
) -> list[CaseRow]:
    """One page of cases by id. Sealed cases are there for their team alone."""
    with road.store.reading() as tx:
        return cases.listing(tx, status=status, after=after, most=most, viewer=viewer)
