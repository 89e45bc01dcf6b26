"""Why pairs were not shown to people though their faces are alike, as rows. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.db import Transaction, upsert
from store.records.match import Dropped

_D = t.match_drops.c
_NAMES = ("face_key", "post_key", "case_id", "similarity", "name", "words")


def put(tx: Transaction, dropped: Iterable[Dropped], at: datetime) -> None:
    """Keep why pairs are not shown; what was said of the same pair before is replaced."""
    rows = [{name: getattr(item, name) for name in _NAMES} | {"at": at} for item in dropped]
    upsert(tx, t.match_drops, rows)


def drop(tx: Transaction, face_keys: Sequence[str], case_id: str | None = None) -> None:
    """Forget what was said of these faces, with one case alone if it is named."""
    where = _D.face_key.in_(face_keys)
    tx.execute(sa.delete(t.match_drops).where(where if case_id is None else where & (_D.case_id == case_id)))


def forget_case(tx: Transaction, case_id: str) -> None:
    """Forget what was said of a case."""
    tx.execute(sa.delete(t.match_drops).where(_D.case_id == case_id))


def of_post(tx: Transaction, post_key: str, *, viewer: str = case_teams.NOBODY) -> list[Dropped]:
    """Pairs of a post that are not shown, most similar first; without cases that the viewer must not know."""
    shown = (~veils.of_veiled(_D.post_key), ~case_teams.of_hidden(_D.case_id, viewer))
    return _listed(tx, _D.post_key == post_key, *shown)


def of_case(
    tx: Transaction, case_id: str, *, viewer: str = case_teams.NOBODY, most: int = 200
) -> list[Dropped]:
    """Pairs of a case that are not shown, most similar first; nothing of a case hidden from the viewer."""
    shown = (~veils.of_veiled(_D.post_key), ~case_teams.of_hidden(_D.case_id, viewer))
    return _listed(tx, _D.case_id == case_id, *shown)[:most]


def _listed(tx: Transaction, *where: Any) -> list[Dropped]:
    columns = [getattr(_D, name) for name in _NAMES]
    query = sa.select(*columns).where(*where).order_by(_D.similarity.desc(), _D.face_key, _D.case_id)
    return [Dropped(**row._mapping) for row in tx.execute(query)]
