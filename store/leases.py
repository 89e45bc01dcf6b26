"""Who leads which source, and which processes are there: leases with a number that grows at each change.

A lease is renewed by its holder and taken by others once it is over. The time is the database's own where it
has one, so that the hosts' clocks need not agree. Starts nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.db import Clock, Transaction, insert, upsert

PAUSE = "@pause:"
"""Before the name of what is left alone for a while; no source can be called so."""
_L, _M = t.leases.c, t.members.c


@dataclass(frozen=True, slots=True)
class Lease:
    """Who leads: `number` tells this holder's time from those before and after it."""

    name: str
    holder: str
    number: int
    taken_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A process that works on this database: since when, and when it was last heard of."""

    id: str
    host: str
    roles: tuple[str, ...]
    key_digest: str
    began_at: datetime
    seen_at: datetime


def time_of(tx: Transaction, clock: Clock) -> datetime:
    """The database server's time, or the caller's where the database is a file."""
    if tx.dialect.name != "postgresql":
        return clock()
    now: datetime = tx.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def be_impatient(tx: Transaction) -> None:
    """In this transaction no lock is waited for longer than two seconds: OperationalError is raised then."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("SET LOCAL lock_timeout = '2s'"))


def take(tx: Transaction, name: str, holder: str, *, now: datetime, lease: timedelta) -> int | None:
    """Lead from now on, if nobody else does: the lease's new number, None while another one holds it.

    The cursors of a source of this name get the number at once, so that its leader of before, who may
    not know yet, cannot move them any more (see store/sources.py).
    """
    row = {"name": name, "holder": holder, "number": 1, "taken_at": now, "until": now + lease}
    changed = {"holder": holder, "number": _L.number + 1, "taken_at": now, "until": now + lease}
    statement = insert(tx, t.leases).values(**row)
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_=changed, where=_L.until <= now
    ).returning(_L.number)
    number: int | None = tx.execute(statement).scalar()
    if number is not None:
        tx.execute(sa.update(t.cursors).where(t.cursors.c.source == name).values(lease=number))
    return number


def renew(
    tx: Transaction, numbers: Mapping[str, int], holder: str, *, now: datetime, lease: timedelta
) -> set[str]:
    """Go on leading: the names that are still ours. One that was over, but that nobody took, is ours too."""
    if not numbers:
        return set()
    mine = sa.tuple_(_L.name, _L.number).in_(sorted(numbers.items()))
    update = sa.update(t.leases).where(_L.holder == holder, mine).values(until=now + lease)
    return set(tx.execute(update.returning(_L.name)).scalars())


def release(tx: Transaction, names: Collection[str], holder: str, *, now: datetime) -> None:
    """Lead no more: others may take these at once."""
    mine = sa.and_(_L.holder == holder, _L.name.in_(sorted(names)))
    tx.execute(sa.update(t.leases).where(mine).values(until=now))


def alone(tx: Transaction, what: str) -> None:
    """Until the transaction ends nobody else is past this point of the same name, on any host."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(715520, hashtext(:what))"), {"what": what})


def pause(tx: Transaction, name: str, until: datetime, *, at: datetime) -> None:
    """Nobody on any host does this before then, such as write to a platform that asked to wait."""
    row = {"name": PAUSE + name, "holder": "", "number": 0, "taken_at": at, "until": until}
    upsert(tx, t.leases, [row])


def paused_until(tx: Transaction, name: str) -> datetime | None:
    """Until when this is left alone; a moment that may be past, None without any."""
    found: datetime | None = tx.execute(sa.select(_L.until).where(_L.name == PAUSE + name)).scalar()
    return found


def listing(tx: Transaction) -> list[Lease]:
    """All leases by name, those that are over too."""
    query = sa.select(t.leases).where(~_L.name.startswith(PAUSE)).order_by(_L.name)
    return [Lease(**row._mapping) for row in tx.execute(query)]


def beat(tx: Transaction, member: Member) -> None:
    """Say that this process is there."""
    upsert(
        tx,
        t.members,
        [
            {
                "id": member.id,
                "host": member.host,
                "roles": list(member.roles),
                "key_digest": member.key_digest,
                "began_at": member.began_at,
                "seen_at": member.seen_at,
            }
        ],
        update=["roles", "seen_at"],
    )


def leave(tx: Transaction, member_id: str) -> None:
    """This process goes."""
    tx.execute(sa.delete(t.members).where(_M.id == member_id))


def members(tx: Transaction, *, since: datetime) -> list[Member]:
    """The processes that were heard of since then, the oldest first."""
    rows = tx.execute(sa.select(t.members).where(_M.seen_at >= since).order_by(_M.began_at, _M.id))
    return [Member(**{**row._mapping, "roles": tuple(row.roles)}) for row in rows]


def forget_members(tx: Transaction, *, before: datetime) -> None:
    """Drop the rows of processes that have not been heard of for long."""
    tx.execute(sa.delete(t.members).where(_M.seen_at < before))
