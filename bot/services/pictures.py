"""Pictures that came up before: the bank of known ones, and who showed a post's pictures earlier.

Whoever puts a picture into the bank says so by name; posts that show it are matched again at once.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.photos.windows import picture_codes, prepare
from bot.pipeline import pictures as finding
from bot.pipeline import quarantining, screening
from bot.pipeline.road import Road
from store import audit, photos, pictures, posts, veils
from store.db import Transaction
from store.errors import Missing, UsageError
from store.records.picture import KnownPicture, PictureLabel, SeenBefore
from store.records.work import Stage

MAX_FILE_MB = 64
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


def known(road: Road) -> list[tuple[KnownPicture, int]]:
    """The bank, latest first, each with how many standing posts show the picture."""
    with road.store.reading() as tx:
        return [(item, len(_posts(tx, item.digest))) for item in pictures.known(tx)]


def add(
    road: Road, picture: str, label: PictureLabel, *, by: str, note: str = ""
) -> tuple[KnownPicture, int]:
    """Put a picture into the bank: a file, or a kept photo by its digest (eight characters or more).

    Gives the entry and how many standing posts show it; their matches are set aside. Raises
    UsageError or PhotoRefused for a file that is no photo, Missing for an unknown digest.
    """
    digest = _kept_file(road, Path(picture)) if Path(picture).is_file() else _kept_photo(road, picture)
    item = KnownPicture(digest, label, note, by, road.clock())
    with road.store.reading() as tx:
        pairs = finding.find(road, tx, [digest])
    with road.store.transaction() as tx:
        pictures.put_pairs(tx, pairs)
        pictures.put_known(tx, item)
        audit.write(tx, item.at, by, "picture.known", digest, label=label.value)
        return item, _match_again(road, tx, digest)


def remove(road: Road, start: str, *, by: str) -> int:
    """Take a picture out of the bank by its digest or the beginning of it; its posts are matched again.

    Gives how many posts show it. Raises Missing when no picture, UsageError when several begin so.
    """
    with road.store.transaction() as tx:
        found = [item.digest for item in pictures.known(tx) if item.digest.startswith(start.lower())]
        if not found:
            raise Missing(start, "is the beginning of no known picture; `pictures known list` shows them")
        if len(found) > 1:
            raise UsageError(start, "is the beginning of several known pictures; give more of it")
        pictures.drop_known(tx, found[0])
        audit.write(tx, road.clock(), by, "picture.unknown", found[0])
        return _match_again(road, tx, found[0])


def seen_before(road: Road, post_key: str) -> tuple[SeenBefore, ...]:
    """Which photos of the post earlier posts showed, and where first. Raises Missing."""
    with road.store.reading() as tx:
        veils.check(tx, post_key)
        return finding.seen_before(tx, posts.get(tx, post_key))


def _kept_file(road: Road, file: Path) -> str:
    """Let the gate open a file and keep it. Gives its digest."""
    try:
        if file.stat().st_size > MAX_FILE_MB * 1_000_000:
            raise UsageError(str(file), f"is larger than {MAX_FILE_MB} MB")
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(str(file), f"cannot be read ({error.strerror})") from error
    screened = quarantining.admit(road, data)
    examined = screened.passed
    codes = picture_codes(prepare(examined.served_jpeg, examined.photo.digest))
    with road.store.transaction() as tx:
        road.blobs.put(data)
        road.blobs.put(examined.served_jpeg)
        screening.keep(road, tx, screened)
        pictures.put_codes(tx, examined.photo.digest, codes)
    return examined.photo.digest


def _kept_photo(road: Road, start: str) -> str:
    if not _DIGEST.fullmatch(start.lower()):
        raise UsageError(start, "is no file here and no digest of a kept photo (eight characters or more)")
    with road.store.reading() as tx:
        found = photos.beginning_with(tx, start.lower())
    if not found:
        raise Missing(start, "is the beginning of no kept photo's digest")
    if len(found) > 1:
        raise UsageError(start, "is the beginning of several photos' digests; give more of it")
    return found[0]


def _posts(tx: Transaction, digest: str) -> list[str]:
    return list(dict.fromkeys(s.post_key for s in pictures.showing(tx, pictures.group(tx, digest))))


def _match_again(road: Road, tx: Transaction, digest: str) -> int:
    keys = _posts(tx, digest)
    for key in keys:
        road.engine.enqueue(tx, Stage.MATCH, key)
    return len(keys)
