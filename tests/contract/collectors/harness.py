"""What a platform's stand-in has to offer, so that one suite can run over every live collector.

A module of this package named `*_server.py` brings `HARNESSES`; the suite finds it by itself.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from collectors import registry
from collectors.base import Collector
from collectors.context import Context
from store.records.page import Page, TagQuery
from store.records.post import Post

QUERY = TagQuery(any=("found",))
CONTACT = "team@example.org"
START = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)

Reply = tuple[int, Mapping[str, str], bytes]
Asked = Mapping[str, list[str]]


class Harness(ABC):
    """One stand-in server on loopback. Its clock moves only when something is posted or asked."""

    kind: ClassVar[str]
    name: ClassVar[str]
    many: ClassVar[int]
    searches: ClassVar[bool] = False
    reads_mentions: ClassVar[bool] = False

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
    def remove(self, key: str) -> None:
        """Delete a post."""

    @abstractmethod
    def native_id(self, key: str) -> str:
        """What `lookup` wants for this post."""

    @abstractmethod
    def drain(self, collector: Collector, cursor: str) -> list[Page]:
        """All pages that are there now, read from `cursor` on."""


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
