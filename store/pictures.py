"""Codes of pictures, pairs that are one picture, and the bank of known ones, as rows.

Compares nothing: near codes are found by store/picture_index.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import counters, veils
from store import tables as t
from store.db import Transaction, insert, insert_new, upsert
from store.records.picture import KnownPicture, PictureCodes, PictureLabel, SamePicture

SAME_PICTURE = "same_picture"
MOST_IN_GROUP = 400
DROPPED = "pictures:dropped"
"""A counter that moves whenever codes are taken away or replaced."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A standing post that shows a photo: who wrote it and when, as far as that can be trusted."""

    post_key: str
    photo: str
    platform: str
    author: str
    written_at: datetime


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


def put_codes(tx: Transaction, digest: str, codes: PictureCodes) -> bool:
    """Keep the codes of a photo. True when they are new; codes of another make are replaced."""
    if make_of(tx, digest) not in (None, codes.make):
        drop_codes(tx, digest)
    row = {"digest": digest, "make": codes.make, "codes": codes.codes}
    statement = insert(tx, t.picture_codes).values(**row).on_conflict_do_nothing(index_elements=["digest"])
    return tx.execute(statement.returning(t.picture_codes.c.seq)).first() is not None


def make_of(tx: Transaction, digest: str) -> str | None:
    """The make of the codes that are kept of a photo, None if there are none."""
    where = t.picture_codes.c.digest == digest
    return tx.execute(sa.select(t.picture_codes.c.make).where(where)).scalar()


def codes_of(tx: Transaction, digest: str, make: str) -> PictureCodes | None:
    """The codes of a photo, None if there are none of this make."""
    p = t.picture_codes.c
    found = tx.execute(sa.select(p.codes).where(p.digest == digest, p.make == make)).scalar()
    return None if found is None else PictureCodes(found, make)


def drop_codes(tx: Transaction, digest: str) -> None:
    """Forget how a photo can be recognised, and which others show the same picture."""
    gone = tx.execute(sa.delete(t.picture_codes).where(t.picture_codes.c.digest == digest)).rowcount
    pair = t.picture_pairs.c
    tx.execute(sa.delete(t.picture_pairs).where(sa.or_(pair.a == digest, pair.b == digest)))
    if gone:
        counters.add(tx, DROPPED, gone)


def newest(tx: Transaction, make: str, *, after: int, most: int) -> Sequence[Any]:
    """Rows (seq, digest) of this make behind a number, in order."""
    p = t.picture_codes.c
    query = sa.select(p.seq, p.digest).where(p.seq > after, p.make == make).order_by(p.seq).limit(most)
    return tx.execute(query).all()


def codes_by_seq(tx: Transaction, numbers: Sequence[int]) -> Sequence[Any]:
    """Rows (digest, codes) with these numbers, in order."""
    p = t.picture_codes.c
    return tx.execute(sa.select(p.digest, p.codes).where(p.seq.in_(numbers)).order_by(p.seq)).all()


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────


def put_pairs(tx: Transaction, pairs: Iterable[SamePicture]) -> list[SamePicture]:
    """Keep which photos show one picture. Gives the pairs that are new."""
    return [
        pair
        for pair in pairs
        if insert_new(tx, t.picture_pairs, {n: getattr(pair, n) for n in SamePicture.__dataclass_fields__})
    ]


def group(tx: Transaction, digest: str) -> list[str]:
    """Digests of all photos that show the picture of this one, itself among them, through any of them.

    At most `MOST_IN_GROUP` and those beside them: a picture that is everywhere needs no longer list.
    """
    p = t.picture_pairs.c
    found, edge = {digest}, [digest]
    while edge and len(found) < MOST_IN_GROUP:
        rows = tx.execute(sa.select(p.a, p.b).where(sa.or_(p.a.in_(edge), p.b.in_(edge)))).all()
        edge = sorted({side for row in rows for side in (row.a, row.b)} - found)
        found.update(edge)
    return sorted(found)


def pairs_of(tx: Transaction, digest: str) -> list[SamePicture]:
    """The pairs of a photo."""
    p = t.picture_pairs.c
    query = sa.select(t.picture_pairs).where(sa.or_(p.a == digest, p.b == digest)).order_by(p.a, p.b)
    return [SamePicture(**row._mapping) for row in tx.execute(query)]


def showing(tx: Transaction, digests: Sequence[str]) -> list[Showing]:
    """The standing posts, reposts left out, that show one of these photos, oldest first."""
    p, m = t.posts.c, t.media.c
    columns = (p.key, m.photo, p.platform, p.author_id, p.author_handle, p.created_at, p.received_at)
    query = sa.select(*columns).join(t.media, m.post_key == p.key)
    found = []
    query = query.where(m.photo.in_(digests), p.gone_at.is_(None), p.repost_of == "")
    query = query.where(~veils.of_veiled(p.key))
    for row in tx.execute(query):
        written = min(row.created_at or row.received_at, row.received_at)
        author = row.author_id or row.author_handle
        found.append(Showing(row.key, row.photo, row.platform, author, written))
    return sorted(found, key=lambda s: (s.written_at, s.post_key, s.photo))


def set_copies(tx: Transaction, post_key: str, of_keys: Iterable[str]) -> None:
    """Say which earlier posts first showed the pictures of this one; what was said before is replaced."""
    c = t.copies.c
    tx.execute(sa.delete(t.copies).where(c.post_key == post_key, c.kind == SAME_PICTURE))
    rows = [{"post_key": post_key, "of_key": key, "kind": SAME_PICTURE} for key in sorted(set(of_keys))]
    upsert(tx, t.copies, rows, update=())


def is_copy(tx: Transaction, post_key: str, of_key: str) -> bool:
    """Whether the post is kept as a copy of the other."""
    c = t.copies.c
    query = sa.select(c.kind).where(c.post_key == post_key, c.of_key == of_key)
    return tx.execute(query).first() is not None


# ── the bank of known pictures ───────────────────────────────────────────────────────────────────


def put_known(tx: Transaction, known: KnownPicture) -> None:
    """Put a picture into the bank; put again, its label and note are replaced."""
    row = {name: getattr(known, name) for name in KnownPicture.__dataclass_fields__}
    upsert(tx, t.known_pictures, [row | {"label": known.label.value}])


def drop_known(tx: Transaction, digest: str) -> bool:
    """Take a picture out of the bank. False if it was not in it."""
    return tx.execute(sa.delete(t.known_pictures).where(t.known_pictures.c.digest == digest)).rowcount > 0


def known(tx: Transaction) -> list[KnownPicture]:
    """The bank, latest first."""
    order = (t.known_pictures.c.at.desc(), t.known_pictures.c.digest)
    return [_known(row) for row in tx.execute(sa.select(t.known_pictures).order_by(*order))]


def known_as(tx: Transaction, digest: str) -> KnownPicture | None:
    """The known picture that a photo is or shows, None if it is none. Of several, the first by digest."""
    where = t.known_pictures.c.digest.in_(group(tx, digest))
    order = t.known_pictures.c.digest
    row = tx.execute(sa.select(t.known_pictures).where(where).order_by(order).limit(1)).first()
    return None if row is None else _known(row)


def _known(row: Any) -> KnownPicture:
    return KnownPicture(row.digest, PictureLabel(row.label), row.note, row.by, row.at)
