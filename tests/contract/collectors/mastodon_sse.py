"""A small Mastodon server on loopback that only streams, and does so in every odd way a test asks for."""

from __future__ import annotations

import json
import queue
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors import registry
from collectors.base import Collector, NotSupported
from collectors.context import Context
from store.errors import SourceError
from store.records.page import Page, TagQuery
from tests.contract.collectors.harness import CONTACT, QUERY

HELLO = b":)\n"
SECRETS = {"HOMEWARD_MASTODON_TOKEN": "tok-1"}
TOKEN = {"token_secret": "HOMEWARD_MASTODON_TOKEN"}

Reply = tuple[int, Mapping[str, str], bytes]


def status(ident: str = "1", text: str = "seen #found", **values: Any) -> dict[str, Any]:
    """A public status of a fictional author."""
    return {
        "id": ident,
        "created_at": "2026-02-08T12:00:00.000Z",
        "uri": f"https://harbour.example/users/nora/statuses/{ident}",
        "url": f"https://harbour.example/@nora/{ident}",
        "content": f"<p>{text}</p>",
        "visibility": "public",
        "account": {"id": "1", "acct": "nora", "url": "https://harbour.example/@nora"},
        "tags": [{"name": "found"}],
        "mentions": [],
        "media_attachments": [],
        **values,
    }


def event(name: str, data: object) -> bytes:
    """An event as servers write it; text goes out as it is."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n".encode()


class SseServer:
    """Streams by tag ("" for notifications). What is said goes to every reader of that tag."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.instance: Reply = (200, {}, b'{"version":"4.6.0"}')
        self.hello = HELLO
        self.is_silent = False
        self.withholds_head = False
        self.asked: list[tuple[str, dict[str, list[str]], Mapping[str, str]]] = []
        self.readers: list[tuple[str, queue.Queue[bytes | None]]] = []
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request: the instance's page, a stream, or what a test has put in its place."""
        parts = urlsplit(request.path)
        asked = parse_qs(parts.query)
        self.asked.append((parts.path, asked, dict(request.headers.items())))
        if not parts.path.startswith("/api/v1/streaming"):
            self._reply(request, self.instance if "instance" in parts.path else (404, {}, b"{}"))
            return
        tag = asked.get("tag", [""])[0]
        if tag in self.replies or "*" in self.replies:
            self._reply(request, self.replies.get(tag) or self.replies["*"])
            return
        self._stream(request, tag)

    def _reply(self, request: BaseHTTPRequestHandler, reply: Reply) -> None:
        code, headers, body = reply
        request.send_response(code)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _stream(self, request: BaseHTTPRequestHandler, tag: str) -> None:
        said: queue.Queue[bytes | None] = queue.Queue()
        if not self.withholds_head:
            request.send_response(200)
            request.send_header("Content-Type", "text/event-stream; charset=utf-8")
            request.end_headers()
            if not self.is_silent:
                request.wfile.write(self.hello)
        with self._changed:
            self.readers.append((tag, said))
            self._changed.notify_all()
        while (chunk := said.get()) is not None:
            if chunk == b"RESET":
                # No goodbye: the reader meets a reset connection.
                linger = struct.pack("ii", 1, 0)
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                request.connection.close()
                return
            request.wfile.write(chunk)

    def wait(self, count: int = 1) -> None:
        """Wait until so many streams are being read."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.readers) >= count, 5), "nobody reads the stream"

    def say(self, *chunks: bytes, tag: str = "found") -> None:
        """Send bytes to the readers of a tag; a reader that has just got its greeting is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: any(name == tag for name, _ in self.readers), 5)
        for name, said in list(self.readers):
            if name == tag:
                for chunk in chunks:
                    said.put(chunk)

    def cut(self, *, hard: bool = False) -> None:
        """End every stream, politely or not."""
        for _, said in self.readers:
            said.put(b"RESET" if hard else None)
        self.readers.clear()

    def stop(self) -> None:
        """Give the port back."""
        self.cut()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def collector(self, secrets: Mapping[str, str] | None = None, **options: Any) -> Collector:
        """A collector that follows this server."""
        context = Context(CONTACT, secrets or {}, lambda: datetime.now(UTC))
        return registry.build("mastodon", "source", {"base_url": self.url, **options}, context)


class Following:
    """A collector's `follow` in a thread of its own: its pages, and what it raised."""

    def __init__(self, collector: Collector, queries: Sequence[TagQuery]) -> None:
        self.pages: list[Page] = []
        self.raised: BaseException | None = None
        self.stop = threading.Event()
        self._came = threading.Condition()
        self.thread = threading.Thread(target=self._run, args=(collector, queries))

    def _run(self, collector: Collector, queries: Sequence[TagQuery]) -> None:
        try:
            for page in collector.follow(queries, "", self.stop):
                with self._came:
                    self.pages.append(page)
                    self._came.notify_all()
        except (SourceError, NotSupported) as error:
            self.raised = error

    @property
    def texts(self) -> list[str]:
        """The texts of all posts, in their order."""
        return [post.text for page in self.pages for post in page.posts]

    @property
    def gone(self) -> list[str]:
        """The keys of all deletions, in their order."""
        return [gone.key for page in self.pages for gone in page.gone]

    def wait(self, condition: Any, within_s: float = 5.0) -> None:
        """Wait until the pages are as wanted."""
        with self._came:
            assert self._came.wait_for(condition, within_s), (self.pages, self.raised)

    def end(self, within_s: float = 5.0) -> BaseException | None:
        """Wait for its end by itself; gives what it raised."""
        self.thread.join(within_s)
        assert not self.thread.is_alive(), "the stream does not end"
        return self.raised


@contextmanager
def following(
    collector: Collector, queries: Sequence[TagQuery] = (QUERY,), *, is_open: bool = True
) -> Iterator[Following]:
    """Follow until the block ends; `is_open` waits for the first page, which says that all is open."""
    running = Following(collector, queries)
    running.thread.start()
    try:
        if is_open:
            running.wait(lambda: running.pages)
        yield running
    finally:
        begun = time.monotonic()
        running.stop.set()
        running.thread.join(5)
        collector.close()
        assert not running.thread.is_alive() and time.monotonic() - begun < 3, "it does not stop"
