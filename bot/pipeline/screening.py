"""What happens to a photo before anybody or anything sees it: hashed, compared with lists of known abuse.

Every way by which bytes become a photo (posts, cases, known pictures) goes through `screen` and `keep`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.match.hashes256 import nearest
from bot.match.hashlists import LEAST_QUALITY, MAX_BITS
from bot.photos.gate import Examined
from bot.pipeline import sealing
from bot.pipeline.road import Road
from store import photo_checks, photos, quarantine
from store.db import Transaction
from store.errors import PhotoRefused, PhotoUnavailable
from store.records.quarantine import Lead, PhotoPrint, Reason
from store.steps import step


@dataclass(frozen=True, slots=True)
class Screened:
    """A photo after the comparison. With `reasons` it is to be put away, without it may be kept.

    `examined` is None only where the gate could not open what a list names. `lists` is the set of lists
    that it was compared with.
    """

    data: bytes
    print: PhotoPrint
    examined: Examined | None
    reasons: tuple[Reason, ...]
    lists: str

    @property
    def passed(self) -> Examined:
        """What the gate made of a photo against which nothing stands."""
        assert self.examined is not None and not self.reasons
        return self.examined


def screen(road: Road, data: bytes, lead: Sequence[Reason] = ()) -> Screened:
    """Open a photo in the worker and compare it with every list and with what was put away before.

    `lead` is what stands against every picture of its post. Writes nothing. Raises PhotoRefused and
    PhotoUnavailable as the gate does, and PhotoUnavailable while a list of the operator cannot be read:
    then no photo passes.
    """
    lists = road.lists.current()
    bare = print_of(data)
    trouble: PhotoRefused | PhotoUnavailable | None = None
    examined: Examined | None = None
    try:
        examined = road.gate.examine(data)
    except (PhotoRefused, PhotoUnavailable) as error:
        trouble = error
    full = bare if examined is None else replace(bare, pdq=examined.pdq, pdq_quality=examined.pdq_quality)
    hits = [hit.reason() for hit in lists.hits(full)]
    with road.store.reading() as tx:
        reasons = tuple(against(tx, full, [*hits, *lead]))
    step("look.compared")
    if trouble is not None and not reasons:
        raise trouble
    return Screened(data, full, examined, reasons, lists.id)


def print_of(data: bytes) -> PhotoPrint:
    """The digests by which lists name the original bytes."""
    md5, sha1 = hashlib.md5(data, usedforsecurity=False), hashlib.sha1(data, usedforsecurity=False)
    return PhotoPrint(hashlib.sha256(data).hexdigest(), md5.hexdigest(), sha1.hexdigest())


def against(tx: Transaction, of: PhotoPrint, hits: list[Reason]) -> list[Reason]:
    """What stands against a photo: hits that the officer did not clear, and what was put away before."""
    if quarantine.is_out(tx, of.sha256):
        known = [reason for reason in quarantine.reasons_of(tx, of.sha256) if not reason.cleared]
        new = {(reason.lead, reason.source, reason.entry) for reason in known}
        return known + [each for each in hits if (each.lead, each.source, each.entry) not in new]
    return quarantine.standing(tx, of.sha256, [*hits, *_copies(tx, of)])


def is_barred(road: Road, tx: Transaction, data: bytes) -> bool:
    """Whether bytes that were sealed long ago are what nobody may see today, by their digests.

    Raises PhotoUnavailable while a list cannot be read.
    """
    of = print_of(data)
    return quarantine.is_out(tx, of.sha256) or bool(road.lists.current().hits(of))


def _copies(tx: Transaction, of: PhotoPrint) -> list[Reason]:
    """Pictures that were put away and are nearly this one."""
    if not of.pdq or of.pdq_quality < LEAST_QUALITY:
        return []
    found = []
    for item in quarantine.spreading(tx):
        bits = nearest(of.pdq, item.pdq[0])
        if item.digest != of.sha256 and bits <= MAX_BITS:
            words = f"nearly the same picture as {item.reference}, {bits} of 256 bits apart"
            found.append(Reason(Lead.COPY, item.reference, item.pdq[0], words, item.duty, bits))
    return found


def keep(road: Road, tx: Transaction, screened: Screened) -> None:
    """Keep a photo against which nothing stands, with its check: from this commit on it may be shown.

    The bytes are on disk before that, and nothing serves them without the check. Raises PhotoRefused
    when the picture was put away between screening and now.
    """
    examined, now = screened.passed, road.clock()
    if quarantine.is_out(tx, screened.print.sha256):
        raise PhotoRefused("photo", "was put away meanwhile and cannot be kept")
    photos.put(tx, sealing.keep_photo(road, tx, examined.photo), now)
    photo_checks.put(tx, screened.print, lists=screened.lists, at=now)
    step("look.checked")
