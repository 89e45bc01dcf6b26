"""Vectors of another face model beside those in force: made in batches, compared in the shadow, switched to.

What was made is kept, so that a killed run goes on; vectors of two models are never compared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import structlog

from bot.faces.analyse import decoded
from bot.faces.models import FaceModel
from bot.match import sieve
from bot.match.inputs import Hit
from bot.pipeline import centring, match, models
from bot.pipeline.gallery import CASE_PREFIX, follow
from bot.pipeline.road import Road
from store import face_models, matches, photo_checks, photos, vectors, veils
from store.db import Transaction
from store.errors import Conflict, Missing, ModelError, PhotoError, UsageError
from store.face_models import ModelRow
from store.records.match import Match, Tier
from store.records.work import Stage
from store.steps import step
from store.vectors import CASE, SIGHTING, Held

log = structlog.get_logger(__name__)

AT_ONCE = 64
SHADOW_AT_ONCE = 1024
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Diff:
    """What would change: matches that would come, keys of waiting ones that would go or stay."""

    came: tuple[Match, ...]
    went: tuple[str, ...]
    stayed: tuple[str, ...]


def begin(road: Road, row: ModelRow) -> str:
    """Say that a model is being prepared; gives the digest of the one in force.

    Raises UsageError for that one itself, Conflict before a first one is in force.
    """
    with road.store.transaction() as tx:
        held = face_models.in_force(tx)
        if held is None:
            raise Conflict("face model", "none is in force yet; start Homeward once")
        if held.digest == row.digest:
            raise UsageError(row.source, "is the face model in force already")
        known = face_models.get(tx, row.digest)
        done = known.done if known is not None and known.state == face_models.NEXT else 0
        total = vectors.count(tx, held.digest)
        face_models.put(tx, replace(row, state=face_models.NEXT, done=done, total=total))
    return held.digest


def make(road: Road, old: str, model: FaceModel, tell: Tell, halted: Callable[[], bool]) -> dict[str, str]:
    """Make the vectors that are missing under the model, until there are none.

    Gives the faces of which none could be made, each with the reason. Stops between two batches when
    `halted` says so.
    """
    skipped: dict[str, str] = {}
    made_any = True
    while made_any and not halted():  # Posts that arrive meanwhile are found by another pass.
        made_any = False
        for holder in (CASE, SIGHTING):
            after = ""
            while batch := _batch(road, old, model, holder, after):
                made_any |= _make_batch(road, old, model, batch, skipped, tell)
                after = batch[-1].face_key
                if halted():
                    return skipped
    return skipped


def _batch(road: Road, old: str, model: FaceModel, holder: str, after: str) -> list[Held]:
    with road.store.reading() as tx:
        now = road.clock()
        return vectors.missing(tx, old, model.digest, holder, now=now, after=after, most=AT_ONCE)


def _make_batch(
    road: Road, old: str, model: FaceModel, batch: list[Held], skipped: dict[str, str], tell: Tell
) -> bool:
    """Embed the faces of a batch, photo by photo, and keep what was made. Whether anything was."""
    made: list[tuple[Held, np.ndarray]] = []
    for photo, faces in groupby(batch, key=lambda held: held.photo):
        made += _of_photo(road, model, photo, list(faces), skipped)
    step("reembed.before_transaction")
    with road.store.transaction() as tx:
        for held, vector in made:
            if photos.vector_of(tx, held.face_key, old) is not None:  # Forgotten meanwhile stays forgotten.
                photos.put_vector(
                    tx, held.face_key, model.digest, vector,
                    holder=held.holder, at=held.stored_at, expires_at=held.expires_at,
                )  # fmt: skip
                skipped.pop(held.face_key, None)
        row = face_models.get(tx, model.digest)
        if row is not None:
            done = row.done + len(made)
            total = max(done, row.total)
            face_models.put(tx, replace(row, done=done, total=total, moved_at=road.clock()))
            tell(done, total)
        step("reembed.before_commit")
    return bool(made)


def _of_photo(
    road: Road, model: FaceModel, photo: str, faces: list[Held], skipped: dict[str, str]
) -> list[tuple[Held, np.ndarray]]:
    digest = photo.removeprefix(CASE_PREFIX)
    try:
        with road.store.reading() as tx:
            photo_checks.need_viewable(tx, [digest])
            served = photos.get(tx, digest).served
            boxes = {held.face_key: photos.face(tx, held.face_key).box for held in faces}
        pixels = decoded(road.blobs.get(served), digest)
        return [(held, model.embed(pixels, boxes[held.face_key])) for held in faces]
    except (Missing, PhotoError, ModelError, UsageError) as error:
        skipped.update({held.face_key: error.detail for held in faces})
        log.warning("photo_not_embedded_again", photo=digest[:12], reason=type(error).__name__)
        return []


def shadow(road: Road, model: FaceModel, tell: Tell, halted: Callable[[], bool]) -> Diff:
    """Compare all stored faces with the gallery as this model sees them; writes nothing.

    Raises Conflict where no gallery can be made for it.
    """
    if road.make_gallery is None:
        raise Conflict("gallery", "cannot be made for another model here")
    beside = replace(
        road,
        faces=lambda: model,
        gallery=road.make_gallery(model, 0),
        gallery_model="",
        gallery_seq=0,
        gallery_lock=threading.Lock(),
    )
    with road.store.reading() as tx:
        known = matches.states(tx)
        total = vectors.count_sightings(tx, model.digest)
        follow(beside, tx)
    seen, came, done = set[str](), list[Match](), 0
    compared: set[str] = set()
    for block in _blocks(beside, model):
        with road.store.reading() as tx:
            for face_key, vector in zip(block.keys, block.matrix, strict=True):
                compared.add(face_key)
                for item in _candidates(beside, tx, model, face_key, vector):
                    seen.add(item.key)
                    if item.key not in known or known[item.key][0] == matches.WITHDRAWN:
                        came.append(item)
        done += len(block.keys)
        tell(done, total)
        if halted():
            break
    waiting = {key for key, (state, tier) in known.items() if _waits(state, tier)}
    waiting = {key for key in waiting if key.rpartition("|")[0] in compared}
    return Diff(tuple(came), tuple(sorted(waiting - seen)), tuple(sorted(waiting & seen)))


def _waits(state: str, tier: Tier) -> bool:
    return state in (matches.OPEN, matches.LATER) and tier is not Tier.SET_ASIDE


def _blocks(road: Road, model: FaceModel) -> Iterator[vectors.Block]:
    after = ""
    while True:
        with road.store.reading() as tx:
            block = vectors.sightings(
                tx, model.digest, model.dimension, now=road.clock(), after=after, most=SHADOW_AT_ONCE
            )
        if not block.keys:
            return
        yield block
        after = block.keys[-1]


def _candidates(
    road: Road, tx: Transaction, model: FaceModel, face_key: str, vector: np.ndarray
) -> list[Match]:
    """What people would be shown of one face."""
    limits = models.thresholds_of(road, model)
    nearest = road.gallery.search(centring.placed(road, vector), limits.cohort_size + 1)
    shown = centring.plainly(road, tx, nearest[: match.HITS], vector, model.digest)
    if not _may_pass(road, model, nearest, [hit.plain for hit in shown]):
        return []
    face = photos.face(tx, face_key)
    showing = photos.posts_with(tx, [face.photo])
    first = next((key for key in showing if match.may_be_compared(road, tx, key)), None)
    if first is None or veils.kinds_of(tx, first):
        return []
    found = match.scored(road, tx, first, face, vector, model)
    return [item for item in found if item.tier is not Tier.SET_ASIDE]


def _may_pass(road: Road, model: FaceModel, nearest: list[Hit], plain: list[float]) -> bool:
    """The quick look at one face's nearest cases."""
    if not nearest:
        return False
    similarity = np.array([hit.similarity for hit in nearest], dtype=np.float32)
    shown = similarity[: match.HITS]
    others = np.array([np.delete(similarity, at) for at in range(len(shown))], dtype=np.float32)
    others = others.reshape(len(shown), -1)
    limits, cosines = models.thresholds_of(road, model), np.array(plain, dtype=np.float32)
    return bool(sieve.may_be_shown(shown, others, road.gallery.size_cases, limits, cosines).any())


def switch(road: Road, old: str, row: ModelRow, skipped: dict[str, str]) -> int:
    """Put the prepared model in force, in one transaction, and have all stored faces matched again.

    Gives how many posts are matched again. Raises Conflict when vectors are still missing: make them.
    """
    now, count = road.clock(), 0
    with road.store.transaction(durable=True) as tx:
        left = [
            held.face_key
            for holder in (CASE, SIGHTING)
            for held in vectors.missing(tx, old, row.digest, holder, now=now, most=len(skipped) + 1)
        ]
        if set(left) - set(skipped):
            raise Conflict("face model", "has not all vectors yet, others came meanwhile; run it once more")
        face_models.switch(tx, row, expect=old, at=now)
        for key in vectors.posts_with_vectors(tx, row.digest):
            road.engine.enqueue(tx, Stage.MATCH, key, priority=-5)
            count += 1
        step("reembed.switched")
    return count
