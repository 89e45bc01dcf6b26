"""The contract that every collector keeps. Nothing here reads a network, a clock or a database.

A collector keeps no durable state: cursor, budget and session values go in and come out, and the
caller commits them together with the posts. It never sleeps: anything with a time attached raises
`store.errors.RateLimited(retry_after)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any, Protocol, runtime_checkable

from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Platform, Post


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a source in config.yaml: name, type, default, allowed words, help."""

    name: str
    kind: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret a source may need: the environment variable, what it is, where to get it."""

    name: str
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What an adapter declares about itself; the registry collects these.

    `kind` is the word in config.yaml (`kind: mastodon`). `streams` and `polls` say which ways of
    reading it has. `poll_every_s` is the default interval of polls in seconds. `lookback` is how far
    back the platform still gives what was missed, None where it names no limit.
    """

    kind: str
    platform: Platform
    streams: bool
    polls: bool
    options: tuple[Option, ...] = ()
    secrets: tuple[Secret, ...] = ()
    poll_every_s: float = 60.0
    docs: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    lookback: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was tried on a source: what (server, token, timeline, stream, rules), how it went.

    `words` say what works or what is missing, `way_out` how to get it ("" when it works).
    """

    part: str
    ok: bool
    words: str
    way_out: str = ""


@runtime_checkable
class Collector(Protocol):
    """One configured source.

    Cursors are opaque strings of the collector's own making; "" means from the beginning that the
    platform gives. All methods raise the errors of `store.errors.SourceError`:
    RateLimited (wait), Unreachable (network or server), NeedsPerson (credentials, contract),
    BadPayload (an answer that is not what the platform documents).
    A method that the platform does not have raises `NotSupported`.
    """

    spec: SourceSpec
    name: str

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Yield pages as the stream brings them until `stop` is set or the connection ends.

        Each page's cursor is the place behind it; the caller commits it before asking for more.
        A quiet stream yields an empty page with a cursor now and then, so that the place moves.
        """
        ...

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """Read the page that follows `cursor` for this query. `more` says to come again at once."""
        ...

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """Read the past of this query within `span` (aware UTC), oldest place first known by cursor."""
        ...

    def mentions(self, cursor: str) -> Page:
        """Read the posts that name our account after `cursor`."""
        ...

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Read posts again by their native ids, each as it is now or gone."""
        ...

    def close(self) -> None:
        """Give back connections. Safe to call twice."""
        ...


@runtime_checkable
class Checks(Protocol):
    """What a collector may offer beside the contract: trying itself out with its real credentials."""

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """Try each part with as few requests as possible. Raises no SourceError: it says what is wrong."""
        ...


class NotSupported(NotImplementedError):
    """This platform has no such way of reading. A collector says so; the caller leaves it out."""
