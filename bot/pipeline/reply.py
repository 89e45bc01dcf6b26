"""The reply arrow: a summoned post gets its receipt drafted. Sends nothing and knows no match.

Every summoned post gets the same words under the same rules, with or without a match: from outside
nothing can be told. One that does not say where or when gets them as a question. A confirmed
candidate only makes the message certain: neither sooner nor in other words, since that would tell.
"""

from __future__ import annotations

import structlog

from bot.pipeline import asking, drafting, questions
from bot.pipeline.road import Road
from bot.rules import compose
from store import asking as answers
from store import conversations, outbox, posts
from store.db import Transaction
from store.records.permit import Consent
from store.records.post import Platform, Post
from store.records.reply import Purpose, ReplyState
from store.records.replying import HandTask
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

_OUT = (ReplyState.SENT, ReplyState.SENDING, ReplyState.UNKNOWN)
_ONE_OF = frozenset({Purpose.RECEIPT, Purpose.QUESTION, Purpose.HOTLINE_ONLY})


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


def ensure(road: Road, tx: Transaction, post: Post) -> Consent:
    """See that the receipt is in the outbox if the author may be answered.

    Idempotent: one row per (post, purpose), whatever happens, with the delay that was drawn on arrival.
    Gives the consent that was found.
    """
    consent = asking.consent_of(road, tx, post)
    if not consent.given:
        return consent
    if answers.is_answer(tx, post.key):
        return Consent(False, "an_answer", "case team only: it answers what we wrote; one message is enough")
    author = drafting.author_digest(road, post)
    purpose = (
        Purpose.HOTLINE_ONLY
        if consent.hotline_only
        else questions.purpose_of(road, tx, post, to_author=author)
    )
    key = outbox.key_of(post.key, purpose)
    rows = [held for held in outbox.of_post(tx, post.key) if held.purpose in _ONE_OF]
    if any(held.key != key and held.state in _OUT for held in rows):
        return consent  # The author has an answer: a sign that was seen late brings no second one.
    made = drafting.draft(road, tx, post, purpose, key)
    if isinstance(made, compose.Unfit):
        return drafting.unfit(road, tx, key, made)
    drafting.add(road, tx, post, drafting.row(road, tx, post, purpose, consent, made), rule=consent.rule)
    held = outbox.get(tx, key)
    if held.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
        road.engine.enqueue(tx, Stage.SEND, key, priority=5, not_before=held.not_before)
    return consent


def make_certain(road: Road, tx: Transaction, post: Post) -> None:
    """After a person has seen a possible resemblance: the receipt is there as it is for every other post.

    A post that was too old for one when it came gets none now: its presence would tell.
    """
    was_late = post.received_at - post.written_at > road.plan.max_age
    if outbox.of_post(tx, post.key) or not was_late:
        ensure(road, tx, post)


def follow_up(road: Road, tx: Transaction, post: Post) -> str:
    """After a person has seen a possible resemblance: the team would like to ask the author, in private.

    A row where the platform has private posts (Mastodon); elsewhere a task for the team's own hand. On
    Bluesky only if the author opened a private conversation. Nothing where the operator did not ask for it.
    Gives what was made: "row", "task" or "".
    """
    if not road.plan.follows_up:
        return ""
    consent = asking.consent_of(road, tx, post)
    if not consent.given or consent.hotline_only:
        return ""
    purpose = Purpose.PRIVATE_FOLLOW_UP
    key = outbox.key_of(post.key, purpose)
    made = drafting.draft(road, tx, post, purpose, key)
    if isinstance(made, compose.Unfit):
        drafting.unfit(road, tx, key, made)
        return ""
    if post.platform is Platform.MASTODON:
        drafting.add(road, tx, post, drafting.row(road, tx, post, purpose, consent, made), rule=consent.rule)
        if outbox.get(tx, key).state is ReplyState.DRAFTED:
            road.engine.enqueue(tx, Stage.SEND, key, priority=20)
        return "row"
    if post.platform is Platform.BLUESKY and not conversations.has_private(
        tx, drafting.author_digest(road, post)
    ):
        return ""
    task = HandTask(
        key, post.key, post.platform.value, purpose, made.language, made.text, consent.words, road.clock()
    )
    conversations.add_task(tx, task)
    return "task"
