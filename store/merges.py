"""What was said about pairs of registrations, and removals of cases, as rows. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from store import leads, searches, tag_marks
from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.photos import CASE, Vector
from store.records.registry import Merge, MergeKind, Removal


def add(tx: Transaction, merge: Merge) -> int:
    """Keep a decision about a pair; gives its number."""
    row = {name: getattr(merge, name) for name in Merge.__dataclass_fields__ if name != "id"}
    row |= {"kind": merge.kind.value, "before": dict(merge.before)}
    return int(tx.execute(sa.insert(t.case_merges).values(**row).returning(t.case_merges.c.id)).scalar_one())


def get(tx: Transaction, number: int) -> Merge:
    """A decision. Raises Missing."""
    row = tx.execute(sa.select(t.case_merges).where(t.case_merges.c.id == number)).first()
    if row is None:
        raise Missing(str(number), "is the number of no merge")
    return Merge(**{**row._mapping, "kind": MergeKind(row.kind)})


def standing(tx: Transaction) -> list[Merge]:
    """Decisions that were not taken back, oldest first."""
    m = t.case_merges.c
    query = sa.select(t.case_merges).where(m.undone_at.is_(None)).order_by(m.id)
    return [Merge(**{**row._mapping, "kind": MergeKind(row.kind)}) for row in tx.execute(query)]


def of_case(tx: Transaction, case_id: str) -> list[Merge]:
    """All decisions that name a case, undone ones too, oldest first."""
    m = t.case_merges.c
    query = sa.select(t.case_merges).where(sa.or_(m.kept == case_id, m.gone == case_id)).order_by(m.id)
    return [Merge(**{**row._mapping, "kind": MergeKind(row.kind)}) for row in tx.execute(query)]


def merged_into(tx: Transaction, case_id: str) -> str:
    """The case that this one was merged into, "" if it stands by itself."""
    m = t.case_merges.c
    query = sa.select(m.kept).where(m.gone == case_id, m.kind == MergeKind.SAME.value, m.undone_at.is_(None))
    return tx.execute(query.order_by(m.id.desc()).limit(1)).scalar() or ""


def merged_from(tx: Transaction, case_id: str) -> list[str]:
    """The cases that stand merged into this one, also by way of another."""
    m = t.case_merges.c
    found: list[str] = []
    of = [case_id]
    while of:
        stands = (m.kept.in_(of), m.kind == MergeKind.SAME.value, m.undone_at.is_(None))
        gone = tx.execute(sa.select(m.gone).where(*stands).order_by(m.id)).scalars()
        of = [each for each in gone if each not in found and each != case_id]
        found += of
    return found


def undo(tx: Transaction, number: int, *, by: str, at: datetime) -> None:
    """Say that a decision was taken back. Raises Conflict if it was already."""
    m = t.case_merges.c
    where = (m.id == number) & m.undone_at.is_(None)
    if tx.execute(sa.update(t.case_merges).where(where).values(undone_by=by, undone_at=at)).rowcount != 1:
        raise Conflict(str(number), "was taken back already")


def take_photos(tx: Transaction, kept: str, gone: str) -> list[str]:
    """Give the photos of `gone` to `kept` as well; gives the digests that `kept` did not have."""
    p = t.case_photos.c
    rows = tx.execute(sa.select(t.case_photos).where(p.case_id == gone).order_by(p.digest)).all()
    added = []
    for row in rows:
        values = {"case_id": kept, "digest": row.digest, "age_years": row.age_years}
        if insert_new(tx, t.case_photos, {**values, "taken_on": row.taken_on, "why": ""}):
            added.append(row.digest)
    return added


def drop_photos(tx: Transaction, case_id: str, digests: list[str]) -> None:
    """Take photos off a case; the photos themselves stay."""
    p = t.case_photos.c
    tx.execute(sa.delete(t.case_photos).where(p.case_id == case_id, p.digest.in_(digests)))


def move_notes(tx: Transaction, ids: list[str], to: str) -> None:
    """Hang notes on another case."""
    tx.execute(sa.update(t.case_notes).where(t.case_notes.c.id.in_(ids)).values(case_id=to))


def face_vectors(tx: Transaction, face_keys: list[str]) -> list[tuple[str, str, Vector]]:
    """(face key, model, embedding) of registered faces, under whatever models they are kept."""
    v = t.vectors.c
    query = sa.select(v.face_key, v.model, v.vector).where(v.face_key.in_(face_keys), v.holder == CASE)
    rows = tx.execute(query.order_by(v.face_key, v.model))
    return [(r.face_key, r.model, np.frombuffer(r.vector, dtype="<f4").astype(np.float32)) for r in rows]


# ── removals ─────────────────────────────────────────────────────────────────────────────────────


def remove(tx: Transaction, removal: Removal) -> bool:
    """Hide a case from everybody. False if it was removed before."""
    row = {name: getattr(removal, name) for name in Removal.__dataclass_fields__}
    tag_marks.of_matches(tx, t.matches.c.case_id == removal.case_id)
    return insert_new(tx, t.case_removals, row)


def removal(tx: Transaction, case_id: str) -> Removal | None:
    """The removal of a case, None if it was not removed."""
    row = tx.execute(sa.select(t.case_removals).where(t.case_removals.c.case_id == case_id)).first()
    return None if row is None else Removal(**row._mapping)


def removals(tx: Transaction) -> list[Removal]:
    """Removed cases that are not destroyed yet, the newest first."""
    r = t.case_removals.c
    query = sa.select(t.case_removals).order_by(r.at.desc(), r.case_id)
    return [Removal(**row._mapping) for row in tx.execute(query)]


def due(tx: Transaction, now: datetime, *, most: int = 50) -> list[str]:
    """Removed cases whose time is over."""
    r = t.case_removals.c
    return list(
        tx.execute(sa.select(r.case_id).where(r.until <= now).order_by(r.until).limit(most)).scalars()
    )


def bring_back(tx: Transaction, case_id: str) -> bool:
    """Hide a case no longer. False if it was not removed."""
    where = t.case_removals.c.case_id == case_id
    tag_marks.of_matches(tx, t.matches.c.case_id == case_id)
    return tx.execute(sa.delete(t.case_removals).where(where)).rowcount > 0


def destroy(tx: Transaction, case_id: str) -> list[str]:
    """Delete every row of a case but its matches, its leads too; gives the digests of its photos.

    Merges keep ids alone, so that their history stays whole.
    """
    c = t.case_photos.c
    digests = list(tx.execute(sa.select(c.digest).where(c.case_id == case_id).order_by(c.digest)).scalars())
    for table in (
        t.case_photos, t.case_steps, t.case_contacts, t.case_profiles, t.case_standings, t.case_teams,
        t.case_notes, t.family_links, t.case_removals,
    ):  # fmt: skip
        tx.execute(sa.delete(table).where(table.c.case_id == case_id))
    m = t.case_merges.c
    of_it = sa.or_(m.kept == case_id, m.gone == case_id)
    empty: Mapping[str, object] = {}
    tx.execute(sa.update(t.case_merges).where(of_it).values(before=empty))
    leads.forget_case(tx, case_id)
    searches.forget_case(tx, case_id)
    tx.execute(sa.delete(t.cases).where(t.cases.c.id == case_id))
    return digests
