"""What only the Weibo collector does, over real sockets: modes, halved windows, lookups, the push stream."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors.base import Collector
from store.errors import BadPayload, NeedsPerson, RateLimited, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Post
from tests.contract.collectors.harness import QUERY, START, keys, last_cursor, posts
from tests.contract.collectors.weibo_server import (
    SECRETS,
    TOKEN,
    WeiboHarness,
    WeiboMentions,
    WeiboSearch,
    error,
    weibo_date,
)


def started(harness: WeiboHarness) -> Iterator[WeiboHarness]:
    harness.start()
    yield harness
    harness.stop()


@pytest.fixture
def server() -> Iterator[WeiboHarness]:
    yield from started(WeiboMentions())


@pytest.fixture
def archive() -> Iterator[WeiboHarness]:
    yield from started(WeiboSearch())


def test_the_token_goes_with_every_request_and_only_ours(server: WeiboHarness) -> None:
    collector = server.collector()
    collector.mentions("")
    collector.lookup(["1"])
    assert all(asked["access_token"] == [TOKEN] for _, asked in server.asked)
    collector.close()
    stranger = server.collector({"HOMEWARD_WEIBO_TOKEN": "2.00revoked"})
    with pytest.raises(NeedsPerson, match=r"21332.*sign in again"):
        stranger.mentions("")
    stranger.close()


def test_mentions_need_no_hashtag(server: WeiboHarness) -> None:
    made = server.add("@回家路 在码头看见一个孩子")
    collector = server.collector()
    assert keys([collector.mentions("")]) == {f"weibo:{made['mid']}"}
    collector.close()


def test_mentions_that_come_during_a_walk_are_read_after_it(server: WeiboHarness) -> None:
    collector = server.collector()
    published = set(server.publish(2))
    pages = server.drain(collector, "")
    published |= set(server.publish(9))
    pages.append(collector.mentions(last_cursor(pages)))
    published |= set(server.publish(5))
    collector.close()
    collector = server.collector()
    pages += server.drain(collector, last_cursor(pages))
    assert keys(pages) == published and len(posts(pages)) == len(published)
    collector.close()


def test_comments_on_our_posts_are_read_and_looked_up(server: WeiboHarness) -> None:
    made = [server.add_comment(f"看到了 {number}")["idstr"] for number in range(8)]
    collector = server.collector(mode="comments")
    found = posts(server.drain(collector, ""))
    assert {post.native_id for post in found} == set(made)
    assert {post.reply_to for post in found} == {"weibo:5200000000000001"}
    server.remove(f"weibo:comment/{made[3]}")
    again = collector.lookup([made[3], made[0], "not a number"])
    assert [type(item) for item in again] == [Gone, Post, Gone]
    assert [item.key for item in again[:2]] == [f"weibo:comment/{made[3]}", f"weibo:comment/{made[0]}"]
    collector.close()


def test_a_batch_that_is_not_granted_is_asked_once(server: WeiboHarness) -> None:
    ids = [server.native_id(key) for key in server.publish(3)]
    server.has_batch = False
    collector = server.collector()
    for _ in range(2):
        assert [item.native_id for item in collector.lookup(ids) if isinstance(item, Post)] == ids
    assert len(server.calls("show_batch.json")) == 1 and len(server.calls("statuses/show.json")) == 6
    collector.close()


@pytest.mark.parametrize("code", [10014, "10005", 10020, 20101, "10008"])
def test_a_refused_batch_proves_nothing_gone(server: WeiboHarness, code: int | str) -> None:
    ids = [server.native_id(key) for key in server.publish(2)]
    server.refusals["statuses/show_batch"] = error(code)
    collector = server.collector()
    assert [type(item) for item in collector.lookup(ids)] == [Post, Post]
    collector.close()


def test_what_a_batch_leaves_out_is_asked_for_by_itself(server: WeiboHarness) -> None:
    ids = [server.native_id(key) for key in server.publish(2)]
    server.refusals["statuses/show_batch"] = (200, {}, b'{"statuses":[]}')
    server.remove(f"weibo:{ids[0]}")
    collector = server.collector()
    gone, alive = collector.lookup(ids)
    assert isinstance(gone, Gone) and "20101" in gone.why and gone.key == f"weibo:{ids[0]}"
    assert isinstance(alive, Post)
    collector.close()


def test_a_lookup_that_meets_a_limit_loses_no_post(server: WeiboHarness) -> None:
    ids = [server.native_id(key) for key in server.publish(3)]
    server.has_batch = False
    server.refusals["statuses/show"] = error("10024", 403)
    collector = server.collector()
    with pytest.raises(RateLimited):
        collector.lookup(ids)
    collector.close()


def test_a_full_window_is_halved_and_read_whole(archive: WeiboHarness) -> None:
    for tells_total in (True, False):
        archive.tells_total = tells_total
        published = set(archive.publish(230))  # more than 20 pages of 10
        collector = archive.collector()
        pages = archive.drain(collector, "")
        assert published <= keys(pages) and [page.gap for page in pages if page.gap] == []
        assert len(posts(pages)) == len(keys(pages))
        collector.close()
    assert {asked["istag"][0] for asked in archive.calls("limited.json")} == {"1"}
    assert {asked["q"][0] for asked in archive.calls("limited.json")} == {"found"}


def test_a_second_that_fills_is_named_as_lost(archive: WeiboHarness) -> None:
    second = archive.tick()
    for _ in range(230):
        archive.add("seen #found#", at=second)
    archive.tick(30)
    collector = archive.collector()
    pages = archive.drain(collector, "")
    gaps = [page.gap for page in pages if page.gap]
    assert gaps and all("result cap hit" in gap.why and not gap.recoverable for gap in gaps)
    assert any(gap.span.start <= second <= gap.span.end for gap in gaps)
    assert len(keys(pages)) == 200
    collector.close()


def test_a_post_shown_late_is_found_by_the_overlap(archive: WeiboHarness) -> None:
    archive.publish(3)
    collector = archive.collector()
    pages = archive.drain(collector, "")
    late = archive.add("late #found#", at=archive.now - timedelta(seconds=40))
    archive.tick(20)
    pages += archive.drain(collector, last_cursor(pages))
    assert f"weibo:{late['mid']}" in keys(pages) and len(posts(pages)) == 4
    collector.close()


def test_the_past_is_searched_within_its_span(archive: WeiboHarness) -> None:
    archive.publish(5)
    middle = archive.now
    inside = set(archive.publish(30))
    span = Span(middle + timedelta(seconds=1), archive.now)
    archive.tick(5)
    archive.publish(5)
    collector, cursor, found = archive.collector(), "", list[Page]()
    for _ in range(50):
        page = collector.search(QUERY, span, cursor)
        found.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            break
    assert keys(found) == inside and not collector.search(QUERY, span, cursor).more
    collector.close()


def test_searches_do_not_ask_for_the_standard_limits(archive: WeiboHarness) -> None:
    collector = archive.collector()
    page = collector.poll(QUERY, "")
    assert archive.calls("rate_limit_status.json") == [] and page.budget.limit == 50_000
    collector.close()


# --- the push stream


class _Quiet(ThreadingHTTPServer):
    """A reader that goes away in the middle is what these tests are about."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Push:
    """A stream that sends its script: bytes, or a number of seconds to be silent; then it ends."""

    def __init__(self) -> None:
        self.script: list[bytes | float] = []
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []
        push = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                push.asked.append(parse_qs(urlsplit(self.path).query))
                self.send_response(push.status)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for item in push.script:
                        push._act(self, item)
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _act(self, handler: BaseHTTPRequestHandler, item: bytes | float) -> None:
        if isinstance(item, float):
            time.sleep(item)
        elif item == b"break":
            handler.connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        else:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(item), item))
            handler.wfile.flush()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def push() -> Iterator[Push]:
    server = Push()
    yield server
    server.stop()


class Clocked(WeiboMentions):
    """The harness's way to build a collector, for a stream elsewhere."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def options(self) -> dict[str, Any]:
        return {
            "mode": "commercial_push",
            "contract": "test contract 1",
            "subid": "10050",
            "base_url": self._url,
            "commercial_url": self._url,
            "silence_s": 0.3,
        }


def pushing(push: Push, **options: Any) -> tuple[Clocked, Collector]:
    clocked = Clocked(push.url)
    return clocked, clocked.collector(SECRETS, **options)


def frame(number: int, text: str = "seen #found#", keyword: str = "found") -> bytes:
    status = {
        "idstr": f"{5260 + number}",
        "mid": f"{5260 + number}",
        "created_at": weibo_date(START),
        "text": text,
        "user": {"idstr": "7", "screen_name": "丙"},
    }
    content = {"type": "status", "event": "add", "status": status}
    return json.dumps({"id": number, "text": content, "match_info": {"keyword": keyword}}).encode() + b"\r\n"


def test_frames_are_read_wherever_the_bytes_are_cut(push: Push) -> None:
    data = b"".join(frame(number) for number in range(1, 8))
    push.script = [data[start : start + 97] for start in range(0, len(data), 97)]
    _, collector = pushing(push)
    pages = list(collector.follow([QUERY], "", threading.Event()))
    assert keys(pages) == {f"weibo:{5260 + number}" for number in range(1, 8)}
    assert push.asked[0]["subid"] == ["10050"] and "since_id" not in push.asked[0]
    collector.close()


def test_after_a_break_reading_goes_on_behind_the_last_frame(push: Push) -> None:
    push.script = [frame(1), frame(2), b'{"id": 3, "te', b"break"]
    clocked, collector = pushing(push, gap_after_s=60.0, push_percent=100.0)
    pages: list[Page] = []
    with pytest.raises(Unreachable):
        for page in collector.follow([QUERY], "", threading.Event()):
            pages.append(page)  # noqa: PERF402 - what came before the break is kept
    clocked.tick(3600)
    push.script = [frame(3)]
    pages += list(collector.follow([QUERY], last_cursor(pages), threading.Event()))
    assert push.asked[-1]["since_id"] == ["2"] and keys(pages) == {f"weibo:{5260 + n}" for n in (1, 2, 3)}
    (gap,) = [page.gap for page in pages if page.gap]
    assert gap.span == Span(START, START + timedelta(hours=1)) and gap.recoverable
    collector.close()


def test_a_silent_stream_ends_without_an_error(push: Push) -> None:
    push.script = [frame(1), 3.0, frame(2)]
    _, collector = pushing(push)
    begun = time.monotonic()
    pages = list(collector.follow([QUERY], "", threading.Event()))
    assert keys(pages) == {"weibo:5261"} and time.monotonic() - begun < 2
    collector.close()


def test_a_stream_stops_when_it_is_told_to(push: Push) -> None:
    push.script = [frame(1), 0.05, frame(2), 0.05, frame(3)]
    _, collector = pushing(push)
    stop = threading.Event()
    found: list[Page] = []
    for page in collector.follow([QUERY], "", stop):
        found.append(page)
        stop.set()
    assert len(posts(found)) == 1
    collector.close()


def test_heartbeats_move_the_place_now_and_then(push: Push) -> None:
    push.script = [b"\r\n", b"\r\n"]
    _, collector = pushing(push)
    pages = list(collector.follow([QUERY], "", threading.Event()))
    assert len(pages) == 1 and pages[0].cursor and pages[0].posts == ()
    collector.close()


def test_a_broken_frame_is_set_aside_and_unwanted_ones_are_left(push: Push) -> None:
    push.script = [frame(1) + b"{oops}\r\n" + frame(2, "nothing", "other") + frame(3)]
    _, collector = pushing(push)
    pages = list(collector.follow([QUERY], "", threading.Event()))
    assert keys(pages) == {"weibo:5261", "weibo:5263"}
    assert [len(page.set_aside) for page in pages] == [1, 0]
    assert "weibo:5262" in keys(list(collector.follow([TagQuery(any=("other",))], "", threading.Event())))
    collector.close()


def test_an_error_frame_ends_the_stream_after_what_came_before(push: Push) -> None:
    push.script = [frame(1) + b'{"error_code": "21327", "error": "expired"}\r\n']
    _, collector = pushing(push)
    stream = collector.follow([QUERY], "", threading.Event())
    assert keys([next(stream)]) == {"weibo:5261"}
    with pytest.raises(NeedsPerson, match="sign in again"):
        next(stream)
    collector.close()


def test_a_refused_stream_is_an_error_of_the_house(push: Push) -> None:
    _, collector = pushing(push)
    push.status, push.script = 403, [b'{"error_code": 10004, "error": "IP limit"}']
    with pytest.raises(NeedsPerson, match="address"):
        list(collector.follow([QUERY], "", threading.Event()))
    push.status, push.script = 502, [b"<html>"]
    with pytest.raises(Unreachable):
        list(collector.follow([QUERY], "", threading.Event()))
    collector.close()


def test_a_frame_without_an_end_is_not_read_for_ever(push: Push) -> None:
    push.script = [b"x" * 70_000] * 3
    _, collector = pushing(push, max_answer_mb=0.1)
    with pytest.raises(BadPayload, match="without an end"):
        list(collector.follow([QUERY], "", threading.Event()))
    collector.close()


def test_a_sampled_subscription_owns_up_to_it(push: Push) -> None:
    clocked, collector = pushing(push)
    push.script = [frame(1)]
    pages = list(collector.follow([QUERY], "", threading.Event()))
    clocked.tick(3600)
    push.script = [frame(2)]
    pages += list(collector.follow([QUERY], last_cursor(pages), threading.Event()))
    words = [page.gap.why for page in pages if page.gap]
    assert any("1 % of the posts" in why for why in words)
    collector.close()


def test_a_push_that_is_not_there_is_unreachable() -> None:
    server = Push()
    server.stop()
    _, collector = pushing(server)
    with pytest.raises(Unreachable):
        list(collector.follow([QUERY], "", threading.Event()))
    assert collector.spec.streams and not collector.spec.polls
    collector.close()


def test_times_are_read_in_beijing(server: WeiboHarness) -> None:
    server.add("@回家路", at=datetime(2026, 2, 8, 23, 30, tzinfo=UTC))
    collector = server.collector()
    (post,) = collector.mentions("").posts
    assert post.created_at == datetime(2026, 2, 8, 23, 30, tzinfo=UTC) and post.zone_offset_min == 480
    collector.close()
