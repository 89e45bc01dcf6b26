"""The round that keeps the quarantine true: open copies swept away, stored photos compared with new lists,
preserved bytes destroyed when their time is over. Shows nothing; each call does a limited amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.match.hashes256 import nearest
from bot.match.hashlists import LEAST_QUALITY, MAX_BITS
from bot.photos.hashlists import NO_LISTS, ListSet
from bot.pipeline import quarantining, screening
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, campaign, cases, photo_checks, photos, quarantine
from store.db import Transaction
from store.errors import HomewardError, Missing, PhotoRefused, PhotoUnavailable
from store.records.case import CaseStatus
from store.records.quarantine import Lead, PhotoPrint, Quarantined, QuarantineState, Reason
from store.records.work import Stage
from store.steps import step

log = structlog.get_logger(__name__)

COMPARED = 2000
"""So many photos are compared with new lists in one call, a hash that is kept each …"""
OPENED = 40
"""… and so many of those whose hashes are not kept yet are opened again."""
NOTICE = "abuse lists"
CASE_PREFIX = "case:"


def tidy(road: Road, _active: Mapping[str, Source] | None = None) -> bool:
    """Do what is due. True if there is more of it."""
    swept = sweep(road)
    destroy_due(road)
    more = compare_again(road)
    tell_about_lists(road)
    return more or swept


# ── open copies ──────────────────────────────────────────────────────────────────────────────────


def sweep(road: Road) -> bool:
    """Drop what still lies open of quarantined pictures, and put away kept ones that are nearly the same.

    True if something was swept.
    """
    with road.store.reading() as tx:
        waiting = quarantine.unswept(tx)
    for item in waiting:
        _drop_open(road, item)
        step("quarantine.dropped")
        with road.store.transaction() as tx:
            _take_copies(road, tx, item)
            quarantine.set_fields(tx, item.digest, expect=QuarantineState, swept=True)
            step("quarantine.sweep_half_written")
        step("quarantine.swept")
    return bool(waiting)


def _drop_open(road: Road, item: Quarantined) -> None:
    """The original and the copy that was made for showing, unless another photo has the same."""
    with road.store.transaction() as tx:
        # Within the transaction, so that nobody who keeps the same bytes meanwhile loses them.
        for blob in filter(None, (item.digest, item.served)):
            if not photos.is_needed(tx, blob):
                road.blobs.drop(blob)
        if item.state not in quarantine.PRESERVED:
            road.evidence.destroy(item.digest)  # It came again and was sealed again before that was known.


def _take_copies(road: Road, tx: Transaction, item: Quarantined) -> None:
    if not item.pdq or all(item.digest != each.digest for each in quarantine.spreading(tx)):
        return
    near = [
        (digest, bits)
        for batch in photo_checks.prints(tx)
        for digest, pdq, quality in batch
        if quality >= LEAST_QUALITY and (bits := nearest(item.pdq, pdq)) <= MAX_BITS
    ]
    for digest, bits in near:
        words = f"nearly the same picture as {item.reference}, {bits} of 256 bits apart"
        found = Reason(Lead.COPY, item.reference, item.pdq[0], words, item.duty, bits)
        reasons = quarantine.standing(tx, digest, [found])
        if reasons and not quarantine.is_out(tx, digest):
            quarantining.put_away_kept(road, tx, digest, reasons)


# ── new lists ────────────────────────────────────────────────────────────────────────────────────


def compare_again(road: Road) -> bool:
    """Compare stored photos with lists that changed since, some at a time. True if some are left.

    How far it has come is in the rows themselves, so that it goes on where it was stopped.
    """
    try:
        lists = road.lists.current()
    except PhotoUnavailable as error:
        log.warning("photos_not_compared", reason=error.detail)
        return False
    with road.store.reading() as tx:
        waiting = photo_checks.outdated(tx, lists.id, most=COMPARED)
    opened = 0
    for held, was_checked in waiting:
        if _needs_opening(held, lists):
            if opened >= OPENED:
                continue
            opened += 1
            held = _opened(road, held)
        _compare(road, lists, held, was_checked)
    return bool(waiting)


def _needs_opening(held: PhotoPrint, lists: ListSet) -> bool:
    """Photos from before there were checks have no hashes; without lists they need none."""
    return not held.md5 and lists.id != NO_LISTS


def _opened(road: Road, held: PhotoPrint) -> PhotoPrint:
    """The hashes of a kept photo; its bytes alone are named where it cannot be opened any more."""
    try:
        data = road.blobs.get(held.sha256)
    except Missing:
        return held
    bare = screening.print_of(data)
    try:
        examined = road.gate.examine(data)
    except (PhotoRefused, PhotoUnavailable) as error:
        log.warning("photo_not_opened_again", photo=held.sha256[:12], reason=error.detail)
        return bare
    return replace(bare, pdq=examined.pdq, pdq_quality=examined.pdq_quality)


def _compare(road: Road, lists: ListSet, held: PhotoPrint, was_checked: bool) -> None:
    hits = [hit.reason() for hit in lists.hits(held)]
    with road.store.transaction() as tx:
        if not photo_checks.has(tx, held.sha256):
            return  # Forgotten or put away meanwhile.
        photo_checks.put(tx, held, lists=lists.id, at=road.clock())
        reasons = screening.against(tx, held, hits)
        if reasons:
            quarantining.put_away_kept(road, tx, held.sha256, reasons)
        elif not was_checked:
            _enrol_again(road, tx, held.sha256)
        step("quarantine.compared")


def _enrol_again(road: Road, tx: Transaction, digest: str) -> None:
    """A registered photo that may be looked at from now on: its faces are found again."""
    for case_id in cases.with_photo(tx, digest):
        if cases.get(tx, case_id).status is CaseStatus.ACTIVE:
            road.engine.enqueue(tx, Stage.ENROL, case_id, priority=0)


# ── time over ────────────────────────────────────────────────────────────────────────────────────


def destroy_due(road: Road) -> int:
    """Destroy sealed bytes whose preservation is over; what was found and reported stays known. How many."""
    with road.store.reading() as tx:
        due = quarantine.due_for_destruction(tx, road.clock())
    for item in due:
        until = item.preserve_until.isoformat() if item.preserve_until else ""
        destroy(road, item, QuarantineState.DESTROYED, by="homeward", deed="destroyed", until=until)
    return len(due)


def destroy(road: Road, item: Quarantined, to: QuarantineState, *, by: str, deed: str, **detail: str) -> None:
    """Destroy the sealed bytes and move to a state without them; a crash in between: both again.

    Raises Conflict when somebody moved it meanwhile.
    """
    with road.store.transaction() as tx:
        now = road.clock()
        quarantine.set_fields(tx, item.digest, expect=[item.state], state=to, kept=False, destroyed_at=now)
        quarantine.blank_places(tx, item.digest)
        audit.write(tx, now, by, f"quarantine.{deed}", item.reference, **detail)
        # Bytes go before the commit: they are not to outlive the row that says so.
        road.evidence.destroy(item.digest)
        step("quarantine.destroyed")


# ── the lists themselves ─────────────────────────────────────────────────────────────────────────


def tell_about_lists(road: Road) -> None:
    """A notice while a list cannot be read or is older than the operator allows."""
    now, words = road.clock(), []
    for health in road.lists.health():
        name = health.file.terms.name
        if health.trouble:
            stands = "the version read before stays in use" if health.version else "no photo is looked at"
            words.append(f"The list {name} cannot be read, {stands}.")
        elif health.is_old(now):
            words.append(f"The list {name} is older than {health.file.max_age_days:g} days.")
    with road.store.reading() as tx:
        held = campaign.notices(tx).get(NOTICE, "")
    if held != " ".join(words):
        with road.store.transaction() as tx:
            campaign.notice(tx, NOTICE, " ".join(words), now)


def tasks(tx: Transaction, now: datetime) -> dict[str, int]:
    """How many tasks of the quarantine officer wait and how many are late; not what they are about."""
    waiting = quarantine.counts(tx).get(QuarantineState.OPEN.value, 0)
    return {"open": waiting, "overdue": quarantine.overdue(tx, now)}


def progress(road: Road) -> tuple[int, int]:
    """(photos compared with the lists as they are now, all photos). (0, n) while a list cannot be read."""
    try:
        lists = road.lists.current().id
    except HomewardError:
        lists = ""
    with road.store.reading() as tx:
        return photo_checks.progress(tx, lists)
