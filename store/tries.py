"""How often something was tried within a span, as rows in a fixed number of slots that every process sees.

A row names nobody: which slot a name or an address falls into is decided by the caller, with a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert

_T = t.sign_in_tries.c


def left_s(tx: Transaction, slots: Iterable[int], now: datetime, *, most: int, within: timedelta) -> float:
    """Seconds until one more try is allowed in all of these slots; 0 if it is now."""
    rows = tx.execute(sa.select(t.sign_in_tries).where(_T.slot.in_(sorted(set(slots)))))
    return max((_left_s(row.times, now, most, within) for row in rows), default=0.0)


def count(tx: Transaction, slots: Iterable[int], now: datetime, *, most: int, within: timedelta) -> float:
    """Count a try in each slot: 0.0. If there were too many, nothing is counted: the seconds to wait.

    Holds the rows until the transaction ends, so that no other process counts beside it.
    """
    held = {slot: _held(tx, slot, now) for slot in sorted(set(slots))}
    wait_s = max((_left_s(times, now, most, within) for times in held.values()), default=0.0)
    if wait_s > 0:
        return wait_s
    for slot, times in held.items():
        fresh = [*_within(times, now, within), now.timestamp()]
        tx.execute(sa.update(t.sign_in_tries).where(_T.slot == slot).values(times=fresh))
    return 0.0


def _held(tx: Transaction, slot: int, now: datetime) -> list[float]:
    """The tries of a slot, which nobody else counts in until this transaction ends."""
    statement = insert(tx, t.sign_in_tries).values(slot=slot, times=[], last_at=now)
    statement = statement.on_conflict_do_update(index_elements=["slot"], set_={"last_at": now})
    return list(tx.execute(statement.returning(_T.times)).scalar_one())


def tidy(tx: Transaction, now: datetime, *, within: timedelta) -> None:
    """Forget slots in which nobody tried for a span; leaves alone what another process counts in just now."""
    old = sa.select(_T.slot).where(_T.last_at <= now - within).with_for_update(skip_locked=True)
    tx.execute(sa.delete(t.sign_in_tries).where(_T.slot.in_(old)))


def clear(tx: Transaction, slot: int) -> None:
    """Forget the tries of a slot."""
    tx.execute(sa.delete(t.sign_in_tries).where(_T.slot == slot))


def rows(tx: Transaction) -> int:
    """How many slots hold something."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.sign_in_tries)).scalar_one())


def _within(times: list[float], now: datetime, within: timedelta) -> list[float]:
    return [at for at in times if now - datetime.fromtimestamp(at, UTC) < within]


def _left_s(times: list[float], now: datetime, most: int, within: timedelta) -> float:
    fresh = _within(times, now, within)
    if len(fresh) < most:
        return 0.0
    return max(0.0, (datetime.fromtimestamp(fresh[-most], UTC) + within - now).total_seconds())
