"""What every live collector does, whatever its platform. The same tests run over all of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors import registry
from collectors.base import Collector, NotSupported
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.page import Span
from store.records.post import Gone, Post
from tests.contract.collectors.conftest import harnesses
from tests.contract.collectors.harness import CONTACT, QUERY, START, Harness, keys, last_cursor, posts


def test_every_adapter_has_a_stand_in() -> None:
    assert {harness.kind for harness in harnesses()} == {*registry.specs(), "archive"}


def test_it_keeps_the_contract_by_type(server: Harness) -> None:
    collector = server.collector()
    assert isinstance(collector, Collector) and collector.spec.kind == server.kind
    collector.close()
    collector.close()


def test_every_post_is_read_once_the_cursor_has_walked(server: Harness) -> None:
    first = set(server.publish(2))
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    later = set(server.publish(server.many))
    pages += server.drain(collector, last_cursor(pages))
    assert keys(pages) == first | later
    assert len([page for page in pages if page.posts]) > 2
    collector.close()


def test_reading_on_from_any_cursor_loses_nothing(server: Harness) -> None:
    cursor, seen, places = server.beginning(), set[str](), []
    everything: set[str] = set()
    for _ in range(3):
        everything |= set(server.publish(server.many * 5 // 9))
        collector = server.collector()
        for page in server.drain(collector, cursor):
            seen |= {post.key for post in page.posts}
            cursor = cursor if page.cursor is None else page.cursor
            places.append((cursor, frozenset(seen)))
        collector.close()
    assert seen == everything and len(places) >= 6
    for cursor, before in places:
        collector = server.collector()
        after = keys(server.drain(collector, cursor))
        assert before | after == everything
        collector.close()


def test_an_empty_source_gives_a_place_from_which_the_next_posts_are_read(server: Harness) -> None:
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    assert posts(pages) == [] and all(page.set_aside == () and page.gap is None for page in pages)
    later = set(server.publish(4))
    assert keys(server.drain(collector, last_cursor(pages, server.beginning()))) == later
    collector.close()


def test_what_is_delivered_twice_or_out_of_order_changes_nothing(server: Harness) -> None:
    server.twice = server.shuffled = True
    collector = server.collector()
    published = set(server.publish(6))
    pages = server.drain(collector, server.beginning())
    published |= set(server.publish(6))
    pages += server.drain(collector, last_cursor(pages))
    assert keys(pages) == published
    collector.close()


def test_unknown_fields_are_kept_and_do_no_harm(server: Harness) -> None:
    server.with_unknown_fields = True
    (key,) = server.publish()
    collector = server.collector()
    (post,) = {post.key: post for post in posts(server.drain(collector, server.beginning()))}.values()
    assert post.key == key and "futureField" in str(post.raw)
    collector.close()


def test_one_broken_post_is_set_aside_and_the_others_are_read(server: Harness) -> None:
    published = server.publish(2)
    server.publish_broken()
    published += server.publish(2)
    collector = server.collector()
    pages = server.drain(collector, server.beginning())
    assert keys(pages) == set(published)
    assert {item.where != "" and item.reason != "" for page in pages for item in page.set_aside} == {True}
    collector.close()


def test_posts_say_what_they_are(server: Harness) -> None:
    server.publish(text="seen #found at the pier")
    collector = server.collector()
    post = posts(server.drain(collector, server.beginning()))[-1]
    assert post.platform is collector.spec.platform and post.author.id and post.native_id
    assert [tag.lower() for tag in post.hashtags] == ["found"] and "pier" in post.text
    assert post.created_at and abs(post.created_at - server.now) < timedelta(hours=1)
    assert post.received_at.tzinfo is not None and post.raw and post.problems == ()
    collector.close()


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (429, {"Retry-After": "7"}, b"{}", RateLimited),
        (503, {"Retry-After": "7"}, b"", RateLimited),
        (500, {}, b"oops", Unreachable),
        (502, {}, b"<html>bad gateway</html>", Unreachable),
        (401, {}, b'{"error":"no"}', NeedsPerson),
        (403, {}, b"", NeedsPerson),
        (200, {"Content-Type": "text/html"}, b"<html>welcome</html>", BadPayload),
        (400, {}, b'{"error":"InvalidRequest"}', BadPayload),
    ],
)
def test_a_refusal_is_an_error_of_the_house(
    server: Harness, status: int, headers: dict[str, str], body: bytes, kind: type[SourceError]
) -> None:
    server.publish(3)
    server.refusal = (status, headers, body)
    collector = server.collector()
    with pytest.raises(SourceError) as caught:
        server.drain(collector, "")
    assert type(caught.value) is kind and caught.value.subject == "source"
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == timedelta(seconds=7)
    with pytest.raises(kind):
        collector.lookup(["at://did:plc:a/app.bsky.feed.post/1"])
    server.refusal = None
    assert keys(server.drain(collector, server.beginning()))
    collector.close()


def test_a_server_that_is_not_there_is_unreachable(server: Harness) -> None:
    collector = server.collector()
    server.stop()
    with pytest.raises(Unreachable):
        server.drain(collector, "")
    with pytest.raises(Unreachable):
        collector.lookup(["1"])
    collector.close()


def test_a_lookup_answers_in_order_and_says_what_is_gone(server: Harness) -> None:
    published = server.publish(60)
    server.remove(published[30])
    ids = [server.native_id(key) for key in [*published[20:40], "none:at://x/nobody", *published[40:60]]]
    collector = server.collector()
    found = collector.lookup(ids)
    assert len(found) == len(ids)
    kinds = [type(item) for item in found]
    assert kinds.count(Gone) == 2 and kinds[10] is Gone and kinds[20] is Gone
    assert [item.native_id for item in found if isinstance(item, Post)] == [
        ident for ident, item in zip(ids, found, strict=True) if isinstance(item, Post)
    ]
    assert collector.lookup([]) == []
    collector.close()


def test_the_server_is_told_who_asks(server: Harness) -> None:
    collector = server.collector()
    server.drain(collector, "")
    collector.lookup(["at://did:plc:a/app.bsky.feed.post/1"])
    assert set(server.user_agents) == {f"Homeward/0.1 (+{CONTACT})"}
    collector.close()


def test_a_cursor_that_is_not_ours_is_said_so(server: Harness) -> None:
    collector = server.collector()
    with pytest.raises(BadPayload, match="cursor"):
        server.drain(collector, "{not a cursor")
    collector.close()


def test_ways_that_the_platform_does_not_have_are_not_supported(server: Harness) -> None:
    collector = server.collector()
    if not server.searches:
        with pytest.raises(NotSupported):
            collector.search(QUERY, Span(START, server.now), "")
    if not collector.spec.polls:
        with pytest.raises(NotSupported):
            collector.poll(QUERY, "")
    if not server.reads_mentions:
        with pytest.raises(NotSupported):
            collector.mentions("")
    collector.close()
