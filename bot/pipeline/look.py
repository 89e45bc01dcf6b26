"""Second arrow: a post's photos are fetched, gated, hashed; where the permit allows, faces are found.

Bytes of strangers are opened only by bot/photos. Nothing is compared here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.faces.analyse import FoundFace, analyse
from bot.photos.gate import Examined
from bot.photos.windows import picture_codes, prepare
from bot.pipeline import asking
from bot.pipeline.road import Road
from store import matches, photos, pictures, posts
from store.db import Transaction
from store.errors import Missing, PhotoError, PhotoRefused, RateLimited
from store.posts import MediaRow
from store.records.permit import Use
from store.records.photo import PhotoState
from store.records.picture import PictureCodes
from store.records.post import Media, MediaKind, Post
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """One attachment after the look: what the gate made of it, or why it could not be had."""

    row: MediaRow
    examined: Examined | None
    state: PhotoState
    why: str = ""
    codes: PictureCodes | None = None


def look(road: Road, job: Job) -> None:
    """Look at the photos of the post named by the job, then hand it on to PLACE.

    A photo that cannot be had just now does not hold the post up: the post goes on without it and
    the look is tried again later. Raises PhotoUnavailable or RateLimited for that, after committing.
    """
    with road.store.reading() as tx:
        if posts.is_gone(tx, job.key):
            post, rows = None, []
        else:
            post, rows = posts.get(tx, job.key), posts.media_of(tx, job.key)
    if post is None:
        with road.store.transaction() as tx:
            road.engine.finish(tx, job)
        return
    later: list[PhotoError | RateLimited] = []
    seen = [_see(road, row, later) for row in rows if _is_wanted(row)]
    step("look.photos_kept")
    faces = {item.examined.photo.digest: _faces(road, post, item.examined) for item in seen if item.examined}
    step("look.before_transaction")
    with road.store.transaction() as tx:
        for item in seen:
            _write(road, tx, job.key, item)
        for item in seen:
            if item.examined is not None:
                _write_faces(road, tx, post, item.examined, faces[item.examined.photo.digest])
        step("look.half_written")
        road.engine.enqueue(tx, Stage.PLACE, job.key, priority=job.priority)
        if not later:
            road.engine.finish(tx, job)
        step("look.before_commit")
    step("look.after_commit")
    if later:
        raise later[0]


def _is_wanted(row: MediaRow) -> bool:
    """Photos that were not refused. Kept ones are looked at again: rules or models may have changed."""
    return row.media.kind is MediaKind.PHOTO and row.state is not PhotoState.REFUSED


def _see(road: Road, row: MediaRow, later: list[PhotoError | RateLimited]) -> Seen:
    """Get the bytes (given, kept, or fetched) and let the gate open them."""
    try:
        data = _bytes(road, row)
        examined = road.gate.examine(data)
        codes = picture_codes(prepare(examined.served_jpeg, examined.photo.digest))
        road.blobs.put(data)
        road.blobs.put(examined.served_jpeg)
        return Seen(row, examined, PhotoState.KEPT, codes=codes)
    except PhotoRefused as error:
        return Seen(row, None, PhotoState.REFUSED, error.detail)
    except (PhotoError, RateLimited) as error:
        later.append(error)
        return Seen(row, None, PhotoState.UNAVAILABLE, error.detail)


def _bytes(road: Road, row: MediaRow) -> bytes:
    for digest in (row.photo, row.given):
        if digest:
            try:
                return road.blobs.get(digest)
            except Missing:
                log.warning("photo_blob_missing", post=row.post_key, position=row.position)
    return _fetch(road, row.media)


def _fetch(road: Road, media: Media) -> bytes:
    """The best original, then the other sizes; a refusal of one size is no refusal of the picture."""
    addresses = [address for address in (media.url, *media.fallbacks) if address]
    if not addresses:
        raise PhotoRefused("photo", "the post names no address for this picture and none lay beside it")
    refused: PhotoRefused | None = None
    for address in addresses:
        try:
            return road.fetcher.fetch(address, media.referer)
        except PhotoRefused as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _faces(road: Road, post: Post, examined: Examined) -> list[FoundFace]:
    """Faces in the re-encoded picture, or none where any known copy's permit forbids it."""
    with road.store.reading() as tx:
        allowed, _ = asking.permit_of_photo(road, tx, examined.photo, post)
    if not allowed.may_match:
        return []
    return analyse(road.faces(), examined.served_jpeg, examined.photo.digest)


def _write(road: Road, tx: Transaction, key: str, item: Seen) -> None:
    digest = item.examined.photo.digest if item.examined else None
    posts.set_media(tx, key, item.row.position, item.state, photo=digest, why=item.why)
    if item.examined is not None:
        photos.put(tx, item.examined.photo, road.clock())
        if item.codes is not None:
            pictures.put_codes(tx, item.examined.photo.digest, item.codes)


def _write_faces(road: Road, tx: Transaction, post: Post, examined: Examined, found: list[FoundFace]) -> None:
    """Keep faces and vectors if every known copy still allows it; otherwise forget those of all copies."""
    allowed, copies = asking.permit_of_photo(road, tx, examined.photo, post)
    if not allowed.may_match:
        words = asking.refusal(allowed, Use.MATCH)
        for copy in copies:
            matches.withdraw_of_photo(tx, copy, words)
            photos.drop_faces(tx, copy)
        return
    now = road.clock()
    expires = now + timedelta(days=road.rules.template_days)
    photos.put_faces(tx, [item.face for item in found])
    for item in found:
        if item.embedding is not None:
            model = road.faces().digest
            photos.put_vector(
                tx, item.face.key, model, item.embedding, holder=photos.SIGHTING, at=now, expires_at=expires
            )
