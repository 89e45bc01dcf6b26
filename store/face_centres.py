"""What age does to the vectors of a face model, learnt from the registry, as rows. Learns nothing itself.

One row a model; its version counts up, so that every process sees that its gallery has to be made anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store import tables as t
from store.db import Transaction, upsert

_C = t.face_centres.c


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """The direction of age, (dimension,) float32 of length 1, from so many photos of known age.

    An empty direction, (0,), means that there is none any more.
    """

    model: str
    version: int
    photos: int
    direction: NDArray[np.float32]
    made_at: datetime


def put(tx: Transaction, centre: Centre) -> None:
    """Keep a model's direction in place of the one before."""
    raw = np.ascontiguousarray(centre.direction, dtype="<f4").tobytes()
    row = {
        "model": centre.model,
        "version": centre.version,
        "photos": centre.photos,
        "direction": raw,
        "made_at": centre.made_at,
    }
    upsert(tx, t.face_centres, [row])


def get(tx: Transaction, model: str) -> Centre | None:
    """The direction of a model's vectors, None if none was ever learnt."""
    row = tx.execute(sa.select(t.face_centres).where(_C.model == model)).one_or_none()
    if row is None:
        return None
    direction = np.frombuffer(row.direction, dtype="<f4").astype(np.float32)
    return Centre(row.model, row.version, row.photos, direction, row.made_at)
