"""Fifth arrow: faces of a sighting beside the gallery, and a new case beside everything seen before.

Only loads, calls bot/match, writes. Only faces of posts that may be matched and only active cases
ever meet here; there is no other way to the gallery.
"""

from __future__ import annotations

import structlog

from bot.match import known, score
from bot.match.inputs import Hit, Probe, Registered, RegisteredPhoto
from bot.pipeline import asking, sealing
from bot.pipeline.gallery import follow, photo_key
from bot.pipeline.pictures import seen_before
from bot.pipeline.road import Road
from store import cases, matches, photos, pictures, posts, sightings
from store.db import Transaction
from store.photos import Vector
from store.records.case import CaseStatus
from store.records.match import Match
from store.records.photo import Face
from store.records.post import Post
from store.records.work import Job
from store.steps import step

log = structlog.get_logger(__name__)

# How many cases a probe is scored beside; reviewers see those that pass a threshold.
HITS = 20


def match(road: Road, job: Job) -> None:
    """Compare the faces of the post named by the job with all active cases."""
    found: list[Match] = []
    with road.gallery_lock, road.store.reading() as tx:
        follow(road, tx)
        for face, vector in _faces_of_post(road, tx, job.key):
            found += _score(road, tx, job.key, face, vector)
    step("match.before_transaction")
    with road.store.transaction() as tx:
        _write(road, tx, found)
        step("match.half_written")
        road.engine.finish(tx, job)
        step("match.before_commit")
    step("match.after_commit")


def search_stored(road: Road, job: Job) -> None:
    """Compare a newly active case with every stored sighting whose vector is still kept.

    Each stored face is scored against the whole gallery, so that the new case takes the rank it would
    have had; only matches with this case are written.
    """
    found: list[Match] = []
    with road.gallery_lock, road.store.reading() as tx:
        follow(road, tx)
        is_enrolled = any(item.face_key for item in cases.photos_of(tx, job.key))
        stored = photos.sighting_vectors(tx, road.faces().digest) if is_enrolled else ()
        for face_key, vector in stored:
            face = photos.face(tx, face_key)
            showing = photos.posts_with(tx, [face.photo])
            first = next((key for key in showing if _may_be_compared(road, tx, key)), None)
            if first is not None:
                found += [m for m in _score(road, tx, first, face, vector) if m.case_id == job.key]
    step("gallery.before_transaction")
    with road.store.transaction() as tx:
        _write(road, tx, found)
        step("gallery.half_written")
        road.engine.finish(tx, job)
        step("gallery.before_commit")
    step("gallery.after_commit")


def _may_be_compared(road: Road, tx: Transaction, key: str) -> bool:
    """Whether the post stands, claims something of its own, and its permit allows a comparison."""
    if posts.is_gone(tx, key):
        return False
    post = posts.get(tx, key)
    return not post.repost_of and asking.permit_of(road, tx, post).may_match


def _faces_of_post(road: Road, tx: Transaction, key: str) -> list[tuple[Face, Vector]]:
    """The faces of the post's photos that have a vector; none if the post may not be compared."""
    if not _may_be_compared(road, tx, key):
        return []
    digests = dict.fromkeys(row.photo for row in posts.media_of(tx, key) if row.photo)
    found = []
    for digest in digests:
        for face in photos.faces_of(tx, digest):
            vector = photos.vector_of(tx, face.key, road.faces().digest)
            if vector is not None:
                found.append((face, vector))
    return found


def _score(road: Road, tx: Transaction, post_key: str, face: Face, vector: Vector) -> list[Match]:
    """One probe beside the gallery, as ranked matches."""
    post = posts.get(tx, post_key)
    hits = road.gallery.search(vector, HITS)
    probe = Probe(
        face=face,
        post_key=post_key,
        photo_phash=photos.get(tx, face.photo).phash,
        sighting=sealing.exact_claim(road, tx, sightings.get(tx, post_key)),
        posted_at=post.written_at,
    )
    thresholds = road.rules.thresholds
    ranked = score.rank(
        probe,
        hits,
        {hit.case_id: _registered(tx, hit) for hit in hits},
        cohort=road.gallery.cohort(vector, thresholds.cohort_size + 1),
        gallery_size=road.gallery.size_cases,
        model=road.faces().digest,
        thresholds=thresholds,
    )
    return [_with_history(tx, post, face, item) for item in ranked]


def _with_history(tx: Transaction, post: Post, face: Face, item: Match) -> Match:
    """The match with what is known of its picture: in the bank of known ones, or posted before."""
    listed = pictures.known_as(tx, face.photo)
    if listed is not None:
        return known.set_aside(item, listed)
    return known.told(item, [s for s in seen_before(tx, post) if s.photo == face.photo])


def _registered(tx: Transaction, hit: Hit) -> Registered:
    shown = []
    for item in cases.photos_of(tx, hit.case_id):
        if not item.face_key:
            continue
        photo, face = photos.get(tx, item.photo.digest), photos.face(tx, item.face_key)
        key = photo_key(hit.case_id, item.photo.digest)
        of = item.photo
        shown.append(
            RegisteredPhoto(key, of.digest, photo.phash, face.crop_hash, of.age_years, taken_on=of.taken_on)
        )
    return Registered(cases.get(tx, hit.case_id).case, tuple(shown))


def _write(road: Road, tx: Transaction, found: list[Match]) -> None:
    """Keep matches whose face and case still stand: what went meanwhile takes its matches along."""
    for item in found:
        stands = photos.has_face(tx, item.face_key) and not posts.is_gone(tx, item.post_key)
        if stands and cases.get(tx, item.case_id).status is CaseStatus.ACTIVE:
            matches.put(tx, item, road.clock())
