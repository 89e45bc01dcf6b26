"""Room on the disk: what gives way when it is not enough, and what is told of it.

First copies for showing go, oldest first: they are made again when somebody looks. Then new photos wait.
Posts never wait, and nothing that cannot be had again is deleted for room.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.pipeline.road import Road
from bot.pipeline.room import Room
from store import campaign, photo_copies
from store.errors import NoRoom

log = structlog.get_logger(__name__)

NOTICE = "disk"
BATCH = 200
MOST_BATCHES = 500
SETTLED = timedelta(days=1)
"""A photo of the last day is being looked at: its copy stays."""
LOOK_AGAIN = timedelta(minutes=10)


def need_room(road: Road) -> None:
    """Raises NoRoom while new photos wait."""
    if road.space.room is Room.FULL:
        raise NoRoom("photos", "wait: the disk is full (limits.max_disk_gb, limits.min_free_gb)")


def round_of(road: Road, _active: object = None) -> None:
    """Measure, free what may be freed, and say what waits."""
    before = road.space.room
    road.space.measure()
    if road.space.room is not Room.ENOUGH:
        gone = give_up_copies(road)
        if gone:
            log.info("copies_given_up", copies=gone, used_gb=round(road.space.used_bytes / 1e9, 2))
            road.space.measure(anew=road.space.room is Room.FULL)
    now = road.space.room
    road.metrics.disk_used.set(road.space.used_bytes)
    road.metrics.photos_wait.set(1 if now is Room.FULL else 0)
    if now is not before:
        log.warning("room_on_disk", room=now.value, was=before.value, words=road.space.words())
    _tell(road)


def _tell(road: Road) -> None:
    full = road.space.room is Room.FULL
    words = (
        f"There is no room for new photos: {road.space.words()}. They are fetched once there is; posts "
        "go on. Free space, or raise limits.max_disk_gb in config.yaml."
        if full
        else ""
    )
    with road.store.reading() as tx:
        stands = NOTICE in campaign.notices(tx)
    # The amounts change all the time: a notice that stands is not written again for them.
    if stands != full:
        with road.store.transaction() as tx:
            campaign.notice(tx, NOTICE, words, road.clock())


def give_up_copies(road: Road) -> int:
    """Drop copies for showing until the use is eased or none is left that may go. How many went."""
    before, after, gone = road.clock() - SETTLED, None, 0
    for _ in range(MOST_BATCHES):
        if road.space.wanted_bytes() <= 0:
            break
        with road.store.reading() as tx:
            batch = photo_copies.oldest(tx, after=after, before=before, most=BATCH)
        if not batch:
            break
        after = batch[-1].kept_at, batch[-1].digest
        for copy in batch:
            if road.blobs.has(copy.served):
                size = len(road.blobs.get(copy.served))
                road.blobs.drop(copy.served)
                road.space.freed(size)
                road.space.free_bytes += size
                gone += 1
            if road.space.wanted_bytes() <= 0:
                break
    return gone
