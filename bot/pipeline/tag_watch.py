"""Looks at the numbers of the tag bench again and again: gates of hashtags, floods, blocks that are over.

A hashtag whose posts are hardly ever first-hand feeds no face stage; a person may open that gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.pipeline import floods as flooding_out
from bot.pipeline import tag_gate
from bot.pipeline.road import Road
from bot.rules import flooding
from store import campaign, floods, tag_numbers, tag_posts
from store.db import Transaction
from store.floods import Flood

KEPT = timedelta(days=14)
NOTICE = "flood:"


def look(road: Road) -> None:
    """One look at gates, floods and blocks."""
    tag_gate.settle(road)
    flooding_out.lapse(road)
    _look_for_floods(road)


def _look_for_floods(road: Road) -> None:
    now = road.clock()
    since = tag_numbers.start_of(tag_numbers.Grain.HOUR, now - flooding.WINDOW)
    with road.store.reading() as tx:
        found = [flood for kind in (floods.WORDS, floods.PICTURE) for flood in _copied(road, tx, kind)]
        loud, _ = floods.busiest(tx, floods.AUTHOR, since=now - timedelta(hours=1))
    found += [
        Flood(floods.AUTHOR, each.what, each.post_key, each.posts, 1, 0, since, now)
        for each in loud
        if flooding.is_loud(each.posts)
    ]
    with road.store.transaction() as tx:
        for flood in found:
            floods.notice(tx, flood)
        _tell(tx, road, found)
        floods.forget(tx, before=now - KEPT)


def _copied(road: Road, tx: Transaction, kind: str) -> list[Flood]:
    now = road.clock()
    since = tag_numbers.start_of(tag_numbers.Grain.HOUR, now - flooding.WINDOW)
    found = []
    for each in tag_posts.clusters(tx, kind, since=since, least_authors=flooding.LEAST_AUTHORS):
        authors = tag_posts.authors_of(tx, kind, each.what, since=since)
        new = tag_numbers.newcomers(tx, authors, since=since)
        if flooding.is_coordinated(len(authors), new):
            found.append(Flood(kind, each.what, each.post_key, each.posts, len(authors), new, since, now))
    return found


def _tell(tx: Transaction, road: Road, found: Sequence[Flood]) -> None:
    """One notice for all, so that a flood of floods is no flood of notices."""
    copied = [each for each in found if each.kind != floods.AUTHOR]
    loud = len(found) - len(copied)
    words = ""
    if found:
        words = (
            f"{len(copied)} texts or pictures come from many new accounts at once and {loud} accounts post "
            "very much; their posts wait behind all others. The page Hashtags shows which."
        )
    held = campaign.notices(tx).get(NOTICE, "")
    if held != words:
        campaign.notice(tx, NOTICE, words, road.clock())
