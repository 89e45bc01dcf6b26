"""The audit chain: each row carries the digest of the row before. Rows never change; the oldest end in time.

A row names who did what to which key; never a name, a contact, a text or a place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from store import counters
from store import tables as t
from store.db import Transaction
from store.records.campaign import AuditEntry

GENESIS = "0" * 64
ANCHOR = "audit:begins"
"""Counter: the number of the row with which the chain begins today, 0 while none has gone."""


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


def last(tx: Transaction) -> int:
    """The number of the last row, 0 before the first."""
    return int(tx.execute(sa.select(sa.func.max(t.audit.c.seq))).scalar() or 0)


def entries(tx: Transaction, *, after: int = 0, most: int = 1000) -> list[AuditEntry]:
    """Rows in order, at most `most` after the number `after`."""
    query = sa.select(t.audit).where(t.audit.c.seq > after).order_by(t.audit.c.seq).limit(most)
    return [AuditEntry(**row._mapping) for row in tx.execute(query)]


def between(tx: Transaction, since: datetime, until: datetime) -> Iterator[AuditEntry]:
    """Rows of a span of time, in order, `until` not included."""
    query = sa.select(t.audit).where(t.audit.c.at >= since, t.audit.c.at < until).order_by(t.audit.c.seq)
    for row in tx.execution_options(yield_per=1000).execute(query):
        yield AuditEntry(**row._mapping)


def first_break(tx: Transaction) -> int | None:
    """The number of the first row that does not fit the chain, None when the chain is whole."""
    previous, expected = GENESIS, 1
    anchor = counters.value(tx, ANCHOR)
    for entry in _all(tx):
        if entry.seq == anchor:
            # Rows before it went with their time; it says itself what came before.
            previous, expected = entry.previous, anchor
        right = digest_of(entry.seq, entry.at, entry.by, entry.action, entry.subject, entry.detail, previous)
        if entry.seq != expected or entry.previous != previous or entry.digest != right:
            return entry.seq
        previous, expected = entry.digest, expected + 1
    return None


def prune(tx: Transaction, *, before: datetime, most: int = 10_000) -> int:
    """Let the oldest rows go whose time is over; how many went. The chain begins with the last of them.

    Rows go from the beginning alone, so that what is left is one chain.
    """
    c = t.audit.c
    first_kept = tx.execute(sa.select(sa.func.min(c.seq)).where(c.at >= before)).scalar()
    anchor = counters.value(tx, ANCHOR)
    upto = min((first_kept or last(tx) + 1) - 1, max(anchor, 1) + most)
    if upto <= max(anchor, 1):
        return 0
    gone = tx.execute(sa.delete(t.audit).where(c.seq < upto)).rowcount
    counters.add(tx, ANCHOR, upto - anchor)
    return gone


def _all(tx: Transaction) -> Iterator[AuditEntry]:
    after = 0
    while batch := entries(tx, after=after):
        yield from batch
        after = batch[-1].seq
