"""The gate between hashtags and faces: a hashtag that brings hardly anything first-hand feeds no face stage.

Closed by numbers, opened by numbers or by a person with a reason. Looks at no picture.
"""

from __future__ import annotations

from dataclasses import replace

from bot.pipeline import tag_counting
from bot.pipeline.road import Road
from bot.rules import tag_gates as rules
from collectors.hashtags import normalise
from store import audit, campaign, tag_gates, tag_numbers, tag_posts
from store.db import Transaction
from store.errors import Missing, UsageError
from store.records.post import Post
from store.records.work import Stage
from store.tag_gates import Gate
from store.tag_numbers import WHOLE, Grain

NOTICE = "closed hashtags"
CAUGHT_UP = 50_000
"""So many posts at most are looked at again when a gate opens."""


def collected(tx: Transaction) -> tuple[str, ...]:
    """The hashtags that the version in force asks for, normalised."""
    version = campaign.current(tx)
    content = version.content if version else {}
    named = [*content.get("hashtags", ()), *(content.get("query") or {}).get("all", ())]
    return tuple(dict.fromkeys(filter(None, map(normalise, named))))


def settle(road: Road) -> None:
    """Bring every gate to what the numbers say; those that a person holds open stay open."""
    now = road.clock()
    opened = []
    with road.store.transaction() as tx:
        tags = collected(tx)
        tag_gates.drop_others(tx, tags)
        held = {gate.tag: gate for gate in tag_gates.listing(tx)}
        rows = {row.tag: row for row in tag_numbers.read(tx, Grain.ALL, tags=tags, source=WHOLE)}
        for tag in tags:
            row, before = rows.get(tag), held.get(tag)
            read, first_hand = (row.read, row.first_hand) if row else (0, 0)
            if rules.is_closed(read, first_hand):
                # Copies alone, or a few busy people, close nobody's hashtag.
                read, first_hand = _told_apart(tx, tag)
            gate = before or Gate(tag, False, False, 0, 0, "", "homeward", now)
            closed = rules.is_closed(read, first_hand) and not gate.held_open
            if closed != gate.closed:
                why = rules.words(read, first_hand)
                gate = replace(gate, closed=closed, why=why, by="homeward", at=now)
                audit.write(tx, now, "homeward", "tag.closed" if closed else "tag.opened", tag)
                opened += [] if closed else [tag]
            gate = replace(gate, read=read, first_hand=first_hand)
            if gate != before:
                tag_gates.put(tx, gate)
        _tell(road, tx)
    for tag in opened:
        look_again(road, tag)


def _told_apart(tx: Transaction, tag: str) -> tuple[int, int]:
    ids = {ident for ident, held in tag_posts.sets(tx).items() if tag in held.tags}
    newest = tag_posts.newest_read(tx, rules.LOOKED_AT)
    return rules.told_apart((author, words, own) for held, author, words, own in newest if held in ids)


def _tell(road: Road, tx: Transaction) -> None:
    """The closed gates as one standing notice: it is on the first page until they open or somebody saw it."""
    closed = [gate.tag for gate in tag_gates.listing(tx) if gate.closed]
    words = ""
    if closed:
        names = ", ".join(f"#{tag}" for tag in closed)
        words = (
            f"{names}: hardly a post is first-hand, so no face is looked at in posts that come by no other. "
            "Leave the hashtag out, or open it with a reason: Hashtags, Floods and gates."
        )
    if campaign.notices(tx).get(NOTICE, "") != words:
        campaign.notice(tx, NOTICE, words, road.clock())


def is_shut(tx: Transaction, post: Post) -> bool:
    """Whether the faces of this post are left alone: it came by closed hashtags and by no open one."""
    return tag_gates.are_all_closed(tx, tag_counting.tags_of(post.hashtags))


def hold_open(road: Road, tag: str, *, by: str, why: str) -> Gate:
    """Let a hashtag feed the face stage whatever its numbers; its posts are looked at again.

    Raises UsageError without a reason, Missing where the hashtag is not collected.
    """
    gate = _changed(road, tag, by=by, why=why, held_open=True)
    look_again(road, gate.tag)
    return gate


def let_go(road: Road, tag: str, *, by: str, why: str) -> Gate:
    """Let the numbers decide again. Raises UsageError, Missing."""
    return _changed(road, tag, by=by, why=why, held_open=False)


def _changed(road: Road, tag: str, *, by: str, why: str, held_open: bool) -> Gate:
    if not why.strip():
        raise UsageError("why", "is missing; say why the gate is moved")
    now = road.clock()
    with road.store.transaction() as tx:
        held = tag_gates.get(tx, normalise(tag))
        if held is None:
            raise Missing(tag, "is not one of the hashtags that are collected")
        closed = not held_open and rules.is_closed(held.read, held.first_hand)
        gate = replace(held, closed=closed, held_open=held_open, why=why.strip(), by=by, at=now)
        tag_gates.put(tx, gate)
        _tell(road, tx)
        audit.write(tx, now, by, "tag.held_open" if held_open else "tag.let_go", gate.tag)
    return gate


def look_again(road: Road, tag: str) -> int:
    """Put posts with this hashtag and a photo back into the queue, behind all others. How many."""
    number, after = 0, ""
    tag_counting.count(road)  # Posts that were passed over a moment ago are found by what was counted.
    with road.store.reading() as tx:
        ids = [ident for ident, held in tag_posts.sets(tx).items() if tag in held.tags]
    while ids and number < CAUGHT_UP:
        with road.store.transaction() as tx:
            keys = tag_posts.with_photo(tx, ids, after=after)
            for key in keys:
                road.engine.enqueue(tx, Stage.LOOK, key, priority=-15)
        if not keys:
            break
        number, after = number + len(keys), keys[-1]
    return number
