"""Photos, the faces in them, and face vectors, as rows. Opens no picture and compares nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from store import counters, photo_checks, pictures, sealed_places
from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, insert_new, upsert
from store.errors import Missing
from store.records.photo import Exif, Face, FaceBox, FaceQuality, Photo

Vector = np.ndarray[Any, np.dtype[np.float32]]

BANDS = 8
SIGHTING, CASE = "sighting", "case"


def put(tx: Transaction, photo: Photo, at: datetime) -> bool:
    """Keep a photo by its digest. True when it is new."""
    row = {
        name: getattr(photo, name)
        for name in ("digest", "served", "mime", "size_bytes", "width", "height", "phash")
    }
    is_new = insert_new(tx, t.photos, {**row, "exif": to_json(photo.exif), "kept_at": at})
    if is_new:
        counters.add(tx, "photos", 1)
        upsert(
            tx,
            t.photo_bands,
            [{"digest": photo.digest, "band": b, "value": v} for b, v in _bands(photo.phash)],
        )
    return is_new


def _bands(phash: str) -> list[tuple[int, int]]:
    """The hash in eight bytes: two hashes that differ in fewer than eight bits share one of them."""
    return list(enumerate(bytes.fromhex(phash)))


def get(tx: Transaction, digest: str) -> Photo:
    """A photo by the digest of its original bytes. Raises Missing."""
    row = tx.execute(sa.select(t.photos).where(t.photos.c.digest == digest)).first()
    if row is None:
        raise Missing(digest, "is not a kept photo")
    plain = {name: getattr(row, name) for name in Photo.__dataclass_fields__}
    return from_json(Photo, plain, subject=digest)


def has(tx: Transaction, digest: str) -> bool:
    """Whether a photo is kept."""
    return tx.execute(sa.select(t.photos.c.digest).where(t.photos.c.digest == digest)).first() is not None


def beginning_with(tx: Transaction, start: str) -> list[str]:
    """Digests of kept photos that begin so, at most two."""
    digest = t.photos.c.digest
    query = sa.select(digest).where(digest.startswith(start, autoescape=True)).order_by(digest).limit(2)
    return list(tx.execute(query).scalars())


def is_served(tx: Transaction, served: str) -> bool:
    """Whether this digest names a re-encoded copy of a compared photo, the only kind that a page may show."""
    may = photo_checks.viewable(t.photos.c.digest)
    query = sa.select(t.photos.c.digest).where(t.photos.c.served == served, may)
    return tx.execute(query.limit(1)).first() is not None


def near_copies(tx: Transaction, phash: str, *, most_bits: int) -> list[str]:
    """Digests of photos whose perceptual hash differs in at most `most_bits` (< 8) of 64 bits."""
    wanted = int(phash, 16)
    b = t.photo_bands.c
    same = sa.or_(*(sa.and_(b.band == band, b.value == value) for band, value in _bands(phash)))
    query = sa.select(t.photos.c.digest, t.photos.c.phash).where(
        t.photos.c.digest.in_(sa.select(b.digest).where(same).distinct())
    )
    rows = tx.execute(query).all()
    return sorted(r.digest for r in rows if (int(r.phash, 16) ^ wanted).bit_count() <= most_bits)


def posts_with(tx: Transaction, digests: Sequence[str]) -> list[str]:
    """Keys of posts that carry one of these photos, those received first before the others."""
    carry = sa.select(t.media.c.post_key).where(t.media.c.photo.in_(digests))
    query = sa.select(t.posts.c.key).where(t.posts.c.key.in_(carry))
    return list(tx.execute(query.order_by(t.posts.c.received_at, t.posts.c.key)).scalars())


def forget(tx: Transaction, digest: str) -> list[str]:
    """Forget a photo that no post, no case and no bank shows any more. Which blobs nothing refers to now."""
    shown = sa.or_(
        sa.exists().where(t.media.c.photo == digest),
        sa.exists().where(t.case_photos.c.digest == digest),
        sa.exists().where(t.known_pictures.c.digest == digest),
    )
    row = tx.execute(sa.select(t.photos.c.served).where(t.photos.c.digest == digest, ~shown)).first()
    if row is None:
        return []
    drop_faces(tx, digest)
    pictures.drop_codes(tx, digest)
    photo_checks.drop(tx, digest)
    sealed_places.drop(tx, [sealed_places.of_photo(digest)])
    tx.execute(sa.delete(t.photo_bands).where(t.photo_bands.c.digest == digest))
    tx.execute(sa.delete(t.photos).where(t.photos.c.digest == digest))
    counters.add(tx, "photos", -1)
    return [blob for blob in (digest, row.served) if not is_needed(tx, blob)]


def is_needed(tx: Transaction, blob: str) -> bool:
    """Whether a photo or an attachment still refers to this blob."""
    named = (t.photos.c.digest == blob, t.photos.c.served == blob, t.came_with(sa.literal(blob)))
    return bool(tx.execute(sa.select(sa.or_(*(sa.exists().where(name) for name in named)))).scalar())


def put_faces(tx: Transaction, faces: Iterable[Face]) -> None:
    """Keep the faces of a photo; found again, they are replaced."""
    rows = [
        {
            "key": face.key,
            "photo": face.photo,
            "box": to_json(face.box),
            "quality": face.quality.value,
            "quality_why": face.quality_why,
            "crop_hash": face.crop_hash,
        }
        for face in faces
    ]
    upsert(tx, t.faces, rows)


def faces_of(tx: Transaction, digest: str) -> list[Face]:
    """The faces of a photo in reading order."""
    query = (
        sa.select(t.faces)
        .where(t.faces.c.photo == digest)
        .order_by(sa.func.length(t.faces.c.key), t.faces.c.key)
    )
    return [_face(row) for row in tx.execute(query)]


def face(tx: Transaction, key: str) -> Face:
    """One face. Raises Missing."""
    row = tx.execute(sa.select(t.faces).where(t.faces.c.key == key)).first()
    if row is None:
        raise Missing(key, "is not a known face")
    return _face(row)


def has_face(tx: Transaction, key: str) -> bool:
    """Whether the face is still kept."""
    return tx.execute(sa.select(t.faces.c.key).where(t.faces.c.key == key)).first() is not None


def _face(row: Any) -> Face:
    box = from_json(FaceBox, row.box, subject=row.key)
    return Face(row.key, row.photo, box, FaceQuality(row.quality), row.quality_why, row.crop_hash)


def put_vector(
    tx: Transaction,
    face_key: str,
    model: str,
    vector: Vector,
    *,
    holder: str,
    at: datetime,
    expires_at: datetime | None,
) -> None:
    """Keep the embedding of a face under (face, model digest). `holder` is SIGHTING or CASE.

    Raises NotAllowed for a photo that was not compared with the hash lists, or that was put away.
    """
    photo_checks.need_viewable(tx, [face_key.rsplit(":", 1)[0].rsplit(":", 1)[-1]])
    row = {"face_key": face_key, "model": model, "vector": vector.astype("<f4").tobytes(), "holder": holder}
    upsert(tx, t.vectors, [{**row, "stored_at": at, "expires_at": expires_at}])


def vector_of(tx: Transaction, face_key: str, model: str) -> Vector | None:
    """The embedding, float32 (d,), or None if none is kept."""
    where = (t.vectors.c.face_key == face_key) & (t.vectors.c.model == model)
    found = tx.execute(sa.select(t.vectors.c.vector).where(where)).scalar()
    return None if found is None else np.frombuffer(found, dtype="<f4").astype(np.float32)


def sighting_vectors(tx: Transaction, model: str, *, batch: int = 1000) -> Iterator[tuple[str, Vector]]:
    """All kept embeddings of sightings under this model, by face key."""
    after = ""
    v = t.vectors.c
    while True:
        query = sa.select(v.face_key, v.vector).where(
            v.holder == SIGHTING, v.model == model, v.face_key > after
        )
        rows = tx.execute(query.order_by(v.face_key).limit(batch)).all()
        if not rows:
            return
        for row in rows:
            yield row.face_key, np.frombuffer(row.vector, dtype="<f4").astype(np.float32)
        after = rows[-1].face_key


def drop_faces(tx: Transaction, digest: str) -> int:
    """Forget the faces and vectors of a photo (its permit no longer allows them). How many faces went."""
    keys = list(tx.execute(sa.select(t.faces.c.key).where(t.faces.c.photo == digest)).scalars())
    tx.execute(sa.delete(t.vectors).where(t.vectors.c.face_key.in_(keys)))
    for table in (t.face_templates, t.probe_scores, t.match_drops):
        tx.execute(sa.delete(table).where(table.c.face_key.in_(keys)))
    tx.execute(sa.delete(t.faces).where(t.faces.c.photo == digest))
    return len(keys)


def drop_vectors_due(tx: Transaction, now: datetime) -> int:
    """Forget vectors whose time is over. How many went."""
    return tx.execute(sa.delete(t.vectors).where(t.vectors.c.expires_at <= now)).rowcount


def exif_of_post(tx: Transaction, post_key: str) -> list[tuple[str, Exif]]:
    """(digest, EXIF) of the kept photos of a post, in its own order."""
    query = (
        sa.select(t.photos.c.digest, t.photos.c.exif)
        .join(t.media, t.media.c.photo == t.photos.c.digest)
        .where(t.media.c.post_key == post_key)
        .order_by(t.media.c.position)
    )
    return [(row.digest, from_json(Exif, row.exif, subject=row.digest)) for row in tx.execute(query)]
