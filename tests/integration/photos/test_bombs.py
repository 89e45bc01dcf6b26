"""Servers made to cost memory or time, over real sockets on loopback: what each costs is measured.

Memory is counted by Python's own allocator; what the kernel holds of a socket is not in it.
"""

# ruff: noqa: E501  (lists of servers, one a line)
from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.photos.fetch import FetchLimits, PhotoFetcher
from bot.pipeline import timestamps
from bot.rules.casefiles import CaseFilePlan
from collectors.context import Context
from collectors.http import Http, Limits
from store.errors import HomewardError, PhotoError, PhotoRefused, PhotoUnavailable, SourceError
from tests.integration.photos.test_fetch import Server, Speak

pytestmark = pytest.mark.servers
CAP_MB = 4.0
CAP = int(CAP_MB * 1_000_000)
DEADLINE_S = 1.0
HANGS_S = 60.0
"""Longer than this, on any machine, and a deadline did not hold."""
ZEROS = bytes(40_000_000)


@pytest.fixture
def serve() -> Iterator[Callable[[Speak], Server]]:
    servers: list[Server] = []

    def start(speak: Speak) -> Server:
        servers.append(Server(speak))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def said(head: str, *parts: bytes) -> Speak:
    """An answer with this head and these parts, however long they are."""

    def speak(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head.encode("latin-1") + b"\r\n")
        for part in parts:
            connection.sendall(part)

    return speak


def head(*headers: str, status: str = "200 OK") -> str:
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers, "Connection: close"))


def forever(start: str, piece: bytes, *, pause_s: float = 0.0) -> Speak:
    """An answer that never ends."""

    def speak(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start.encode("latin-1"))
        ends_at = time.monotonic() + 4 * HANGS_S
        while time.monotonic() < ends_at:
            connection.sendall(piece)
            time.sleep(pause_s)

    return speak


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


BOMB, TWICE = gzip.compress(ZEROS, 9), gzip.compress(gzip.compress(ZEROS, 9), 9)
# A stream of Brotli whose one meta-block says that 16 MB follow, and a repeat of it.
BROTLI = bytes.fromhex("cbffff7f0400fe") + bytes(200)
CHUNK = b"100000\r\n" + bytes(0x100000) + b"\r\n"
BOMBS: dict[str, Speak] = {
    "gzip": said(head("Content-Encoding: gzip"), BOMB),
    "gzip in gzip": said(head("Content-Encoding: gzip, gzip"), TWICE),
    "deflate": said(head("Content-Encoding: deflate"), deflated(ZEROS)),
    "brotli": said(head("Content-Encoding: br"), BROTLI),
    "zstd": said(head("Content-Encoding: zstd"), BROTLI),
    "gzip as transfer": said(head("Transfer-Encoding: gzip, chunked"), b"10\r\n" + BOMB[:16] + b"\r\n0\r\n\r\n"),
    "an endless body": forever(head() + "\r\n", bytes(65_536)),
    "endless chunks": forever(head("Transfer-Encoding: chunked") + "\r\n", CHUNK),
    "one chunk of exabytes": forever(head("Transfer-Encoding: chunked") + "\r\nfffffffffffffff\r\n", bytes(65_536)),
    "an endless size of a chunk": forever(head("Transfer-Encoding: chunked") + "\r\n", b"0" * 65_536),
    "a size that is a lie": said(head(f"Content-Length: {10**15}"), bytes(100)),
    "endless headers": forever("HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 4000 + b"\r\n"),
    "one endless header": forever("HTTP/1.1 200 OK\r\nX-A: ", b"y" * 65_536),
    "an endless first line": forever("HTTP/1.1 200 ", b"O" * 65_536),
    "endless trailers": forever(head("Transfer-Encoding: chunked") + "\r\n0\r\n", b"X-A: " + b"y" * 4000 + b"\r\n"),
    "endless 100 Continue": forever("", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
}  # fmt: skip


def cost(work: Callable[[], object], kind: type[HomewardError]) -> int:
    """The most memory in bytes that the work held at once; it has to end with this kind of error."""
    tracemalloc.start()
    try:
        with pytest.raises(kind):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def fetcher(server: Server, **limits: float) -> PhotoFetcher:
    given = FetchLimits(**{"max_photo_mb": CAP_MB, "timeout_s": 20.0, **limits})  # type: ignore[arg-type]
    return PhotoFetcher(given, "homeward-test", allow=frozenset({server.place}))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_at_most_twice_the_cap(serve: Callable[[Speak], Server], name: str) -> None:
    server = serve(BOMBS[name])
    assert cost(lambda: fetcher(server).fetch(f"http://{server.place}/"), PhotoError) <= 2 * CAP


# A collector's deadline holds for the body alone; its server is one that the operator chose.
FOR_COLLECTORS = [name for name in BOMBS if name != "endless 100 Continue"]


@pytest.mark.parametrize("name", FOR_COLLECTORS)
def test_a_bomb_costs_a_collector_no_more(serve: Callable[[Speak], Server], name: str) -> None:
    server = serve(BOMBS[name])
    context = Context("", {}, lambda: datetime.now(UTC))
    limits = Limits(timeout_s=20, deadline_s=20, max_answer_mb=CAP_MB)
    with Http("source", f"http://{server.place}", context, limits=limits) as http:
        assert cost(lambda: http.get("/x"), SourceError) <= 2 * CAP


@pytest.mark.parametrize(
    "name", ["gzip", "an endless body", "endless chunks", "a size that is a lie", "endless headers"]
)
def test_a_bomb_costs_the_asking_for_time_stamps_no_more(serve: Callable[[Speak], Server], name: str) -> None:
    server = serve(BOMBS[name])
    plan = CaseFilePlan(stamp_url=f"http://{server.place}/", stamp_timeout_s=20)
    assert (
        cost(lambda: timestamps.ask(plan, b"content"), SourceError) <= 2 * timestamps.MOST_BYTES + 1_500_000
    )


DRIPS: dict[str, Speak] = {
    "the body drips": forever(head("Content-Length: 100000") + "\r\n", b"x", pause_s=0.05),
    "the headers drip": forever("HTTP/1.1 200 OK\r\n", b"X-A: y\r\n", pause_s=0.05),
    "the first line drips": forever("HTTP/1.1 2", b"0", pause_s=0.05),
    "chunks drip": forever(head("Transfer-Encoding: chunked") + "\r\n", b"1\r\nx\r\n", pause_s=0.05),
    "nothing comes": forever("", b"", pause_s=0.05),
    "100 Continue drips": forever("", b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.05),
    "redirects in a ring": said(head("Location: /again", "Content-Length: 0", status="302 Found")),
}


@pytest.mark.parametrize("name", DRIPS)
def test_no_server_outlasts_the_deadline(serve: Callable[[Speak], Server], name: str) -> None:
    server, started = serve(DRIPS[name]), time.monotonic()
    with pytest.raises(PhotoError):
        fetcher(server, timeout_s=DEADLINE_S).fetch(f"http://{server.place}/")
    assert time.monotonic() - started < HANGS_S


def test_a_handshake_that_never_ends_is_left_at_the_deadline(serve: Callable[[Speak], Server]) -> None:
    # A record that says 16 KB follow, and then a byte now and then.
    server = serve(forever("\x16\x03\x03\x40\x00", b"\x02", pause_s=0.05))
    started = time.monotonic()
    with pytest.raises(PhotoUnavailable):
        fetcher(server, timeout_s=DEADLINE_S).fetch(f"https://{server.place}/")
    assert time.monotonic() - started < HANGS_S


def test_a_server_that_takes_no_connection_is_left_at_the_deadline() -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    place = f"127.0.0.1:{full.getsockname()[1]}"
    held: list[socket.socket] = []
    try:
        for _ in range(4):  # Fills the queue of a server that never accepts.
            each = socket.socket()
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(full.getsockname())
            held.append(each)
        started = time.monotonic()
        with pytest.raises(PhotoUnavailable):
            PhotoFetcher(FetchLimits(timeout_s=DEADLINE_S), "homeward-test", allow=frozenset({place})).fetch(
                f"http://{place}/"
            )
        assert time.monotonic() - started < HANGS_S
    finally:
        for each in (*held, full):
            each.close()


LENGTHS: dict[str, tuple[str, ...]] = {
    "shorter than said": ("Content-Length: 50",),
    "two lengths": ("Content-Length: 5", "Content-Length: 7"),
    "below nothing": ("Content-Length: -5",),
    "no number": ("Content-Length: five",),
    "other digits": ("Content-Length: ٥",),
    "more digits than any size": ("Content-Length: " + "9" * 5000,),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_wrong_length_is_a_refusal_or_a_trouble(serve: Callable[[Speak], Server], name: str) -> None:
    headers = [line.encode().decode("latin-1") for line in LENGTHS[name]]
    server = serve(said(head(*headers), b"photo"))
    with pytest.raises((PhotoRefused, PhotoUnavailable)):
        fetcher(server).fetch(f"http://{server.place}/")


def test_what_follows_the_length_that_was_said_is_not_read(serve: Callable[[Speak], Server]) -> None:
    server = serve(said(head("Content-Length: 5"), b"photo<script>more"))
    assert fetcher(server).fetch(f"http://{server.place}/") == b"photo"


def test_threads_left_behind_by_slow_servers_end(serve: Callable[[Speak], Server]) -> None:
    server, before = serve(DRIPS["nothing comes"]), threading.active_count()
    for _ in range(3):
        with pytest.raises(PhotoUnavailable):
            fetcher(server, timeout_s=0.2).fetch(f"http://{server.place}/")
    assert threading.active_count() <= before + 4  # those of the server itself
