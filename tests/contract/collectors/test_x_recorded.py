"""The X collector on recorded answers of the real service, served again through the real client library."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Collector
from collectors.context import Context
from collectors.registry import build
from collectors.x import read_answer
from store.errors import BadPayload
from store.records.page import Page, Span
from store.records.post import Post
from tests.contract.collectors.harness import CONTACT, QUERY, LoopbackHttp, Reply
from tests.contract.collectors.x_server import SECRETS

NOW = datetime(2022, 10, 7, 23, 0, tzinfo=UTC)
DAY = Span(NOW - timedelta(days=1), NOW)


def recorded(name: str) -> dict[str, Any]:
    """The first exchange of a recording."""
    folder = os.environ.get("HOMEWARD_DATA")
    path = Path(folder or "") / "answers" / "x" / f"test_client_{name}.json"
    if not folder or not path.is_file():
        pytest.skip("HOMEWARD_DATA does not name the folder with recorded answers")
    exchange: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[0]
    return exchange


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Any]], Collector]]:
    """Starts a server that gives one exchange's answer whatever is asked, and a collector for it."""
    running: list[tuple[LoopbackHttp, Collector]] = []

    def start(exchange: dict[str, Any]) -> Collector:
        headers = {name: values[0] for name, values in exchange["headers"].items()}
        reply: Reply = (exchange["status"], headers, json.dumps(exchange["body"]).encode())
        server = LoopbackHttp(lambda path, asked, given: reply)
        options = {"base_url": server.url, "account_id": "783214", "full_archive": True}
        collector = build("x", "source", options, Context(CONTACT, SECRETS, lambda: NOW))
        running.append((server, collector))
        return collector

    yield start
    for server, collector in running:
        collector.close()
        server.stop()


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("search_recent_tweets", lambda collector: collector.poll(QUERY, "")),
        ("get_users_mentions", lambda collector: collector.mentions("")),
        (
            "search_all_tweets",
            lambda collector: collector.search(QUERY, Span(NOW - timedelta(days=30), NOW), ""),
        ),
        ("get_users_tweets", lambda collector: collector.search(QUERY, DAY, "")),
        ("get_list_tweets", lambda collector: collector.poll(QUERY, "")),
        ("get_quote_tweets", lambda collector: collector.poll(QUERY, "")),
        ("get_liked_tweets", lambda collector: collector.poll(QUERY, "")),
        ("get_home_timeline", lambda collector: collector.poll(QUERY, "")),
    ],
)
def test_every_post_of_a_recorded_page_is_read(
    serve: Callable[[dict[str, Any]], Collector], name: str, read: Callable[[Collector], Page]
) -> None:
    exchange = recorded(name)
    page = read(serve(exchange))
    wanted = [post["id"] for post in exchange["body"]["data"]]
    assert [post.native_id for post in page.posts] == wanted and page.set_aside == ()
    assert all(post.text and post.created_at for post in page.posts)
    assert page.more is ("next_token" in exchange["body"]["meta"])
    state = json.loads(page.cursor or "")
    assert state["parts"][0]["next_token"] == exchange["body"]["meta"].get("next_token", "")
    if name != "search_all_tweets" and name != "get_users_tweets":
        assert state["parts"][0]["first_newest"] == max(wanted, key=int)


def test_recorded_posts_by_id_are_read_in_order(serve: Callable[[dict[str, Any]], Collector]) -> None:
    exchange = recorded("get_tweets")
    ids = [post["id"] for post in exchange["body"]["data"]][::-1]
    found = serve(exchange).lookup(ids)
    assert [item.native_id for item in found if isinstance(item, Post)] == ids


def test_a_recorded_answer_of_another_kind_gives_no_post(
    serve: Callable[[dict[str, Any]], Collector],
) -> None:
    counts = recorded("get_recent_tweets_count")
    page = serve(counts).poll(QUERY, "")
    assert page.posts == () and len(page.set_aside) == len(counts["body"]["data"])
    with pytest.raises(BadPayload, match="neither posts"):
        serve(recorded("create_and_delete_tweet")).poll(QUERY, "")


RECORDED_POSTS = (
    "get_home_timeline", "get_liked_tweets", "get_list_tweets", "get_quote_tweets", "get_tweet", "get_tweets",
    "get_users_mentions", "get_users_tweets", "search_all_tweets", "search_recent_tweets",
)  # fmt: skip


@pytest.mark.parametrize("name", RECORDED_POSTS)
def test_every_field_of_a_recorded_post_is_read(name: str) -> None:
    body = recorded(name)["body"]
    asked = body["data"] if isinstance(body["data"], list) else [body["data"]]
    reading = read_answer(body, NOW)
    read = {post.native_id: post for post in reading.posts}
    assert len(read) == len(asked) and reading.set_aside == ()
    for item in asked:
        post = read[item["id"]]
        assert set(item) == {"id", "text", "edit_history_tweet_ids"}
        assert post.key == f"x:{item['edit_history_tweet_ids'][0]}" and post.version == item["id"]
        assert post.text == html.unescape(item["text"]) and post.raw == {"data": item}
        made = ((int(item["id"]) >> 22) + 1_288_834_974_657) / 1000  # the id's own clock, in seconds
        assert post.created_at and abs(post.created_at.timestamp() - made) < 0.002
        assert {mention.casefold() for mention in post.mentions} <= {
            word.casefold() for word in re.findall(r"@(\w+)", post.text)
        }
        tags = [tag for tag in re.findall(r"#(\w+)", post.text) if not tag.isdigit()]
        assert [tag.casefold() for tag in post.hashtags] == [*dict.fromkeys(t.casefold() for t in tags)]
        assert "created_at: missing, taken from the id" in post.problems


def test_a_recorded_compliance_job_is_understood(serve: Callable[[dict[str, Any]], Collector]) -> None:
    exchange = recorded("create_and_get_compliance_job_and_jobs")
    page = serve(exchange).check_batch(["20"], "")  # type: ignore[attr-defined]
    job, kept = exchange["body"]["data"], json.loads(page.cursor or "")
    assert page.more and (kept["id"], kept["upload"]) == (job["id"], job["upload_url"])
    assert kept["download"] == job["download_url"] and not kept["is_sent"]
