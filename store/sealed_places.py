"""Exact places under seal, as rows: what no list, page or file of the store may show. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from store import record_keys
from store import tables as t
from store.db import Transaction, upsert

_C = t.sealed_places.c
# Asked for every post that comes in, so built once.
_HAS = sa.select(_C.key).where(_C.key == sa.bindparam("key"))


def put(tx: Transaction, key: str, sealed: bytes, *, key_id: str, at: datetime) -> None:
    """Keep a sealed value under its key; an earlier one is replaced."""
    upsert(tx, t.sealed_places, [{"key": key, "sealed": sealed, "key_id": key_id, "sealed_at": at}])


def get(tx: Transaction, key: str) -> bytes | None:
    """The sealed value, None if there is none."""
    return tx.execute(sa.select(_C.sealed).where(_C.key == key)).scalar()


def has(tx: Transaction, key: str) -> bool:
    """Whether a sealed value is kept under this key."""
    return tx.execute(_HAS, {"key": key}).first() is not None


def drop(tx: Transaction, keys: Iterable[str]) -> bool:
    """Forget sealed values and destroy their keys. True if there was one."""
    gone = list(keys)
    record_keys.drop(tx, gone)
    return tx.execute(sa.delete(t.sealed_places).where(_C.key.in_(gone))).rowcount > 0


def of_post(key: str) -> str:
    """Where a post's geotag and payload lie."""
    return f"post|{key}"


def of_claim(key: str) -> str:
    """Where the exact readings of a post lie."""
    return f"claim|{key}"


def of_photo(digest: str) -> str:
    """Where a photo's GPS lies."""
    return f"photo|{digest}"
