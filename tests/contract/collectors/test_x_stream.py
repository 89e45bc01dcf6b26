"""X's filtered stream: rules, gaps, heartbeats, what ends it, and that nothing ends it in silence."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from collectors import x_walk as walk
from collectors.base import Collector
from collectors.x_query import RULE_PREFIX, rules
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from tests.contract.collectors.harness import QUERY, keys, last_cursor, posts
from tests.contract.collectors.x_server import XHarness

STREAM, RULES = "/2/tweets/search/stream", "/2/tweets/search/stream/rules"
FOREIGN = {"id": "77", "value": "cats", "tag": "somebody's"}


@pytest.fixture
def server() -> Iterator[XHarness]:
    """A server on which our rule has been working for long."""
    harness = XHarness()
    (rule,) = rules([QUERY])
    harness.rules = {"5": {"id": "5", "value": rule.value, "tag": rule.tag}}
    harness.start()
    yield harness
    harness.stop()


@pytest.fixture
def collector(server: XHarness) -> Iterator[Collector]:
    built = server.collector(mode="stream")
    yield built
    built.close()


def read(collector: Collector, until: int, cursor: str = "", queries: Any = (QUERY,)) -> list[Page]:
    """Pages until so many posts have come, or five seconds have passed."""
    stop, pages = threading.Event(), []
    guard = threading.Timer(5, stop.set)
    guard.start()
    try:
        for page in collector.follow(queries, cursor, stop):
            pages.append(page)
            if sum(len(p.posts) for p in pages) >= until:
                stop.set()
    finally:
        guard.cancel()
    return pages


def ended(collector: Collector, cursor: str = "") -> tuple[list[Page], SourceError]:
    """The pages before the stream's end, and what ended it."""
    pages = []
    with pytest.raises(SourceError) as caught:
        pages.extend(collector.follow([QUERY], cursor, threading.Event()))
    return pages, caught.value


def test_posts_come_as_they_are_sent_and_signs_of_life_move_the_place(
    server: XHarness, collector: Collector
) -> None:
    wanted = [server.add(f"{number} #found") for number in range(3)]
    server.script = [
        b"\r\n",
        server.line(wanted[0]),
        0.2,
        b"\r\n",
        server.line(wanted[1]) + server.line(wanted[2]),
    ]
    pages = read(collector, 3)
    assert [post.key for post in posts(pages)] == [f"x:{post['id']}" for post in wanted]
    assert all(page.gap is None and page.set_aside == () for page in pages)
    assert all(page.cursor for page in pages)
    path, asked, headers = server.asked[-1]
    assert path == STREAM and headers["User-Agent"].startswith("Homeward/") and "tweet.fields" in asked


def test_rules_are_brought_in_line_once_and_others_are_left_alone(
    server: XHarness, collector: Collector
) -> None:
    server.rules = {
        "77": FOREIGN,
        "78": {"id": "78", "value": "#old -is:retweet", "tag": RULE_PREFIX + "old"},
    }
    post = server.add("seen #found")
    server.script = [server.line(post, matching_rules=[])]
    read(collector, 1, queries=[QUERY, TagQuery(any=("seen",))])
    values = {rule["value"]: rule["tag"] for rule in server.rules.values()}
    assert (
        set(values) == {"cats", "#found -is:retweet", "#seen -is:retweet"} and values["cats"] == "somebody's"
    )
    changes = len([path for path, _, _ in server.asked if path == RULES])
    read(collector, 1, queries=[QUERY, TagQuery(any=("seen",))])
    assert len([path for path, _, _ in server.asked if path == RULES]) == changes + 1


def test_what_only_the_rules_of_others_brought_is_charged_but_not_kept(
    server: XHarness, collector: Collector
) -> None:
    ours, theirs = server.add("seen #found"), server.add("cats")
    server.rules = {"77": FOREIGN}
    lines = [
        server.line(theirs, matching_rules=[{"id": "77", "tag": "somebody's"}]),
        server.line(ours, matching_rules=[{"id": "77", "tag": "x"}, {"id": "9", "tag": RULE_PREFIX + "1"}]),
    ]
    server.script = [b"".join(lines)]
    pages = read(collector, 1)
    assert keys(pages) == {f"x:{ours['id']}"}
    assert json.loads(last_cursor(pages))["used"]["stream"]["posts"] == 2


def test_a_rule_that_x_does_not_take_needs_a_person(server: XHarness, collector: Collector) -> None:
    server.rules.clear()
    body = {"meta": {"summary": {"created": 0, "invalid": 1}}, "errors": [{"title": "UnprocessableEntity"}]}
    server.refusals = [(200, {}, b'{"meta":{}}'), (201, {}, json.dumps(body).encode())]
    _, trouble = ended(collector)
    assert isinstance(trouble, NeedsPerson) and "0 of 1" in trouble.detail
    server.refusals = [(200, {}, b"[]")]
    assert isinstance(ended(collector)[1], BadPayload)


def test_after_a_break_a_page_carries_the_gap_up_to_the_connection(
    server: XHarness, collector: Collector
) -> None:
    server.script = [b"\r\n", server.line(server.add("seen #found"))]
    cursor = last_cursor(read(collector, 1))
    heard = server.now
    server.tick(3600)
    server.script = [server.line(server.add("again #found"))]
    pages = read(collector, 1, cursor)
    (gap,) = [page.gap for page in pages if page.gap]
    assert gap.span.start == heard - timedelta(seconds=60) and gap.recoverable
    assert heard + timedelta(hours=1) <= gap.span.end <= server.now
    assert all(page.gap is None for page in read(collector, 1, last_cursor(pages))[1:])


def test_the_gap_waits_until_new_rules_work_and_the_place_stays_before_it(
    server: XHarness, collector: Collector
) -> None:
    server.script = [server.line(server.add("seen #found"))]
    cursor = last_cursor(read(collector, 1))
    heard, _ = server.now, server.tick(600)
    server.rules.clear()
    opened = server.now
    stop, pages = threading.Event(), []
    server.script = [b"\r\n", 0.3, b"\r\n", 0.3, b"\r\n"]
    for page in collector.follow([QUERY], cursor, stop):
        pages.append(page)
        if len(pages) == 1:
            server.tick(21)
        if page.gap:
            stop.set()
    assert pages[0].gap is None and walk.load(pages[0].cursor or "").heard == heard
    gap = pages[-1].gap
    assert gap and gap.span.start == heard - timedelta(seconds=60)
    assert gap.span.end == opened + timedelta(seconds=20) and pages[-1].cursor


def test_what_new_rules_may_miss_at_the_very_beginning_is_a_gap_too(
    server: XHarness, collector: Collector
) -> None:
    server.rules.clear()
    opened, stop, pages = server.now, threading.Event(), list[Page]()
    server.script = [b"\r\n", 0.3, b"\r\n", 0.3, b"\r\n"]
    for page in collector.follow([QUERY], "", stop):
        pages.append(page)
        if len(pages) == 1:
            assert walk.load(page.cursor or "").heard is None and page.complete_until == opened
            server.tick(21)
        if page.gap:
            stop.set()
    assert pages[-1].gap and pages[-1].gap.span == Span(opened, opened + timedelta(seconds=20))
    assert pages[-1].complete_until == server.now


def test_a_silent_stream_is_broken_and_a_dropped_one_says_so_at_once(server: XHarness) -> None:
    silent = server.collector(mode="stream", heartbeat_s=0.4)
    server.script = [server.line(server.add("seen #found"))]
    pages, trouble = ended(silent)
    assert isinstance(trouble, Unreachable) and len(keys(pages)) == 1
    silent.close()
    server.cuts = True
    began = time.monotonic()
    collector = server.collector(mode="stream")
    pages, trouble = ended(collector, last_cursor(pages))
    assert isinstance(trouble, Unreachable) and len(keys(pages)) == 1 and time.monotonic() - began < 2
    collector.close()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("operational-disconnect", Unreachable),
        ("usage-capped", NeedsPerson),
        ("streaming-connection", RateLimited),
        ("rate-limit-exceeded", RateLimited),
        ("something-new", Unreachable),
    ],
)
def test_an_error_inside_the_stream_ends_it_after_what_came_before(
    server: XHarness, collector: Collector, kind: str, error: type[SourceError]
) -> None:
    post = server.add("seen #found")
    line = {
        "errors": [{"title": kind, "type": f"https://api.twitter.com/2/problems/{kind}", "detail": "SECRET"}]
    }
    server.script = [server.line(post) + json.dumps(line).encode() + b"\r\n"]
    pages, trouble = ended(collector)
    assert keys(pages) == {f"x:{post['id']}"} and type(trouble) is error
    assert kind in trouble.detail or kind == "streaming-connection"
    assert "SECRET" not in str(trouble)


def test_errors_beside_a_post_name_what_it_refers_to_and_do_not_end_the_stream(
    server: XHarness, collector: Collector
) -> None:
    post = server.add("seen #found", referenced_tweets=[{"type": "quoted", "id": "4"}])
    missing = {
        "resource_type": "tweet",
        "resource_id": "4",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    server.script = [server.line(post, errors=[missing]) + server.line(server.add("next #found"))]
    pages = read(collector, 2)
    assert len(keys(pages)) == 2 and [gone.key for page in pages for gone in page.gone] == ["x:4"]


def test_lines_that_cannot_be_read_are_set_aside_and_the_stream_goes_on(
    server: XHarness, collector: Collector
) -> None:
    bad = [
        b"{not json\r\n",
        b'"text"\r\n',
        b'{"data":[]}\r\n',
        b'{"data":{"text":"#found"}}\r\n',
        b"\xff\xfe\r\n",
    ]
    server.script = [b"".join(bad) + server.line(server.add("good #found"))]
    pages = read(collector, 1)
    aside = [item for page in pages for item in page.set_aside]
    assert len(keys(pages)) == 1 and len(aside) == len(bad)
    assert all(item.where.startswith("source.stream") and item.reason for item in aside)


def test_a_fault_of_our_own_in_the_reader_reaches_the_caller(
    server: XHarness, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, raw_data: bytes) -> None:
        raise RuntimeError("SECRET")

    monkeypatch.setattr("collectors.x_stream._Lines.on_data", broken)
    server.script = [server.line(server.add("seen #found"))]
    _, trouble = ended(collector)
    assert isinstance(trouble, Unreachable) and "RuntimeError" in trouble.detail
    assert "SECRET" not in str(trouble)


def test_a_line_without_end_is_not_collected_for_ever(server: XHarness) -> None:
    collector = server.collector(mode="stream", max_answer_mb=0.1)
    server.script = [b"a" * 60_000, b"a" * 60_000, b"a" * 60_000]
    _, trouble = ended(collector)
    assert isinstance(trouble, BadPayload) and "longer than 0.1 MB" in trouble.detail
    collector.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            429,
            {
                "title": "ConnectionException",
                "type": "https://api.twitter.com/2/problems/streaming-connection",
            },
            RateLimited,
        ),
        (429, {"type": "https://api.twitter.com/2/problems/rate-limit-exceeded"}, RateLimited),
        (401, {"title": "Unauthorized"}, NeedsPerson),
        (403, {"title": "client-forbidden"}, NeedsPerson),
        (503, {}, Unreachable),
        (200, {}, Unreachable),
    ],
)
def test_a_connection_that_x_refuses_is_an_error_of_the_house(
    server: XHarness, status: int, body: dict[str, str], kind: type[SourceError]
) -> None:
    collector = server.collector(mode="stream")
    server.refusals = [server.answer(RULES, {})]
    if status == 200:
        server.cuts = True
    else:
        server.refusals.append((status, {}, json.dumps(body).encode()))
    _, trouble = ended(collector)
    assert type(trouble) is kind
    assert [path for path, _, _ in server.asked] == [RULES, STREAM]
    collector.close()


def test_stop_is_heard_soon_and_no_thread_is_left(server: XHarness, collector: Collector) -> None:
    stop = threading.Event()
    began = 0.0
    for page in collector.follow([QUERY], "", stop):
        assert page.cursor
        began = time.monotonic()
        stop.set()
    assert 0 < time.monotonic() - began < 2
    for _ in collector.follow([QUERY], "", threading.Event()):
        break  # a caller that goes away
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and any(t.name == "x:source" for t in threading.enumerate()):
        time.sleep(0.02)
    assert not [thread for thread in threading.enumerate() if thread.name == "x:source"]


def test_a_caller_that_takes_its_time_is_no_silence_and_loses_nothing(server: XHarness) -> None:
    collector = server.collector(mode="stream", heartbeat_s=0.4, flush_s=0.05)
    wanted = {f"x:{server.add(f'{n} #found')['id']}" for n in range(40)}
    lines = [server.line(server.posts[key[2:]]) for key in sorted(wanted)]
    server.script = [item for line in lines for item in (line, 0.02)]
    stop, found = threading.Event(), set[str]()
    for page in collector.follow([QUERY], "", stop):
        if not found and page.posts:
            time.sleep(0.7)
        found |= keys([page])
        if found == wanted:
            stop.set()
    assert found == wanted
    collector.close()


def test_the_stream_stops_at_the_months_limit(server: XHarness) -> None:
    collector = server.collector(mode="stream", monthly_reads_cap=40, day_burst=31.0)
    server.script = [server.line(server.add(f"{number} #found")) for number in range(20)]
    pages, trouble = ended(collector)
    assert (
        isinstance(trouble, RateLimited)
        and "monthly_reads_cap 40" in trouble.detail
        and len(keys(pages)) > 10
    )
    asked = len(server.asked)
    assert isinstance(ended(collector, last_cursor(pages))[1], RateLimited) and len(server.asked) == asked
    collector.close()
