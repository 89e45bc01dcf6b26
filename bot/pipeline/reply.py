"""The reply arrow: a summoned post gets its receipt drafted. Sends nothing and knows no match.

Every summoned post gets the same words under the same rules, with or without a match: from outside
nothing can be told. One that does not say where or when gets them as a question. A confirmed
candidate only makes the message certain and quick.
"""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from bot.pipeline import asking, questions
from bot.pipeline.road import Road
from bot.rules import compose, words
from store import asking as answers
from store import audit, outbox, posts
from store.db import Transaction
from store.records.permit import Consent
from store.records.post import Post, Visibility
from store.records.reply import Purpose, Reply, ReplyState
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

_OUT = (ReplyState.SENT, ReplyState.SENDING, ReplyState.UNKNOWN)


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
    if not consent.given:
        return consent
    if answers.is_answer(tx, post.key):
        return Consent(False, "an_answer", "case team only: it answers what we wrote; one message is enough")
    author = road.key.digest("author", f"{post.platform.value}:{post.author.id}")
    purpose = (
        Purpose.HOTLINE_ONLY
        if consent.hotline_only
        else questions.purpose_of(road, tx, post, to_author=author)
    )
    key = outbox.key_of(post.key, purpose)
    if any(held.key != key and held.state in _OUT for held in outbox.of_post(tx, post.key)):
        return consent  # The author has an answer: a sign that was seen late brings no second one.
    now = road.clock()
    reply = _compose(road, post, purpose, key, consent)
    if isinstance(reply, compose.Unfit):
        log.warning("reply_unfit", reply=key, why=reply.why)
        audit.write(tx, now, "homeward", "reply.unfit", key, why=reply.why)
        return Consent(False, "unfit", f"case team only: {reply.why}")
    if outbox.add(tx, reply, to_author=author):
        audit.write(tx, now, "homeward", "reply.drafted", key, level=reply.level.value, rule=consent.rule)
    if hasten:
        outbox.hasten(tx, key, at=now)
    held = outbox.get(tx, key)
    if held.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
        road.engine.enqueue(tx, Stage.SEND, key, priority=30 if hasten else 5, not_before=held.not_before)
    return consent


def _compose(road: Road, post: Post, purpose: Purpose, key: str, consent: Consent) -> Reply | compose.Unfit:
    plan, now = road.plan, road.clock()
    reference = compose.reference(road.key.derived("reference"), key)
    language = words.pick_language(post.language, post.text)
    made = compose.compose(
        purpose,
        hotline=words.hotline(plan.country, plan.hotlines, language),
        reference=reference,
        handle=post.author.handle,
        language=language,
        platform=post.platform,
        rules=road.rules.lengths,
    )
    if isinstance(made, compose.Unfit):
        return made
    return Reply(
        key=key,
        post_key=post.key,
        purpose=purpose,
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
