"""Verdicts that settle nothing yet, and who looks at which candidate just now, as rows. Decides nothing.

Who looks at one has it as an assignment that nobody made (`by` is empty) and that ends by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.assignments import Assignment
from store.db import Transaction, insert
from store.errors import Conflict
from store.matches import LATER, OPEN, POSSIBLE, get, hold
from store.records.match import Decision, Verdict

_A, _D, _M = t.assignments.c, t.decisions.c, t.matches.c
_STATES = (OPEN, LATER, POSSIBLE)


def cast(tx: Transaction, decision: Decision, *, to: str) -> None:
    """Keep a verdict that leaves the match undecided (`to`: open or later), or joins one that stands
    (possible). Raises Conflict when it was decided otherwise meanwhile."""
    hold(tx, decision.match_key)
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
    """Take a match to look at, for `lease`: False if somebody else has it, was given it or looks at it.

    One statement decides: of two who ask at the same moment, in whatever process, one gets it.
    """
    statement = insert(tx, t.assignments).values(match_key=key, account=account, by="", at=at)
    may_have = sa.or_(_A.account == account, sa.and_(_A.by == "", _A.at <= at - lease))
    # What was given to somebody by name stays given.
    kept_at = sa.case((_A.by == "", statement.excluded.at), else_=_A.at)
    statement = statement.on_conflict_do_update(
        index_elements=["match_key"], set_={"account": account, "at": kept_at}, where=may_have
    )
    return tx.execute(statement.returning(_A.match_key)).first() is not None


def is_over(held: Assignment, *, at: datetime, lease: timedelta) -> bool:
    """Whether somebody who took a match by himself has had it for longer than the lease."""
    return not held.by and held.at + lease <= at


def taken(viewer: str, *, at: datetime, lease: timedelta) -> sa.ColumnElement[bool]:
    """Of a match: whether somebody else looks at it just now, or was given it."""
    fresh = sa.or_(_A.by != "", _A.at > at - lease)
    return sa.exists().where(_A.match_key == _M.key, _A.account != viewer, fresh)
