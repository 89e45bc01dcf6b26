"""A source that is switched on, and the names under which its readings are kept. Reads nothing itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.rules.pace import Pace
from collectors.base import Collector
from store.records.page import TagQuery

SEPARATOR = "\x1f"
MENTIONS = "@mentions"
"""The tag of posts that name our account, whatever hashtags they carry."""
STREAM = "*"
"""A stream reads all tags at one place in time: one cursor and one coverage for all of them."""


@dataclass(frozen=True, slots=True)
class Source:
    """Its collector, what it is asked for, how often.

    `lock` is held while the collector is asked by poll, search, mentions or lookup: its HTTP client is
    for one thread at a time. A stream has a connection of its own and does not take it. `settings` tells
    whether its block of config.yaml is still the one of before; "" where nobody compares.
    """

    collector: Collector
    queries: tuple[TagQuery, ...]
    poll_every: timedelta
    backoff_first: timedelta = timedelta(seconds=5)
    backoff_max: timedelta = timedelta(minutes=15)
    pace: Pace | None = None
    recheck_every: timedelta = timedelta(hours=1)
    settings: str = field(default="", compare=False)
    lock: threading.RLock = field(default_factory=threading.RLock, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name in config.yaml."""
        return self.collector.name

    @property
    def has_both(self) -> bool:
        """Whether it is polled as well as streamed: then the polls complete what the stream brings."""
        return self.collector.spec.streams and self.collector.spec.polls

    @property
    def paced(self) -> Pace:
        """How its polls are paced: `poll_every` without further ado where nothing else is said."""
        return self.pace or Pace(self.poll_every.total_seconds(), adaptive=False)

    @property
    def tags(self) -> tuple[str, ...]:
        """Its hashtags, one by one."""
        return tuple(dict.fromkeys(tag for query in self.queries for tag in query.any))


def job_key(source: str, tag: str) -> str:
    """The key of a poll job."""
    return f"{source}{SEPARATOR}{tag}"


def stream_notice(source: str) -> str:
    """The name of the notice that says why posts of a source come by polls alone."""
    return f"stream:{source}"


def stream_tag(queries: Sequence[TagQuery]) -> str:
    """The tag under which a stream's place is kept."""
    return STREAM if queries else ""
