"""What only the Bluesky collector does: hosts in turn, gaps, ends of the stream, edits, deletions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from collectors.base import Checks
from collectors.payload import to_micros
from store.errors import Unreachable
from store.records.page import Page, TagQuery
from store.records.post import AccountState
from tests.contract.collectors.bluesky_network import DID
from tests.contract.collectors.bluesky_server import BlueskyHarness, BlueskyV1, BlueskyV2
from tests.contract.collectors.harness import QUERY, START, keys, last_cursor, posts

BEGINNING = str(to_micros(START))


@pytest.fixture(params=[BlueskyV1, BlueskyV2], ids=["v1", "v2"])
def server(request: pytest.FixtureRequest) -> Iterator[BlueskyHarness]:
    harness: BlueskyHarness = request.param()
    harness.start()
    yield harness
    harness.stop()


def test_edits_are_new_versions_and_deletions_name_the_post(server: BlueskyHarness) -> None:
    key, other = server.publish(2)
    server.event(key.rpartition("/")[2], "update", server.record("edited #found"))
    server.remove(other)
    collector = server.collector()
    pages = server.drain(collector, BEGINNING)
    versions = [post for post in posts(pages) if post.key == key]
    assert len({post.version for post in versions}) == 2 and versions[-1].edited_at
    assert [gone.key for page in pages for gone in page.gone] == [other]
    collector.close()


def test_only_wanted_posts_come_and_the_cursor_moves_over_the_others(server: BlueskyHarness) -> None:
    server.publish(5, "nothing of interest")
    collector = server.collector()
    pages = server.drain(collector, BEGINNING)
    assert posts(pages) == [] and int(last_cursor(pages)) >= to_micros(START) + 5_000_000
    collector.close()


def test_every_query_gets_its_posts(server: BlueskyHarness) -> None:
    server.publish(1, "a #found")
    server.publish(1, "b #gefunden")
    server.publish(1, "c #other")
    collector = server.collector()
    pages = server.drain(collector, BEGINNING, [QUERY, TagQuery(any=("Gefunden",))])
    assert {post.text for post in posts(pages)} == {"a #found", "b #gefunden"}
    collector.close()


def test_the_stream_is_asked_some_seconds_before_the_cursor(server: BlueskyHarness) -> None:
    collector = server.collector(rewind_s=5.0)
    server.drain(collector, "")
    assert "cursor=" not in server.paths[-1]
    server.drain(collector, BEGINNING)
    assert server.paths[-1].endswith(f"cursor={int(BEGINNING) - 5_000_000}")
    collector.close()


def test_a_cursor_from_a_clock_that_ran_ahead_is_brought_back_to_now(server: BlueskyHarness) -> None:
    collector = server.collector()
    ahead = str(to_micros(server.now) + 10**13)
    server.publish(1)
    assert len(keys(server.drain(collector, ahead))) == 1
    collector.close()


def test_a_host_that_no_longer_has_the_place_leaves_a_gap(server: BlueskyHarness) -> None:
    server.publish(1)
    server.now = START.replace(hour=20)
    server.floor_us = to_micros(server.now)
    server.publish(1)
    collector = server.collector()
    pages = server.drain(collector, BEGINNING)
    (gap,) = [page.gap for page in pages if page.gap]
    assert (
        gap.span.start == START and gap.span.end >= server.now.replace(minute=0, second=0) and gap.recoverable
    )
    assert len(keys(pages)) == 1
    collector.close()


def test_the_next_host_is_tried_when_one_is_down(server: BlueskyHarness) -> None:
    published = set(server.publish(2))
    collector = server.collector(hosts=["ws://127.0.0.1:9", f"ws://127.0.0.1:{server.port}"])
    assert keys(server.drain(collector, BEGINNING)) == published
    collector.close()


@pytest.mark.parametrize("then", ["close", "too slow"])
def test_what_came_before_the_end_of_a_stream_is_handed_on_first(server: BlueskyHarness, then: str) -> None:
    if then == "too slow" and server.wire == "v1":
        pytest.skip("the old format has no error frames")
    published = set(server.publish(3))
    server.then = then
    collector = server.collector(flush_s=30.0)
    found: list[Page] = []
    with pytest.raises(Unreachable, match="ended the stream"):
        found.extend(collector.follow([QUERY], BEGINNING, threading.Event()))
    assert keys(found) == published
    collector.close()
    server.then = "wait"
    (later,) = server.publish(1)
    collector = server.collector()
    assert later in keys(server.drain(collector, last_cursor(found)))
    collector.close()


def test_a_silent_stream_counts_as_broken(server: BlueskyHarness) -> None:
    server.then = "silence"
    collector = server.collector(silence_s=0.2)
    with pytest.raises(Unreachable, match="brought nothing"):
        list(collector.follow([QUERY], "", threading.Event()))
    collector.close()


def test_stop_is_noticed_soon_and_no_connection_stays(server: BlueskyHarness) -> None:
    server.then = "silence"
    collector, stop = server.collector(), threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert list(collector.follow([QUERY], "", stop)) == []
    assert time.monotonic() - began < 3
    collector.close()


def test_an_abandoned_stream_closes_its_connection(server: BlueskyHarness) -> None:
    server.publish(1)
    collector = server.collector()
    pages = collector.follow([QUERY], BEGINNING, threading.Event())
    next(pages)
    before = threading.active_count()
    pages.close()  # type: ignore[attr-defined]
    assert threading.active_count() < before
    collector.close()


def test_each_page_says_up_to_when_everything_was_read(server: BlueskyHarness) -> None:
    server.publish(3)
    collector = server.collector()
    pages = server.drain(collector, BEGINNING)
    places = [page.complete_until for page in pages]
    assert places and all(place is not None and place <= server.now for place in places)
    assert places == sorted(places, key=lambda place: place or server.now)
    collector.close()


def test_a_source_is_tried_out_and_says_what_is_wrong(server: BlueskyHarness) -> None:
    server.publish(1)
    collector = server.collector(timeout_s=1.0)
    assert isinstance(collector, Checks)
    assert [(item.part, item.ok) for item in collector.check((QUERY,))] == [
        ("stream", True),
        ("AppView", True),
        ("login", True),
    ]
    collector.close()
    server.stop()
    collector = server.collector(timeout_s=1.0)
    found = collector.check((QUERY,))
    assert [item.ok for item in found] == [False, False, True]
    assert all(item.way_out for item in found if not item.ok)
    collector.close()


def test_changes_of_whole_accounts_come_in_their_order(server: BlueskyHarness) -> None:
    other = "did:plc:other34567other34567othe"
    server.news("account", active=False, status="deactivated")
    server.news("account", active=True)
    server.news("account", other, active=False, status="deleted")
    server.news("identity", other, handle="new.example")
    server.news("identity", handle="handle.invalid")
    server.news("account", active=False, status="desynchronized")
    server.publish(1)
    collector = server.collector()
    pages = server.drain(collector, BEGINNING)
    told = [(news.author_id, news.state, news.handle) for page in pages for news in page.accounts]
    assert told == [
        (DID, AccountState.HIDDEN, ""),
        (DID, AccountState.ACTIVE, ""),
        (other, AccountState.DELETED, ""),
        (other, None, "new.example"),
    ]
    assert len(keys(pages)) == 1 and all(page.set_aside == () for page in pages)
    collector.close()


@pytest.fixture
def other_host(server: BlueskyHarness) -> Iterator[BlueskyHarness]:
    harness = type(server)()
    harness.start()
    yield harness
    harness.stop()


def test_a_quiet_host_is_left_for_the_next_without_an_error(
    server: BlueskyHarness, other_host: BlueskyHarness
) -> None:
    quiet = other_host
    quiet.then = "silence"
    published = set(server.publish(2))
    hosts = [f"ws://127.0.0.1:{quiet.port}", f"ws://127.0.0.1:{server.port}"]
    collector = server.collector(hosts=hosts, silence_s=0.2)
    assert keys(server.drain(collector, BEGINNING)) == published
    assert len(quiet.paths) == 1
    collector.close()


def test_what_the_next_host_brings_again_is_handed_on_once(
    server: BlueskyHarness, other_host: BlueskyHarness
) -> None:
    published = set(server.publish(3))
    server.news("account", active=True)
    server.tick()
    first = other_host
    first.events, first.then = server.events, "close"
    hosts = [f"ws://127.0.0.1:{first.port}", f"ws://127.0.0.1:{server.port}"]
    collector = server.collector(hosts=hosts, rewind_s=600.0)
    pages = server.drain(collector, BEGINNING)
    assert len(first.paths) == len(server.paths) == 1
    assert len(posts(pages)) == 3 and keys(pages) == published
    assert sum(len(page.accounts) for page in pages) == 1
    collector.close()


def test_all_hosts_failing_in_a_row_is_said(server: BlueskyHarness) -> None:
    server.then = "close"
    collector = server.collector(hosts=[f"ws://127.0.0.1:{server.port}"] * 3)
    with pytest.raises(Unreachable, match="ended the stream"):
        list(collector.follow([QUERY], "", threading.Event()))
    assert len(server.paths) == 3
    collector.close()


@pytest.mark.parametrize("size", [1500, 5000], ids=["taken in and refused", "breaks the connection"])
def test_an_event_that_is_too_large_is_a_gap_and_the_stream_goes_on(
    server: BlueskyHarness, size: int
) -> None:
    published = server.publish(2)
    server.publish(1, "#found " + "x" * size)
    published += server.publish(2)
    collector = server.collector(max_frame_mb=0.0015)
    pages = server.drain(collector, BEGINNING)
    assert keys(pages) == set(published)
    (gap,) = [page.gap for page in pages if page.gap]
    assert gap.recoverable and "too large" in gap.why
    third = START.timestamp() + 3
    assert gap.span.start.timestamp() < third < gap.span.end.timestamp()
    assert any("larger than" in item.reason for page in pages for item in page.set_aside)
    collector.close()
