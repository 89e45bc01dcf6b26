"""Who may know of a sealed case, as rows, and the condition by which everybody else's queries leave it out.

A removed case is hidden from everybody. Whoever lists cases, or what hangs on them, leaves out
`of_hidden(column, viewer)`; the words for a hidden case are those for one that never was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new

NOBODY = ""
"""The viewer who is in no team."""
# Made once: nearly every page asks by them several times.
_CASES, _REMOVALS = t.cases.alias("hidden_cases").c, t.case_removals.alias("hidden_removals").c
_TEAMS = t.case_teams.alias("hidden_teams").c


def of_hidden(column: Any, viewer: str) -> Any:
    """A condition for a query: the column names a case that this viewer must not know of."""
    removed = sa.exists().where(_REMOVALS.case_id == column)
    if viewer == NOBODY:
        return sa.or_(removed, sa.exists().where(_CASES.id == column, _CASES.sealed))
    # Correlated with the outer query alone: each part stands by the case's id.
    belongs = sa.exists().where(_TEAMS.case_id == _CASES.id, _TEAMS.account == viewer)
    return sa.or_(removed, sa.exists().where(_CASES.id == column, _CASES.sealed, ~belongs))


def is_hidden(tx: Transaction, case_id: str, viewer: str) -> bool:
    """Whether this viewer must not know of the case; False for one that is not there."""
    return bool(tx.execute(sa.select(of_hidden(sa.literal(case_id), viewer))).scalar())


def sealed_in_search(tx: Transaction) -> frozenset[str]:
    """Active sealed cases with a face to be searched with: they stand in the gallery, and few know it."""
    p = t.case_photos.c
    has_face = sa.exists().where(p.case_id == t.cases.c.id, p.face_key.is_not(None))
    query = sa.select(t.cases.c.id).where(t.cases.c.sealed, t.cases.c.status == "active", has_face)
    return frozenset(tx.execute(query).scalars())


def sealed_ending(
    tx: Transaction, viewer: str, *, after: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """(id, end) of sealed cases in whose team the viewer is and that expire between the moments."""
    c = t.cases.c
    query = sa.select(c.id, c.expires_at).where(
        c.sealed, c.status != "closed", c.expires_at > after, c.expires_at <= until, ~of_hidden(c.id, viewer)
    )
    return [(row.id, row.expires_at) for row in tx.execute(query.order_by(c.expires_at, c.id))]


def shows_only_hidden(tx: Transaction, served: str, viewer: str) -> bool:
    """Whether a served picture is shown by cases hidden from this viewer and by nothing else."""
    digests = sa.select(t.photos.c.digest).where(t.photos.c.served == served)
    of_case = t.case_photos.c.digest.in_(digests)
    hidden = sa.exists().where(of_case, of_hidden(t.case_photos.c.case_id, viewer))
    open_to_all = sa.or_(
        sa.exists().where(t.media.c.photo.in_(digests)),
        sa.exists().where(of_case, ~of_hidden(t.case_photos.c.case_id, viewer)),
        sa.exists().where(t.known_pictures.c.digest.in_(digests)),
    )
    return bool(tx.execute(sa.select(sa.and_(hidden, ~open_to_all))).scalar())


def is_shown_by_case(tx: Transaction, served: str, viewer: str) -> bool:
    """Whether a served picture is a registered photo of a case that this viewer may know of."""
    digests = sa.select(t.photos.c.digest).where(t.photos.c.served == served)
    c = t.case_photos.c
    shown = sa.exists().where(c.digest.in_(digests), ~of_hidden(c.case_id, viewer))
    return bool(tx.execute(sa.select(shown)).scalar())


def join(tx: Transaction, case_id: str, account: str, *, by: str, at: datetime) -> bool:
    """Take an account into the team of a case. False if it was there."""
    return insert_new(tx, t.case_teams, {"case_id": case_id, "account": account, "by": by, "at": at})


def leave(tx: Transaction, case_id: str, account: str) -> bool:
    """Take an account out of the team. False if it was not there."""
    c = t.case_teams.c
    gone = sa.delete(t.case_teams).where(c.case_id == case_id, c.account == account)
    return tx.execute(gone).rowcount > 0


def members(tx: Transaction, case_id: str) -> list[str]:
    """The accounts in the team, by name."""
    c = t.case_teams.c
    return list(tx.execute(sa.select(c.account).where(c.case_id == case_id).order_by(c.account)).scalars())
