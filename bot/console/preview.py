"""An outbox row beside what its platform would make of it: length, unit, limit, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.road import Road
from store.records.reply import NEXT_STATES, Level, Reply, ReplyState


@dataclass(frozen=True, slots=True)
class Preview:
    """A row, its length in words as the platform counts it, and the steps that are open to a person."""

    reply: Reply
    length: str
    can_approve: bool
    can_cancel: bool
    can_withdraw: bool


def preview(road: Road, reply: Reply) -> Preview:
    """The row as it would be posted. The services decide again whether a step is possible."""
    sender = road.senders.get(reply.platform)
    length = "length not known: no sender is set up for this platform"
    if sender is not None:
        used = sender.measure(reply.text, reply.to_handle)
        length = f"{used} of {sender.limits.max_length} {sender.limits.length_unit}"
    following = NEXT_STATES[reply.state]
    return Preview(
        reply,
        length,
        can_approve=ReplyState.APPROVED in following
        and reply.state is ReplyState.DRAFTED
        and reply.level is Level.CONFIRM,
        can_cancel=ReplyState.CANCELLED in following and reply.state is not ReplyState.SENDING,
        can_withdraw=reply.state is ReplyState.SENT,
    )
