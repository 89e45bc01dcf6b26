"""Server-sent events of a Mastodon stream: bytes as events, events as posts and deletions. Pure; no network.

The format is that of html.spec.whatwg.org, section 9.2; the events are those of docs.joinmastodon.org,
methods/streaming. What cannot be read is set aside and the next event is read as if nothing had been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.mastodon_status import read_status
from collectors.payload import Reading, decode_json, refused
from store.records.post import Gone, Platform

MAX_ID_CHARS = 200
_POSTS = frozenset({"update", "status.update", "status_update"})
_DELETED = "deleted, as its server's stream says"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, its data, and why it cannot be read ("" when it can)."""

    name: str
    data: bytes
    trouble: str = ""


class EventReader:
    """Bytes of one connection as whole events. What is cut off at the end is no event."""

    def __init__(self, max_event_bytes: int) -> None:
        self._most = max_event_bytes
        self._rest = bytearray()
        self._searched = 0
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0
        self._is_too_large = False
        self._is_first = True

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that end within this chunk, in order."""
        self._rest += chunk
        found: list[Event] = []
        begin = 0
        while (end := self._rest.find(b"\n", max(self._searched, begin))) >= 0:
            event = self._line(bytes(self._rest[begin:end]).removesuffix(b"\r"))
            begin = end + 1
            if event is not None:
                found.append(event)
        del self._rest[:begin]
        if self._size + len(self._rest) > self._most:
            # A line without end: nothing of it is kept, and its event is known to be too large.
            self._is_too_large = True
            self._rest.clear()
        self._searched = len(self._rest)
        return found

    def _line(self, line: bytes) -> Event | None:
        if self._is_first:
            self._is_first, line = False, line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._end()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value[:MAX_ID_CHARS]
        elif field == b"data":
            self._size += len(value) + 1
            if self._is_too_large or self._size > self._most:
                self._is_too_large, self._data = True, []
            else:
                self._data.append(value)
        return None

    def _end(self) -> Event | None:
        name, data, is_too_large = self._name, b"\n".join(self._data), self._is_too_large
        self._name, self._data, self._size, self._is_too_large = b"", [], 0, False
        if is_too_large:
            words = f"an event of more than {self._most} bytes"
            return Event(name.decode("ascii", "replace"), b"", words)
        return Event(name.decode("ascii", "replace"), data) if name or data else None


def read_event(event: Event, now: datetime, *, host: str, where: str) -> Reading:
    """What an event says: posts, deletions, or one thing set aside. Other kinds of events say nothing.

    A deletion names the status by its id on that server only: the key of its Gone is
    `mastodon:HOST#ID`, which whoever stored the post maps back. `now` is aware UTC.
    """
    place = f"{where} {event.name}".strip()
    if event.trouble:
        return refused(place, event.trouble)
    if event.name == "delete":
        return _deletion(event, now, host, place)
    if event.name not in _POSTS and event.name != "notification":
        return Reading()
    try:
        value: Any = decode_json(event.data)
        if isinstance(value, str):  # as on WebSockets, where the payload is JSON within JSON
            value = decode_json(value.encode())
    except ValueError as error:
        return refused(place, f"the event is not JSON ({error})", event.data)
    if event.name in _POSTS:
        return read_status(value, now, host=host, where=place)
    if not isinstance(value, dict):
        return refused(place, f"a notification should be an object, found {type(value).__name__}", value)
    if value.get("type") != "mention":
        return Reading()
    return read_status(value.get("status"), now, host=host, where=f"{place}.status")


def _deletion(event: Event, now: datetime, host: str, place: str) -> Reading:
    """Ids are opaque: digits, letters, with or without the quotes of JSON."""
    ident = event.data.decode("utf-8", "replace").strip().strip('"')
    if not ident or len(ident) > MAX_ID_CHARS or not ident.isprintable() or any(c in ident for c in ' #{}"'):
        return refused(place, "a deletion without an id that can be read", event.data)
    return Reading(gone=(Gone(f"mastodon:{host}#{ident}", Platform.MASTODON, _DELETED, now),))
