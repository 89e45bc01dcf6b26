"""The faults and the outside steering that every stand-in has."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.servers.proof_tools import fixed_clock, streaming
from tests.servers.proofs_weibo import code, comment, mentions
from tests.servers.proofs_x_reading import post, search
from tests.servers.remote import spawned
from tests.servers.stand_in import Fault, garbage_fault, html_fault
from tests.servers.weibo import WeiboServer
from tests.servers.x import XServer


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer(clock=fixed_clock) as running:
        yield running


def test_an_answer_is_cut_at_any_byte(server: XServer) -> None:
    server.add_post("#Tag", age_s=60)
    whole = search(server).body
    for cut_at in (0, 1, len(whole) // 2, len(whole) - 1):
        server.add_fault(Fault(path="/recent", cut_at=cut_at))
        with pytest.raises(httpx.RemoteProtocolError):
            search(server)
    assert search(server).body == whole


def test_a_lost_answer_leaves_the_deed_done(server: XServer) -> None:
    server.add_fault(path="/2/tweets$", method="POST", lose=True)
    with pytest.raises(httpx.RemoteProtocolError):
        post(server, "/tweets", {"text": "hello"})
    assert len(server.posts_by_bot()) == 1
    assert post(server, "/tweets", {"text": "hello"}).status == 403


def test_a_status_in_place_of_the_answer_leaves_the_deed_undone_unless_it_acts(server: XServer) -> None:
    server.add_fault(Fault(method="POST", status=503))
    assert post(server, "/tweets", {"text": "one"}).status == 503
    assert server.posts_by_bot() == []
    server.add_fault(Fault(method="POST", status=500, acts=True))
    assert post(server, "/tweets", {"text": "one"}).status == 500
    assert len(server.posts_by_bot()) == 1


def test_bodies_of_html_and_garbage(server: XServer) -> None:
    server.add_fault(html_fault(503))
    server.add_fault(garbage_fault())
    page = search(server)
    assert page.status == 503 and page.headers["content-type"] == "text/html" and page.json is None
    rubbish = search(server)
    assert rubbish.status == 200 and rubbish.json is None
    assert search(server).json is not None


def test_a_fault_waits_for_its_turn_and_repeats(server: XServer) -> None:
    server.add_fault(Fault(status=429, headers={"x-rate-limit-reset": "1"}, skip=1, times=2))
    assert [search(server).status for _ in range(4)] == [200, 429, 429, 200]
    assert len(server.requests_to("/search/recent", "GET")) == 4


def test_a_delay_holds_the_answer_back(server: XServer) -> None:
    server.add_fault(Fault(delay_s=0.2))
    started = time.monotonic()
    assert search(server).status == 200
    assert time.monotonic() - started >= 0.2


def test_a_stream_is_cut_inside_a_line(server: XServer) -> None:
    with streaming(server, "/2/tweets/search/stream", server.app_token) as stream:
        server.stream_cut('{"data": {"id": "1')
        assert stream.line() == '{"data": {"id": "1'
        assert stream.line() is None


def test_a_stream_lost_at_once_leaves_the_place_free(server: XServer) -> None:
    server.add_fault(Fault(path="/stream$", lose=True))
    with pytest.raises(IndexError), streaming(server, "/2/tweets/search/stream", server.app_token):
        pass
    deadline = time.monotonic() + 5
    while server.connection_count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.connection_count == 0


def test_a_lone_surrogate_travels_as_an_escape(server: XServer) -> None:
    server.add_post("#Tag", age_s=60, extra={"text": "\ud83d #Tag"})
    answer = search(server)
    assert b"\\ud83d" in answer.body
    assert answer["data"][0]["text"] == "\ud83d #Tag"


def test_an_unknown_rule_cannot_be_switched_off() -> None:
    with pytest.raises(KeyError):
        XServer(without={"X-0"})


def test_a_stand_in_runs_as_a_process_and_is_steered_from_outside() -> None:
    options = ("--without", "X-19", "--options", '{"monthly_cap": 5}')
    with spawned("tests.servers.x", *options) as remote:
        made = remote.call("add_post", text="#Tag @homeward", created_at=time.time())
        headers = {"Authorization": f"Bearer {remote.call('app_token')}"}
        with httpx.Client(base_url=remote.base_url, trust_env=False, headers=headers) as client:
            page = client.get("/2/tweets/search/recent", params={"query": "#Tag"}).json()
            remote.call("add_fault", status=503)
            assert client.get("/2/tweets/search/recent", params={"query": "#Tag"}).status_code == 503
        assert [entry["id"] for entry in page["data"]] == [made]
        assert remote.call("cost_usd") == "0.005"
        assert remote.call("replies_by_bot") == []
        with pytest.raises(ValueError, match="stop"):
            remote.call("stop")


def test_a_lost_weibo_comment_stands_and_is_refused_as_repeated() -> None:
    with WeiboServer(clock=fixed_clock) as server:
        made = server.add_post("你好")
        server.add_fault(Fault(path="comments/create", lose=True))
        with pytest.raises(httpx.RemoteProtocolError):
            comment(server, made)
        assert len(server.comments_by_bot(made)) == 1
        assert code(comment(server, made)) == 20019


def test_weibo_error_codes_can_be_ordered() -> None:
    with WeiboServer(clock=fixed_clock) as server:
        server.fail_next(10009, times=2)
        assert [code(mentions(server)) for _ in range(3)] == [10009, 10009, 0]


def test_the_weibo_stand_in_runs_as_a_process() -> None:
    with spawned("tests.servers.weibo", "--options", '{"contract": "full", "miss_rate": 0}') as remote:
        made = remote.call("add_post", text="#寻人# 东站", geo=[39.9, 116.4])
        query = {"q": "寻人", "access_token": remote.call("bot_token")}
        url = remote.base_url + "/c.api/2/search/statuses/limited.json"
        found = httpx.get(url, params=query, trust_env=False).json()
        assert [status["id"] for status in found["statuses"]] == [made]
        assert found["statuses"][0]["geo"]["coordinates"] == [39.9, 116.4]
        assert remote.call("comments_by_bot") == []
