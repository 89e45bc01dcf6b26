"""X's filtered stream: rules brought in line, one connection read, pages handed on. Never reconnects.

tweepy reads in a thread of its own and only puts lines into a queue; whatever ends that thread is put
there too, so a stream cannot end in silence. Connections: docs.x.com filtered-stream/integrate.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import tweepy

from collectors.context import Context
from collectors.payload import Fields, Reading, decode_json, refused
from collectors.x import read_answer
from collectors.x_http import TOO_MANY_CONNECTIONS, Caller, Edge, Refused, problem_of, refusal
from collectors.x_query import RULE_PREFIX, Rule, reconcile
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Gap, Page, SetAside, Span
from store.records.post import Gone, Post

MAX_ITEMS = 100
RULES_WORK_AFTER = timedelta(seconds=20)
RULES_AT_ONCE = 100
BUSY = timedelta(seconds=60)
SLOT_TAKEN = "this app's stream is open elsewhere: stop the other reader, or wait until X notices its end"
_TICK_S = 0.25  # how soon a set `stop` is noticed
_QUEUED_LINES = 1000
_ENDS_FOR_PEOPLE = frozenset({"usage-capped", "credits", "client-forbidden", "unsupported-authentication"})


class _Lines(tweepy.StreamingClient):  # type: ignore[misc]
    """The library's reader with every hook turned into an item of a queue; it never waits by itself."""

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, daemon=True, **values)
        self.items: queue.Queue[bytes | BaseException | None] = queue.Queue(_QUEUED_LINES)
        self.is_open = threading.Event()
        self.is_left = False

    def _put(self, item: bytes | BaseException | None) -> None:
        while not self.is_left:
            try:
                self.items.put(item, timeout=_TICK_S)
                return
            except queue.Full:
                continue  # The caller is slow: X waits in the meantime.

    def on_connect(self) -> None:
        self.is_open.set()

    def on_data(self, raw_data: bytes) -> None:
        self._put(raw_data)

    def on_keep_alive(self) -> None:
        self._put(b"")

    def on_request_error(self, status_code: int) -> None:
        self.disconnect()
        self._put(OSError(f"answered {status_code}"))

    def on_connection_error(self) -> None:
        self.disconnect()
        self._put(OSError("the connection broke or was silent"))

    def on_exception(self, exception: Exception) -> None:
        self._put(exception)

    def on_closed(self, response: Any) -> None:
        self.disconnect()

    def on_disconnect(self) -> None:
        self._put(None)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """Times in seconds: of silence that counts as broken, until a page is handed on, reread after a break."""

    heartbeat_s: float = 25.0
    flush_s: float = 0.5
    rewind_s: float = 60.0


class Stream:
    """One connection. `trouble` says what ended it."""

    def __init__(self, caller: Caller, context: Context) -> None:
        self.subject = caller.subject
        self._caller = caller
        self._context = context
        self._client, self._edge = self._fresh()
        self._ours: frozenset[str] = frozenset()
        self._thread: threading.Thread | None = None

    def _fresh(self) -> tuple[_Lines, Edge]:
        client, edge = self._caller.streaming(_Lines)
        return client, edge

    def sync(self, wanted: Sequence[Rule]) -> bool:
        """Bring X's rules in line; True if rules were added, which work some seconds later."""
        answer = self._caller.call(self._client.get_rules)
        existing = _object(answer.json(), self.subject).items("data")
        change = reconcile(wanted, existing)
        added: set[str] = set()
        for start in range(0, len(change.add), RULES_AT_ONCE):
            added |= self._add(change.add[start : start + RULES_AT_ONCE])
        if change.delete:
            self._caller.call(self._client.delete_rules, list(change.delete))
        self._ours = change.kept | added
        return bool(change.add)

    def _add(self, rules: Sequence[Rule]) -> set[str]:
        added = [tweepy.StreamRule(value=rule.value, tag=rule.tag) for rule in rules]
        answer = _object(self._caller.call(self._client.add_rules, added).json(), self.subject)
        data = answer.objs("data")
        if len(data) < len(rules):
            problem = problem_of(answer.data) or "no reason given"
            words = f"X took {len(data)} of {len(rules)} stream rules ({problem}); look at the query's words"
            raise NeedsPerson(self.subject, words)
        return {rule.ident("id") for rule in data}

    def open(self, **asked: Any) -> None:
        """Begin to read in a thread; what goes wrong comes with `read`."""
        self._thread = threading.Thread(
            target=self._client.filter, kwargs=asked, name=f"x:{self.subject}", daemon=True
        )
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Has X accepted the connection?"""
        return self._client.is_open.is_set()

    def read(self, wait_s: float) -> bytes | SourceError | None:
        """The next line (empty: a sign of life), what ended the stream, or None when nothing came."""
        try:
            item = self._client.items.get(timeout=min(wait_s, _TICK_S))
        except queue.Empty:
            return None
        return item if isinstance(item, bytes) else self._ending(item)

    def _ending(self, item: BaseException | None) -> SourceError:
        if isinstance(item, SourceError):
            return item
        if isinstance(item, Refused):
            return self._busy(item) or refusal(item.answer, self._context.clock())
        if item is None:
            return Unreachable(self.subject, "X closed the stream")
        words = str(item) if type(item) is OSError else type(item).__name__
        return Unreachable(self.subject, f"the stream ended: {words}")

    def _busy(self, item: Refused) -> RateLimited | None:
        try:
            problem = problem_of(item.answer.json())
        except BadPayload:
            return None
        return _busy(self.subject) if problem == TOO_MANY_CONNECTIONS else None

    def is_ours(self, value: dict[str, Any]) -> bool:
        """Did one of our rules bring this post? A line that names no rule is taken."""
        rules = Fields(value, []).objs("matching_rules")
        if not rules:
            return True
        return any(r.ident("id") in self._ours or r.text("tag").startswith(RULE_PREFIX) for r in rules)

    def close(self) -> None:
        """Hang up and wait for the reader's end."""
        self._client.is_left = True
        self._client.disconnect()
        self._edge.hang_up()
        if self._thread is not None:
            self._thread.join(2.0)


def _object(value: Any, subject: str) -> Fields:
    if not isinstance(value, dict):
        raise BadPayload(subject, f"the stream's rules came as {type(value).__name__}, expected an object")
    return Fields(value, [])


def _busy(subject: str) -> RateLimited:
    return RateLimited(subject, SLOT_TAKEN, BUSY)


def is_slot_taken(error: RateLimited) -> bool:
    """Does another connection, alive or dead, hold the one that X gives this app?"""
    return error.detail == SLOT_TAKEN


def end_of(value: Any, subject: str) -> SourceError | None:
    """What a line without a post says about the stream's end, None when it says nothing of it."""
    if not isinstance(value, dict) or "data" in value:
        return None
    problem = problem_of(value)
    if not problem:
        return None
    if problem in (TOO_MANY_CONNECTIONS, "connectionexception"):
        return _busy(subject)
    if problem == "rate-limit-exceeded":
        return RateLimited(subject, "X ended the stream (rate-limit-exceeded)", BUSY)
    kind = NeedsPerson if problem in _ENDS_FOR_PEOPLE else Unreachable
    return kind(subject, f"X ended the stream ({problem})")


@dataclass(slots=True)
class _Batch:
    """What has come since the last page."""

    posts: list[Post]
    gone: list[Gone]
    aside: list[SetAside]

    def add(self, reading: Reading) -> None:
        self.posts.extend(reading.posts)
        self.gone.extend(reading.gone)
        self.aside.extend(reading.set_aside)

    @property
    def size(self) -> int:
        return len(self.posts) + len(self.gone) + len(self.aside)


@dataclass(frozen=True, slots=True)
class Accounting:
    """What the collector does for the stream: charge a line, write a cursor, and stop at the limit."""

    charge: Callable[[Any], None]
    cursor: Callable[[datetime | None], str]
    dressed: Callable[[Page], Page]
    afford: Callable[[], Any]


class Pages:
    """Pages from an opened stream. The cursor is the time of the last sign of life."""

    def __init__(
        self, stream: Stream, context: Context, rules: StreamRules, books: Accounting, heard: datetime | None
    ) -> None:
        self._stream = stream
        self._context = context
        self._rules = rules
        self._books = books
        self._kept = heard
        self._missed_from = heard - timedelta(seconds=rules.rewind_s) if heard else None
        self._gap_until: datetime | None = None
        self._heard: datetime | None = None
        self._batch = _Batch([], [], [])
        self._subject = stream.subject

    def read(self, stop: threading.Event, *, has_new_rules: bool) -> Iterator[Page]:
        """Yield until `stop` is set; then what is left. Raises what ended the stream, after a last page."""
        seconds, rules = self._context.monotonic_s, self._rules
        heard_s = flushed_s = seconds()
        trouble: SourceError | None = None
        was_open = False
        while trouble is None and not stop.is_set():
            item = self._stream.read(max(flushed_s + rules.flush_s - seconds(), 0.01))
            if not was_open and self._stream.is_open:
                was_open = True
                self._opened(has_new_rules)
                heard_s = seconds()
            if isinstance(item, bytes):
                heard_s = seconds()
                self._heard = self._context.clock()
                trouble = self._take(item)
            elif item is not None:
                trouble = item
            elif seconds() - heard_s > rules.heartbeat_s + 5:
                trouble = Unreachable(self._subject, f"the stream was silent for {rules.heartbeat_s:g} s")
            is_due = self._batch.size >= MAX_ITEMS or trouble or seconds() - flushed_s >= rules.flush_s
            if self._heard is not None and is_due:
                yield self._page()
                heard_s = flushed_s = seconds()  # what the caller takes for a page is no silence
                if trouble is None:
                    self._books.afford()
        if self._batch.size:
            yield self._page()
        if trouble is not None:
            raise trouble

    def _opened(self, has_new_rules: bool) -> None:
        now = self._context.clock()
        self._heard = now
        self._gap_until = now + RULES_WORK_AFTER if has_new_rules else now
        if has_new_rules and self._missed_from is None:
            self._missed_from = now

    def _take(self, line: bytes) -> SourceError | None:
        if not line.strip():
            return None
        where, now = f"{self._subject}.stream", self._context.clock()
        try:
            value = decode_json(line)
        except ValueError as error:
            self._batch.add(refused(where, f"not JSON: {error}", line))
            return None
        trouble = end_of(value, self._subject)
        if trouble is not None:
            return trouble
        if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
            self._batch.add(refused(where, "a line of the stream without a post", line))
            return None
        self._books.charge(value)
        if self._stream.is_ours(value):
            self._batch.add(read_answer(value, now, where=where))
        return None

    def _page(self) -> Page:
        """What came, and the place behind it. While a hole is not yet measured the place stays before it."""
        heard, self._heard = self._heard or self._context.clock(), None
        gap = None
        if self._missed_from is not None and self._gap_until is not None and heard >= self._gap_until:
            gap = Gap(
                Span(self._missed_from, self._gap_until),
                "the stream was not connected or its rules were new; X replays nothing",
            )
            self._missed_from = None
        batch, self._batch = self._batch, _Batch([], [], [])
        page = Page(
            posts=tuple(batch.posts),
            gone=tuple(batch.gone),
            set_aside=tuple(batch.aside),
            cursor=self._books.cursor(heard if self._missed_from is None else self._kept),
            gap=gap,
            complete_until=heard if self._missed_from is None else self._missed_from,
        )
        return self._books.dressed(page)
