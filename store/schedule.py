"""When each source and tag is read next, as rows. The arithmetic is in bot/rules/pace.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_C = t.schedule.c


@dataclass(frozen=True, slots=True)
class Slot:
    """One source and tag: when it is due, at which interval, and how many new posts an hour it brings.

    `off` says that it is not asked at all, and `why`. `rate_per_h` is None before the second poll.
    """

    source: str
    tag: str
    due_at: datetime
    interval_s: float
    rate_per_h: float | None = None
    polled_at: datetime | None = None
    off: bool = False
    why: str = ""


def put(tx: Transaction, slot: Slot) -> None:
    """Keep this slot as it is given."""
    upsert(tx, t.schedule, [{name: getattr(slot, name) for name in Slot.__dataclass_fields__}])


def get(tx: Transaction, source: str, tag: str) -> Slot | None:
    """One slot, None if the source is not asked for this tag."""
    row = tx.execute(sa.select(t.schedule).where(_C.source == source, _C.tag == tag)).first()
    return Slot(**row._mapping) if row else None


def slots(tx: Transaction, source: str | None = None) -> list[Slot]:
    """All slots in order of source and tag."""
    query = sa.select(t.schedule).order_by(_C.source, _C.tag)
    query = query.where(_C.source == source) if source is not None else query
    return [Slot(**row._mapping) for row in tx.execute(query)]


def due(tx: Transaction, now: datetime) -> list[Slot]:
    """Slots whose time has come, longest overdue first."""
    query = sa.select(t.schedule).where(~_C.off, _C.due_at <= now)
    return [Slot(**row._mapping) for row in tx.execute(query.order_by(_C.due_at, _C.source, _C.tag))]


def latest_due(tx: Transaction) -> datetime | None:
    """The due time that lies farthest ahead."""
    found: datetime | None = tx.execute(sa.select(sa.func.max(_C.due_at)).where(~_C.off)).scalar()
    return found


def keep_only(tx: Transaction, wanted: Collection[tuple[str, str]]) -> None:
    """Forget the slots of all other (source, tag)."""
    for slot in slots(tx):
        if (slot.source, slot.tag) not in wanted:
            tx.execute(sa.delete(t.schedule).where(_C.source == slot.source, _C.tag == slot.tag))
