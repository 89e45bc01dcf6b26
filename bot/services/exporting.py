"""Taking cases out as PFIF, CSV or JSON: an administrator, with a reason, and only the fields let out.

Contacts under seal never leave. Sealed cases leave only when they are named, by somebody of their team.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.pipeline import locking
from bot.pipeline.road import Road
from bot.services import canaries, metering
from bot.services import pfif_words as words
from bot.services.case_files import read_notes, read_profile
from bot.services.cases import facts, need
from bot.services.pfif_write import OutPerson, write
from store import audit, case_profiles, cases, users
from store.case_teams import NOBODY
from store.cases import CaseRow
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.records.case import Case, CaseStatus
from store.records.registry import Profile, Tombstone


class Part(StrEnum):
    """What leaves only when it is asked for by name."""

    HOME = "home"
    AUTHOR = "author"
    NOTES = "notes"
    OTHER = "other"
    DRAFTS = "drafts"


FORMATS = ("pfif", "csv", "json")
_SHEET = (*words.PERSON, "type", "marks", "last_seen_on", "last_seen_place", "status")
PAGE = 200


@dataclass(slots=True)
class Export:
    """The document, the ids in it, and (id, why) of cases that may not leave."""

    text: str = ""
    cases: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)


def export(
    road: Road,
    *,
    by: str,
    why: str,
    ids: Sequence[str] = (),
    form: str = "pfif",
    parts: frozenset[Part] = frozenset(),
    version: str = "1.4",
) -> Export:
    """Cases by id, or all that may leave. Written down with reason, parts and number.

    Raises NotAllowed for who is no administrator, Missing for a case that the asker must not know of.
    """
    need(why, "why", "say to whom the records go and on what basis")
    if form not in FORMATS:
        raise UsageError("format", f"is {form!r}; written are {', '.join(FORMATS)}")
    if version not in words.VERSIONS:
        raise UsageError("version", f"is {version!r}; written are {', '.join(words.VERSIONS)}")
    done = Export()
    with road.store.transaction(durable=True) as tx:
        locking.need_unlocked(tx, "export")
        if not users.get(tx, by).has(users.ADMIN):
            raise NotAllowed(by, "is no administrator; only they let records out")
        rows = [cases.seen(tx, each, by) for each in ids] if ids else _all(tx)
        nobody = canaries.touched(road, tx, [row.case.id for row in rows], by, "exported")
        rows = [row for row in rows if row.case.id not in nobody]
        out = [person for row in rows if (person := _person(road, tx, row, parts, done, named=bool(ids)))]
        stones = [] if ids or form != "pfif" else case_profiles.tombstones(tx)
        loose = [] if ids or Part.NOTES not in parts else case_profiles.waiting_notes(tx)
        waiting = [_note(dict(note.fields), parts) for note in read_notes(road, tx, loose)]
        audit.write(
            tx, road.clock(), by, "cases.exported", form, why=why, cases=len(out), named=len(ids),
            parts=sorted(part.value for part in parts),
        )  # fmt: skip
        metering.count(road, tx, by, metering.Kind.EXPORT)
    done.text = _written(out, stones, waiting, form, version)
    return done


def _all(tx: Transaction) -> list[CaseRow]:
    """Every case that everybody may know of."""
    found, after = list[CaseRow](), ""
    while page := cases.listing(tx, after=after, most=PAGE, viewer=NOBODY):
        found += page
        after = page[-1].case.id
    return found


def _person(
    road: Road, tx: Transaction, row: CaseRow, parts: frozenset[Part], done: Export, *, named: bool
) -> OutPerson | None:
    case, known = row.case, facts(road, tx, row, by="")
    if known.is_imported and not (known.permission and known.permission.publish):
        done.held.append((case.id, f"{case.source_name} does not permit that its records leave"))
        return None
    if row.status is CaseStatus.DRAFT and Part.DRAFTS not in parts and not known.is_imported:
        done.held.append((case.id, "is a draft that nobody verified"))
        return None
    if row.status is CaseStatus.CLOSED and not named:
        return None
    profile = read_profile(road, tx, case.id)
    fields = pfif_fields(case, profile, parts) | {"type": case.type.value, "status": row.status.value}
    rows = case_profiles.notes_of(tx, case.id) if Part.NOTES in parts else []
    notes = tuple(_note(dict(note.fields), parts) for note in read_notes(road, tx, rows))
    done.cases.append(case.id)
    return OutPerson(fields, notes)


def pfif_fields(case: Case, profile: Profile, parts: frozenset[Part]) -> dict[str, str]:
    """The PFIF 1.4 fields of a case that the parts let out; what the source wrote stays as it wrote it."""
    found = {n: v for n, v in profile.open.items() if n in words.OPEN}
    found["person_record_id"] = case.id if "/" in case.id else f"homeward.local/{case.id}"
    for name in ("full_name", "description", "sex", "date_of_birth"):
        found[name] = getattr(case, name)
    for name, at in (("source_date", case.source_date), ("expiry_date", case.expires_at)):
        kept = found.pop(name, "")
        if at is not None:
            found[name] = kept if kept and words.moment(name, kept) == at else words.stamp(at)
    if not profile.origin.startswith("pfif"):
        found.setdefault("source_name", case.source_name)
    let_out = {
        *(words.HOME if Part.HOME in parts else ()),
        *(words.AUTHOR if Part.AUTHOR in parts else ()),
    }
    for name, value in profile.private.items():
        is_other = name not in words.HOME and name not in words.AUTHOR
        if name in let_out or (is_other and Part.OTHER in parts):
            found[name] = value
    return {name: value for name, value in found.items() if value}


_NOTE_CONTACT = frozenset({*words.AUTHOR, "email_of_found_person", "phone_of_found_person"})


def _note(fields: dict[str, str], parts: frozenset[Part]) -> dict[str, str]:
    """A note without who wrote it and how to reach whom, unless that is let out too."""
    return fields if Part.AUTHOR in parts else {n: v for n, v in fields.items() if n not in _NOTE_CONTACT}


def _written(
    persons: list[OutPerson],
    stones: list[Tombstone],
    loose: list[dict[str, str]],
    form: str,
    version: str,
) -> str:
    if form == "pfif":
        known = {person.fields["person_record_id"] for person in persons}
        plain = [OutPerson(_without(person.fields, "type", "status"), person.notes) for person in persons]
        return write([*plain, *(_stone(s) for s in stones if s.id not in known)], loose, version)
    if form == "json":
        rows = [{**person.fields, "notes": [dict(note) for note in person.notes]} for person in persons]
        return json.dumps({"cases": rows}, ensure_ascii=False, indent=2) + "\n"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _SHEET, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in p.fields.items()} for p in persons)
    return out.getvalue()


def _harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _without(fields: object, *names: str) -> dict[str, str]:
    assert isinstance(fields, dict)
    return {name: value for name, value in fields.items() if name not in names}


def _stone(stone: Tombstone) -> OutPerson:
    fields = {"person_record_id": stone.id}
    for name in ("source_date", "entry_date", "expiry_date"):
        fields[name] = getattr(stone, name)
    return OutPerson({name: value for name, value in fields.items() if value})
