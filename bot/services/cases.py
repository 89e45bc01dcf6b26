"""The registry: drafts come in, another person verifies, a third step activates; only then is searched.

There is no way here to search with a picture that is not a registered photo of an active case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.pipeline import quarantining, screening
from bot.pipeline.gallery import CASE_PREFIX
from bot.pipeline.road import Road
from store import audit, cases, matches, photos, posts
from store.cases import CaseRow, EnrolledPhoto
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError
from store.records.case import Case, CasePhoto, CaseStatus, CaseStep, CaseType
from store.records.work import Stage

# Cases in which the searching person may be the danger: only an authority may open them.
AUTHORITY_ONLY = frozenset({CaseType.FAMILY, CaseType.RUNAWAY})
_BIRTH = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
AUTHORITY_WORDS = ("police", "court", "公安", "派出所", "法院", "authority", "prosecutor")


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo to register: its bytes and the child's age in it (years), if known."""

    data: bytes
    name: str
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as people see it: never its contact."""

    row: CaseRow
    photos: tuple[EnrolledPhoto, ...]
    served: tuple[str, ...]
    steps: tuple[CaseStep, ...]


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
) -> CaseView:
    """Register a draft. Raises UsageError for a taken id, a suppressed person or a photo the gate refuses."""
    _check(case)
    with road.store.reading() as tx:
        if cases.is_suppressed(tx, suppression_digest(road, case)):
            raise NotAllowed(case.id, "is on the suppression list: this record was withdrawn and stays away")
    examined = [(file, _examine(road, file)) for file in files]
    with road.store.transaction() as tx:
        if not cases.add(tx, case, by=by, at=road.clock(), evidence=evidence):
            raise UsageError(
                case.id, "is registered already; choose another id or look at it with `cases show`"
            )
        put_photos(road, tx, case, examined)
        if contact:
            seal_contact(road, tx, case.id, contact)
        audit.write(tx, road.clock(), by, "case.registered", case.id, photos=len(files))
    return show(road, case.id)


def _check(case: Case) -> None:
    for name in ("id", "full_name"):
        if not getattr(case, name).strip():
            raise UsageError(name, "is empty; a case needs an id and the child's full name")
    for name in ("id", "full_name", "description", "marks", "last_seen_place"):
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
    """A file with the digest under which its photo is kept. Raises PhotoRefused."""
    return file, _examine(road, file)


def seal_contact(road: Road, tx: Transaction, case_id: str, contact: dict[str, str]) -> None:
    """Keep the family's contact, sealed to this case's row."""
    sealed = road.key.seal(json.dumps(contact, ensure_ascii=False), row=f"contact:{case_id}")
    cases.put_contact(tx, case_id, sealed, key_id=road.key.id, at=road.clock())


def suppression_digest(road: Road, case: Case) -> str:
    """The keyed digest under which a withdrawn record stays away."""
    return road.key.digest("suppress", f"{case.source_name}:{case.source_id or case.id}")


def verify(road: Road, case_id: str, *, by: str, evidence: str) -> CaseView:
    """Second step, by somebody who did not register it, on evidence in words.

    Raises NotAllowed for the registrar, UsageError without evidence, Conflict if it is no draft.
    """
    _need(evidence, "evidence", "say what was checked: the police reference or the trusted registry's record")
    with road.store.transaction() as tx:
        held = cases.get(tx, case_id)
        if same_person(held.registered_by, by):
            raise NotAllowed(case_id, f"was registered by {by}; a second person has to verify it")
        _expect(held, CaseStatus.DRAFT)
        _authority(held.case, evidence)
        _move(road, tx, held, CaseStatus.VERIFIED, by, evidence)
    return show(road, case_id)


def activate(road: Road, case_id: str, *, by: str, evidence: str = "") -> CaseView:
    """Third step: the case joins the gallery and is compared with everything stored before.

    Raises NotAllowed for the registrar, Conflict if it is not verified, UsageError without a photo.
    """
    with road.store.transaction() as tx:
        held = cases.get(tx, case_id)
        if same_person(held.registered_by, by):
            raise NotAllowed(case_id, f"was registered by {by}; a second person has to activate it")
        _expect(held, CaseStatus.VERIFIED)
        if not cases.photos_of(tx, case_id):
            raise UsageError(case_id, "has no photo; add one before it is activated")
        _move(road, tx, held, CaseStatus.ACTIVE, by, evidence)
        road.engine.enqueue(tx, Stage.ENROL, case_id, priority=20)
    return show(road, case_id)


def end(road: Road, case_id: str, to: CaseStatus, *, by: str, evidence: str) -> CaseView:
    """`located` or `closed`: the case leaves gallery and review at once, its vectors go at `closed`."""
    _need(evidence, "evidence", "say on what word the case ends")
    before = {
        CaseStatus.LOCATED: (CaseStatus.ACTIVE,),
        CaseStatus.CLOSED: (CaseStatus.LOCATED, CaseStatus.ACTIVE),
    }
    if to not in before:
        raise UsageError(to.value, "is no end of a case; use located or closed")
    with road.store.transaction() as tx:
        held = cases.get(tx, case_id)
        if held.status not in before[to]:
            raise Conflict(case_id, f"is {held.status.value} and cannot become {to.value}")
        _move(road, tx, held, to, by, evidence)
        cases.gallery_changed(tx, case_id, "", road.clock())
        matches.withdraw_of_case(tx, case_id, f"the case is {to.value}")
        if to is CaseStatus.CLOSED:
            for item in cases.photos_of(tx, case_id):
                # The same picture may stand for another case, which keeps its face.
                if not cases.others_with_face(tx, case_id, item.face_key):
                    photos.drop_faces(tx, f"{CASE_PREFIX}{item.photo.digest}")
                cases.set_face(tx, case_id, item.photo.digest, face_key=None, why="the case is closed")
    return show(road, case_id)


def _move(road: Road, tx: Transaction, held: CaseRow, to: CaseStatus, by: str, evidence: str) -> None:
    now = road.clock()
    cases.move(tx, CaseStep(held.case.id, to, by, now, evidence), expect=held.status)
    audit.write(tx, now, by, f"case.{to.value}", held.case.id)


def _expect(held: CaseRow, status: CaseStatus) -> None:
    if held.status is not status:
        raise Conflict(
            held.case.id, f"is {held.status.value}, not {status.value}; see `cases show {held.case.id}`"
        )


def _authority(case: Case, evidence: str) -> None:
    if case.type in AUTHORITY_ONLY and not any(word in evidence.casefold() for word in AUTHORITY_WORDS):
        raise NotAllowed(
            case.id,
            f"is a {case.type.value} case: only an authority's reference, named in the evidence, opens it",
        )


def _need(value: str, name: str, words: str) -> None:
    if not value.strip():
        raise UsageError(name, f"is empty; {words}")


def same_person(one: str, other: str) -> bool:
    """Whether two account names are one, whatever their case and spaces."""
    return one.strip().casefold() == other.strip().casefold()


def show(road: Road, case_id: str) -> CaseView:
    """A case with photos and steps. Raises Missing."""
    with road.store.reading() as tx:
        row = cases.get(tx, case_id)
        enrolled = tuple(cases.photos_of(tx, case_id))
        served = tuple(photos.get(tx, item.photo.digest).served for item in enrolled)
        return CaseView(row, enrolled, served, tuple(cases.steps(tx, case_id)))


def listing(
    road: Road, *, status: CaseStatus | None = None, after: str = "", most: int = 100
) -> list[CaseRow]:
    """One page of cases by id. Sealed cases are left out."""
    with road.store.reading() as tx:
        return [
            row for row in cases.listing(tx, status=status, after=after, most=most) if not row.case.sealed
        ]
