"""Switches that stop all sending, and how the last self-tests went, as rows. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.records.replying import SelfTest

PAUSE, BREAKER = "pause", "breaker"
_S = t.switches.c


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch: whether it stops sending, and who turned it last, why and when."""

    name: str
    on: bool
    by: str
    why: str
    at: datetime


def turn(tx: Transaction, name: str, *, on: bool, by: str, why: str, at: datetime) -> None:
    """Turn a switch."""
    upsert(tx, t.switches, [{"name": name, "on": on, "by": by, "why": why, "at": at}])


def switch(tx: Transaction, name: str) -> Switch | None:
    """A switch as it was turned last, None before the first time."""
    row = tx.execute(sa.select(t.switches).where(_S.name == name)).first()
    return Switch(**row._mapping) if row else None


def stopping(tx: Transaction) -> list[Switch]:
    """Those that stop sending just now."""
    where = _S.on & _S.name.in_([PAUSE, BREAKER])
    return [Switch(**row._mapping) for row in tx.execute(sa.select(t.switches).where(where).order_by(_S.at))]


def put_test(tx: Transaction, test: SelfTest) -> None:
    """Keep how a self-test went."""
    upsert(tx, t.self_tests, [{name: getattr(test, name) for name in SelfTest.__dataclass_fields__}])


def last_test(tx: Transaction, name: str) -> SelfTest | None:
    """The last one of that name."""
    row = tx.execute(sa.select(t.self_tests).where(t.self_tests.c.name == name)).first()
    return SelfTest(**row._mapping) if row else None
