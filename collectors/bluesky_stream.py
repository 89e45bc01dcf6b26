"""What has come of a Jetstream since the last page: posts, deletions, accounts, the place, gaps. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from collectors.bluesky_accounts import may_be_news, read_news
from collectors.jetstream import Kind, Peek, Wire, peek
from collectors.payload import Reading, from_micros, sample, to_micros
from collectors.sieve import Sieve
from store.errors import BadPayload, SourceError, Unreachable
from store.records.page import Gap, Page, SetAside, Span, TagQuery
from store.records.post import AccountNews, Gone, Post

MAX_EVENTS = 5000
MAX_ITEMS = 100
MAX_RECENT = 20_000

_PASSING = frozenset({"ConsumerTooSlow"})


class Recent:
    """What was handed on lately, so that a place read twice after a change of hosts is handed on once."""

    def __init__(self, most: int = MAX_RECENT) -> None:
        self._seen: dict[str, None] = {}
        self._most = most

    def is_new(self, name: str) -> bool:
        """True the first time; the name is then known until many others came."""
        if name in self._seen:
            return False
        if len(self._seen) >= self._most:
            self._seen.pop(next(iter(self._seen)))
        self._seen[name] = None
        return True


class Batch:
    """Frames in, pages out. `place` is the cursor in Unix µs: all before it has been read."""

    def __init__(
        self,
        subject: str,
        host: str,
        wire: Wire,
        queries: Sequence[TagQuery],
        place: int,
        gap_after_us: int,
        *,
        max_frame_bytes: int = 4_000_000,
        recent: Recent | None = None,
        lost_from: int = 0,
    ) -> None:
        self.host = host
        self.trouble: SourceError | None = None
        self.is_broken_by_size = False
        self._subject = subject
        self._wire = wire
        self._sieve = Sieve(queries, wire)
        self._place = place
        self._began_at = place
        self._gap_after_us = gap_after_us
        self._max_frame_bytes = max_frame_bytes
        self._recent = recent or Recent()
        self._first = True
        self._clamped = False
        self._gaps: deque[Gap] = deque()
        self._lost_from = lost_from
        self._clear()

    def _clear(self) -> None:
        self._last = b""
        self.size = 0
        self._posts: list[Post] = []
        self._gone: list[Gone] = []
        self._aside: list[SetAside] = []
        self._accounts: list[AccountNews] = []

    @property
    def place(self) -> int:
        """The cursor of the last page, or the one it began with."""
        return self._place

    @property
    def has_moved(self) -> bool:
        """Has this host brought anything after the place that it was asked for?"""
        return self._place > self._began_at

    @property
    def lost_from(self) -> int:
        """Where an event was refused (Unix µs) while no later one has come, else 0: for the next batch."""
        return self._lost_from

    @property
    def is_full(self) -> bool:
        """Enough for one page?"""
        items = len(self._posts) + len(self._gone) + len(self._aside) + len(self._accounts)
        return self.size >= MAX_EVENTS or items >= MAX_ITEMS

    def add(self, data: bytes, received_at: datetime) -> None:
        """Take one frame. Sets `trouble` when the host says that the stream ends."""
        self.size += 1
        if len(data) > self._max_frame_bytes:
            self.refuse(f"an event of {len(data) / 1e6:.1f} MB", received_at)
            return
        if self._is_plain(data):
            self._last = data  # its time is only read if a page ends with it
            return
        try:
            seen = peek(data, self._wire)
            if seen.kind is Kind.ACCOUNT:
                self._account(data, received_at)
        except ValueError as error:
            self._aside.append(SetAside(f"{self.host}@{self._place}", str(error), sample(data)))
            return
        if seen.kind is Kind.ERROR:
            self._fail(seen)
        elif seen.kind is Kind.CLAMPED:
            self._clamped = True
        else:
            self._arrive(seen, data, received_at)

    def _is_plain(self, data: bytes) -> bool:
        """Can it be passed over? Not when the time of an event is awaited."""
        if self._first or self._lost_from or self._sieve.passes(data):
            return False
        return not may_be_news(data)

    def refuse(self, what: str, at: datetime) -> None:
        """Something came that is not read: the time between the events around it is a gap."""
        if not self._lost_from:
            self._lost_from = max(self._last_micros(), self._place) or to_micros(at)
        words = f"{what} is larger than the {self._max_frame_bytes / 1e6:g} MB that are read"
        self._aside.append(SetAside(f"{self.host}@{self._lost_from}", words))

    def _account(self, data: bytes, received_at: datetime) -> None:
        news = read_news(data, received_at)
        if news is None:
            return
        name = f"{news.author_id} {news.state} {news.handle} {news.seen_at.isoformat()}"
        if self._recent.is_new(name):
            self._accounts.append(news)

    def _arrive(self, seen: Peek, data: bytes, received_at: datetime) -> None:
        self._last = data
        if self._first and seen.micros:
            self._first = False
            self._note_gap(seen.micros)
        if 0 < self._lost_from < seen.micros:
            self._found_again(seen.micros)
        if seen.kind is Kind.POST and self._sieve.passes(data):
            reading: Reading = self._sieve.read(data, received_at, f"{self.host}@{seen.micros}")
            self._posts += [p for p in reading.posts if self._recent.is_new(f"{p.key} {p.version}")]
            self._gone += [gone for gone in reading.gone if self._recent.is_new(f"{gone.key} gone")]
            self._aside.extend(reading.set_aside)

    def _note_gap(self, first: int) -> None:
        """The first event tells whether the host still had what the cursor asked for.

        The old format begins later without a word when the cursor lies before its look-back (36 h).
        """
        late = first - self._began_at
        if not self._began_at or not (late > self._gap_after_us or (self._clamped and late > 0)):
            return
        start, end = from_micros(self._began_at), from_micros(first)
        if start and end:
            words = f"{self.host} begins {late / 3.6e9:.1f} h after the cursor, its look-back is over"
            self._gaps.append(Gap(Span(start, end), words))

    def _found_again(self, micros: int) -> None:
        start, end = from_micros(self._lost_from), from_micros(micros + 1)
        self._lost_from = 0
        if start and end:
            self._gaps.append(Gap(Span(start, end), "an event was too large to be read"))

    def _fail(self, seen: Peek) -> None:
        words = f"{self.host} ended the stream: {seen.words[:60]}"
        kind = Unreachable if seen.words in _PASSING else BadPayload
        self.trouble = kind(self._subject, words)

    def taken(self, now: datetime) -> Page:
        """The page so far. Its cursor never goes back and never lies after `now`."""
        before = self._place
        self._place = max(before, min(self._last_micros(), to_micros(now)))
        page = Page(
            posts=tuple(self._posts),
            gone=tuple(self._gone),
            cursor=str(self._place) if self._place != before else None,
            gap=self._gaps.popleft() if self._gaps else None,
            set_aside=tuple(self._aside),
            complete_until=from_micros(self._place) if self._place else None,
            accounts=tuple(self._accounts),
        )
        self._clear()
        return page

    def _last_micros(self) -> int:
        if not self._last:
            return 0
        try:
            return peek(self._last, self._wire).micros
        except ValueError:
            return 0
