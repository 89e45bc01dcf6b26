"""What the stored posts suggest for the hashtags, with reasons and numbers. Accepting one makes a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bot.pipeline import tag_gate
from bot.pipeline.road import Road
from bot.rules import suggesting
from bot.rules.suggesting import DayCounts, Suggestion, TagCounts
from bot.services import bench_drafts
from collectors.hashtags import normalise
from store import campaign, tag_drafts, tag_numbers, tag_posts
from store.db import Transaction
from store.errors import Missing
from store.tag_numbers import WHOLE, Grain, Row
from store.tag_posts import TagSet

LOOKED_AT = 400
LEAST_POSTS = 3
USUAL_DAYS = 14
COPIES = 5


@dataclass(frozen=True, slots=True)
class _Sets:
    held: Mapping[int, TagSet]
    posts: Mapping[int, int]


def suggestions(road: Road) -> list[Suggestion]:
    """What is suggested now, the most telling first in each kind."""
    with road.store.reading() as tx:
        collected = tag_gate.collected(tx)
        if not collected:
            return []
        version = campaign.current(tx)
        query = (version.content.get("query") or {}) if version else {}
        left_out = tuple(map(normalise, query.get("none", ())))
        rows = {row.tag: row for row in tag_numbers.busiest(tx, least=LEAST_POSTS, most=LOOKED_AT)}
        rows |= {row.tag: row for row in tag_numbers.read(tx, Grain.ALL, tags=collected, source=WHOLE)}
        sets = _Sets(tag_posts.sets(tx), tag_posts.posts_by_set(tx))
        beside = _beside(sets, collected)
        counts = [_counts(row, beside.get(row.tag, 0)) for row in rows.values()]
        days = _days(road, tx, collected, rows, sets)
    return suggesting.suggest(counts, collected=collected, left_out=left_out, days=days)


def _counts(row: Row, beside: int) -> TagCounts:
    return TagCounts(row.tag, row.posts, row.authors, row.read, row.first_hand, row.photos, row.kept, beside)


def _beside(sets: _Sets, collected: Sequence[str]) -> dict[str, int]:
    """How many posts carry each hashtag together with a collected one."""
    own, found = set(collected), dict[str, int]()
    for ident, number in sets.posts.items():
        tags = sets.held[ident].tags
        if own.intersection(tags):
            for tag in tags:
                found[tag] = found.get(tag, 0) + number
    return found


def _days(
    road: Road, tx: Transaction, collected: Sequence[str], rows: Mapping[str, Row], sets: _Sets
) -> list[DayCounts]:
    """The running day of each collected hashtag beside its usual one, where it is busier than usual."""
    today = tag_numbers.start_of(Grain.DAY, road.clock())
    since = today - timedelta(days=USUAL_DAYS)
    held: dict[str, list[Row]] = {}
    for row in tag_numbers.read(tx, Grain.DAY, tags=collected, source=WHOLE, since=since):
        held.setdefault(row.tag, []).append(row)
    found = []
    for tag, days in held.items():
        now = next((row for row in days if row.start == today), None)
        before = [row.posts for row in days if row.start < today]
        usual = float(median(before)) if before else 0.0
        if now is None or now.posts < max(suggesting.LEAST_HIJACK, 3 * usual):
            continue
        ids = {ident: each for ident, each in sets.held.items() if tag in each.tags}
        by_set = tag_posts.posts_by_set(tx, since=today, set_ids=ids)
        other, off_topic = _noisiest(ids, by_set, collected, rows)
        new = tag_numbers.new_authors(tx, tag, today)
        copies = tag_posts.copies(tx, ids, since=today, least=COPIES)
        found.append(DayCounts(tag, now.posts, usual, now.authors, new, copies, off_topic, other))
    return found


def _noisiest(
    ids: Mapping[int, TagSet], by_set: Mapping[int, int], collected: Sequence[str], rows: Mapping[str, Row]
) -> tuple[str, int]:
    """The hashtag that stands beside most often today and that hardly ever brings a sighting; "" if none."""
    found: dict[str, int] = {}
    for ident, number in by_set.items():
        for tag in set(ids[ident].tags) - set(collected):
            row = rows.get(tag)
            if row is None or row.first_hand < suggesting.NOISE_SHARE * row.read:
                found[tag] = found.get(tag, 0) + number
    return max(found.items(), key=lambda item: (item[1], item[0]), default=("", 0))


def accept(road: Road, kind: str, tag: str, *, by: str) -> tag_drafts.Draft:
    """Make a draft of a suggestion that stands now; it counts once somebody puts it live. Raises Missing."""
    for each in suggestions(road):
        if each.kind.value == kind and each.tag == tag and each.can_be_accepted:
            return bench_drafts.with_change(
                road, adds=each.adds, drops=each.drops, leaves_out=each.leaves_out, by=by, why=each.why
            )
    raise Missing(f"{kind} #{tag}", "is suggested no longer; open the page again")
