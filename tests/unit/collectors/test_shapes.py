"""Payloads are told apart by shape, counted rightly, rebuilt equally, and never raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import bluesky_record, mastodon_status, weibo, x
from collectors.payload import Reading
from collectors.shapes import read_payload, rebuild
from tests.unit.collectors.make import FIXTURES, NOW, fixture, read

FILES = [
    line.split("\t") for line in (FIXTURES / "EXPECTED.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


@pytest.mark.parametrize(("name", "posts", "nested"), FILES)
def test_every_post_of_a_fixture_is_found_or_set_aside(name: str, posts: str, nested: str) -> None:
    reading = read(name)
    keys = {post.key for post in reading.posts}
    assert len(keys) + len(reading.set_aside) == int(posts) + int(nested)


@pytest.mark.parametrize("name", [row[0] for row in FILES])
def test_a_post_is_the_same_when_read_again_from_its_raw_payload(name: str) -> None:
    for post in read(name).posts:
        assert rebuild(post.key, post.raw, NOW) == post


def test_rebuild_knows_when_the_post_is_not_there() -> None:
    assert rebuild("x:1", {"anything": 1}, NOW) is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"error_code": "20502", "error": "no"}, "error answer"),
        ({"title": "something"}, "not recognised"),
        ({"comments": [{"id": 1, "text": "x"}]}, "not recognised"),
        ({"data": [{"id": "1", "username": "u", "name": "n"}]}, "not recognised"),
        ({"statuses": ["3382905382185354"]}, "neither"),
        ([[1]], "list inside"),
        ("text", "expected an object"),
        ({"account": {}, "content": "x", "visibility": "public"}, "without uri"),
        ({"uri": "at://did:plc:a/app.bsky.feed.post/1", "record": 5}, "record should be an object"),
    ],
)
def test_what_is_no_post_is_set_aside_with_words(payload: object, reason: str) -> None:
    reading = read_payload(payload, NOW, where="file")
    assert not reading.posts
    assert len(reading.set_aside) == 1
    assert reason in reading.set_aside[0].reason and reading.set_aside[0].where.startswith("file")


def test_a_mixed_list_is_read_item_by_item() -> None:
    items = [fixture("mastodon/status.json"), 5, fixture("x/single.json"), fixture("weibo/timeline.json")[1]]
    reading = read_payload(items, NOW, where="f")
    assert [post.platform.value for post in reading.posts] == ["mastodon", "x", "weibo"]
    assert [aside.where for aside in reading.set_aside] == ["f[1]"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def _names(value: Any) -> set[str]:
    """Every field name of a payload, so that made-up objects look like real ones."""
    if isinstance(value, dict):
        return set(value) | {name for item in value.values() for name in _names(item)}
    return {name for item in value for name in _names(item)} if isinstance(value, list) else set()


NAMES = sorted({name for row in FILES for name in _names(fixture(row[0]))})
WORDS = [
    "app.bsky.feed.post",
    "commit",
    "create",
    "update",
    "delete",
    "message",
    "at://d/app.bsky.feed.post/r",
    "1",
]
LEAF = JSON | st.sampled_from(WORDS)
SHAPED = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=30,
)


def _check(reading: Reading) -> None:
    for post in reading.posts:
        assert post.key.count(":") and post.received_at == NOW
        assert post.created_at is None or post.created_at.utcoffset() is not None
        hash(post.media)


@settings(max_examples=150, deadline=None)
@given(SHAPED)
def test_no_json_makes_a_reader_raise(value: object) -> None:
    _check(read_payload(value, NOW))
    for reader in (
        weibo.read_status,
        x.read_answer,
        mastodon_status.read_status,
        bluesky_record.read_event,
        bluesky_record.read_view,
    ):
        _check(reader(value, NOW))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _paths(item, (*path, index))
    return found


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([row[0] for row in FILES]), st.data())
def test_no_damaged_field_makes_a_reader_raise(name: str, data: st.DataObject) -> None:
    payload = fixture(name)
    path = data.draw(st.sampled_from(_paths(payload)))
    damaged = _replaced(payload, path, data.draw(JSON))
    _check(read_payload(damaged, NOW))
