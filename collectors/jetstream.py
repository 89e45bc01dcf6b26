"""The wire of Jetstream, both formats: addresses, one event at a time. Pure.

Formats: bluesky-social/jetstream docs/README.md and the lexicon network.bsky.jetstream.subscribeEvents.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from collectors.bluesky_record import POST
from collectors.payload import parse_time, to_micros


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


def address(host: str, wire: Wire, from_micros: int, *, max_bytes: int = 0) -> str:
    """The subscription to post commits and account events from that instant on; 0 begins at the tip.

    The old format sends account events unasked. With `max_bytes` the host passes over larger events
    without a word, so it is only asked for after such an event has broken a connection.
    """
    if wire is Wire.V1:
        path, params = "/subscribe", [("wantedCollections", POST)]
    else:
        path = "/xrpc/network.bsky.jetstream.subscribeEvents"
        params = [("kinds", kind) for kind in ("commit", "account", "identity")]
        params.append(("collections", POST))
    if from_micros:
        params.append(("cursor", str(from_micros)))
    if max_bytes:
        params.append(("maxMessageSizeBytes", str(max_bytes)))
    return f"{host}{path}?{urlencode(params)}"


class Kind(StrEnum):
    """What a frame is about."""

    POST = "post"
    ACCOUNT = "account"
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


_ACCOUNT_KINDS = frozenset({"account", "identity"})
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
    if event.kind in _ACCOUNT_KINDS:
        return Peek(Kind.ACCOUNT, max(event.time_us, 0))
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
    micros = to_micros(moment) if moment else 0
    if kind in _ACCOUNT_KINDS:
        return Peek(Kind.ACCOUNT, micros)
    about_post = kind == "commit" and message.collection == POST
    return Peek(Kind.POST if about_post else Kind.OTHER, micros)
