"""The end of a campaign as the machinery sees it: whether it is over, and deleting what was collected.

Which step may be taken, and by whom, is decided in bot/services/ending.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.pipeline.ingest import take_gone
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import permit
from store import audit, campaign_steps, letting_go, life
from store.records.post import Gone, Platform
from store.steps import step

log = structlog.get_logger(__name__)

STOP, REPORT, HANDOVER, PURGE, REVOKE = "end.stop", "end.report", "end.handover", "end.purge", "end.revoke"
DONE, WAITS, RUNNING = "done", "waits", "running"
WHY = f"the campaign is over: {permit.STORAGE_LIMIT}"
"""Ends as a storage limit does, so that what we wrote on the platforms stays there."""
AT_ONCE = 100
CHUNKS_A_ROUND = 20


def is_over(road: Road) -> bool:
    """Whether people have stopped the campaign: nothing is collected then."""
    with road.store.reading() as tx:
        taken = campaign_steps.get(tx, STOP)
    return taken is not None and taken.state == DONE


def round_of(road: Road, _sources: Mapping[str, Source] | None = None) -> int:
    """Go on deleting, where two people have agreed on it. How many posts went."""
    return purge(road, most_chunks=CHUNKS_A_ROUND)


def purge(road: Road, *, most_chunks: int | None = None) -> int:
    """Delete collected posts, a hundred a transaction, until none is left or so many chunks are done.

    Each goes exactly as one that its author deleted, and under a legal hold leaves its sealed copy. Where
    it stands is kept with each chunk, so that it can be cut off anywhere.
    """
    gone, chunks = 0, 0
    while most_chunks is None or chunks < most_chunks:
        number = _chunk(road)
        step("ending.after_chunk")
        gone, chunks = gone + number, chunks + 1
        if not number:
            break
    if gone:
        log.info("campaign.purged", posts=gone)
    return gone


def _chunk(road: Road) -> int:
    with road.store.transaction() as tx:
        held = campaign_steps.get(tx, PURGE)
        if held is None or held.state != RUNNING:
            return 0
        now = road.clock()
        after = str(held.detail.get("after", ""))
        # What came in behind the place where it stands is found by looking from the beginning once more.
        keys = life.standing(tx, after=after, most=AT_ONCE) or life.standing(tx, most=AT_ONCE)
        for key, platform in keys:
            take_gone(road, tx, Gone(key, Platform(platform), WHY, now), tells=False)
        done = int(held.detail.get("deleted", 0)) + len(keys)
        state = RUNNING if keys else DONE
        detail = {**held.detail, "deleted": done, "after": keys[-1][0] if keys else ""}
        campaign_steps.put(tx, replace(held, state=state, detail=detail))
        if not keys:
            life.drop_put_away(tx)
            letting_go.end_all(tx, WHY)
            audit.write(tx, now, held.second_by, "campaign.purged", PURGE, deleted=done)
    return len(keys)
