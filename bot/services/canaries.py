"""Canary cases: nobody's, kept only so that whoever opens, searches or exports one is noticed.

A canary looks like any draft. It has no photo, so it can never join the search.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.pipeline import watching
from bot.pipeline.road import Road
from store import audit, canaries, cases, users
from store.canaries import Canary
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed
from store.records.case import CaseStatus


def touched(road: Road, tx: Transaction, case_ids: Iterable[str], by: str, how: str) -> list[str]:
    """Alarm if canaries are among these cases; gives them. Once an hour for each person, case and way.

    `how` completes "touched the canary": opened, found by a search, exported.
    """
    found = canaries.among(tx, case_ids)
    hour = f"{road.clock():%Y-%m-%dT%H}"
    for case_id in found:
        watching.alarm(road, tx, watching.Why.CANARY, case_id, by or "somebody unnamed", f"{hour} {how}")
    return found


def looked(road: Road, case_ids: Iterable[str], by: str, how: str = "opened") -> None:
    """The same for what only read: writes nothing where no canary is among them."""
    ids = list(case_ids)
    with road.store.reading() as tx:
        if not canaries.among(tx, ids):
            return
    with road.store.transaction() as tx:
        touched(road, tx, ids, by, how)


def listing(road: Road, *, by: str) -> list[Canary]:
    """All canaries. Raises NotAllowed for who is no administrator."""
    with road.store.reading() as tx:
        _admin(tx, by)
        return canaries.listing(tx)


def place(road: Road, case_id: str, *, by: str) -> Canary:
    """Make a draft that is about nobody a canary.

    Raises Missing for an unknown case, Conflict if it is no draft, has photos or is one already,
    NotAllowed for who is no administrator.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        _admin(tx, by)
        held = cases.seen(tx, case_id, by)
        if held.status is not CaseStatus.DRAFT or cases.photos_of(tx, case_id):
            raise Conflict(case_id, "is no draft without photos; a canary must never be searched with")
        if not canaries.put(tx, case_id, by=by, at=now):
            raise Conflict(case_id, "is a canary already")
        audit.write(tx, now, by, "canary.placed", road.key.digest("audit-canary", case_id)[:16])
    return Canary(case_id, by, now)


def lift(road: Road, case_id: str, *, by: str) -> None:
    """Make it an ordinary draft again. Raises Missing, NotAllowed."""
    with road.store.transaction() as tx:
        _admin(tx, by)
        if not canaries.drop(tx, case_id):
            raise Missing(case_id, "is no canary")
        subject = road.key.digest("audit-canary", case_id)[:16]
        audit.write(tx, road.clock(), by, "canary.lifted", subject)


def _admin(tx: Transaction, by: str) -> None:
    if not users.get(tx, by).has(users.ADMIN):
        raise NotAllowed(by, "is no administrator; canaries are theirs alone")
