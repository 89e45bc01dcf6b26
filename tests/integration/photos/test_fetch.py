"""The fetcher over real sockets on loopback: deadlines, caps, and a server that must never be reached."""

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bot.photos.fetch import FetchLimits, PhotoFetcher
from store.errors import PhotoRefused, PhotoUnavailable

Speak = Callable[[socket.socket, bytes], None]


class Server:
    """A server on loopback that hands every connection to `speak` and counts them."""

    def __init__(self, speak: Speak) -> None:
        self.hits = 0
        self._speak = speak
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.place = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._speak(connection, connection.recv(65536))

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Speak], Server]]:
    servers: list[Server] = []

    def start(speak: Speak) -> Server:
        servers.append(Server(speak))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answer(body: bytes, *headers: str) -> Speak:
    head = "\r\n".join(["HTTP/1.1 200 OK", *headers, "Connection: close"]) + "\r\n\r\n"
    return lambda connection, request: connection.sendall(head.encode() + body)


def fetcher(*servers: Server, **limits: float) -> PhotoFetcher:
    allow = frozenset(server.place for server in servers)
    return PhotoFetcher(FetchLimits(**limits), "homeward-test", allow=allow)  # type: ignore[arg-type]


def test_a_photo_comes_whole_from_a_server_that_a_test_allows(serve: Callable[[Speak], Server]) -> None:
    server = serve(answer(b"photo" * 1000, "Content-Length: 5000"))
    assert fetcher(server).fetch(f"http://{server.place}/a.jpg") == b"photo" * 1000


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "0"]
)
def test_a_server_on_this_machine_is_never_reached(serve: Callable[[Speak], Server], spelling: str) -> None:
    secret = serve(answer(b"secret"))
    head = f"HTTP/1.1 302 Found\r\nLocation: http://{spelling}:{secret.port}/\r\nContent-Length: 0\r\n\r\n"
    lure = serve(lambda connection, request: connection.sendall(head.encode()))
    with pytest.raises(PhotoRefused):
        fetcher(lure).fetch(f"http://{lure.place}/")
    with pytest.raises(PhotoRefused):
        fetcher().fetch(f"http://{spelling}:{secret.port}/")
    assert (lure.hits, secret.hits) == (1, 0)


def test_a_dripping_server_cannot_beat_the_deadline(serve: Callable[[Speak], Server]) -> None:
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.05)

    server = serve(drip)
    started = time.monotonic()
    with pytest.raises(PhotoUnavailable, match=r"0\.5 s"):
        fetcher(server, timeout_s=0.5).fetch(f"http://{server.place}/")
    assert time.monotonic() - started < 1.5


def test_dripping_headers_cannot_beat_the_deadline(serve: Callable[[Speak], Server]) -> None:
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for n in range(200):
            connection.sendall(b"X-%d: y\r\n" % n)
            time.sleep(0.05)

    server = serve(drip)
    started = time.monotonic()
    with pytest.raises(PhotoUnavailable):
        fetcher(server, timeout_s=0.4).fetch(f"http://{server.place}/")
    assert time.monotonic() - started < 1.5


def test_redirects_share_one_deadline(serve: Callable[[Speak], Server]) -> None:
    def slow(connection: socket.socket, request: bytes) -> None:
        time.sleep(0.3)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    server = serve(slow)
    started = time.monotonic()
    with pytest.raises(PhotoUnavailable):
        fetcher(server, timeout_s=0.7).fetch(f"http://{server.place}/")
    assert time.monotonic() - started < 1.5


def test_a_name_server_that_never_answers_cannot_beat_the_deadline() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(5)
        return ["127.0.0.1"]

    started = time.monotonic()
    try:
        with pytest.raises(PhotoUnavailable):
            PhotoFetcher(FetchLimits(timeout_s=0.3), "homeward-test", resolve=hang).fetch(
                "http://slow.example/"
            )
        assert time.monotonic() - started < 1.0
    finally:
        release.set()


def test_a_packed_bomb_costs_no_memory(serve: Callable[[Speak], Server]) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(answer(bomb, "Content-Encoding: gzip"))
    tracemalloc.start()
    try:
        with pytest.raises(PhotoRefused, match="packed"):
            fetcher(server, max_photo_mb=1).fetch(f"http://{server.place}/")
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_an_endless_answer_is_cut_off_at_the_cap(serve: Callable[[Speak], Server]) -> None:
    sent = 0

    def flood(connection: socket.socket, request: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)
            sent += 65536

    server = serve(flood)
    with pytest.raises(PhotoRefused, match="1 MB"):
        fetcher(server, max_photo_mb=1).fetch(f"http://{server.place}/")
    assert sent < 20_000_000


def test_many_threads_share_one_fetcher(serve: Callable[[Speak], Server]) -> None:
    server = serve(lambda connection, request: answer(request.split()[1])(connection, request))
    shared = fetcher(server)
    got: dict[str, bytes] = {}

    def work(name: str) -> None:
        got[name] = shared.fetch(f"http://{server.place}/{name}")

    threads = [threading.Thread(target=work, args=(f"p{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert got == {f"p{n}": f"/p{n}".encode() for n in range(8)}
