"""What becomes of an author's stored posts when the whole account goes, rests, comes back or is renamed.

Part of ingest: everything happens in the transaction of the page that told of it. Reads no platform.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from bot.pipeline.road import Road
from store import audit, authors, hidden, letting_go, posts
from store.db import Transaction
from store.errors import Sealed
from store.records.post import AccountNews, AccountState, Gone, Platform, Post

log = structlog.get_logger(__name__)

KEPT_HIDDEN = timedelta(days=14)
"""So long a post of a resting account is kept, sealed, to come back by itself."""

Forget = Callable[[Gone], None]
Arrive = Callable[[str, str, Post], None]


def take(road: Road, tx: Transaction, news: Sequence[AccountNews], forget: Forget, arrive: Arrive) -> None:
    """Honour changes of accounts, in their order. Those of whom nothing is stored are passed over.

    `forget` honours the deletion of a post, `arrive(source, tag, post)` takes one as if it had just come.
    """
    by_platform: dict[Platform, list[str]] = defaultdict(list)
    for item in news:
        by_platform[item.platform].append(item.author_id)
    by_platform = {platform: list(dict.fromkeys(ids)) for platform, ids in by_platform.items()}
    known = {
        (platform, author)
        for platform, ids in by_platform.items()
        for author in authors.known(tx, platform, ids) | letting_go.authors(tx, platform, ids)
    }
    for item in news:
        if (item.platform, item.author_id) not in known:
            continue
        if item.handle:
            _renamed(road, tx, item)
        if item.state is AccountState.DELETED:
            _deleted(road, tx, item, forget)
        elif item.state is AccountState.HIDDEN:
            _hidden(road, tx, item, forget)
        elif item.state is AccountState.ACTIVE:
            _back(road, tx, item, arrive)


def _renamed(road: Road, tx: Transaction, item: AccountNews) -> None:
    if authors.rename(tx, item.platform, item.author_id, item.handle):
        audit.write(tx, road.clock(), "homeward", "author.renamed", _subject(item))


def _deleted(road: Road, tx: Transaction, item: AccountNews, forget: Forget) -> None:
    keys = authors.posts_of(tx, item.platform, item.author_id)
    keys += letting_go.by_author(tx, item.platform, item.author_id)
    for key in keys:
        forget(Gone(key, item.platform, item.why, item.seen_at))
    dropped = hidden.drop_author(tx, item.platform, item.author_id)
    if keys or dropped:
        audit.write(tx, road.clock(), "homeward", "author.gone", _subject(item), why=item.why)


def _hidden(road: Road, tx: Transaction, item: AccountNews, forget: Forget) -> None:
    """To everything else the posts are gone; a sealed copy of each waits for the account to come back."""
    keys = authors.posts_of(tx, item.platform, item.author_id)
    for key in keys:
        post, seen = posts.get(tx, key), posts.observations_of(tx, key)
        source, tag = (seen[0].source, seen[0].tag) if seen else ("", "")
        forget(Gone(key, item.platform, f"hidden: {item.why}", item.seen_at))
        hidden.put(tx, road.key, post, source=source, tag=tag, why=item.why, at=road.clock())
    if keys:
        audit.write(tx, road.clock(), "homeward", "author.hidden", _subject(item), why=item.why)


def _back(road: Road, tx: Transaction, item: AccountNews, arrive: Arrive) -> None:
    try:
        waiting = hidden.of_author(tx, road.key, item.platform, item.author_id)
    except Sealed as error:
        log.warning("hidden_posts_stay_sealed", reason=error.detail)
        return
    for each in waiting:
        hidden.make_room(tx, each.post.key)
        arrive(each.source, each.tag, each.post)
    if waiting:
        audit.write(tx, road.clock(), "homeward", "author.back", _subject(item))


def _subject(item: AccountNews) -> str:
    return f"{item.platform.value}:{item.author_id}"


def expire(road: Road) -> int:
    """Forget posts whose authors' accounts did not come back in time; gives how many."""
    with road.store.transaction() as tx:
        dropped = hidden.drop_before(tx, road.clock() - KEPT_HIDDEN)
    if dropped:
        log.info("hidden_posts_forgotten", count=dropped)
    return dropped
