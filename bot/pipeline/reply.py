"""The reply arrow: a summoned post gets its receipt drafted. Sends nothing and knows no match.

Every summoned post gets the same words under the same rules, with or without a match: from outside
nothing can be told. A confirmed candidate only makes the receipt certain and quick.
"""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from bot.pipeline import asking
from bot.pipeline.road import Road
from bot.rules import compose, words
from store import audit, outbox, posts
from store.db import Transaction
from store.records.permit import Consent
from store.records.post import Post, Visibility
from store.records.reply import Purpose, Reply, ReplyState
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)


def draft(road: Road, job: Job) -> None:
    """Draft the receipt for the post named by the job if permit and consent allow it today."""
    with road.store.reading() as tx:
        gone = posts.is_gone(tx, job.key)
        post = None if gone else posts.get(tx, job.key)
    step("reply.before_transaction")
    with road.store.transaction(durable=True) as tx:
        if post is not None:
            ensure(road, tx, post)
        step("reply.half_written")
        road.engine.finish(tx, job)
        step("reply.before_commit")
    step("reply.after_commit")


def ensure(road: Road, tx: Transaction, post: Post, *, hasten: bool = False) -> Consent:
    """See that the receipt is in the outbox if the author may be answered; `hasten` lets it go now.

    Idempotent: one row per (post, purpose), whatever happens. Gives the consent that was found.
    """
    consent = asking.consent_of(road, tx, post)
    key = outbox.key_of(post.key, Purpose.RECEIPT)
    if not consent.given:
        return consent
    now = road.clock()
    reply = _compose(road, post, key, consent)
    if isinstance(reply, compose.Unfit):
        log.warning("reply_unfit", reply=key, why=reply.why)
        audit.write(tx, now, "homeward", "reply.unfit", key, why=reply.why)
        return Consent(False, "unfit", f"case team only: {reply.why}")
    if outbox.add(tx, reply, to_author=road.key.digest("author", f"{post.platform.value}:{post.author.id}")):
        audit.write(tx, now, "homeward", "reply.drafted", key, level=reply.level.value, rule=consent.rule)
    if hasten:
        outbox.hasten(tx, key, at=now)
    held = outbox.get(tx, key)
    if held.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
        road.engine.enqueue(tx, Stage.SEND, key, priority=30 if hasten else 5, not_before=held.not_before)
    return consent


def _compose(road: Road, post: Post, key: str, consent: Consent) -> Reply | compose.Unfit:
    plan, now = road.plan, road.clock()
    reference = compose.reference(road.key.derived("reference"), key)
    language = words.pick_language(post.language, post.text)
    made = compose.compose(
        Purpose.RECEIPT,
        hotline=words.hotline(plan.country, plan.hotlines, language),
        reference=reference,
        handle=post.author.handle,
        language=language,
        platform=post.platform,
    )
    if isinstance(made, compose.Unfit):
        return made
    return Reply(
        key=key,
        post_key=post.key,
        purpose=Purpose.RECEIPT,
        platform=post.platform.value,
        account=road.rules.accounts[post.platform].handle,
        to_native_id=post.native_id,
        to_handle=post.author.handle,
        text=made.text,
        language=language.value,
        visibility=_visibility(post),
        reference=reference,
        idempotency_key=compose.idempotency_key(road.key.derived("idempotency"), key),
        state=ReplyState.DRAFTED,
        level=plan.level,
        consent=consent.words,
        drafted_at=now,
        not_before=now + _delay(road, key),
        expires_at=now + plan.max_age,
    )


def _delay(road: Road, key: str) -> timedelta:
    """Drawn on arrival from the installation's key: nobody outside can tell it, a crash cannot redraw it."""
    draw = random.Random(road.key.digest("delay", key)).random()  # noqa: S311 (seeded by a keyed digest)
    return road.plan.delay_min + (road.plan.delay_max - road.plan.delay_min) * draw


def _visibility(post: Post) -> str:
    """The narrowest that the post's own visibility still has: a receipt is for its author alone."""
    return Visibility.DIRECT.value if post.platform.value == "mastodon" else post.visibility.value
