"""Third arrow: where, when, who and first-hand are read from text, post and photos.

Only loads, calls bot/extract, writes and hands on; reads no text itself.
"""

from __future__ import annotations

from bot.extract import sighting as extract
from bot.pipeline.road import Road
from store import photos, posts, sightings
from store.records.work import Job, Stage
from store.steps import step


def place(road: Road, job: Job) -> None:
    """Read the claim of the post named by the job, then hand it on to MATCH.

    A repost claims nothing of its own: its original carries the sighting, and the copy is attached.
    """
    with road.store.reading() as tx:
        gone = posts.is_gone(tx, job.key)
        post = None if gone else posts.get(tx, job.key)
        exif = [] if gone else photos.exif_of_post(tx, job.key)
    claim = None
    if post is not None and not post.repost_of:
        claim = extract.read(post, exif, road.gazetteer())
    step("place.before_transaction")
    with road.store.transaction() as tx:
        if claim is not None and not posts.is_gone(tx, job.key):
            sightings.put(tx, claim)
            step("place.half_written")
            road.engine.enqueue(tx, Stage.MATCH, job.key, priority=job.priority)
        road.engine.finish(tx, job)
        step("place.before_commit")
    step("place.after_commit")
