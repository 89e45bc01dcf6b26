"""Fifth arrow: faces of a sighting beside the gallery. The other way round is bot/pipeline/stored.py.

Only loads, calls bot/match, writes. Only faces of posts that may be matched and only active cases
ever meet here; there is no other way to the gallery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.faces.models import FaceModel
from bot.match import known, score
from bot.match.inputs import Cohort, Hit, Probe, Registered, RegisteredPhoto
from bot.match.score import Judged
from bot.pipeline import asking, centring, models, sealing, showing
from bot.pipeline.gallery import follow, photo_key
from bot.pipeline.pictures import seen_before
from bot.pipeline.road import Road
from store import case_teams, cases, drops, matches, photos, pictures, posts, probe_scores, sightings
from store.db import Transaction
from store.photos import Vector
from store.probe_scores import ProbeScore
from store.records.case import CaseStatus
from store.records.match import Dropped, Match, Tier
from store.records.photo import Face, FaceQuality
from store.records.post import Post
from store.records.work import Job
from store.steps import step

log = structlog.get_logger(__name__)

# How many cases a probe is scored beside; reviewers see those that pass a threshold.
HITS = 20


def match(road: Road, job: Job) -> None:
    """Compare the faces of the post named by the job with all active cases."""
    found: list[Judged] = []
    compared: list[Face] = []
    digest = ""
    with road.gallery_lock, road.store.reading() as tx:
        if may_be_compared(road, tx, job.key):
            model = follow(road, tx)
            digest = model.digest
            for face, vector in _faces_of_post(tx, job.key, digest):
                compared.append(face)
                found.append(judged(road, tx, job.key, face, vector, model))
    step("match.before_transaction")
    with road.store.transaction() as tx:
        _keep_scores(road, tx, compared, found, digest)
        pairs = [item for each in found for item in each.matches]
        write(road, tx, pairs, [item for each in found for item in each.dropped])
        kept, faces = [item.key for item in pairs], [face.key for face in compared]
        matches.withdraw_of_former_models(tx, job.key, faces, digest, found=kept)
        step("match.half_written")
        road.engine.finish(tx, job)
        step("match.before_commit")
    step("match.after_commit")


def may_be_compared(road: Road, tx: Transaction, key: str) -> bool:
    """Whether the post stands, claims something of its own, and its permit allows a comparison."""
    if posts.is_gone(tx, key):
        return False
    post = posts.get(tx, key)
    return not post.repost_of and asking.permit_of(road, tx, post).may_match


def _faces_of_post(tx: Transaction, key: str, model: str) -> list[tuple[Face, Vector]]:
    """The faces of the post's photos that have a vector."""
    digests = dict.fromkeys(row.photo for row in posts.media_of(tx, key) if row.photo)
    found = []
    for digest in digests:
        for face in photos.faces_of(tx, digest):
            vector = photos.vector_of(tx, face.key, model)
            if vector is not None:
                found.append((face, vector))
    return found


def _keep_scores(road: Road, tx: Transaction, faces: list[Face], found: list[Judged], model: str) -> None:
    """Keep the best score of every face that shows no picture known before, for proposing thresholds."""
    drops.drop(tx, [face.key for face in faces])
    probe_scores.drop(tx, [face.key for face in faces if not photos.has_face(tx, face.key)])
    # Shown with proposed thresholds, so counted as everybody counts.
    cases_there = road.gallery.size_cases - len(case_teams.sealed_in_search(tx))
    now = road.clock()
    for face, each in zip(faces, found, strict=True):
        if not photos.has_face(tx, face.key):
            continue
        if each.score is None or any(item.tier is Tier.SET_ASIDE for item in each.matches):
            probe_scores.drop(tx, [face.key])
            continue
        looks = each.looks if face.quality is FaceQuality.GOOD else "unknown"
        made = ProbeScore(face.key, model, face.photo, looks, cases_there, each.score, now)
        probe_scores.put(tx, [made])


def scored(
    road: Road, tx: Transaction, post_key: str, face: Face, vector: Vector, model: FaceModel
) -> list[Match]:
    """One probe beside the gallery, as ranked matches. `model` made the vectors on both sides."""
    return list(judged(road, tx, post_key, face, vector, model).matches)


def judged(
    road: Road, tx: Transaction, post_key: str, face: Face, vector: Vector, model: FaceModel
) -> Judged:
    """One probe beside the gallery: ranked matches, and pairs that cannot be with the reason."""
    post = posts.get(tx, post_key)
    thresholds = models.thresholds_of(road, model)
    nearest = road.gallery.search(centring.placed(road, vector), max(HITS, thresholds.cohort_size + 1))
    hits = centring.plainly(road, tx, nearest[:HITS], vector, model.digest)
    probe = Probe(
        face=face,
        post_key=post_key,
        photo_phash=photos.get(tx, face.photo).phash,
        sighting=sealing.exact_claim(road, tx, sightings.get(tx, post_key)),
        posted_at=post.written_at,
        shows=_registered_in(tx, face.photo),
    )
    found = score.judge(
        probe,
        hits,
        {hit.case_id: _registered(tx, hit) for hit in hits},
        cohort=Cohort(tuple(hit.similarity for hit in nearest)),
        gallery_size=road.gallery.size_cases,
        model=model.digest,
        thresholds=thresholds,
        told=told(hits, case_teams.sealed_in_search(tx), road.gallery.size_cases),
    )
    return replace(found, matches=tuple(_with_history(tx, post, face, item) for item in found.matches))


def told(hits: Sequence[Hit], sealed: frozenset[str], size: int) -> dict[str, tuple[int, int]]:
    """Rank and number of cases as people are shown them, by case: sealed ones count beside themselves alone.

    Otherwise a card that counts one case more than the registry lists would say that a sealed one is there.
    """
    found, others = dict[str, tuple[int, int]](), size - len(sealed)
    hidden = 0
    for hit in hits:
        is_sealed = hit.case_id in sealed
        found[hit.case_id] = (hit.rank - hidden, others + is_sealed)
        hidden += is_sealed
    return found


def _registered_in(tx: Transaction, photo: str) -> tuple[str, ...]:
    """The cases of which a registered photo is, or is seen in, the picture of this photo."""
    shown = [case for digest in pictures.group(tx, photo) for case in cases.with_photo(tx, digest)]
    return tuple(sorted(set(shown)))


def _with_history(tx: Transaction, post: Post, face: Face, item: Match) -> Match:
    """The match with what is known of its picture: in the bank of known ones, or posted before."""
    listed = pictures.known_as(tx, face.photo)
    if listed is not None:
        return known.set_aside(item, listed)
    before = [s for s in seen_before(tx, post) if s.photo == face.photo]
    return known.told(item, before) if before else known.never_seen(item)


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


def write(road: Road, tx: Transaction, found: list[Match], dropped: Sequence[Dropped] = ()) -> None:
    """Keep matches whose face and case still stand: what went meanwhile takes its matches along."""
    standing = [item for item in found if _stands(tx, item)]
    showing.write(road, tx, standing, [item for item in dropped if _stands(tx, item)])


def _stands(tx: Transaction, item: Match | Dropped) -> bool:
    if not photos.has_face(tx, item.face_key) or posts.is_gone(tx, item.post_key):
        return False
    return cases.get(tx, item.case_id).status is CaseStatus.ACTIVE
