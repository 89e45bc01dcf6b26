"""Keeps the numbers of the tag bench up: posts that changed are counted again, and the difference is added.

Counts one batch in one transaction; what was counted before stands beside each post, so that counting
again changes nothing. Decides nothing about posts.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from bot.pipeline import tag_watch
from bot.pipeline.road import Road
from bot.rules import tag_numbers as rules
from collectors.hashtags import normalise
from store import letting_go, tag_facts, tag_marks, tag_numbers, tag_posts
from store.db import Transaction
from store.records.post import Platform
from store.tag_facts import Facts
from store.tag_numbers import UNCOUNTED, WHOLE, Member, Place
from store.tag_posts import Counted, TagSet, digest_of

AT_ONCE = 1000
BATCHES = 20
MOST_TAGS = 30
MOST_TAG_CHARS = 140


def round_of(road: Road, _sources: object = None) -> int:
    """What the clock asks for: count what changed, look for floods, open and close gates. How many posts."""
    number = count(road, batches=BATCHES)
    tag_watch.look(road)
    return number


def count(road: Road, *, batches: int | None = None) -> int:
    """Count marked posts, all of them without `batches`. How many were counted."""
    number, done = 0, 0
    while batches is None or done < batches:
        with road.store.transaction() as tx:
            keys, has_more = tag_marks.take(tx, AT_ONCE)
            recount(tx, keys)
        number, done = number + len(keys), done + 1
        if not has_more:
            break
    return number


def rebuild(road: Road) -> int:
    """Forget all numbers and count every stored post anew. How many posts were counted.

    Can be broken off: what is not counted yet stays marked, and the round goes on with it.
    """
    with road.store.transaction() as tx:
        tag_numbers.clear(tx)
        tag_marks.put_all(tx)
    return count(road)


def recount(tx: Transaction, keys: Sequence[str]) -> None:
    """Bring the numbers to what is stored of these posts now; one that the clock took counts as it did."""
    if not keys:
        return
    stay, rows = letting_go.of(tx, keys), tag_posts.held(tx, keys)
    before = {key: each for key, each in rows.items() if key not in stay}
    now = {key: counted(facts) for key, facts in tag_facts.of(tx, keys).items()}
    again = {key: each for key, each in rows.items() if key in stay and each.draw == UNCOUNTED}
    sums: dict[Place, list[int]] = {}
    members: dict[tuple[Member, int], int] = {}
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if old != new:
            _count(sums, members, None if old and old.draw == UNCOUNTED else old, -1)
            _count(sums, members, new, +1)
    for each in again.values():
        _count(sums, members, each, +1)
    tag_posts.add_again(tx, sorted(again))
    tag_posts.keep(
        tx, [each for key, each in sorted(now.items()) if before.get(key) != each], set(before) - set(now)
    )
    tag_numbers.count_authors(tx, members)
    tag_numbers.add(tx, sums)


def _count(
    sums: dict[Place, list[int]], members: dict[tuple[Member, int], int], post: Counted | None, sign: int
) -> None:
    if post is None:
        return
    day = tag_numbers.day_number(post.hour)
    for tag in (WHOLE, *post.tags.tags):
        for source in (WHOLE, *post.sources):
            place = (tag, source, post.hour)
            held = sums.get(place)
            if held is None:
                held = sums[place] = [0] * len(tag_numbers.COUNTS)
            for at, number in enumerate(post.counts):
                held[at] += sign * number
            member = ((tag, source, post.author), day)
            members[member] = members.get(member, 0) + sign


def counted(facts: Facts) -> Counted:
    """What a post counts as."""
    claim, is_original = facts.claim, not facts.is_repost
    placed = claim is not None and rules.is_placed(claim.lat, claim.radius_km)
    timed = claim is not None and rules.is_timed(claim.seen_from, claim.seen_until)
    is_read = is_original and claim is not None
    counts = (
        1,
        is_original,
        is_original and facts.has_photo,
        is_read,
        is_read and placed,
        is_read and timed,
        is_read and placed and timed,
        is_read and claim is not None and claim.is_own,
        facts.kept,
        facts.leads,
        rules.review_s(facts.pauses_s),
    )
    author = f"{facts.platform}:{facts.author_id or facts.author_handle}"
    return Counted(
        facts.key,
        TagSet(tags_of(facts.hashtags), facts.language),
        tag_numbers.start_of(tag_numbers.Grain.HOUR, facts.written_at),
        tuple(sorted(facts.sources)),
        digest_of(author),
        name_digest(facts.author_handle),
        name_digest(facts.author_id),
        words_digest(facts.text),
        digest_of(facts.picture),
        zlib.crc32(facts.key.encode()),
        tuple(map(int, counts)),
    )


def words_digest(text: str) -> int:
    """What stands for a text where copies are looked for; 0 for a short one."""
    return digest_of(rules.fingerprint(text))


def author_digest(platform: Platform | str, author_id: str, handle: str) -> int:
    """What stands for an author."""
    return digest_of(f"{platform}:{author_id or handle}")


def name_digest(name: str) -> int:
    """What stands for a handle or id as `not_authors` compares them."""
    return digest_of(name.lstrip("@").casefold())


def tags_of(hashtags: Iterable[str]) -> tuple[str, ...]:
    """A post's hashtags as they are counted: normalised, each once, in order, not endlessly many."""
    named = {normalise(tag) for tag in hashtags}
    return tuple(sorted(tag for tag in named if 0 < len(tag) <= MOST_TAG_CHARS))[:MOST_TAGS]
