"""What only the X collector does: walks through pages, seven days, budget, refusals, mentions, the past."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.base import Checks, NotSupported
from collectors.context import Context
from collectors.registry import build
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Post
from tests.contract.collectors.harness import CONTACT, QUERY, START, keys, last_cursor, posts
from tests.contract.collectors.x_server import OURS, SECRETS, TOKEN, XHarness

RECENT, ARCHIVE, RULES = "/2/tweets/search/recent", "/2/tweets/search/all", "/2/tweets/search/stream/rules"


@pytest.fixture
def server() -> Iterator[XHarness]:
    harness = XHarness()
    harness.start()
    yield harness
    harness.stop()


def problem(status: int, kind: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
    body = {
        "type": f"https://api.twitter.com/2/problems/{kind}",
        "title": kind,
        "detail": "SECRET words",
        **more,
    }
    return status, {"x-rate-limit-reset": str(int(START.timestamp()) + 500)}, json.dumps(body).encode()


# Asking


def test_the_fields_the_text_and_the_token_are_sent_as_documented(server: XHarness) -> None:
    collector = server.collector()
    collector.poll(TagQuery(any=("found", "seen"), none=("ad",)), "")
    path, asked, headers = server.asked[0]
    assert path == RECENT and headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked["query"] == ["(#found OR #seen) -#ad -is:retweet"] and asked["max_results"] == ["10"]
    assert "edit_history_tweet_ids" in asked["tweet.fields"][0] and "author_id" in asked["expansions"][0]
    assert "alt_text" in asked["media.fields"][0] and "protected" in asked["user.fields"][0]
    assert asked["start_time"] == ["2026-02-07T12:00:00Z"] and "since_id" not in asked
    assert headers["Accept-Encoding"] == "identity"
    collector.close()


def test_every_page_of_a_walk_is_asked_with_the_same_since_id(server: XHarness) -> None:
    server.publish(3)
    collector = server.collector()
    pages = server.drain(collector, "")
    server.publish(25)
    newest = max(server.posts, key=int)
    server.drain(collector, last_cursor(server.drain(collector, last_cursor(pages))))
    walked = [asked for _, asked, _ in server.asked if "since_id" in asked]
    paging = [asked for asked in walked if "next_token" in asked]
    assert len(paging) == 2 and len({asked["since_id"][0] for asked in walked[:3]}) == 1
    assert walked[-1]["since_id"] == [newest] and all("start_time" not in asked for asked in walked)
    collector.close()


def test_a_query_too_long_for_one_search_is_walked_text_by_text(server: XHarness) -> None:
    tags = tuple(f"tag{number:03d}{'x' * 40}" for number in range(30))
    for tag in (tags[0], tags[-1], tags[15]):
        server.publish(12, f"seen #{tag}")
    collector, cursor, found = server.collector(), "", set[str]()
    query = TagQuery(any=tags)
    for _ in range(60):
        page = collector.poll(query, cursor)
        cursor, found = page.cursor or cursor, found | {post.key for post in page.posts}
        if not page.more:
            break
    assert len(found) == 36 and len({asked["query"][0] for _, asked, _ in server.asked}) >= 3
    collector.close()


def test_a_query_that_x_cannot_be_asked_needs_a_person(server: XHarness) -> None:
    collector = server.collector()
    for query in (TagQuery(any=("two words",)), TagQuery(langs=("en",))):
        with pytest.raises(NeedsPerson, match="cannot be put to X"):
            collector.poll(query, "")
        with pytest.raises(NeedsPerson, match="cannot be put to X"):
            next(iter(collector.follow([query], "", threading.Event())))
    assert server.asked == []
    collector.close()


# Seven days, tokens that run out


def test_a_long_absence_leaves_a_gap_and_goes_on_by_time(server: XHarness) -> None:
    server.publish(2)
    collector = server.collector()
    cursor = last_cursor(server.drain(collector, ""))
    left_at = server.now
    server.tick(1 * 86400)
    missed = server.publish(4)
    server.tick(8 * 86400)
    later = set(server.publish(14))
    pages = server.drain(collector, cursor)
    assert later <= keys(pages) and not keys(pages) & set(missed)
    (gap,) = [page.gap for page in pages if page.gap]
    assert gap.span.start == left_at - timedelta(seconds=30) and not gap.recoverable
    assert abs(gap.span.end - (server.now - timedelta(days=7))) < timedelta(minutes=3)
    assert all("since_id" not in asked for _, asked, _ in server.asked[-3:-1])
    collector.close()


def test_a_quiet_hashtag_that_was_always_read_has_no_gap_after_seven_days(server: XHarness) -> None:
    server.publish(1)
    collector, cursor = server.collector(), ""
    for _ in range(20):
        pages = server.drain(collector, cursor)
        cursor = last_cursor(pages)
        assert all(page.gap is None for page in pages)
        server.tick(12 * 3600)
    later = set(server.publish(1))
    assert keys(server.drain(collector, cursor)) == later
    collector.close()


def test_an_id_that_x_refuses_is_replaced_by_its_time(server: XHarness) -> None:
    server.publish(2)
    collector = server.collector()
    cursor = last_cursor(server.drain(collector, ""))
    later = set(server.publish(3))
    server.refusals = [server.invalid("since_id", "1")]
    assert later <= keys([collector.poll(QUERY, cursor)])
    server.refusals = [server.invalid("since_id", "1"), server.invalid("start_time", "x")]
    with pytest.raises(BadPayload, match="start_time"):
        collector.poll(QUERY, cursor)
    collector.close()


def test_a_page_token_that_has_run_out_begins_its_walk_anew(server: XHarness) -> None:
    published = set(server.publish(25))
    collector = server.collector()
    first = collector.poll(QUERY, "")
    server.refusals = [server.invalid("next_token", "t1")]
    pages = [first, *server.drain(collector, first.cursor or "")]
    assert keys(pages) == published
    collector.close()


def test_a_token_that_comes_again_does_not_go_round_for_ever(server: XHarness) -> None:
    server.publish(30)
    collector = server.collector()
    first = collector.poll(QUERY, "")
    token = json.loads(first.cursor or "")["parts"][0]["next_token"]
    body = {"data": [server.add("x #found")], "meta": {"result_count": 1, "next_token": token}}
    server.refusals = [(200, {}, json.dumps(body).encode())]
    page = collector.poll(QUERY, first.cursor or "")
    assert page.gap and "same page" in page.gap.why
    collector.close()


# Cuts


def test_an_answer_cut_at_any_byte_changes_nothing() -> None:
    body = json.dumps({"data": [{"id": "5", "text": "#found"}], "meta": {"result_count": 1}}).encode()
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )
    cut = [len(whole)]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(whole[: cut[0]])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        collector = build("x", "source", {"base_url": url}, Context(CONTACT, SECRETS, lambda: START))
        for at in range(0, len(whole)):
            cut[0] = at
            with pytest.raises(Unreachable):
                collector.poll(QUERY, "")
        cut[0] = len(whole)
        assert keys([collector.poll(QUERY, "")]) == {"x:5"}
        collector.close()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_dripping_answer_ends_at_the_deadline() -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
                while not done.wait(0.02):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        hasty = Context(CONTACT, SECRETS, lambda: START, lambda: time.monotonic() * 200)
        collector = build("x", "source", {"base_url": url}, hasty)
        began = time.monotonic()
        with pytest.raises(Unreachable, match="not complete within 90 s"):
            collector.poll(QUERY, "")
        assert time.monotonic() - began < 5
        done.set()
        collector.close()
    thread.join(5)


def test_an_answer_too_large_or_compressed_is_not_taken(server: XHarness) -> None:
    collector = server.collector(max_answer_mb=0.1)
    server.refusal = (200, {}, b'{"data": [], "x": "' + b"a" * 200_000 + b'"}')
    with pytest.raises(BadPayload, match=r"more than 0\.1 MB"):
        collector.poll(QUERY, "")
    server.refusal = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(BadPayload, match="compressed"):
        collector.poll(QUERY, "")
    collector.close()


# Refusals


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (problem(429, "rate-limit-exceeded"), RateLimited, "rate-limit-exceeded"),
        (problem(429, "usage-capped"), NeedsPerson, "usage cap"),
        (problem(402, "credits"), NeedsPerson, "credit"),
        (problem(401, "about:blank"), NeedsPerson, "bearer token"),
        (problem(403, "client-forbidden"), NeedsPerson, "client-forbidden"),
        (problem(404, "resource-not-found"), BadPayload, "resource-not-found"),
        ((301, {"Location": "https://elsewhere.example/"}, b""), NeedsPerson, "elsewhere.example"),
        ((429, {"x-rate-limit-reset": "not a number"}, b"[1]"), RateLimited, "60 s"),
        ((500, {}, b"[]"), Unreachable, "500"),
        ((418, {}, b"null"), BadPayload, "418"),
        ((200, {}, b'{"errors":[{"title":"Server Trouble"}]}'), BadPayload, "server trouble"),
        ((200, {}, b"[]"), BadPayload, "neither posts"),
        ((200, {}, b'{"data":{"id":"1","text":"x"}}'), BadPayload, "neither posts"),
        ((200, {}, b'{"data":'), BadPayload, "not JSON"),
        ((204, {}, b""), BadPayload, "not JSON"),
    ],
)
def test_each_refusal_is_told_apart_and_no_word_of_its_text_is_repeated(
    server: XHarness, reply: Any, kind: type[SourceError], words: str
) -> None:
    server.refusal = reply
    collector = server.collector()
    with pytest.raises(SourceError, match=words) as caught:
        collector.poll(QUERY, "")
    assert type(caught.value) is kind and "SECRET" not in str(caught.value) and TOKEN not in str(caught.value)
    if kind is RateLimited and "60" not in words:
        assert caught.value.retry_after == timedelta(seconds=500)  # type: ignore[attr-defined]
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    collector.close()


def test_nothing_sleeps_while_a_rate_limit_is_in_force(
    server: XHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("slept"))
    monkeypatch.setattr("tweepy.streaming.sleep", lambda _: pytest.fail("slept"))
    server.refusal = problem(429, "rate-limit-exceeded")
    collector = server.collector(account_id=OURS)
    calls: list[Any] = [
        lambda: collector.poll(QUERY, ""),
        lambda: collector.mentions(""),
        lambda: collector.lookup(["1"]),
        lambda: collector.search(QUERY, Span(START - timedelta(hours=1), START), ""),
        lambda: list(collector.follow([QUERY], "", threading.Event())),
    ]
    for call in calls:
        with pytest.raises(RateLimited) as caught:
            call()
        assert caught.value.retry_after == timedelta(seconds=500)
    assert len(server.asked) == len(calls)
    collector.close()


def test_no_credential_reaches_a_log_whatever_level_is_set(
    server: XHarness, caplog: pytest.LogCaptureFixture
) -> None:
    collector = server.collector(account_id=OURS)
    for name in ("", "tweepy", "tweepy.client", "tweepy.streaming", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    server.publish(2)
    server.script = [server.line(server.add("seen #found"))]
    stop = threading.Event()
    for page in collector.follow([QUERY], "", stop):
        if page.posts:
            stop.set()
    collector.poll(QUERY, "")
    collector.mentions("")
    collector.lookup(list(server.posts))
    server.refusal = problem(401, "unauthorized")
    for call in (lambda: collector.poll(QUERY, ""), lambda: list(collector.follow([QUERY], "", stop))):
        with pytest.raises(NeedsPerson):
            call()
    collector.close()
    assert "canary" not in caplog.text and "Bearer" not in caplog.text
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    assert "canary" not in repr(vars(collector))


def test_neither_the_environment_nor_a_netrc_changes_how_x_is_asked(
    server: XHarness, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    collector = server.collector()
    collector.poll(QUERY, "")
    assert server.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"
    collector.close()


@pytest.mark.parametrize(
    ("secrets", "options", "words"),
    [
        ({}, {}, "HOMEWARD_X_BEARER is not set"),
        ({"HOMEWARD_X_BEARER": "two words"}, {}, "holds no token"),
        ({"HOMEWARD_X_BEARER": "a\nb"}, {}, "holds no token"),
        (SECRETS, {"token_secret": "HOMEWARD_X_OTHER"}, "HOMEWARD_X_OTHER is not set"),
        (SECRETS, {"token_secret": ""}, "names no variable"),
    ],
)
def test_a_missing_token_is_said_before_anything_is_asked(
    server: XHarness, secrets: dict[str, str], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        server.collector(secrets, **options)
    assert caught.value.subject == "source.token_secret" and "two words" not in str(caught.value)


# The budget


def test_collecting_stops_before_the_ceiling_and_goes_on_next_month(server: XHarness) -> None:
    server.publish(60)
    options = {"spend_ceiling_usd": 0.6, "day_burst": 31.0}
    cursor, count = "", 0
    with pytest.raises(RateLimited, match=r"spend_ceiling_usd 0\.60") as caught:
        for _ in range(50):
            collector = server.collector(**options)  # a new process each time: only the cursor knows
            page = collector.poll(QUERY, cursor)
            cursor, count = page.cursor or cursor, count + len(page.posts)
            collector.close()
    collector.close()
    assert 0 < count < 60
    assert caught.value.retry_after == datetime(2026, 3, 1, tzinfo=UTC) - server.now
    asked = len(server.asked)
    collector = server.collector(**options)
    with pytest.raises(RateLimited, match="2026-03-01 00:00 UTC"):
        collector.poll(QUERY, cursor)
    assert len(server.asked) == asked
    server.now = datetime(2026, 3, 1, 0, 1, tzinfo=UTC)
    assert collector.poll(QUERY, cursor).budget.remaining is not None
    collector.close()


def test_all_readers_of_a_source_draw_on_one_account(server: XHarness) -> None:
    server.publish(30, "seen #found #other")
    other, options = TagQuery(any=("other",)), {"monthly_reads_cap": 90, "day_burst": 31.0}
    collector = server.collector(**options)
    one = collector.poll(QUERY, "").cursor or ""
    two = collector.poll(other, "").cursor or ""
    left = collector.poll(QUERY, one).budget
    assert (left.remaining, left.limit) == (60, 90)
    collector.close()
    collector = server.collector(**options)
    budgets = [collector.poll(QUERY, one).budget, collector.poll(other, two).budget]
    assert (budgets[0].remaining, budgets[1].remaining) == (70, 50)
    collector.close()


def test_a_page_is_made_smaller_where_only_a_small_one_fits(server: XHarness) -> None:
    server.publish(5)
    collector = server.collector(page_size=100, spend_ceiling_usd=1.0)
    collector.poll(QUERY, "")
    assert server.asked[0][1]["max_results"] == ["10"]
    collector.close()


def test_the_window_is_told_where_it_is_tighter_than_the_month(server: XHarness) -> None:
    server.rate["x-rate-limit-remaining"] = "3"
    collector = server.collector()
    budget = collector.poll(QUERY, "").budget
    assert (budget.remaining, budget.limit) == (3, 450)
    assert budget.renews_at == server.now + timedelta(minutes=10)
    collector.close()


# Mentions, posts by id, the past


def test_mentions_are_read_for_our_account_and_paged_by_their_own_token(server: XHarness) -> None:
    wanted = set(server.publish(23, "look @homebot #found"))
    server.publish(3, "not for us #found")
    collector, cursor, found = server.collector(account_id=OURS), "", set[str]()
    for _ in range(10):
        page = collector.mentions(cursor)
        found, cursor = found | {post.key for post in page.posts}, page.cursor or cursor
        assert all(post.mentions == ("homebot",) for post in page.posts)
        if not page.more:
            break
    assert found == wanted
    assert {path for path, _, _ in server.asked} == {f"/2/users/{OURS}/mentions"}
    assert [("pagination_token" in asked) for _, asked, _ in server.asked][:3] == [False, True, True]
    used = json.loads(cursor)["used"]["mentions"]
    assert used["posts"] == 23 and used["micros"] == 23 * 1_000 + 3 * 10_000
    body = {
        "errors": [
            {"type": "https://api.twitter.com/2/problems/resource-not-found", "title": "Not Found Error"}
        ]
    }
    server.refusal = (200, {}, json.dumps(body).encode())
    with pytest.raises(NeedsPerson, match="account_id"):
        collector.mentions(cursor)
    collector.close()


def test_edits_protected_and_deleted_posts_are_told_apart(server: XHarness) -> None:
    first = server.add("seen #found")
    later = server.add("seen twice #found", edit_history_tweet_ids=[first["id"], "9"])
    gone, hidden = server.native_id(server.publish()[0]), server.native_id(server.publish()[0])
    server.remove(gone)
    server.remove(hidden)
    server.gone[hidden] = "not-authorized-for-resource"
    collector = server.collector()
    found = collector.lookup([later["id"], gone, hidden, first["id"], gone])
    assert isinstance(found[0], Post) and found[0].key == f"x:{first['id']}" and found[0].edited_at
    assert isinstance(found[1], Gone) and found[1].key == f"x:{gone}" and "deleted" in found[1].why
    assert isinstance(found[2], Gone) and "protected" in found[2].why
    assert isinstance(found[3], Post) and found[4] == found[1]
    collector.close()


def test_a_lookup_asks_a_hundred_at_a_time_and_a_silent_answer_deletes_nothing(server: XHarness) -> None:
    ids = [server.native_id(key) for key in server.publish(150)]
    collector = server.collector()
    assert len(collector.lookup(ids)) == 150 and len(server.asked) == 2
    server.refusal = (200, {}, json.dumps({"data": [server.posts[ids[0]]]}).encode())
    with pytest.raises(BadPayload, match="silent about 1 of them"):
        collector.lookup(ids[:2])
    server.refusal = (200, {}, b'{"meta":{}}')
    with pytest.raises(BadPayload, match="no posts"):
        collector.lookup(ids[:2])
    server.refusal = None
    found = collector.lookup([ids[0], "a,b", "", "not-a-number"])
    assert isinstance(found[0], Post) and [type(item) for item in found[1:]] == [Gone] * 3
    collector.close()


def past(collector: Any, span: Span) -> list[Page]:
    pages, cursor = [], ""
    for _ in range(50):
        page = collector.search(QUERY, span, cursor)
        pages.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            assert collector.search(QUERY, span, cursor) == Page(cursor=None)
            return pages
    raise AssertionError("the search does not end")


def test_a_hole_of_the_last_days_is_filled_by_recent_search(server: XHarness) -> None:
    server.publish(4)
    start = server.tick(60).replace(microsecond=0)
    wanted = set(server.publish(24))
    end = server.tick(60)
    server.publish(4)
    server.tick(60)
    collector = server.collector()
    assert keys(past(collector, Span(start, end))) == wanted
    assert {path for path, _, _ in server.asked} == {RECENT}
    assert len({(a["start_time"][0], a["end_time"][0]) for _, a, _ in server.asked}) == 1
    collector.close()


def test_a_token_of_the_past_that_has_run_out_is_asked_for_anew(server: XHarness) -> None:
    wanted = set(server.publish(15))
    start = server.now - timedelta(hours=1)
    server.tick(60)
    collector, span = server.collector(), Span(start, server.now)
    first = collector.search(QUERY, span, "")
    server.refusals = [server.invalid("next_token", "t")]
    second = collector.search(QUERY, span, first.cursor or "")
    assert second.more and second.posts == ()
    third = collector.search(QUERY, span, second.cursor or "")
    assert keys([third, collector.search(QUERY, span, third.cursor or "")]) == wanted
    server.refusals = [server.invalid("start_time", "x")]
    with pytest.raises(BadPayload, match="start_time"):
        collector.search(QUERY, span, "")
    collector.close()


def test_what_is_older_needs_the_full_archive_or_is_a_gap(server: XHarness) -> None:
    old = set(server.publish(12))
    start = server.now - timedelta(minutes=5)
    server.tick(9 * 86400)
    young = set(server.publish(3))
    server.tick(120)
    collector = server.collector()
    with pytest.raises(NotSupported, match="full_archive"):
        collector.search(QUERY, Span(start, start + timedelta(days=1)), "")
    pages = past(collector, Span(start, server.now))
    assert keys(pages) == young and pages[0].gap
    gap = pages[0].gap
    assert gap and gap.span.start == start and not gap.recoverable
    collector.close()
    deep = server.collector(full_archive=True)
    assert keys([deep.search(QUERY, Span(start, server.now), "")]) == old | young
    assert server.asked[-1][0] == ARCHIVE and server.asked[-1][1]["max_results"] == ["50"]
    with pytest.raises(RateLimited, match="once a second") as caught:
        deep.search(QUERY, Span(start, server.now), "")
    assert timedelta(0) < caught.value.retry_after <= timedelta(seconds=1)
    assert deep.spec.lookback is None and collector.spec.lookback == timedelta(days=7)
    deep.close()


# Does it work?


def test_a_check_says_what_works_and_what_is_missing(server: XHarness) -> None:
    collector = server.collector(account_id=OURS)
    assert isinstance(collector, Checks)
    found = {item.part: item for item in collector.check([QUERY])}
    assert set(found) == {"search", "query", "mentions", "budget"} and all(item.ok for item in found.values())
    assert found["query"].words == "asks X for #found -is:retweet"
    server.refusal = problem(401, "unauthorized")
    refused = {item.part: item for item in collector.check([TagQuery(any=("no tag",))])}
    assert not refused["search"].ok and "make a new bearer token" in refused["search"].way_out
    assert not refused["query"].ok and refused["budget"].ok
    collector.close()
    server.refusal = None
    stream = server.collector(mode="stream")
    assert [item.ok for item in stream.check([QUERY])] == [True, True, True]  # type: ignore[attr-defined]
    assert server.asked[-1][0] == RULES
    stream.close()


def test_what_a_source_does_follows_its_mode(server: XHarness) -> None:
    for mode, streams in (("search", False), ("stream", True)):
        collector = server.collector(mode=mode)
        assert (collector.spec.streams, collector.spec.polls) == (streams, not streams)
        collector.close()
    assert posts([server.collector(mode="stream").poll(QUERY, "")]) == []
