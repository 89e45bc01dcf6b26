"""Young authors, and posts whose author seems to be the child: what is kept of them and who may see them.

Reads signs with bot/rules/young.py; the words themselves are never stored, only which rule spoke.
"""

from __future__ import annotations

import structlog

from bot.pipeline.asking import young_digest
from bot.pipeline.road import Road
from bot.rules import compose, young
from bot.rules.young import Kind, Signs
from store import audit, counters, life, matches, outbox, photos, posts, users, veils
from store import campaign as house
from store.db import Transaction
from store.records.hold import SafeguardingTask
from store.records.post import Post
from store.records.reply import Alert, AlertState, Purpose, ReplyState
from store.records.work import Stage

log = structlog.get_logger(__name__)

ALERT = "safeguarding:"
NOBODY = "safeguarding"
# Segments of a JPEG in which a camera or a tool may name a place: all but JFIF, colour profile and Adobe's.
_TELLING = tuple(bytes((0xFF, mark)) for mark in (0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE))


def as_kept(road: Road, tx: Transaction, post: Post, signs: Signs) -> Post:
    """The post as it may be stored: of a young author without any place of theirs."""
    is_young = signs.young is not None or bool(veils.young_sign(tx, young_digest(road, post)))
    return young.without_place(post) if is_young else post


def kept(road: Road, tx: Transaction, post: Post, signs: Signs) -> None:
    """After a new post or version was stored: act on what it says of its author."""
    if signs.is_self:
        hand_to_lead(road, tx, post.key)
    if signs.young is None or post.repost_of:
        return
    now, digest = road.clock(), young_digest(road, post)
    if veils.put_young(tx, digest, signs.young.value, now):
        audit.write(tx, now, "homeward", "author.young", digest[:16], sign=signs.young.value)
        for key in life.of_author(tx, post.platform, post.author.id, post.author.handle):
            _forget_place(road, tx, key)
    _cancel_other_words(tx, post.key)


def _forget_place(road: Road, tx: Transaction, key: str) -> None:
    """What was stored of a young author before the sign: places go, what was read from them is read again."""
    life.scrub(tx, key, young.scrubbed)
    _cancel_other_words(tx, key)
    road.engine.enqueue(tx, Stage.LOOK, key, priority=5)


def _cancel_other_words(tx: Transaction, key: str) -> None:
    """Waiting replies that say more than the hotline words are not sent."""
    for reply in outbox.of_post(tx, key):
        waits = reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED)
        if waits and reply.purpose is not Purpose.HOTLINE_ONLY:
            outbox.move(tx, reply, ReplyState.CANCELLED, why="the hotline words alone are given")


def hand_to_lead(road: Road, tx: Transaction, key: str) -> str:
    """Hide a post from everybody but the safeguarding lead, who is told by reference alone; gives it."""
    now = road.clock()
    reference = compose.reference(road.key.derived("safeguarding"), key)
    is_new = veils.put(tx, key, veils.SAFEGUARDING, now)
    # A post that was away for a while comes back hidden, and its task was forgotten with it.
    if not veils.raise_task(tx, SafeguardingTask(key, reference, Kind.SELF.value, now)) and not is_new:
        return reference
    counters.add(tx, "posts", -1)
    matches.hide_of_post(tx, key)
    _cancel_other_words(tx, key)
    for digest in dict.fromkeys(row.photo for row in posts.media_of(tx, key) if row.photo):
        for other in photos.posts_with(tx, [digest]):
            if other != key:
                road.engine.enqueue(tx, Stage.MATCH, other)
    name = f"{ALERT}{reference}"
    if matches.raise_alert(tx, Alert(name, "", reference, AlertState.OPEN, now)):
        road.engine.enqueue(tx, Stage.ALERT, name, priority=50)
    audit.write(tx, now, "homeward", "safeguarding.raised", reference)
    say_if_nobody(road, tx)
    return reference


def say_if_nobody(road: Road, tx: Transaction) -> None:
    """Tell the operator when there is a task and nobody who may see it; otherwise take the word down."""
    lead = bool(users.having(tx, users.SAFEGUARDING))
    words = "" if lead or not veils.waiting(tx) else (
        "Something waits for a safeguarding lead and nobody has that role: "
        "`run_bot.py user add NAME --role safeguarding`."
    )  # fmt: skip
    house.notice(tx, NOBODY, words, road.clock())


def carries_metadata(data: bytes) -> bool:
    """Whether a picture's bytes may say where it was taken: anything but a bare JPEG."""
    return not data.startswith(b"\xff\xd8") or any(mark in data for mark in _TELLING)
