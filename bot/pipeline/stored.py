"""The road backwards: a newly active case beside everything that was seen before it.

Rows stream from the database in blocks, one matrix product a block; how far it has come is written with
what was found, so that a killed search goes on where it was. Photos whose vectors are gone are embedded
once more, in memory alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import structlog

from bot.faces.analyse import decoded
from bot.faces.gallery_near import Block
from bot.faces.models import FaceModel
from bot.match import sieve
from bot.match.hashes import mirrored
from bot.match.score import Judged
from bot.pipeline import centring, match, models
from bot.pipeline.gallery import follow
from bot.pipeline.road import Road
from store import case_searches, case_teams, cases, photo_checks, photos, pictures, vectors
from store.case_searches import SEALED, STORED, CaseSearch
from store.db import Transaction
from store.errors import Missing, ModelError, PhotoError
from store.records.case import CaseStatus
from store.records.match import Dropped, Match
from store.records.work import Job
from store.steps import step

log = structlog.get_logger(__name__)

STORED_AT_ONCE = 32_768
SEALED_AT_ONCE = 32

_Found = tuple[list[Match], list[Dropped]]


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step of a search read: vectors under their faces' keys, and where to go on."""

    block: vectors.Block
    read: int
    after_key: str
    is_last: bool


def search(road: Road, job: Job) -> None:
    """Compare a newly active case with the next of what is stored; the last step ends the job.

    A case that is not active any more ends its search at once, and nothing of it is left.
    """
    with road.store.reading() as tx:
        is_searched, before = _is_searched(tx, job.key), case_searches.get(tx, job.key)
    if not is_searched:
        _end(road, job)
        return
    model = road.faces()
    held = _begun(road, job.key, model, before)
    taken = _stored(road, held, model) if held.part == STORED else _sealed(road, held, model)
    found, dropped = _compare(road, held, model, taken.block)
    moved = _moved(road, held, taken, len(found))
    step("gallery.before_transaction")
    with road.store.transaction() as tx:
        stands = _is_searched(tx, job.key) and case_searches.get(tx, job.key) == before
        if stands:
            match.write(road, tx, found, dropped)
        step("gallery.half_written")
        if stands and moved is not None:
            case_searches.put(tx, moved)
            road.engine.postpone(tx, job, road.clock())
        elif stands or not _is_searched(tx, job.key):
            case_searches.drop(tx, job.key)
            road.engine.finish(tx, job)
        else:  # Enrolled anew meanwhile: that one's search begins from the start.
            road.engine.postpone(tx, job, road.clock())
        is_open = stands and not case_teams.is_hidden(tx, job.key, case_teams.NOBODY)
        step("gallery.before_commit")
    step("gallery.after_commit")
    if is_open:
        _say(held if moved is None else moved, is_over=moved is None)


def _end(road: Road, job: Job) -> None:
    with road.store.transaction() as tx:
        case_searches.drop(tx, job.key)
        road.engine.finish(tx, job)


def _is_searched(tx: Transaction, case_id: str) -> bool:
    """Whether the case is active and has a face by which it can be searched."""
    try:
        is_active = cases.get(tx, case_id).status is CaseStatus.ACTIVE
    except Missing:
        return False
    return is_active and any(item.face_key for item in cases.photos_of(tx, case_id))


def _begun(road: Road, case_id: str, model: FaceModel, held: CaseSearch | None) -> CaseSearch:
    """How far the search has come with this model; where none is under way, its beginning."""
    if held is not None and held.model == model.digest and (held.after_key or held.part == SEALED):
        return held
    now = road.clock()
    with road.store.reading() as tx:
        total = vectors.count_sightings(tx, model.digest)
        total += vectors.count_without(tx, model.digest, now=now)
    return CaseSearch(case_id, model.digest, STORED, "", 0, total, 0, now, now)


def _moved(road: Road, held: CaseSearch, taken: _Step, found: int) -> CaseSearch | None:
    """The search after a step, None when that was the last one."""
    done = held.done + taken.read
    moved = replace(
        held,
        after_key=taken.after_key,
        done=done,
        total=max(held.total, done),
        found=held.found + found,
        moved_at=road.clock(),
    )
    if not taken.is_last:
        return moved
    return replace(moved, part=SEALED, after_key="") if held.part == STORED else None


def _say(search: CaseSearch, *, is_over: bool) -> None:
    log.info(
        "case_searched" if is_over else "case_search",
        case=search.case_id,
        done=search.done,
        total=search.total,
        found=search.found,
    )


def _stored(road: Road, held: CaseSearch, model: FaceModel) -> _Step:
    """The next vectors that are kept."""
    with road.store.reading() as tx:
        block = vectors.sightings(
            tx,
            model.digest,
            model.dimension,
            now=road.clock(),
            after=held.after_key,
            most=STORED_AT_ONCE,
        )
    last = block.keys[-1] if block.keys else held.after_key
    return _Step(block, len(block.keys), last, len(block.keys) < STORED_AT_ONCE)


def _sealed(road: Road, held: CaseSearch, model: FaceModel) -> _Step:
    """The next faces whose vectors are gone, embedded anew from their photos and kept nowhere."""
    with road.store.reading() as tx:
        listed = vectors.without(
            tx, model.digest, now=road.clock(), after=held.after_key, most=SEALED_AT_ONCE
        )
        allowed = {
            digest: _may_be_embedded(road, tx, digest) for digest in dict.fromkeys(d for _, d in listed)
        }
    keys, made = [], []
    for digest in (digest for digest, may in allowed.items() if may):
        faces = [key for key, photo in listed if photo == digest]
        for key, vector in _embedded(road, model, digest, faces).items():
            keys.append(key)
            made.append(vector)
    matrix = np.stack(made) if made else np.empty((0, model.dimension), np.float32)
    last = listed[-1][0] if listed else held.after_key
    block = vectors.Block(tuple(keys), matrix)
    return _Step(block, len(listed), last, len(listed) < SEALED_AT_ONCE)


def _may_be_embedded(road: Road, tx: Transaction, digest: str) -> bool:
    """Whether a post that may be compared shows the photo, and the photo may be seen."""
    if not photo_checks.is_viewable(tx, digest):
        return False
    return any(match.may_be_compared(road, tx, key) for key in photos.posts_with(tx, [digest]))


def _embedded(road: Road, model: FaceModel, digest: str, keys: list[str]) -> dict[str, Block]:
    """The vectors of some faces of one photo, by key; none where the photo cannot be read any more."""
    try:
        with road.store.reading() as tx:
            photo, boxes = photos.get(tx, digest), {key: photos.face(tx, key).box for key in keys}
        pixels = decoded(road.blobs.get(photo.served), digest)
        return {key: model.embed(pixels, box) for key, box in boxes.items()}
    except (Missing, PhotoError, ModelError) as error:
        log.warning("photo_not_embedded_again", photo=digest[:12], reason=type(error).__name__)
        return {}


def _compare(road: Road, held: CaseSearch, model: FaceModel, block: vectors.Block) -> _Found:
    """Matches of a block's faces with the case, and pairs that cannot be.

    Each face that passes the sieve is scored against the whole gallery, so that the new case takes the
    rank it would have had; only matches with this case are written.
    """
    found, dropped = list[Match](), list[Dropped]()
    limits = models.thresholds_of(road, model)
    with road.gallery_lock, road.store.reading() as tx:
        if follow(road, tx).digest != model.digest or not len(block.matrix):
            return found, dropped
        placed = centring.placed(road, block.matrix)
        near = road.gallery.near(placed, held.case_id, match.HITS, limits.cohort_size)
        plain = centring.plain_to_case(road, tx, block.matrix[near.rows], held.case_id, model.digest)
        passes = sieve.may_be_shown(near.similarity, near.others, road.gallery.size_cases, limits, plain)
        rows = set(near.rows[passes].tolist()) | _copies(road, tx, held.case_id, block.keys)
        for row in sorted(rows):
            made = _scored(road, tx, held, model, block.keys[row], block.matrix[row])
            found += [item for item in made.matches if item.case_id == held.case_id]
            dropped += [item for item in made.dropped if item.case_id == held.case_id]
    return found, dropped


def _scored(
    road: Road, tx: Transaction, held: CaseSearch, model: FaceModel, face_key: str, vector: Block
) -> Judged:
    if not photos.has_face(tx, face_key):
        return Judged()
    face = photos.face(tx, face_key)
    showing = photos.posts_with(tx, [face.photo])
    first = next((key for key in showing if match.may_be_compared(road, tx, key)), None)
    if first is None:
        return Judged()
    return match.judged(road, tx, first, face, vector, model)


def _copies(road: Road, tx: Transaction, case_id: str, keys: tuple[str, ...]) -> set[int]:
    """Which faces are in copies of the case's registered photos: those are told whatever their likeness."""
    bits, copies = road.rules.thresholds.same_photo_bits, set[str]()
    for item in cases.photos_of(tx, case_id):
        phash = photos.get(tx, item.photo.digest).phash
        for shown in (phash, mirrored(phash)):
            copies.update(photos.near_copies(tx, shown, most_bits=bits))
        copies.update(pictures.group(tx, item.photo.digest))
    return {at for at, key in enumerate(keys) if key.rpartition(":")[0] in copies} if copies else set()
