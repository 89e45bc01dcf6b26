"""Following a Jetstream: connect, read frames, hand pages on, change to the next host when one fails.

Keeps nothing between two calls but whose turn it is. The place is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event

import structlog
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect

from collectors.bluesky_stream import Batch, Recent
from collectors.context import Context
from collectors.http import Answer, error_of
from collectors.jetstream import Wire, address
from collectors.payload import to_micros
from collectors.session_ways import reason_of
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, TagQuery
from store.records.post import Post

log = structlog.get_logger(__name__)

_RECV_S = 0.25  # how soon a set `stop` is noticed
_WIRE_FACTOR = 2  # up to so many times the limit is taken in to be refused; beyond, the connection breaks
_FRAMES_AHEAD = 128
_TOO_BIG = 1009
_TRIES_PAST_TOO_BIG = 2


@dataclass(frozen=True, slots=True)
class StreamRules:
    """How the stream is read: format, hosts to try in turn, times in seconds, the largest event in bytes."""

    wire: Wire
    hosts: tuple[str, ...]
    rewind_s: float = 5.0
    gap_after_s: float = 300.0
    flush_s: float = 0.5
    silence_s: float = 60.0
    timeout_s: float = 20.0
    max_frame_bytes: int = 4_000_000


class Follower:
    """One subscription at a time. `complete` adds to posts what the stream does not say of their authors."""

    def __init__(
        self,
        subject: str,
        rules: StreamRules,
        context: Context,
        complete: Callable[[Sequence[Post]], tuple[Post, ...]],
    ) -> None:
        self._subject = subject
        self._rules = rules
        self._context = context
        self._complete = complete
        self._next_host = 0
        self._was_too_big = False

    def follow(self, queries: Sequence[TagQuery], place: int, stop: Event) -> Iterator[Page]:
        """Pages from `place` (Unix µs, 0 for what comes next) until `stop` is set.

        A host that ends, falls silent or refuses is left for the next one, some seconds back, and what
        comes twice is handed on once. Raises what the last of them said when all failed in a row.
        """
        recent, failures, lost_from = Recent(), 0, 0
        while not stop.is_set():
            connection, host = self._connected(place)
            batch = self._batch(host, queries, place, recent, lost_from)
            with connection:
                trouble = yield from self._pages(connection, batch, stop)
            if trouble is None:
                return
            failures = 0 if batch.has_moved else failures + 1
            place, lost_from = max(place, batch.place), batch.lost_from
            if batch.is_broken_by_size and failures < _TRIES_PAST_TOO_BIG:
                continue  # The same host, asked to pass over it.
            self._next_host += 1
            if len(self._rules.hosts) == 1 or failures >= len(self._rules.hosts):
                raise trouble
            log.info("stream_host_left", source=self._subject, host=host, reason=trouble.detail)

    def _batch(
        self, host: str, queries: Sequence[TagQuery], place: int, recent: Recent, lost_from: int
    ) -> Batch:
        rules = self._rules
        return Batch(
            self._subject,
            host,
            rules.wire,
            queries,
            place,
            int(rules.gap_after_s * 1e6),
            max_frame_bytes=rules.max_frame_bytes,
            recent=recent,
            lost_from=lost_from,
        )

    def _pages(
        self, connection: ClientConnection, batch: Batch, stop: Event
    ) -> Generator[Page, None, SourceError | None]:
        """Pages as they fill; returns what ended the stream, None when `stop` was set."""
        clock, seconds, rules = self._context.clock, self._context.monotonic_s, self._rules
        heard_at = flushed_at = seconds()
        trouble: SourceError | None = None
        while trouble is None and not stop.is_set():
            due_s = flushed_at + rules.flush_s - seconds()
            wait_s = min(_RECV_S, max(due_s, 0.001)) if batch.size else _RECV_S
            try:
                batch.add(connection.recv(timeout=wait_s, decode=False), clock())
                heard_at = seconds()
                trouble = batch.trouble
            except TimeoutError:
                if seconds() - heard_at > rules.silence_s:
                    words = f"{batch.host} brought nothing for {rules.silence_s:g} s"
                    trouble = Unreachable(self._subject, words)
            except ConnectionClosed as error:
                trouble = self._ended(error, batch)
            is_due = batch.is_full or trouble or stop.is_set() or seconds() - flushed_at >= rules.flush_s
            if batch.size and is_due:
                page = batch.taken(clock())
                yield replace(page, posts=self._complete(page.posts)) if page.posts else page
                heard_at = flushed_at = seconds()  # what the caller takes for a page is no silence
        return trouble

    def _ended(self, error: ConnectionClosed, batch: Batch) -> SourceError:
        sent = error.sent
        if sent is not None and sent.code == _TOO_BIG and not error.rcvd_then_sent:
            # It would come again from the same place; asked to, the host passes over it.
            self._was_too_big = batch.is_broken_by_size = True
            batch.size += 1
            batch.refuse("an event", self._context.clock())
            return Unreachable(self._subject, f"{batch.host} sent an event that is too large")
        return Unreachable(self._subject, f"{batch.host} ended the stream ({closing(error)})")

    def _connected(self, place: int) -> tuple[ClientConnection, str]:
        """The first host that answers, beginning with the one whose turn it is."""
        start = max(place - int(self._rules.rewind_s * 1e6), 0)
        trouble: SourceError | None = None
        for _ in self._rules.hosts:
            host = self._rules.hosts[self._next_host % len(self._rules.hosts)]
            try:
                return self._connect(host, start), host
            except SourceError as error:
                trouble = trouble if isinstance(trouble, RateLimited) else error
                self._next_host += 1
        raise trouble or Unreachable(self._subject, "no host to connect to")

    def _connect(self, host: str, start: int) -> ClientConnection:
        limit = self._rules.max_frame_bytes
        try:
            return connect(
                address(host, self._rules.wire, start, max_bytes=limit if self._was_too_big else 0),
                user_agent_header=self._context.user_agent,
                compression=None,
                proxy=None,
                open_timeout=self._rules.timeout_s,
                close_timeout=1,
                max_size=limit * _WIRE_FACTOR,
                max_queue=_FRAMES_AHEAD,
                legacy=True,
            )
        except InvalidStatus as error:
            raise self._rejected(host, error) from None
        except InvalidURI:
            raise NeedsPerson(self._subject, f"{host} is no address that can be connected to") from None
        # A connection that is reset before the request is written ends as ConnectionClosed, not as OSError.
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, EOFError) as error:
            raise Unreachable(self._subject, f"{host}: {type(error).__name__}") from None

    def _rejected(self, host: str, error: InvalidStatus) -> SourceError:
        """A refused subscription is an ordinary HTTP answer; XRPC names the reason in its body."""
        response = error.response
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        answer = Answer(self._subject, host, response.status_code, headers, bytes(response.body or b""))
        refusal, reason = error_of(answer, self._context.clock()), reason_of(answer)
        if reason and isinstance(refusal, BadPayload):
            return BadPayload(self._subject, f"{refusal.detail} ({reason})")
        return refusal

    def tried(self) -> str:
        """Connect and wait for one event; says which host brings events. Raises SourceError."""
        connection, host = self._connected(to_micros(self._context.clock()))
        with connection:
            try:
                connection.recv(timeout=self._rules.timeout_s, decode=False)
            except TimeoutError:
                words = f"{host} accepts us but brought nothing for {self._rules.timeout_s:g} s"
                raise Unreachable(self._subject, words) from None
            except ConnectionClosed as error:
                words = f"{host} ended the stream ({closing(error)})"
                raise Unreachable(self._subject, words) from None
        return f"{host} brings events"


def closing(error: ConnectionClosed) -> str:
    """How a connection was closed, in words."""
    return f"code {error.rcvd.code}" if error.rcvd else "connection lost"
