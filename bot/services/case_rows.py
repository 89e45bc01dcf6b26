"""One row of a registry's file, whatever its format, as what would be kept: case, fields, notes, photos.

Values in, values out; a row that will not do raises UsageError. Nothing is written here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.services import pfif_words as words
from bot.services.cases import PhotoFile, check_birth, check_sex, check_text
from bot.services.pfif_read import PfifRecord
from store.errors import UsageError
from store.records.case import Case, CaseType
from store.records.registry import CaseNote, Profile, Tombstone

CASE_FIELDS = [
    "id",
    "full_name",
    "source_name",
    "source_id",
    "source_date",
    "type",
    "sex",
    "date_of_birth",
    "description",
    "marks",
    "last_seen_on",
    "last_seen_place",
    "last_seen_lat",
    "last_seen_lon",
    "expires_at",
    "sealed",
]
CONTACT_FIELDS = ("contact_name", "contact_phone", "contact_email")
PHOTO_FIELDS = ("photo", "photo_age", "photos")
OPEN_FIELDS = tuple(name for name in words.OPEN if name not in ("source_name", "source_date", "expiry_date"))
PRIVATE_FIELDS = (*words.AUTHOR, *words.HOME)
Known = Callable[[str, str], str | None]
"""(source name, source id) → the id of the case that is kept under them."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a row says. `gone` is a record that expired at its source; then nothing else is there."""

    case: Case | None
    profile: Profile
    notes: tuple[CaseNote, ...] = ()
    contact: Mapping[str, str] = field(default_factory=dict)
    photos: tuple[PhotoFile, ...] = ()
    gone: Tombstone | None = None


def check_names(row: Mapping[str, Any]) -> None:
    """Raises UsageError for a field that no case has, or a value that is no single one."""
    single = (*CASE_FIELDS, *CONTACT_FIELDS, *OPEN_FIELDS, *PRIVATE_FIELDS)
    allowed = {*single, *PHOTO_FIELDS}
    unknown = sorted(set(row) - allowed)
    if unknown:
        raise UsageError(unknown[0], f"is not a field of a case; known are {', '.join(sorted(allowed))}")
    for name in single:
        if isinstance(row.get(name), (dict, list)):
            raise UsageError(name, "is a list or an object; one value is needed")
        check_text(name, str(row.get(name) or ""))


def of_row(row: Mapping[str, Any], source_name: str, known: Known, folder: Path, origin: str) -> Incoming:
    """A row of CSV or JSON; photos lie in `folder`. Raises UsageError."""
    check_names(row)
    case = _case(row, source_name, known)
    given = {name: str(row[name]) for name in (*OPEN_FIELDS, *PRIVATE_FIELDS) if row.get(name)}
    checked = {"person_record_id": "a.b/c", **given}
    words.check_person(checked)
    profile = Profile(
        case.id,
        {name: value for name, value in given.items() if name in OPEN_FIELDS},
        {name: value for name, value in given.items() if name in PRIVATE_FIELDS},
        origin,
    )
    contact = {name: str(row[name]) for name in CONTACT_FIELDS if row.get(name)}
    return Incoming(case, profile, contact=contact, photos=tuple(photo_files(row, folder)))


def _case(row: Mapping[str, Any], source_name: str, known: Known) -> Case:
    source = str(row.get("source_name") or source_name)
    source_id = str(row.get("source_id") or "")
    case_id = str(row.get("id") or "") or (known(source, source_id) if source_id else "") or ""
    if not case_id:
        if not (source and source_id):
            raise UsageError("id", "is missing; give an id, or source_name and source_id")
        case_id = f"{source}/{source_id}"
    name = str(row.get("full_name") or "").strip()
    if not name:
        raise UsageError("full_name", "is missing; a case needs the child's full name")
    sex, birth = str(row.get("sex") or "").lower(), str(row.get("date_of_birth") or "")
    check_sex(sex)
    check_birth(birth)
    return Case(
        id=case_id,
        full_name=name,
        source_name=source,
        source_id=source_id,
        source_date=_moment(row, "source_date"),
        type=_choice(row, "type", CaseType),
        sex=sex,
        date_of_birth=birth,
        description=str(row.get("description") or ""),
        marks=str(row.get("marks") or ""),
        last_seen_on=_day(row, "last_seen_on"),
        last_seen_place=str(row.get("last_seen_place") or ""),
        last_seen_lat=number(row, "last_seen_lat", -90, 90),
        last_seen_lon=number(row, "last_seen_lon", -180, 180),
        expires_at=_moment(row, "expires_at"),
        sealed=str(row.get("sealed") or "").lower() in ("1", "true", "yes"),
    )


def _choice(row: Mapping[str, Any], name: str, kind: type[CaseType]) -> CaseType:
    value = str(row.get(name) or "unknown").lower()
    if value not in {member.value for member in kind}:
        raise UsageError(name, f"is {value!r}; allowed are {', '.join(kind)}")
    return kind(value)


def _day(row: Mapping[str, Any], name: str) -> date | None:
    value = str(row.get(name) or "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError(name, f"is {value!r}; write YYYY-MM-DD") from None


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    value = str(row.get(name) or "")
    try:
        moment = datetime.fromisoformat(value) if value else None
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(name, f"is {value!r}; write YYYY-MM-DDTHH:MM:SSZ") from None


def number(row: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number within limits, None if there is none. Raises UsageError."""
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        found = float(str(value))
    except ValueError:
        found = float("nan")
    if not low <= found <= high:
        raise UsageError(name, f"is {value!r}; a number from {low:g} to {high:g} is needed")
    return found


def photo_files(row: Mapping[str, Any], folder: Path) -> list[PhotoFile]:
    """The photos that a row names, from the folder of its file and nowhere else. Raises UsageError."""
    given = row.get("photos") or []
    if not isinstance(given, list):
        raise UsageError("photos", 'is no list; write [{"file": "a.jpg", "age": 4}], or one file as `photo`')
    items: list[Any] = list(given)
    if row.get("photo"):
        items.append({"file": row["photo"], "age": row.get("photo_age")})
    files = []
    for item in items:
        entry = item if isinstance(item, Mapping) else {"file": item}
        path = folder / str(entry.get("file", ""))
        if not path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(str(entry.get("file")), "lies outside the folder of the file that names it")
        if not path.is_file():
            raise UsageError(str(entry.get("file")), "is not a file beside the import")
        age = number({"photo_age": entry.get("age")}, "photo_age", 0, 120)
        files.append(PhotoFile(path.read_bytes(), path.name, age))
    return files


# ── PFIF ─────────────────────────────────────────────────────────────────────────────────────────


def of_pfif(record: PfifRecord, source_name: str, domain: str, now: datetime) -> Incoming:
    """A person of a PFIF file. `domain` is the one whose records the file may hold. Raises UsageError."""
    fields = record.fields
    for name, value in fields.items():
        check_text(name, value)
    words.check_person(fields)
    case_id = fields["person_record_id"]
    if domain and words.domain_of(case_id) != domain:
        raise UsageError(
            case_id, f"is of another domain than this file's ({domain}); import it from its own source"
        )
    notes = tuple(of_note(note, case_id) for note in record.notes)
    origin = f"pfif-{record.version}"
    if words.is_expired(fields, now):
        dates = [fields.get(name, "") for name in ("source_date", "entry_date", "expiry_date")]
        return Incoming(None, Profile(case_id, origin=origin), gone=Tombstone(case_id, *dates))
    name, sex, born = words.full_name(fields), fields.get("sex", ""), fields.get("date_of_birth", "")
    if not name:
        raise UsageError("full_name", "is missing; a case needs the child's full name")
    check_sex(sex)
    check_birth(born)
    ends = fields.get("expiry_date")
    case = Case(
        id=case_id,
        full_name=name,
        source_name=source_name or words.domain_of(case_id),
        source_id=case_id,
        source_date=words.moment("source_date", fields["source_date"]) if "source_date" in fields else None,
        sex=sex,
        date_of_birth=born,
        description=fields.get("description", ""),
        expires_at=words.moment("expiry_date", ends) if ends else None,
    )
    rest = {n: v for n, v in fields.items() if n not in words.ON_CASE}
    opened = {n: v for n, v in rest.items() if n in words.OPEN}
    if "full_name" in fields:
        opened["full_name"] = fields["full_name"]
    private = {n: v for n, v in rest.items() if n not in words.OPEN}
    return Incoming(case, Profile(case_id, opened, private, origin), notes)


def of_note(fields: Mapping[str, str], case_id: str = "") -> CaseNote:
    """A note; inside a person it need not name that. Raises UsageError."""
    for name, value in fields.items():
        check_text(name, value)
    words.check_note(fields)
    named = fields.get("person_record_id", "") or case_id
    words.check_id("person_record_id", named)
    if case_id and named != case_id:
        raise UsageError(fields["note_record_id"], f"lies in {case_id} and names another person's record")
    day = fields.get("source_date", "")
    return CaseNote(
        fields["note_record_id"], named, dict(fields), words.moment("source_date", day) if day else None
    )


# ── Interpol's yellow notices ────────────────────────────────────────────────────────────────────

_SEX = {"F": "female", "M": "male", "U": "", "": ""}
INTERPOL = "interpol.int"


def of_interpol(notice: Mapping[str, Any], source_name: str, now: datetime) -> Incoming:
    """A yellow notice in the shape of Interpol's public API (ws-public.interpol.int). Raises UsageError."""
    ident = _text(notice, "entity_id")
    if not ident:
        raise UsageError("entity_id", "is missing; a notice is known by it")
    name = " ".join(part for part in (_text(notice, "forename"), _text(notice, "name")) if part)
    if not name:
        raise UsageError("name", "is missing; a case needs the child's full name")
    sex = _text(notice, "sex_id").upper()
    if sex not in _SEX:
        raise UsageError("sex_id", f"is {sex[:20]!r}; notices know F, M, U")
    born = _slashed(notice, "date_of_birth")
    check_birth(born)
    seen = _slashed(notice, "date_of_event")
    place = ", ".join(part for part in (_text(notice, "place"), _text(notice, "country")) if part)
    source = source_name or INTERPOL
    case = Case(
        id=f"{source}/{ident.replace('/', '-')}",
        full_name=name,
        source_name=source,
        source_id=ident,
        sex=_SEX[sex],
        date_of_birth=born,
        marks=_text(notice, "distinguishing_marks"),
        last_seen_on=_day({"date_of_event": seen}, "date_of_event") if len(seen) == 10 else None,
        last_seen_place=place,
    )
    opened = {"given_name": _text(notice, "forename"), "family_name": _text(notice, "name")}
    kept = json.dumps(notice, ensure_ascii=False, sort_keys=True)
    check_text("notice", kept)
    profile = Profile(case.id, {n: v for n, v in opened.items() if v}, {"interpol_notice": kept}, "interpol")
    return Incoming(case, profile)


def _text(notice: Mapping[str, Any], name: str) -> str:
    value = notice.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise UsageError(name, "is a list or an object; one value is needed")
    check_text(name, str(value))
    return str(value).strip()


def _slashed(notice: Mapping[str, Any], name: str) -> str:
    return _text(notice, name).replace("/", "-")
