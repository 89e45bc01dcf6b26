"""The one place where collectors speak HTTP: limits, the User-Agent, and what each answer means.

Statuses and network trouble become the errors of the house. Follows no redirect, reads no proxy or
other variable of the environment, writes no token into an error or a log.
"""

from __future__ import annotations

import base64
import functools
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Event, Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from collectors.context import Context
from collectors.payload import as_number, decode_json, parse_time
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, Unreachable
from store.records.page import Budget

DEFAULT_WAIT = timedelta(seconds=60)
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(days=1)

_PREFIXES = ("x-ratelimit-", "x-rate-limit-", "ratelimit-")
_EPOCH_FROM_S = 1_000_000_000  # smaller numbers count seconds from now
_MB = 1_000_000
_STOP_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one answer: seconds without a byte, seconds in all, megabytes."""

    timeout_s: float = 20
    deadline_s: float = 90
    max_answer_mb: float = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with an accepted status."""

    subject: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises BadPayload when it is none."""
        try:
            return decode_json(self.body)
        except ValueError as error:
            kind = self.headers.get("content-type", "no content type").partition(";")[0]
            words = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            raise BadPayload(
                self.subject, f"{self.path} answered {kind}, which is not JSON ({words})"
            ) from None


def checked_base_url(url: str, subject: str, *, schemes: tuple[str, str] = ("https", "http")) -> str:
    """The address without a slash at its end. `schemes` are (secure, plain).

    The plain scheme is for servers on this machine only. Raises ConfigError naming `subject`.
    """
    secure, plain = schemes
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError(subject, "is not an address that can be read") from None
    if parts.scheme not in schemes or not host:
        raise ConfigError(
            subject, f"should begin with {secure}:// and name a host, found {parts.scheme or 'no'}://"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(subject, "should hold no user name, password, ? or #")
    if parts.scheme == plain and not is_loopback(host):
        raise ConfigError(
            subject, f"should begin with {secure}://; {plain}:// is for servers on this machine"
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1 and `localhost`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Http:
    """Requests to one server for one source. Safe to use from one thread at a time."""

    def __init__(
        self,
        subject: str,
        base_url: str,
        context: Context,
        *,
        token: str = "",
        limits: Limits | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`token` is sent as a bearer token; `transport` replaces the network in tests."""
        self.subject = subject
        self.base_url = checked_base_url(base_url, f"{subject}.base_url")
        self._limits = limits or Limits()
        self._context = context
        headers = {
            "User-Agent": context.user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(
            base_url=self.base_url,
            headers=headers,
            timeout=self._limits.timeout_s,
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
            transport=transport,
        )

    def get(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: frozenset[int] = frozenset(),
        bearer: str = "",
    ) -> Answer:
        """The answer to GET `path`. Statuses of `accept` are returned like 200.

        `bearer` is the token of this one request. Raises RateLimited, Unreachable, NeedsPerson, BadPayload.
        """
        return self._asked("GET", path, accept, _authorisation(bearer), params=list(params))

    def post(
        self,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        bearer: str = "",
        basic: tuple[str, str] | None = None,
    ) -> Answer:
        """The answer to POST `path` with a JSON or a form body, or none. Nothing is tried twice.

        `basic` are a client's name and secret. Raises like `get`.
        """
        headers = _authorisation(bearer)
        if basic is not None:
            pair = ":".join(basic).encode()
            headers = {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        return self._asked("POST", path, accept, headers, json=json, data=form)

    def _asked(
        self, method: str, path: str, accept: frozenset[int], headers: Mapping[str, str], **request: Any
    ) -> Answer:
        try:
            with self._client.stream(method, path, headers=dict(headers), **request) as response:
                body = self._body(response, path)
        except httpx.TimeoutException:
            raise Unreachable(
                self.subject, f"{path}: no answer within {self._limits.timeout_s:g} s"
            ) from None
        except httpx.HTTPError as error:
            raise Unreachable(self.subject, f"{path}: {type(error).__name__} ({str(error)[:200]})") from None
        answer = Answer(self.subject, path, response.status_code, response.headers, body)
        if not (200 <= answer.status < 300 or answer.status in accept):
            raise error_of(answer, self._context.clock())
        return answer

    @contextmanager
    def stream(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        silence_s: float,
        stop: Event,
        kind: str = "application/json",
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """An answer that goes on: its head (with a body only if it is refused), and its bytes as they come.

        The bytes end with the answer, soon after `stop` is set, or when nothing came for `silence_s`
        seconds; they raise Unreachable when the connection breaks. The status is the caller's to judge.
        `kind` is the media type that is asked for.
        Raises like `get`.
        """
        timeout = httpx.Timeout(self._limits.timeout_s, read=silence_s)
        request = self._client.build_request(
            "GET", path, params=list(params), headers={"Accept": kind}, timeout=timeout
        )
        try:
            response = self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise Unreachable(self.subject, f"{path}: {type(error).__name__}") from None
        try:
            is_good = 200 <= response.status_code < 300
            body = b"" if is_good else self._body_of(response, path)
            answer = Answer(self.subject, path, response.status_code, response.headers, body)
            with _shut_when(stop, response):
                yield answer, self._chunks(response, path, stop) if is_good else iter(())
        finally:
            response.close()

    def _body_of(self, response: httpx.Response, path: str) -> bytes:
        try:
            return self._body(response, path)
        except httpx.HTTPError as error:
            raise Unreachable(self.subject, f"{path}: {type(error).__name__}") from None

    def _chunks(self, response: httpx.Response, path: str, stop: Event) -> Iterator[bytes]:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise BadPayload(self.subject, f"{path} answered compressed though asked not to")
        try:
            yield from response.iter_bytes()
        except httpx.ReadTimeout:
            return
        except httpx.HTTPError as error:
            if stop.is_set():
                return  # it was we who shut it
            raise Unreachable(self.subject, f"{path}: the stream broke ({type(error).__name__})") from None

    def _body(self, response: httpx.Response, path: str) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise BadPayload(self.subject, f"{path} answered compressed though asked not to")
        most, body = int(self._limits.max_answer_mb * _MB), bytearray()
        ends_at = self._context.monotonic_s() + self._limits.deadline_s
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > most:
                raise BadPayload(self.subject, f"{path} answered more than {self._limits.max_answer_mb:g} MB")
            if self._context.monotonic_s() > ends_at:
                raise Unreachable(self.subject, f"{path}: not complete within {self._limits.deadline_s:g} s")
        return bytes(body)

    def now(self) -> datetime:
        """The time of the clock that was handed in, aware UTC."""
        return self._context.clock()

    def budget(self, answer: Answer) -> Budget:
        """What the server says is left."""
        return budget(answer.headers, self._context.clock())

    def close(self) -> None:
        """Give back connections. Safe to call twice."""
        self._client.close()

    def __enter__(self) -> Http:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _authorisation(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"} if bearer else {}


@contextmanager
def _shut_when(stop: Event, response: httpx.Response) -> Iterator[None]:
    """Shut the connection when `stop` is set: a read that waits for bytes notices nothing else."""
    network = response.extensions.get("network_stream")  # a transport of tests has none
    connection: socket.socket | None = network.get_extra_info("socket") if network is not None else None
    if connection is None:
        yield
        return
    done = Event()

    def watch() -> None:
        while not done.is_set():
            if stop.wait(_STOP_TICK_S):
                # Past TLS, whose own goodbye would have to wait for the reader.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                return

    watcher = Thread(target=watch, name="stream-stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@functools.cache
def _tls() -> ssl.SSLContext:
    """One TLS context for all collectors: loading the certificates takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


def error_of(answer: Answer, now: datetime) -> BadPayload | NeedsPerson | RateLimited | Unreachable:
    """The error that a refused answer stands for. `now` is aware UTC."""
    status, subject = answer.status, answer.subject
    said = f"{answer.path} answered {status}"
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        wait = wait_of(answer.headers, now)
        return RateLimited(subject, f"{said}: wait {wait.total_seconds():.0f} s", wait)
    if status in (401, 403):
        return NeedsPerson(subject, f"{said}: the server refuses this reader")
    if status >= 500 or status in (408, 425):
        return Unreachable(subject, f"{said}: trouble on the server")
    if 300 <= status < 400:
        host = _host(answer.headers.get("location", "")) or "another address"
        return NeedsPerson(subject, f"{said}: moved to {host}; if that is right, change base_url")
    return BadPayload(subject, f"{said}, which is not documented for it")


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def wait_of(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long to wait: Retry-After (seconds or a date), else a reset header, else a minute."""
    wait = _after(headers.get("retry-after", ""), now)
    if wait is None:
        renews_at = _reset(headers, now)
        wait = renews_at - now if renews_at else DEFAULT_WAIT
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def _after(text: str, now: datetime) -> timedelta | None:
    seconds = as_number(text) if text else None
    if seconds is not None:
        return timedelta(seconds=min(max(seconds, 0), LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The reset header: ISO 8601 (Mastodon), Unix seconds (X, Bluesky), or seconds from now."""
    for prefix in _PREFIXES:
        text = headers.get(prefix + "reset", "")
        if not text:
            continue
        number = as_number(text)
        try:
            if number is None:
                moment = parse_time(text)
                return moment.astimezone(UTC) if moment else None
            if number < _EPOCH_FROM_S:
                return now + timedelta(seconds=max(number, 0))
            return datetime.fromtimestamp(number, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None


def budget(headers: Mapping[str, str], now: datetime) -> Budget:
    """Limit, remaining and renewal as far as the headers say."""

    def count(name: str) -> int | None:
        for prefix in _PREFIXES:
            number = as_number(headers.get(prefix + name, ""))
            if number is not None and number >= 0:
                return int(number)
        return None

    return Budget(count("remaining"), count("limit"), _reset(headers, now))
