"""Tokens for programs that ask the API: made by their owner, with scopes, an end, no right beyond theirs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from bot.pipeline.road import Road
from store import api_tokens, audit, second_factors, users
from store.api_tokens import ApiToken
from store.errors import Missing, UsageError
from store.users import User

MAX_DAYS, MAX_TOKENS, MAX_NAME_CHARS = 365, 20, 60
TOUCH_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may be used for; the account must have the right too."""

    NUMBERS = "numbers:read"
    ALARMS = "alarms:read"
    SIGHTINGS = "sightings:read"
    CANDIDATES = "candidates:read"
    DECIDE = "candidates:decide"
    CASES = "cases:read"
    OUTBOX = "outbox:read"


def make(road: Road, user: str, name: str, scopes: Iterable[str], *, days: int) -> tuple[str, ApiToken]:
    """A fresh token, shown this once. Raises UsageError for a bad name, scope or number of days."""
    wanted = tuple(dict.fromkeys(scopes))
    if not name.strip() or len(name) > MAX_NAME_CHARS:
        raise UsageError(
            "name", f"will not do; write what the token is for, at most {MAX_NAME_CHARS} characters"
        )
    unknown = [scope for scope in wanted if scope not in set(Scope)]
    if unknown or not wanted:
        raise UsageError("scopes", f"are to be some of {', '.join(Scope)}")
    if not 1 <= days <= MAX_DAYS:
        raise UsageError("days", f"is {days}; 1 to {MAX_DAYS} are allowed")
    now = road.clock()
    with road.store.transaction() as tx:
        users.get(tx, user)
        if len(api_tokens.listing(tx, user)) >= MAX_TOKENS:
            raise UsageError(user, f"has {MAX_TOKENS} tokens; end one first")
        made = api_tokens.make(tx, user, name.strip(), wanted, at=now, until=now + timedelta(days=days))
        audit.write(tx, now, user, "token.made", made[1].id, scopes=list(wanted), days=days)
    return made


def find(road: Road, token: str) -> tuple[ApiToken, User, bool] | None:
    """The standing token, its account, and whether that has a second factor; None if it opens nothing."""
    now = road.clock()
    with road.store.reading() as tx:
        held = api_tokens.find(tx, token, now)
        if held is None:
            return None
        user = users.get(tx, held.user)
        factor = second_factors.get(tx, held.user)
    if held.used_at is None or now - held.used_at >= TOUCH_EVERY:
        with road.store.transaction() as tx:
            api_tokens.touch(tx, held.id, now)
    return held, user, factor is not None and factor.confirmed_at is not None


def listing(road: Road, user: str = "") -> list[ApiToken]:
    """Tokens that nobody revoked, of an account or of all."""
    with road.store.reading() as tx:
        return api_tokens.listing(tx, user)


def revoke(road: Road, user: str, ident: str, *, by: str) -> None:
    """End a token at once. Raises Missing."""
    with road.store.transaction() as tx:
        if not api_tokens.revoke(tx, user=user, ident=ident, by=by, at=road.clock()):
            raise Missing(ident, "is no token of this account any more")
        audit.write(tx, road.clock(), by, "token.revoked", ident)
