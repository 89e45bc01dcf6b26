"""Which faces a served copy of a photo shows, and which of them people were asked about. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from store import photos
from store import tables as t
from store.db import Transaction
from store.matches import WITHDRAWN
from store.records.photo import Face


def in_served(tx: Transaction, served: str, *, case_prefix: str) -> list[Face]:
    """The faces in all photos that are shown by this copy, as posts' and as cases' photos."""
    digests = tx.execute(sa.select(t.photos.c.digest).where(t.photos.c.served == served)).scalars().all()
    names = [name for digest in digests for name in (digest, f"{case_prefix}{digest}")]
    return [face for name in names for face in photos.faces_of(tx, name)]


def in_candidates(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Those of these faces that stand in a candidate that still counts, or that a case is searched by."""
    m, p = t.matches.c, t.case_photos.c
    shown = sa.select(m.face_key).where(m.face_key.in_(keys), m.state != WITHDRAWN)
    searched = sa.select(p.face_key).where(p.face_key.in_(keys))
    return set(tx.execute(shown).scalars()) | set(tx.execute(searched).scalars())
