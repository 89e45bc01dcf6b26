"""The outbox as people use it: look, approve, cancel, withdraw. Composes nothing."""

from __future__ import annotations

from datetime import datetime

from bot.pipeline.road import Road
from bot.senders.base import Sender
from store import audit, conversations, outbox, veils
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, SourceError, UsageError
from store.records.reply import Level, Purpose, Receipt, Refused, Reply, ReplyState, Unknown
from store.records.work import Stage


def listing(
    road: Road,
    *,
    state: ReplyState | None = None,
    before: tuple[datetime, str] | None = None,
    most: int = 100,
) -> list[Reply]:
    """Rows, newest draft first, by keyset (draft, key)."""
    with road.store.reading() as tx:
        return outbox.listing(tx, state=state, before=before, most=most)


def show(road: Road, key: str) -> Reply:
    """One row. Raises Missing."""
    with road.store.reading() as tx:
        return _row(tx, key)


def _row(tx: Transaction, key: str, *, hidden: bool = False) -> Reply:
    """A row; one that answers a hidden post is there only for whoever may see that post (`hidden`)."""
    reply = outbox.get(tx, key)
    if not hidden and veils.kinds_of(tx, reply.post_key):
        raise Missing(key, "is not in the outbox")
    return reply


def approve(road: Road, key: str, *, by: str, hidden: bool = False) -> Reply:
    """A person lets a drafted row go. Raises NotAllowed for a dry-run row: it can never be sent."""
    with road.store.transaction(durable=True) as tx:
        reply = _row(tx, key, hidden=hidden)
        if reply.level is Level.DRY_RUN:
            raise NotAllowed(key, "was made in dry-run and can never be sent; only rows made later can")
        if reply.purpose is Purpose.FREE and conversations.marks_of(tx, key).written_by == by:
            raise NotAllowed(key, "was written by you; a second person reads it and lets it go")
        moved = outbox.move(tx, reply, ReplyState.APPROVED, approved_by=by)
        audit.write(tx, road.clock(), by, "reply.approved", key)
        road.engine.enqueue(tx, Stage.SEND, key, priority=30)
    return moved


def cancel(road: Road, key: str, *, by: str, why: str, hidden: bool = False) -> Reply:
    """A person stops a row that is not out yet. Raises Conflict when it is too late."""
    with road.store.transaction(durable=True) as tx:
        held = _row(tx, key, hidden=hidden)
        if held.state is ReplyState.SENDING and held.lease_until and held.lease_until > road.clock():
            raise Conflict(key, "is being sent right now; look at it again in a minute")
        moved = outbox.move(tx, held, ReplyState.CANCELLED, why=why or f"cancelled by {by}")
        audit.write(tx, road.clock(), by, "reply.cancelled", key, why=why)
    return moved


def withdraw(road: Road, key: str, *, by: str, why: str) -> Reply:
    """Take a sent reply back on its platform.

    Raises Conflict if it was not sent, UsageError if the platform refuses or no sender is set up,
    SourceError if the platform cannot be asked just now; the row is `sent` again then.
    """
    with road.store.transaction(durable=True) as tx:
        reply = _row(tx, key)
        sender = _sender(road, reply)
        # A row that was left in the middle of a withdrawal is simply withdrawn again.
        leaving = reply
        if reply.state is not ReplyState.WITHDRAWING:
            leaving = outbox.move(tx, reply, ReplyState.WITHDRAWING, why=why)
            audit.write(tx, road.clock(), by, "reply.withdrawing", key, why=why)
    assert reply.sent_at is not None
    try:
        answer = sender.withdraw(Receipt(reply.receipt_id, reply.receipt_url, reply.sent_at, ""))
    except SourceError as error:
        with road.store.transaction(durable=True) as tx:
            outbox.move(tx, leaving, ReplyState.SENT, why=f"not withdrawn: {error.detail}")
        raise
    with road.store.transaction(durable=True) as tx:
        if isinstance(answer, (Refused, Unknown)):
            moved = outbox.move(tx, leaving, ReplyState.SENT, why=f"not withdrawn: {answer.why}")
        else:
            moved = outbox.move(tx, leaving, ReplyState.WITHDRAWN, why=why)
            audit.write(tx, road.clock(), by, "reply.withdrawn", key)
    if moved.state is ReplyState.SENT:
        raise UsageError(key, f"could not be withdrawn; {moved.why}")
    return moved


def _sender(road: Road, reply: Reply) -> Sender:
    sender = road.senders.get(reply.platform)
    if sender is None:
        raise UsageError(reply.key, f"no sender for {reply.platform} is set up; see `run_bot.py doctor`")
    return sender
