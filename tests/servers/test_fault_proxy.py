"""Each fault of the fault proxy is what it says, on both sides of it, and is counted when it happens."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from tests.servers.cuts import ANSWERS, CUTS, FRAMES, LINES, Deck
from tests.servers.fault_proxy import Door, FaultProxy
from tests.servers.x import XServer

pytestmark = pytest.mark.servers

PATH = "/2/tweets/search/recent"


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as running:
        running.add_post("#Tag", age_s=60)
        yield running


@pytest.fixture
def door(server: XServer, proxy: FaultProxy) -> Door:
    return proxy.open(server.base_url)


def ask(
    door: Door, server: XServer, method: str = "GET", path: str = PATH, **values: object
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.app_token if method == 'GET' else server.bot_token}"}
    params = {"query": "#Tag"} if method == "GET" else None
    return httpx.request(
        method, door.url + path, params=params, json=values or None, headers=headers, trust_env=False
    )


def test_without_a_fault_nothing_is_changed(door: Door, server: XServer) -> None:
    assert ask(door, server).json()["meta"]["result_count"] == 1
    assert door.happened == {"connections": 1, "requests": 1} and door.waiting == 0


def test_a_delay_holds_the_answer_back(door: Door, server: XServer) -> None:
    door.plan("delay", seconds=0.3)
    started = time.monotonic()
    assert ask(door, server).status_code == 200
    assert time.monotonic() - started >= 0.3 and door.happened["delay"] == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_status_comes_in_place_of_the_answer_and_the_server_hears_nothing(
    status: int, door: Door, server: XServer
) -> None:
    door.plan("status", status=status, body="<html>busy</html>", headers={"Retry-After": "7"}, times=2)
    found = [ask(door, server) for _ in range(3)]
    assert [answer.status_code for answer in found] == [status, status, 200]
    assert found[0].text == "<html>busy</html>" and found[0].headers["retry-after"] == "7"
    assert door.happened[str(status)] == 2 and len(server.requests_to(PATH, "GET")) == 1


def test_a_killed_connection_never_reaches_the_server(door: Door, server: XServer) -> None:
    door.plan("kill")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(door, server)
    assert door.happened["kill"] == 1 and server.requests_to(PATH, "GET") == []


def test_an_answer_is_lost_after_the_server_acted(door: Door, server: XServer) -> None:
    door.plan("lose", path="/2/tweets$", method="POST")
    assert ask(door, server).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        ask(door, server, "POST", "/2/tweets", text="hello")
    assert door.happened["lose"] == 1 and len(server.posts_by_bot()) == 1


@pytest.mark.parametrize("at", [0.0, 0.5, 0.99])
def test_a_body_ends_before_its_announced_length(at: float, door: Door, server: XServer) -> None:
    door.plan("truncate", at=at)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        ask(door, server)
    assert door.happened["truncate"] == 1 and len(server.requests_to(PATH, "GET")) == 1


def test_a_stream_of_lines_is_passed_on_at_once_and_cut_at_a_byte(door: Door, server: XServer) -> None:
    headers = {"Authorization": f"Bearer {server.app_token}"}
    httpx.post(
        f"{door.url}/2/tweets/search/stream/rules",
        json={"add": [{"value": "#Tag"}]},
        headers=headers,
        trust_env=False,
    ).raise_for_status()
    door.plan("stream_cut", path="/stream$", at=40)
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", f"{door.url}/2/tweets/search/stream", headers=headers, trust_env=False) as stream,
    ):
        assert door.waiting == 1
        server.add_post("#Tag now")
        for chunk in stream.iter_raw():
            got += chunk
    assert len(got) == 40 and got.startswith(b'{"data"')
    assert door.happened["stream_cut"] == 1 and door.waiting == 0


class Numbers:
    """A WebSocket server that counts to ten, each time anew."""

    def __init__(self) -> None:
        self.server = serve(self._count, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def _count(self, connection: ServerConnection) -> None:
        for number in range(10):
            connection.send(str(number))
        time.sleep(0.1)  # a doubled frame comes a moment later
        connection.close()


@pytest.fixture
def numbers() -> Iterator[Numbers]:
    running = Numbers()
    thread = threading.Thread(target=running.server.serve_forever)
    thread.start()
    yield running
    running.server.shutdown()
    thread.join(5)


def counted(door: Door) -> str:
    """What arrives until the connection ends, as one word."""
    got = ""
    with connect(door.url.replace("http", "ws"), compression=None, proxy=None) as connection:
        try:
            while True:
                got += str(connection.recv(timeout=5))
        except ConnectionClosed:
            return got


def test_frames_are_left_out_doubled_and_the_last_of_their_connection(
    numbers: Numbers, proxy: FaultProxy
) -> None:
    door = proxy.open(numbers.url)
    assert counted(door) == "0123456789"
    door.plan("frame_drop", skip=2, times=3)
    assert counted(door) == "0156789"
    door.plan("frame_double", skip=4)
    doubled = counted(door)
    assert sorted(doubled) == sorted("01234456789") and door.happened["frame_double"] == 1
    door.plan("frame_cut", skip=6)
    assert "012345".startswith(counted(door))
    assert door.happened["frame_drop"] == 3 and door.happened["frame_cut"] == 1
    assert counted(door) == "0123456789"


def test_two_doors_to_one_server_know_nothing_of_each_other(server: XServer, proxy: FaultProxy) -> None:
    one, other = proxy.open(server.base_url), proxy.open(server.base_url)
    one.plan("kill")
    assert ask(other, server).status_code == 200
    assert one.waiting == 1 and other.happened["requests"] == 1
    one.clear()
    assert ask(one, server).status_code == 200 and one.waiting == 0


def test_an_unknown_kind_is_refused(door: Door) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        door.plan("nonsense")


def test_a_fault_that_never_happened_fails_its_test(door: Door, server: XServer, rng: random.Random) -> None:
    deck = Deck(door, rng, ANSWERS, path="/elsewhere")
    deck.deal()
    assert ask(door, server).status_code == 200
    with pytest.raises(AssertionError, match="never happened"):
        deck.check()


def test_a_hundred_random_cuts_are_made_over_all_platforms() -> None:
    assert sum(CUTS.values()) == 100
    wanted = {"delay", "429", "503", "kill", "lose", "truncate", "frame_drop", "frame_double"}
    assert wanted <= {*ANSWERS, *FRAMES, *LINES}
    assert all(CUTS[name] >= len(FRAMES) for name in CUTS if name.startswith("bluesky"))
    assert all(CUTS[name] >= len(ANSWERS) for name in ("mastodon", "x search", "weibo"))
    assert CUTS["x stream"] >= len(LINES)
