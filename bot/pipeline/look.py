"""Second arrow: a post's photos are fetched, gated, hashed; where the permit allows, faces are found.

Bytes of strangers are opened only by bot/photos. Nothing is compared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.photos.gate import Examined
from bot.photos.windows import picture_codes, prepare
from bot.pipeline import asking, guarding, ingest, quarantining, screening, space, tag_gate, templates
from bot.pipeline.road import Road
from bot.pipeline.screening import Screened
from store import matches, photos, pictures, posts, quarantine
from store.db import Transaction
from store.errors import (
    Missing,
    ModelError,
    NoRoom,
    PhotoError,
    PhotoRefused,
    PhotoUnavailable,
    RateLimited,
    StoreError,
)
from store.posts import MediaRow
from store.records.permit import Use
from store.records.photo import PhotoState
from store.records.picture import PictureCodes
from store.records.post import Media, MediaKind, Post
from store.records.quarantine import Lead, Place, Reason
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """One attachment after the look: the screened photo, or why it could not be had."""

    row: MediaRow
    screened: Screened | None
    state: PhotoState
    why: str = ""
    codes: PictureCodes | None = None
    is_fetched_anew: bool = False
    is_bared: bool = False

    @property
    def examined(self) -> Examined | None:
        """What the gate made of a photo that may be shown; None for every other."""
        return self.screened.passed if self.screened and self.state is PhotoState.KEPT else None


def look(road: Road, job: Job) -> None:
    """Look at the photos of the post named by the job, then hand it on to PLACE.

    A photo that cannot be had just now does not hold the post up: the post goes on without it and
    the look is tried again later. Raises PhotoUnavailable or RateLimited for that, after committing, and
    ModelError likewise: without its face model the look is set aside until somebody mends it and retries.
    """
    with road.store.reading() as tx:
        if posts.is_gone(tx, job.key):
            post, rows = None, []
        else:
            post, rows = posts.get(tx, job.key), posts.media_of(tx, job.key)
        anew = post is not None and asking.is_better_fetched(asking.standing_of(road, tx, job.key))
        lead = [] if post is None else quarantining.lead_of(tx, post)
        bare = post is not None and asking.is_young(road, tx, post)
    if post is None:
        with road.store.transaction() as tx:
            road.engine.finish(tx, job)
        return
    later: list[PhotoError | RateLimited | ModelError] = []
    seen = [
        _see(road, row, later, lead, anew=anew and bool(row.given), bare=bare)
        for row in rows
        if _is_wanted(row)
    ]
    seen = _in_company(road, seen)
    step("look.photos_kept")
    faces = _faces_of_all(road, post, seen, later)
    step("look.before_transaction")
    with road.store.transaction() as tx:
        for item in [item for item in seen if _write(road, tx, job.key, item)]:
            if item.examined is not None and item.examined.photo.digest in faces:
                _write_faces(road, tx, post, item.examined, faces[item.examined.photo.digest])
        # Rules may have changed since it was stored: what is due is computed from what is kept of it.
        posts.set_permit(tx, job.key, asking.permit_of(road, tx, post))
        step("look.half_written")
        road.engine.enqueue(tx, Stage.PLACE, job.key, priority=job.priority)
        waits = bool(later) and all(isinstance(error, NoRoom) for error in later)
        if waits:
            road.engine.postpone(tx, job, road.clock() + space.LOOK_AGAIN)
        elif not later:
            road.engine.finish(tx, job)
        step("look.before_commit")
    step("look.after_commit")
    if later and not waits:
        raise next(error for error in later if not isinstance(error, NoRoom))


def _faces_of_all(
    road: Road, post: Post, seen: Sequence[Seen], later: list[PhotoError | RateLimited | ModelError]
) -> dict[str, templates.Embedded]:
    """Faces by picture; none at all where the post came by hashtags alone that feed no face stage.

    A face model that cannot be loaded holds no post up: its pictures are kept and their faces wait.
    """
    with road.store.reading() as tx:
        if tag_gate.is_shut(tx, post):
            return {}
    try:
        return {
            item.examined.photo.digest: _faces(road, post, item.examined) for item in seen if item.examined
        }
    except ModelError as error:
        later.append(error)
        return {}


def _is_wanted(row: MediaRow) -> bool:
    """Photos that were not refused. Kept ones are looked at again: rules or models may have changed."""
    return row.media.kind is MediaKind.PHOTO and row.state not in (PhotoState.REFUSED, PhotoState.QUARANTINED)


def _see(
    road: Road,
    row: MediaRow,
    later: list[PhotoError | RateLimited | ModelError],
    lead: Sequence[Reason],
    *,
    anew: bool,
    bare: bool,
) -> Seen:
    """Get the bytes (given, kept, or fetched), have them opened and compared with what nobody may see.

    `anew`: they came in a file whose basis nobody stated, and the platform shows the post itself; if it
    gives the picture, that one takes the place. `bare`: a young author's picture is kept without anything
    in its bytes that may say where it was taken.
    """
    try:
        if row.state is not PhotoState.KEPT:
            space.need_room(road)
        fetched = _fetched_anew(road, row) if anew else None
        data = _bytes(road, row) if fetched is None else fetched
        screened = screening.screen(road, data, lead)
        if screened.reasons:
            return _barred(road, Seen(row, screened, PhotoState.KEPT))
        bared = bare and guarding.carries_metadata(data)
        if bared:
            data = screened.passed.served_jpeg
            screened = screening.screen(road, data, lead)
        examined = screened.passed
        codes = picture_codes(prepare(examined.served_jpeg, examined.photo.digest))
        road.blobs.put(data)
        road.blobs.put(examined.served_jpeg)
        anew = fetched is not None
        return Seen(row, screened, PhotoState.KEPT, codes=codes, is_fetched_anew=anew, is_bared=bared)
    except PhotoRefused as error:
        return Seen(row, None, PhotoState.REFUSED, error.detail)
    except (PhotoError, RateLimited) as error:
        later.append(error)
        return Seen(row, None, PhotoState.UNAVAILABLE, error.detail)


def _barred(road: Road, item: Seen) -> Seen:
    """The attachment as one that is put away: its bytes are sealed, nothing of it is kept open."""
    assert item.screened is not None
    quarantining.seal(road, item.screened)
    return replace(item, state=PhotoState.QUARANTINED, why=quarantining.NEUTRAL, codes=None)


def _in_company(road: Road, seen: list[Seen]) -> list[Seen]:
    """Beside a picture that a list names, the others of its post go along."""
    named = [s.screened for s in seen if s.screened and any(r.lead is Lead.LIST for r in s.screened.reasons)]
    if not named:
        return seen
    reason = quarantining.beside(quarantining.reference_of(road, named[0].print.sha256))
    found = []
    for item in seen:
        if item.screened is not None and not item.screened.reasons:
            with road.store.reading() as tx:
                against = quarantine.standing(tx, item.screened.print.sha256, [reason])
            if against:
                item = _barred(road, replace(item, screened=replace(item.screened, reasons=tuple(against))))
        found.append(item)
    return found


def _fetched_anew(road: Road, row: MediaRow) -> bytes | None:
    try:
        return _fetch(road, row.media)
    except (PhotoError, RateLimited) as error:
        log.info("photo_not_fetched_anew", post=row.post_key, reason=type(error).__name__)
        return None


def _bytes(road: Road, row: MediaRow) -> bytes:
    for digest in (row.photo, row.given):
        if digest:
            try:
                return road.blobs.get(digest)
            except Missing:
                log.warning("photo_blob_missing", post=row.post_key, position=row.position)
            except StoreError:
                # Damaged on disk: what the platform still shows is fetched and written in its place.
                log.warning("photo_blob_damaged", post=row.post_key, position=row.position)
    return _fetch(road, row.media)


def _fetch(road: Road, media: Media) -> bytes:
    """The best original, then the other sizes; a refusal of one size is no refusal of the picture.

    A host that does not answer just now is passed over only for another host: its smaller sizes are
    no second way to the original.
    """
    addresses = [address for address in (media.url, *media.fallbacks) if address]
    if not addresses:
        raise PhotoRefused("photo", "the post names no address for this picture and none lay beside it")
    refused: PhotoRefused | None = None
    later: PhotoUnavailable | RateLimited | None = None
    silent: set[str] = set()
    for address in addresses:
        host = address.split("/", 3)[2:3]
        if silent.intersection(host):
            continue
        try:
            return road.fetcher.fetch(address, media.referer)
        except PhotoRefused as error:
            refused = refused or error
        except (PhotoUnavailable, RateLimited) as error:
            later = later or error
            silent.update(host)
    failed = later or refused
    assert failed is not None
    raise failed


def _faces(road: Road, post: Post, examined: Examined) -> templates.Embedded:
    """Faces in the re-encoded picture, or none where any known copy's permit forbids it."""
    with road.store.reading() as tx:
        allowed, _ = asking.permit_of_photo(road, tx, examined.photo, post)
    if not allowed.may_match:
        return templates.Embedded()
    return templates.embedded(road, examined.served_jpeg, examined.photo.digest)


def _write(road: Road, tx: Transaction, key: str, item: Seen) -> bool:
    """Keep what was seen. False for a picture that was put away, here or by somebody else meanwhile."""
    if item.examined is not None and quarantine.is_out(tx, item.examined.photo.digest):
        known = tuple(quarantine.reasons_of(tx, item.examined.photo.digest))
        assert item.screened is not None
        item = _barred(road, replace(item, screened=replace(item.screened, reasons=known)))
    digest = item.examined.photo.digest if item.examined else None
    posts.set_media(tx, key, item.row.position, item.state, photo=digest, why=item.why)
    if item.is_fetched_anew:
        posts.drop_given(tx, key, item.row.position)
        ingest.forget_unshown(road, tx, key, [item.row], "the platform's own picture took its place")
        road.engine.enqueue(tx, Stage.LOOK, key)  # Now its faces may be found.
    elif item.is_bared:
        posts.drop_given(tx, key, item.row.position)
        ingest.forget_unshown(road, tx, key, [item.row], "a young author's place was taken off it")
    if item.screened is None:
        return True
    if item.examined is None:
        place = Place(quarantine.POST, key, item.row.position)
        quarantining.put_away_screened(road, tx, item.screened, (place,))
        return False
    screening.keep(road, tx, item.screened)
    if item.codes is not None:
        pictures.put_codes(tx, item.examined.photo.digest, item.codes)
    return True


def _write_faces(
    road: Road, tx: Transaction, post: Post, examined: Examined, found: templates.Embedded
) -> None:
    """Keep faces and vectors if every known copy still allows it; otherwise forget those of all copies."""
    allowed, copies = asking.permit_of_photo(road, tx, examined.photo, post)
    if not allowed.may_match:
        words = asking.refusal(allowed, Use.MATCH)
        for copy in copies:
            matches.withdraw_of_photo(tx, copy, words)
            photos.drop_faces(tx, copy)
        return
    templates.keep(road, tx, post.key, examined.photo.digest, found)
