"""What is stated about imports reaches the posts they brought: compared and answered now, or no more.

Asks the permit anew and moves what follows from it. Reads no file and decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.pipeline import asking
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import campaign, imports, matches, outbox, photos, posts
from store.db import Transaction
from store.records.permit import Permit, Use
from store.records.post import Post
from store.records.reply import ReplyState
from store.records.work import Stage
from store.steps import step

log = structlog.get_logger(__name__)

AT_ONCE = 200
NOTICE = "imports"
PRIORITY = -10


def arrived(road: Road, tx: Transaction, key: str, source: str, *, is_new: bool, is_first: bool) -> None:
    """A post was delivered: does that change what may be done with it?

    By a file that was stated about, or by a live source after a file. `is_first`: it had not come that
    way before. Whatever the post's own newness asks for is done by the caller.
    """
    if not (is_first or is_new) or not imports.ways_to(tx, key)[0] or posts.is_gone(tx, key):
        return
    post, before = posts.get(tx, key), posts.permit_of(tx, key)
    now = asking.permit_of(road, tx, post)
    if now != before:
        posts.set_permit(tx, key, now)
    if is_new:
        return
    gained = now.may_match and not before.may_match
    if gained or (source != imports.SOURCE and asking.is_better_fetched(asking.standing_of(road, tx, key))):
        road.engine.enqueue(tx, Stage.LOOK, key, priority=0)
    if now.may_reply and not before.may_reply:
        _answer(road, tx, post)


def reach(road: Road) -> int:
    """Carry what was stated, revoked or has ended to all posts of those imports. How many posts.

    Batch by batch, each in its own transaction; broken off, it begins again and changes nothing twice.
    """
    now = road.clock()
    with road.store.reading() as tx:
        is_due = imports.is_end_due(tx, now)
        said, is_told = waiting_words(len(imports.waiting(tx))), campaign.notices(tx).get(NOTICE, "")
    if is_due or said != is_told:
        with road.store.transaction() as tx:
            imports.end_due(tx, now)
            campaign.notice(tx, NOTICE, waiting_words(len(imports.waiting(tx))), now)
    with road.store.reading() as tx:
        waiting = imports.pending(tx)
    return sum(_reach_one(road, import_id) for import_id in waiting)


def round_of(road: Road, _active: Mapping[str, Source]) -> None:
    """What the clock does: statements end on their day, and what was broken off goes on."""
    reach(road)


def _reach_one(road: Road, import_id: str) -> int:
    number, after = 0, ""
    while True:
        with road.store.transaction() as tx:
            keys = imports.posts_of(tx, import_id, after=after, most=AT_ONCE)
            for key in keys:
                _decide_anew(road, tx, key)
            if not keys:
                imports.settled(tx, import_id)
            step("standing.before_commit")
        if not keys:
            log.info("import_reached", import_id=import_id, posts=number)
            return number
        number, after = number + len(keys), keys[-1]


def _decide_anew(road: Road, tx: Transaction, key: str) -> None:
    post = posts.get(tx, key)
    now = asking.permit_of(road, tx, post)
    posts.set_permit(tx, key, now)
    if now.may_match:
        road.engine.enqueue(tx, Stage.LOOK, key, priority=PRIORITY)
    else:
        _take_back(road, tx, post, now)
    if now.may_reply:
        _answer(road, tx, post)
    else:
        _cancel(tx, key, asking.refusal(now, Use.REPLY))


def _take_back(road: Road, tx: Transaction, post: Post, now: Permit) -> None:
    """Matches, faces and vectors that only this post's permit allowed go; another post's stay with it."""
    words = asking.refusal(now, Use.MATCH)
    matches.withdraw_of_post(tx, post.key, words)
    for digest in dict.fromkeys(row.photo for row in posts.media_of(tx, post.key) if row.photo):
        allowed, copies = asking.permit_of_photo(road, tx, photos.get(tx, digest), post)
        if allowed.may_match:
            for other in photos.posts_with(tx, [digest]):
                road.engine.enqueue(tx, Stage.MATCH, other, priority=PRIORITY)
            continue
        for copy in copies:
            matches.withdraw_of_photo(tx, copy, words)
            photos.drop_faces(tx, copy)


def _answer(road: Road, tx: Transaction, post: Post) -> None:
    is_late = road.clock() - post.written_at > road.plan.max_age
    if not is_late and asking.consent_of(road, tx, post).given:
        road.engine.enqueue(tx, Stage.REPLY, post.key, priority=0)


def _cancel(tx: Transaction, key: str, words: str) -> None:
    for reply in outbox.of_post(tx, key):
        if reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
            outbox.move(tx, reply, ReplyState.CANCELLED, why=words)


def waiting_words(number: int) -> str:
    """The sentence for people; "" when no import waits."""
    if not number:
        return ""
    first = "1 import waits for its basis" if number == 1 else f"{number} imports wait for their basis"
    return f"{first}: nothing of it is compared or answered. `run_bot.py imports` shows what to state."
