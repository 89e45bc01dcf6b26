"""Case files for authorities as rows: kept, decided about once, ended. Judges nothing and holds no file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams
from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing
from store.records.casefile import ENDED, CaseFile, CaseFileState

_F = t.case_files.c
_UNKNOWN = "is not the number of a case file; `run_bot.py casefile list` shows them"


def add(tx: Transaction, file: CaseFile) -> CaseFile:
    """Keep a prepared file; gives it with its number."""
    values = {name: getattr(file, name) for name in CaseFile.__dataclass_fields__ if name != "number"}
    insert = sa.insert(t.case_files).values(**{**values, "state": file.state.value})
    return get(tx, int(tx.execute(insert.returning(_F.number)).scalar_one()))


def get(tx: Transaction, number: int) -> CaseFile:
    """A case file, whoever may know of its case. Raises Missing."""
    row = tx.execute(sa.select(t.case_files).where(_F.number == number)).first()
    if row is None:
        raise Missing(str(number), _UNKNOWN)
    return _file(row)


def seen(tx: Transaction, number: int, viewer: str) -> CaseFile:
    """A case file as this viewer may know it. Raises Missing in the same words for a hidden case."""
    query = sa.select(t.case_files).where(_F.number == number, ~case_teams.of_hidden(_F.case_id, viewer))
    row = tx.execute(query).first()
    if row is None:
        raise Missing(str(number), _UNKNOWN)
    return _file(row)


def listing(tx: Transaction, *, viewer: str = case_teams.NOBODY, most: int = 100) -> list[CaseFile]:
    """Case files about cases that the viewer may know of, newest first."""
    query = sa.select(t.case_files).where(~case_teams.of_hidden(_F.case_id, viewer))
    return [_file(row) for row in tx.execute(query.order_by(_F.number.desc()).limit(most))]


def of_match(tx: Transaction, match_key: str, *, viewer: str) -> list[CaseFile]:
    """Case files about a candidate, as far as the viewer may know of its case; newest first."""
    where = (_F.match_key == match_key) & ~case_teams.of_hidden(_F.case_id, viewer)
    rows = tx.execute(sa.select(t.case_files).where(where).order_by(_F.number.desc()))
    return [_file(row) for row in rows]


def unended(tx: Transaction) -> list[CaseFile]:
    """Files that are neither delivered nor ended otherwise, oldest first."""
    where = _F.state.not_in([state.value for state in ENDED])
    return [_file(row) for row in tx.execute(sa.select(t.case_files).where(where).order_by(_F.number))]


def kept(tx: Transaction) -> list[CaseFile]:
    """Files whose encrypted bytes are to be kept until a moment, oldest first."""
    query = sa.select(t.case_files).where(_F.kept_until.is_not(None)).order_by(_F.number)
    return [_file(row) for row in tx.execute(query)]


def _file(row: Any) -> CaseFile:
    return CaseFile(**{**row._mapping, "state": CaseFileState(row.state)})


def decide(
    tx: Transaction, number: int, *, to: CaseFileState, by: str, why: str, at: datetime, content: str = ""
) -> None:
    """The second person's word. Raises Conflict when somebody gave it before."""
    values: dict[str, Any] = {"decided_by": by, "decided_why": why, "decided_at": at, "content": content}
    if to is CaseFileState.REFUSED:
        values |= {"ended_at": at, "ended_why": "refused"}
    _move(tx, number, CaseFileState.PREPARED, to, **values)


def made(tx: Transaction, number: int, *, digest: str, size_bytes: int, until: datetime) -> None:
    """The encrypted file is there. Raises Conflict when the case file ended meanwhile."""
    values = {"digest": digest, "size_bytes": size_bytes, "kept_until": until}
    _move(tx, number, CaseFileState.RELEASED, CaseFileState.READY, **values)


def delivered(tx: Transaction, number: int, *, at: datetime, until: datetime) -> bool:
    """It was fetched; its bytes are kept until a moment. False if it was fetched before."""
    where = (_F.number == number) & (_F.state == CaseFileState.READY.value)
    values = {"state": CaseFileState.DELIVERED.value, "ended_at": at, "kept_until": until}
    return tx.execute(sa.update(t.case_files).where(where).values(**values)).rowcount == 1


def reopen(tx: Transaction, number: int, *, until: datetime) -> bool:
    """A delivered file whose bytes are still kept can be handed over again. False if it cannot."""
    where = (_F.number == number) & (_F.state == CaseFileState.DELIVERED.value) & _F.kept_until.is_not(None)
    values = {"state": CaseFileState.READY.value, "ended_at": None, "kept_until": until}
    return tx.execute(sa.update(t.case_files).where(where).values(**values)).rowcount == 1


def end(tx: Transaction, number: int, *, to: CaseFileState, why: str, at: datetime) -> bool:
    """End a file that was not delivered. False if it ended before."""
    where = (_F.number == number) & _F.state.not_in([state.value for state in ENDED])
    values = {"state": to.value, "ended_at": at, "ended_why": why}
    return tx.execute(sa.update(t.case_files).where(where).values(**values)).rowcount == 1


def destroyed(tx: Transaction, number: int) -> None:
    """The encrypted bytes are gone; digest and size stay."""
    tx.execute(sa.update(t.case_files).where(_F.number == number).values(kept_until=None))


def _move(tx: Transaction, number: int, before: CaseFileState, to: CaseFileState, **values: Any) -> None:
    where = (_F.number == number) & (_F.state == before.value)
    done = tx.execute(sa.update(t.case_files).where(where).values(**values, state=to.value))
    if done.rowcount != 1:
        now = get(tx, number).state.value
        raise Conflict(str(number), f"is {now}, not {before.value}; look at it again")


def forget_case(tx: Transaction, case_id: str) -> list[str]:
    """Forget the files of a destroyed case and their links; the audit chain keeps that they were. Gives the
    digests of encrypted bytes that have to go."""
    of_case = sa.select(_F.number).where(_F.case_id == case_id)
    kept = sa.select(_F.digest).where(_F.case_id == case_id, _F.kept_until.is_not(None))
    digests = list(tx.execute(kept).scalars())
    tx.execute(sa.delete(t.deliveries).where(t.deliveries.c.number.in_(of_case)))
    tx.execute(sa.delete(t.case_files).where(_F.case_id == case_id))
    return digests


def looked_at(tx: Transaction, subject: str, action: str, by: str) -> str:
    """The digest of what this person looked at last, "" if they did not look."""
    a = t.audit.c
    query = sa.select(a.detail).where(a.subject == subject, a.action == action, a.by == by)
    detail = tx.execute(query.order_by(a.seq.desc()).limit(1)).scalar()
    return str(detail.get("content", "")) if isinstance(detail, dict) else ""


# ── the chain of steps ───────────────────────────────────────────────────────────────────────────


def stretch(tx: Transaction, subjects: set[str]) -> Iterator[dict[str, Any]]:
    """The audit chain from the first row about these subjects to its last: whole rows about them, of all
    others number and digest alone."""
    a = t.audit.c
    about = a.subject.in_(sorted(subjects))
    first = tx.execute(sa.select(sa.func.min(a.seq)).where(about)).scalar()
    if first is None:
        return
    whole = {row.seq: dict(row._mapping) for row in tx.execute(sa.select(t.audit).where(about))}
    for row in tx.execute(sa.select(a.seq, a.digest).where(a.seq >= first).order_by(a.seq)):
        yield whole.get(row.seq) or {"seq": row.seq, "digest": row.digest}
