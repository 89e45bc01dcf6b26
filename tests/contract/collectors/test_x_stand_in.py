"""The X collector, through tweepy, against a stand-in that others wrote from the documents of X."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from collectors import registry
from collectors import x_walk as walk
from collectors.base import Collector
from collectors.context import Context
from collectors.x_budget import MICROS
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Post
from tests.contract.collectors.harness import CONTACT, QUERY, keys, last_cursor, posts

pytestmark = pytest.mark.servers

x = pytest.importorskip("tests.servers.x", reason="the stand-in server of X is not there")
SECRETS = {"HOMEWARD_X_BEARER": x.XServer.app_token}


@pytest.fixture
def server() -> Iterator[Any]:
    with x.XServer(heartbeat_s=0.2) as running:
        yield running


def built(server: Any, **options: Any) -> Collector:
    context = Context(CONTACT, SECRETS, server.now)
    given = {"base_url": server.base_url, "flush_s": 0.05, "spend_ceiling_usd": 1000.0, **options}
    return registry.build("x", "source", given, context)


@pytest.fixture
def collector(server: Any) -> Iterator[Collector]:
    made = built(server, page_size=10)
    yield made
    made.close()


def publish(
    server: Any, count: int, text: str = "seen #found", every_s: float = 1.0, **values: Any
) -> set[str]:
    """Posts some seconds apart, all old enough to be found."""
    found = set()
    for number in range(count):
        server.skip_time(every_s)
        found.add(f"x:{server.add_post(f'{text} {number}', **values)}")
    server.skip_time(31)
    return found


def drained(collector: Collector, cursor: str = "", query: TagQuery = QUERY) -> list[Page]:
    pages = []
    for _ in range(200):
        page = collector.poll(query, cursor)
        pages.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            return pages
    raise AssertionError("the polls do not end")


def test_a_hundred_random_faults_lose_nothing_and_double_nothing(server: Any) -> None:
    rng, cursor, stored = random.Random(4), "", list[str]()
    published, faults = set[str](), 0
    kinds = [
        lambda: x_fault(cut_at=rng.randrange(0, 6000)),
        lambda: x_fault(lose=True),
        lambda: x_fault(status=503),
        lambda: x_fault(status=429, body='{"type":"https://api.twitter.com/2/problems/rate-limit-exceeded"}'),
        lambda: x_fault(body=b'{"data": [\xff\xfe\x00, {"id": '),
        lambda: x_fault(status=200, body="<html>over capacity</html>", headers={"Content-Type": "text/html"}),
    ]
    while faults < 100 or rng.random() < 0.9:
        published |= publish(server, rng.randrange(0, 9), every_s=0.5)
        collector = built(server, page_size=10)
        for _ in range(rng.randrange(1, 4)):
            if faults < 100 and rng.random() < 0.6:
                server.add_fault(**rng.choice(kinds)())
                faults += 1
            try:
                page = collector.poll(QUERY, cursor)
            except SourceError as error:
                assert isinstance(error, Unreachable | RateLimited | BadPayload)
                continue
            stored += [post.key for post in page.posts]
            cursor = page.cursor or cursor
        collector.close()
    server.clear_faults()
    server.skip_time(31)
    collector = built(server, page_size=10)
    stored += [post.key for page in drained(collector, cursor) for post in page.posts]
    collector.close()
    assert set(stored) == published and len(stored) == len(published)


def x_fault(**values: Any) -> dict[str, Any]:
    return {"path": "/2/tweets/search", **values}


def test_what_is_younger_than_thirty_seconds_is_found_by_the_next_poll(
    server: Any, collector: Collector
) -> None:
    old = publish(server, 2)
    young = {f"x:{server.add_post('just now #found')}"}
    pages = drained(collector)
    assert keys(pages) == old
    assert pages[-1].complete_until and pages[-1].complete_until <= server.now() - timedelta(seconds=30)
    server.skip_time(31)
    assert keys(drained(collector, last_cursor(pages))) == young


def test_every_operator_that_is_composed_is_taken_and_means_what_the_query_means(
    server: Any, collector: Collector
) -> None:
    wanted = publish(server, 1, "我看到 at the pier #Found #child", lang="zh-TW", author="nora")
    wanted |= publish(server, 1, "at the pier #gefunden #child", lang="und")
    publish(server, 1, "at the pier #found #child", lang="fr")
    publish(server, 1, "at the pier #found #child #ad", lang="zh-CN")
    publish(server, 1, "at the pier #found #child", lang="zh-CN", author="noise")
    publish(server, 1, "in the park #found #child", lang="zh-CN")
    publish(server, 1, "at the pier #found", lang="zh-CN")
    query = TagQuery(
        ("found", "gefunden"), ("child",), ("ad",), ("at the pier",), ("zh",), ("noise", "a@b.example")
    )
    assert keys(drained(collector, "", query)) == wanted


def test_a_since_id_older_than_seven_days_goes_on_by_time_with_a_gap(
    server: Any, collector: Collector
) -> None:
    publish(server, 3)
    cursor = last_cursor(drained(collector))
    server.skip_time(86400)
    publish(server, 2)
    server.skip_time(7.5 * 86400)
    young = publish(server, 12)
    pages = drained(collector, cursor)
    assert keys(pages) == young and len([page for page in pages if page.gap]) == 1
    server.skip_time(8 * 86400)
    assert [page.gap for page in drained(collector, last_cursor(pages)) if page.gap]


def test_we_never_count_less_than_x_charges(server: Any) -> None:
    quoted = server.add_post("the first #found", author="nora")
    publish(server, 30, quote_of=quoted)
    publish(server, 10, "look @homeward #found", author="walker")
    collector = built(server, page_size=10, account_id=server.bot_id)
    pages = drained(collector)
    cursor = ""
    for _ in range(9):
        page = collector.mentions(cursor)
        cursor = page.cursor or cursor
        if not page.more:
            break
    collector.lookup([post.native_id for post in posts(pages)])
    used = walk.load(collector.poll(QUERY, last_cursor(pages)).cursor or "").used
    assert set(used) >= {"lookup", "mentions"} and server.cost_usd > 0
    assert sum(tally.micros for tally in used.values()) >= server.cost_usd * MICROS
    collector.close()


def test_collecting_stops_before_the_ceiling_whatever_comes(server: Any) -> None:
    publish(server, 120)
    collector, cursor = built(server, page_size=100, spend_ceiling_usd=1.0, day_burst=31.0), ""
    with pytest.raises(RateLimited, match="spend_ceiling_usd"):
        for _ in range(100):
            cursor = collector.poll(QUERY, cursor).cursor or cursor
    assert 0.2 < float(server.cost_usd) <= 1.0
    collector.close()


def test_edits_deletions_and_protected_authors_are_seen_by_lookup(server: Any, collector: Collector) -> None:
    kept, gone, edited = (server.add_post(f"{word} #found") for word in ("kept", "gone", "edited"))
    hidden = server.add_post("hidden #found", author="shy")
    later = server.edit(edited, "edited twice #found")
    server.delete(gone)
    server.protect("shy")
    found = collector.lookup([kept, gone, later, hidden, "123"])
    assert [type(item) for item in found] == [Post, Gone, Post, Gone, Gone]
    assert (
        isinstance(found[2], Post)
        and found[2].key == f"x:{edited}"
        and found[2].text == "edited twice #found"
    )
    assert isinstance(found[3], Gone) and "protected" in found[3].why
    many = [server.add_post(f"{number} #found") for number in range(130)]
    assert [item.native_id for item in collector.lookup(many) if isinstance(item, Post)] == many


def test_fields_of_a_whole_post_arrive(server: Any, collector: Collector) -> None:
    place = server.add_place("Harbour", "DE", [9.9, 53.5, 10.1, 53.6])
    photo, film = server.add_photo("a boy with a red cap"), server.add_video()
    post_id = server.add_post(
        "seen &amp; <not> heard #found @homeward",
        media=[photo, film],
        place_id=place,
        lang="en",
        author="nora",
    )
    server.skip_time(31)
    (post,) = posts(drained(collector))
    assert post.native_id == post_id and post.author.handle == "nora" and post.problems == ()
    assert [media.alt_text for media in post.media] == ["a boy with a red cap", ""]
    assert post.media[0].url.endswith("name=orig") and post.place_tag and post.geotag
    assert post.mentions == ("homeward",) and post.language == "en"


def test_a_window_and_the_months_cap_are_told_apart(server: Any) -> None:
    with x.XServer(limits={"recent": (2, 2)}, monthly_cap=25) as small:
        publish(small, 60)
        collector, cursor = built(small, page_size=10), ""
        for _ in range(2):
            page = collector.poll(QUERY, cursor)
            cursor = page.cursor or cursor
        assert page.budget.remaining == 0 and page.budget.renews_at
        with pytest.raises(RateLimited) as caught:
            collector.poll(QUERY, cursor)
        assert timedelta(0) < caught.value.retry_after <= timedelta(minutes=15)
        small.skip_time(caught.value.retry_after.total_seconds() + 1)
        cursor = collector.poll(QUERY, cursor).cursor or cursor
        with pytest.raises(NeedsPerson, match="usage cap"):
            collector.poll(QUERY, cursor)
        collector.close()


def test_a_wrong_token_needs_a_person_and_a_check_says_so(server: Any, collector: Collector) -> None:
    context = Context(CONTACT, {"HOMEWARD_X_BEARER": "wrong"}, server.now)
    wrong = registry.build("x", "source", {"base_url": server.base_url}, context)
    with pytest.raises(NeedsPerson, match="token is refused"):
        wrong.poll(QUERY, "")
    assert [item.ok for item in wrong.check([QUERY])] == [False, True, True]  # type: ignore[attr-defined]
    assert all(item.ok for item in collector.check([QUERY]))  # type: ignore[attr-defined]
    assert server.cost_usd == 0
    wrong.close()


def test_the_past_is_read_by_both_searches_and_neither_loses_a_post(server: Any) -> None:
    before = publish(server, 5)
    start = server.now() - timedelta(minutes=10)
    server.skip_time(9 * 86400)
    after = publish(server, 25)
    span = Span(start, server.now())
    shallow, deep = built(server, page_size=10), built(server, page_size=10, full_archive=True)
    pages, cursor = list[Page](), ""
    while not pages or pages[-1].more:
        pages.append(shallow.search(QUERY, span, cursor))
        cursor = pages[-1].cursor or cursor
    assert keys(pages) == after and pages[0].gap and len(posts(pages)) == 25
    assert keys([deep.search(QUERY, span, "")]) == before | after
    shallow.close()
    deep.close()


def followed(collector: Collector, cursor: str, stop: threading.Event, found: list[Page]) -> threading.Thread:
    """A stream in a thread of its own; what ends it is the last item's `trouble`."""

    def run() -> None:
        try:
            found.extend(collector.follow([QUERY], cursor, stop))
        except SourceError as error:
            found.append(Page(cursor=f"! {type(error).__name__}"))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_a_stream_with_a_break_and_a_search_over_its_gap_lose_nothing(
    server: Any, collector: Collector
) -> None:
    stop, first, second = threading.Event(), list[Page](), list[Page]()
    thread = followed(collector, "", stop, first)
    wait_for(lambda: server.connection_count == 1 and first)
    server.skip_time(21)  # new rules work
    wait_for(lambda: any(page.gap for page in first))
    published = {f"x:{server.add_post(f'{number} #found')}" for number in range(20)}
    wait_for(lambda: keys(first) == published)
    server.skip_time(5)
    server.stream_cut()
    thread.join(5)
    assert first[-1].cursor == "! Unreachable"
    server.skip_time(1)
    published |= {f"x:{server.add_post(f'missed {number} #found')}" for number in range(7)}
    server.skip_time(60)
    thread = followed(collector, last_cursor(first[:-1]), stop, second)
    wait_for(lambda: server.connection_count == 1 and any(page.gap for page in second))
    published |= {f"x:{server.add_post(f'later {number} #found')}" for number in range(5)}
    wait_for(lambda: len(keys(second)) == 5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    gap = next(page.gap for page in second if page.gap)
    server.skip_time(31)
    filled = [collector.search(QUERY, gap.span, "")]
    while filled[-1].more:
        filled.append(collector.search(QUERY, gap.span, filled[-1].cursor or ""))
    assert keys([*first[:-1], *second, *filled]) == published
    wait_for(lambda: server.connection_count == 0)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda server: server.stream_error(), "Unreachable"),
        (lambda server: server.stream_error("usage-capped"), "NeedsPerson"),
        (lambda server: server.stream_cut(b'{"data":{"id":"5","te'), "Unreachable"),
    ],
)
def test_what_ends_a_stream_reaches_the_caller(
    server: Any, collector: Collector, act: Any, kind: str
) -> None:
    stop, pages = threading.Event(), list[Page]()
    thread = followed(collector, "", stop, pages)
    wait_for(lambda: server.connection_count == 1)
    server.stream_raw(b"nonsense\r\n")
    wait_for(lambda: any(page.set_aside for page in pages))
    act(server)
    thread.join(5)
    assert pages[-1].cursor == f"! {kind}"


def test_a_second_stream_of_the_same_app_is_told_to_wait(server: Any, collector: Collector) -> None:
    stop, one, two = threading.Event(), list[Page](), list[Page]()
    thread = followed(collector, "", stop, one)
    wait_for(lambda: server.connection_count == 1)
    other = built(server, mode="stream")
    followed(other, "", stop, two).join(5)
    assert two[-1].cursor == "! RateLimited"
    stop.set()
    thread.join(5)
    other.close()


def test_rules_of_the_stream_are_ours_alone_to_change(server: Any, collector: Collector) -> None:
    stop, pages = threading.Event(), list[Page]()
    for query in ([QUERY], [TagQuery(any=("seen",))]):
        stop.clear()
        for page in collector.follow(query, "", stop):
            pages.append(page)
            stop.set()
        wait_for(lambda: server.connection_count == 0)
    assert list(server.rule_values) == ["#seen -is:retweet"]
