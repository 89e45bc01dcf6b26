"""The last arrow: an outbox row goes out once. Claimed first, looked up in doubt, receipted after.

drafted ─► rehearsed (dry-run)            sending ─► sent | refused
drafted ─► approved ─► sending            sending ─► unknown ─► looked up: sent, or certainly
sent ─► withdrawing ─► withdrawn          absent and approved again, or left to a person
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.pipeline import asking, backing_up, brake, conversing, drafting, optouts, withdrawing
from bot.pipeline.road import Road
from bot.rules import caps
from bot.senders.base import Sender
from store import audit, conversations, counters, leases, outbox, posts
from store.db import Transaction
from store.errors import LeaseLost, NeedsPerson, RateLimited
from store.records.post import Platform, Post
from store.records.reply import Absent, Level, Purpose, Receipt, Refused, Reply, ReplyState, Unknown
from store.records.work import Job
from store.steps import step

log = structlog.get_logger(__name__)

PAUSED_LOOK = timedelta(seconds=30)
NO_SENDER_LOOK = timedelta(minutes=10)
A_DAY = timedelta(days=1)


def send(road: Road, job: Job) -> None:
    """Bring the outbox row named by the job as far as it may go today."""
    with road.store.reading() as tx:
        reply, paused = outbox.find(tx, job.key), brake.is_on(road, tx)
    now = road.clock()
    if reply is None or reply.state not in _STEPS:
        _finish(road, job)
    elif paused and reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
        _wait(road, job, now + PAUSED_LOOK)
    elif reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED) and reply.expires_at <= now:
        _move(road, job, reply, ReplyState.EXPIRED, why="too old to be of use")
    elif reply.not_before > now:
        _wait(road, job, reply.not_before)
    else:
        _STEPS[reply.state](road, job, reply)


def _drafted(road: Road, job: Job, reply: Reply) -> None:
    if reply.level is Level.DRY_RUN:
        _move(road, job, reply, ReplyState.REHEARSED, why="dry-run: shown, never sent")
    elif reply.level is Level.CONFIRM:
        _wait(road, job, reply.expires_at)  # A person approves it, which calls this job at once.
    else:
        with road.store.transaction(durable=True) as tx:
            approved = outbox.move(tx, reply, ReplyState.APPROVED, approved_by="policy: auto")
        _approved(road, job, approved)


def _approved(road: Road, job: Job, reply: Reply) -> None:
    if reply.level is Level.DRY_RUN:
        _finish(road, job, note=reply, why="dry-run: shown, never sent")
        return
    with road.store.reading() as tx:
        why_not, held = _why_not_today(road, tx, reply), _held(road, tx, reply)
        rests_until = leases.paused_until(tx, reply.platform) or road.clock()
    sender = road.senders.get(reply.platform)
    if why_not:
        _move(road, job, reply, ReplyState.CANCELLED, why=why_not)
    elif sender is None:
        why = "no sender for this platform is set up"
        _wait(road, job, road.clock() + NO_SENDER_LOOK, note=reply, why=why)
    elif held is not None:
        _wait(road, job, held.until, note=reply, why=held.words)
    elif rests_until > road.clock():
        _wait(road, job, rests_until, note=reply, why="the platform asked to wait")
    else:
        _send_now(road, job, sender, reply)


def _why_not_today(road: Road, tx: Transaction, reply: Reply) -> str:
    """Permit and consent are asked again: what allowed the draft may have gone meanwhile."""
    if posts.is_gone(tx, reply.post_key):
        return "the post is gone"
    post = _answered(road, tx, reply)
    if post is None:
        return "what the author wrote to us is not kept any more"
    consent = asking.consent_of_message(road, tx, post)
    if consent.hotline_only and reply.purpose is not Purpose.HOTLINE_ONLY:
        return "the hotline words alone are given"
    return "" if consent.given else consent.words


def _answered(road: Road, tx: Transaction, reply: Reply) -> Post | None:
    """The post that a row answers, or the private message; None once that is forgotten."""
    if posts.stands(tx, reply.post_key):
        return posts.get(tx, reply.post_key)
    talk = conversations.find(tx, reply.post_key)
    return conversing.message(road, tx, talk) if talk is not None else None


def _held(road: Road, tx: Transaction, reply: Reply) -> caps.Hold | None:
    now, author = road.clock(), outbox.author_of(tx, reply.key)
    rows = conversations.history(tx, since=now - timedelta(days=1))
    history = [
        caps.SentAt(
            row.at, row.to_author, Platform(row.platform), row.thread or "", frozenset(row.hashtags or ())
        )
        for row in rows
    ]
    marks = conversations.marks_of(tx, reply.key)
    is_talk = reply.purpose in drafting.TALK
    about = caps.About(marks.thread, frozenset(marks.hashtags), marks.zone_min, is_talk)
    decided = caps.decide(now, author, Platform(reply.platform), history, road.plan.caps, about)
    return decided if isinstance(decided, caps.Hold) else None


def _send_now(road: Road, job: Job, sender: Sender, reply: Reply) -> None:
    try:
        why_not = sender.may_answer(reply)
    except NeedsPerson as error:
        # A token that ended or a setting that is missing: the row waits, and goes on by itself once mended.
        _wait(road, job, road.clock() + NO_SENDER_LOOK, note=reply, why=error.detail)
        return
    if why_not:
        _move(road, job, reply, ReplyState.CANCELLED, why=why_not)
        return
    step("send.before_claim")
    with road.store.transaction(durable=True) as tx:
        leases.alone(tx, "sending")  # What follows is counted: no worker of another host may be at it too.
        if brake.is_on(road, tx):
            raise LeaseLost(reply.key, "sending was stopped meanwhile")
        tripped = brake.judged(road, tx)
        if tripped is not None:
            brake.trip(road, tx, tripped)
            road.engine.postpone(tx, job, road.clock() + PAUSED_LOOK)
            return
        # Counted again where it is claimed, so that two workers cannot both take the last place.
        held = _held(road, tx, reply)
        if held is not None:
            road.engine.postpone(tx, job, held.until)
            return
        claimed = outbox.claim(tx, reply, lease_until=road.clock() + road.plan.lease)
    step("send.after_claim")
    _post(road, job, sender, claimed)


def _post(road: Road, job: Job, sender: Sender, reply: Reply) -> None:
    """Call the platform once. Whatever happens, the row says what is known afterwards."""
    if reply.attempt > 1 or _restored_lately(road):
        # A try was made before, or may have been in what the restored backup knows nothing of: only a
        # platform that certainly has nothing may be written to.
        found = sender.find(reply)
        if not isinstance(found, Absent):
            _settle(road, job, reply, found)
            return
    if road.stop_file.is_on:
        # The last look, and one that needs no database: nothing was written to the platform.
        _put_back(road, job, reply)
        return
    try:
        answer = sender.send(reply)
    except RateLimited as error:
        with road.store.transaction(durable=True) as tx:
            now = road.clock()
            leases.pause(tx, reply.platform, now + error.retry_after, at=now)
            outbox.move(
                tx, reply, ReplyState.APPROVED, lease_until=None, not_before=road.clock() + error.retry_after
            )
            road.engine.postpone(tx, job, road.clock() + error.retry_after)
        return
    step("send.after_call")
    _settle(road, job, reply, answer)


def _restored_lately(road: Road) -> bool:
    """Whether rows may have gone out that this database, restored from a backup, has not heard of."""
    with road.store.reading() as tx:
        then = counters.value(tx, backing_up.RESTORED)
    return road.clock().timestamp() - then < (road.plan.max_age + A_DAY).total_seconds()


def _put_back(road: Road, job: Job, reply: Reply) -> None:
    """Sending was stopped after the claim: the row waits again, for its platform never heard of it."""
    with road.store.transaction(durable=True) as tx:
        outbox.move(tx, reply, ReplyState.APPROVED, lease_until=None)
        road.engine.postpone(tx, job, road.clock() + PAUSED_LOOK)


def _settle(road: Road, job: Job, reply: Reply, answer: Receipt | Refused | Unknown | Absent) -> None:
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        if isinstance(answer, Receipt):
            outbox.sent(tx, reply, answer)
            audit.write(
                tx, now, "homeward", "reply.sent", reply.key, receipt=answer.id, text=answer.text_digest
            )
            brake.count(road, tx, "sent")
            road.engine.finish(tx, job)
            unwanted = optouts.is_unwanted(road, tx, reply)
            if unwanted:
                withdrawing.order(road, tx, [reply.key], why=unwanted)
        elif isinstance(answer, Refused):
            outbox.move(tx, reply, ReplyState.REFUSED, why=answer.why, lease_until=None)
            brake.count(road, tx, "refused")
            audit.write(tx, now, "homeward", "reply.refused", reply.key, why=answer.why)
            road.engine.finish(tx, job)
        elif isinstance(answer, Absent):
            _absent(road, tx, job, reply, now)
        else:
            until = now + road.plan.settle
            to = (
                outbox.move(tx, reply, ReplyState.UNKNOWN, why=answer.why, lease_until=until)
                if reply.state is ReplyState.SENDING
                else reply
            )
            if reply.state is ReplyState.SENDING:
                brake.count(road, tx, "unknown")
            log.warning("reply_unknown", reply=to.key, attempt=to.attempt, why=answer.why)
            road.engine.postpone(tx, job, until)
        step("send.before_receipt")
    step("send.after_receipt")


def _absent(road: Road, tx: Transaction, job: Job, reply: Reply, now: datetime) -> None:
    """The platform certainly has nothing: try again, a limited number of times."""
    if reply.attempt >= road.plan.attempts:
        outbox.move(
            tx, reply, ReplyState.REFUSED, why=f"not sent after {reply.attempt} tries", lease_until=None
        )
        road.engine.finish(tx, job)
        return
    outbox.move(
        tx, reply, ReplyState.APPROVED, why="the platform has no such reply; sent again", lease_until=None
    )
    road.engine.postpone(tx, job, now)


def _in_doubt(road: Road, job: Job, reply: Reply) -> None:
    """A row in SENDING or UNKNOWN: its sender died or its answer was lost. Ask the platform, then decide.

    Asked only once the lease is over: by then a request still under way has arrived or never will.
    """
    now = road.clock()
    settled = (reply.lease_until or now) + (
        road.plan.settle if reply.state is ReplyState.SENDING else timedelta()
    )
    if settled > now:
        _wait(road, job, settled)
        return
    sender = road.senders.get(reply.platform)
    if sender is None:
        _finish(
            road, job, note=reply, why="no sender is set up that could look the reply up; a person has to"
        )
        return
    step("send.before_find")
    found = sender.find(reply)
    step("send.after_find")
    if isinstance(found, Unknown):
        _cannot_tell(road, job, reply, found)
        return
    _settle(road, job, reply, found)


def _cannot_tell(road: Road, job: Job, reply: Reply, found: Unknown) -> None:
    """The platform cannot tell: asked again a few times, then left to a person. Never sent by itself."""
    if job.attempt < road.plan.attempts:
        road.engine.fail(job, found.why, road.clock(), retry=True)
        return
    words = f"a person has to look: {found.why}"
    with road.store.transaction(durable=True) as tx:
        if reply.state is ReplyState.SENDING:
            # The lease stays: caps count the row from when it may have gone out.
            outbox.move(tx, reply, ReplyState.UNKNOWN, why=words)
        else:
            outbox.note(tx, reply.key, words)
        audit.write(tx, road.clock(), "homeward", "reply.unknown", reply.key, why=found.why)
        road.engine.finish(tx, job)


def _withdrawing(road: Road, job: Job, reply: Reply) -> None:
    withdrawing.take_back(road, job, reply)


_STEPS = {
    ReplyState.DRAFTED: _drafted,
    ReplyState.APPROVED: _approved,
    ReplyState.SENDING: _in_doubt,
    ReplyState.UNKNOWN: _in_doubt,
    ReplyState.WITHDRAWING: _withdrawing,
}


def _move(road: Road, job: Job, reply: Reply, to: ReplyState, *, why: str) -> None:
    with road.store.transaction(durable=True) as tx:
        outbox.move(tx, reply, to, why=why)
        audit.write(tx, road.clock(), "homeward", f"reply.{to.value}", reply.key, why=why)
        step("send.before_move")
        road.engine.finish(tx, job)
    step("send.after_move")


def _wait(road: Road, job: Job, until: datetime, *, note: Reply | None = None, why: str = "") -> None:
    with road.store.transaction() as tx:
        if note is not None:
            outbox.note(tx, note.key, why)
        road.engine.postpone(tx, job, until)


def _finish(road: Road, job: Job, *, note: Reply | None = None, why: str = "") -> None:
    with road.store.transaction() as tx:
        if note is not None:
            outbox.note(tx, note.key, why)
        road.engine.finish(tx, job)
