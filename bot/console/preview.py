"""An outbox row as its platform would count it, and the steps that are open to a person. Decides none."""

from __future__ import annotations

from dataclasses import dataclass

from bot.console import words
from bot.console.tongue import gettext
from bot.pipeline.road import Road
from store.records.post import Platform
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
    following = NEXT_STATES[reply.state]
    return Preview(
        reply,
        _length(road, reply),
        can_approve=reply.state is ReplyState.DRAFTED and reply.level is Level.CONFIRM,
        can_cancel=ReplyState.CANCELLED in following and reply.state is not ReplyState.SENDING,
        can_withdraw=ReplyState.WITHDRAWING in following,
    )


def _length(road: Road, reply: Reply) -> str:
    """Counted by the account's sender, or by the platform's stock rule where none is set up (dry-run)."""
    sender = road.senders.get(reply.platform)
    if sender is not None:
        used = sender.measure(reply.text, reply.to_handle)
        return _of(used, sender.limits.max_length, sender.limits.length_unit)
    rule = road.rules.lengths.get(Platform(reply.platform))
    if rule is None:
        known = gettext("%(n)s characters, of a limit that nothing here knows")
        return known % {"n": len(reply.text)}
    used = rule.measure(reply.text, reply.to_handle)
    return _of(used, rule.max_length, rule.unit)


def _of(used: int, most: int, unit: str) -> str:
    """How much of a limit is used, in the reader's language."""
    said = {"used": used, "most": most, "unit": words.said(unit)}
    return gettext("%(used)s of %(most)s %(unit)s") % said
