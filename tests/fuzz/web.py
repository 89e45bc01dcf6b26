"""What the console and the API are sent: paths, queries, cursors, cookies, headers, forms, files, JSON.

The application is called directly, without a socket. An answer of 500 or more is a finding.
"""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bot.services import people
from tests.fuzz.mutating import Make, changed, odd_value, of_json
from tests.fuzz.target import Parse, Target
from tests.integration.console.world import CASE, NAMED, ORIGIN, World, make_world

HOST = ORIGIN.removeprefix("http://")
_CURSOR = base64.urlsafe_b64encode(json.dumps(["2026-05-25T08:00:00+00:00", "x:1"]).encode()).decode()
_PAGES = (
    "/", "/review", "/sightings", "/sighting", "/cases", "/case", "/outbox", "/outbox/row", "/coverage", "/hashtags",
    "/hashtags/tag", "/hashtags/preview", "/alarms", "/campaign", "/campaign/report", "/leads", "/lead", "/finding",
    "/finding/search", "/holds", "/people", "/me", "/case-files", "/case-file-of/1", "/photo/abc", "/referral", "/quarantine",
    "/cases/edit", "/cases/new", "/cases/duplicates", "/safeguarding/task", "/outbox/talk", "/review/why", "/public",
    "/api/v1/overview", "/api/v1/sightings", "/api/v1/sighting", "/api/v1/candidates", "/api/v1/cases", "/api/v1/case",
    "/api/v1/outbox", "/api/v1/coverage", "/api/v1/alarms", "/enter/x", "/family/x", "/case-file/x", "/static/x",
)  # fmt: skip
_NAMES = ("key", "id", "show", "status", "state", "pile", "after", "before", "cursor", "next", "tag", "day", "from", "to",
          "platform", "view", "photo", "number", "q", "limit", "zone", "lang", "sort", "page", "kind", "name")  # fmt: skip
_FORMS = (
    "/review/decide", "/review/undo", "/review/assign", "/cases/new", "/cases/edit", "/cases/verify", "/cases/standing",
    "/cases/contact", "/cases/photos", "/cases/import", "/cases/merge", "/outbox/approve", "/outbox/cancel", "/hashtags/draft",
    "/hashtags/block", "/hashtags/gate", "/alarms/acknowledge", "/leads/x", "/lead/step", "/lead/note", "/finding", "/finding/open",
    "/holds/place", "/people/add", "/people/roles", "/me/password", "/me/second/confirm", "/me/tokens/make", "/language", "/sighting/place",
    "/report-picture", "/outbox/people/add", "/outbox/words/write", "/campaign/public/propose", "/case-files", "/login", "/login/code",
)  # fmt: skip
_FIELDS = ("id", "key", "csrf", "verdict", "name", "reason", "why", "step", "roles", "full_name", "sex", "date_of_birth", "photo",
           "file", "password", "again", "code", "lat", "lon", "tag", "text", "lang", "zone", "to", "note", "due", "state", "level",
           "scope", "days", "seq", "x", "y", "other", "words", "evidence", "status", "last_seen_on", "phone")  # fmt: skip
_VALUES = (
    NAMED,
    CASE,
    "1",
    "",
    "x",
    "true",
    "2026-05-25",
    _CURSOR,
    "open",
    "all",
    "-1",
    "9" * 30,
    "ada",
    "en",
    "Asia/Shanghai",
    "同",
)


def _odd(chance: random.Random, *good: str) -> str:
    value = chance.choice(good or _VALUES)
    if chance.random() < 0.5:
        return value
    made = odd_value(chance, value)
    return made if isinstance(made, str) else json.dumps(made)


@dataclass(slots=True)
class Sent:
    """A request: what the maker of inputs decides, written down as JSON so that it can be kept."""

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: list[list[str]] = field(default_factory=list)
    body: str = ""

    def as_bytes(self) -> bytes:
        parts = [self.method, self.path, self.query, self.headers, self.body]
        return json.dumps(parts).encode()


class _Called:
    """The application, called in one event loop by one account that may do everything but run it.

    Time goes on with the requests, so that limits by the minute do not turn all of them away.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._app = world.app(metrics=lambda: b"homeward_up 1\n")
        self._loop = asyncio.new_event_loop()
        self._calls = 0

    def _move_on(self) -> None:
        if self._calls % 300 == 0:
            self._world.clock.pass_by(timedelta(minutes=2))
        if self._calls % 1500 == 0:
            found = people.enter_by_link(self._world.road, self._world.token_of("ada"))
            assert found is not None
            self._cookie = f"homeward_{self._world.road.key.id}={found.token}".encode()
            self._word = found.session.csrf.encode()
        self._calls += 1

    def close(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def send(self, data: bytes) -> int:
        """The status of the answer. What no server below would hand on counts as 400."""
        self._move_on()
        try:
            method, path, query, headers, body = json.loads(data)
            raw = [(k.lower().encode("latin-1"), v.encode("latin-1", "replace")) for k, v in headers]
            content = base64.b64decode(body)
            path_bytes = path.encode("utf-8", "surrogateescape")
        except (ValueError, TypeError, AttributeError):
            return 400
        raw = [(k, v.replace(b"{cookie}", self._cookie).replace(b"{word}", self._word)) for k, v in raw]
        content = content.replace(b"%7Bword%7D", self._word).replace(b"{word}", self._word)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path_bytes.decode("utf-8", "replace"), "raw_path": path_bytes, "query_string": query.encode("utf-8", "replace"),
            "root_path": "", "headers": [(b"host", HOST.encode()), *raw, (b"content-length", str(len(content)).encode())],
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8780),
        }  # fmt: skip
        return self._loop.run_until_complete(self._call(scope, content))

    async def _call(self, scope: dict[str, Any], content: bytes) -> int:
        status, given = 0, iter([{"type": "http.request", "body": content, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(given, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        await self._app(scope, receive, send)
        return status


@contextmanager
def _asked(folder: Path) -> Iterator[Parse]:
    world = make_world(folder)
    called = _Called(world)

    def parse(data: bytes) -> object:
        status = called.send(data)
        assert 200 <= status < 500, f"answered {status}"
        return status

    try:
        yield parse
    finally:
        called.close()
        world.road.store.close()


def _headers(chance: random.Random, *more: list[str]) -> list[list[str]]:
    held = [["cookie", "{cookie}"], ["origin", ORIGIN], ["sec-fetch-site", "same-origin"], *more]
    for _ in range(chance.randrange(3)):
        name = chance.choice(("cookie", "accept-language", "accept", "range", "if-none-match", "x-request-id", "referer",
                              "authorization", "x-csrf", "x-forwarded-for", "content-type", "accept-encoding"))  # fmt: skip
        value = _odd(
            chance,
            "homeward-lang=zh; homeward-zone=Asia/Shanghai",
            "zh;q=0.9,en;q=x",
            "Bearer hw_x",
            "bytes=0-9",
            "gzip",
        )
        held.append(
            [
                name,
                value.replace("\r", " ")
                .replace("\n", " ")
                .encode("utf-8", "replace")
                .decode("latin-1")[:2000],
            ]
        )
    return held


def _page(chance: random.Random) -> bytes:
    path = chance.choice(_PAGES)
    if chance.random() < 0.15:
        path += "/" + quote(_odd(chance).encode("utf-8", "replace"), safe="")
    pairs = [
        (chance.choice(_NAMES), _odd(chance).encode("utf-8", "replace")) for _ in range(chance.randrange(4))
    ]
    query = urlencode(pairs)
    if chance.random() < 0.1:
        query = changed(chance, query.encode() or b"a=b").decode("latin-1")
    return Sent("GET", path, query, _headers(chance)).as_bytes()


def _cursor(chance: random.Random) -> bytes:
    values = odd_value(chance, ["2026-05-25T08:00:00+00:00", "x:1"]) if chance.random() < 0.3 else [
        odd_value(chance, "2026-05-25T08:00:00+00:00") if chance.random() < 0.5 else "2026-05-25T08:00:00+00:00",
        odd_value(chance, 7) if chance.random() < 0.6 else chance.choice(("x:1", 7)),
    ]  # fmt: skip
    coded = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    if chance.random() < 0.3:
        coded = changed(chance, coded.encode()).decode("latin-1")
    path = chance.choice(("sightings", "candidates", "cases", "outbox"))
    query = urlencode(
        {"cursor": coded, "limit": _odd(chance, "10").encode("utf-8", "replace")}
        if chance.random() < 0.4
        else {"cursor": coded}
    )
    return Sent("GET", f"/api/v1/{path}", query, _headers(chance)).as_bytes()


def _form(chance: random.Random) -> bytes:
    pairs = [("csrf", "{word}")] if chance.random() < 0.95 else []
    pairs += [
        (chance.choice(_FIELDS), _odd(chance).encode("utf-8", "replace")) for _ in range(chance.randrange(9))
    ]  # type: ignore[misc]
    body = urlencode(pairs).encode()
    if chance.random() < 0.1:
        body = changed(chance, body or b"a=b")
    headers = _headers(chance, ["content-type", "application/x-www-form-urlencoded"])
    return Sent("POST", chance.choice(_FORMS), "", headers, base64.b64encode(body).decode()).as_bytes()


def _upload(chance: random.Random) -> bytes:
    parts = [b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{word}\r\n']
    for _ in range(chance.randrange(1, 5)):
        name, file = (
            chance.choice(_FIELDS),
            _odd(chance, "a.jpg", "cases.csv", "../x.xml", "b.json").replace('"', ""),
        )
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: image/jpeg\r\n\r\n'
        content = chance.choice((b"id,full_name\n1,2\n", b"{}", b"\xff\xd8\xff", b"<pfif/>", b""))
        parts.append(head.encode("utf-8", "replace") + changed(chance, content or b"x") + b"\r\n")
    body = b"".join(parts) + b"--b--\r\n"
    if chance.random() < 0.3:
        body = changed(chance, body)
    path = chance.choice(("/cases/import", "/cases/new", "/cases/photos", "/finding"))
    headers = _headers(
        chance,
        ["content-type", chance.choice(("multipart/form-data; boundary=b",) * 9 + ("multipart/form-data",))],
    )
    return Sent("POST", path, "", headers, base64.b64encode(body).decode()).as_bytes()


def _decided() -> Make:
    make = of_json([json.dumps({"key": NAMED, "verdict": "later", "note": "y"}).encode()])

    def body(chance: random.Random) -> bytes:
        headers = _headers(chance, ["content-type", "application/json"], ["x-csrf", "{word}"])
        return Sent(
            "POST", "/api/v1/candidates/decide", "", headers, base64.b64encode(make(chance)).decode()
        ).as_bytes()

    return body


def _stranger(chance: random.Random) -> bytes:
    sent = json.loads(_page(chance) if chance.random() < 0.6 else _form(chance))
    token = _odd(chance, "homeward=" + "x" * 43, "__Host-homeward=1", "hw_" + "a" * 43)
    sent[3] = [[k, v] for k, v in sent[3] if k != "cookie"]
    sent[3].append(
        ["cookie", token.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace").decode("latin-1")]
    )
    return json.dumps(sent).encode()


def targets() -> list[Target]:
    """All of them."""

    def target(name: str, what: str, make: Make) -> Target:
        return Target(name, what, lambda _: make, _asked, (), True)

    return [
        target("web-pages", "console and API: paths, queries, headers, cookies", _page),
        target("web-cursors", "API: page cursors", _cursor),
        target("web-forms", "console: forms", _form),
        target("web-uploads", "console: files in forms", _upload),
        target("web-json", "API: JSON bodies", _decided()),
        target("web-strangers", "console: whoever has no session", _stranger),
    ]
