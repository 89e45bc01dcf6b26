"""Standing, further PFIF fields, notes and tombstones of cases, as rows. What is private comes in sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.records.registry import AuthorityKind, Relation, Risk, Standing, Tombstone


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """Open fields as they are, the private ones sealed (None if there are none)."""

    open: Mapping[str, str]
    sealed: bytes | None
    key_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note; its fields are sealed."""

    id: str
    case_id: str
    at: datetime | None
    sealed: bytes
    key_id: str


def put_profile(tx: Transaction, case_id: str, row: ProfileRow) -> None:
    """Keep the further fields of a case."""
    values = {"case_id": case_id, "open": dict(row.open), "sealed": row.sealed}
    upsert(tx, t.case_profiles, [{**values, "key_id": row.key_id, "origin": row.origin}])


def profile(tx: Transaction, case_id: str) -> ProfileRow | None:
    """The further fields of a case, None if it has none."""
    row = tx.execute(sa.select(t.case_profiles).where(t.case_profiles.c.case_id == case_id)).first()
    return None if row is None else ProfileRow(row.open, row.sealed, row.key_id, row.origin)


def put_standing(tx: Transaction, standing: Standing) -> None:
    """Keep on what a case rests."""
    row: dict[str, Any] = {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
    row["authority"] = standing.authority.value if standing.authority else ""
    row["relation"] = standing.relation.value if standing.relation else ""
    row["risks"] = [risk.value for risk in standing.risks]
    upsert(tx, t.case_standings, [row])


def standing(tx: Transaction, case_id: str) -> Standing:
    """On what a case rests; empty if nobody said."""
    row = tx.execute(sa.select(t.case_standings).where(t.case_standings.c.case_id == case_id)).first()
    if row is None:
        return Standing(case_id)
    plain = {name: getattr(row, name) for name in Standing.__dataclass_fields__}
    plain["authority"] = AuthorityKind(row.authority) if row.authority else None
    plain["relation"] = Relation(row.relation) if row.relation else None
    plain["risks"] = tuple(Risk(risk) for risk in row.risks)
    return Standing(**plain)


def put_note(tx: Transaction, note: NoteRow) -> None:
    """Keep a note; the same id again is its newer version."""
    upsert(tx, t.case_notes, [{name: getattr(note, name) for name in NoteRow.__dataclass_fields__}])


def note(tx: Transaction, note_id: str) -> NoteRow | None:
    """A note by its id."""
    row = tx.execute(sa.select(t.case_notes).where(t.case_notes.c.id == note_id)).first()
    return None if row is None else NoteRow(**row._mapping)


def notes_of(tx: Transaction, case_id: str) -> list[NoteRow]:
    """The notes of a case, oldest first."""
    c = t.case_notes.c
    query = sa.select(t.case_notes).where(c.case_id == case_id).order_by(c.at, c.id)
    return [NoteRow(**row._mapping) for row in tx.execute(query)]


def waiting_notes(tx: Transaction) -> list[NoteRow]:
    """Notes whose case is not registered (yet)."""
    c = t.case_notes.c
    query = sa.select(t.case_notes).where(~sa.exists().where(t.cases.c.id == c.case_id)).order_by(c.at, c.id)
    return [NoteRow(**row._mapping) for row in tx.execute(query)]


def put_tombstone(tx: Transaction, stone: Tombstone) -> None:
    """Remember that a record expired."""
    upsert(tx, t.case_tombstones, [{name: getattr(stone, name) for name in Tombstone.__dataclass_fields__}])


def tombstone(tx: Transaction, record_id: str) -> Tombstone | None:
    """The tombstone of a record, None if it did not expire."""
    row = tx.execute(sa.select(t.case_tombstones).where(t.case_tombstones.c.id == record_id)).first()
    return None if row is None else Tombstone(**row._mapping)


def tombstones(tx: Transaction) -> list[Tombstone]:
    """All tombstones, by id."""
    query = sa.select(t.case_tombstones).order_by(t.case_tombstones.c.id)
    return [Tombstone(**row._mapping) for row in tx.execute(query)]


# ── sealing anew ─────────────────────────────────────────────────────────────────────────────────

_SEALED = (
    ("contact", t.case_contacts, "case_id"),
    ("profile", t.case_profiles, "case_id"),
    ("note", t.case_notes, "id"),
)


def sealed_with_other_key(tx: Transaction, key_id: str, *, most: int = 200) -> list[tuple[str, str, bytes]]:
    """(kind, row's key, sealed value) of values that another key than this one sealed; some of them."""
    found: list[tuple[str, str, bytes]] = []
    for kind, table, name in _SEALED:
        c = table.c
        query = sa.select(c[name], c.sealed).where(c.key_id != key_id, c.sealed.is_not(None))
        rows = tx.execute(query.order_by(c[name]).limit(most - len(found)))
        found += [(kind, row[0], row[1]) for row in rows]
        if len(found) >= most:
            break
    return found


def reseal(tx: Transaction, kind: str, key: str, sealed: bytes, *, before: bytes, key_id: str) -> bool:
    """Replace a sealed value that is still `before`. False if somebody changed it meanwhile."""
    table, name = next((table, name) for each, table, name in _SEALED if each == kind)
    where = (table.c[name] == key) & (table.c.sealed == before)
    return tx.execute(sa.update(table).where(where).values(sealed=sealed, key_id=key_id)).rowcount == 1


def contact(tx: Transaction, case_id: str) -> bytes | None:
    """The sealed contact of a family, None if there is none."""
    c = t.case_contacts.c
    return tx.execute(sa.select(c.sealed).where(c.case_id == case_id)).scalar()
