"""The gallery follows the registry: active cases are enrolled, others leave. SQL is the source of truth.

Only `active` cases are ever put into a gallery, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from bot.faces.analyse import FoundFace, analyse
from bot.faces.gallery import SharedGallery
from bot.faces.models import FaceModel, Vector
from bot.match.ageing import without
from bot.match.normalise import template
from bot.pipeline.pictures import keep_pairs, recognisable
from bot.pipeline.road import Road
from store import case_searches, cases, face_centres, photo_checks, photos, vectors
from store.case_searches import STORED, CaseSearch
from store.db import Transaction
from store.errors import Missing
from store.records.case import CaseStatus
from store.records.photo import FaceQuality
from store.records.work import Job, Stage
from store.steps import step

# A registered photo can also turn up in a post: its faces are kept under keys of their own.
CASE_PREFIX = "case:"


def photo_key(case_id: str, digest: str) -> str:
    """What a registered photo's vector is put into the gallery under."""
    return f"{case_id}|{digest}"


def template_key(case_id: str) -> str:
    """What the mean of a case's vectors is put into the gallery under, beside its photos."""
    return photo_key(case_id, "*")


def enrol(road: Road, job: Job) -> None:
    """Find and embed the faces of a case's registered photos, then search stored sightings for it.

    In a photo with several faces the largest stands for the child, and the reason is kept.
    """
    case_id = job.key
    with road.store.reading() as tx:
        is_active = cases.get(tx, case_id).status is CaseStatus.ACTIVE
        enrolled = cases.photos_of(tx, case_id)
        checked = [item.photo.digest for item in enrolled if photo_checks.is_viewable(tx, item.photo.digest)]
        shown = {digest: photos.get(tx, digest) for digest in checked}
    model = road.faces()
    found: dict[str, list[FoundFace]] = {}
    pairs = recognisable(road, shown) if is_active else []
    if is_active:
        for digest, photo in shown.items():
            found[digest] = analyse(model, road.blobs.get(photo.served), f"{CASE_PREFIX}{digest}")
    step("enrol.before_transaction")
    with road.store.transaction() as tx:
        if is_active and cases.get(tx, case_id).status is CaseStatus.ACTIVE:
            for digest, faces in found.items():
                if photo_checks.is_viewable(tx, digest):
                    _write(road, tx, model, case_id, digest, faces)
            keep_pairs(tx, pairs)
            step("enrol.half_written")
            now = road.clock()
            cases.gallery_changed(tx, case_id, model.digest, now)
            case_searches.put(tx, CaseSearch(case_id, model.digest, STORED, "", 0, 0, 0, now, now))
            road.engine.enqueue(tx, Stage.GALLERY, case_id, priority=20)
        road.engine.finish(tx, job)
        step("enrol.before_commit")
    step("enrol.after_commit")


def _write(
    road: Road, tx: Transaction, model: FaceModel, case_id: str, digest: str, faces: list[FoundFace]
) -> None:
    usable = [item for item in faces if item.embedding is not None]
    if not usable:
        why = "no face was found in this photo; register another" if not faces else faces[0].face.quality_why
        cases.set_face(tx, case_id, digest, face_key=None, why=why)
        return
    best = max(usable, key=lambda item: item.face.box.width * item.face.box.height)
    why = "" if len(faces) == 1 else f"{len(faces)} faces in this photo; the largest stands for the child"
    if best.face.quality is not FaceQuality.GOOD:
        why = best.face.quality_why
    photos.put_faces(tx, [best.face])
    assert best.embedding is not None
    photos.put_vector(
        tx, best.face.key, model.digest, best.embedding,
        holder=photos.CASE, at=road.clock(), expires_at=None,
    )  # fmt: skip
    cases.set_face(tx, case_id, digest, face_key=best.face.key, why=why)


def follow(road: Road, tx: Transaction) -> FaceModel:
    """Bring this process's gallery up to the registry's sequence of changes; gives the model it is of.

    When another model is in force than before, or another direction of age (bot/pipeline/centring.py),
    the gallery begins anew with the vectors as they are now; one that processes share does so in a table of
    its own, so that each of them goes over by itself.
    """
    model = road.faces()
    centre = face_centres.get(tx, model.digest)
    wanted = model.digest if centre is None else f"{model.digest}:{centre.version}"
    is_new = road.gallery_model != wanted
    if is_new:
        if road.make_gallery is not None:
            road.gallery = road.make_gallery(model, 0 if centre is None else centre.version)
            is_turned = centre is not None and len(centre.direction) > 0
            road.gallery_age = centre.direction if centre is not None and is_turned else None
        road.gallery_model, road.gallery_seq = wanted, 0

    def bring_up(after: int) -> int:
        return _bring_up(road, tx, model, after)

    if isinstance(road.gallery, SharedGallery):
        road.gallery_seq = road.gallery.follow(bring_up)
        if is_new:
            road.gallery.drop_older()
    else:
        road.gallery_seq = bring_up(road.gallery_seq)
    return model


def _bring_up(road: Road, tx: Transaction, model: FaceModel, after: int) -> int:
    if not after and not road.gallery.size_vectors:
        latest = vectors.latest_change(tx)
        rows = vectors.of_active_cases(tx, model.digest)
        for case_id, photos_of in groupby(rows, key=lambda row: row[0]):
            _put(road, case_id, ((digest, vector) for _, digest, vector in photos_of))
        return latest
    changes = cases.gallery_changes(tx, after=after)
    for case_id in dict.fromkeys(case_id for _, case_id in changes):
        _refresh(road, tx, model, case_id)
    return changes[-1][0] if changes else after


def _refresh(road: Road, tx: Transaction, model: FaceModel, case_id: str) -> None:
    try:
        active = cases.get(tx, case_id).status is CaseStatus.ACTIVE
    except Missing:
        active = False
    road.gallery.remove_case(case_id)
    if active:
        _put(road, case_id, vectors.of_case(tx, case_id, model.digest))


def _put(road: Road, case_id: str, found: Iterable[tuple[str, Vector]]) -> None:
    """A case's photos, and of several their mean as one more: a child is nearer to it than to any of them."""
    placed = [(digest, without(vector, road.gallery_age)) for digest, vector in found]
    for digest, vector in placed:
        road.gallery.put(photo_key(case_id, digest), case_id, vector)
    if len(placed) > 1:
        try:
            mean = template([vector for _, vector in placed])
        except ValueError:  # They cancel out; each stands for itself.
            return
        road.gallery.put(template_key(case_id), case_id, mean)
