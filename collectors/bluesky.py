"""Live collector for Bluesky: Jetstream for what is posted, the public AppView to look posts up again.

Needs no account. Keeps nothing: the cursor is an instant in Unix microseconds, which every host and
both wire formats understand; after a break reading begins some seconds earlier and the store's keys
take care of what comes twice.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect

from collectors.base import Checked, Collector, NotSupported, Option, SourceSpec
from collectors.bluesky_record import read_views
from collectors.bluesky_stream import Batch
from collectors.checking import checked
from collectors.context import Context
from collectors.http import Answer, Http, Limits, checked_base_url, error_of
from collectors.jetstream import HOSTS, Wire, address
from collectors.options import within
from collectors.payload import Fields, to_micros
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Platform, Post

URIS_AT_ONCE = 25
_RECV_S = 0.25  # how soon a set `stop` is noticed
_MAX_FRAME_BYTES = 4_000_000

SPEC = SourceSpec(
    kind="bluesky",
    platform=Platform.BLUESKY,
    streams=True,
    polls=False,
    lookback=timedelta(hours=36),
    docs="docs/platforms/bluesky.md",
    options=(
        Option("wire", str, "v2", "format of the stream; v1 for older hosts", ("v1", "v2")),
        Option("hosts", tuple, (), "wss:// addresses to try in turn; empty: the network's own"),
        Option("appview", str, "https://public.api.bsky.app", "where posts are looked up again"),
        Option("rewind_s", float, 5.0, "how far before the cursor reading begins after a break"),
        Option("gap_after_s", float, 300.0, "a first event later than this after the cursor is a gap"),
        Option("flush_s", float, 2.0, "longest time until what came is handed on"),
        Option("silence_s", float, 120.0, "a stream that brings nothing for so long counts as broken"),
        Option("timeout_s", float, 20.0, "seconds to wait for an answer or a connection"),
    ),
)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """How the stream is read: format, hosts to try in turn, and times in seconds."""

    wire: Wire
    hosts: tuple[str, ...]
    rewind_s: float = 5.0
    gap_after_s: float = 300.0
    flush_s: float = 2.0
    silence_s: float = 120.0
    timeout_s: float = 20.0


def build(name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector from checked options. Raises ConfigError."""
    wire = Wire(options["wire"])
    hosts = tuple(
        checked_base_url(host, f"{name}.hosts", schemes=("wss", "ws"))
        for host in options["hosts"] or HOSTS[wire]
    )
    rules = StreamRules(
        wire=wire,
        hosts=hosts,
        rewind_s=within(options, name, "rewind_s", 0, 3600),
        gap_after_s=within(options, name, "gap_after_s", 1, 86400),
        flush_s=within(options, name, "flush_s", 0.05, 60),
        silence_s=within(options, name, "silence_s", 0.2, 3600),
        timeout_s=within(options, name, "timeout_s", 1, 300),
    )
    http = Http(name, options["appview"], context, limits=Limits(timeout_s=rules.timeout_s))
    return BlueskyCollector(name, rules, http, context)


class BlueskyCollector:
    """Follows the post commits of the whole network and keeps those that a query wants."""

    spec = SPEC

    def __init__(self, name: str, rules: StreamRules, http: Http, context: Context) -> None:
        self.name = name
        self._rules = rules
        self._http = http
        self._context = context
        self._next_host = 0

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Pages of wanted posts and of all deletions until `stop` is set; the cursor moves with time.

        Raises Unreachable when the connection ends (the next call tries the next host), RateLimited,
        NeedsPerson, BadPayload. What came before the end is yielded first.
        """
        place = min(self._micros(cursor), to_micros(self._context.clock()))
        connection, host = self._connected(place)
        batch = Batch(self.name, host, self._rules.wire, queries, place, int(self._rules.gap_after_s * 1e6))
        with connection:
            trouble = yield from self._pages(connection, batch, stop)
        if trouble is not None:
            self._next_host += 1
            raise trouble

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
                    trouble = Unreachable(self.name, words)
            except ConnectionClosed as error:
                trouble = Unreachable(self.name, f"{batch.host} ended the stream ({_closing(error)})")
            is_due = batch.is_full or trouble or stop.is_set() or seconds() - flushed_at >= rules.flush_s
            if batch.size and is_due:
                yield batch.taken(clock())
                heard_at = flushed_at = seconds()  # what the caller takes for a page is no silence
        return trouble

    def _micros(self, cursor: str) -> int:
        if not cursor:
            return 0
        if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
            raise BadPayload(self.name, "the kept cursor is no time in microseconds; forget it to begin anew")
        return int(cursor)

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
        raise trouble or Unreachable(self.name, "no host to connect to")

    def _connect(self, host: str, start: int) -> ClientConnection:
        try:
            return connect(
                address(host, self._rules.wire, start),
                user_agent_header=self._context.user_agent,
                compression=None,
                proxy=None,
                open_timeout=self._rules.timeout_s,
                close_timeout=1,
                max_size=_MAX_FRAME_BYTES,
                max_queue=256,
                legacy=True,
            )
        except InvalidStatus as error:
            raise self._rejected(host, error) from None
        except InvalidURI:
            raise NeedsPerson(self.name, f"{host} is no address that can be connected to") from None
        except (OSError, TimeoutError, InvalidHandshake, EOFError) as error:
            raise Unreachable(self.name, f"{host}: {type(error).__name__}") from None

    def _rejected(self, host: str, error: InvalidStatus) -> SourceError:
        """A refused subscription is an ordinary HTTP answer; XRPC names the reason in its body."""
        response = error.response
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        answer = Answer(self.name, host, response.status_code, headers, bytes(response.body or b""))
        refusal = error_of(answer, self._context.clock())
        try:
            reason = Fields(answer.json(), []).ident("error")[:60]
        except BadPayload:
            reason = ""
        if reason and isinstance(refusal, BadPayload):
            return BadPayload(self.name, f"{refusal.detail} ({reason})")
        return refusal

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each post by its at:// address, in the order of `ids`; what the AppView leaves out is gone."""
        found: list[Post | Gone] = []
        for start in range(0, len(ids), URIS_AT_ONCE):
            found.extend(self._looked_up(ids[start : start + URIS_AT_ONCE], self._context.clock()))
        return found

    def _looked_up(self, uris: Sequence[str], now: datetime) -> list[Post | Gone]:
        answer = self._http.get("/xrpc/app.bsky.feed.getPosts", [("uris", uri) for uri in uris])
        value = answer.json()
        if not isinstance(value, dict) or not isinstance(value.get("posts"), list):
            raise BadPayload(self.name, f"{answer.path} answered no list of posts")
        posts = {post.native_id: post for post in read_views(value, now).posts}
        lost = "not shown by the AppView any more"
        return [posts.get(uri) or Gone(f"bluesky:{uri}", Platform.BLUESKY, lost, now) for uri in uris]

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """Not there: posts come by `follow`."""
        raise NotSupported(f"{self.name}: Bluesky is followed, not polled")

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """Not yet: search refuses readers without an account, and reading on needs a login."""
        raise NotSupported(f"{self.name}: Bluesky's search needs an account")

    def mentions(self, cursor: str) -> Page:
        """Not there: mentions come with the stream, as DIDs in `Post.mentions`."""
        raise NotSupported(f"{self.name}: mentions arrive with the stream")

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """Connects to the stream and waits for one event, and asks the AppView for no post."""
        return [checked("stream", self._try_stream), checked("AppView", self._try_appview)]

    def _try_stream(self) -> str:
        now = to_micros(self._context.clock())
        connection, host = self._connected(now)
        with connection:
            try:
                connection.recv(timeout=self._rules.timeout_s, decode=False)
            except TimeoutError:
                words = f"{host} accepts us but brought nothing for {self._rules.timeout_s:g} s"
                raise Unreachable(self.name, words) from None
            except ConnectionClosed as error:
                raise Unreachable(self.name, f"{host} ended the stream ({_closing(error)})") from None
        return f"{host} brings events"

    def _try_appview(self) -> str:
        self._looked_up(["at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/0"], self._context.clock())
        return "answers, so posts can be looked up again"

    def close(self) -> None:
        """Give back connections. A stream ends with its generator."""
        self._http.close()


def _closing(error: ConnectionClosed) -> str:
    received = error.rcvd
    return f"code {received.code}" if received else "connection lost"
