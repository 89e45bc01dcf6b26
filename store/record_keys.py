"""Keys of single sealed rows, wrapped by the installation's key, as rows. Opens nothing and knows no key.

A key that is dropped makes what it sealed unreadable wherever it was copied to; backups carry the keys
apart from the rows (bot/pipeline/backing_up.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import counters
from store import tables as t
from store.db import Transaction, insert_new

_K = t.record_keys.c
RECORD = "record"
"""What stands as `key_id` beside a value that the key of its own row seals."""
DROPPED = "record-keys:dropped"
"""Counter: it moves whenever keys went, so that the copy beside the backups is written anew."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sealed values: the row's name is `prefix` and the row's key."""

    prefix: str
    table: sa.Table
    sealed: str
    key: str


KINDS = (
    Kind("contact:", t.case_contacts, "sealed", "case_id"),
    Kind("profile:", t.case_profiles, "sealed", "case_id"),
    Kind("note:", t.case_notes, "sealed", "id"),
    Kind("lead-document:", t.lead_documents, "sealed", "id"),
    Kind("lead-document-name:", t.lead_documents, "name_sealed", "id"),
    Kind("talk:", t.talks, "sealed", "key"),
    Kind("erasure:", t.erasures, "sealed", "reference"),
    Kind("", t.sealed_places, "sealed", "key"),
)
_PLACES = ("post|", "claim|", "photo|")


def wrapped(tx: Transaction, record: str) -> bytes | None:
    """The wrapped key of a row, None if there is none."""
    return tx.execute(sa.select(_K.wrapped).where(_K.record == record)).scalar()


def put(tx: Transaction, record: str, key: bytes, *, key_id: str, at: datetime) -> bool:
    """Keep a new wrapped key. False if the row has one, which stays."""
    row = {"record": record, "wrapped": key, "key_id": key_id, "made_at": at}
    return insert_new(tx, t.record_keys, row)


def rewrap(tx: Transaction, record: str, key: bytes, *, before: bytes, key_id: str) -> bool:
    """Replace a wrapping that is still `before`. False if it changed meanwhile."""
    where = (_K.record == record) & (_K.wrapped == before)
    values = {"wrapped": key, "key_id": key_id}
    return tx.execute(sa.update(t.record_keys).where(where).values(**values)).rowcount == 1


def drop(tx: Transaction, records: Iterable[str]) -> int:
    """Destroy keys; how many there were."""
    gone = tx.execute(sa.delete(t.record_keys).where(_K.record.in_(list(records)))).rowcount
    if gone:
        counters.add(tx, DROPPED, gone)
    return gone


def wrapped_by_others(tx: Transaction, key_id: str, *, most: int) -> list[tuple[str, bytes]]:
    """(row, wrapped key) of keys that another key than this one wraps; some of them."""
    query = sa.select(_K.record, _K.wrapped).where(_K.key_id != key_id).order_by(_K.record).limit(most)
    return [(row[0], row[1]) for row in tx.execute(query)]


def rows(tx: Transaction) -> Iterator[dict[str, Any]]:
    """All keys as rows, for the file that lies beside the backups."""
    for row in tx.execute(sa.select(t.record_keys).order_by(_K.record)):
        yield dict(row._mapping)


def bring_back(tx: Transaction, found: Iterable[dict[str, Any]]) -> int:
    """Take over keys from that file; a key that is there stays. How many were new."""
    return sum(insert_new(tx, t.record_keys, row) for row in found)


def count(tx: Transaction) -> int:
    """How many keys there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.record_keys)).scalar_one())


def drop_orphans(tx: Transaction) -> int:
    """Destroy keys whose row is no more, or holds nothing under seal any more; how many."""
    gone = 0
    for kind in KINDS:
        key, sealed = kind.table.c[kind.key], kind.table.c[kind.sealed]
        prefixes = (kind.prefix,) if kind.prefix else _PLACES
        is_of_kind = sa.or_(*(_K.record.startswith(each, autoescape=True) for each in prefixes))
        name = sa.func.substr(_K.record, len(kind.prefix) + 1)
        held = sa.exists().where(key == name, sealed.is_not(None), sa.func.length(sealed) > 0)
        gone += tx.execute(sa.delete(t.record_keys).where(is_of_kind, ~held)).rowcount
    if gone:
        counters.add(tx, DROPPED, gone)
    return gone


# ── values from before ───────────────────────────────────────────────────────────────────────────


def under_common_key(tx: Transaction, kind: Kind, *, after: str, most: int) -> list[tuple[str, bytes]]:
    """(row's key, sealed value) by key, after a key, of values that no key of their own may seal yet."""
    c, sealed = kind.table.c, kind.table.c[kind.sealed]
    query = sa.select(c[kind.key], sealed).where(sealed.is_not(None), sa.func.length(sealed) > 0)
    query = query.where(c[kind.key] > after)
    if "key_id" in c and kind.sealed == "sealed":
        query = query.where(c.key_id != RECORD)
    found = tx.execute(query.order_by(c[kind.key]).limit(most))
    return [(row[0], row[1]) for row in found]


def replace(tx: Transaction, kind: Kind, key: str, sealed: bytes, *, before: bytes) -> bool:
    """Put a value under its own key where it is still `before`. False if it changed meanwhile."""
    c = kind.table.c
    values: dict[str, Any] = {kind.sealed: sealed}
    if kind.sealed == "sealed":
        values["key_id"] = RECORD
    where = (c[kind.key] == key) & (c[kind.sealed] == before)
    return tx.execute(sa.update(kind.table).where(where).values(**values)).rowcount == 1
