"""tweepy in the user context of our account: every status is an answer, an expired token is renewed once.

Host, limits and logging are set right by collectors/x_http.py; tokens come from collectors/session.py.
Decides nothing and never sleeps.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from bot.senders.rows import ANY_STATUS
from collectors.context import Context
from collectors.http import Answer, Http, Limits
from collectors.payload import Fields
from collectors.session import Session, Sessions
from collectors.x_http import Caller, refusal
from store.errors import BadPayload

_HEARTBEAT_S = 25.0


class XUser:
    """Calls as our account. Safe to use from several threads: one request at a time."""

    def __init__(
        self, subject: str, base_url: str, context: Context, sessions: Sessions, limits: Limits, door: Http
    ) -> None:
        """`door` is the client of `sessions`, closed with this one."""
        self.subject = subject
        self._clock = context.clock
        self._sessions = sessions
        self._door = door
        self._caller = Caller(subject, "", base_url, context, limits, _HEARTBEAT_S)
        self._lock = threading.Lock()

    def session(self) -> Session:
        """A session that should be valid. Raises SourceError."""
        return self._sessions.current()

    def ask(self, method: str, *args: Any, **asked: Any) -> Answer:
        """The answer to a method of tweepy's client, whatever its status. Raises SourceError without one."""
        session = self._sessions.current()
        answer = self._called(session, method, *args, **asked)
        if answer.status == 401:
            session = self._sessions.renewed(session)
            answer = self._called(session, method, *args, **asked)
        return answer

    def read(self, method: str, *args: Any, **asked: Any) -> Fields:
        """The object that a read answers. Raises SourceError."""
        answer = self.ask(method, *args, **asked)
        if answer.status != 200:
            raise refusal(answer, self.now())
        value = answer.json()
        if not isinstance(value, dict):
            raise BadPayload(self.subject, f"{answer.path} answered no object")
        return Fields(value, [])

    def _called(self, session: Session, method: str, *args: Any, **asked: Any) -> Answer:
        with self._lock:
            client = self._caller.client
            client.bearer_token = session.access
            call = getattr(client, method)
            return self._caller.call(call, *args, accept=ANY_STATUS, user_auth=False, **asked)

    def now(self) -> datetime:
        """The time of the clock that was handed in, aware UTC."""
        return self._clock()

    def close(self) -> None:
        """Give back the connections. Safe to call twice."""
        self._caller.close()
        self._door.close()
