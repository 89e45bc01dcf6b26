"""The switch of the lockdown, and what it ends, as rows. Decides nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from store import brake
from store import tables as t
from store.db import Transaction

SWITCH = "lockdown"


def is_on(tx: Transaction) -> bool:
    """Whether everything is locked."""
    held = brake.switch(tx, SWITCH)
    return held is not None and held.on


def turn(tx: Transaction, *, on: bool, by: str, why: str, at: datetime) -> None:
    """Lock, or unlock."""
    brake.turn(tx, SWITCH, on=on, by=by, why=why, at=at)


def end_all(tx: Transaction, *, by: str, at: datetime) -> dict[str, int]:
    """End every session, link and token that opens anything; how many of each.

    Sessions of browsers, one-time sign-in links, tokens of programs, links of families, links to case
    files, and the kept sessions of our accounts on the platforms.
    """
    tokens = t.api_tokens.c
    ended = {
        "sessions": sa.delete(t.web_sessions),
        "sign_in_links": sa.delete(t.login_links),
        "tokens": sa.update(t.api_tokens)
        .where(tokens.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by),
        "family_links": sa.delete(t.family_links),
        "deliveries": sa.update(t.deliveries)
        .where(t.deliveries.c.used_at.is_(None), t.deliveries.c.over_why == "")
        .values(over_why="everything was locked"),
        "platform_sessions": sa.delete(t.sessions),
    }
    return {name: tx.execute(statement).rowcount for name, statement in ended.items()}
