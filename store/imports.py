"""Imports as rows: what was delivered, what was stated about it, which posts it brought. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.imports import Basis, Import, ImportFile, Statement
from store.records.permit import Use

SOURCE = "archive"
"""The name under which posts from files are observed; their tag is the digest of the file."""
_SOURCE: sa.ColumnElement[str] = sa.literal_column(
    f"'{SOURCE}'"
)  # written out, so that the partial index is used
# Asked for every post that comes in, so built once.
_WAYS = sa.select(t.observations.c.source).where(t.observations.c.post_key == sa.bindparam("key")).distinct()
_NOTHING: Mapping[str, Any] = {
    "source": "",
    "basis": "",
    "grantor": "",
    "until": None,
    "scope": [],
    "stated_by": "",
    "stated_at": None,
}


def add(tx: Transaction, made: Import) -> bool:
    """Keep a new import. False, and nothing changed, if there is one of that id."""
    row = {"id": made.id, "named": made.named, "begun_at": made.begun_at, "begun_by": made.begun_by}
    row |= dict(_NOTHING)
    if made.statement is not None:
        row |= _stated(made.statement, made.stated_by, made.stated_at or made.begun_at)
    return insert_new(tx, t.imports, row)


def _stated(statement: Statement, by: str, at: datetime) -> dict[str, Any]:
    return {
        "source": statement.source,
        "basis": statement.basis.value,
        "grantor": statement.grantor,
        "until": statement.until,
        "scope": sorted(use.value for use in statement.scope),
        "stated_by": by,
        "stated_at": at,
    }


def state(tx: Transaction, import_id: str, statement: Statement, *, by: str, at: datetime) -> None:
    """Put a statement in force, instead of an earlier or a revoked one; it has still to reach its posts."""
    changed = _stated(statement, by, at)
    changed |= {"revoked_by": "", "revoked_at": None, "ended_at": None, "pending": True}
    _update(tx, import_id, changed)


def revoke(tx: Transaction, import_id: str, *, by: str, at: datetime) -> None:
    """Take the statement back; what was stated stays readable."""
    _update(tx, import_id, {"revoked_by": by, "revoked_at": at, "pending": True})


def finish(tx: Transaction, import_id: str, at: datetime) -> None:
    """All its files were read to their ends."""
    _update(tx, import_id, {"finished_at": at})


def settled(tx: Transaction, import_id: str) -> None:
    """What followed from its statement has reached all of its posts."""
    _update(tx, import_id, {"pending": False})


def reach_anew(tx: Transaction, import_id: str) -> None:
    """Its posts were stored before it came: its statement has still to reach them."""
    _update(tx, import_id, {"pending": True})


def _update(tx: Transaction, import_id: str, values: Mapping[str, Any]) -> None:
    tx.execute(sa.update(t.imports).where(t.imports.c.id == import_id).values(**values))


def is_end_due(tx: Transaction, now: datetime) -> bool:
    """Whether the time of a statement is over and nothing followed from that yet."""
    i = t.imports.c
    return (
        tx.execute(sa.select(i.id).where(i.until <= now, i.ended_at.is_(None)).limit(1)).first() is not None
    )


def end_due(tx: Transaction, now: datetime) -> list[str]:
    """Mark statements whose time is over; gives their imports, whose posts are to be looked at anew."""
    i = t.imports.c
    due = (i.until <= now) & i.ended_at.is_(None)
    ended = sa.update(t.imports).where(due).values(ended_at=now, pending=True).returning(i.id)
    return sorted(tx.execute(ended).scalars())


def put_file(tx: Transaction, file: ImportFile) -> None:
    """Keep a file of an import with what is known of it by now."""
    names = ("import_id", "file", "name", "posts", "set_aside", "not_kept", "is_read")
    upsert(tx, t.import_files, [{name: getattr(file, name) for name in names}])


def get(tx: Transaction, import_id: str) -> Import:
    """An import. Raises Missing."""
    row = tx.execute(sa.select(t.imports).where(t.imports.c.id == import_id)).first()
    if row is None:
        raise Missing(import_id, "is no import; `run_bot.py imports` shows them")
    return _import(row)


def full_id(tx: Transaction, start: str) -> str:
    """The one id that begins so. Raises Missing for none, Conflict for several."""
    i = t.imports.c.id
    query = sa.select(i).where(i.startswith(start, autoescape=True)).order_by(sa.func.length(i), i).limit(2)
    found = list(tx.execute(query).scalars())
    if not found or not start:
        raise Missing(start, "is the beginning of no import's id; `run_bot.py imports` shows them")
    if len(found) > 1 and start not in found:
        raise Conflict(start, "is the beginning of several ids; give more of it")
    return start if start in found else found[0]


def _import(row: Any) -> Import:
    statement = None
    if row.source and row.basis:
        scope = frozenset(Use(word) for word in row.scope)
        statement = Statement(row.source, Basis(row.basis), row.grantor, row.until, scope)
    plain = ("id", "named", "begun_at", "begun_by", "stated_by", "stated_at", "revoked_by", "revoked_at")
    values = {name: getattr(row, name) for name in (*plain, "finished_at", "pending")}
    return Import(**values, statement=statement)


def listing(tx: Transaction) -> list[Import]:
    """All imports, newest first."""
    i = t.imports.c
    return [_import(row) for row in tx.execute(sa.select(t.imports).order_by(i.begun_at.desc(), i.id))]


def unfinished(tx: Transaction, named: str) -> list[Import]:
    """Imports of these paths that were broken off, oldest first."""
    i = t.imports.c
    query = sa.select(t.imports).where(i.named == named, i.finished_at.is_(None)).order_by(i.begun_at, i.id)
    return [_import(row) for row in tx.execute(query)]


def pending(tx: Transaction) -> list[str]:
    """Imports whose statement has not reached all of their posts."""
    i = t.imports.c
    return list(tx.execute(sa.select(i.id).where(i.pending).order_by(i.begun_at, i.id)).scalars())


def files_of(tx: Transaction, import_id: str) -> list[ImportFile]:
    """The files of an import, by name."""
    f = t.import_files.c
    query = sa.select(t.import_files).where(f.import_id == import_id).order_by(f.name, f.file)
    return [ImportFile(**row._mapping) for row in tx.execute(query)]


def of_file(tx: Transaction, file: str) -> list[Import]:
    """The imports that brought this file, oldest first."""
    i, f = t.imports.c, t.import_files.c
    query = sa.select(t.imports).join(t.import_files, f.import_id == i.id).where(f.file == file)
    return [_import(row) for row in tx.execute(query.order_by(i.begun_at, i.id))]


def of_post(tx: Transaction, post_key: str) -> list[Import]:
    """The imports that brought this post, oldest first."""
    i, f, o = t.imports.c, t.import_files.c, t.observations.c
    brought = sa.select(f.import_id).join(t.observations, o.tag == f.file)
    brought = brought.where(o.post_key == post_key, o.source == _SOURCE)
    query = sa.select(t.imports).where(i.id.in_(brought)).order_by(i.begun_at, i.id)
    return [_import(row) for row in tx.execute(query)]


def ways_to(tx: Transaction, post_key: str) -> tuple[bool, bool]:
    """How a post came: (from a file, from a live source)."""
    sources = set(tx.execute(_WAYS, {"key": post_key}).scalars())
    return SOURCE in sources, bool(sources - {SOURCE})


def has_given_pictures(tx: Transaction, post_key: str) -> bool:
    """Whether the bytes of any of its pictures came in a file instead of from the platform."""
    m = t.media.c
    query = sa.select(m.post_key).where(m.post_key == post_key, m.given != "").limit(1)
    return tx.execute(query).first() is not None


def posts_of(tx: Transaction, import_id: str, *, after: str = "", most: int = 200) -> list[str]:
    """Keys of the standing posts that an import brought, in order, after a key."""
    f, o, p = t.import_files.c, t.observations.c, t.posts.c
    query = (
        sa.select(o.post_key)
        .join(t.import_files, f.file == o.tag)
        .join(t.posts, p.key == o.post_key)
        .where(f.import_id == import_id, o.source == _SOURCE, o.post_key > after, p.gone_at.is_(None))
        .distinct()
        .order_by(o.post_key)
        .limit(most)
    )
    return list(tx.execute(query).scalars())


def waiting(tx: Transaction) -> list[Import]:
    """Imports of which nobody has stated source and basis, oldest first.

    Not those that were revoked, and not those whose every file another import with a statement brought.
    """
    i, f = t.imports.c, t.import_files.c
    mine, other = t.import_files.alias().c, t.imports.alias().c
    stated = sa.select(f.file).where(f.import_id.in_(sa.select(other.id).where(_is_stated(other))))
    has_unstated = sa.exists().where(mine.import_id == i.id, mine.file.not_in(stated))
    query = sa.select(t.imports).where(i.basis == "", i.revoked_at.is_(None), has_unstated)
    return [_import(row) for row in tx.execute(query.order_by(i.begun_at, i.id))]


def _is_stated(columns: Any) -> Any:
    return (columns.basis != "") & columns.revoked_at.is_(None) & columns.ended_at.is_(None)


def totals(files: Sequence[ImportFile]) -> dict[str, int]:
    """Posts, set aside, not kept of some files together."""
    return {name: sum(getattr(file, name) for file in files) for name in ("posts", "set_aside", "not_kept")}
