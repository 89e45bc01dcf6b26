"""PDS, AppView and DID directory of a small network on loopback: sessions, search, profiles."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.payload import parse_time
from tests.contract.collectors.harness import Asked, Reply

DID = "did:plc:demo234567demo234567demo"
OURS = "did:plc:ours234567ours234567ours"
POST = "app.bsky.feed.post"
HANDLE, PASSWORD = "homeward.example", "abcd-efgh-ijkl-mnop"


def xrpc_error(status: int, name: str) -> Reply:
    """An XRPC error envelope."""
    return status, {}, json.dumps({"error": name, "message": "words"}).encode()


class Network:
    """Knows the posts that `views()` gives. Every switch is an attribute that a test sets."""

    def __init__(
        self, views: Callable[[], list[dict[str, Any]]], refusal: Callable[[], Reply | None] = lambda: None
    ) -> None:
        self.views = views
        self.refusal = refusal
        self.asked: list[tuple[str, Asked]] = []
        self.user_agents: list[str] = []
        self.profiles: dict[str, dict[str, Any]] = {DID: {"did": DID, "handle": "demo.example"}}
        self.notifications: list[dict[str, Any]] = []
        self.is_without_profiles = False
        self.logins = self.refreshes = 0
        self.is_revoked = False
        self.password = PASSWORD
        self.expire_after: int | None = None
        self.search_ends_at: int | None = None
        self.refuses_cursor_from: int | None = None
        self.repeats_search = False
        self.cut_at: int | None = None
        self._serial = 0
        self._good_for = 0
        self._start()

    def _start(self) -> None:
        network = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._send(network.answer(parts.path, parse_qs(parts.query), dict(self.headers.items())))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._send(network.signed(self.path, body, dict(self.headers.items())))

            def _send(self, reply: Reply) -> None:
                status, headers, body = reply
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, network.cut_at = network.cut_at, None
                self.wfile.write(body if cut is None else body[:cut])
                self.close_connection = cut is not None

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """Give the port back. Safe to call twice."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # Sessions

    def signed(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """createSession and refreshSession."""
        if path.endswith("createSession"):
            self.logins += 1
            asked = json.loads(body)
            if asked != {"identifier": HANDLE, "password": self.password}:
                return xrpc_error(401, "AuthenticationRequired")
            self.is_revoked = False
            return self._session()
        if not path.endswith("refreshSession") or body:
            return xrpc_error(501, "MethodNotImplemented")
        self.refreshes += 1
        if self.is_revoked or headers.get("Authorization") != f"Bearer refresh-{self._serial}":
            return xrpc_error(400, "ExpiredToken")
        return self._session()

    def _session(self) -> Reply:
        self._serial += 1
        self._good_for = 10**6 if self.expire_after is None else self.expire_after
        pds = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        answer = {
            "did": OURS,
            "handle": HANDLE,
            "accessJwt": f"access-{self._serial}",
            "refreshJwt": f"refresh-{self._serial}",
            "didDoc": {"id": OURS, "service": [pds]},
            "active": True,
        }
        return 200, {}, json.dumps(answer).encode()

    def revoke(self) -> None:
        """No token is accepted any more."""
        self.is_revoked, self._good_for = True, 0

    def _refused(self, headers: Mapping[str, str]) -> Reply | None:
        given = headers.get("Authorization")
        if given is None:
            return xrpc_error(401, "AuthMissing")
        if given != f"Bearer access-{self._serial}" or self._good_for <= 0:
            return xrpc_error(400, "ExpiredToken")
        self._good_for -= 1
        return None

    # Questions

    def answer(self, path: str, asked: Asked, headers: Mapping[str, str]) -> Reply:
        """What a GET brings."""
        self.user_agents.append(headers.get("User-Agent", ""))
        self.asked.append((path, asked))
        if refusal := self.refusal():
            return refusal
        method = path.rpartition("/")[2]
        if method.startswith("did:"):
            pds = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
            return self._json({"id": method, "service": [pds]})
        if method in ("app.bsky.feed.searchPosts", "app.bsky.notification.listNotifications"):
            refused = self._refused(headers)
            if refused:
                return refused
            return self._search(asked) if method.endswith("searchPosts") else self._notified(asked)
        if headers.get("Authorization") and (refused := self._refused(headers)):
            return refused
        if method == "app.bsky.feed.getPosts":
            uris = asked.get("uris", [])
            assert len(uris) <= 25
            return self._json({"posts": [view for view in self.views() if view["uri"] in uris]})
        if method == "app.bsky.actor.getProfiles":
            actors = asked.get("actors", [])
            assert len(actors) <= 25
            if self.is_without_profiles:
                return xrpc_error(502, "UpstreamFailure")
            found = [self.profiles[did] for did in actors if did in self.profiles]
            return self._json({"profiles": found})
        return xrpc_error(501, "MethodNotImplemented")

    def _search(self, asked: Asked) -> Reply:
        since, until = (parse_time(asked[name][0]) for name in ("since", "until"))
        assert since and until
        wanted = asked["q"][0].lower()
        hits = [v for v in self.views() if wanted in v["record"]["text"].lower()]
        hits = [v for v in hits if since <= _moment(v) < until]
        hits.sort(key=lambda view: view["indexedAt"], reverse=True)
        limit, start = int(asked["limit"][0]), int(asked.get("cursor", ["0"])[0])
        if self.refuses_cursor_from is not None and start >= self.refuses_cursor_from:
            return xrpc_error(400, "InvalidRequest")
        most = len(hits) if self.search_ends_at is None else self.search_ends_at
        page = hits[start : min(start + limit, most)]
        answer: dict[str, Any] = {"posts": page, "hitsTotal": len(hits)}
        if start + limit < min(most, len(hits)):
            answer["cursor"] = str(start if self.repeats_search and start else start + limit)
        return self._json(answer)

    def _notified(self, asked: Asked) -> Reply:
        wanted = set(asked.get("reasons", []))
        held = [item for item in self.notifications if item["reason"] in wanted]
        held.sort(key=lambda item: item["indexedAt"], reverse=True)
        limit, start = int(asked["limit"][0]), int(asked.get("cursor", ["0"])[0])
        answer: dict[str, Any] = {"notifications": held[start : start + limit]}
        if start + limit < len(held):
            answer["cursor"] = str(start + limit)
        return self._json(answer)

    @staticmethod
    def _json(value: Any) -> Reply:
        headers = {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2999", "RateLimit-Reset": "1770552600"}
        return 200, headers, json.dumps(value).encode()


def _moment(view: dict[str, Any]) -> datetime:
    moment = parse_time(view["indexedAt"])
    assert moment
    return moment
