"""What only the Mastodon collector does: refused readers, tokens, mentions, several names, late posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from collectors.base import NotSupported
from store.errors import BadPayload, NeedsPerson, RateLimited, Unreachable, UsageError
from store.records.page import TagQuery
from store.records.post import Visibility
from tests.contract.collectors.harness import QUERY, keys, last_cursor
from tests.contract.collectors.mastodon_server import MastodonHarness

SECRETS = {"HOMEWARD_MASTODON_TOKEN": "tok-1"}
TOKEN = {"token_secret": "HOMEWARD_MASTODON_TOKEN"}


@pytest.fixture
def server() -> Iterator[MastodonHarness]:
    harness = MastodonHarness()
    harness.start()
    yield harness
    harness.stop()


@pytest.mark.parametrize("access", ["authenticated", "disabled"])
def test_an_empty_timeline_of_a_server_that_refuses_strangers_needs_a_person(
    server: MastodonHarness, access: str
) -> None:
    server.access = access
    server.publish(2)
    collector = server.collector()
    for _ in range(2):
        with pytest.raises(NeedsPerson, match=access):
            collector.poll(QUERY, "")
    server.access = "public"
    assert collector.poll(QUERY, "").posts
    collector.close()


def test_a_refusal_says_how_to_get_a_token_or_that_it_is_revoked(server: MastodonHarness) -> None:
    server.refusal = (401, {}, b'{"error":"This method requires an authenticated user"}')
    for options, secrets, words in (({}, {}, "token_secret"), (TOKEN, SECRETS, "revoked")):
        collector = server.collector(secrets, **options)
        with pytest.raises(NeedsPerson, match=words):
            collector.poll(QUERY, "")
        collector.close()


def test_a_hashtag_that_nobody_used_is_empty_but_a_page_of_another_software_is_not(
    server: MastodonHarness,
) -> None:
    collector = server.collector()
    server.refusal = (404, {}, b'{"error":"Record not found"}')
    assert collector.poll(QUERY, "").posts == ()
    server.refusal = (404, {"Content-Type": "text/html"}, b"<html>no such page</html>")
    with pytest.raises(BadPayload):
        collector.poll(QUERY, "")
    server.refusal = (200, {}, b'{"error":"an object where a list should be"}')
    with pytest.raises(BadPayload, match="expected a list"):
        collector.poll(QUERY, "")
    server.refusal = (200, {}, b'[{"content":"x"},{"content":"y"}]')
    with pytest.raises(BadPayload, match="without ids"):
        collector.poll(QUERY, "")
    collector.close()


def test_the_token_goes_only_to_the_server_whose_source_names_it(server: MastodonHarness) -> None:
    for options, sent in (({}, None), (TOKEN, "Bearer tok-1")):
        collector = server.collector(SECRETS, **options)
        collector.poll(QUERY, "")
        assert server.asked[-1][2].get("Authorization") == sent
        collector.close()


def test_up_to_four_more_names_are_asked_with_the_first(server: MastodonHarness) -> None:
    collector = server.collector(local_only=True)
    collector.poll(TagQuery(any=("＃Found", "#B", "c", "d", "e"), all=("x",), none=("y",)), "")
    path, asked, _ = next(item for item in server.asked if "timelines" in item[0])
    assert path.endswith("/found") and asked["any[]"] == ["b", "c", "d", "e"]
    assert asked["all[]"] == ["x"] and asked["none[]"] == ["y"] and asked["local"] == ["true"]
    with pytest.raises(UsageError, match="6 hashtags"):
        collector.poll(TagQuery(any=("a", "b", "c", "d", "e", "f")), "")
    with pytest.raises(UsageError, match="names none"):
        collector.poll(TagQuery(phrases=("a",)), "")
    collector.close()


def test_phrases_and_authors_are_tested_here(server: MastodonHarness) -> None:
    server.add("at the pier #found")
    server.add("in the park #found")
    collector = server.collector()
    assert len(collector.poll(TagQuery(any=("found",), phrases=("PIER",)), "").posts) == 1
    page = collector.poll(TagQuery(any=("found",), not_authors=("nora@harbour.example",)), "")
    assert page.posts == () and page.cursor
    collector.close()


def test_what_is_left_of_the_limit_comes_with_each_page(server: MastodonHarness) -> None:
    server.publish()
    collector = server.collector()
    budget = collector.poll(QUERY, "").budget
    assert (budget.limit, budget.remaining) == (300, 250) and budget.renews_at
    collector.close()


def test_a_late_post_is_found_by_the_hourly_second_look(server: MastodonHarness) -> None:
    server.publish(9)
    collector = server.collector()
    pages = server.drain(collector, "")
    late = server.add("came late #found", id="112999999999999999", created_at=server.now.isoformat())
    cursor = last_cursor(pages)
    assert keys(server.drain(collector, cursor)) == set()
    server.tick(3600)
    assert f"mastodon:{late['uri']}" in keys(server.drain(collector, cursor))
    collector.close()


def test_ids_with_letters_are_walked_like_any_other(server: MastodonHarness) -> None:
    for ident in ("01J0AAAAAAAAAAAAAAAAAAAAAA", "01J0AAAAAAAAAAAAAAAAAAAAAB", "01J0B0AAAAAAAAAAAAAAAAAAAA"):
        server.add("seen #found", id=ident)
    collector = server.collector()
    pages = server.drain(collector, "")
    server.add("seen #found", id="01J0C0AAAAAAAAAAAAAAAAAAAA")
    pages += server.drain(collector, last_cursor(pages))
    assert len(keys(pages)) == 4
    collector.close()


def test_mentions_are_read_with_a_token_only_and_walk_like_timelines(server: MastodonHarness) -> None:
    for number in range(7):
        server.add(f"{number} @homebot #found")
        server.add("not for us #found")
    anonymous = server.collector()
    with pytest.raises(NotSupported):
        anonymous.mentions("")
    anonymous.close()
    collector = server.collector(SECRETS, **TOKEN)
    cursor, found = "", set()
    for _ in range(30):
        page = collector.mentions(cursor)
        found |= {post.text for post in page.posts}
        assert all("homebot@harbour.example" in post.mentions for post in page.posts)
        cursor = page.cursor or cursor
        if not page.more:
            break
    assert len(found) == 7 and page.set_aside == ()
    collector.close()


def test_servers_before_4_3_are_asked_for_one_status_at_a_time(server: MastodonHarness) -> None:
    server.has_bulk_lookup = False
    published = server.publish(3)
    server.remove(published[1])
    collector = server.collector()
    found = collector.lookup([server.native_id(key) for key in published])
    assert [type(item).__name__ for item in found] == ["Post", "Gone", "Post"]
    collector.close()


def test_private_posts_are_handed_on_as_private(server: MastodonHarness) -> None:
    server.add("for friends #found", visibility="private")
    collector = server.collector()
    assert [post.visibility for post in collector.poll(QUERY, "").posts] == [Visibility.PRIVATE]
    collector.close()


def test_a_long_absence_is_made_up_for(server: MastodonHarness) -> None:
    server.publish(2)
    collector = server.collector(backfill_pages=0)
    pages = server.drain(collector, "")
    later = set(server.publish(50))
    server.now += timedelta(days=3)
    assert later <= keys(server.drain(collector, last_cursor(pages)))
    collector.close()


@pytest.mark.parametrize(
    ("options", "status", "body", "kind", "words"),
    [
        ({}, 422, b'{"error":"This method requires an authenticated user"}', NeedsPerson, "set token_secret"),
        (TOKEN, 422, b'{"error":"This method requires an authenticated user"}', NeedsPerson, "a user's"),
        (TOKEN, 400, b"Invalid token", NeedsPerson, "revoked"),
        (TOKEN, 400, b'{"error":"bad parameter"}', BadPayload, "400"),
        ({}, 400, b"Bad Request", BadPayload, "400"),
        ({}, 503, b"<html><body>Down</body></html>", Unreachable, "503"),
        ({}, 500, b"plain text", Unreachable, "500"),
    ],
)
def test_a_refusal_is_told_from_trouble_whatever_its_body(
    server: MastodonHarness,
    options: dict[str, str],
    status: int,
    body: bytes,
    kind: type[Exception],
    words: str,
) -> None:
    server.refusal = (status, {"Content-Type": "text/html"}, body)
    collector = server.collector(SECRETS, **options)
    with pytest.raises(kind, match=words):
        collector.poll(QUERY, "")
    collector.close()


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"X-RateLimit-Reset": "2026-02-08T12:05:00.123456Z"}, 300),
        ({"X-RateLimit-Reset": "2026-02-08T13:05:00+01:00"}, 300),
        ({"x-ratelimit-reset": "1770552300"}, 300),
        ({"RateLimit-Reset": "300"}, 300),
        ({"X-RateLimit-Reset": "soon"}, 60),
        ({}, 60),
        ({"Retry-After": "7", "X-RateLimit-Reset": "2026-02-08T12:05:00Z"}, 7),
    ],
)
def test_a_rate_limit_says_when_to_come_again_in_every_spelling(
    server: MastodonHarness, headers: dict[str, str], wait_s: float
) -> None:
    server.refusal = (429, {"Content-Type": "text/html", **headers}, b"<html>Too many requests</html>")
    collector = server.collector()
    with pytest.raises(RateLimited) as caught:
        collector.poll(QUERY, "")
    assert round(caught.value.retry_after.total_seconds()) == wait_s
    collector.close()
