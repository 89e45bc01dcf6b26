"""Stored face vectors by the thousand: in blocks, of active cases, due, missing under another model; as rows.

One vector at a time is in store/photos.py. Compares nothing and judges no permit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.errors import StoreError
from store.photos import CASE, SIGHTING
from store.records.case import CaseStatus
from store.records.photo import FaceQuality

Matrix = np.ndarray[Any, np.dtype[np.float32]]

_V = t.vectors.c
_KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Block:
    """Vectors (n, d) under their faces' keys, in the order of these."""

    keys: tuple[str, ...]
    matrix: Matrix


def matrix_of(blobs: Sequence[bytes], dimension: int) -> Matrix:
    """Stored vectors as one matrix (n, dimension). Raises StoreError where one has another size."""
    joined = b"".join(blobs)
    if len(joined) != len(blobs) * dimension * 4:
        raise StoreError("vectors", f"are not all of {dimension} values; make them again: `faces re-embed`")
    return np.frombuffer(joined, dtype="<f4").reshape(-1, dimension).astype(np.float32, copy=False)


def sightings(
    tx: Transaction, model: str, dimension: int, *, now: datetime, after: str = "", most: int = 2048
) -> Block:
    """The next vectors of sightings under this model, by face key; an empty block at the end.

    Those whose time is over are left out although the round that takes them away has not come by.
    """
    where = (_V.holder == SIGHTING, _V.model == model, _V.face_key > after, ~_over(now))
    query = sa.select(_V.face_key, _V.vector).where(*where).order_by(_V.face_key).limit(most)
    rows = tx.execute(query).all()
    return Block(tuple(row[0] for row in rows), matrix_of([row[1] for row in rows], dimension))


def count_sightings(tx: Transaction, model: str) -> int:
    """How many vectors of sightings are kept under this model, with those that the next round takes away."""
    where = (_V.holder == SIGHTING, _V.model == model)
    return tx.execute(sa.select(sa.func.count()).select_from(t.vectors).where(*where)).scalar_one()


def _over(now: datetime) -> Any:
    return sa.and_(_V.expires_at.is_not(None), _V.expires_at <= now)


def of_case(tx: Transaction, case_id: str, model: str) -> Iterator[tuple[str, Matrix]]:
    """(photo digest, vector) of the registered photos of one case, whatever its status."""
    c = t.case_photos.c
    joined = t.case_photos.join(t.vectors, (_V.face_key == c.face_key) & (_V.model == model))
    query = sa.select(c.digest, _V.vector).select_from(joined).where(c.case_id == case_id).order_by(c.digest)
    for row in tx.execute(query):
        yield row.digest, np.frombuffer(row.vector, dtype="<f4").astype(np.float32)


def of_active_cases(tx: Transaction, model: str) -> Iterator[tuple[str, str, Matrix]]:
    """(case id, photo digest, vector) of every registered photo of active cases that has a vector."""
    c = t.case_photos.c
    joined = t.cases.join(t.case_photos, c.case_id == t.cases.c.id).join(
        t.vectors, (_V.face_key == c.face_key) & (_V.model == model)
    )
    query = sa.select(c.case_id, c.digest, _V.vector).select_from(joined)
    query = query.where(t.cases.c.status == CaseStatus.ACTIVE.value).order_by(c.case_id, c.digest)
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield row.case_id, row.digest, np.frombuffer(row.vector, dtype="<f4").astype(np.float32)


def latest_change(tx: Transaction) -> int:
    """The number of the latest change of the gallery, 0 before the first."""
    return tx.execute(sa.select(sa.func.max(t.gallery_changes.c.seq))).scalar() or 0


# ── how long ─────────────────────────────────────────────────────────────────────────────────────


def since(tx: Transaction, face_keys: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Since when each face's vector may count as stored: now, or when it first was, noting it if new."""
    upsert(tx, t.face_templates, [{"face_key": key, "since": now} for key in face_keys], update=())
    return since_of(tx, face_keys)


def since_of(tx: Transaction, face_keys: Sequence[str]) -> dict[str, datetime]:
    """Since when the vectors of these faces count as stored; those that never had one are left out."""
    c = t.face_templates.c
    query = sa.select(c.face_key, c.since).where(c.face_key.in_(face_keys))
    return {row.face_key: row.since for row in tx.execute(query)}


def drop_due(tx: Transaction, now: datetime, *, most: int = 5000) -> int:
    """Forget vectors whose time is over, at most so many. How many went."""
    due = sa.select(_V.face_key, _V.model).where(_over(now)).limit(most)
    return tx.execute(sa.delete(t.vectors).where(sa.tuple_(_V.face_key, _V.model).in_(due))).rowcount


def set_end(tx: Transaction, face_key: str, until: datetime) -> None:
    """Say until when the vectors of a sighting's face are kept."""
    where = (_V.face_key == face_key) & (_V.holder == SIGHTING)
    tx.execute(sa.update(t.vectors).where(where).values(expires_at=until))


def without(
    tx: Transaction, model: str, *, now: datetime, after: str = "", most: int = 100
) -> list[tuple[str, str]]:
    """(face, photo) of kept faces whose vector's time is over, by face key; of those fit to be compared."""
    c, f = t.face_templates.c, t.faces.c
    kept = sa.exists().where(_V.face_key == c.face_key, _V.model == model, ~_over(now))
    query = (
        sa.select(c.face_key, f.photo)
        .join(t.faces, f.key == c.face_key)
        .where(c.face_key > after, f.quality != FaceQuality.UNUSABLE.value, ~kept)
        .order_by(c.face_key)
        .limit(most)
    )
    return [(row.face_key, row.photo) for row in tx.execute(query)]


def count_without(tx: Transaction, model: str, *, now: datetime) -> int:
    """How many kept faces have no vector any more."""
    c = t.face_templates.c
    kept = sa.exists().where(_V.face_key == c.face_key, _V.model == model, ~_over(now))
    query = sa.select(sa.func.count()).select_from(t.face_templates)
    usable = sa.exists().where(t.faces.c.key == c.face_key, t.faces.c.quality != FaceQuality.UNUSABLE.value)
    return tx.execute(query.where(usable, ~kept)).scalar_one()


# ── another model ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Held:
    """A kept vector's face and what it is kept for, without the vector."""

    face_key: str
    photo: str
    holder: str
    stored_at: datetime
    expires_at: datetime | None


def missing(
    tx: Transaction, old: str, new: str, holder: str, *, now: datetime, after: str = "", most: int = 200
) -> list[Held]:
    """Faces with a vector under the old model and none under the new one, by face key; of one holder."""
    other = t.vectors.alias("other")
    made = sa.exists().where(other.c.face_key == _V.face_key, other.c.model == new)
    query = (
        sa.select(_V.face_key, t.faces.c.photo, _V.holder, _V.stored_at, _V.expires_at)
        .join(t.faces, t.faces.c.key == _V.face_key)
        .where(_V.model == old, _V.holder == holder, _V.face_key > after, ~_over(now), ~made)
        .order_by(_V.face_key)
        .limit(most)
    )
    return [Held(*row) for row in tx.execute(query)]


def count(tx: Transaction, model: str) -> int:
    """How many vectors are kept under this model."""
    where = _V.holder.in_((SIGHTING, CASE)) & (_V.model == model)
    return tx.execute(sa.select(sa.func.count()).select_from(t.vectors).where(where)).scalar_one()


def drop_model(tx: Transaction, model: str, *, most: int = 5000) -> int:
    """Forget vectors of a model, at most so many. How many went."""
    where = _V.holder.in_((SIGHTING, CASE)) & (_V.model == model)
    keys = list(tx.execute(sa.select(_V.face_key).where(where).limit(most)).scalars())
    gone = 0
    for begin in range(0, len(keys), _KEYS_AT_ONCE):
        part = _V.face_key.in_(keys[begin : begin + _KEYS_AT_ONCE])
        gone += tx.execute(sa.delete(t.vectors).where(part, _V.model == model)).rowcount
    return gone


def posts_with_vectors(tx: Transaction, model: str) -> Iterator[str]:
    """Keys of posts that show a face of which a vector is kept under this model."""
    shown = t.media.join(t.faces, t.faces.c.photo == t.media.c.photo).join(
        t.vectors, (_V.face_key == t.faces.c.key) & (_V.model == model) & (_V.holder == SIGHTING)
    )
    query = sa.select(t.media.c.post_key).select_from(shown).distinct().order_by(t.media.c.post_key)
    yield from tx.execute(query).scalars()


__all__ = [
    "CASE",
    "SIGHTING",
    "Block",
    "Held",
    "Matrix",
    "count",
    "count_sightings",
    "count_without",
    "drop_due",
    "drop_model",
    "latest_change",
    "matrix_of",
    "missing",
    "of_active_cases",
    "of_case",
    "posts_with_vectors",
    "set_end",
    "sightings",
    "since",
    "since_of",
    "without",
]
