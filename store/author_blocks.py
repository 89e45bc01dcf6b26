"""Authors whose posts are set aside for a time, with who said so and why, as rows. Nothing is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing

_B = t.author_blocks.c
# Asked for every post that comes in, so built once.
_STANDS = sa.select(_B.number).where(
    _B.platform == sa.bindparam("on"),
    _B.author_id == sa.bindparam("id"),
    _B.ended_at.is_(None),
    _B.expires_at > sa.bindparam("now"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an author until it expires or somebody ends it."""

    number: int
    platform: str
    author_id: str
    handle: str
    why: str
    by: str
    at: datetime
    expires_at: datetime
    ended_by: str
    ended_why: str
    ended_at: datetime | None


def put(
    tx: Transaction, *, platform: str, author_id: str, handle: str, why: str, by: str, at: datetime,
    expires_at: datetime,
) -> Block:  # fmt: skip
    """Block an author. Raises Conflict where a block stands already."""
    if is_blocked(tx, platform, author_id, at):
        raise Conflict(handle or author_id, "is blocked already; end that block first to change it")
    values = {"platform": platform, "author_id": author_id, "handle": handle, "why": why, "by": by}
    statement = sa.insert(t.author_blocks).values(**values, at=at, expires_at=expires_at)
    return get(tx, tx.execute(statement.returning(_B.number)).scalar_one())


def get(tx: Transaction, number: int) -> Block:
    """A block. Raises Missing."""
    row = tx.execute(sa.select(t.author_blocks).where(_B.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not the number of a block; `tags blocks` lists them")
    return Block(**row._mapping)


def is_blocked(tx: Transaction, platform: str, author_id: str, now: datetime) -> bool:
    """Whether a block of the author stands. Nobody without an id is ever blocked."""
    asked = {"on": platform, "id": author_id, "now": now}
    return bool(author_id) and tx.execute(_STANDS, asked).first() is not None


def end(tx: Transaction, number: int, *, by: str, why: str, at: datetime) -> Block:
    """End a block. Raises Missing, or Conflict where it was ended already."""
    get(tx, number)
    where = (_B.number == number) & _B.ended_at.is_(None)
    values = {"ended_by": by, "ended_why": why, "ended_at": at}
    if tx.execute(sa.update(t.author_blocks).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), "was ended already")
    return get(tx, number)


def expired(tx: Transaction, now: datetime) -> list[Block]:
    """Blocks whose time is over and that nobody has ended yet."""
    query = sa.select(t.author_blocks).where(_B.ended_at.is_(None), _B.expires_at <= now).order_by(_B.number)
    return [Block(**row._mapping) for row in tx.execute(query)]


def listing(tx: Transaction, *, most: int = 100) -> list[Block]:
    """Blocks, standing ones first, then the newest."""
    query = sa.select(t.author_blocks).order_by(_B.ended_at.is_not(None), _B.number.desc()).limit(most)
    return [Block(**row._mapping) for row in tx.execute(query)]


def posts_of(tx: Transaction, block: Block) -> list[str]:
    """Keys of standing posts of the author that came while the block stood."""
    p = t.posts.c
    until = block.ended_at or block.expires_at
    where = (p.platform == block.platform, p.author_id == block.author_id, p.gone_at.is_(None))
    query = sa.select(p.key).where(*where, p.received_at >= block.at, p.received_at <= until)
    return list(tx.execute(query.order_by(p.key)).scalars())
