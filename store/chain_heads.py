"""Signed heads of the audit chain, with what a time-stamping service said of them. Checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's last row at a moment: its number and digest, our signature in hex, a DER time stamp."""

    seq: int
    digest: str
    signature: str
    stamp: bytes | None
    at: datetime


def last_row(tx: Transaction) -> tuple[int, str] | None:
    """Number and digest of the audit chain's last row, None for an empty chain."""
    a = t.audit.c
    row = tx.execute(sa.select(a.seq, a.digest).order_by(a.seq.desc()).limit(1)).first()
    return None if row is None else (row.seq, row.digest)


def put(tx: Transaction, head: Head) -> bool:
    """Keep a head. False if that row was kept as one before."""
    return insert_new(tx, t.chain_heads, {name: getattr(head, name) for name in Head.__dataclass_fields__})


def listing(tx: Transaction) -> list[Head]:
    """All heads, by row."""
    query = sa.select(t.chain_heads).order_by(t.chain_heads.c.seq)
    return [Head(**row._mapping) for row in tx.execute(query)]


def digests(tx: Transaction, seqs: list[int]) -> dict[int, str]:
    """The digests that the chain has now for rows of these numbers."""
    a = t.audit.c
    found: dict[int, str] = {}
    for start in range(0, len(seqs), 500):
        rows = tx.execute(sa.select(a.seq, a.digest).where(a.seq.in_(seqs[start : start + 500])))
        found |= {row.seq: row.digest for row in rows}
    return found
