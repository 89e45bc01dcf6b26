"""How long people waited: from a post to its candidate, to a decision, to a reply; and what was decided.

Counted by the moment of the deed. Posts that are hidden and cases that are sealed are in no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.db import Transaction

_M, _P, _D, _R = t.matches.c, t.posts.c, t.decisions.c, t.replies.c


def _spans(rows: Sequence[Any]) -> list[float]:
    return [max(0.0, (row[1] - row[0]).total_seconds()) for row in rows if row[0] and row[1]]


def found(tx: Transaction, begin: datetime, end: datetime) -> list[float]:
    """Seconds from storing a post to its candidate, for candidates shown to people and found in the time."""
    query = sa.select(_P.received_at, _M.found_at).join_from(t.matches, t.posts, _P.key == _M.post_key)
    where = (_M.found_at >= begin) & (_M.found_at < end) & (_M.tier != "set_aside")
    query = query.where(
        where, ~veils.of_veiled(_M.post_key), ~case_teams.of_hidden(_M.case_id, case_teams.NOBODY)
    )
    return _spans(tx.execute(query).all())


def decided(tx: Transaction, begin: datetime, end: datetime) -> list[float]:
    """Seconds from finding a candidate to its first decision, for first decisions made in the time."""
    first = (
        sa.select(_D.match_key, sa.func.min(_D.at).label("at"))
        .where(~_D.undone)
        .group_by(_D.match_key)
        .subquery()
    )
    query = sa.select(_M.found_at, first.c.at).join_from(first, t.matches, _M.key == first.c.match_key)
    where = (first.c.at >= begin) & (first.c.at < end)
    query = query.where(
        where, ~veils.of_veiled(_M.post_key), ~case_teams.of_hidden(_M.case_id, case_teams.NOBODY)
    )
    return _spans(tx.execute(query).all())


def replied(tx: Transaction, begin: datetime, end: datetime) -> list[float]:
    """Seconds from storing a post to the reply that went out in the time."""
    query = sa.select(_P.received_at, _R.sent_at).join_from(t.replies, t.posts, _P.key == _R.post_key)
    where = (_R.sent_at >= begin) & (_R.sent_at < end) & _R.state.in_(("sent", "withdrawing", "withdrawn"))
    return _spans(tx.execute(query.where(where, ~veils.of_veiled(_R.post_key))).all())


def verdicts(tx: Transaction, begin: datetime, end: datetime) -> dict[str, int]:
    """How often each verdict was given in the time and stands."""
    query = sa.select(_D.verdict, sa.func.count()).join_from(t.decisions, t.matches, _M.key == _D.match_key)
    where = (_D.at >= begin) & (_D.at < end) & ~_D.undone
    query = query.where(
        where, ~veils.of_veiled(_M.post_key), ~case_teams.of_hidden(_M.case_id, case_teams.NOBODY)
    )
    return {row[0]: int(row[1]) for row in tx.execute(query.group_by(_D.verdict).order_by(_D.verdict))}
