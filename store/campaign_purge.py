"""What the end of a campaign takes away and what stays, in numbers; ending every way in. Decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams
from store import tables as t
from store.db import Transaction


def _count(tx: Transaction, table: sa.Table, *where: Any) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def goes(tx: Transaction) -> dict[str, int]:
    """How much of what was collected a purge deletes."""
    return {
        "posts": _count(tx, t.posts, t.posts.c.gone_at.is_(None)),
        "photos": _count(tx, t.media, t.media.c.photo.is_not(None)),
        "claims": _count(tx, t.sightings),
        "open_matches": _count(tx, t.matches, t.matches.c.state.in_(("open", "later", "hidden"))),
        "put_away": _count(tx, t.hidden_posts),
    }


def stays(tx: Transaction) -> dict[str, int]:
    """How much stays behind a purge. Sealed cases are in no number."""
    cases, leads = t.cases.c, t.leads.c
    return {
        "audit": _count(tx, t.audit),
        "reports": _count(tx, t.campaign_reports),
        "releases": _count(tx, t.releases),
        "cases": _count(tx, t.cases, ~case_teams.of_hidden(cases.id, case_teams.NOBODY)),
        "leads": _count(tx, t.leads, ~case_teams.of_hidden(leads.case_id, case_teams.NOBODY)),
        "opt_outs": _count(tx, t.opt_outs),
        "tombstones": _count(tx, t.tombstones),
    }


def revoke(tx: Transaction, *, by: str, at: datetime) -> dict[str, int]:
    """End platform sessions, signed-in browsers, login links, families' links, tokens. How many of each."""
    tokens = t.api_tokens.c
    ended = {
        "platform_sessions": tx.execute(sa.delete(t.sessions)).rowcount,
        "web_sessions": tx.execute(sa.delete(t.web_sessions)).rowcount,
        "login_links": tx.execute(sa.delete(t.login_links).where(t.login_links.c.used_at.is_(None))).rowcount,
        "family_links": tx.execute(
            sa.update(t.family_links).where(t.family_links.c.expires_at > at).values(expires_at=at)
        ).rowcount,
        "deliveries": tx.execute(
            sa.update(t.deliveries)
            .where(t.deliveries.c.used_at.is_(None), t.deliveries.c.expires_at > at)
            .values(expires_at=at)
        ).rowcount,
        "api_tokens": tx.execute(
            sa.update(t.api_tokens).where(tokens.revoked_at.is_(None)).values(revoked_at=at, revoked_by=by)
        ).rowcount,
    }
    return {name: int(number) for name, number in ended.items()}
