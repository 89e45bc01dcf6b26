"""Our account's own server as a sender needs it: every status is an answer, an expired token is renewed once.

Decides nothing. The tokens come from collectors/session.py, shared with the collectors of the account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.senders.rows import ANY_STATUS
from collectors.http import Answer, Http, error_of
from collectors.payload import Fields
from collectors.session import Session, Sessions
from collectors.session_ways import reason_of
from store.errors import BadPayload, NeedsPerson

_OVER = frozenset({"ExpiredToken", "InvalidToken"})
_REFUSALS = frozenset({400, 401, 403})


class Pds:
    """XRPC as our account. Safe to use from several threads: one request at a time."""

    def __init__(
        self,
        subject: str,
        service: str,
        sessions: Sessions,
        make: Callable[[str], Http],
        beside: Sequence[Http] = (),
    ) -> None:
        """`make` opens a client for an address; `beside` are clients that are closed with these."""
        self._subject = subject
        self._service = service
        self._sessions = sessions
        self._make = make
        self._beside = beside
        self._clients: dict[str, Http] = {}
        self._lock = threading.RLock()

    def session(self) -> Session:
        """A session that should be valid. Raises SourceError."""
        return self._sessions.current()

    def read(self, name: str, params: Sequence[tuple[str, str]]) -> Fields:
        """The object that a query answers. Raises SourceError; BadPayload names the server's reason."""
        answer = self.query(name, params)
        if not 200 <= answer.status < 300:
            error = error_of(answer, self.now())
            reason = reason_of(answer)
            if reason and isinstance(error, BadPayload | NeedsPerson):
                raise type(error)(self._subject, f"{error.detail} ({reason})")
            raise error
        value = answer.json()
        if not isinstance(value, dict):
            raise BadPayload(self._subject, f"{answer.path} answered no object")
        return Fields(value, [])

    def query(self, name: str, params: Sequence[tuple[str, str]]) -> Answer:
        """The answer to a query, whatever its status. Raises SourceError where there is none."""
        return self._asked(
            lambda client, bearer: client.get(f"/xrpc/{name}", params, bearer=bearer, accept=ANY_STATUS)
        )

    def procedure(self, name: str, body: Mapping[str, Any]) -> Answer:
        """The answer to a procedure, whatever its status. Raises SourceError where there is none."""
        return self._asked(
            lambda client, bearer: client.post(f"/xrpc/{name}", json=body, bearer=bearer, accept=ANY_STATUS)
        )

    def _asked(self, call: Callable[[Http, str], Answer]) -> Answer:
        session = self._sessions.current()
        with self._lock:
            answer = call(self._client(session), session.access)
        if answer.status not in _REFUSALS or reason_of(answer) not in _OVER:
            return answer
        session = self._sessions.renewed(session)
        with self._lock:
            return call(self._client(session), session.access)

    def now(self) -> datetime:
        """The clock of the account's client."""
        return self._client(None).now()

    def _client(self, session: Session | None) -> Http:
        address = (session.service if session else "") or self._service
        with self._lock:
            if address not in self._clients:
                self._clients[address] = self._make(address)
            return self._clients[address]

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        with self._lock:
            for client in (*self._clients.values(), *self._beside):
                client.close()
