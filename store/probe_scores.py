"""The best score that each face of a sighting reached, as rows: from these thresholds are proposed.

No case is named, and they go with the face.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_P, _M = t.probe_scores.c, t.matches.c


@dataclass(frozen=True, slots=True)
class ProbeScore:
    """A face's best normalised score in a registry of `cases` cases, and its group of likely ages."""

    face_key: str
    model: str
    photo: str
    looks: str
    cases: int
    score: float
    at: datetime
    is_possible: bool = False


_NAMES = ("face_key", "model", "photo", "looks", "cases", "score", "at")


def put(tx: Transaction, scores: Iterable[ProbeScore]) -> None:
    """Keep scores; a face compared again has its latest one, and the time of its first."""
    rows = [{name: getattr(item, name) for name in _NAMES} for item in scores]
    upsert(tx, t.probe_scores, rows, update=("photo", "looks", "cases", "score"))


def drop(tx: Transaction, face_keys: Iterable[str]) -> None:
    """Forget the scores of these faces: what they show is no unrelated face, or they are gone."""
    tx.execute(sa.delete(t.probe_scores).where(_P.face_key.in_(list(face_keys))))


def since(tx: Transaction, model: str, moment: datetime, *, most: int = 200_000) -> list[ProbeScore]:
    """Scores of faces first compared from a moment on with this model, the newest `most` of them.

    `is_possible` where a person called the face a possible resemblance.
    """
    possible = sa.exists().where(_M.face_key == _P.face_key, _M.state == "possible")
    columns = [getattr(_P, name) for name in _NAMES]
    query = sa.select(*columns, possible.label("is_possible")).where(_P.model == model, _P.at >= moment)
    query = query.order_by(_P.at.desc(), _P.face_key).limit(most)
    return [ProbeScore(**{**row._mapping, "is_possible": bool(row.is_possible)}) for row in tx.execute(query)]
