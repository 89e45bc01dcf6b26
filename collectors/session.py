"""Sessions: the one place where access tokens are made and renewed, for collectors and senders alike.

Values and the order of steps only: how a platform signs in is in session_ways.py, where the values are
kept (sealed) is the caller's `Vault`. A token is never part of a representation, an error or a log line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

import msgspec

from store.errors import NeedsPerson, RateLimited, SourceError

EARLY = timedelta(minutes=2)
"""A token that ends within this time is renewed before it is used."""
CLAIM = timedelta(seconds=60)
REFUSED_PAUSE = timedelta(minutes=15)
WARN_AHEAD = timedelta(days=1)
_RENEWING = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Session:
    """What a sign-in gave: whose (`account`, `id`), the tokens, until when, and which server takes them.

    `expires_at` is when `access` ends and `renew_until` when `refresh` does (aware UTC), None where
    the platform does not say. `service` is "" where requests go to the configured address; `scope` names
    what the token may do, "" where nobody said.
    """

    account: str
    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    renew_until: datetime | None = None
    id: str = ""
    service: str = ""
    scope: str = ""

    def is_over(self, now: datetime, early: timedelta = EARLY) -> bool:
        """Does the access token end within `early`? Never, as far as nobody says when it ends."""
        return self.expires_at is not None and self.expires_at <= now + early

    def dump(self) -> str:
        """As text for a vault. It holds the tokens: seal it."""
        return msgspec.json.encode(self).decode()


def loaded(text: str) -> Session | None:
    """The session that `dump` wrote, None for anything else."""
    try:
        return msgspec.json.decode(text, type=Session) if text else None
    except msgspec.MsgspecError:
        return None


def warning(session: Session, now: datetime) -> str:
    """A sentence for people about a token that ends within a day and cannot be renewed, else ""."""
    ends_at = session.renew_until if session.refresh else session.expires_at
    if ends_at is None or ends_at > now + WARN_AHEAD:
        return ""
    hours = max((ends_at - now) / timedelta(hours=1), 0)
    return f"the sign-in of {session.account} ends in {hours:.0f} h; a person has to sign in again"


class Vault(Protocol):
    """Where session values outlive the process, by account. Each call is committed when it returns."""

    def read(self, account: str) -> str:
        """What was written last, "" for nothing."""
        ...

    def write(self, account: str, value: str) -> None:
        """Keep the value and end a claim."""
        ...

    def claim(self, account: str, until: datetime) -> bool:
        """Be the only one that renews this account until then. False: somebody else is at it."""
        ...

    def release(self, account: str) -> None:
        """End a claim without a new value."""
        ...


class MemoryVault:
    """Keeps values as long as the process lives: for tests and tools without a data folder."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.values: dict[str, str] = {}
        self._claims: dict[str, datetime] = {}
        self._clock = clock

    def read(self, account: str) -> str:
        """See Vault."""
        return self.values.get(account, "")

    def write(self, account: str, value: str) -> None:
        """See Vault."""
        self.values[account] = value
        self._claims.pop(account, None)

    def claim(self, account: str, until: datetime) -> bool:
        """See Vault."""
        if self._claims.get(account, self._clock()) > self._clock():
            return False
        self._claims[account] = until
        return True

    def release(self, account: str) -> None:
        """See Vault."""
        self._claims.pop(account, None)


class Way(Protocol):
    """How one platform makes tokens for one account."""

    account: str

    def sign_in(self) -> Session:
        """A session from what the operator gave. Raises SourceError; NeedsPerson when it is refused."""
        ...

    def renew(self, held: Session) -> Session | None:
        """The next session, None when the platform accepts the old one no more. Raises SourceError."""
        ...


class Sessions:
    """The session of one account, made and renewed by one at a time. Safe to share between threads.

    A renewed session is written to the vault before it is used: where a refresh token counts once, a
    crash in between would lock us out.
    """

    def __init__(self, subject: str, way: Way, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._subject = subject
        self._way = way
        self._vault = vault
        self._clock = clock
        self._lock = Lock()
        self._held: Session | None = None
        self._refusal: tuple[NeedsPerson, datetime] | None = None

    @property
    def account(self) -> str:
        """The name under which the session is kept."""
        return self._way.account

    def current(self) -> Session:
        """A session that should be valid. Raises NeedsPerson, RateLimited, Unreachable, BadPayload."""
        with self._lock:
            held = self._held or self._kept()
            if held is None or held.is_over(self._clock()):
                held = self._follow(held)
            self._held = held
            return held

    def renewed(self, stale: Session) -> Session:
        """The session after one that the platform refused as expired. Raises as `current`."""
        with self._lock:
            self._held = self._follow(stale)
            return self._held

    def warning(self) -> str:
        """What will soon end, in words; "" as long as nothing does. Asks nobody."""
        return warning(self._held, self._clock()) if self._held else ""

    def _kept(self) -> Session | None:
        kept = loaded(self._vault.read(self.account))
        return kept if kept is not None and kept.account == self.account else None

    def _follow(self, stale: Session | None) -> Session:
        """The next session: another process's, a renewed one, or a new sign-in."""
        now = self._clock()
        if self._refusal is not None and now < self._refusal[1]:
            raise self._refusal[0]  # Asked again and again, a platform would lock the account.
        if not self._vault.claim(self.account, now + CLAIM):
            words = f"the sign-in of {self.account} is being renewed elsewhere"
            raise RateLimited(self._subject, words, _RENEWING)
        try:
            kept = self._kept()
            is_other = kept is not None and (stale is None or kept.access != stale.access)
            if kept is not None and is_other and not kept.is_over(now):
                self._vault.release(self.account)
                return kept
            fresh = self._made(kept or stale)
        except SourceError as error:
            self._vault.release(self.account)
            if isinstance(error, NeedsPerson):
                self._refusal = error, now + REFUSED_PAUSE
            raise
        self._vault.write(self.account, fresh.dump())
        self._refusal = None
        return fresh

    def _made(self, held: Session | None) -> Session:
        fresh = self._way.renew(held) if held is not None and held.refresh else None
        if fresh is None:
            fresh = self._way.sign_in()
        return replace(fresh, account=self.account)
