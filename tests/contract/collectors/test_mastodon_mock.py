"""The Mastodon collector against a server that others wrote, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from collectors import registry
from collectors.base import Collector
from collectors.context import Context
from store.errors import NeedsPerson, RateLimited, Unreachable
from store.records.page import TagQuery
from store.records.post import Gone, Post
from tests.contract.collectors.harness import CONTACT, START

pytestmark = pytest.mark.servers

SECRETS = {"HOMEWARD_MASTODON_TOKEN": "bob_token"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    testing = pytest.importorskip("mastodon_mock.testing", reason="mastodon-mock is not installed")
    with testing.MockServer() as server:
        yield server.base_url


@pytest.fixture
def collector(url: str) -> Iterator[Collector]:
    context = Context(CONTACT, SECRETS, lambda: START)
    options = {"base_url": url, "page_size": 4, "token_secret": "HOMEWARD_MASTODON_TOKEN"}
    built = registry.build("mastodon", "mock", options, context)
    yield built
    built.close()


def ask(url: str, method: str, path: str, token: str = "alice_token", **values: Any) -> Any:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        answer = client.request(method, path, **values)
        answer.raise_for_status()
        return answer.json()


def say(url: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(
        url, "POST", "/api/v1/statuses", data={"status": text, "visibility": "public"}
    )
    return found


def walked(collector: Collector, tag: str, cursor: str) -> tuple[list[Post], str]:
    found: list[Post] = []
    for _ in range(50):
        page = collector.poll(TagQuery(any=(tag,)), cursor)
        found.extend(page.posts)
        cursor = page.cursor or cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the polls do not end")


def test_a_timeline_is_read_forward_from_the_cursor_without_a_hole(url: str, collector: Collector) -> None:
    first = {say(url, f"{n} seen #walk")["uri"] for n in range(3)}
    found, cursor = walked(collector, "walk", "")
    assert {post.key for post in found} == {f"mastodon:{uri}" for uri in first}
    later = {say(url, f"{n} later #walk")["uri"] for n in range(11)}
    found, cursor = walked(collector, "walk", cursor)
    assert {post.key for post in found} == {f"mastodon:{uri}" for uri in later}
    assert walked(collector, "walk", cursor)[0] == []
    assert all(post.author.handle.startswith("alice@") and post.problems == () for post in found)


def test_mentions_name_the_account_as_it_is_known_elsewhere(url: str, collector: Collector) -> None:
    say(url, "@bob look at this #mention")
    (post,) = collector.mentions("").posts
    assert len(post.mentions) == 1 and post.mentions[0].startswith("bob@")


def test_a_deleted_status_is_gone(url: str, collector: Collector) -> None:
    kept, lost = say(url, "kept #lookup"), say(url, "lost #lookup")
    ask(url, "DELETE", f"/api/v1/statuses/{lost['id']}")
    found = collector.lookup([lost["id"], kept["id"]])
    assert isinstance(found[0], Gone) and isinstance(found[1], Post) and found[1].text == "kept #lookup"


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (429, {"X-RateLimit-Reset": "2026-02-08T12:00:30.000Z"}, RateLimited),
        (503, {}, Unreachable),
        (401, {}, NeedsPerson),
    ],
)
def test_faults_of_the_server_are_errors_of_the_house(
    url: str, collector: Collector, status: int, headers: dict[str, str], kind: type[Exception]
) -> None:
    effect = {"type": "status", "status": status, "headers": headers}
    ask(
        url,
        "POST",
        "/api/v1/_mock/faults",
        json={"match": {"path": "/api/v1/timelines/*"}, "effect": effect, "count": 1},
    )
    with pytest.raises(kind) as caught:
        collector.poll(TagQuery(any=("faulty",)), "")
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after.total_seconds() == 30
    assert collector.poll(TagQuery(any=("faulty",)), "").posts == ()
