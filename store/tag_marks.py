"""Posts whose numbers have to be counted again, as rows: written by whoever changes what a post counts as.

A mark is written in the transaction of the change, so that no change is missed; counting takes it away.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

_M = t.bench_marks.c
_PUT = sa.insert(t.bench_marks)


def put(tx: Transaction, *post_keys: str) -> None:
    """Ask for these posts to be counted again. Rows are only added: two writers never wait for each other."""
    rows = [{"post_key": key} for key in post_keys if key]
    if rows:
        tx.execute(_PUT, rows)


def of_matches(tx: Transaction, *which: sa.ColumnElement[bool]) -> None:
    """The posts of these matches."""
    put(tx, *tx.execute(sa.select(t.matches.c.post_key).where(*which).distinct()).scalars())


def alone(tx: Transaction) -> None:
    """Let nobody else count until this transaction ends."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("LOCK TABLE bench_posts IN SHARE ROW EXCLUSIVE MODE"))


def take(tx: Transaction, most: int) -> tuple[list[str], bool]:
    """The posts that the oldest marks name, each once, and whether there may be more; these marks go.

    Whoever takes marks is alone until its transaction ends: counts are differences to what was counted.
    """
    alone(tx)
    oldest = sa.select(_M.seq).order_by(_M.seq).limit(most).scalar_subquery()
    gone = sa.delete(t.bench_marks).where(_M.seq.in_(oldest)).returning(_M.post_key)
    keys = list(tx.execute(gone).scalars())
    return sorted(set(keys)), len(keys) == most


def put_all(tx: Transaction) -> None:
    """Ask for every stored post, in place of what is asked for by now."""
    tx.execute(sa.delete(t.bench_marks))
    every = sa.select(t.posts.c.key).order_by(t.posts.c.received_at, t.posts.c.key)
    tx.execute(sa.insert(t.bench_marks).from_select(["post_key"], every))


def waiting(tx: Transaction) -> int:
    """How many marks there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.bench_marks)).scalar_one())
