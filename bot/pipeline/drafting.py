"""Making an outbox row: words, level, visibility, delay, marks for caps. Asks no consent, sends nothing."""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from bot.pipeline import levels
from bot.pipeline.road import Road
from bot.rules import compose, words
from bot.rules import levels as level_rules
from bot.rules.wording import Catalogue
from store import audit, conversations, outbox, posts
from store.db import Transaction
from store.records.permit import Consent
from store.records.post import Platform, Post, Visibility
from store.records.reply import Purpose, Reply, ReplyState
from store.records.replying import Marks

log = structlog.get_logger(__name__)

_LONGEST_THREAD = 30
_MOST_TAGS = 30
_AT_ONCE = frozenset({Purpose.PRIVATE_FOLLOW_UP, Purpose.APPEAL_CLOSED, Purpose.HOW_TO_HELP, Purpose.THANKS,
                      Purpose.PLEASE_CALL, Purpose.FREE})  # fmt: skip
TALK = frozenset({Purpose.HOW_TO_HELP, Purpose.THANKS, Purpose.PLEASE_CALL, Purpose.FREE})
"""What a person of the team writes to somebody who wrote to us."""


def author_digest(road: Road, post: Post) -> str:
    """The keyed digest under which rows name their addressee."""
    return road.key.digest("author", f"{post.platform.value}:{post.author.id}")


def language_of(catalogue: Catalogue, post: Post) -> str:
    """The language in which the author of a post is answered."""
    return catalogue.language_for(post.language, words.pick_language(post.language, post.text).value)


def draft(
    road: Road, tx: Transaction, post: Post, purpose: Purpose, key: str
) -> compose.Draft | compose.Unfit:
    """The words for a post, from the text that is in force."""
    plan, catalogue = road.plan, levels.catalogue(road, tx)
    language = language_of(catalogue, post)
    return compose.compose(
        purpose,
        catalogue=catalogue,
        hotline=catalogue.hotline(plan.country, plan.hotlines, language),
        reference=compose.reference(road.key.derived("reference"), key),
        handle=post.author.handle,
        language=language,
        platform=post.platform,
        rules=road.rules.lengths,
    )


def row(
    road: Road, tx: Transaction, post: Post, purpose: Purpose, consent: Consent, made: compose.Draft
) -> Reply:
    """The row of these words for a post, drafted now at the level that is in force now."""
    now, key = road.clock(), outbox.key_of(post.key, purpose)
    delay = timedelta() if purpose in _AT_ONCE else _delay(road, key)
    return Reply(
        key=key,
        post_key=post.key,
        purpose=purpose,
        platform=post.platform.value,
        account=road.rules.accounts[post.platform].handle,
        to_native_id=post.native_id,
        to_handle=post.author.handle,
        text=made.text,
        language=made.language,
        visibility=_visibility(post),
        reference=compose.reference(road.key.derived("reference"), key),
        idempotency_key=compose.idempotency_key(road.key.derived("idempotency"), key),
        state=ReplyState.DRAFTED,
        level=level_rules.of_row(levels.in_force(road, tx), purpose),
        consent=consent.words,
        drafted_at=now,
        not_before=now + delay,
        expires_at=now + road.plan.max_age,
    )


def add(road: Road, tx: Transaction, post: Post, reply: Reply, *, rule: str, written_by: str = "") -> bool:
    """Put a row into the outbox with its marks. False, and nothing changed, when it is there already."""
    if not outbox.add(tx, reply, to_author=author_digest(road, post)):
        return False
    conversations.mark(tx, reply.key, marks_of(road, tx, post, reply, written_by))
    by, level = written_by or "homeward", reply.level.value
    audit.write(tx, road.clock(), by, "reply.drafted", reply.key, level=level, rule=rule)
    return True


def marks_of(road: Road, tx: Transaction, post: Post, reply: Reply, written_by: str = "") -> Marks:
    """What caps and versions need of a row."""
    mark = levels.catalogue(road, tx).mark(reply.purpose, reply.language)
    tags = sorted({tag.casefold() for tag in post.hashtags})[:_MOST_TAGS]
    thread = road.key.digest("thread", _top_of(tx, post))
    return Marks(thread, tuple(tags), mark, post.zone_offset_min, written_by)


def _top_of(tx: Transaction, post: Post) -> str:
    """The key of the first post of the conversation, as far up as it is known here."""
    named = post.raw.get("conversation_id") if post.platform is Platform.X else None
    if isinstance(named, str) and named:
        return f"x:{named}"
    key, above = post.key, post.reply_to
    for _ in range(_LONGEST_THREAD):
        if not above:
            break
        key = above
        above = posts.get(tx, key).reply_to if posts.stands(tx, key) else ""
    return key


def unfit(road: Road, tx: Transaction, key: str, made: compose.Unfit) -> Consent:
    """Nothing could be composed: that is kept, and only the case team hears of the post."""
    log.warning("reply_unfit", reply=key, why=made.why)
    audit.write(tx, road.clock(), "homeward", "reply.unfit", key, why=made.why)
    return Consent(False, "unfit", f"case team only: {made.why}")


def _delay(road: Road, key: str) -> timedelta:
    """Drawn on arrival from the installation's key: nobody outside can tell it, a crash cannot redraw it."""
    draw = random.Random(road.key.digest("delay", key)).random()  # noqa: S311 (seeded by a keyed digest)
    return road.plan.delay_min + (road.plan.delay_max - road.plan.delay_min) * draw


def _visibility(post: Post) -> str:
    """The narrowest that the post's own visibility still has: a reply is for its author alone."""
    return Visibility.DIRECT.value if post.platform.value == "mastodon" else post.visibility.value
