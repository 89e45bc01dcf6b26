"""Bluesky with an account: sessions, search with its ceilings, mentions, authors, what doctor says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from collectors import registry
from collectors.base import Checks, Collector, KnowsAuthors, NotSupported
from collectors.context import Context
from collectors.payload import to_micros
from collectors.session import MemoryVault
from store.errors import BadPayload, NeedsPerson, RateLimited, Unreachable
from store.records.page import Gap, Page, Span
from store.records.post import AuthorSign
from tests.contract.collectors.bluesky_network import DID, HANDLE, OURS, PASSWORD
from tests.contract.collectors.bluesky_server import BlueskyAccount, BlueskyV2
from tests.contract.collectors.harness import CONTACT, QUERY, START, keys, posts

BEGINNING = str(to_micros(START))
SPAN = Span(START, START + timedelta(days=1))


@pytest.fixture
def server() -> Iterator[BlueskyAccount]:
    harness = BlueskyAccount()
    harness.start()
    yield harness
    harness.stop()


@pytest.fixture
def collector(server: BlueskyAccount) -> Iterator[Collector]:
    made = server.collector()
    yield made
    made.close()


def searched(collector: Collector, span: Span = SPAN) -> list[Page]:
    """Pages as a backfill reads them."""
    found: list[Page] = []
    cursor = ""
    while not found or found[-1].more:
        found.append(collector.search(QUERY, span, cursor))
        cursor = found[-1].cursor or ""
        assert len(found) < 20
    return found


def gaps(pages: list[Page]) -> list[Gap]:
    return [page.gap for page in pages if page.gap]


def test_a_past_span_is_read_to_its_end_page_by_page(server: BlueskyAccount, collector: Collector) -> None:
    published = server.publish(230)
    server.publish(3, "nothing of interest")
    pages = searched(collector)
    assert keys(pages) == set(published) and gaps(pages) == [] and len(pages) == 3
    assert pages[0].budget.remaining == 2999
    assert {post.author.handle for post in posts(pages)} == {"demo.example"}


def test_only_the_asked_span_is_read(server: BlueskyAccount, collector: Collector) -> None:
    published = server.publish(10)
    span = Span(START + timedelta(seconds=3), START + timedelta(seconds=6))
    assert keys(searched(collector, span)) == set(published[2:5])


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ({"search_ends_at": 120}, "ended after 120 of 250"),
        ({"refuses_cursor_from": 100}, "refuses to go on after 100"),
        ({"repeats_search": True}, "same page again"),
    ],
)
def test_what_the_search_holds_back_is_a_gap_before_the_oldest_post(
    server: BlueskyAccount, collector: Collector, switch: dict[str, Any], words: str
) -> None:
    server.publish(250)
    for name, value in switch.items():
        setattr(server.network, name, value)
    pages = searched(collector)
    (gap,) = gaps(pages)
    oldest = min(post.written_at for post in posts(pages))
    assert words in gap.why and gap.recoverable
    assert gap.span.start == START and oldest <= gap.span.end <= oldest + timedelta(seconds=2)


def test_a_walk_ends_at_our_own_cap_and_says_so(server: BlueskyAccount) -> None:
    server.publish(250)
    collector = server.collector(search_cap=200)
    pages = searched(collector)
    assert len(keys(pages)) == 200 and "left after 200" in gaps(pages)[0].why
    collector.close()


def test_an_answer_cut_at_any_byte_loses_nothing(server: BlueskyAccount, collector: Collector) -> None:
    published = server.publish(120)
    first = collector.search(QUERY, SPAN, "")
    for cut in (0, 1, 400, 3000):
        server.network.cut_at = cut
        with pytest.raises((Unreachable, BadPayload)):
            collector.search(QUERY, SPAN, first.cursor or "")
    rest = collector.search(QUERY, SPAN, first.cursor or "")
    assert keys([first, rest]) == set(published)


def test_a_token_that_ends_half_way_is_renewed_and_not_made_anew(
    server: BlueskyAccount, collector: Collector
) -> None:
    server.network.expire_after = 1
    published = server.publish(230)
    assert keys(searched(collector)) == set(published)
    assert server.network.logins == 1 and server.network.refreshes >= 3


def test_a_revoked_session_is_signed_in_again_with_the_password(
    server: BlueskyAccount, collector: Collector
) -> None:
    published = server.publish(120)
    first = collector.search(QUERY, SPAN, "")
    server.network.revoke()
    rest = collector.search(QUERY, SPAN, first.cursor or "")
    assert keys([first, rest]) == set(published) and server.network.logins == 2


def test_a_refused_password_needs_a_person_and_is_not_tried_again_and_again(server: BlueskyAccount) -> None:
    collector = server.collector({"HOMEWARD_BLUESKY_APP_PASSWORD": "wrong"})
    for _ in range(3):
        with pytest.raises(NeedsPerson, match="app password") as caught:
            collector.search(QUERY, SPAN, "")
        assert "wrong" not in str(caught.value)
    assert server.network.logins == 1
    server.tick(3600)
    with pytest.raises(NeedsPerson):
        collector.mentions("")
    assert server.network.logins == 2
    collector.close()


def test_the_stream_and_the_lookup_go_on_without_a_valid_account(server: BlueskyAccount) -> None:
    (key,) = server.publish(1)
    collector = server.collector({"HOMEWARD_BLUESKY_APP_PASSWORD": "wrong"})
    (post,) = posts(server.drain(collector, BEGINNING))
    assert post.key == key and post.author.handle == "demo.example"
    assert AuthorSign.NOT_YET_KNOWN not in post.author.signs
    (again,) = collector.lookup([server.native_id(key)])
    assert again.key == key
    collector.close()


def test_a_session_outlives_the_process_and_is_renewed_by_one_at_a_time(server: BlueskyAccount) -> None:
    vault = MemoryVault(lambda: server.now)
    secrets = {"HOMEWARD_BLUESKY_APP_PASSWORD": PASSWORD}
    context = Context(CONTACT, secrets, lambda: server.now, accounts={"bluesky": HANDLE}, vault=vault)
    first, second = (registry.build("bluesky", "source", _options(server), context) for _ in range(2))
    first.mentions("")
    second.mentions("")
    assert server.network.logins == 1 and list(vault.values) == [f"bluesky:{HANDLE}"]
    server.network._good_for = 0
    assert vault.claim(f"bluesky:{HANDLE}", server.now + timedelta(seconds=30))
    with pytest.raises(RateLimited):
        first.mentions("")
    server.tick(60)
    first.mentions("")
    second.mentions("")
    assert server.network.logins == 1 and server.network.refreshes == 1
    first.close()
    second.close()


def _options(server: BlueskyAccount) -> dict[str, Any]:
    return server.options()


def test_mentions_are_walked_to_known_ground_and_read_as_posts(
    server: BlueskyAccount, collector: Collector
) -> None:
    named = server.publish(80, "@homeward.example help")
    for number, key in enumerate(named):
        _notify(server, key, ("mention", "reply", "quote", "like")[number % 4])
    first = collector.mentions("")
    assert first.more and len(first.posts) == 50 and first.cursor
    server.network.cut_at = 30
    with pytest.raises((Unreachable, BadPayload)):
        collector.mentions(first.cursor)
    second = collector.mentions(first.cursor)
    assert not second.more
    assert keys([first, second]) == {key for n, key in enumerate(named) if n % 4 != 3}
    (later,) = server.publish(1, "again")
    _notify(server, later, "mention")
    third = collector.mentions(second.cursor or "")
    assert later in keys([third]) and not third.more


def _notify(server: BlueskyAccount, key: str, reason: str) -> None:
    uri = server.native_id(key)
    seen = next(view["indexedAt"] for view in server.views() if view["uri"] == uri)
    server.network.notifications.append({"uri": uri, "reason": reason, "indexedAt": seen})


def test_a_mention_that_is_not_shown_any_more_is_set_aside(
    server: BlueskyAccount, collector: Collector
) -> None:
    (key,) = server.publish(1, "@homeward.example help")
    _notify(server, key, "mention")
    server.remove(key)
    page = collector.mentions("")
    assert page.posts == () and [item.where for item in page.set_aside] == [server.native_id(key)]


@pytest.mark.parametrize("call", ["search", "mentions"])
def test_without_an_account_the_way_out_is_named(call: str) -> None:
    server = BlueskyV2()
    server.start()
    try:
        collector = server.collector()
        with pytest.raises(NotSupported, match=r"accounts: bluesky: handle"):
            collector.search(QUERY, SPAN, "") if call == "search" else collector.mentions("")
        assert collector.spec.lookback == timedelta(hours=36)
        collector.close()
    finally:
        server.stop()


def test_authors_come_with_their_wishes_in_the_same_page(
    server: BlueskyAccount, collector: Collector
) -> None:
    assert collector.spec.lookback is None
    server.network.profiles[DID] |= {
        "displayName": "Demo",
        "description": "photos of trains #nobot",
        "labels": [{"val": "!no-unauthenticated"}, {"val": "bot"}, {"val": "bot", "neg": False}],
        "viewer": {"followedBy": f"at://{DID}/app.bsky.graph.follow/1"},
    }
    server.publish(3)
    found = posts(server.drain(collector, BEGINNING))
    assert {post.author.display_name for post in found} == {"Demo"} and len(found) == 3
    assert found[0].author.signs == {
        AuthorSign.NO_BOT,
        AuthorSign.LOGIN_ONLY,
        AuthorSign.BOT,
        AuthorSign.FOLLOWS_US,
    }
    asked = [path for path, _ in server.network.asked if path.endswith("getProfiles")]
    assert len(asked) == 1


def test_an_author_who_cannot_be_read_in_time_is_marked_and_learnt_later(
    server: BlueskyAccount, collector: Collector
) -> None:
    server.network.is_without_profiles = True
    server.publish(2)
    found = posts(server.drain(collector, BEGINNING))
    assert {post.author.signs for post in found} == {frozenset({AuthorSign.NOT_YET_KNOWN})}
    with pytest.raises(Unreachable):
        collector.lookup([found[0].native_id])
    server.network.is_without_profiles = False
    assert isinstance(collector, KnowsAuthors)
    (author,) = collector.authors([DID, "did:plc:nobody234567nobody234567"])
    assert author.handle == "demo.example" and author.signs == frozenset()


def test_pictures_are_asked_of_the_authors_own_server_first(
    server: BlueskyAccount, collector: Collector
) -> None:
    picture = {"alt": "a station", "image": {"ref": {"$link": "bafkreidemo"}, "mimeType": "image/jpeg"}}
    record = server.record("seen #found") | {"embed": {"$type": "app.bsky.embed.images", "images": [picture]}}
    server.event("3kpicture", record=record)
    (post,) = posts(server.drain(collector, BEGINNING))
    (media,) = post.media
    blob = f"{server.network.url}/xrpc/com.atproto.sync.getBlob?"
    assert media.url.startswith(blob) and "cid=bafkreidemo" in media.url
    assert media.fallbacks[0] == f"https://cdn.bsky.app/img/feed_fullsize/plain/{DID}/bafkreidemo@jpeg"


def test_each_part_is_tried_out(server: BlueskyAccount, collector: Collector) -> None:
    server.publish(1)
    assert isinstance(collector, Checks)
    found = collector.check((QUERY,))
    parts = ["stream", "AppView", "login", "search", "notifications"]
    assert [item.part for item in found] == parts and all(item.ok for item in found)
    wrong = server.collector({"HOMEWARD_BLUESKY_APP_PASSWORD": "wrong"})
    last = wrong.check((QUERY,))[-1]  # type: ignore[attr-defined]
    assert (last.part, last.ok) == ("login", False) and last.way_out
    none = server.collector({})
    last = none.check((QUERY,))[-1]  # type: ignore[attr-defined]
    assert (last.part, last.ok) == ("login", False) and "HOMEWARD_BLUESKY_APP_PASSWORD" in last.way_out
    wrong.close()
    none.close()


def test_our_own_account_has_the_id_of_the_session(server: BlueskyAccount, collector: Collector) -> None:
    collector.mentions("")
    assert collector._xrpc.sessions.current().id == OURS  # type: ignore[attr-defined]
