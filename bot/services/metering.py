"""What each person had revealed or exported, counted by day, with an alarm above a set measure.

Counts only; whether somebody may see a thing is decided where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.pipeline import watching
from bot.pipeline.road import Road
from store import uses
from store.db import Transaction
from store.uses import Use

KEPT = timedelta(days=90)
SHOWN_DAYS = 7


class Kind(StrEnum):
    """What is counted."""

    PHOTO = "photos"
    PLACE = "places"
    CONTACT = "contacts"
    EXPORT = "exports"


@dataclass(frozen=True, slots=True)
class Day:
    """One person on one day; `over` names the kinds above their measure."""

    user: str
    day: str
    counts: Mapping[Kind, int]
    over: frozenset[Kind]


def measure(road: Road, kind: Kind) -> int:
    """How many of a kind one person may have on a day before the administrators hear of it."""
    access = road.access
    measures = {
        Kind.PHOTO: access.photos,
        Kind.PLACE: access.places,
        Kind.CONTACT: access.contacts,
        Kind.EXPORT: access.exports,
    }
    return measures[kind]


def count(road: Road, tx: Transaction, user: str, kind: Kind, amount: int = 1) -> int:
    """Count within the transaction that reveals; raises the alarm once a day. Gives the day's number."""
    if not user or amount < 1:
        return 0
    now, most = road.clock(), measure(road, kind)
    day = now.date().isoformat()
    number = uses.add(tx, user, day, kind.value, amount)
    if number > most >= number - amount:
        watching.alarm(road, tx, watching.Why.MEASURE, kind.value, user, day)
        uses.drop_before(tx, (now - KEPT).date().isoformat())
    return number


def note(road: Road, user: str, kind: Kind) -> int:
    """The same in a transaction of its own."""
    with road.store.transaction() as tx:
        return count(road, tx, user, kind)


def days(road: Road) -> list[Day]:
    """The last days of everybody, newest first."""
    first = (road.clock() - timedelta(days=SHOWN_DAYS - 1)).date().isoformat()
    with road.store.reading() as tx:
        rows: list[Use] = uses.since(tx, first)
    found: dict[tuple[str, str], dict[Kind, int]] = {}
    for row in rows:
        if row.kind in set(Kind):
            found.setdefault((row.day, row.user), {})[Kind(row.kind)] = row.count
    return [
        Day(user, day, counts, frozenset(kind for kind, n in counts.items() if n > measure(road, kind)))
        for (day, user), counts in found.items()
    ]
