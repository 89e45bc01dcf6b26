"""What age does to vectors is learnt here from the registry, and how alike two photos plainly are is told.

What is learnt comes from this installation's registered photos alone and is kept with the model it is of. It
judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import structlog

from bot.faces.gallery_near import Block
from bot.faces.models import Vector
from bot.match.ageing import direction, without
from bot.match.ages import age_in_photo
from bot.match.inputs import Hit, Registered, RegisteredPhoto
from bot.pipeline import models
from bot.pipeline.gallery import photo_key, template_key
from bot.pipeline.road import Road
from store import cases, face_centres, vectors
from store.db import Transaction
from store.face_centres import Centre

log = structlog.get_logger(__name__)

MOST_PHOTOS = 5_000
"""More photos make the direction no surer."""
_CHANGED = 0.25


@dataclass(frozen=True, slots=True)
class Learnt:
    """Vectors of registered photos with the age in each: (n, dimension), (n,) years."""

    vectors: Block
    ages: np.ndarray


def renew(road: Road, _sources: Mapping[str, object] | None = None) -> bool:
    """Learn the direction of age again when the registry has grown or shrunk by a quarter. Whether it was.

    With too few photos of known age there is none, and a direction that was learnt from more ends.
    """
    model = road.faces()
    if not models.thresholds_of(road, model).takes_age:
        return False
    with road.store.reading() as tx:
        held = face_centres.get(tx, model.digest)
        known = _known(tx, model.digest, model.dimension)
    count = len(known.ages)
    if held is not None and abs(count - held.photos) <= _CHANGED * held.photos:
        return False
    found = direction(known.vectors, known.ages)
    if held is None and found is None:
        return False
    version = 1 if held is None else held.version + 1
    kept = np.empty(0, np.float32) if found is None else found
    with road.store.transaction() as tx:
        face_centres.put(tx, Centre(model.digest, version, count, kept, road.clock()))
    log.info("age_direction_learnt", photos=count, version=version, is_used=found is not None)
    return True


def _known(tx: Transaction, model: str, dimension: int) -> Learnt:
    """Vectors of active cases' photos whose age is known."""
    rows, ages = [], []
    held: tuple[str, dict[str, float | None]] = ("", {})
    for case_id, digest, vector in vectors.of_active_cases(tx, model):
        if held[0] != case_id:
            held = (case_id, _ages_of(tx, case_id))
        age = held[1].get(digest)
        if age is not None:
            rows.append(vector)
            ages.append(age)
        if len(rows) >= MOST_PHOTOS:
            break
    matrix = np.stack(rows) if rows else np.empty((0, dimension), np.float32)
    return Learnt(matrix, np.asarray(ages, dtype=np.float64))


def _ages_of(tx: Transaction, case_id: str) -> dict[str, float | None]:
    photos = [item.photo for item in cases.photos_of(tx, case_id)]
    case = Registered(cases.get(tx, case_id).case, ())
    return {
        of.digest: age_in_photo(
            case, RegisteredPhoto("", of.digest, age_years=of.age_years, taken_on=of.taken_on)
        )
        for of in photos
    }


def placed(road: Road, block: Block) -> Block:
    """Vectors, one or many, as the gallery holds them. Call it after `follow`, under the same lock."""
    return without(block, road.gallery_age)


def plainly(road: Road, tx: Transaction, hits: Sequence[Hit], vector: Vector, model: str) -> list[Hit]:
    """The hits with the photo plainly most alike and its cosine, where the gallery ranks by another one."""
    return [
        _plain(tx, hit, vector, model)
        if road.gallery_age is not None or hit.photo_key == template_key(hit.case_id)
        else hit
        for hit in hits
    ]


def _plain(tx: Transaction, hit: Hit, vector: Vector, model: str) -> Hit:
    of = [(float(vector @ own), digest) for digest, own in vectors.of_case(tx, hit.case_id, model)]
    if not of:  # Forgotten since the search; the photo is not there either.
        return hit
    cosine, digest = max(of)
    return replace(hit, photo_key=photo_key(hit.case_id, digest), cosine=cosine)


def plain_to_case(road: Road, tx: Transaction, block: Block, case_id: str, model: str) -> np.ndarray | None:
    """(n,) how alike vectors and a case's most similar photo plainly are, None where the gallery says it."""
    if road.gallery_age is None or not len(block):
        return None
    own = [vector for _, vector in vectors.of_case(tx, case_id, model)]
    return np.asarray((block @ np.stack(own).T).max(axis=1), dtype=np.float32) if own else None
