"""From a repository firehose (com.atproto.sync.subscribeRepos) to a log of events, as Jetstream keeps one.

Each commit operation is an event of its own, numbered, with the instant at which it was seen, which rises
strictly. Knows no format of Jetstream: `jetstream_bridge.py` writes those.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.servers import dag_cbor

_RECONNECT_S = 0.1
# A server that is still replaying would have us wait for its goodbye.
_SETTINGS: dict[str, Any] = {"max_size": 8_000_000, "compression": None, "close_timeout": 0.5}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `kind` is commit, identity, account or sync; `body` what belongs to it."""

    seq: int
    micros: int
    kind: str
    did: str
    body: dict[str, Any]


class Log:
    """All events in their order. A thread may wait for the next one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changed = threading.Condition()
        self.floor_seq = 1
        self.floor_micros = 0

    def add(self, kind: str, did: str, body: dict[str, Any]) -> None:
        """The next event."""
        with self.changed:
            last = self.events[-1].micros if self.events else 0
            micros = max(time.time_ns() // 1000, last + 1)
            self.events.append(Event(len(self.events) + 1, micros, kind, did, body))
            self.changed.notify_all()

    def forget_before(self, seq: int) -> None:
        """Retention: what is older than this event is not given any more."""
        with self.changed:
            self.floor_seq = seq
            self.floor_micros = self.events[seq - 1].micros

    def place_of(self, micros: int) -> int:
        """The number of the first event at or after the instant; one past the last if none is."""
        with self.changed:
            for event in self.events[self.floor_seq - 1 :]:
                if event.micros >= micros:
                    return event.seq
            return len(self.events) + 1

    def after(self, seq: int, most: int = 200) -> list[Event]:
        """Events from this number on, at once."""
        with self.changed:
            return self.events[seq - 1 : seq - 1 + most]


class Firehose(threading.Thread):
    """Reads a server's firehose into a log; goes on from its last frame when the connection ends."""

    def __init__(self, pds: str, log: Log) -> None:
        super().__init__(name="firehose", daemon=True)
        self._address = pds.replace("http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos"
        self._log = log
        self._ended = threading.Event()
        self._connection: ClientConnection | None = None
        self.cursor = 0
        self.broken = 0
        self.trouble: Exception | None = None

    def run(self) -> None:
        """Until `close`."""
        while not self._ended.is_set():
            try:
                address = f"{self._address}?cursor={self.cursor}"
                with connect(address, proxy=None, **_SETTINGS) as found:
                    self._connection = found
                    self._read(found)
            except (OSError, ConnectionClosed):
                self.broken += 1
            except Exception as error:  # noqa: BLE001 - the test that waits has to hear of it
                self.trouble = error
                return
            self._ended.wait(_RECONNECT_S)

    def _read(self, connection: ClientConnection) -> None:
        for frame in connection:
            if self._ended.is_set():
                return
            assert isinstance(frame, bytes)
            header, body = dag_cbor.frames(frame)
            if header.get("op") != 1:
                raise RuntimeError(f"the firehose ended: {body}")
            seq = body.get("seq", 0)
            if seq and seq <= self.cursor:
                continue
            for kind, did, what in events_of(header["t"], body):
                self._log.add(kind, did, what)
            self.cursor = seq or self.cursor

    def close(self) -> None:
        """Stop reading."""
        self._ended.set()
        if self._connection is not None:
            self._connection.close()
        self.join(10)


def events_of(kind: str, body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The events of one frame: (kind, did, what belongs to it)."""
    if kind == "#commit":
        found = dag_cbor.blocks(dag_cbor.raw_bytes(body["blocks"])) if body["ops"] else {}
        for op in body["ops"]:
            collection, _, rkey = op["path"].partition("/")
            what = {
                "rev": body["rev"],
                "operation": op["action"],
                "collection": collection,
                "rkey": rkey,
            }
            if op["action"] != "delete":
                cid = op["cid"]["$link"]
                what |= {"record": dag_cbor.decode(found[cid]), "cid": cid}
            yield "commit", body["repo"], what
    elif kind in ("#identity", "#account", "#sync"):
        yield kind[1:], body["did"], body
