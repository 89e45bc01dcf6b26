"""What has come of a Jetstream since the last page: posts, deletions, the place behind them, gaps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collectors.jetstream import Kind, Peek, Sieve, Wire, peek
from collectors.payload import Reading, from_micros, sample, to_micros
from store.errors import BadPayload, SourceError, Unreachable
from store.records.page import Gap, Page, SetAside, Span, TagQuery
from store.records.post import Gone, Post

MAX_EVENTS = 5000
MAX_ITEMS = 100

_PASSING = frozenset({"ConsumerTooSlow"})


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
    ) -> None:
        self.host = host
        self.trouble: SourceError | None = None
        self._subject = subject
        self._wire = wire
        self._sieve = Sieve(queries, wire)
        self._place = place
        self._began_at = place
        self._gap_after_us = gap_after_us
        self._first = True
        self._clamped = False
        self._gap: Gap | None = None
        self._clear()

    def _clear(self) -> None:
        self._last = b""
        self.size = 0
        self._posts: list[Post] = []
        self._gone: list[Gone] = []
        self._aside: list[SetAside] = []

    @property
    def is_full(self) -> bool:
        """Enough for one page?"""
        items = len(self._posts) + len(self._gone) + len(self._aside)
        return self.size >= MAX_EVENTS or items >= MAX_ITEMS

    def add(self, data: bytes, received_at: datetime) -> None:
        """Take one frame. Sets `trouble` when the host says that the stream ends."""
        self.size += 1
        if not self._first and not self._sieve.passes(data):
            self._last = data  # its time is only read if a page ends with it
            return
        try:
            seen = peek(data, self._wire)
        except ValueError as error:
            self._aside.append(SetAside(f"{self.host}@{self._place}", str(error), sample(data)))
            return
        if seen.kind is Kind.ERROR:
            self._fail(seen)
        elif seen.kind is Kind.CLAMPED:
            self._clamped = True
        else:
            self._arrive(seen, data, received_at)

    def _arrive(self, seen: Peek, data: bytes, received_at: datetime) -> None:
        self._last = data
        if self._first and seen.micros:
            self._first = False
            self._note_gap(seen.micros)
        if seen.kind is Kind.POST and self._sieve.passes(data):
            reading: Reading = self._sieve.read(data, received_at, f"{self.host}@{seen.micros}")
            self._posts.extend(reading.posts)
            self._gone.extend(reading.gone)
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
            self._gap = Gap(Span(start, end), words)

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
            gap=self._gap,
            set_aside=tuple(self._aside),
            complete_until=from_micros(self._place) if self._place else None,
        )
        self._gap = None
        self._clear()
        return page

    def _last_micros(self) -> int:
        if not self._last:
            return 0
        try:
            return peek(self._last, self._wire).micros
        except ValueError:
            return 0
