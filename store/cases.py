"""Cases, their photos, steps and sealed contacts, and the sequence of gallery changes, as rows.

Which step is allowed to whom is decided in bot/services/cases.py. Contacts come in sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams
from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.case import Case, CasePhoto, CaseStatus, CaseStep, CaseType


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its present status and who registered it when."""

    case: Case
    status: CaseStatus
    registered_by: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolledPhoto:
    """A registered photo and the face that stands for the child, "" with the reason if none was found."""

    photo: CasePhoto
    face_key: str
    why: str


def add(tx: Transaction, case: Case, *, by: str, at: datetime, evidence: str) -> bool:
    """Register a draft. False, and nothing changed, when the id is taken."""
    row = {name: getattr(case, name) for name in Case.__dataclass_fields__} | {"type": case.type.value}
    row |= {"status": CaseStatus.DRAFT.value, "registered_by": by, "registered_at": at}
    if not insert_new(tx, t.cases, row):
        return False
    _step(tx, CaseStep(case.id, CaseStatus.DRAFT, by, at, evidence))
    return True


def update(tx: Transaction, case: Case) -> bool:
    """Replace a draft's fields. False when nothing differs. Raises Conflict for a case past draft."""
    held = get(tx, case.id)
    if held.case == case:
        return False
    if held.status is not CaseStatus.DRAFT:
        raise Conflict(case.id, f"is {held.status.value}; only drafts are changed by import")
    row = {name: getattr(case, name) for name in Case.__dataclass_fields__ if name != "id"} | {
        "type": case.type.value
    }
    tx.execute(sa.update(t.cases).where(t.cases.c.id == case.id).values(**row))
    return True


def get(tx: Transaction, case_id: str) -> CaseRow:
    """A case. Raises Missing."""
    row = tx.execute(sa.select(t.cases).where(t.cases.c.id == case_id)).first()
    if row is None:
        raise Missing(case_id, "is not a registered case")
    return _row(row)


def seen(tx: Transaction, case_id: str, viewer: str) -> CaseRow:
    """A case as this viewer may know it. Raises Missing for a hidden one exactly as for none."""
    hidden = case_teams.of_hidden(t.cases.c.id, viewer)
    row = tx.execute(sa.select(t.cases).where(t.cases.c.id == case_id, ~hidden)).first()
    if row is None:
        raise Missing(case_id, "is not a registered case")
    return _row(row)


def has(tx: Transaction, case_id: str) -> bool:
    """Whether the id is taken, hidden cases included."""
    return tx.execute(sa.select(t.cases.c.id).where(t.cases.c.id == case_id)).first() is not None


def put(tx: Transaction, case: Case) -> None:
    """Replace a case's fields, whatever its status: the caller has seen to it that this may be."""
    row = {name: getattr(case, name) for name in Case.__dataclass_fields__ if name != "id"}
    row["type"] = case.type.value
    tx.execute(sa.update(t.cases).where(t.cases.c.id == case.id).values(**row))


def _row(row: Any) -> CaseRow:
    plain = {name: getattr(row, name) for name in Case.__dataclass_fields__}
    case = Case(**plain | {"type": CaseType(row.type)})
    return CaseRow(case, CaseStatus(row.status), row.registered_by, row.registered_at)


def is_of_hidden(tx: Transaction, key: str) -> bool:
    """Whether the key of a job is that of a sealed or removed case, or of a match with one."""
    found = key.rpartition("|")[2]
    return case_teams.is_hidden(tx, key, case_teams.NOBODY) or case_teams.is_hidden(
        tx, found, case_teams.NOBODY
    )


def find_by_source(tx: Transaction, source_name: str, source_id: str) -> str | None:
    """The id of the case that this source registered under this id."""
    c = t.cases.c
    return tx.execute(sa.select(c.id).where(c.source_name == source_name, c.source_id == source_id)).scalar()


def listing(
    tx: Transaction,
    *,
    status: CaseStatus | None = None,
    after: str = "",
    most: int = 100,
    viewer: str | None = None,
) -> list[CaseRow]:
    """Cases by id, one page after the id `after`; for a viewer, those that this one may know of."""
    query = sa.select(t.cases).where(t.cases.c.id > after).order_by(t.cases.c.id).limit(most)
    if viewer is not None:
        query = query.where(~case_teams.of_hidden(t.cases.c.id, viewer))
    if status is not None:
        query = query.where(t.cases.c.status == status.value)
    return [_row(row) for row in tx.execute(query)]


def counts(tx: Transaction) -> dict[str, int]:
    """How many cases are in each status; sealed and removed ones count nowhere, not even for their team."""
    shown = ~case_teams.of_hidden(t.cases.c.id, case_teams.NOBODY)
    query = sa.select(t.cases.c.status, sa.func.count()).where(shown).group_by(t.cases.c.status)
    rows = tx.execute(query)
    return {row[0]: row[1] for row in rows}


def move(tx: Transaction, step: CaseStep, *, expect: CaseStatus) -> None:
    """Take a step from the expected status. Raises Conflict if the case is not there."""
    where = (t.cases.c.id == step.case_id) & (t.cases.c.status == expect.value)
    done = tx.execute(sa.update(t.cases).where(where).values(status=step.status.value))
    if done.rowcount != 1:
        raise Conflict(step.case_id, f"is no longer {expect.value}; look at it again")
    _step(tx, step)


def hold(tx: Transaction, case_ids: Iterable[str]) -> None:
    """Have other workers that write about these cases wait until this transaction is over.

    SQLite has one writer at a time anyway; on PostgreSQL what they wrote before is seen from here on.
    """
    wanted = sorted(set(case_ids))
    if wanted:
        query = sa.select(t.cases.c.id).where(t.cases.c.id.in_(wanted)).order_by(t.cases.c.id)
        tx.execute(query.with_for_update(key_share=True)).all()


def remark(tx: Transaction, step: CaseStep) -> None:
    """Write down something in the life of a case that leaves its status as it is."""
    _step(tx, step)


def _step(tx: Transaction, step: CaseStep) -> None:
    taken = sa.select(sa.func.count()).where(t.case_steps.c.case_id == step.case_id)
    number = tx.execute(taken).scalar_one() + 1
    row = {"case_id": step.case_id, "status": step.status.value, "number": number, "by": step.by}
    tx.execute(sa.insert(t.case_steps).values(**row, evidence=step.evidence, at=step.at))


def steps(tx: Transaction, case_id: str) -> list[CaseStep]:
    """The life of the case, oldest first."""
    query = sa.select(t.case_steps).where(t.case_steps.c.case_id == case_id).order_by(t.case_steps.c.number)
    return [CaseStep(r.case_id, CaseStatus(r.status), r.by, r.at, r.evidence) for r in tx.execute(query)]


def put_photos(tx: Transaction, photos: Iterable[CasePhoto]) -> None:
    """Attach photos to a case; ages and days are replaced, found faces stay."""
    rows = [
        {
            "case_id": p.case_id,
            "digest": p.digest,
            "age_years": p.age_years,
            "taken_on": p.taken_on,
            "why": "",
        }
        for p in photos
    ]
    upsert(tx, t.case_photos, rows, update=("age_years", "taken_on"))


def set_face(tx: Transaction, case_id: str, digest: str, *, face_key: str | None, why: str) -> None:
    """Say which face of a registered photo is the child, or why none is."""
    where = (t.case_photos.c.case_id == case_id) & (t.case_photos.c.digest == digest)
    tx.execute(sa.update(t.case_photos).where(where).values(face_key=face_key, why=why))


def others_with_face(tx: Transaction, case_id: str, face_key: str) -> list[str]:
    """Ids of other cases for which the same registered face stands."""
    c = t.case_photos.c
    query = sa.select(c.case_id).where(c.face_key == face_key, c.case_id != case_id).order_by(c.case_id)
    return list(tx.execute(query).scalars()) if face_key else []


def photos_of(tx: Transaction, case_id: str) -> list[EnrolledPhoto]:
    """The registered photos, by digest."""
    query = (
        sa.select(t.case_photos).where(t.case_photos.c.case_id == case_id).order_by(t.case_photos.c.digest)
    )
    return [
        EnrolledPhoto(CasePhoto(r.case_id, r.digest, r.age_years, r.taken_on), r.face_key or "", r.why)
        for r in tx.execute(query)
    ]


def with_photo(tx: Transaction, digest: str) -> list[str]:
    """Ids of cases for which this photo is registered."""
    c = t.case_photos.c
    return list(tx.execute(sa.select(c.case_id).where(c.digest == digest).order_by(c.case_id)).scalars())


def put_contact(tx: Transaction, case_id: str, sealed: bytes, *, key_id: str, at: datetime) -> None:
    """Keep the sealed contact of the family."""
    upsert(tx, t.case_contacts, [{"case_id": case_id, "sealed": sealed, "key_id": key_id, "sealed_at": at}])


def has_contact(tx: Transaction, case_id: str) -> bool:
    """Whether a family can be reached about the case."""
    c = t.case_contacts.c
    return tx.execute(sa.select(c.case_id).where(c.case_id == case_id)).first() is not None


def gallery_changed(tx: Transaction, case_id: str, model: str, at: datetime) -> None:
    """Tell every process's gallery that this case came, changed or went."""
    tx.execute(sa.insert(t.gallery_changes).values(case_id=case_id, model=model, at=at))


def gallery_changes(tx: Transaction, *, after: int) -> Sequence[tuple[int, str]]:
    """(seq, case id) of changes after the number, in order."""
    c = t.gallery_changes.c
    rows = tx.execute(sa.select(c.seq, c.case_id).where(c.seq > after).order_by(c.seq))
    return [(row.seq, row.case_id) for row in rows]


def is_suppressed(tx: Transaction, digest: str) -> bool:
    """Whether a person or case under this keyed digest must never be registered again."""
    return (
        tx.execute(sa.select(t.suppressions.c.digest).where(t.suppressions.c.digest == digest)).first()
        is not None
    )


def suppress(tx: Transaction, digest: str, *, why: str, by: str, at: datetime) -> None:
    """Put a keyed digest on the suppression list; re-imports respect it."""
    upsert(tx, t.suppressions, [{"digest": digest, "why": why, "by": by, "at": at}], update=())


def unsuppress(tx: Transaction, digest: str) -> bool:
    """Take a keyed digest off the suppression list. False if it was not there."""
    return tx.execute(sa.delete(t.suppressions).where(t.suppressions.c.digest == digest)).rowcount > 0
