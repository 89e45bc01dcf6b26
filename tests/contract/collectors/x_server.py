"""A small X on loopback: recent search, mentions, posts by id, stream rules and the filtered stream."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.base import Collector
from store.records.page import Page
from tests.contract.collectors.harness import QUERY, Asked, Harness, Odd, Reply

TOKEN = "AAAA-canary-bearer"
SECRETS = {"HOMEWARD_X_BEARER": TOKEN}
OURS = "900"
EPOCH_MS = 1_288_834_974_657


def id_at(moment: datetime, sequence: int = 0) -> str:
    """An id made at that time."""
    return str(((int(moment.timestamp() * 1000) - EPOCH_MS) << 22) + sequence)


class XHarness(Harness):
    """Posts by id. Search reads from the newest down; a page token says below which id to go on."""

    kind = "x"
    name = "x"
    many = 45
    searches = True

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, dict[str, Any]] = {}
        self.media: dict[str, dict[str, Any]] = {}
        self.users = {"7": {"id": "7", "username": "nora", "name": "Nora"}}
        self.asked: list[tuple[str, Asked, Mapping[str, str]]] = []
        self.refusals: list[Reply] = []
        self.gone: dict[str, str] = {}
        self.rules: dict[str, dict[str, str]] = {}
        self.script: list[bytes | float] = []
        self.rate = {"x-rate-limit-limit": "450", "x-rate-limit-remaining": "440"}
        self._sequence = 0

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Collector:
        return super().collector(SECRETS if secrets is None else secrets, **options)

    def options(self) -> dict[str, Any]:
        return {
            "base_url": self.url,
            "page_size": 10,
            "spend_ceiling_usd": 100_000.0,
            "flush_s": 0.05,
            "timeout_s": 5.0,
        }

    def start(self) -> None:
        self.cuts = False
        self.stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"harness": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What happens on the platform

    def publish(self, count: int = 1, text: str = "seen #found") -> list[str]:
        return [f"x:{self.add(text)['id']}" for _ in range(count)]

    def add(self, text: str, **values: Any) -> dict[str, Any]:
        """One more post, from now unless values say otherwise."""
        self._sequence += 1
        ident = values.pop("id", None) or id_at(self.tick(), self._sequence)
        tags = [{"tag": word[1:]} for word in text.split() if word.startswith("#")]
        names = [{"username": word[1:]} for word in text.split() if word.startswith("@")]
        post = {
            "id": ident,
            "text": text,
            "created_at": self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "author_id": "7",
            "lang": "en",
            "edit_history_tweet_ids": [ident],
            "entities": {"hashtags": tags, "mentions": names},
            **values,
        }
        if self.with_unknown_fields:
            post |= {"futureField": {"a": [1, None]}}
        self.posts[ident] = post
        return post

    def publish_broken(self) -> None:
        key = id_at(self.tick(), 999)
        self.posts[key] = {"text": "#found without an id"}

    def odd(self, odd: Odd) -> str:
        values: dict[str, Any] = {}
        if odd.at or odd.date is not None:
            moment = odd.at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if odd.at else ""
            values["created_at"] = moment or odd.date
        if odd.ident:
            values |= {"id": odd.ident, "edit_history_tweet_ids": [odd.ident]}
        if odd.bare_photo:
            self.media["m1"] = {"media_key": "m1", "type": "photo"}
            values["attachments"] = {"media_keys": ["m1"]}
        if odd.is_wrong:
            values |= {"lang": 5, "entities": "x", "attachments": [], "geo": 3, "referenced_tweets": {"a": 1}}
            values |= {"possibly_sensitive": "maybe", "edit_history_tweet_ids": "x", "author_id": ["7"]}
            values |= {"created_at": 5.5, "note_tweet": [], "in_reply_to_user_id": {}}
        return f"x:{self.add(odd.text, **values)['id']}"

    def edit(self, key: str, text: str) -> None:
        old = self.posts[self.native_id(key)]
        self.add(text, edit_history_tweet_ids=[old["id"]])
        new = max(self.posts, key=int)
        self.posts[new]["edit_history_tweet_ids"].append(new)

    def remove(self, key: str) -> None:
        del self.posts[self.native_id(key)]

    def native_id(self, key: str) -> str:
        return key.removeprefix("x:")

    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        found: list[Page] = []
        for _ in range(200):
            page = collector.poll(QUERY, cursor)
            found.append(page)
            cursor = cursor if page.cursor is None else page.cursor
            if not page.more:
                return found
        raise AssertionError("the polls do not end")

    # The server

    def _hear(self, path: str, asked: Asked, headers: Mapping[str, str]) -> None:
        self.asked.append((path, asked, headers))
        self.user_agents.append(headers.get("User-Agent", ""))

    def _is_refusing(self) -> bool:
        return bool(self.refusal or self.refusals)

    def _refused(self) -> Reply | None:
        return self.refusals.pop(0) if self.refusals else self.refusal

    def answer(self, path: str, asked: Asked) -> Reply:
        """What the server says to GET `path`."""
        refusal = self._refused()
        if refusal:
            return refusal
        if path in ("/2/tweets/search/recent", "/2/tweets/search/all"):
            tags = [
                word.strip("()")[1:] for word in asked["query"][0].split() if word.strip("(").startswith("#")
            ]
            return self._search([p for p in self.posts.items() if _carries(p[1], tags)], asked, "next_token")
        if path == f"/2/users/{OURS}/mentions":
            return self._search(
                [p for p in self.posts.items() if "@homebot" in p[1]["text"]], asked, "pagination_token"
            )
        if path == "/2/tweets":
            return self._by_ids(asked["ids"][0].split(","))
        if path == "/2/tweets/search/stream/rules":
            return self._json({"data": list(self.rules.values()), "meta": {"result_count": len(self.rules)}})
        return 404, {}, b'{"title":"Not Found Error"}'

    def _search(self, items: list[tuple[str, dict[str, Any]]], asked: Asked, token_name: str) -> Reply:
        size = int(asked["max_results"][0])
        if "since_id" in asked and ("start_time" in asked or self._is_old(asked["since_id"][0])):
            return self.invalid("since_id", asked["since_id"][0])
        items = sorted(items, key=lambda item: int(item[0]), reverse=True)
        if "since_id" in asked:
            items = [item for item in items if int(item[0]) > int(asked["since_id"][0])]
        if "start_time" in asked:
            items = [
                i for i in items if int(i[0]) >= int(id_at(datetime.fromisoformat(asked["start_time"][0])))
            ]
        if "end_time" in asked:
            items = [i for i in items if int(i[0]) < int(id_at(datetime.fromisoformat(asked["end_time"][0])))]
        if token_name in asked:
            items = [item for item in items if int(item[0]) < int(asked[token_name][0][1:])]
        page, rest = items[:size], items[size:]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0][0], "oldest_id": page[-1][0]}
        if rest:
            meta["next_token"] = f"t{page[-1][0]}"
        found = [post for _, post in page]
        found = found + (found if self.twice else [])
        if self.shuffled:
            random.Random(len(found)).shuffle(found)
        return self._json({"meta": meta} | ({"data": found, **self._includes()} if found else {}))

    def _is_old(self, ident: str) -> bool:
        return int(ident) < int(id_at(self.now - timedelta(days=7)))

    def invalid(self, name: str, value: str) -> Reply:
        """A 400 that names a parameter."""
        error = {"parameters": {name: [value]}, "message": f"'{name}' is not right"}
        body = {
            "errors": [error],
            "title": "Invalid Request",
            "type": "https://api.twitter.com/2/problems/invalid-request",
        }
        return 400, {}, json.dumps(body).encode()

    def _includes(self) -> dict[str, Any]:
        media = {"media": list(self.media.values())} if self.media else {}
        return {"includes": {"users": list(self.users.values()), **media}}

    def _by_ids(self, ids: list[str]) -> Reply:
        bad = [ident for ident in ids if not ident.isdecimal()]
        if bad:
            return self.invalid("ids", ",".join(bad))
        data = [self.posts[ident] for ident in ids if ident in self.posts]
        problems = "https://api.twitter.com/2/problems/"
        errors = [
            {
                "resource_type": "tweet",
                "resource_id": ident,
                "parameter": "ids",
                "type": problems + self.gone.get(ident, "resource-not-found"),
                "title": "Not Found Error",
            }
            for ident in ids
            if ident not in self.posts
        ]
        return self._json(
            ({"data": data, **self._includes()} if data else {}) | ({"errors": errors} if errors else {})
        )

    def change_rules(self, body: dict[str, Any]) -> Reply:
        """Add or delete; X takes no value twice."""
        made = []
        for rule in body.get("add", []):
            if rule["value"] in {held["value"] for held in self.rules.values()}:
                continue
            ident = str(5000 + len(self.rules) + len(made))
            made.append({"id": ident, **rule})
        self.rules |= {rule["id"]: rule for rule in made}
        for ident in body.get("delete", {}).get("ids", []):
            del self.rules[ident]
        return self._json({"data": made, "meta": {"summary": {"created": len(made)}}}, 201)

    def line(self, post: dict[str, Any], **values: Any) -> bytes:
        """A line of the stream with that post, brought by our rules unless values say otherwise."""
        rules = [{"id": ident, "tag": rule["tag"]} for ident, rule in self.rules.items()]
        return (
            json.dumps({"data": post, **self._includes(), "matching_rules": rules, **values}).encode()
            + b"\r\n"
        )

    def lines(self) -> Iterator[bytes]:
        """The script: lines to send, seconds to wait; then silence until the end, unless `cuts`."""
        for item in list(self.script):
            if isinstance(item, bytes):
                yield item
            elif self.stopping.wait(item):
                return
        if not self.cuts:
            self.stopping.wait(10)

    def _json(self, value: Any, status: int = 200) -> Reply:
        reset = {"x-rate-limit-reset": str(int(self.now.timestamp()) + 600)}
        return status, {**self.rate, **reset}, json.dumps(value).encode()


class _Handler(BaseHTTPRequestHandler):
    """Hands requests to the harness; the stream is written piece by piece."""

    harness: XHarness
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.harness._hear(parts.path, parse_qs(parts.query), dict(self.headers.items()))
        if parts.path == "/2/tweets/search/stream" and not self.harness._is_refusing():
            self._stream()
        else:
            self._reply(self.harness.answer(parts.path, parse_qs(parts.query)))

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        self.harness._hear(parts.path, parse_qs(parts.query), dict(self.headers.items()))
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply(self.harness._refused() or self.harness.change_rules(body))

    def _reply(self, reply: Reply) -> None:
        status, headers, body = reply
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        try:
            for line in self.harness.lines():
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()
            if not self.harness.cuts:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        pass


def _carries(post: dict[str, Any], tags: list[str]) -> bool:
    return any(f"#{tag}".lower() in post["text"].lower().split() for tag in tags)


HARNESSES = (XHarness,)
