"""A Jetstream on loopback in both wire formats, beside a network that knows its posts."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from collectors.base import Collector
from collectors.payload import from_micros, to_micros
from store.records.page import Page, TagQuery
from tests.contract.collectors.bluesky_network import DID, HANDLE, PASSWORD, POST, Network
from tests.contract.collectors.harness import QUERY, Harness, Odd


class BlueskyHarness(Harness):
    """Events by their time in microseconds; a subscription gets those from its cursor on, then a like."""

    kind = "bluesky"
    many = 225
    wire = "v2"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.floor_us = 0
        self.then: str = "wait"
        self._count = 0

    def options(self) -> dict[str, Any]:
        hosts = [f"ws://127.0.0.1:{self.port}"]
        return {
            "wire": self.wire,
            "hosts": hosts,
            "appview": self.network.url,
            "service": self.network.url,
            "plc": self.network.url,
            "flush_s": 0.05,
            "timeout_s": 5.0,
        }

    def start(self) -> None:
        self.network = Network(self.views, lambda: self.refusal)
        self.network.user_agents = self.user_agents
        self._server: Server = serve(
            self._subscription, "127.0.0.1", 0, process_request=self._handshake, compression=None
        )
        self.port = self._server.socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self.network.stop()

    # What happens on the network

    def event(self, rkey: str, operation: str = "create", record: Any = None, us: int = 0) -> None:
        """One commit to the posts of the demo account."""
        self.events.append(
            {"rkey": rkey, "operation": operation, "record": record, "us": us or self._tick_us()}
        )

    def news(self, kind: str, did: str = DID, **told: Any) -> None:
        """An event about a whole account: `account` or `identity`."""
        us = self._tick_us()
        self.events.append({"rkey": "", "operation": "", "record": None, "us": us, "news": (kind, did, told)})

    def _tick_us(self) -> int:
        return to_micros(self.tick())

    def record(self, text: str) -> dict[str, Any]:
        """A post record."""
        record: dict[str, Any] = {
            "$type": POST,
            "text": text,
            "createdAt": self.now.isoformat(),
            "langs": ["en"],
        }
        if self.with_unknown_fields:
            record |= {"futureField": {"a": [1, None]}, "embed": {"$type": "app.bsky.embed.future", "x": 1}}
        return record

    def publish(self, count: int = 1, text: str = "seen #found") -> list[str]:
        found = []
        for _ in range(count):
            self._count += 1
            rkey = f"3k{self._count:06d}"
            self.event(rkey, record=self.record(text))
            found.append(f"bluesky:at://{DID}/{POST}/{rkey}")
        return found

    def publish_broken(self) -> None:
        self.event("3kbroken", record=["#found"])

    def odd(self, odd: Odd) -> str:
        record = self.record(odd.text)
        if odd.at or odd.date is not None:
            record["createdAt"] = odd.at.isoformat() if odd.at else odd.date
        if odd.bare_photo:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": [{"alt": "a", "image": {}}]}
        if odd.is_wrong:
            record |= {"langs": 5, "embed": "x", "facets": "x", "reply": 7, "labels": 3, "tags": {"a": 1}}
            record |= {"createdAt": [], "$type": POST}
        self._count += 1
        rkey = odd.ident or f"3k{self._count:06d}"
        self.event(rkey, record=record)
        return f"bluesky:at://{DID}/{POST}/{rkey}"

    def edit(self, key: str, text: str) -> None:
        self.event(key.rpartition("/")[2], "update", record=self.record(text))

    def remove(self, key: str) -> None:
        self.event(key.rpartition("/")[2], "delete")

    def native_id(self, key: str) -> str:
        return key.removeprefix("bluesky:")

    def drain(self, collector: Collector, cursor: str, queries: Sequence[TagQuery] = (QUERY,)) -> list[Page]:
        """Follow until the like that closes what is there has been read."""
        stop = threading.Event()
        guard = threading.Timer(10, stop.set)
        guard.start()
        found: list[Page] = []
        try:
            for page in collector.follow(queries, cursor, stop):
                found.append(page)
                if page.cursor is not None and int(page.cursor) >= to_micros(self.now):
                    stop.set()
        finally:
            guard.cancel()
        return found

    # The server

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.user_agents.append(request.headers.get("User-Agent", ""))
        if self.refusal is None:
            return None
        status, headers, body = self.refusal
        phrase = HTTPStatus(status).phrase
        return Response(status, phrase, Headers({**headers, "Content-Length": str(len(body))}), body)

    def _subscription(self, connection: ServerConnection) -> None:
        asked = parse_qs(urlsplit(connection.request.path).query)  # type: ignore[union-attr]
        cursor = int(asked.get("cursor", ["0"])[0])
        try:
            if self.wire == "v2" and 0 < cursor < self.floor_us:
                connection.send(json.dumps(self._v2("info", {"name": "OutdatedCursor"})))
            events = [e for e in self.events if e["us"] >= max(cursor, self.floor_us)]
            if self.shuffled:
                events = [event for n in range(0, len(events), 2) for event in reversed(events[n : n + 2])]
            most = int(asked.get("maxMessageSizeBytes", ["0"])[0])
            for event in events:
                frame = json.dumps(self._frame(event, POST))
                for _ in range(2 if self.twice else 1):
                    if not most or len(frame) <= most:
                        connection.send(frame)
            self._end(connection)
        except ConnectionClosed:
            return

    def _end(self, connection: ServerConnection) -> None:
        if self.then == "wait":
            like = {
                "rkey": "3klike",
                "operation": "create",
                "record": {"$type": "like"},
                "us": self._tick_us(),
            }
            connection.send(json.dumps(self._frame(like, "app.bsky.feed.like")))
        elif self.then == "too slow":
            connection.send(json.dumps({"$type": "error", "error": "ConsumerTooSlow", "message": "m"}))
        elif self.then == "close":
            connection.close(1011)
        while not self._stopping.wait(0.05) and connection.protocol.state.name == "OPEN":
            pass

    def _frame(self, event: dict[str, Any], collection: str) -> dict[str, Any]:
        if event.get("news"):
            return self._news(event)
        commit = {
            "rev": "3k",
            "operation": event["operation"],
            "collection": collection,
            "rkey": event["rkey"],
        }
        if event["record"] is not None:
            commit |= {"record": event["record"], "cid": f"bafyrei{event['us']}"}
        if self.wire == "v1":
            return {"did": DID, "time_us": event["us"], "kind": "commit", "commit": commit}
        moment = from_micros(event["us"])
        assert moment
        return self._v2(
            "commit", {"seq": event["us"] % 10**6, "did": DID, "time": moment.isoformat(), **commit}
        )

    def _news(self, event: dict[str, Any]) -> dict[str, Any]:
        kind, did, told = event["news"]
        moment = from_micros(event["us"])
        assert moment
        told = {"did": did, "seq": 7, "time": moment.isoformat(), **told}
        if self.wire == "v1":
            return {"did": did, "time_us": event["us"], "kind": kind, kind: told}
        return self._v2(
            kind, {"seq": event["us"] % 10**6, "did": did, "time": moment.isoformat(), kind: told}
        )

    def _v2(self, fragment: str, values: dict[str, Any]) -> dict[str, Any]:
        kind = f"network.bsky.jetstream.subscribeEvents#{fragment}"
        return {"$type": "message", "payload": {"$type": kind, **values}}

    def views(self) -> list[dict[str, Any]]:
        """The standing posts as the AppView shows them; an account that is away has none."""
        deleted = {e["rkey"] for e in self.events if e["operation"] == "delete"}
        views = {}
        for event in self.events:
            if event.get("news") or event["rkey"] in deleted or not isinstance(event["record"], dict):
                continue
            seen = from_micros(event["us"])
            assert seen
            views[event["rkey"]] = {
                "uri": f"at://{DID}/{POST}/{event['rkey']}",
                "cid": f"bafyrei{event['us']}",
                "author": {"did": DID, "handle": "demo.example"},
                "record": event["record"],
                "indexedAt": seen.isoformat(),
            }
        return list(views.values())


class BlueskyV2(BlueskyHarness):
    name = "bluesky v2"


class BlueskyV1(BlueskyHarness):
    name = "bluesky v1"
    wire = "v1"


class BlueskyAccount(BlueskyHarness):
    """The same with an account of ours."""

    name = "bluesky with an account"
    searches = True
    reads_mentions = True

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Collector:
        secrets = {"HOMEWARD_BLUESKY_APP_PASSWORD": PASSWORD} if secrets is None else secrets
        return super().collector(secrets, **{"identifier": HANDLE, **options})


HARNESSES = (BlueskyV1, BlueskyV2, BlueskyAccount)
