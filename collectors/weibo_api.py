"""One token's calls to Weibo: counted before they are made, refused ones turned into the errors of the house.

The counts live in memory between calls and in the cursor between runs. Knows no mode and no cursor's shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any

import structlog

from collectors import weibo_budget as budget
from collectors import weibo_errors as errors
from collectors.context import Context
from collectors.http import Answer, Http, error_of
from collectors.weibo_budget import Allowance, Told, Used
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError
from store.records.page import Budget

log = structlog.get_logger(__name__)

STATUS_PATH = "/2/account/rate_limit_status.json"
ASK_STATUS_EVERY = timedelta(hours=1)
WARN_BEFORE = timedelta(days=1)

NO_SUCH_PATH = frozenset({404})  # a status among codes, for `expect`

_REFUSED = frozenset(range(400, 600))  # a refusal carries its code in the body, whatever the status


@dataclass(frozen=True, slots=True)
class Token:
    """The access token of one account, and when it ends if the operator says so (aware UTC)."""

    value: str
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Token(…, {self.expires_at})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that the caller expected: its code."""

    code: int


class WeiboApi:
    """Calls to the standard host and, under a contract, to the commercial one, with one token.

    `ask_status` says whether `account/rate_limit_status` of the standard host is worth asking.
    """

    def __init__(
        self,
        name: str,
        context: Context,
        token: Token,
        allowance: Allowance,
        *,
        standard: Http,
        commercial: Http,
        ask_status: bool,
    ) -> None:
        self.standard = standard
        self.commercial = commercial
        self._name = name
        self._clock = context.clock
        self._token = token
        self._allowance = allowance
        self._ask_status = ask_status
        self._used = Used()
        self._told: Told | None = None
        self._asked_at: datetime | None = None
        self._warned = False
        self._counting = Lock()  # a stream has a thread of its own

    def recall(self, used: Used) -> Used:
        """Join the counts of a cursor with those of this run; returns what is now counted."""
        with self._counting:
            self._used = budget.merge(self._used, used, self._clock())
            return self._used

    @property
    def used(self) -> Used:
        """What was counted, for the cursor."""
        return self._used

    def get(
        self,
        http: Http,
        path: str,
        params: Sequence[tuple[str, str]],
        *,
        expect: frozenset[int] = frozenset(),
    ) -> Any:
        """The JSON of an answer, or a Refusal with one of the codes of `expect`.

        Raises RateLimited before a call that the limits do not allow, and every error of a SourceError.
        """
        self._before()
        answer = http.get(path, self._signed(params), accept=_REFUSED)
        return self._value(answer, expect)

    def stream(
        self, path: str, params: Sequence[tuple[str, str]], silence_s: float, stop: Event
    ) -> AbstractContextManager[tuple[Answer, Iterator[bytes]]]:
        """An endless answer of the commercial host; its head is for `check`."""
        self._before()
        return self.commercial.stream(path, self._signed(params), silence_s=silence_s, stop=stop)

    def check(self, answer: Answer) -> None:
        """Raise the error that a refused head stands for."""
        if not 200 <= answer.status < 300:
            self._value(answer, frozenset())

    def refused(self, path: str, code: int) -> SourceError:
        """The error of a code that came inside a stream."""
        return self._error(path, code)

    def _signed(self, params: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return [*params, ("access_token", self._token.value)]

    def _before(self) -> None:
        """Everything that stands against a call, then count it: a call that is lost was made all the same."""
        now = self._clock()
        self._check_token(now)
        if self._asked_at is None or now - self._asked_at >= ASK_STATUS_EVERY:
            self._hear(now)
        with self._counting:
            pause = budget.wait(self._used, self._allowance, self._told, now)
            if pause is not None:
                words = f"the calls that Weibo allows are used up; wait {pause.total_seconds():.0f} s"
                raise RateLimited(self._name, words, pause)
            self._used = budget.spend(self._used, now)
            self._told = budget.told_less(self._told)

    def _check_token(self, now: datetime) -> None:
        if not self._token.value:
            words = "no token: sign the campaign account in (docs/platforms/weibo.md) and put it into .env"
            raise NeedsPerson(self._name, words)
        ends = self._token.expires_at
        if ends is not None and now >= ends:
            raise NeedsPerson(self._name, f"the token ended at {ends:%Y-%m-%d %H:%M} UTC; {errors.SIGN_IN}")

    def _hear(self, now: datetime) -> None:
        """Ask what is left; uncounted. Without an answer our own counts have to do."""
        self._asked_at = now
        if not self._ask_status:
            return
        try:
            answer = self.standard.get(STATUS_PATH, self._signed(()), accept=_REFUSED)
            known = budget.told(answer.json(), now) if answer.status == 200 else None
        except SourceError as error:
            log.info("weibo_limits_not_told", source=self._name, reason=error.detail)
            return
        self._told = known or self._told

    def _value(self, answer: Answer, expect: frozenset[int]) -> Any:
        is_good = 200 <= answer.status < 300
        try:
            value = answer.json()
        except BadPayload:
            if is_good:
                raise
            value = None
        code = errors.code_in(value)
        if code is not None and code in expect:
            return Refusal(code)
        if code is not None:
            raise self._error(answer.path, code)
        if answer.status in NO_SUCH_PATH & expect:
            return Refusal(answer.status)
        if not is_good:
            raise error_of(answer, self._clock())
        return value

    def _error(self, path: str, code: int) -> SourceError:
        now = self._clock()
        if code in errors.RATE_LIMITS:
            self._told = None
            self._hear(now)
        pause = budget.wait_of_refusal(self._used, self._allowance, self._told, now)
        return errors.error_of(self._name, path, code, pause)

    def budget(self) -> Budget:
        """What is left, with a warning from a day before the token ends."""
        now = self._clock()
        found = budget.left(self._used, self._allowance, self._told, now)
        return replace(found, warning=self._warning(now))

    def _warning(self, now: datetime) -> str:
        ends = self._token.expires_at
        if ends is None or ends - now > WARN_BEFORE:
            return ""
        if not self._warned:
            self._warned = True
            log.warning("weibo_token_ends", source=self._name, at=ends.isoformat())
        return f"the Weibo token ends at {ends:%Y-%m-%d %H:%M} UTC; {errors.SIGN_IN}"

    def close(self) -> None:
        """Give back connections."""
        self.standard.close()
        self.commercial.close()
