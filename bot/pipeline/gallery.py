"""The gallery follows the registry: active cases are enrolled, others leave. SQL is the source of truth.

Only `active` cases are ever put into a gallery, whoever asks.
"""

from __future__ import annotations

from bot.faces.analyse import FoundFace, analyse
from bot.pipeline.road import Road
from store import cases, photo_checks, photos
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
    found: dict[str, list[FoundFace]] = {}
    if is_active:
        for digest, photo in shown.items():
            found[digest] = analyse(road.faces(), road.blobs.get(photo.served), f"{CASE_PREFIX}{digest}")
    step("enrol.before_transaction")
    with road.store.transaction() as tx:
        if is_active and cases.get(tx, case_id).status is CaseStatus.ACTIVE:
            for digest, faces in found.items():
                if photo_checks.is_viewable(tx, digest):
                    _write(road, tx, case_id, digest, faces)
            step("enrol.half_written")
            cases.gallery_changed(tx, case_id, road.faces().digest, road.clock())
            road.engine.enqueue(tx, Stage.GALLERY, case_id, priority=20)
        road.engine.finish(tx, job)
        step("enrol.before_commit")
    step("enrol.after_commit")


def _write(road: Road, tx: Transaction, case_id: str, digest: str, faces: list[FoundFace]) -> None:
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
        tx, best.face.key, road.faces().digest, best.embedding,
        holder=photos.CASE, at=road.clock(), expires_at=None,
    )  # fmt: skip
    cases.set_face(tx, case_id, digest, face_key=best.face.key, why=why)


def follow(road: Road, tx: Transaction) -> None:
    """Bring this process's gallery up to the registry's sequence of changes."""
    changes = cases.gallery_changes(tx, after=road.gallery_seq)
    for case_id in dict.fromkeys(case_id for _, case_id in changes):
        _refresh(road, tx, case_id)
    if changes:
        road.gallery_seq = changes[-1][0]


def _refresh(road: Road, tx: Transaction, case_id: str) -> None:
    try:
        active = cases.get(tx, case_id).status is CaseStatus.ACTIVE
    except Missing:
        active = False
    for item in cases.photos_of(tx, case_id):
        key = photo_key(case_id, item.photo.digest)
        vector = photos.vector_of(tx, item.face_key, road.faces().digest) if item.face_key else None
        if active and vector is not None:
            road.gallery.put(key, case_id, vector)
        else:
            road.gallery.remove(key)
