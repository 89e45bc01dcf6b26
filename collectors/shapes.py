"""Which platform a payload comes from, told by its shape, and the reader for it. Pure.

The archive reads with this; so does whoever reads a stored raw payload again with better code.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors import (
    archive_outbox,
    archive_x,
    bluesky_record,
    mastodon_status,
    registry,
    weibo,
    weibo_comments,
    x,
)
from collectors.payload import Reading, join, refused
from store.records.post import Post

_VIEW_LISTS = ("posts", "feed", "records", "thread")
_KNOWN = "a Weibo status, an X v2 answer, a Mastodon status, a Bluesky post or a Jetstream event"


def read_payload(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """All posts of one payload: a single object of any platform, an answer that wraps some, or a list.

    `where` is put before each path of what is set aside. Never raises for what the payload holds.
    """
    if isinstance(value, list):
        return join(iter_list(value, received_at, where=where))
    if not isinstance(value, dict):
        return refused(where, f"expected an object or a list, found {type(value).__name__}", value)
    return _read_single(value, received_at, where) or _read_wrapped(value, received_at, where)


def iter_list(items: list[Any], received_at: datetime, *, where: str = "") -> Iterator[Reading]:
    """The items of a list one by one, so that a long one need not be held twice."""
    for index, item in enumerate(items):
        place = f"{where}[{index}]"
        if isinstance(item, list):
            yield refused(place, "a list inside a list holds no posts", item)
        else:
            yield read_payload(item, received_at, where=place)


def _read_single(value: dict[str, Any], received_at: datetime, where: str) -> Reading | None:
    if archive_x.is_archived(value):
        return archive_x.read_archived(value, received_at, where=where)
    if archive_outbox.is_archived(value):
        return archive_outbox.read_archived(value, received_at, where=where)
    if bluesky_record.is_event(value):
        return bluesky_record.read_event(value, received_at, where=where)
    if bluesky_record.is_view(value):
        return bluesky_record.read_view(value, received_at, where=where)
    if mastodon_status.is_status(value):
        return mastodon_status.read_status(value, received_at, where=where)
    if x.is_answer(value):
        return x.read_answer(value, received_at, where=where)
    if weibo.is_status(value):
        return weibo.read_status(value, received_at, where=where)
    if weibo_comments.is_comment(value):
        return weibo_comments.read_comment(value, received_at, where=where)
    # Adapters with a shape of their own come before the loosest of the shapes above.
    reader = registry.reader_of(value)
    if reader is not None:
        return reader(value, received_at, where=where)
    if x.is_post(value):
        return x.read_answer(value, received_at, where=where)
    return None


def _read_wrapped(value: dict[str, Any], received_at: datetime, where: str) -> Reading:
    if any(isinstance(value.get(name), list | dict) for name in _VIEW_LISTS):
        return bluesky_record.read_views(value, received_at, where=where)
    inner = _statuses(value)
    if inner is not None:
        return join(_wrapped(inner, received_at, f"{where}.statuses"))
    if "error_code" in value or "error" in value or "errors" in value:
        return refused(where, "an error answer of a platform, it holds no posts", value)
    return refused(where, f"not recognised: this is none of {_KNOWN}", value)


def _statuses(value: dict[str, Any]) -> list[Any] | None:
    """The statuses that a Mastodon or Weibo answer wraps; an empty answer is an empty list."""
    found = mastodon_status.statuses_of(value) or weibo.statuses_of(value)
    wraps = any(isinstance(value.get(name), list) for name in ("statuses", "ancestors", "descendants"))
    return found if found or wraps else None


def _wrapped(items: list[Any], received_at: datetime, where: str) -> Iterator[Reading]:
    for index, item in enumerate(items):
        place = f"{where}[{index}]"
        if mastodon_status.is_status(item):
            yield mastodon_status.read_status(item, received_at, where=place)
        elif weibo.is_status(item):
            yield weibo.read_status(item, received_at, where=place)
        else:
            yield refused(place, "neither a Mastodon nor a Weibo status", item)


def rebuild(key: str, raw: dict[str, Any], received_at: datetime) -> Post | None:
    """The post of that key, read again from the raw payload that was kept with it; None if it is not there.

    `received_at` is when it first came. Several posts may be in one payload (a repost holds its original).
    """
    for post in read_payload(raw, received_at).posts:
        if post.key == key:
            return post
    return None
