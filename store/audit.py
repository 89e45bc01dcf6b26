"""The audit chain: each row carries the digest of the row before. Rows are never changed or removed.

A row names who did what to which key; never a name, a contact, a text or a place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.records.campaign import AuditEntry

GENESIS = "0" * 64


def digest_of(
    seq: int, at: datetime, by: str, action: str, subject: str, detail: dict[str, Any], previous: str
) -> str:
    """SHA-256 in hex over the row's content and the digest of the row before."""
    content = [seq, at.astimezone(UTC).isoformat(), by, action, subject, detail, previous]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write(tx: Transaction, at: datetime, by: str, action: str, subject: str, **detail: Any) -> None:
    """Append one row in the caller's transaction: it is there exactly if the deed is."""
    if tx.dialect.name == "postgresql":
        # Two writers must not read the same last row; SQLite has one writer anyway.
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(715517)"))
    last = tx.execute(
        sa.select(t.audit.c.seq, t.audit.c.digest).order_by(t.audit.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.digest) if last else (1, GENESIS)
    digest = digest_of(seq, at, by, action, subject, detail, previous)
    row = {"seq": seq, "at": at, "by": by, "action": action, "subject": subject}
    tx.execute(sa.insert(t.audit).values(**row, detail=detail, digest=digest, previous=previous))


def entries(tx: Transaction, *, after: int = 0, most: int = 1000) -> list[AuditEntry]:
    """Rows in order, at most `most` after the number `after`."""
    query = sa.select(t.audit).where(t.audit.c.seq > after).order_by(t.audit.c.seq).limit(most)
    return [AuditEntry(**row._mapping) for row in tx.execute(query)]


def first_break(tx: Transaction) -> int | None:
    """The number of the first row that does not fit the chain, None when the chain is whole."""
    previous, expected = GENESIS, 1
    for entry in _all(tx):
        right = digest_of(entry.seq, entry.at, entry.by, entry.action, entry.subject, entry.detail, previous)
        if entry.seq != expected or entry.previous != previous or entry.digest != right:
            return entry.seq
        previous, expected = entry.digest, expected + 1
    return None


def _all(tx: Transaction) -> Iterator[AuditEntry]:
    after = 0
    while batch := entries(tx, after=after):
        yield from batch
        after = batch[-1].seq
