"""Comments as posts: their own key, what they answer, and that they can be built again from what was kept."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.shapes import rebuild
from collectors.weibo_comments import is_comment, read_comment
from store.records.post import Platform, Post
from tests.unit.collectors.make import NOW


def comment(**values: Any) -> dict[str, Any]:
    found = {
        "created_at": "Sat Feb 07 09:30:00 +0800 2026",
        "id": 5260000000000001,
        "idstr": "5260000000000001",
        "mid": "20260207093000001",
        "text": "@回家路 我在春熙路见过 &amp; 拍了照 #宝贝回家#",
        "user": {"id": 9000000003, "idstr": "9000000003", "screen_name": "路人丙", "location": "四川 成都"},
        "status": {"id": 5200000000000001, "mid": "5200000000000001", "text": "请留意", "user": {"id": 1}},
    }
    return {**found, **values}


def one(value: dict[str, Any]) -> Post:
    (post,) = read_comment(value, NOW, where="c[0]").posts
    return post


def test_a_comment_is_a_post_that_answers_ours() -> None:
    post = one(comment())
    assert post.key == "weibo:comment/5260000000000001" and post.native_id == "5260000000000001"
    assert post.reply_to == "weibo:5200000000000001" and post.platform is Platform.WEIBO
    assert post.author.id == "9000000003" and post.author.handle == "路人丙"
    assert post.text == "@回家路 我在春熙路见过 & 拍了照 #宝贝回家#" and post.hashtags == ("宝贝回家",)
    assert post.mentions == ("回家路",) and post.permalink == "" and post.problems == ()
    assert post.created_at == datetime(2026, 2, 7, 1, 30, tzinfo=UTC)


def test_a_comment_on_a_comment_answers_that_one() -> None:
    assert one(comment(reply_comment={"id": 77})).reply_to == "weibo:comment/77"


def test_a_comment_is_built_again_from_what_was_kept() -> None:
    post = one(comment())
    assert rebuild(post.key, post.raw, NOW) == post


@pytest.mark.parametrize(
    "value", [None, [], "x", {"text": "x"}, comment(id=None, idstr=None), comment(id=[], idstr={})]
)
def test_what_is_no_comment_is_set_aside(value: object) -> None:
    reading = read_comment(value, NOW, where="c[3]")
    assert reading.posts == () and reading.set_aside[0].where == "c[3]" and reading.set_aside[0].reason


def test_missing_parts_are_named() -> None:
    post = one(comment(status=None, user=7, created_at="soon"))
    assert post.reply_to == "" and post.author.id == "" and post.created_at is None
    text = " ".join(post.problems)
    assert all(name in text for name in ("status", "user", "created_at"))


def test_a_status_and_a_notification_are_no_comments() -> None:
    assert is_comment(comment())
    assert not is_comment({"id": 1, "text": "x", "user": {}})
    assert not is_comment({"id": "1", "type": "mention", "status": {}, "account": {}})


def test_the_recorded_comments_are_read() -> None:
    folder = os.environ.get("HOMEWARD_DATA")
    if not folder:
        pytest.skip("HOMEWARD_DATA is not set: the recorded answers are not there")
    path = Path(folder) / "answers" / "weibo" / "comment_list.json"
    recorded = json.loads(path.read_text("utf-8"))["comments"]
    posts = [one(item) for item in recorded]
    assert len({post.key for post in posts}) == len(recorded) == 46
    for item, post in zip(recorded, posts, strict=True):
        assert post.native_id == item["idstr"] and post.author.id == item["user"]["idstr"]
        assert post.created_at and post.author.handle == item["user"]["screen_name"]
        answered = item.get("reply_comment")
        wanted = f"weibo:comment/{answered['idstr']}" if answered else f"weibo:{item['status']['mid']}"
        assert post.reply_to == wanted and post.problems == ()
        assert is_comment(item) and rebuild(post.key, post.raw, NOW) == post
