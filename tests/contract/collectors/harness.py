"""What a platform's stand-in has to offer, so that one suite can run over every live collector.

A module of this package named `*_server.py` brings `HARNESSES`; the suite finds it by itself.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

from collectors import registry
from collectors.base import Collector, SourceSpec
from collectors.context import Context
from store.records.page import Page, TagQuery
from store.records.post import Post
from tests.contract.collectors.scissors import Scissors

QUERY = TagQuery(any=("found",))
CONTACT = "team@example.org"
START = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)

Reply = tuple[int, Mapping[str, str], bytes]
Asked = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Odd:
    """A post with something unusual. Each says one thing; the rest is as always.

    `date` stands where the platform writes when the post was made, `ident` where it writes the post's
    own number; `bare_photo` attaches a photo without address; `is_wrong` gives every field that is not
    needed to tell the post from others a value of another type.
    """

    text: str = "seen #found"
    at: datetime | None = None
    date: Any = None
    ident: str = ""
    bare_photo: bool = False
    is_wrong: bool = False


class Cable(Protocol):
    """Passes `at` bytes of an answer, then nothing more (None: all); `passed` says how many of the last."""

    at: int | None
    passed: int

    def through(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options with this cable in place of the direct way."""
        ...

    def stop(self) -> None:
        """Give everything back."""
        ...


class Harness(ABC):
    """One stand-in server on loopback. Its clock moves only when something is posted or asked.

    `cannot` names the tests of the suite that make no sense for this adapter, each with its reason.
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    many: ClassVar[int]
    searches: ClassVar[bool] = False
    reads_mentions: ClassVar[bool] = False
    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self.now = START
        self.refusal: Reply | None = None
        self.twice = False
        self.shuffled = False
        self.with_unknown_fields = False
        self.user_agents: list[str] = []

    def tick(self, seconds: float = 1.0) -> datetime:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Collector:
        """A collector that reads this server."""
        context = Context(CONTACT, secrets or {}, lambda: self.now)
        return registry.build(self.kind, "source", {**self.options(), **options}, context)

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """Options that point a collector here."""

    @abstractmethod
    def start(self) -> None:
        """Listen."""

    @abstractmethod
    def stop(self) -> None:
        """Give the port back; what asks now meets nobody."""

    @abstractmethod
    def publish(self, count: int = 1, text: str = "seen #found") -> list[str]:
        """Post that many, and say their keys."""

    @abstractmethod
    def publish_broken(self) -> None:
        """Post one that cannot be read."""

    @abstractmethod
    def odd(self, odd: Odd) -> str:
        """Post one that is unusual, and say its key."""

    @abstractmethod
    def edit(self, key: str, text: str) -> None:
        """Change the text of a post; on some platforms it gets another native id."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Delete a post."""

    @abstractmethod
    def native_id(self, key: str) -> str:
        """What `lookup` wants for this post."""

    @abstractmethod
    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        """All pages that are there now, read from `cursor` on."""

    def cable(self) -> Cable:
        """What posts come over, to be cut."""
        given = self.options().values()
        values = [v for value in given for v in (value if isinstance(value, list) else [value])]
        address = next(v for v in values if isinstance(v, str) and "127.0.0.1:" in v)
        return Scissors(urlsplit(address).port or 0)

    def spec(self) -> SourceSpec:
        """What the adapter declares."""
        return registry.specs()[self.kind]

    def beginning(self) -> str:
        """A stream begins at its tip, so it is asked from the start of the clock; a timeline has it all."""
        spec = self.spec()
        return str(int(START.timestamp()) * 1_000_000) if spec.streams and not spec.polls else ""


def keys(pages: list[Page]) -> set[str]:
    """The keys of all posts of the pages."""
    return {post.key for post in posts(pages)}


def posts(pages: list[Page]) -> list[Post]:
    """All posts of the pages."""
    return [post for page in pages for post in page.posts]


def last_cursor(pages: list[Page], before: str = "") -> str:
    """Where to read on after the pages."""
    return next((page.cursor for page in reversed(pages) if page.cursor is not None), before)


class LoopbackHttp:
    """A small HTTP server on 127.0.0.1 that answers GET with what `answer(path, asked, headers)` says."""

    def __init__(self, answer: Callable[[str, Asked, Mapping[str, str]], Reply]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                status, headers, body = answer(parts.path, parse_qs(parts.query), dict(self.headers.items()))
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.do_GET()

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
