"""Sightings that the case team keeps open beyond the usual time: who, why, until when; as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_K = t.kept_open.c


@dataclass(frozen=True, slots=True)
class KeptOpen:
    """One sighting whose face vectors are kept until a moment (aware UTC), by whom and why."""

    post_key: str
    by: str
    why: str
    at: datetime
    until: datetime


def put(tx: Transaction, kept: KeptOpen) -> None:
    """Keep a sighting open; said again, the new words and moment hold."""
    upsert(tx, t.kept_open, [{name: getattr(kept, name) for name in KeptOpen.__dataclass_fields__}])


def drop(tx: Transaction, post_key: str) -> bool:
    """Keep it open no longer. False if it was not."""
    return tx.execute(sa.delete(t.kept_open).where(_K.post_key == post_key)).rowcount == 1


def of_post(tx: Transaction, post_key: str) -> KeptOpen | None:
    """How a sighting is kept open, None if it is not."""
    row = tx.execute(sa.select(t.kept_open).where(_K.post_key == post_key)).first()
    return None if row is None else KeptOpen(*row)


def listing(tx: Transaction) -> list[KeptOpen]:
    """All that are kept open, those that end first before the others."""
    return [KeptOpen(*row) for row in tx.execute(sa.select(t.kept_open).order_by(_K.until, _K.post_key))]


def latest_of_photo(tx: Transaction, digest: str) -> datetime | None:
    """Until when the longest of the sightings that show this photo is kept open, None if none is."""
    query = sa.select(_K.until).join(t.media, t.media.c.post_key == _K.post_key)
    query = query.where(t.media.c.photo == digest).order_by(_K.until.desc())
    return tx.execute(query.limit(1)).scalar()


def drop_over(tx: Transaction, now: datetime) -> int:
    """Forget the words of those whose time is over or whose post went. How many."""
    stands = sa.exists().where(t.posts.c.key == _K.post_key, t.posts.c.gone_at.is_(None))
    return tx.execute(sa.delete(t.kept_open).where(sa.or_(_K.until <= now, ~stands))).rowcount
