"""Brings the campaign's numbers by day into line with what was stored, changed and forgotten meanwhile.

A few thousand posts a transaction, so that nobody waits long for the writer. Draws no conclusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import campaign_changes, campaign_days
from store.steps import step

log = structlog.get_logger(__name__)

AT_ONCE = 2_000
CHUNKS_A_ROUND = 50
"""A round that finds more leaves the rest to the next one."""


def round_of(road: Road, _sources: Mapping[str, Source] | None = None) -> int:
    """Count what changed since the last round. How many marks were taken."""
    return catch_up(road, most_chunks=CHUNKS_A_ROUND)


def catch_up(road: Road, *, most_chunks: int | None = None) -> int:
    """Take marks until none is left, or so many chunks; then count the days they touched."""
    taken, chunks, zone = 0, 0, road.life.zone
    while most_chunks is None or chunks < most_chunks:
        with road.store.transaction() as tx:
            number = campaign_days.catch_up(tx, zone, road.clock(), most=AT_ONCE)
        step("counting.after_chunk")
        taken, chunks = taken + number, chunks + 1
        if number < AT_ONCE:
            break
    count_days(road)
    if taken:
        log.info("campaign.counted", posts=taken)
    return taken


def count_days(road: Road) -> list[date]:
    """Count every day anew that changed. The days."""
    zone = road.life.zone
    with road.store.reading() as tx:
        is_other_zone = campaign_days.is_other_zone(tx, zone)
    if is_other_zone:
        with road.store.transaction() as tx:
            campaign_days.rezone(tx, zone, road.clock())
    with road.store.reading() as tx:
        days = campaign_days.stale(tx, zone)
    for day in days:
        with road.store.transaction() as tx:
            campaign_days.recount(tx, day, zone, road.clock())
    return days


def rebuild(road: Road) -> int:
    """Forget all that was counted and count every post anew. How many posts were looked at."""
    with road.store.transaction() as tx:
        campaign_days.clear(tx, road.life.zone, road.clock())
        campaign_changes.mark_all(tx)
    return catch_up(road)
