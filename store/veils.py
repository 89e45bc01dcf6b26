"""Which posts are hidden from every list, page and count but for a few people, and their tasks, as rows.

Whoever lists posts, or what hangs on them, leaves out `of_veiled(column)`; who asks for one by its
key asks `check` first, which answers as if the post were not there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import campaign_changes, tag_marks
from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.hold import SafeguardingTask

SEALED, SAFEGUARDING, ERASURE = "sealed", "safeguarding", "erasure"
# Asked for every post that comes in, so built once.
_KINDS = sa.select(t.veils.c.kind).where(t.veils.c.post_key == sa.bindparam("key"))
_YOUNG = sa.select(t.young_authors.c.sign).where(t.young_authors.c.digest == sa.bindparam("key"))


def put(tx: Transaction, post_key: str, kind: str, at: datetime) -> bool:
    """Hide a post. True if it was not hidden for this reason before."""
    campaign_changes.mark(tx, post_key)
    tag_marks.put(tx, post_key)
    return insert_new(tx, t.veils, {"post_key": post_key, "kind": kind, "at": at})


def lift(tx: Transaction, post_key: str, kind: str) -> None:
    """Hide a post no longer for this reason."""
    campaign_changes.mark(tx, post_key)
    tag_marks.put(tx, post_key)
    tx.execute(sa.delete(t.veils).where(t.veils.c.post_key == post_key, t.veils.c.kind == kind))


def kinds_of(tx: Transaction, post_key: str) -> set[str]:
    """Why the post is hidden; empty if it is not."""
    return set(tx.execute(_KINDS, {"key": post_key}).scalars())


def of_veiled(column: Any) -> Any:
    """A condition for a query: the column names a hidden post."""
    return sa.exists().where(t.veils.c.post_key == column)


def check(tx: Transaction, post_key: str) -> None:
    """Raises Missing for a hidden post, in the words for one that was never stored."""
    if kinds_of(tx, post_key):
        raise Missing(post_key, "is not a stored post")


def shows_only_hidden(tx: Transaction, served: str) -> bool:
    """Whether a served picture is shown by hidden posts alone: by no other post, case or known picture."""
    digests = sa.select(t.photos.c.digest).where(t.photos.c.served == served)
    carried = t.media.c.photo.in_(digests)
    hidden = sa.exists().where(carried, of_veiled(t.media.c.post_key))
    open_to_all = sa.or_(
        sa.exists().where(carried, ~of_veiled(t.media.c.post_key)),
        sa.exists().where(t.case_photos.c.digest.in_(digests)),
        sa.exists().where(t.known_pictures.c.digest.in_(digests)),
    )
    return bool(tx.execute(sa.select(sa.and_(hidden, ~open_to_all))).scalar())


def is_shown_to_lead(tx: Transaction, served: str) -> bool:
    """Whether a post that is for the safeguarding lead shows this served picture."""
    v, m, p = t.veils.c, t.media.c, t.photos.c
    where = (
        (v.post_key == m.post_key) & (v.kind == SAFEGUARDING) & (m.photo == p.digest) & (p.served == served)
    )
    return bool(tx.execute(sa.select(sa.exists().where(where))).scalar())


# ── tasks of the safeguarding lead ───────────────────────────────────────────────────────────────


def raise_task(tx: Transaction, task: SafeguardingTask) -> bool:
    """Keep a task. False if there was one for the post already."""
    return insert_new(
        tx, t.safeguarding, {n: getattr(task, n) for n in SafeguardingTask.__dataclass_fields__}
    )


def tasks(tx: Transaction, *, most: int = 200) -> list[SafeguardingTask]:
    """Tasks, undone ones first, the newest of them on top."""
    s = t.safeguarding.c
    order = (s.done_at.is_not(None), s.raised_at.desc(), s.post_key)
    query = sa.select(t.safeguarding).order_by(*order).limit(most)
    return [SafeguardingTask(**row._mapping) for row in tx.execute(query)]


def task(tx: Transaction, reference: str) -> SafeguardingTask:
    """A task by its reference. Raises Missing."""
    row = tx.execute(sa.select(t.safeguarding).where(t.safeguarding.c.reference == reference)).first()
    if row is None:
        raise Missing(reference[:40], "is the reference of no safeguarding task")
    return SafeguardingTask(**row._mapping)


def waiting(tx: Transaction) -> int:
    """How many tasks nobody has done yet."""
    where = t.safeguarding.c.done_at.is_(None)
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.safeguarding).where(where)).scalar_one())


def finish(tx: Transaction, reference: str, *, by: str, note: str, at: datetime) -> None:
    """Say who did a task and what came of it. Raises Conflict if it was done already."""
    where = (t.safeguarding.c.reference == reference) & t.safeguarding.c.done_at.is_(None)
    values = {"done_by": by, "note": note, "done_at": at}
    if tx.execute(sa.update(t.safeguarding).where(where).values(**values)).rowcount != 1:
        raise Conflict(reference, "was done already")


def drop_task(tx: Transaction, post_key: str) -> None:
    """Forget the task of a post that is gone."""
    tx.execute(sa.delete(t.safeguarding).where(t.safeguarding.c.post_key == post_key))


# ── young authors ────────────────────────────────────────────────────────────────────────────────


def put_young(tx: Transaction, digest: str, sign: str, at: datetime) -> bool:
    """Remember that the author under this keyed digest seems to be a minor. True if that is new."""
    is_new = insert_new(tx, t.young_authors, {"digest": digest, "sign": sign, "at": at})
    if not is_new:
        upsert(tx, t.young_authors, [{"digest": digest, "sign": sign, "at": at}])
    return is_new


def young_sign(tx: Transaction, digest: str) -> str:
    """By which sign the author under this keyed digest seems to be a minor, "" if nothing says so."""
    return tx.execute(_YOUNG, {"key": digest}).scalar() or ""


def drop_young(tx: Transaction, *, before: datetime) -> int:
    """Forget authors whose last sign is older than the moment. How many went."""
    return tx.execute(sa.delete(t.young_authors).where(t.young_authors.c.at < before)).rowcount
