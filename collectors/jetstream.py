"""The wire of Jetstream, both formats: addresses, one event at a time, what is worth decoding. Pure.

Formats: bluesky-social/jetstream docs/README.md and the lexicon network.bsky.jetstream.subscribeEvents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from collectors.bluesky_record import POST, read_event
from collectors.hashtags import byte_filter, wanted
from collectors.payload import Reading, decode_json, parse_time, refused, to_micros
from store.records.page import TagQuery

_POST_BYTES = POST.encode()
_CREATE = b'"operation":"create"'
_DELETE = b'"delete"'
# Phrases ending in `#` that are type names; text cannot hold a hashtag right behind a letter.
_PLAIN = (b"facet#", b"defs#", b"subscribeEvents#")


class Wire(StrEnum):
    """The two formats. Both read a cursor of 10^15 and more as Unix microseconds, on every host."""

    V1 = "v1"
    V2 = "v2"


HOSTS = {
    Wire.V1: (
        "wss://jetstream1.us-east.bsky.network",
        "wss://jetstream2.us-east.bsky.network",
        "wss://jetstream1.us-west.bsky.network",
        "wss://jetstream2.us-west.bsky.network",
    ),
    Wire.V2: ("wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network"),
}


def address(host: str, wire: Wire, from_micros: int) -> str:
    """The subscription to post commits from that instant on; 0 begins with what comes next."""
    if wire is Wire.V1:
        path, params = "/subscribe", [("wantedCollections", POST)]
    else:
        path = "/xrpc/network.bsky.jetstream.subscribeEvents"
        params = [("kinds", "commit"), ("collections", POST)]
    if from_micros:
        params.append(("cursor", str(from_micros)))
    return f"{host}{path}?{urlencode(params)}"


class Kind(StrEnum):
    """What a frame is about."""

    POST = "post"
    OTHER = "other"
    CLAMPED = "clamped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Peek:
    """A frame without its record: what it is about, when the host saw it (Unix µs, 0 unknown), words."""

    kind: Kind
    micros: int = 0
    words: str = ""


class _Commit(msgspec.Struct):
    collection: str = ""


class _V1(msgspec.Struct):
    time_us: int = 0
    kind: str = ""
    commit: _Commit | None = None


class _Message(msgspec.Struct, rename={"type": "$type"}):
    type: str = ""
    name: str = ""
    collection: str = ""
    time: str = ""
    witnessedAt: str = ""  # noqa: N815 (the wire's spelling)


class _V2(msgspec.Struct, rename={"type": "$type"}):
    type: str = ""
    payload: _Message | None = None
    error: str = ""


_decode_v1 = msgspec.json.Decoder(_V1).decode
_decode_v2 = msgspec.json.Decoder(_V2).decode


def peek(data: bytes, wire: Wire) -> Peek:
    """Look at a frame without building its record. Raises ValueError for what is no event."""
    try:
        return _peek_v1(data) if wire is Wire.V1 else _peek_v2(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not an event: {type(error).__name__}") from None


def _peek_v1(data: bytes) -> Peek:
    event = _decode_v1(data)
    about_post = event.kind == "commit" and event.commit is not None and event.commit.collection == POST
    return Peek(Kind.POST if about_post else Kind.OTHER, max(event.time_us, 0))


def _peek_v2(data: bytes) -> Peek:
    frame = _decode_v2(data)
    if frame.type == "error" or frame.payload is None:
        return Peek(Kind.ERROR, words=frame.error or "no payload")
    message = frame.payload
    kind = message.type.rpartition("#")[2]
    if kind == "info":
        return Peek(Kind.CLAMPED if message.name == "OutdatedCursor" else Kind.OTHER, words=message.name)
    moment = parse_time(message.witnessedAt or message.time)
    about_post = kind == "commit" and message.collection == POST
    return Peek(Kind.POST if about_post else Kind.OTHER, to_micros(moment) if moment else 0)


class Sieve:
    """Tells which frames can matter to some queries, cheaply, and reads those that do."""

    def __init__(self, queries: Sequence[TagQuery], wire: Wire) -> None:
        self._queries = tuple(queries)
        self._wire = wire
        self._may_want: Callable[[bytes], bool] = byte_filter(self._queries, plain=_PLAIN)

    def passes(self, data: bytes) -> bool:
        """False only for frames that hold neither a wanted post nor a deletion nor a notice.

        A creation is told early in the frame; inside a text its quotes would be escaped.
        """
        if _CREATE in data:
            return self._may_want(data)
        if _POST_BYTES not in data:
            return self._wire is Wire.V2
        return _DELETE in data or self._may_want(data)

    def read(self, data: bytes, received_at: datetime, where: str) -> Reading:
        """The wanted posts and all deletions of a frame."""
        try:
            reading = read_event(decode_json(data), received_at, where=where)
        except ValueError as error:
            return refused(where, f"not JSON: {type(error).__name__}", data)
        posts = tuple(p for p in reading.posts if any(wanted(query, p) for query in self._queries))
        return Reading(posts, reading.gone, reading.set_aside)
