"""Which earlier posts showed the pictures of a post: searched by code, confirmed on the pixels, kept.

Works on codes that the look stored and on clean JPEGs; decides nothing about matches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import structlog

from bot.photos.same import correlation
from bot.photos.windows import MAKE, Prepared, picture_codes, prepare
from bot.pipeline.road import Road
from store import photos, pictures, posts
from store.db import Transaction
from store.errors import Missing, PhotoRefused
from store.pictures import Showing
from store.records.photo import Photo
from store.records.picture import Likeness, SamePicture, SeenBefore
from store.records.post import Post
from store.records.work import Stage

log = structlog.get_logger(__name__)

LEAST_CORRELATION = 0.4
"""Fine structures of unrelated pictures with near codes correlate less, those of copies more."""
MOST_LATER = 50
"""So many later posts are read again when an earlier one turns up."""


def find(road: Road, tx: Transaction, digests: Sequence[str]) -> list[SamePicture]:
    """Confirmed pairs of these photos with any other kept one, those that are known already left out."""
    found: dict[tuple[str, str], SamePicture] = {}

    @cache
    def prepared(digest: str) -> Prepared | None:
        try:
            return prepare(road.blobs.get(photos.get(tx, digest).served), digest)
        except (Missing, PhotoRefused) as error:
            log.warning("picture_not_confirmed", photo=digest, reason=error.detail)
            return None

    for digest in digests:
        codes = pictures.codes_of(tx, digest, MAKE)
        if codes is None:
            continue
        known = {side for pair in pictures.pairs_of(tx, digest) for side in (pair.a, pair.b)}
        for like in road.pictures.search(tx, digest, codes):
            a, b = sorted((digest, like.digest))
            if like.digest not in known and (a, b) not in found:
                pair = _confirmed(digest, like, prepared(a), prepared(b))
                if pair is not None:
                    found[a, b] = pair
    return list(found.values())


def recognisable(road: Road, shown: Mapping[str, Photo]) -> list[SamePicture]:
    """Keep codes of photos by digest, so that crops and screenshots of them are recognised; gives the pairs
    that are there already. For registered photos, which no look has seen."""
    with road.store.reading() as tx:
        wanted = [digest for digest in shown if pictures.codes_of(tx, digest, MAKE) is None]
    made = {}
    for digest in wanted:
        try:
            made[digest] = picture_codes(prepare(road.blobs.get(shown[digest].served), digest))
        except (Missing, PhotoRefused) as error:
            log.warning("picture_not_recognisable", photo=digest, reason=error.detail)
    with road.store.transaction() as tx:
        for digest, codes in made.items():
            if photos.has(tx, digest):
                pictures.put_codes(tx, digest, codes)
    with road.store.reading() as tx:
        return find(road, tx, list(shown))


def keep_pairs(tx: Transaction, pairs: Sequence[SamePicture]) -> None:
    """Keep pairs of photos that still stand: one may have been forgotten since they were found."""
    standing = [p for p in pairs if pictures.make_of(tx, p.a) and pictures.make_of(tx, p.b)]
    pictures.put_pairs(tx, standing)


def _confirmed(digest: str, like: Likeness, a: Prepared | None, b: Prepared | None) -> SamePicture | None:
    """The pair, if the pixels agree. Always compared in the same order, so that both sides find the same."""
    if a is None or b is None:
        return None
    first, second = sorted((digest, like.digest))
    row_a, row_b = (like.mine, like.theirs) if digest == first else (like.theirs, like.mine)
    value = correlation(a, row_a, b, row_b, like.mirrored)
    if value < LEAST_CORRELATION:
        return None
    return SamePicture(first, second, like.bits, round(value, 3), like.mirrored)


def photos_of(tx: Transaction, post_key: str) -> list[str]:
    """The digests of a post's kept photos, each once, in its own order."""
    return list(dict.fromkeys(row.photo for row in posts.media_of(tx, post_key) if row.photo))


def seen_before(tx: Transaction, post: Post) -> tuple[SeenBefore, ...]:
    """For each photo of the post that earlier posts showed: the first of them, and all of them."""
    found = []
    for digest in photos_of(tx, post.key):
        earlier = [s for s in _showing(tx, digest) if _order(s) < (post.written_at, post.key)]
        earlier = [s for s in earlier if s.post_key != post.key]
        if earlier:
            author = (post.platform.value, post.author.id or post.author.handle)
            keys = tuple(dict.fromkeys(s.post_key for s in earlier))
            by_other = any((s.platform, s.author) != author for s in earlier)
            first = earlier[0]
            found.append(SeenBefore(digest, first.post_key, first.written_at, keys, by_other))
    return tuple(found)


def _showing(tx: Transaction, digest: str) -> list[Showing]:
    return pictures.showing(tx, pictures.group(tx, digest))


def _order(showing: Showing) -> tuple[object, str]:
    return showing.written_at, showing.post_key


def keep(road: Road, tx: Transaction, post: Post, pairs: Sequence[SamePicture]) -> tuple[SeenBefore, ...]:
    """Keep the pairs and what the post is a copy of; have later posts read again if it is the first.

    So whoever is read last, the claims end the same.
    """
    keep_pairs(tx, pairs)
    before = seen_before(tx, post)
    pictures.set_copies(tx, post.key, (seen.first_post for seen in before))
    not_first = {seen.photo for seen in before}
    for digest in photos_of(tx, post.key):
        if digest in not_first:
            continue
        others = [s.post_key for s in _showing(tx, digest) if s.post_key != post.key]
        for key in list(dict.fromkeys(others))[-MOST_LATER:]:
            if not pictures.is_copy(tx, key, post.key):
                road.engine.enqueue(tx, Stage.PLACE, key, priority=-5)
    return before
