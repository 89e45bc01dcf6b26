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
from store.records.post import Author, Gone, Platform, Post


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a source in config.yaml: name, type, default, allowed words, help.

    `minimum` and `maximum` bound a number, both included; None where there is no bound.
    """

    name: str
    kind: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def bounds(self) -> str:
        """The bounds in words, "" where there are none."""
        if self.minimum is not None and self.maximum is not None:
            return f"between {_number(self.minimum)} and {_number(self.maximum)}"
        if self.minimum is not None:
            return f"{_number(self.minimum)} or more"
        return "" if self.maximum is None else f"{_number(self.maximum)} or less"

    def holds(self, value: float) -> bool:
        """Is the number within the bounds? What is no number (NaN) is not."""
        low = self.minimum is None or value >= self.minimum
        return value == value and low and (self.maximum is None or value <= self.maximum)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"


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


@runtime_checkable
class KnowsAuthors(Protocol):
    """What a collector may offer beside the contract: reading profiles of authors by their ids."""

    spec: SourceSpec
    name: str

    def authors(self, ids: Sequence[str]) -> list[Author]:
        """The authors as the platform shows them now; those it does not show are left out."""
        ...


@runtime_checkable
class KnowsByAddress(Protocol):
    """What a collector may offer beside the contract, where ids are a server's own: whom it knows of others.

    Without it a post that came in a file is asked for by its native id.
    """

    def id_of(self, post_key: str, native_id: str) -> str:
        """The id by which `lookup` can be asked for this post, "" if it cannot."""
        ...


@runtime_checkable
class ChecksInBatch(Protocol):
    """What a collector may offer beside the contract: asking about very many stored posts by one long job."""

    @property
    def batch_every(self) -> timedelta | None:
        """How often all stored posts are to be checked so; None where the source is not set up for it."""
        ...

    def check_batch(self, ids: Sequence[str], cursor: str) -> Page:
        """Take the next step of a job: begin it (`cursor` ""), hand over the native ids, ask for its end.

        `more` says that the job goes on and that its `cursor` is to be handed in again in a while. At
        its end `gone` names what is not shown any more and `posts` what is shown otherwise now; what
        is not named stands. Raises the errors of `Collector`; never waits.
        """
        ...


class NotSupported(NotImplementedError):
    """This platform has no such way of reading. A collector says so; the caller leaves it out."""
