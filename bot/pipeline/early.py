"""Deletions that are heard of before the post itself: remembered, so that the post is refused when it comes.

A federated post may come later from another server, any post from an import or a late page. Only keyed
digests are kept, for a bounded time and in a bounded number (bot/pipeline/forgetting.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from bot.pipeline.road import Road
from store import early, posts
from store.db import Transaction
from store.records.post import Gone, Platform, Post

RULE = "deleted_before_it_came"


def remember(road: Road, tx: Transaction, source: str, gone: Iterable[Gone]) -> None:
    """Remember those deletions whose posts are not stored."""
    names = {
        name for item in gone if not posts.has(tx, item.key) for name in _names_of_deletion(source, item.key)
    }
    early.remember(tx, [_digest(road, name) for name in sorted(names)], road.clock())


def was_deleted(road: Road, tx: Transaction, source: str, post: Post) -> bool:
    """Whether the post, which is not stored, was said to be deleted before it came."""
    return early.is_remembered(tx, [_digest(road, name) for name in _names_of_post(source, post)])


def _digest(road: Road, name: str) -> str:
    return road.key.digest("early-deletion", name)[:32]


def _names_of_deletion(source: str, key: str) -> Iterator[str]:
    """Under which names the post may come: its key, or a server's own id (`mastodon:HOST#ID`)."""
    yield key
    if key.startswith(f"{Platform.MASTODON}:") and "#" in key:
        yield f"{source}#{key.partition('#')[2]}"


def _names_of_post(source: str, post: Post) -> Iterator[str]:
    yield post.key
    if post.platform is Platform.MASTODON:
        # Servers tell deletions by their own ids; the one where it was written has its id in the address.
        try:
            address = urlsplit(post.key.partition(":")[2])
        except ValueError:
            return
        yield f"{Platform.MASTODON}:{address.netloc.lower()}#{address.path.rstrip('/').rpartition('/')[2]}"
        if post.native_id:
            yield f"{source}#{post.native_id}"
