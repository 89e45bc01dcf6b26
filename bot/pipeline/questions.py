"""Asking back: which of the fixed texts a post gets, and the end of a question that needs no answer.

The one message under a post is its receipt or its question, decided from the post alone: whether it
resembles anybody is not known here.
"""

from __future__ import annotations

import structlog

from bot.pipeline import claims, sealing
from bot.pipeline.road import Road
from bot.rules import asking as rules
from store import asking, audit, outbox, sightings
from store.db import Transaction
from store.errors import HomewardError
from store.records.post import Post
from store.records.reply import Purpose, ReplyState
from store.records.sighting import Sighting

log = structlog.get_logger(__name__)

_WAITING = (ReplyState.DRAFTED, ReplyState.APPROVED)


def purpose_of(road: Road, tx: Transaction, post: Post, *, to_author: str) -> Purpose:
    """RECEIPT, or QUESTION where the post does not say where or when and its author was not asked lately."""
    lately = asking.asked_since(tx, to_author, road.clock() - rules.SPACING, but=post.key)
    held = outbox.of_post(tx, post.key)
    claim = None if held else _claim(road, tx, post)
    return rules.purpose_of(claim, held, asked_lately=lately)


def _claim(road: Road, tx: Transaction, post: Post) -> Sighting | None:
    """What the post claims, read here if PLACE has not come to it yet; None if that cannot be done."""
    found = sightings.get(tx, post.key)
    if found is not None:
        return found
    try:
        whole, exif = sealing.whole(road, tx, post), sealing.exif_of_post(road, tx, post.key)
        return claims.completed(tx, claims.read(road, whole, exif))
    except HomewardError as error:
        # PLACE meets the same trouble and says so; the author gets the ordinary receipt meanwhile.
        log.warning("claim_not_read", post=post.key, reason=error.detail)
        return None


def close(road: Road, tx: Transaction, claim: Sighting) -> bool:
    """Cancel the waiting question of a sighting that lacks nothing any more. True if there was one."""
    if rules.gap_of(claim).is_open:
        return False
    held = outbox.find(tx, outbox.key_of(claim.post_key, Purpose.QUESTION))
    if held is None or held.state not in _WAITING:
        return False
    outbox.move(tx, held, ReplyState.CANCELLED, why=rules.COMPLETED)
    audit.write(tx, road.clock(), "homeward", "reply.cancelled", held.key, why=rules.COMPLETED)
    return True
