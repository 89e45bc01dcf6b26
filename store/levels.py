"""Accepted levels, versions of our words, and releases of appeals, as rows. Decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.reply import Level, Purpose
from store.records.replying import LevelChange, Release, Wording

_L, _W = t.levels.c, t.wordings.c


def _change(row: Any) -> LevelChange:
    return LevelChange(**{**row._mapping, "level": Level(row.level)})


def ask(tx: Transaction, level: Level, *, by: str, why: str, at: datetime) -> LevelChange:
    """Keep the wish to go to a level."""
    values = {"level": level.value, "why": why, "asked_by": by, "asked_at": at}
    number = tx.execute(sa.insert(t.levels).values(**values).returning(_L.number)).scalar_one()
    return change(tx, number)


def change(tx: Transaction, number: int) -> LevelChange:
    """One wish. Raises Missing."""
    row = tx.execute(sa.select(t.levels).where(_L.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not the number of a wish to change the level")
    return _change(row)


def decide(tx: Transaction, number: int, *, accepted: bool, by: str, at: datetime) -> None:
    """A second person's word. Raises Conflict if it was decided already."""
    where = (_L.number == number) & _L.decided_at.is_(None)
    values = {"accepted": accepted, "decided_by": by, "decided_at": at}
    if tx.execute(sa.update(t.levels).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), "was decided already")


def accepted(tx: Transaction) -> LevelChange | None:
    """The wish that was accepted last, None before the first."""
    query = sa.select(t.levels).where(_L.accepted).order_by(_L.decided_at.desc(), _L.number.desc()).limit(1)
    row = tx.execute(query).first()
    return _change(row) if row else None


def changes(tx: Transaction, *, most: int = 50) -> list[LevelChange]:
    """All wishes, newest first."""
    return [_change(row) for row in tx.execute(sa.select(t.levels).order_by(_L.number.desc()).limit(most))]


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def _wording(row: Any) -> Wording:
    return Wording(**{**row._mapping, "purpose": Purpose(row.purpose)})


def write(
    tx: Transaction, purpose: Purpose, language: str, text: str, *, by: str, why: str, at: datetime
) -> Wording:
    """Keep a new version; it counts once somebody else has approved it."""
    values = {"purpose": purpose.value, "language": language, "text": text, "why": why}
    insert = sa.insert(t.wordings).values(**values, written_by=by, written_at=at)
    return wording(tx, tx.execute(insert.returning(_W.number)).scalar_one())


def wording(tx: Transaction, number: int) -> Wording:
    """One version. Raises Missing."""
    row = tx.execute(sa.select(t.wordings).where(_W.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not the number of a version of our words")
    return _wording(row)


def approve(tx: Transaction, number: int, *, by: str, at: datetime) -> None:
    """Put a version into force. Raises Conflict if somebody decided already."""
    where = (_W.number == number) & _W.approved_at.is_(None) & _W.ended_at.is_(None)
    if tx.execute(sa.update(t.wordings).where(where).values(approved_by=by, approved_at=at)).rowcount != 1:
        raise Conflict(str(number), "was decided already")


def end(tx: Transaction, number: int, *, by: str, why: str, at: datetime) -> None:
    """Refuse a version, or take it out of force. Raises Conflict if it was ended already."""
    values = {"ended_by": by, "ended_why": why, "ended_at": at}
    where = (_W.number == number) & _W.ended_at.is_(None)
    if tx.execute(sa.update(t.wordings).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), "was ended already")


def in_force(tx: Transaction) -> list[Wording]:
    """The versions from which rows are made, each the newest of its purpose and language."""
    where = _W.approved_at.is_not(None) & _W.ended_at.is_(None)
    rows = tx.execute(sa.select(t.wordings).where(where).order_by(_W.approved_at, _W.number))
    found = {(row.purpose, row.language): _wording(row) for row in rows}
    return list(found.values())


def wordings(tx: Transaction, *, most: int = 100) -> list[Wording]:
    """All versions, newest first."""
    query = sa.select(t.wordings).order_by(_W.number.desc()).limit(most)
    return [_wording(row) for row in tx.execute(query)]


# ── releases of appeals ──────────────────────────────────────────────────────────────────────────


def release(tx: Transaction, made: Release) -> bool:
    """Keep a release. False if there is one of that kind."""
    return insert_new(tx, t.appeal_releases, {n: getattr(made, n) for n in Release.__dataclass_fields__})


def releases(tx: Transaction, case_id: str) -> list[Release]:
    """Releases of a case's appeal, by kind."""
    c = t.appeal_releases.c
    query = sa.select(t.appeal_releases).where(c.case_id == case_id).order_by(c.kind)
    return [Release(**row._mapping) for row in tx.execute(query)]


def unsaid(tx: Transaction) -> list[str]:
    """Names, last places and numbers of all cases, hidden ones too: no outsider may read them from us."""
    c = t.cases.c
    rows = tx.execute(sa.select(c.full_name, c.last_seen_place, c.id, c.source_id))
    return [value for row in rows for value in row if value and value.strip()]
