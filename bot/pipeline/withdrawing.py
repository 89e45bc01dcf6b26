"""Taking back what was sent: after an opt-out, when the post is gone, when a text was wrong.

A verdict about a match never leads here: a receipt says nothing of a match, and its end would.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from bot.pipeline.road import Road
from store import audit, campaign, conversations, outbox
from store.db import Transaction
from store.records.reply import Receipt, Refused, Reply, ReplyState, Unknown
from store.records.work import Job, Stage

log = structlog.get_logger(__name__)

WAITING = (ReplyState.DRAFTED, ReplyState.APPROVED)
_TRIES = 8


def order(road: Road, tx: Transaction, keys: Iterable[str], *, why: str) -> int:
    """Rows that wait are cancelled, rows that are out are taken back. How many there were.

    One that is just being sent, or in doubt, is taken back once it is known to be out (`unwanted`).
    """
    done = 0
    for key in keys:
        reply = outbox.get(tx, key)
        if reply.state in WAITING:
            outbox.move(tx, reply, ReplyState.CANCELLED, why=why)
            audit.write(tx, road.clock(), "homeward", "reply.cancelled", key, why=why)
        elif reply.state is ReplyState.SENT:
            outbox.move(tx, reply, ReplyState.WITHDRAWING, why=why)
            audit.write(tx, road.clock(), "homeward", "reply.withdrawing", key, why=why)
            road.engine.enqueue(tx, Stage.SEND, key, priority=60)
        else:
            continue
        done += 1
    return done


def of_post(road: Road, tx: Transaction, post_key: str, *, why: str, also_sent: bool = True) -> None:
    """The post is gone: nothing of ours stays under it."""
    rows = [reply for reply in outbox.of_post(tx, post_key) if also_sent or reply.state in WAITING]
    order(road, tx, [reply.key for reply in rows], why=why)
    conversations.cancel_tasks(tx, post_key, why=why, at=road.clock())


def take_back(road: Road, job: Job, reply: Reply) -> None:
    """Ask the platform to delete a row that is to be withdrawn. Repeated it does no harm."""
    sender = road.senders.get(reply.platform)
    if sender is None or reply.sent_at is None:
        _give_up(road, job, reply, "no sender for this platform is set up")
        return
    answer = sender.withdraw(Receipt(reply.receipt_id, reply.receipt_url, reply.sent_at, ""))
    if isinstance(answer, Receipt):
        with road.store.transaction(durable=True) as tx:
            outbox.move(tx, reply, ReplyState.WITHDRAWN)
            audit.write(tx, road.clock(), "homeward", "reply.withdrawn", reply.key)
            outbox.forget_withdrawn(tx, reply.key)
            road.engine.finish(tx, job)
        return
    if isinstance(answer, Unknown) and job.attempt < _TRIES:
        road.engine.fail(job, answer.why, road.clock(), retry=True)
        return
    _give_up(road, job, reply, answer.why if isinstance(answer, Refused | Unknown) else "")


def _give_up(road: Road, job: Job, reply: Reply, why: str) -> None:
    """The platform will not: the row stands as sent, and a person has to delete it there."""
    with road.store.transaction(durable=True) as tx:
        outbox.move(tx, reply, ReplyState.SENT, why=f"not withdrawn: {why}")
        audit.write(tx, road.clock(), "homeward", "reply.not_withdrawn", reply.key, why=why)
        words = f"A reply that has to go (reference {reply.reference}) could not be taken back: {why}. "
        words += "Delete it on the platform by hand."
        campaign.notice(tx, f"withdraw:{reply.reference}", words, road.clock())
        road.engine.finish(tx, job)
    log.warning("reply_not_withdrawn", reply=reply.key, why=why)
