"""The Bluesky sender beside a personal data server in memory: as much of one as a sender asks for.

It keeps to what the real server does (tests/servers/test_senders_bluesky.py runs the same suite there).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bot.senders.base import Account
from bot.senders.bluesky import BlueskySender
from bot.senders.bluesky_client import Pds
from collectors.context import Context
from collectors.http import Http, Limits
from collectors.session import MemoryVault, Sessions
from collectors.session_ways import BlueskyWay

POST = "app.bsky.feed.post"
US, FINDER = "did:plc:" + "h" * 24, "did:plc:" + "f" * 24
PUT, GET = "com.atproto.repo.putRecord", "com.atproto.repo.getRecord"


class MemoryPds:
    """Records by address. `faults` are (method name, what befalls it), used up one by one."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.hidden: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, dict[str, Any]] = {}
        self.viewers: dict[str, dict[str, Any]] = {}
        self.faults: deque[tuple[str, Any]] = deque()
        self.asked: list[tuple[str, Any]] = []
        self.tokens = 0
        self.valid = ""
        self.scope = "com.atproto.appPass"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/xrpc/")
        fault = self._fault(name)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response):
            return fault
        answer = self._answer(name, request)
        if fault == "lose":
            raise httpx.ReadError("the answer was lost", request=request)
        return answer

    def _fault(self, name: str) -> Any:
        if self.faults and self.faults[0][0] == name:
            return self.faults.popleft()[1]
        return None

    def _answer(self, name: str, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        params = request.url.params
        self.asked.append((name, body))
        if name.startswith("com.atproto.server."):
            return self._session()
        if request.headers.get("Authorization") != f"Bearer {self.valid}":
            return refusal(400, "ExpiredToken")
        match name:
            case "com.atproto.repo.putRecord":
                return self._put(body)
            case "com.atproto.repo.deleteRecord":
                self.records.pop(f"at://{body['repo']}/{body['collection']}/{body['rkey']}", None)
                return httpx.Response(200, json={})
            case "com.atproto.repo.getRecord":
                uri = f"at://{params['repo']}/{params['collection']}/{params['rkey']}"
                if uri not in self.records:
                    return refusal(400, "RecordNotFound")
                value = self.records[uri]
                return httpx.Response(200, json={"uri": uri, "cid": cid_of(value), "value": value})
            case "app.bsky.feed.getPosts":
                uris = params.get_list("uris")
                return httpx.Response(200, json={"posts": [self._view(u) for u in uris if u in self.records]})
            case "app.bsky.actor.getProfiles":
                dids = params.get_list("actors")
                return httpx.Response(
                    200, json={"profiles": [{"did": d, **self.profiles.get(d, {})} for d in dids]}
                )
        return refusal(501, "MethodNotImplemented")

    def _session(self) -> httpx.Response:
        self.tokens += 1
        claims = {"exp": (datetime.now(UTC) + timedelta(hours=2)).timestamp(), "scope": self.scope}
        middle = base64.urlsafe_b64encode(json.dumps({**claims, "n": self.tokens}).encode()).decode()
        self.valid = f"h.{middle.rstrip('=')}.s"
        made = {"accessJwt": self.valid, "refreshJwt": f"h.{middle.rstrip('=')}.r", "did": US}
        return httpx.Response(200, json=made)

    def _put(self, body: dict[str, Any]) -> httpx.Response:
        uri = f"at://{body['repo']}/{body['collection']}/{body['rkey']}"
        held, record = self.records.get(uri), body["record"]
        if held is not None and held != record and "swapRecord" in body and body["swapRecord"] is None:
            return refusal(400, "InvalidSwap")
        if held is None and body.get("swapRecord"):
            return refusal(400, "InvalidSwap")
        self.records[uri] = record
        return httpx.Response(200, json={"uri": uri, "cid": cid_of(record)})

    def _view(self, uri: str) -> dict[str, Any]:
        did = uri.removeprefix("at://").partition("/")[0]
        seen = self.viewers.get(uri, {})
        return {
            "uri": uri,
            "cid": cid_of(self.records[uri]),
            "author": {"did": did, "handle": f"{did[8]}.test", "viewer": seen.get("author", {})},
            "record": self.records[uri],
            "viewer": seen.get("post", {}),
            "indexedAt": "2026-05-25T08:00:00Z",
        }


def cid_of(record: dict[str, Any]) -> str:
    """Changes with the record, as a CID does."""
    return "bafyrei" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def refusal(status: int, reason: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": reason, "message": "not like this"}, headers=headers)


class BlueskyBench:
    """The Bluesky sender and its server."""

    honours_keys = True
    to_handle = "finder.test"

    def __init__(self) -> None:
        self.server = MemoryPds()
        self.now = datetime.now(UTC)
        self.vault = MemoryVault(lambda: self.now)
        self.sender = self.new_sender()

    def new_sender(self, did: str = US) -> BlueskySender:
        context = Context("tests@homeward.example", {}, lambda: self.now)

        def client(address: str) -> Http:
            return Http(
                "bluesky",
                address,
                context,
                limits=Limits(timeout_s=2),
                transport=httpx.MockTransport(self.server),
            )

        service = "http://127.0.0.1:2583"
        way = BlueskyWay("bluesky", client(service), "homeward.test", "pw", lambda: self.now)
        pds = Pds("bluesky", service, Sessions("bluesky", way, self.vault, lambda: self.now), client)
        return BlueskySender(Account("homeward.test", did), pds)

    def post(self, text: str = "@homeward.test seen at the pier", **fields: Any) -> tuple[str, str]:
        uri = f"at://{FINDER}/{POST}/3k{len(self.server.records):011d}"
        self.server.records[uri] = {"$type": POST, "text": text, **fields}
        return uri, f"bluesky:{uri}"

    def edit(self, native_id: str, *, names_us: bool) -> None:
        words = "@homeward.test it was in the morning" if names_us else "never mind"
        self.server.records[native_id] = {"$type": POST, "text": words}

    def delete(self, native_id: str) -> None:
        del self.server.records[native_id]

    def lose_answer(self) -> None:
        self.server.faults.append((PUT, "lose"))

    def refuse(self) -> None:
        self.server.faults.append((PUT, refusal(400, "InvalidRequest")))

    def rate_limit(self) -> None:
        self.server.faults.append((PUT, refusal(429, "RateLimitExceeded", **{"Retry-After": "7"})))

    def break_listing(self) -> None:
        self.server.faults.append((GET, refusal(503, "NotEnoughResources")))

    def count(self) -> int:
        return sum(uri.startswith(f"at://{US}/{POST}/") for uri in self.server.records)
