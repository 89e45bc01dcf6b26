"""Messages to the bot, tasks by hand, and the marks of outbox rows, as rows. Seals and reads nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store import veils
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.reply import Purpose, ReplyState
from store.records.replying import HandTask, Marks, Talk

_T, _H, _M, _R = t.talks.c, t.hand_tasks.c, t.reply_marks.c, t.replies.c


def put(tx: Transaction, talk: Talk) -> bool:
    """Keep a message. False if it is known."""
    return insert_new(tx, t.talks, {name: getattr(talk, name) for name in Talk.__dataclass_fields__})


def get(tx: Transaction, key: str) -> Talk:
    """One message. Raises Missing."""
    found = find(tx, key)
    if found is None:
        raise Missing(key, "is no message to us that is kept")
    return found


def find(tx: Transaction, key: str) -> Talk | None:
    """One message or None."""
    row = tx.execute(sa.select(t.talks).where(_T.key == key)).first()
    return Talk(**row._mapping) if row else None


def listing(tx: Transaction, *, most: int = 100) -> list[Talk]:
    """Messages, open ones first, the newest on top; those about hidden posts are left out."""
    shown = ~veils.of_veiled(_T.post_key) & ~veils.of_veiled(_T.key)
    order = (_T.closed_at.is_not(None), _T.at.desc(), _T.key)
    query = sa.select(t.talks).where(shown).order_by(*order).limit(most)
    return [Talk(**row._mapping) for row in tx.execute(query)]


def of_post(tx: Transaction, post_key: str) -> list[Talk]:
    """Messages about a sighting, oldest first."""
    query = sa.select(t.talks).where(_T.post_key == post_key).order_by(_T.at, _T.key)
    return [Talk(**row._mapping) for row in tx.execute(query)]


def by_author(tx: Transaction, to_authors: Collection[str]) -> list[Talk]:
    """Messages that an author under one of these keyed digests wrote to us, oldest first."""
    query = sa.select(t.talks).where(_T.to_author.in_(list(to_authors))).order_by(_T.at, _T.key)
    return [Talk(**row._mapping) for row in tx.execute(query)]


def has_private(tx: Transaction, to_author: str) -> bool:
    """Whether the author under this keyed digest has written to us in private."""
    where = (_T.to_author == to_author) & (_T.key_id != "")
    return tx.execute(sa.select(_T.key).where(where).limit(1)).first() is not None


def waiting(tx: Transaction) -> int:
    """How many messages nobody has taken care of."""
    shown = ~veils.of_veiled(_T.post_key) & ~veils.of_veiled(_T.key)
    query = sa.select(sa.func.count()).select_from(t.talks).where(_T.closed_at.is_(None), shown)
    return int(tx.execute(query).scalar_one())


def close(tx: Transaction, key: str, *, by: str, at: datetime) -> None:
    """Say that somebody took care of it."""
    where = (_T.key == key) & _T.closed_at.is_(None)
    tx.execute(sa.update(t.talks).where(where).values(closed_by=by, closed_at=at))


def forget(tx: Transaction, key: str) -> None:
    """A post is gone: the message that it was, and messages about it, go with their sealed words."""
    tx.execute(sa.delete(t.talks).where(sa.or_(_T.key == key, _T.post_key == key)))
    open_tasks = (_H.post_key == key) & _H.done_at.is_(None)
    tx.execute(sa.delete(t.hand_tasks).where(open_tasks))
    tx.execute(sa.update(t.hand_tasks).where(_H.post_key == key).values(text=""))


def drop_sealed(tx: Transaction, to_author: str) -> None:
    """An author wants no more to do with us: what they wrote in private is kept no longer."""
    tx.execute(sa.update(t.talks).where(_T.to_author == to_author).values(sealed=None, key_id=""))


def drop_due(tx: Transaction, now: datetime) -> int:
    """Private words whose time is over go; that there was a message stays. How many."""
    where = (_T.kept_until <= now) & _T.sealed.is_not(None)
    return tx.execute(sa.update(t.talks).where(where).values(sealed=None, key_id="")).rowcount


# ── our own words ────────────────────────────────────────────────────────────────────────────────


def of_receipt(tx: Transaction, platform: str, ids: Collection[str]) -> list[Any]:
    """(post key, receipt address, author digest) of our messages that bear one of these ids."""
    query = sa.select(_R.post_key, _R.receipt_url, _R.to_author)
    query = query.where(_R.platform == platform, _R.receipt_id != "", _R.receipt_id.in_(sorted(ids)))
    return list(tx.execute(query.order_by(_R.key)))


def to_author(tx: Transaction, author: str, states: Sequence[ReplyState]) -> list[str]:
    """Keys of rows to the author under this keyed digest that are in one of the states."""
    where = (_R.to_author == author) & _R.state.in_([state.value for state in states])
    return list(tx.execute(sa.select(_R.key).where(where).order_by(_R.key)).scalars())


def with_wording(tx: Transaction, wording: str, states: Sequence[ReplyState]) -> list[str]:
    """Keys of rows made from a version of our words that are in one of the states."""
    query = sa.select(_R.key).join(t.reply_marks, _M.key == _R.key)
    query = query.where(_M.wording == wording, _R.state.in_([state.value for state in states]))
    return list(tx.execute(query.order_by(_R.key)).scalars())


def mark(tx: Transaction, key: str, marks: Marks) -> None:
    """Keep the marks of a row, once."""
    row = {name: getattr(marks, name) for name in Marks.__dataclass_fields__}
    insert_new(tx, t.reply_marks, {**row, "hashtags": list(marks.hashtags), "key": key})


def marks_of(tx: Transaction, key: str) -> Marks:
    """The marks of a row; empty ones if none were kept."""
    row = tx.execute(sa.select(t.reply_marks).where(_M.key == key)).first()
    if row is None:
        return Marks()
    return Marks(row.thread, tuple(row.hashtags), row.wording, row.zone_min, row.written_by)


def history(tx: Transaction, *, since: datetime) -> list[Any]:
    """(author, platform, at, thread, hashtags) of what went out or may have since then: what caps count."""
    s = ReplyState
    counted = [state.value for state in (s.SENT, s.SENDING, s.UNKNOWN, s.WITHDRAWING, s.WITHDRAWN)]
    at = sa.func.coalesce(_R.sent_at, _R.lease_until, _R.drafted_at)
    query = sa.select(_R.to_author, _R.platform, at.label("at"), _M.thread, _M.hashtags)
    query = query.outerjoin_from(t.replies, t.reply_marks, _M.key == _R.key)
    return list(tx.execute(query.where(_R.state.in_(counted), at >= since)))


# ── tasks by hand ────────────────────────────────────────────────────────────────────────────────


def add_task(tx: Transaction, task: HandTask) -> bool:
    """Keep a task. False if there is one under that key."""
    row = {name: getattr(task, name) for name in HandTask.__dataclass_fields__}
    return insert_new(tx, t.hand_tasks, {**row, "purpose": task.purpose.value})


def tasks(tx: Transaction, *, most: int = 100) -> list[HandTask]:
    """Tasks, undone ones first, the oldest of them on top; those about hidden posts are left out."""
    order = (_H.done_at.is_not(None), _H.asked_at, _H.key)
    query = sa.select(t.hand_tasks).where(~veils.of_veiled(_H.post_key)).order_by(*order).limit(most)
    rows = tx.execute(query)
    return [HandTask(**{**row._mapping, "purpose": Purpose(row.purpose)}) for row in rows]


def finish_task(tx: Transaction, key: str, *, by: str, outcome: str, at: datetime) -> None:
    """Say who did a task and what came of it. Raises Missing, or Conflict if it was done already."""
    row = tx.execute(sa.select(_H.done_at).where(_H.key == key)).first()
    if row is None:
        raise Missing(key, "is no task")
    if row.done_at is not None:
        raise Conflict(key, "was done already")
    values = {"done_by": by, "outcome": outcome, "done_at": at}
    tx.execute(sa.update(t.hand_tasks).where(_H.key == key, _H.done_at.is_(None)).values(**values))


def cancel_tasks(tx: Transaction, post_key: str, *, why: str, at: datetime) -> None:
    """Tasks about a post that are open are done with, for this reason."""
    where = (_H.post_key == post_key) & _H.done_at.is_(None)
    values = {"done_by": "homeward", "outcome": why, "done_at": at, "text": ""}
    tx.execute(sa.update(t.hand_tasks).where(where).values(**values))
