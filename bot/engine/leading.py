"""Which sources this process leads: all of them where it is alone, otherwise those whose leases it holds.

A lease is renewed every third of its time. By its own steady clock a process stops leading before the others
may take over, also when it cannot reach the database any more. Reads no source.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from store import leases
from store.db import Clock, Store, Transaction
from store.errors import LeaseLost, UsageError
from store.leases import Member

log = structlog.get_logger(__name__)

CLOCK = "@clock"
"""Whoever leads this does what recurs for all: polls, forgetting, retention. No source can be called so."""
BEATS_A_LEASE = 3
COLLECT = "collect"

Wanted = Callable[[], Collection[str]]


class Leading(Protocol):
    """What this process may do of what only one may do."""

    def leads(self, name: str) -> bool:
        """Whether it leads this source (or `CLOCK`) just now."""
        ...

    def number(self, source: str) -> int | None:
        """The number for its cursor; None where no lease is needed. Raises LeaseLost if it leads no more."""
        ...

    def is_alone(self) -> bool:
        """Whether no other process works on this database."""
        ...

    def start(self, roles: Sequence[str], wanted: Wanted, changed: Callable[[], None]) -> None:
        """Begin to lead. `wanted` gives what there is to lead; `changed` hears when what we lead changes."""
        ...

    def stop(self) -> None:
        """Give everything to the others."""
        ...


class Alone:
    """One process on one database: it leads everything, and no cursor carries a number."""

    def leads(self, name: str) -> bool:
        return True

    def number(self, source: str) -> int | None:
        return None

    def is_alone(self) -> bool:
        return True

    def start(self, roles: Sequence[str], wanted: Wanted, changed: Callable[[], None]) -> None:
        pass

    def stop(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Held:
    number: int
    until_s: float


class Shared:
    """Keeps `Leading` on the leases of a database that several processes use.

    `key_digest` is the same exactly where the sealing key is: a process with another key is refused, since
    it could not read what the others seal. `steady` is seconds that never go back.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        host: str,
        key_digest: str = "",
        lease: timedelta = timedelta(seconds=15),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._clock, self._steady = store, clock, steady
        self._lease, self._host, self._key_digest = lease, host, key_digest
        self.id = f"{host}:{os.getpid()}:{secrets.token_hex(4)}"
        self._roles: tuple[str, ...] = ()
        self._wanted: frozenset[str] = frozenset()
        self._held: dict[str, _Held] = {}
        self._began_at: datetime | None = None
        self._stop = threading.Event()
        self._beating = threading.Lock()
        self._thread: threading.Thread | None = None

    def leads(self, name: str) -> bool:
        held = self._held.get(name)
        return held is not None and self._steady() < held.until_s

    def number(self, source: str) -> int | None:
        held = self._held.get(source)
        if held is not None and self._steady() < held.until_s:
            return held.number
        if source not in self._wanted:
            return None  # Imports and the like: read by whoever does it, from a file.
        raise LeaseLost(source, "is led by another process, or this one cannot reach the database")

    def is_alone(self) -> bool:
        with self._store.reading() as tx:
            since = leases.time_of(tx, self._clock) - self._lease
            return all(member.id == self.id for member in leases.members(tx, since=since))

    def start(self, roles: Sequence[str], wanted: Wanted, changed: Callable[[], None]) -> None:
        """Join the others. Raises UsageError where they have another sealing key."""
        self._roles = tuple(roles)
        self._same_key()
        self.beat(wanted())
        self._thread = threading.Thread(target=self._run, args=(wanted, changed), name="leases", daemon=True)
        self._thread.start()

    def _same_key(self) -> None:
        with self._store.reading() as tx:
            since = leases.time_of(tx, self._clock) - self._lease
            for member in leases.members(tx, since=since):
                if member.key_digest != self._key_digest:
                    raise UsageError(
                        "HOMEWARD_SEAL_KEY",
                        f"is another one than that of {member.host}, which works on the same database; "
                        "give all hosts the same key",
                    )

    def _run(self, wanted: Wanted, changed: Callable[[], None]) -> None:
        before = self._led()
        while not self._stop.wait(self._lease.total_seconds() / BEATS_A_LEASE):
            try:
                self.beat(wanted())
            except sa.exc.SQLAlchemyError as error:
                log.warning("database_trouble", doing="leases", reason=type(error).__name__)
            if self._led() != before:
                before = self._led()
                log.info("leads", sources=sorted(before))
                changed()

    def _led(self) -> set[str]:
        return {name for name in tuple(self._held) if self.leads(name)}

    def beat(self, wanted: Collection[str]) -> None:
        """Say that we are there, renew what we lead, take what nobody leads, up to a fair share."""
        with self._beating:
            self._wanted = frozenset(wanted)
            share = self._renew()
            if share is not None:
                self._take(share)

    def _renew(self) -> int | None:
        """Gives how many sources we may lead; None if we have just let one go to the others."""
        until_s = self._steady() + self._lease.total_seconds()
        numbers = {name: held.number for name, held in self._held.items()}
        with self._store.transaction() as tx:
            now = leases.time_of(tx, self._clock)
            self._began_at = self._began_at or now
            me = Member(self.id, self._host, self._roles, self._key_digest, self._began_at, now)
            leases.beat(tx, me)
            leases.forget_members(tx, before=now - 20 * self._lease)
            share = self._share(tx, now)
            kept = leases.renew(tx, numbers, self.id, now=now, lease=self._lease)
            surplus = self._surplus(kept, share)
            leases.release(tx, surplus, self.id, now=now)
        self._held = {name: _Held(numbers[name], until_s) for name in kept - surplus}
        return None if surplus else share

    def _share(self, tx: Transaction, now: datetime) -> int:
        """How many sources a collecting process leads at most, so that all have about as many."""
        there = leases.members(tx, since=now - self._lease)
        collecting = sum(COLLECT in member.roles for member in there)
        return math.ceil(len(self._wanted - {CLOCK}) / max(1, collecting))

    def _surplus(self, kept: Collection[str], share: int) -> set[str]:
        unwanted = {name for name in kept if name not in self._wanted}
        mine = sorted(name for name in kept if name in self._wanted and name != CLOCK)
        # One with each beat, so that streams do not all break off together when a host joins.
        return unwanted | set(mine[-1:] if len(mine) > share else [])

    def _take(self, share: int) -> None:
        """What nobody leads, each in its own transaction: a lock that a dead host still has holds up one."""
        room = share - sum(name != CLOCK for name in self._held)
        for name in sorted(self._wanted - set(self._held)):
            if name != CLOCK and room <= 0:
                continue
            until_s = self._steady() + self._lease.total_seconds()
            try:
                with self._store.transaction() as tx:
                    leases.be_impatient(tx)
                    now = leases.time_of(tx, self._clock)
                    number = leases.take(tx, name, self.id, now=now, lease=self._lease)
            except sa.exc.OperationalError as error:
                log.info("lease_waits", source=name, reason=type(error.orig).__name__)
                continue
            if number is not None:
                self._held = {**self._held, name: _Held(number, until_s)}
                room -= name != CLOCK

    def stop(self) -> None:
        """Lead nothing any more and say so, that others need not wait."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        with self._beating:
            held, self._held = self._held, {}
            if self._began_at is None:
                return
            try:
                with self._store.transaction() as tx:
                    leases.release(tx, list(held), self.id, now=leases.time_of(tx, self._clock))
                    leases.leave(tx, self.id)
            except sa.exc.SQLAlchemyError as error:
                log.warning("database_trouble", doing="leases", reason=type(error).__name__)
