"""Importing registry files into drafts: PFIF, Interpol's notices, CSV, JSON, folders of photos.

Every row stands alone, a bad one is set aside with number and reason. Imported records are drafts whatever
their source says; nothing here verifies or activates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.pipeline import casework, record_sealing
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.services import case_formats, case_rows
from bot.services import pfif_words as words
from bot.services.case_rows import CASE_FIELDS, CONTACT_FIELDS, Incoming
from bot.services.cases import STAYS_AWAY, examine, put_photos, register, seal_contact, suppression_digest
from bot.services.pfif_read import PfifRecord
from store import audit, case_profiles, case_teams, cases, merges
from store.case_profiles import NoteRow, ProfileRow
from store.db import Transaction
from store.errors import Conflict, HomewardError, UsageError
from store.records.case import Case, CaseStatus
from store.records.registry import CaseNote, Profile

__all__ = ["CASE_FIELDS", "CONTACT_FIELDS", "CaseImport", "import_file"]
Progress = Callable[[int], None]


@dataclass(slots=True)
class CaseImport:
    """What an import did: ids by outcome, and rows that were set aside with the reason.

    `changes` names the fields that differ, by id; `ended` are cases whose record expired at its source;
    `waiting` counts notes for persons that are not registered.
    """

    found: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    set_aside: list[dict[str, str]] = field(default_factory=list)
    changes: dict[str, list[str]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    waiting: int = 0
    format: str = ""


@dataclass(slots=True)
class _Run:
    """One import: what every row needs to know."""

    road: Road
    folder: Path
    by: str
    source: str
    domain: str
    dry_run: bool
    format: str
    result: CaseImport


def import_file(
    road: Road,
    path: Path,
    *,
    by: str,
    source_name: str = "",
    domain: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> CaseImport:
    """Import a file of cases as drafts; `dry_run` only says what would change.

    Idempotent by (source_name, source_id) or id. A PFIF file holds records of one domain: `domain`, else
    `source_name` if it is one, else that of its first record. `progress` is told how many rows are done.
    Raises UsageError when the file cannot be read at all.
    """
    kind, rows = case_formats.rows(path)
    folder = path if kind == "folder" else path.parent
    run = _Run(road, folder, by, source_name, domain, dry_run, kind, CaseImport(format=kind))
    if kind == "pfif" and not domain and "." in source_name:
        run.domain = source_name
    for where, row in rows:
        run.result.found += 1
        try:
            if isinstance(row, UsageError):
                raise row
            _take_row(run, row)
        except (HomewardError, OSError, ValueError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            run.result.set_aside.append({"where": where, "reason": reason})
        if progress is not None:
            progress(run.result.found)
    return run.result


def _take_row(run: _Run, row: Mapping[str, Any] | PfifRecord) -> None:
    if isinstance(row, PfifRecord) and row.kind == "note":
        _take_loose_note(run, case_rows.of_note(row.fields))
        return
    incoming = _incoming(run, row)
    if incoming.gone is not None:
        _take_gone(run, incoming)
    else:
        _take(run, incoming)


def _incoming(run: _Run, row: Mapping[str, Any] | PfifRecord) -> Incoming:
    if isinstance(row, PfifRecord):
        ident = row.fields.get("person_record_id", "")
        if not run.domain:
            run.domain = words.domain_of(words.check_id("person_record_id", ident))
        return case_rows.of_pfif(row, run.source, run.domain, run.road.clock())
    if run.format == "interpol":
        return case_rows.of_interpol(row, run.source, run.road.clock())
    with run.road.store.reading() as tx:
        known = lambda source, ident: cases.find_by_source(tx, source, ident)  # noqa: E731
        return case_rows.of_row(row, run.source, known, run.folder, run.format)


@dataclass(frozen=True, slots=True)
class _Held:
    """What is registered under an id: nothing, or a case with its further fields and notes."""

    case: Case | None
    status: CaseStatus
    profile: Profile
    notes: Mapping[str, Mapping[str, str]]
    photos: frozenset[tuple[str, float | None]]


def _held(run: _Run, tx: Transaction, incoming: Incoming) -> _Held:
    case = incoming.case
    assert case is not None
    road = run.road
    if case_teams.is_hidden(tx, case.id, run.by) or cases.is_suppressed(tx, suppression_digest(road, case)):
        raise UsageError(case.id, STAYS_AWAY)
    stone = case_profiles.tombstone(tx, case.id)
    dated = incoming.profile.open.get("source_date", "")
    if stone is not None and not (dated and stone.source_date and dated > stone.source_date):
        raise UsageError(case.id, "expired at its source; only a newer record of it is taken")
    if not cases.has(tx, case.id):
        return _Held(None, CaseStatus.DRAFT, Profile(case.id), _notes(road, tx, case.id), frozenset())
    into = merges.merged_into(tx, case.id)
    if into:
        raise Conflict(case.id, f"was merged into {into}; take the merge back to import it again")
    row = cases.get(tx, case.id)
    if row.case.source_name and row.case.source_name != case.source_name:
        raise Conflict(case.id, f"is registered from another source ({row.case.source_name})")
    shown = frozenset((item.photo.digest, item.photo.age_years) for item in cases.photos_of(tx, case.id))
    return _Held(row.case, row.status, read_profile(road, tx, case.id), _notes(road, tx, case.id), shown)


def read_profile(road: Road, tx: Transaction, case_id: str) -> Profile:
    """The further fields of a case, the private ones opened."""
    row = case_profiles.profile(tx, case_id)
    if row is None:
        return Profile(case_id)
    opened = record_sealing.open_text(road, tx, row.sealed, row=f"profile:{case_id}") if row.sealed else "{}"
    private = json.loads(opened)
    return Profile(case_id, dict(row.open), private, row.origin)


def _notes(road: Road, tx: Transaction, case_id: str) -> dict[str, dict[str, str]]:
    return {note.id: dict(note.fields) for note in read_notes(road, tx, case_profiles.notes_of(tx, case_id))}


def read_notes(road: Road, tx: Transaction, rows: list[NoteRow]) -> list[CaseNote]:
    """Notes with their fields opened."""
    opened = [record_sealing.open_text(road, tx, row.sealed, row=f"note:{row.id}") for row in rows]
    return [
        CaseNote(row.id, row.case_id, json.loads(text), row.at)
        for row, text in zip(rows, opened, strict=True)
    ]


def _take(run: _Run, incoming: Incoming) -> None:
    case, road, result = incoming.case, run.road, run.result
    assert case is not None
    with road.store.reading() as tx:
        held = _held(run, tx, incoming)
    digests = [(road.gate.examine(file.data).photo.digest, file.age_years) for file in incoming.photos]
    if held.case is not None:
        # Sealing is decided here, not by a file.
        case = replace(case, sealed=held.case.sealed or case.sealed)
    differs = _differences(held, case, incoming, digests)
    new_notes = [note for note in incoming.notes if held.notes.get(note.id) != note.fields]
    if held.case is not None and held.status is not CaseStatus.DRAFT and differs:
        raise Conflict(case.id, f"is {held.status.value}; only drafts are changed by import")
    is_same = held.case is not None and not differs and not new_notes
    if not run.dry_run and not (is_same and not incoming.contact):
        _keep(
            run,
            replace(incoming, case=case),
            is_new=held.case is None,
            is_same=is_same,
            differs=bool(differs),
        )
    if held.case is None:
        result.added.append(case.id)
    elif is_same:
        result.unchanged.append(case.id)
    else:
        result.changed.append(case.id)
        result.changes[case.id] = differs + (["notes"] if new_notes else [])


def _differences(
    held: _Held, case: Case, incoming: Incoming, digests: list[tuple[str, float | None]]
) -> list[str]:
    """The fields in which a row differs from what is registered."""
    if held.case is None:
        return []
    names = [n for n in Case.__dataclass_fields__ if getattr(held.case, n) != getattr(case, n)]
    for before, after in (
        (held.profile.open, incoming.profile.open),
        (held.profile.private, incoming.profile.private),
    ):
        names += [n for n in sorted({*before, *after}) if before.get(n) != after.get(n)]
    return names + ([] if set(digests) <= held.photos else ["photos"])


def _keep(run: _Run, incoming: Incoming, *, is_new: bool, is_same: bool, differs: bool) -> None:
    """Write one row of the file; whoever verified the case meanwhile is not overruled."""
    case, road = incoming.case, run.road
    assert case is not None
    examined = [examine(road, file) for file in incoming.photos]
    with road.store.transaction() as tx:
        if is_new:
            evidence = f"imported from {run.source or 'a file'}"
            register(road, tx, case, by=run.by, evidence=evidence, photos=len(examined))
        put_notes(road, tx, incoming.notes)
        if cases.get(tx, case.id).status is not CaseStatus.DRAFT:
            return
        cases.update(tx, case)
        put_profile(road, tx, incoming.profile)
        put_photos(road, tx, case, examined)
        if incoming.contact:
            seal_contact(road, tx, case.id, dict(incoming.contact))
        if not is_new and (differs or not is_same):
            audit.write(tx, road.clock(), run.by, "case.changed", named(road, case), photos=len(examined))


def put_profile(road: Road, tx: Transaction, profile: Profile) -> None:
    """Keep further fields, the private ones sealed to the case's row."""
    sealed = None
    if profile.private:
        text = json.dumps(dict(profile.private), ensure_ascii=False, sort_keys=True)
        sealed = record_sealing.seal(road, tx, text, row=f"profile:{profile.case_id}")
    key_id = record_sealing.RECORD if sealed else ""
    case_profiles.put_profile(
        tx, profile.case_id, ProfileRow(dict(profile.open), sealed, key_id, profile.origin)
    )


def put_notes(road: Road, tx: Transaction, notes: tuple[CaseNote, ...]) -> None:
    """Keep notes, sealed each to its own row: who wrote them and whom they name is nobody else's business."""
    for note in notes:
        text = json.dumps(dict(note.fields), ensure_ascii=False, sort_keys=True)
        sealed = record_sealing.seal(road, tx, text, row=f"note:{note.id}")
        case_profiles.put_note(tx, NoteRow(note.id, note.case_id, note.at, sealed, record_sealing.RECORD))


def _take_loose_note(run: _Run, note: CaseNote) -> None:
    """A note that lies in no person: it waits if its person is not registered (yet)."""
    road, result = run.road, run.result
    with road.store.reading() as tx:
        if case_teams.is_hidden(tx, note.case_id, run.by):
            raise UsageError(note.id, "names a record that stays away")
        row, is_known = case_profiles.note(tx, note.id), cases.has(tx, note.case_id)
        before = read_notes(road, tx, [row])[0].fields if row else None
    if before != note.fields and not run.dry_run:
        with road.store.transaction() as tx:
            put_notes(road, tx, (note,))
            audit.write(tx, road.clock(), run.by, "case.note", note.id)
    result.waiting += not is_known
    into = result.unchanged if before == note.fields else result.added if before is None else result.changed
    into.append(note.id)


def _take_gone(run: _Run, incoming: Incoming) -> None:
    """The record expired at its source: what is here of it ends, and it stays away."""
    stone, road = incoming.gone, run.road
    assert stone is not None
    with road.store.reading() as tx:
        if case_teams.is_hidden(tx, stone.id, run.by):
            raise UsageError(stone.id, STAYS_AWAY)
        is_known, before = cases.has(tx, stone.id), case_profiles.tombstone(tx, stone.id)
    if before == stone and not is_known:
        run.result.unchanged.append(stone.id)
        return
    run.result.ended.append(stone.id)
    if run.dry_run:
        return
    with road.store.transaction() as tx:
        case_profiles.put_tombstone(tx, stone)
        if is_known:
            held, until = cases.get(tx, stone.id), road.clock() + road.registry.bin
            casework.remove(road, tx, held, by=run.by, why="expired at its source", until=until)
