"""The edge at which tweepy meets the network: address, limits, masking, and what X's refusals mean.

tweepy has a built-in host, no time limit, follows redirects, reads the environment and logs the bearer
token at DEBUG; all of that is set right here. Never sleeps, never tries again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy
import urllib3
from requests.adapters import HTTPAdapter

from collectors.context import Context
from collectors.http import Answer, Limits, error_of
from collectors.payload import Fields
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable

BUILT_IN = "https://api.twitter.com"
TOO_MANY_CONNECTIONS = "streaming-connection"
_CAPPED = frozenset({"usage-capped", "usagecapexceeded", "credits", "creditsdepleted", "credits-depleted"})
_TALKATIVE = ("tweepy", "tweepy.client", "tweepy.streaming", "tweepy.auth", "requests_oauthlib", "oauthlib")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9 _.-]{0,60}")
_MB = 1_000_000


class _NoDebug(logging.Filter):
    """tweepy's DEBUG records hold headers and bodies. A filter outlives a level that somebody sets later."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.INFO


class _NoSignedAddress(logging.Filter):
    """The network library writes addresses at DEBUG, and a signed one opens the file to whoever reads it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "signature" not in record.getMessage().lower()


_NO_DEBUG = _NoDebug()
_NO_SIGNED = _NoSignedAddress()


def pin_loggers() -> None:
    """No record that could hold a credential is made, whatever levels are set. Safe to call again."""
    logging.getLogger("urllib3.connectionpool").addFilter(_NO_SIGNED)
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if logger.level < logging.INFO:
            logger.setLevel(logging.INFO)
        logger.addFilter(_NO_DEBUG)


class Refused(Exception):
    """A whole answer with another status than 2xx, on its way through the library to `Caller`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Edge(HTTPAdapter):
    """Sends the library's requests to `base_url`, with our limits and name, and reads answers whole."""

    def __init__(
        self,
        subject: str,
        base_url: str,
        context: Context,
        limits: Limits,
        heartbeat_s: float,
        *,
        says: str = "",
    ) -> None:
        """`says` stands for the path in errors, where the path itself is a credential."""
        super().__init__(max_retries=0)
        self._says = says
        self._subject = subject
        self._base = base_url
        self._context = context
        self._limits = limits
        self._heartbeat_s = heartbeat_s
        self._open: requests.Response | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Raises Refused, Unreachable, BadPayload. The library's time-out and proxies are not used."""
        path = self._says or request.path_url.partition("?")[0]
        request.url = self._base + request.path_url
        request.headers["User-Agent"] = self._context.user_agent
        read_s = self._heartbeat_s if stream else self._limits.timeout_s
        try:
            response = super().send(
                request, stream=True, timeout=(self._limits.timeout_s, read_s), verify=True, proxies={}
            )
            if stream and response.status_code == 200:
                return self._as_lines(response)
            body = self._body(response, path)
        except requests.Timeout:
            raise Unreachable(self._subject, f"{path}: no answer within {read_s:g} s") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(self._subject, f"{path}: {type(error).__name__}") from None
        if response.status_code == 200 and not body and response.headers.get("content-length") != "0":
            raise Unreachable(self._subject, f"{path}: the answer ended before its body")
        if not 200 <= response.status_code < 300:
            raise Refused(Answer(self._subject, path, response.status_code, response.headers, body))
        response._content = body
        return response

    def _body(self, response: requests.Response, path: str) -> bytes:
        most, body = int(self._limits.max_answer_mb * _MB), bytearray()
        ends_at = self._context.monotonic_s() + self._limits.deadline_s
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise BadPayload(self._subject, f"{path} answered compressed though asked not to")
            # read1 comes back with what is there, so that a dripping answer meets the deadline.
            while chunk := response.raw.read1(65536, decode_content=False):
                body += chunk
                if len(body) > most:
                    said = f"{path} answered more than {self._limits.max_answer_mb:g} MB"
                    raise BadPayload(self._subject, said)
                if self._context.monotonic_s() > ends_at:
                    said = f"{path}: not complete within {self._limits.deadline_s:g} s"
                    raise Unreachable(self._subject, said)
        except BaseException:
            response.close()
            raise
        return bytes(body)

    def _as_lines(self, response: requests.Response) -> requests.Response:
        """The library asks for `iter_lines`, whose own has no limit for a line."""
        self._open = response
        most = int(self._limits.max_answer_mb * _MB)

        def lines(chunk_size: int = 512, **_: Any) -> Iterator[bytes]:
            rest = b""
            for chunk in response.iter_content(chunk_size=chunk_size):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.strip(b"\r") for line in whole)
                if len(rest) > most:
                    raise BadPayload(self._subject, f"a line of the stream is longer than {most / _MB:g} MB")

        response.iter_lines = lines  # type: ignore[method-assign,assignment]
        return response

    def hang_up(self) -> None:
        """End the open stream, also while another thread reads it."""
        response, self._open = self._open, None
        if response is None:
            return
        try:
            response.raw.shutdown()
        except (ValueError, RuntimeError, OSError):
            return  # It has ended by itself.


def fit(client: Any, edge: Edge) -> None:
    """Let a tweepy client speak through the edge and in no other way."""
    session = client.session
    session.adapters.clear()
    session.mount(BUILT_IN + "/", edge)
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


class Caller:
    """One tweepy client for one source, with answers and errors of the house."""

    def __init__(
        self, subject: str, token: str, base_url: str, context: Context, limits: Limits, heartbeat_s: float
    ) -> None:
        pin_loggers()
        self.subject = subject
        self._token = token
        self._clock = context.clock
        self._context, self._limits = context, limits
        self._make_edge: Callable[[], Edge] = lambda: Edge(subject, base_url, context, limits, heartbeat_s)
        self.client = tweepy.Client(
            bearer_token=token, return_type=requests.Response, wait_on_rate_limit=False
        )
        self._edge = self._make_edge()
        fit(self.client, self._edge)

    def call(
        self,
        method: Callable[..., requests.Response],
        *args: Any,
        accept: frozenset[int] = frozenset(),
        **asked: Any,
    ) -> Answer:
        """What a method of the library brings. Refusals with a status of `accept` are returned.

        Raises RateLimited, Unreachable, NeedsPerson, BadPayload.
        """
        try:
            response = method(*args, **asked)
        except Refused as refused:
            if refused.answer.status in accept:
                return refused.answer
            raise refusal(refused.answer, self._clock()) from None
        except tweepy.TweepyException as error:
            raise BadPayload(self.subject, f"the client library gave up: {type(error).__name__}") from None
        path = str(response.request.path_url).partition("?")[0]
        return Answer(self.subject, path, response.status_code, response.headers, response.content)

    def streaming(self, kind: type[Any]) -> tuple[Any, Edge]:
        """A fresh streaming client of that kind, and the edge that can hang it up."""
        edge = self._make_edge()
        client = kind(self._token, return_type=requests.Response, wait_on_rate_limit=False, max_retries=0)
        fit(client, edge)
        return client, edge

    def beside(self, method: str, url: str, body: bytes = b"", *, max_answer_mb: float = 0.1) -> Answer:
        """Ask an address that X named for a file, within the same limits and without our token.

        The address is a credential: no error and no log names it.
        Raises Unreachable, BadPayload, and what a refusal means.
        """
        parts = urlsplit(url)
        limits = replace(self._limits, max_answer_mb=max_answer_mb)
        origin = f"{parts.scheme}://{parts.netloc}"
        edge = Edge(self.subject, origin, self._context, limits, limits.timeout_s, says="a file of X's")
        session = requests.Session()
        fit(SimpleNamespace(session=session), edge)
        headers = {"Content-Type": "text/plain"} if body else {}
        asked = f"{BUILT_IN}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        try:
            with session:
                response = session.request(
                    method, asked, data=body or None, headers=headers, allow_redirects=False
                )
        except Refused as refused:
            raise Unreachable(self.subject, f"a file of X's answered {refused.answer.status}") from None
        return Answer(self.subject, "a file of X's", response.status_code, response.headers, response.content)

    def close(self) -> None:
        """Give back connections. Safe to call twice."""
        self.client.session.close()


def problem_of(value: Any) -> str:
    """The name of X's problem (the end of its `type`, else its title), "" if it names none."""
    if not isinstance(value, dict):
        return ""
    for fields in (Fields(value, []), *Fields(value, []).objs("errors")):
        for word in (fields.text("type").rpartition("/")[2], fields.text("title")):
            if word and word != "about:blank" and _WORD.fullmatch(word):
                return word.lower()
    return ""


def invalid_parameters(answer: Answer) -> dict[str, list[str]]:
    """Which parameters, with which values, a 400 finds fault with."""
    found: dict[str, list[str]] = {}
    for error in Fields(_json(answer), []).objs("errors"):
        parameters = error.obj("parameters")
        for name in parameters.data:
            found.setdefault(name, []).extend(parameters.texts(name))
    return found


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except BadPayload:
        return None


def refusal(answer: Answer, now: Any) -> SourceError:
    """The error that a refused answer stands for. Of the body only the name of the problem is used."""
    problem = problem_of(_json(answer))
    named = f" ({problem})" if problem else ""
    said = f"{answer.path} answered {answer.status}{named}"
    if answer.status == 402 or (answer.status in (403, 429) and problem in _CAPPED):
        return NeedsPerson(
            answer.subject, f"{said}: X's own usage cap or credit is used up; see the developer console"
        )
    if answer.status == 401:
        return NeedsPerson(
            answer.subject, f"{said}: the token is refused; make a new bearer token in X's developer console"
        )
    if answer.status == 403:
        words = "the app may not use this; check its project and access level in X's developer console"
        return NeedsPerson(answer.subject, f"{said}: {words}")
    base = error_of(answer, now)
    if isinstance(base, RateLimited):
        return RateLimited(answer.subject, f"{base.detail}{named}", base.retry_after)
    if isinstance(base, BadPayload):
        names = ", ".join(sorted(name for name in invalid_parameters(answer) if _WORD.fullmatch(name)))
        return BadPayload(answer.subject, f"{said}" + (f": it does not take {names}" if names else ""))
    return type(base)(answer.subject, f"{base.detail}{named}")
