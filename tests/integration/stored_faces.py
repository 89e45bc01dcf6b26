"""An installation whose sightings and cases are made row by row: drawn faces, no fetching and no gate."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from PIL import Image

from bot.engine.base import Engine
from bot.faces.fake import FakeFaceModel, draw, jpeg
from bot.match.inputs import Thresholds
from bot.pipeline import ingest, templates, work
from bot.pipeline.road import Road
from bot.wiring import Built
from store import cases, photo_checks, photos, posts
from store.photo_checks import PhotoPrint
from store.records.case import CasePhoto, CaseStatus, CaseStep
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.work import Stage
from tests import makers

# Drawn persons are less alike in two pictures than real ones, and all pictures of one are nearly copies.
LIMITS = Thresholds(
    review_cosine_to_5=0.45, review_cosine_6_to_12=0.45, review_cosine_from_13=0.45,
    copy_cosine=0.99, alike_cosine=0.995,
)  # fmt: skip
FACES = (Stage.ENROL, Stage.GALLERY, Stage.MATCH)


def drawn(built: Built) -> Built:
    """The installation with the model that sees drawn faces."""
    model = FakeFaceModel()
    built.road.faces = lambda: model
    built.road.rules = replace(built.road.rules, thresholds=LIMITS)
    return built


def picture(person: int, pose: int) -> bytes:
    """A drawn person as a JPEG; each pose is another picture, between 0.5 and 0.85 alike."""
    return jpeg(Image.blend(draw(person), draw(person, pose=pose + 1), 0.55))


def keep_photo(road: Road, person: int, pose: int) -> tuple[str, bytes]:
    """A kept and compared photo of a drawn person: its digest and the served bytes."""
    served = picture(person, pose)
    original = served + b" as it came"
    digest = road.blobs.put(original)
    phash = hashlib.sha256(original).hexdigest()[:16]
    photo = replace(makers.photo(), digest=digest, served=road.blobs.put(served), phash=phash)
    with road.store.transaction() as tx:
        photos.put(tx, photo, road.clock())
        photo_checks.put(tx, PhotoPrint(digest), lists="none", at=road.clock())
    return digest, served


def sighting(built: Built, number: int, person: int, pose: int = 0) -> str:
    """A stored post that shows a drawn person, its faces kept as the look keeps them; its key."""
    road = built.road
    post = makers.post(number, media=(makers.media(),), received_at=road.clock(), created_at=road.clock())
    ingest.take_page(road, "live", "Tag", Page(posts=(post,)))
    digest, served = keep_photo(road, person, pose)
    with road.store.transaction() as tx:
        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=digest)
    keep_faces(road, post.key, digest, served)
    return post.key


def keep_faces(road: Road, post_key: str, digest: str, served: bytes) -> None:
    """What the look does with the faces of a photo that may be compared."""
    made = templates.embedded(road, served, digest)
    with road.store.transaction() as tx:
        templates.keep(road, tx, post_key, digest, made)


def case(built: Built, number: int, person: int, pose: int = 90, *, sealed: bool = False) -> str:
    """An active case with one registered photo of a drawn person, waiting to be enrolled; its id."""
    road, made = built.road, makers.case(number, sealed=sealed)
    digest, _ = keep_photo(road, person, pose)
    with road.store.transaction() as tx:
        cases.add(tx, made, by="ana", at=road.clock(), evidence="")
        cases.put_photos(tx, [CasePhoto(made.id, digest, 9.0)])
    move(road, made.id, CaseStatus.DRAFT, CaseStatus.ACTIVE, road.clock())
    with road.store.transaction() as tx:
        road.engine.enqueue(tx, Stage.ENROL, made.id, priority=20)
    return made.id


def move(road: Road, case_id: str, before: CaseStatus, after: CaseStatus, at: datetime) -> None:
    """A step in the life of a case, with the gallery told."""
    with road.store.transaction() as tx:
        cases.move(tx, CaseStep(case_id, after, "ben", at, "police ref. 1"), expect=before)
        cases.gallery_changed(tx, case_id, "", at)


def work_on_faces(built: Built) -> int:
    """Enrol, search back and match everything that is due; how many jobs could not be done."""
    return work.work_off(built.road, work.arrows(dict), FACES)


def do_one(built: Built, stage: Stage) -> bool:
    """Do the one next job of a stage. Raises what it raises; False if there is none."""
    engine: Engine = built.road.engine
    jobs = engine.claim([stage], built.road.clock(), most=1)
    for job in jobs:
        work.arrows(dict)[stage](built.road, job)
    return bool(jobs)
