"""A Jetstream on loopback, of our own, in both wire formats, fed by a real server's firehose.

v1 `/subscribe` (time_us) and v2 `/xrpc/network.bsky.jetstream.subscribeEvents` (seq), with replay from a
cursor and a look-back that `log.forget_before` sets: v1 then begins later without a word, v2 refuses a
number (`CursorTooOld`) and says `OutdatedCursor` for an instant. Left out: compression, `requireHello`.
The same address answers `getPosts` and `getProfiles` (`appview.py`).
Sources: bluesky-social/jetstream docs/README.md, lexicon network.bsky.jetstream.subscribeEvents.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.servers import appview
from tests.servers.firehose import Event, Firehose, Log

V1_PATH = "/subscribe"
V2_NAME = "network.bsky.jetstream.subscribeEvents"
V2_PATH = f"/xrpc/{V2_NAME}"
KINDS = ("commit", "identity", "account", "sync")
INSTANT = 10**15
_PARAMS = {
    V1_PATH: {"wantedCollections", "wantedDids", "maxMessageSizeBytes", "cursor"},
    V2_PATH: {"cursor", "kinds", "dids", "collections", "maxMessageSizeBytes"},
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_S = 0.1  # how soon a closed connection is noticed where nothing happens
_MAX_COLLECTIONS = 100

Asked = Mapping[str, Sequence[str]]


class Refused(Exception):
    """A subscription that is answered with 400 before it begins: (error, message)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscription asks for: the path tells the format; empty means everything."""

    path: str
    kinds: tuple[str, ...]
    collections: tuple[str, ...]
    dids: tuple[str, ...]
    cursor: int
    most_bytes: int

    def wants(self, event: Event) -> bool:
        """Does this event pass the filters?"""
        if self.dids and event.did not in self.dids:
            return False
        if event.kind != "commit":
            # v1 gives these whatever the collections are, and knows no sync.
            return event.kind != "sync" if self.path == V1_PATH else event.kind in (self.kinds or KINDS)
        if self.path == V2_PATH and self.kinds and "commit" not in self.kinds:
            return False
        name = event.body["collection"]
        return not self.collections or any(_matches(name, pattern) for pattern in self.collections)


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(".*") else name == pattern


def wish_of(target: str) -> Wish:
    """The wish in a request's path. Raises Refused."""
    parts = urlsplit(target)
    asked = parse_qs(parts.query)
    unknown = sorted(set(asked) - _PARAMS[parts.path])
    if unknown:
        raise Refused("InvalidRequest", f"unknown parameter: {unknown[0]}")
    v1 = parts.path == V1_PATH
    kinds = tuple(asked.get("kinds", ()))
    collections = tuple(asked.get("wantedCollections" if v1 else "collections", ()))
    if set(kinds) - set(KINDS):
        raise Refused("InvalidRequest", "kinds: not one of " + ", ".join(KINDS))
    if collections and kinds and "commit" not in kinds:
        raise Refused("InvalidRequest", "collections could never apply without commit among the kinds")
    if len(collections) > _MAX_COLLECTIONS:
        raise Refused("InvalidRequest", f"more than {_MAX_COLLECTIONS} collections")
    return Wish(
        parts.path,
        kinds,
        collections,
        tuple(asked.get("wantedDids" if v1 else "dids", ())),
        _number(asked, "cursor"),
        _number(asked, "maxMessageSizeBytes"),
    )


def _number(asked: Asked, name: str) -> int:
    text = asked.get(name, ["0"])[0]
    if not (text.isascii() and text.isdecimal()):
        raise Refused("InvalidRequest", f"{name}: not a number")
    return int(text)


def beginning(wish: Wish, log: Log) -> tuple[int, bool]:
    """The first event to send, and whether the look-back made it a later one. Raises Refused."""
    live = len(log.events) + 1
    if not wish.cursor:
        return live, False
    if wish.cursor >= INSTANT:
        return log.place_of(wish.cursor), wish.cursor < log.floor_micros
    if wish.cursor >= log.floor_seq:
        return min(wish.cursor, live), False
    if wish.path == V2_PATH:
        raise Refused("CursorTooOld", f"the oldest event is {log.floor_seq}")
    return log.floor_seq, True


def frame(event: Event, path: str) -> str:
    """The event as this format writes it."""
    if path == V1_PATH:
        value = {"did": event.did, "time_us": event.micros, "kind": event.kind, event.kind: event.body}
        return _json(value)
    seen = _EPOCH + timedelta(microseconds=event.micros)
    body = event.body if event.kind == "commit" else {event.kind: event.body}
    return message(event.kind, {"seq": event.seq, "did": event.did, "time": _stamp(seen), **body})


def message(kind: str, fields: Mapping[str, Any]) -> str:
    """A frame of the second format."""
    return _json({"$type": "message", "payload": {"$type": f"{V2_NAME}#{kind}", **fields}})


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class JetstreamBridge:
    """`with JetstreamBridge(network.pds) as bridge:`; collectors connect to `bridge.url`."""

    def __init__(self, pds: str, port: int = 0) -> None:
        self.log = Log()
        self.wishes: list[Wish] = []
        self._firehose = Firehose(pds, self.log)
        self._port = port
        self._http = httpx.Client(base_url=pds, timeout=20, trust_env=False)
        self._stopping = threading.Event()

    def __enter__(self) -> JetstreamBridge:
        self._server = serve(
            self._stream, "127.0.0.1", self._port, process_request=self._handshake, compression=None
        )
        self.port: int = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"
        self.http_url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._firehose.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._firehose.close()
        self._server.shutdown()
        self._thread.join(10)
        self._http.close()
        if self._firehose.trouble is not None and error is None:
            raise self._firehose.trouble

    def wait_for(self, is_there: Callable[[Event], bool], timeout_s: float = 20) -> Event:
        """The first event that fits, as soon as it is there. Raises TimeoutError."""
        with self.log.changed:
            looked_at = 0
            while True:
                for event in self.log.events[looked_at:]:
                    if is_there(event):
                        return event
                looked_at = len(self.log.events)
                if self._firehose.trouble is not None:
                    raise self._firehose.trouble
                if not self.log.changed.wait(timeout_s):
                    raise TimeoutError("the firehose did not bring it")

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        viewed = appview.answer(self._http, request.path)
        if viewed is not None:
            return _answer(*viewed)
        if urlsplit(request.path).path not in _PARAMS:
            return _refusal(HTTPStatus.NOT_FOUND, "MethodNotImplemented", "no such subscription")
        try:
            beginning(wish_of(request.path), self.log)
        except Refused as refused:
            return _refusal(HTTPStatus.BAD_REQUEST, *refused.args)
        return None

    def _stream(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        wish = wish_of(connection.request.path)
        self.wishes.append(wish)
        place, is_clamped = beginning(wish, self.log)
        try:
            if is_clamped and wish.path == V2_PATH:
                words = f"resumed from {place}"
                connection.send(message("info", {"name": "OutdatedCursor", "message": words}))
            while not self._stopping.is_set():
                for event in self.log.after(place):
                    place = event.seq + 1
                    text = frame(event, wish.path) if wish.wants(event) else ""
                    if text and not 0 < wish.most_bytes < len(text.encode()):
                        connection.send(text)
                self._listen(connection, wish, place)
        except ConnectionClosed:
            return

    def _listen(self, connection: ServerConnection, wish: Wish, place: int) -> None:
        """Wait a moment for the next event; a client that speaks on v2 is shown the door."""
        try:
            connection.recv(timeout=0)
        except TimeoutError:
            with self.log.changed:
                if len(self.log.events) < place:
                    self.log.changed.wait(_LOOK_S)
            return
        if wish.path == V2_PATH:
            connection.close(1008, "this stream takes no messages")


def _refusal(status: HTTPStatus, error: str, words: str) -> Response:
    return _answer(status, {"error": error, "message": words})


def _answer(status: HTTPStatus, value: Any) -> Response:
    body = json.dumps(value).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body))})
    return Response(status.value, status.phrase, headers, body)
