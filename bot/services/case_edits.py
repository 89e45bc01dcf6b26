"""Changing what is registered of a child: fields, ages in photos, a wrong photo. Every change is kept.

What is searched with is what was verified: a change that matters takes a case back to draft, where another
person verifies it anew. Decides nothing about steps in the life of a case otherwise.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from bot.pipeline import casework
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules.registry import same_person
from bot.services.cases import (
    CHANGED,
    STAYS_AWAY,
    CaseView,
    check,
    check_age,
    is_imported,
    is_of_file,
    need,
    show,
    suppression_digest,
)
from store import audit, cases, merges, photos
from store.cases import CaseRow, EnrolledPhoto
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError
from store.records.case import Case, CasePhoto, CaseStatus, CaseStep, CaseType

EDITABLE = (
    "full_name", "type", "sex", "date_of_birth", "last_seen_on", "last_seen_place", "last_seen_lat",
    "last_seen_lon", "marks", "description", "source_name", "source_id",
)  # fmt: skip
"""Fields by name; id and sealing have their own ways, and so has the day on which a case expires."""
HARMLESS = frozenset({"description"})
"""Nothing is compared with these and no rule reads them: they change without a new verification."""
_OF_SOURCE = frozenset({"source_name", "source_id"})
_DEGREES = {"last_seen_lat": 90.0, "last_seen_lon": 180.0}
_SHOWN_CHARS = 120


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to change: fields by name as text ("" empties one), ages in years by a photo's digest (None:
    unknown), and photos that go. A digest may be given by its beginning."""

    fields: Mapping[str, str]
    ages: Mapping[str, float | None]
    drop: tuple[str, ...] = ()


def version(view: CaseView) -> str:
    """What a form shows of a case, in a few characters: two people who change it at once find out."""
    return _version(view.row.case, view.photos)


def _version(case: Case, enrolled: Iterable[EnrolledPhoto]) -> str:
    held = [case, *(item.photo for item in enrolled)]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:16]


def comes_from_file(view: CaseView) -> bool:
    """Whether where the case comes from is not to be changed by hand."""
    return is_of_file(view.origin)


def change(road: Road, case_id: str, edit: Edit, *, by: str, why: str = "", seen: str = "") -> CaseView:
    """Change a case. In a draft whoever may see it; later its registrar alone, with a reason.

    Past draft a change that matters takes the case out of the search, to be verified anew. `seen` is the
    `version` that was looked at. Raises Missing, UsageError for a value that will not do, NotAllowed,
    Conflict for a case that ended or was changed meanwhile.
    """
    with road.store.transaction() as tx:
        held = cases.seen(tx, case_id, by)
        _may(tx, held, by=by, why=why)
        enrolled = {item.photo.digest: item for item in cases.photos_of(tx, case_id)}
        if seen and _version(held.case, enrolled.values()) != seen:
            raise Conflict(case_id, "was changed by somebody else meanwhile; open it again")
        new = _with_fields(road, tx, held, edit.fields)
        ages = _ages(enrolled, edit.ages)
        drop = sorted({_digest(enrolled, each) for each in edit.drop})
        words = _words(held.case, new, enrolled, ages, drop)
        if words:
            _write(road, tx, held, new, _aged(enrolled, ages), drop, words, by=by, why=why)
    return show(road, case_id, viewer=by)


def _may(tx: Transaction, held: CaseRow, *, by: str, why: str) -> None:
    case_id, status = held.case.id, held.status
    if status is CaseStatus.CLOSED:
        raise Conflict(case_id, "is closed; open it again first (`cases reopen`)")
    if merges.merged_into(tx, case_id):
        raise Conflict(case_id, "was merged into another case; take the merge back first")
    if status is CaseStatus.DRAFT:
        return
    if not same_person(held.registered_by, by):
        words = f"is {status.value}: only who registered it ({held.registered_by}) changes it"
        raise NotAllowed(case_id, f"{words}; others open it again first (`cases reopen`)")
    need(why, "why", f"the case is {status.value}: say why it is changed")


def _with_fields(road: Road, tx: Transaction, held: CaseRow, given: Mapping[str, str]) -> Case:
    """The case with the given fields. Raises UsageError, NotAllowed for what may not be changed so."""
    values: dict[str, Any] = {
        name: _value(name, text)
        for name, text in given.items()
        # A form sends every field, with other line ends and without spaces around it.
        if _plain(text) != _plain(getattr(held.case, name, None))
    }
    new = replace(held.case, **values)
    check(new)
    changed = {name for name in values if getattr(new, name) != getattr(held.case, name)}
    if changed & _OF_SOURCE:
        if is_imported(tx, held.case.id):
            raise NotAllowed(held.case.id, "was imported; where it comes from cannot be changed here")
        if cases.is_suppressed(tx, suppression_digest(road, new)):
            raise NotAllowed(held.case.id, STAYS_AWAY)
    return new


def _value(name: str, text: str) -> object:
    """A field's value from text. Raises UsageError."""
    if name not in EDITABLE:
        raise UsageError(name, f"is no field that can be set; these are: {', '.join(EDITABLE)}")
    text = _plain(text)
    try:
        if name == "type":
            return CaseType(text or CaseType.UNKNOWN.value)
        if name == "last_seen_on":
            return date.fromisoformat(text) if text else None
    except ValueError:
        allowed = ", ".join(CaseType) if name == "type" else "YYYY-MM-DD"
        raise UsageError(name, f"is {text[:40]!r}; write {allowed}") from None
    if name in _DEGREES:
        return _degrees(name, text)
    return text


def _plain(value: object) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _degrees(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= _DEGREES[name]:
        raise UsageError(name, f"is {text[:40]!r}; write degrees up to {_DEGREES[name]:g}")
    return value


def _digest(enrolled: Mapping[str, EnrolledPhoto], beginning: str) -> str:
    found = [digest for digest in enrolled if beginning and digest.startswith(beginning.lower())]
    if len(found) != 1:
        words = "begins the digest of several photos of the case" if found else "is no photo of the case"
        raise UsageError("photo", f"{beginning[:64]!r} {words}; `cases show` lists them")
    return found[0]


def _ages(
    enrolled: Mapping[str, EnrolledPhoto], given: Mapping[str, float | None]
) -> dict[str, float | None]:
    """The ages that differ from what is registered, to the digits that people are shown."""
    found = {_digest(enrolled, each): age for each, age in given.items()}
    for age in found.values():
        check_age(age)
    held = {digest: enrolled[digest].photo.age_years for digest in found}
    return {digest: age for digest, age in found.items() if _age(age) != _age(held[digest])}


def _age(years: float | None) -> str:
    return "" if years is None else f"{years:g}"


def _aged(enrolled: Mapping[str, EnrolledPhoto], ages: Mapping[str, float | None]) -> list[CasePhoto]:
    return [replace(enrolled[digest].photo, age_years=age) for digest, age in ages.items()]


def _words(
    old: Case,
    new: Case,
    enrolled: Mapping[str, EnrolledPhoto],
    ages: Mapping[str, float | None],
    drop: Sequence[str],
) -> dict[str, str]:
    """What changes, one line each by the field's name, as the history shows it."""
    words = {}
    for each in fields(Case):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before != after:
            words[each.name] = f"{_short(before)} → {_short(after)}"
    for digest, age in ages.items():
        before = enrolled[digest].photo.age_years
        words[f"age in photo {digest[:12]}"] = f"{_short(_age(before))} → {_short(_age(age))}"
    for digest in drop:
        words[f"photo {digest[:12]}"] = "taken off"
    return words


def _short(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    return (text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…") or "(nothing)"


def _write(
    road: Road,
    tx: Transaction,
    held: CaseRow,
    new: Case,
    aged: list[CasePhoto],
    drop: Sequence[str],
    words: Mapping[str, str],
    *,
    by: str,
    why: str,
) -> None:
    case_id, status = held.case.id, held.status
    if status is not CaseStatus.DRAFT and not HARMLESS.issuperset(words):
        status = CaseStatus.DRAFT
        casework.end(road, tx, held, status, by, why)
    cases.put(tx, new)
    cases.put_photos(tx, aged)
    if drop:
        merges.drop_photos(tx, case_id, list(drop))
        for digest in drop:
            for blob in photos.forget(tx, digest):
                # Within the transaction, so that nobody who keeps the same bytes meanwhile loses them.
                road.blobs.drop(blob)
    lines = [f"{CHANGED}{f' {why.strip()}' if why.strip() else ''}", *(f"{n}: {w}" for n, w in words.items())]
    cases.remark(tx, CaseStep(case_id, status, by, road.clock(), "\n".join(lines)))
    # The values stay with the case and go with it; the chain of the audit keeps names of fields alone.
    audit.write(tx, road.clock(), by, "case.changed", named(road, held.case), changed=sorted(words))
