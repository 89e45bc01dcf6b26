"""The outbox: replies as rows that move along `NEXT_STATES` and nowhere else. Talks to no platform.

One row per (post, purpose), ever. Sending is fenced: a claim bumps `attempt`, and whoever finishes
must name the attempt it holds, so that a worker that came too late changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store import veils
from store.db import Transaction, insert_new
from store.errors import Conflict, LeaseLost, Missing
from store.records.reply import NEXT_STATES, Level, Purpose, Receipt, Reply, ReplyState


def key_of(post_key: str, purpose: Purpose) -> str:
    """The natural key of a reply."""
    return f"{purpose.value}|{post_key}"


def add(tx: Transaction, reply: Reply, *, to_author: str) -> bool:
    """Put a drafted row into the outbox. False, and nothing changed, when it is there already."""
    row = {name: getattr(reply, name) for name in Reply.__dataclass_fields__}
    row |= {"purpose": reply.purpose.value, "state": reply.state.value, "level": reply.level.value}
    return insert_new(tx, t.replies, {**row, "to_author": to_author})


def get(tx: Transaction, key: str) -> Reply:
    """A row. Raises Missing."""
    row = tx.execute(sa.select(t.replies).where(t.replies.c.key == key)).first()
    if row is None:
        raise Missing(key, "is not in the outbox")
    return _row(row)


def find(tx: Transaction, key: str) -> Reply | None:
    """A row or None."""
    row = tx.execute(sa.select(t.replies).where(t.replies.c.key == key)).first()
    return _row(row) if row else None


def _row(row: Any) -> Reply:
    plain = {name: getattr(row, name) for name in Reply.__dataclass_fields__}
    plain |= {"purpose": Purpose(row.purpose), "state": ReplyState(row.state), "level": Level(row.level)}
    return Reply(**plain)


def listing(
    tx: Transaction,
    *,
    state: ReplyState | None = None,
    before: tuple[datetime, str] | None = None,
    most: int = 100,
) -> list[Reply]:
    """Rows, newest draft first, by keyset (draft, key); those that answer a hidden post are left out."""
    r = t.replies.c
    query = sa.select(t.replies).where(~veils.of_veiled(r.post_key))
    query = query.order_by(r.drafted_at.desc(), r.key).limit(most)
    if state is not None:
        query = query.where(r.state == state.value)
    if before is not None:
        moment, key = before
        query = query.where((r.drafted_at < moment) | ((r.drafted_at == moment) & (r.key > key)))
    return [_row(row) for row in tx.execute(query)]


def of_post(tx: Transaction, post_key: str) -> list[Reply]:
    """Rows that answer the post."""
    return [_row(row) for row in tx.execute(sa.select(t.replies).where(t.replies.c.post_key == post_key))]


def forget_addressees(tx: Transaction, post_key: str) -> None:
    """The post is gone: rows that never went out, and never will, name its author no more."""
    r, s = t.replies.c, ReplyState
    unsent = [state.value for state in (s.CANCELLED, s.EXPIRED, s.REFUSED, s.REHEARSED)]
    where = (r.post_key == post_key) & r.state.in_(unsent)
    for row in tx.execute(sa.select(r.key, r.text, r.to_handle).where(where)).all():
        bare = row.text.removeprefix(f"@{row.to_handle} ") if row.to_handle else row.text
        tx.execute(
            sa.update(t.replies).where(r.key == row.key).values(text=bare, to_handle="", to_native_id="")
        )


def forget_withdrawn(tx: Transaction, key: str) -> None:
    """A row was taken back: it names nobody any more."""
    row = get(tx, key)
    bare = row.text.removeprefix(f"@{row.to_handle} ") if row.to_handle else row.text
    tx.execute(
        sa.update(t.replies).where(t.replies.c.key == key).values(text=bare, to_handle="", to_native_id="")
    )


def to_names(
    tx: Transaction, names: Collection[str], states: Sequence[ReplyState], platform: str = ""
) -> list[str]:
    """Keys of rows in one of the states to an account of one of these names, on one platform or on all."""
    r = t.replies.c
    query = sa.select(r.key, r.to_handle).where(r.state.in_([state.value for state in states]))
    if platform:
        query = query.where(r.platform == platform)
    return [row.key for row in tx.execute(query.order_by(r.key)) if _bare_names(row.to_handle) & set(names)]


def _bare_names(handle: str) -> set[str]:
    plain = handle.lstrip("@").casefold()
    user = plain.partition("@")[0]
    return {plain, user, user.partition(".")[0]} - {""}


def move(tx: Transaction, reply: Reply, to: ReplyState, **values: Any) -> Reply:
    """Move a row from the state and attempt in which the caller saw it.

    Raises Conflict for an arrow that does not exist, LeaseLost if the row moved meanwhile.
    """
    if to not in NEXT_STATES[reply.state]:
        raise Conflict(reply.key, f"cannot go from {reply.state.value} to {to.value}")
    r = t.replies.c
    where = (r.key == reply.key) & (r.state == reply.state.value) & (r.attempt == reply.attempt)
    done = tx.execute(sa.update(t.replies).where(where).values(state=to.value, **values))
    if done.rowcount != 1:
        raise LeaseLost(reply.key, "was moved by somebody else meanwhile")
    return get(tx, reply.key)


def claim(tx: Transaction, reply: Reply, *, lease_until: datetime) -> Reply:
    """Take an approved row for sending: state SENDING, one attempt more, leased."""
    return move(tx, reply, ReplyState.SENDING, attempt=reply.attempt + 1, lease_until=lease_until)


def sent(tx: Transaction, reply: Reply, receipt: Receipt) -> Reply:
    """Keep the platform's receipt."""
    values = {
        "receipt_id": receipt.id,
        "receipt_url": receipt.url,
        "sent_at": receipt.at,
        "lease_until": None,
    }
    return move(tx, reply, ReplyState.SENT, **values, why="")


def author_of(tx: Transaction, key: str) -> str:
    """The keyed digest of the author whom the row answers: what per-author caps count."""
    return tx.execute(sa.select(t.replies.c.to_author).where(t.replies.c.key == key)).scalar() or ""


def note(tx: Transaction, key: str, why: str) -> None:
    """Keep why a row does not move on."""
    tx.execute(sa.update(t.replies).where(t.replies.c.key == key).values(why=why))


def counts(tx: Transaction) -> dict[str, int]:
    """How many rows are in each state."""
    r = t.replies.c
    query = sa.select(r.state, sa.func.count()).where(~veils.of_veiled(r.post_key)).group_by(r.state)
    rows = tx.execute(query)
    return {row[0]: row[1] for row in rows}
