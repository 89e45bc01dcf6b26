"""XRPC for one reader of Bluesky: as our account where there is one, else at the public AppView.

Keeps no place and reads no post. One object belongs to one thread at a time; the session is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from collectors.http import Answer, Http, error_of
from collectors.session import Session, Sessions
from collectors.session_ways import reason_of
from store.errors import BadPayload, NeedsPerson

PROFILES_AT_ONCE = 25
_REFUSALS = frozenset({400, 401, 403})
_OVER = frozenset({"ExpiredToken", "InvalidToken"})

Params = Sequence[tuple[str, str]]


class Xrpc:
    """Questions to the network. `make` opens a client for an address; who made it closes it."""

    def __init__(
        self, subject: str, appview: str, service: str, sessions: Sessions | None, make: Callable[[str], Http]
    ) -> None:
        self.subject = subject
        self.sessions = sessions
        self._appview = appview
        self._service = service
        self._make = make
        self._clients: dict[str, Http] = {}

    @property
    def has_account(self) -> bool:
        """Is there an account to ask as?"""
        return self.sessions is not None

    def public(self, method: str, params: Params) -> dict[str, Any]:
        """The answer of the AppView, which wants no account. Raises SourceError."""
        return self._object(self._client(self._appview).get(f"/xrpc/{method}", params))

    def read(self, method: str, params: Params) -> dict[str, Any]:
        """The answer as our account sees it, or as anybody does where we have none."""
        return self.ours(method, params)[0] if self.has_account else self.public(method, params)

    def ours(
        self, method: str, params: Params, *, accept: frozenset[int] = frozenset()
    ) -> tuple[dict[str, Any], Answer]:
        """The answer to our account, and its envelope. An expired token is renewed once.

        Statuses of `accept` come back with {} unless they are about the token. Raises SourceError.
        """
        if self.sessions is None:
            raise NeedsPerson(self.subject, f"{method} needs an account")
        session = self.sessions.current()
        answer = self._asked(session, method, params)
        if answer.status in _REFUSALS and reason_of(answer) in _OVER:
            session = self.sessions.renewed(session)
            answer = self._asked(session, method, params)
        if answer.status not in _REFUSALS:
            return self._object(answer), answer
        reason = reason_of(answer)
        if reason in _OVER:
            words = f"{method}: a fresh sign-in is refused ({reason})"
            raise NeedsPerson(self.subject, f"{words}; make a new app password and put it into .env")
        if answer.status in accept:
            return {}, answer
        raise self._refusal(answer, reason)

    def _refusal(self, answer: Answer, reason: str) -> Exception:
        error = error_of(answer, self._client(self._service).now())
        if reason and isinstance(error, BadPayload | NeedsPerson):
            return type(error)(self.subject, f"{error.detail} ({reason})")
        return error

    def _asked(self, session: Session, method: str, params: Params) -> Answer:
        client = self._client(session.service or self._service)
        return client.get(f"/xrpc/{method}", params, bearer=session.access, accept=_REFUSALS)

    def _object(self, answer: Answer) -> dict[str, Any]:
        value = answer.json()
        if not isinstance(value, dict):
            raise BadPayload(self.subject, f"{answer.path} answered no object")
        return value

    def listed(self, value: dict[str, Any], name: str, method: str) -> list[Any]:
        """A list that an answer has to hold. Raises BadPayload."""
        found = value.get(name)
        if not isinstance(found, list):
            raise BadPayload(self.subject, f"/xrpc/{method} answered no list of {name}")
        return found

    def _client(self, address: str) -> Http:
        if address not in self._clients:
            self._clients[address] = self._make(address)
        return self._clients[address]
