"""Reading registry files (CSV, JSON) into drafts: every row stands alone, a bad one is set aside.

Imported records are drafts whatever their source says; nothing here verifies or activates.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.pipeline.road import Road
from bot.services.cases import (
    PhotoFile,
    check_birth,
    check_sex,
    check_text,
    examine,
    put_photos,
    seal_contact,
    suppression_digest,
)
from store import audit, cases
from store.errors import Conflict, HomewardError, UsageError
from store.records.case import Case, CaseStatus, CaseType

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
MAX_FILE_MB = 64


@dataclass(slots=True)
class CaseImport:
    """What an import did: ids by outcome, and rows that were set aside with the reason."""

    found: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    set_aside: list[dict[str, str]] = field(default_factory=list)


def import_file(
    road: Road, path: Path, *, by: str, source_name: str = "", dry_run: bool = False
) -> CaseImport:
    """Import a CSV or JSON file of cases as drafts; `dry_run` only says what would change.

    Idempotent by (source_name, source_id) or id. Raises UsageError when the file cannot be read at all.
    """
    result = CaseImport()
    for where, row in _rows(path):
        result.found += 1
        try:
            if isinstance(row, UsageError):
                raise row
            _take(road, path.parent, row, by, source_name, dry_run, result)
        except (HomewardError, OSError, ValueError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            result.set_aside.append({"where": where, "reason": reason})
    return result


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any] | UsageError]]:
    try:
        if path.stat().st_size > MAX_FILE_MB * 2**20:
            raise UsageError(str(path), f"is larger than {MAX_FILE_MB} MB; split it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not UTF-8; save it as UTF-8") from error
    if path.suffix.lower() == ".csv":
        yield from _csv_rows(path, text)
    elif path.suffix.lower() == ".json":
        yield from _json_rows(path, text)
    else:
        raise UsageError(str(path), "is neither .csv nor .json")


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any] | UsageError]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            where = f"{path.name}:{reader.line_num}"
            if None in row:
                yield where, UsageError(where, "has more columns than the header line")
                continue
            yield where, {key.strip(): (value or "").strip() for key, value in row.items()}
    except csv.Error as error:
        yield (
            f"{path.name}:{reader.line_num}",
            UsageError(path.name, f"is not readable CSV from here on ({error})"),
        )


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any] | UsageError]]:
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(str(path), f"is not JSON ({error})") from error
    items = data.get("cases") if isinstance(data, Mapping) else data
    if not isinstance(items, list):
        raise UsageError(str(path), "needs a list of cases, or an object with the list under `cases`")
    for number, item in enumerate(items, 1):
        where = f"{path.name}[{number}]"
        yield (
            where,
            item if isinstance(item, dict) else UsageError(where, "is not an object with a case's fields"),
        )


def _take(
    road: Road,
    folder: Path,
    row: dict[str, Any],
    by: str,
    source_name: str,
    dry_run: bool,
    result: CaseImport,
) -> None:
    _check_names(row)
    with road.store.reading() as tx:
        case = _case(row, source_name, lambda s, i: cases.find_by_source(tx, s, i))
        if cases.is_suppressed(tx, suppression_digest(road, case)):
            raise UsageError(case.id, "is on the suppression list: this record was withdrawn and stays away")
        held = cases.get(tx, case.id) if _is_known(tx, case.id) else None
        known = {(item.photo.digest, item.photo.age_years) for item in cases.photos_of(tx, case.id)}
    files = _photo_files(row, folder)
    contact = {name: str(row[name]) for name in CONTACT_FIELDS if row.get(name)}
    digests = [(road.gate.examine(file.data).photo.digest, file.age_years) for file in files]
    is_same = held is not None and held.case == case and set(digests) <= known
    if held is not None and held.status is not CaseStatus.DRAFT and not is_same:
        raise Conflict(case.id, f"is {held.status.value}; only drafts are changed by import")
    if not dry_run and (contact or not is_same):
        what = "case.registered" if held is None else "" if is_same else "case.changed"
        evidence = f"imported from {source_name or 'a file'}"
        _keep(road, case, files, contact, by, evidence, what)
    (result.added if held is None else result.unchanged if is_same else result.changed).append(case.id)


def _keep(
    road: Road,
    case: Case,
    files: list[PhotoFile],
    contact: dict[str, str],
    by: str,
    evidence: str,
    what: str,
) -> None:
    """Write one row of the file; whoever verified the case meanwhile is not overruled."""
    now, examined = road.clock(), [examine(road, file) for file in files]
    with road.store.transaction() as tx:
        if not cases.add(tx, case, by=by, at=now, evidence=evidence):
            cases.update(tx, case)
        if cases.get(tx, case.id).status is not CaseStatus.DRAFT:
            return
        put_photos(road, tx, case, examined)
        if contact:
            seal_contact(road, tx, case.id, contact)
        if what:
            audit.write(tx, now, by, what, case.id, photos=len(files))


def _is_known(tx: Any, case_id: str) -> bool:
    try:
        cases.get(tx, case_id)
    except HomewardError:
        return False
    return True


def _check_names(row: Mapping[str, Any]) -> None:
    allowed = {*CASE_FIELDS, *CONTACT_FIELDS, *PHOTO_FIELDS}
    unknown = sorted(set(row) - allowed)
    if unknown:
        raise UsageError(unknown[0], f"is not a field of a case; known are {', '.join(sorted(allowed))}")
    for name in (*CASE_FIELDS, *CONTACT_FIELDS):
        if isinstance(row.get(name), (dict, list)):
            raise UsageError(name, "is a list or an object; one value is needed")
        check_text(name, str(row.get(name) or ""))


def _case(row: Mapping[str, Any], source_name: str, known: Any) -> Case:
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
    return Case(
        id=case_id,
        full_name=name,
        source_name=source,
        source_id=source_id,
        source_date=_moment(row, "source_date"),
        type=_choice(row, "type", CaseType),
        sex=_sex(row),
        date_of_birth=_birth(row),
        description=str(row.get("description") or ""),
        marks=str(row.get("marks") or ""),
        last_seen_on=_day(row, "last_seen_on"),
        last_seen_place=str(row.get("last_seen_place") or ""),
        last_seen_lat=_number(row, "last_seen_lat", -90, 90),
        last_seen_lon=_number(row, "last_seen_lon", -180, 180),
        expires_at=_moment(row, "expires_at"),
        sealed=str(row.get("sealed") or "").lower() in ("1", "true", "yes"),
    )


def _choice(row: Mapping[str, Any], name: str, kind: type[CaseType]) -> CaseType:
    value = str(row.get(name) or "unknown").lower()
    if value not in {member.value for member in kind}:
        raise UsageError(name, f"is {value!r}; allowed are {', '.join(kind)}")
    return kind(value)


def _sex(row: Mapping[str, Any]) -> str:
    value = str(row.get("sex") or "").lower()
    check_sex(value)
    return value


def _birth(row: Mapping[str, Any]) -> str:
    value = str(row.get("date_of_birth") or "")
    check_birth(value)
    return value


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
    except ValueError:
        raise UsageError(name, f"is {value!r}; write YYYY-MM-DDTHH:MM:SSZ") from None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _number(row: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise UsageError(name, f"is {value!r}; a number from {low:g} to {high:g} is needed")
    return number


def _photo_files(row: Mapping[str, Any], folder: Path) -> list[PhotoFile]:
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
        files.append(
            PhotoFile(
                path.read_bytes(), path.name, _number({"photo_age": entry.get("age")}, "photo_age", 0, 120)
            )
        )
    return files
