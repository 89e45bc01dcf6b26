"""Streams of one Mastodon server: one connection for each hashtag, merged into pages. Never reconnects.

A stream replays nothing, so its pages carry no cursor: the polls are the truth, the stream only makes
them faster. Each connection is read in a thread of its own that puts what it hears, and its end, into
one queue; nothing ends in silence. Why not with the client library: docs/decisions/0020.
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from collectors.base import NotSupported
from collectors.context import Context
from collectors.hashtags import wanted
from collectors.http import Answer, Http, error_of
from collectors.mastodon_events import Event, EventReader, read_event
from collectors.payload import Reading, join
from store.errors import NeedsPerson, SourceError, Unreachable
from store.records.page import Budget, Page, TagQuery
from store.records.post import Gone, Post

log = structlog.get_logger(__name__)

MAX_EVENTS = 100
KIND = "text/event-stream"
KNOWN_POSTS = 2000
TELL_AGAIN_S = 60.0
_QUEUED = 1000
TICK_S = 0.25  # how soon a set `stop` is noticed
_LEAVE_S = 2.0
_ABSENT = frozenset({404, 405, 410, 501})
_UPGRADE = frozenset({400, 426})
_REFUSED = frozenset({401, 403, 422})


@dataclass(frozen=True, slots=True)
class StreamRules:
    """Seconds without a byte after which a connection is dead, seconds until an empty page, largest event.

    Servers send a sign of life every 15 s (mastodon/mastodon streaming/index.js).
    """

    silence_s: float = 45.0
    quiet_s: float = 15.0
    max_event_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream of a server. `query` sorts out what is not wanted; an optional one may be refused."""

    name: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    query: TagQuery | None = None
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a connection has to say: it is open (nothing else set), an event, or its end."""

    channel: Channel
    event: Event | None = None
    end: SourceError | NotSupported | None = None


class Connection:
    """One channel read to its end; `say` is called with all that is heard, the end last."""

    def __init__(
        self,
        channel: Channel,
        http: Http,
        context: Context,
        rules: StreamRules,
        halt: threading.Event,
        say: Callable[[_Heard], None],
    ) -> None:
        self._channel, self._http, self._context = channel, http, context
        self._rules, self._halt, self._say = rules, halt, say
        self._seconds = context.monotonic_s
        self._heard_at = self._seconds()
        self._is_open = False

    def run(self) -> None:
        """Read until the end. Raises nothing: a bug, too, is an end that is told."""
        try:
            end = self._read()
        except (SourceError, NotSupported) as error:
            end = self._without_head(error)
        except Exception as error:
            log.exception("stream_reader_failed", channel=self._channel.name)
            end = Unreachable(self._http.subject, f"the reader of a stream failed ({type(error).__name__})")
        finally:
            self._http.close()
        self._say(_Heard(self._channel, end=end))

    def _read(self) -> SourceError | NotSupported:
        path, params, rules = self._channel.path, self._channel.params, self._rules
        stream = self._http.stream(path, params, silence_s=rules.silence_s, stop=self._halt, kind=KIND)
        with stream as (answer, chunks):
            verdict(answer, self._context.clock())
            events = EventReader(rules.max_event_bytes)
            for chunk in chunks:
                self._heard_at = self._seconds()
                if not self._is_open:
                    self._is_open = True
                    self._say(_Heard(self._channel))
                for event in events.feed(chunk):
                    self._say(_Heard(self._channel, event=event))
        return self._ended()

    def _was_silent(self) -> bool:
        return self._seconds() - self._heard_at > 0.9 * self._rules.silence_s

    def _ended(self) -> SourceError | NotSupported:
        subject, path = self._http.subject, self._channel.path
        if not self._was_silent():
            return Unreachable(subject, f"{path}: the server closed the stream")
        if not self._is_open:
            return _silent(subject)
        words = f"nothing came for {self._rules.silence_s:g} s, though a sign of life is due every 15 s"
        return Unreachable(subject, f"{path}: {words}")

    def _without_head(self, error: SourceError | NotSupported) -> SourceError | NotSupported:
        """Not even a head came for as long as a stream may be silent: as good as no stream."""
        silent = isinstance(error, Unreachable) and not self._is_open and self._was_silent()
        return _silent(self._http.subject) if silent else error


def _silent(subject: str) -> NotSupported:
    words = "its stream takes the connection and says nothing: it speaks WebSocket alone, or a proxy holds it"
    return NotSupported(f"{subject}: {words}")


def verdict(answer: Answer, now: datetime) -> None:
    """Raise what the head of an answer means if it is no stream of events. `now` is aware UTC."""
    subject, status = answer.subject, answer.status
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if 200 <= status < 300:
        if kind != KIND:
            raise NotSupported(f"{subject}: no stream of events there (it answered {kind or 'nothing'})")
        return
    if status in _ABSENT:
        raise NotSupported(f"{subject}: this server has no streaming ({status})")
    if status in _UPGRADE:
        raise NotSupported(f"{subject}: this server streams over WebSocket alone ({status})")
    if status in _REFUSED:
        raise NeedsPerson(subject, f"streams are refused ({status}): they need a token with read:statuses")
    if 300 <= status < 400:
        host = _host_of(answer.headers.get("location", ""))
        raise NeedsPerson(
            subject, f"streams are served by {host}; if it may get the token, set streaming_url"
        )
    raise error_of(answer, now)


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).hostname or "another address"
    except ValueError:
        return "another address"


class Pages:
    """What several connections bring, as pages. `connect` makes an HTTP client for each of them."""

    def __init__(
        self,
        channels: Sequence[Channel],
        connect: Callable[[], Http],
        context: Context,
        rules: StreamRules,
        host: str,
    ) -> None:
        self._channels, self._connect, self._context, self._rules = channels, connect, context, rules
        self._host = host
        self._heard: queue.Queue[_Heard] = queue.Queue(_QUEUED)
        self._halt = threading.Event()
        self._opening = {channel.name for channel in channels}
        self._open: set[str] = set()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._again: deque[tuple[float, Gone]] = deque()
        self._left_out: list[str] = []

    def leave_out(self, words: str) -> None:
        """Have the first page say what is not followed."""
        self._left_out.append(words)

    def read(self, stop: threading.Event) -> Generator[Page, None, None]:
        """Pages until `stop` is set. The first comes when all is open, an empty one when all is quiet.

        Raises NotSupported, NeedsPerson, RateLimited or Unreachable when a connection that is needed ends.
        """
        threads = [self._start(channel) for channel in self._channels]
        try:
            yield from self._pages(stop)
        finally:
            self._halt.set()
            for thread in threads:
                thread.join(_LEAVE_S)

    def _start(self, channel: Channel) -> threading.Thread:
        http = self._connect()
        connection = Connection(channel, http, self._context, self._rules, self._halt, self._put)
        thread = threading.Thread(target=connection.run, name=f"stream:{http.subject}", daemon=True)
        thread.start()
        return thread

    def _put(self, heard: _Heard) -> None:
        while not self._halt.is_set():
            try:
                self._heard.put(heard, timeout=TICK_S)
                return
            except queue.Full:
                continue  # Whoever stores is slow: the server waits in the meantime.

    def _pages(self, stop: threading.Event) -> Generator[Page, None, None]:
        was_open, told_at, kept = False, self._context.monotonic_s(), Reading()
        while not stop.is_set():
            heard = self._take()
            kept += self._reading(heard)
            end = self._ending(heard)
            is_open = not self._opening and bool(self._open)
            is_news = is_open and not was_open
            is_quiet = is_open and self._context.monotonic_s() - told_at >= self._rules.quiet_s
            if is_news or is_quiet or (kept != Reading() and (was_open or end)):
                yield self._page(kept, is_first=is_news)
                was_open, told_at, kept = was_open or is_open, self._context.monotonic_s(), Reading()
            if end is not None:
                raise end

    def _take(self) -> list[_Heard]:
        """All that waits, up to a page full of it; waits a moment for the first."""
        try:
            heard = [self._heard.get(timeout=TICK_S)]
        except queue.Empty:
            return []
        while len(heard) < MAX_EVENTS:
            try:
                heard.append(self._heard.get_nowait())
            except queue.Empty:
                break
        return heard

    def _reading(self, heard: Sequence[_Heard]) -> Reading:
        now, seconds = self._context.clock(), self._context.monotonic_s()
        for each in heard:
            if each.event is None and each.end is None:
                self._opening.discard(each.channel.name)
                self._open.add(each.channel.name)
        found = join(self._event(each, now) for each in heard if each.event is not None)
        # A poll that was under way may have stored what has just been deleted: that is told once more.
        due = [self._again.popleft()[1] for _ in range(len(self._again)) if self._again[0][0] <= seconds]
        self._again.extend((seconds + TELL_AGAIN_S, gone) for gone in found.gone)
        return found + Reading(gone=tuple(due))

    def _event(self, heard: _Heard, now: datetime) -> Reading:
        channel, event = heard.channel, heard.event
        if event is None:
            return Reading()
        where = f"{self._host} stream {channel.name}"
        reading = read_event(event, now, host=self._host, where=where)
        query = channel.query or TagQuery()
        return replace(reading, posts=tuple(p for p in reading.posts if wanted(query, p) and self._is_new(p)))

    def _is_new(self, post: Post) -> bool:
        """The same version came lately, on another channel or doubled: it is handed on once."""
        key = post.key, post.version
        if key in self._known:
            self._known.move_to_end(key)
            return False
        self._known[key] = None
        if len(self._known) > KNOWN_POSTS:
            self._known.popitem(last=False)
        return True

    def _page(self, kept: Reading, *, is_first: bool) -> Page:
        warning = "; ".join(self._left_out) if is_first else ""
        gone = tuple({item.key: item for item in kept.gone}.values())
        return Page(kept.posts, gone, budget=Budget(warning=warning), set_aside=kept.set_aside)

    def _ending(self, heard: Sequence[_Heard]) -> SourceError | NotSupported | None:
        """The end of a connection that is needed; one that may be refused and was is left out."""
        for each in heard:
            if each.end is None:
                continue
            name, is_refused = each.channel.name, isinstance(each.end, NeedsPerson | NotSupported)
            if not (each.channel.is_optional and is_refused and name in self._opening):
                return each.end
            self._opening.discard(name)
            words = each.end.detail if isinstance(each.end, NeedsPerson) else str(each.end)
            self._left_out.append(f"{name} come by polls alone: {words}")
            log.warning("stream_left_out", source=self._host, channel=name, reason=words)
        return None


def probe(channel: Channel, http: Http, context: Context, rules: StreamRules) -> None:
    """Open one channel until its first byte. Raises like `Pages.read`."""
    halt, heard = threading.Event(), queue.Queue[_Heard](_QUEUED)

    def say(each: _Heard) -> None:
        halt.set()
        heard.put(each)

    with closing(http):
        Connection(channel, http, context, rules, halt, say).run()
    first = heard.get_nowait()
    if first.end is not None:
        raise first.end
