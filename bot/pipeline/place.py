"""Third arrow: where, when, who and first-hand are read from text, post and photos; copies are found.

Only loads, calls bot/extract, writes and hands on; reads no text itself.
"""

from __future__ import annotations

from bot.extract import recycled
from bot.pipeline import claims, pictures, questions, reply, sealing
from bot.pipeline.road import Road
from store import posts, sightings
from store.records.picture import SamePicture
from store.records.work import Job, Stage
from store.steps import step


def place(road: Road, job: Job) -> None:
    """Read the claim of the post named by the job, then hand it on to MATCH.

    A repost claims nothing of its own: its original carries the sighting, and the copy is attached.
    """
    with road.store.reading() as tx:
        gone = posts.is_gone(tx, job.key)
        post = None if gone else sealing.whole(road, tx, posts.get(tx, job.key))
        exif = [] if gone else sealing.exif_of_post(road, tx, job.key)
    claim = None
    pairs: list[SamePicture] = []
    if post is not None and not post.repost_of:
        claim = claims.read(road, post, exif)
        with road.store.reading() as tx:
            pairs = pictures.find(road, tx, pictures.photos_of(tx, job.key))
    step("place.before_transaction")
    with road.store.transaction() as tx:
        if claim is not None and post is not None and not posts.is_gone(tx, job.key):
            before = pictures.keep(road, tx, post, pairs)
            claim = claims.completed(tx, recycled.weigh(claim, before, post.written_at))
            sightings.put(tx, sealing.keep_claim(road, tx, claim))
            if questions.close(road, tx, claim):
                reply.ensure(road, tx, post)
            step("place.half_written")
            road.engine.enqueue(tx, Stage.MATCH, job.key, priority=job.priority)
        road.engine.finish(tx, job)
        step("place.before_commit")
    step("place.after_commit")
