"""Verdicts that settle nothing yet, and who looks at which candidate just now, as rows. Decides nothing.

Who looks at one has it as an assignment that nobody made (`by` is empty) and that ends by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.assignments import Assignment
from store.db import Transaction, upsert
from store.errors import Conflict
from store.matches import LATER, OPEN, POSSIBLE, get
from store.records.match import Decision, Verdict

_A, _D, _M = t.assignments.c, t.decisions.c, t.matches.c
_STATES = (OPEN, LATER, POSSIBLE)


def cast(tx: Transaction, decision: Decision, *, to: str) -> None:
    """Keep a verdict that leaves the match undecided (`to`: open or later), or joins one that stands
    (possible). Raises Conflict when it was decided otherwise meanwhile."""
    held = get(tx, decision.match_key)
    is_same_kind = (held.state == POSSIBLE) == (to == POSSIBLE)
    if held.state not in _STATES or not is_same_kind:
        raise Conflict(decision.match_key, f"is already {held.state}; undo that first")
    row = {"match_key": decision.match_key, "verdict": decision.verdict.value, "by": decision.by}
    tx.execute(sa.insert(t.decisions).values(**row, note=decision.note, undone=False, at=decision.at))
    tx.execute(sa.update(t.matches).where(_M.key == decision.match_key).values(state=to))


def called_possible_by(viewer: str) -> sa.ColumnElement[bool]:
    """Of a match: whether this person has called it possible, and that stands."""
    return sa.exists().where(
        _D.match_key == _M.key, _D.by == viewer, ~_D.undone, _D.verdict == Verdict.POSSIBLE.value
    )


def claim(tx: Transaction, key: str, account: str, *, at: datetime, lease: timedelta) -> bool:
    """Take a match to look at, for `lease`: False if somebody else has it, was given it or looks at it."""
    row = tx.execute(sa.select(t.assignments).where(_A.match_key == key)).first()
    held = None if row is None else Assignment(**row._mapping)
    if held is not None and held.account != account and not is_over(held, at=at, lease=lease):
        return False
    if held is None or not held.by:
        upsert(tx, t.assignments, [{"match_key": key, "account": account, "by": "", "at": at}])
    return True


def is_over(held: Assignment, *, at: datetime, lease: timedelta) -> bool:
    """Whether somebody who took a match by himself has had it for longer than the lease."""
    return not held.by and held.at + lease <= at


def taken(viewer: str, *, at: datetime, lease: timedelta) -> sa.ColumnElement[bool]:
    """Of a match: whether somebody else looks at it just now, or was given it."""
    fresh = sa.or_(_A.by != "", _A.at > at - lease)
    return sa.exists().where(_A.match_key == _M.key, _A.account != viewer, fresh)
