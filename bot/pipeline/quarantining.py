"""Putting a picture away: sealed, taken out of everything that shows, searches or answers, a task raised.

All of it is one transaction; the sealed bytes are on disk before, open copies go right after and by the
round if a crash comes between. Nothing here shows a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from bot.match.hashlists import LEAST_QUALITY
from bot.pipeline import alert
from bot.pipeline.road import Road
from bot.pipeline.screening import Screened, screen
from bot.rules import abuse_duty, compose, sexual
from store import (
    audit,
    cases,
    counters,
    matches,
    outbox,
    photo_checks,
    photos,
    pictures,
    posts,
    quarantine,
    veils,
)
from store.codec import to_json
from store.db import Transaction
from store.errors import Missing, PhotoRefused
from store.records.photo import PhotoState
from store.records.post import Post
from store.records.quarantine import Duty, Lead, PhotoPrint, Place, Quarantined, QuarantineState, Reason
from store.records.reply import ReplyState
from store.records.work import Stage
from store.steps import step

log = structlog.get_logger(__name__)

NEUTRAL = "its picture is not available any more"
"""All that is said about a match, a photo or a reply that goes because of a quarantine."""
CASE_PREFIX = "case:"
_NOT_FOR_THE_TEAM = frozenset({Lead.LABEL})


@dataclass(frozen=True, slots=True)
class Found:
    """A picture to be put away: its hashes, why, where it stood, whether its sealed bytes are kept.

    `served` names the copy that was made for showing, "" if there is none.
    """

    print: PhotoPrint
    reasons: tuple[Reason, ...]
    places: tuple[Place, ...] = ()
    kept: bool = False
    size_bytes: int = 0
    served: str = ""


def seal(road: Road, screened: Screened) -> None:
    """Put the sealed bytes on disk. Done before the transaction that puts the picture away."""
    road.evidence.put(screened.print.sha256, screened.data)
    step("quarantine.sealed")


def reference_of(road: Road, digest: str) -> str:
    """The reference of a picture: made from its digest by the installation's key, the same each time."""
    return compose.reference(road.key.derived("quarantine"), digest)


def lead_of(tx: Transaction, post: Post) -> list[Reason]:
    """What stands against every picture of a post: its labels, or one that a list names beside them."""
    company = quarantine.company_of(tx, post.key)
    return sexual.labelled(post) + ([beside(company)] if company else [])


def put_away_screened(road: Road, tx: Transaction, screened: Screened, places: tuple[Place, ...] = ()) -> str:
    """Put away what the screening found something against; `seal` was called before."""
    served = screened.examined.photo.served if screened.examined else ""
    size = len(screened.data)
    return put_away(road, tx, Found(screened.print, screened.reasons, places, True, size, served))


def admit(road: Road, data: bytes) -> Screened:
    """Screen a file that a person hands in: a case's photo, a known picture.

    Raises PhotoRefused, also for one that is put away; then the officer has a task and the person only a
    reference.
    """
    screened = screen(road, data)
    if not screened.reasons:
        return screened
    seal(road, screened)
    with road.store.transaction() as tx:
        reference = put_away_screened(road, tx, screened)
    raise PhotoRefused("photo", f"cannot be taken; give the quarantine officer the reference {reference}")


def put_away(road: Road, tx: Transaction, found: Found) -> str:
    """Take a picture away everywhere and see that there is a task for the officer. Gives its reference.

    Can be repeated: the same reasons and places change nothing.
    """
    digest = found.print.sha256
    reference = reference_of(road, digest)
    served = found.served or quarantine.served_of(tx, digest)
    new = quarantine.add_reasons(tx, digest, found.reasons, road.clock())
    is_new_place = _add_places(road, tx, digest, found.places)
    is_new_place |= _take_away(road, tx, digest)
    _open_task(road, tx, found, reference, served, new, is_new_place)
    step("quarantine.half_written")
    if served:
        _twins(road, tx, served, reference)
    if any(reason.lead is Lead.LIST for reason in found.reasons):
        _company(road, tx, digest, reference)
    return reference


def put_away_kept(road: Road, tx: Transaction, digest: str, reasons: Sequence[Reason]) -> str:
    """The same for a photo that is kept already: its bytes are sealed from the photo folder."""
    try:
        data = road.blobs.get(digest)
    except Missing:
        data = b""
    if data:
        road.evidence.put(digest, data)
    step("quarantine.resealed")
    known = photo_checks.get(tx, digest) or PhotoPrint(digest)
    return put_away(road, tx, Found(known, tuple(reasons), (), bool(data), len(data)))


def _open_task(
    road: Road,
    tx: Transaction,
    found: Found,
    reference: str,
    served: str,
    new: list[Reason],
    is_new_place: bool,
) -> None:
    digest, now = found.print.sha256, road.clock()
    duty = Duty.REPORT if any(r.duty is Duty.REPORT for r in found.reasons) else Duty.LOOK
    due = now + abuse_duty.DUE[duty]
    held = quarantine.state_of(tx, digest)
    if held is None:
        is_telling = found.print.pdq_quality >= LEAST_QUALITY
        item = Quarantined(
            digest, reference, QuarantineState.OPEN, duty, now, served,
            found.print.pdq if is_telling else (), found.kept, size_bytes=found.size_bytes, due_at=due,
        )  # fmt: skip
        quarantine.put(tx, item)
        _tell(road, tx, reference, "quarantine.opened", found.reasons)
    elif _is_task_again(held, new, is_new_place):
        quarantine.set_fields(
            tx, digest, expect=[held], state=QuarantineState.OPEN, duty=duty, due_at=due, swept=False,
            kept=found.kept, closed_at=None, closed_by="", closed_why="", destroyed_at=None,
        )  # fmt: skip
        _tell(road, tx, reference, "quarantine.reopened", found.reasons)
    elif held is QuarantineState.OPEN:
        before = quarantine.get(tx, digest)
        sooner = min(due, before.due_at) if before.due_at else due
        harder = Duty.REPORT if Duty.REPORT in (duty, before.duty) else Duty.LOOK
        quarantine.set_fields(
            tx, digest, expect=[held], duty=harder, due_at=sooner, swept=False,
            kept=found.kept or before.kept, served=served or before.served,
        )  # fmt: skip
    else:
        quarantine.set_fields(tx, digest, expect=[held], swept=False)


def _is_task_again(held: QuarantineState, new: list[Reason], is_new_place: bool) -> bool:
    """What was reported is reported again where it turns up anew; what was closed, on a new strong reason."""
    if held in (QuarantineState.REPORTED, QuarantineState.DESTROYED):
        return is_new_place
    is_strong = any(reason.lead is not Lead.LABEL for reason in new)
    return held is QuarantineState.RELEASED or (held is QuarantineState.BARRED and is_strong)


def _tell(road: Road, tx: Transaction, reference: str, deed: str, reasons: Iterable[Reason]) -> None:
    """The audit and, where it is more than a label, the team hear of it: by reference only."""
    leads = sorted({reason.lead.value for reason in reasons})
    audit.write(tx, road.clock(), "homeward", deed, reference, leads=leads)
    if any(Lead(lead) not in _NOT_FOR_THE_TEAM for lead in leads):
        alert.quarantined(road, tx, reference)


def _add_places(road: Road, tx: Transaction, digest: str, places: Iterable[Place]) -> bool:
    added = False
    for place in places:
        if place.kind == quarantine.POST and place.sealed is None:
            place = Place(place.kind, place.key, place.position, _sealed_post(road, tx, digest, place.key))
        added |= quarantine.add_place(tx, digest, place, road.clock())
        if place.kind == quarantine.POST:
            _withhold(road, tx, place.key)
    return added


def _sealed_post(road: Road, tx: Transaction, digest: str, post_key: str) -> bytes | None:
    """The post as it stands now, for the report: its platform may delete it tomorrow."""
    try:
        post = posts.get(tx, post_key)
    except Missing:
        return None
    text = json.dumps(to_json(post, sets_in_order=True), ensure_ascii=False)
    return road.key.seal(text, row=row_of(digest, post_key))


def row_of(digest: str, post_key: str) -> str:
    """To what the sealed copy of a post is bound."""
    return f"quarantine:{digest}:{post_key}"


def _withhold(road: Road, tx: Transaction, post_key: str) -> None:
    """Nobody is shown the post or sent to it, and it gets no reply."""
    veils.put(tx, post_key, quarantine.VEIL, road.clock())
    for reply in outbox.of_post(tx, post_key):
        if reply.state in (ReplyState.DRAFTED, ReplyState.APPROVED):
            outbox.move(tx, reply, ReplyState.CANCELLED, why=NEUTRAL)


def _take_away(road: Road, tx: Transaction, digest: str) -> bool:
    """Out of posts, cases, matches, vectors, codes, banks. True if it stood where it was not known to be."""
    matches.withdraw_of_photo(tx, digest, NEUTRAL)
    matches.withdraw_of_case_photo(tx, digest, NEUTRAL)
    for photo in (digest, f"{CASE_PREFIX}{digest}"):
        photos.drop_faces(tx, photo)
    pictures.drop_codes(tx, digest)
    stood = quarantine.bar_attachments(tx, digest, state=PhotoState.QUARANTINED.value, why=NEUTRAL)
    added = _add_places(road, tx, digest, [Place(quarantine.POST, key, at) for key, at in stood])
    for case_id in quarantine.take_off_cases(tx, digest):
        added |= quarantine.add_place(tx, digest, Place(quarantine.CASE, case_id), road.clock())
        cases.gallery_changed(tx, case_id, "", road.clock())
        road.engine.enqueue(tx, Stage.ENROL, case_id, priority=20)
    if quarantine.drop_photo(tx, digest):
        counters.add(tx, "photos", -1)
    return added


def _twins(road: Road, tx: Transaction, served: str, reference: str) -> None:
    """Other files with the very same pixels: their copy for showing has the same digest."""
    for twin in quarantine.with_served(tx, served):
        words = f"the same pixels as {reference}"
        put_away_kept(road, tx, twin, [Reason(Lead.COPY, reference, served, words, distance=0)])


def _company(road: Road, tx: Transaction, digest: str, reference: str) -> None:
    """What stands in one post with a picture that a list names goes along: it is seldom harmless."""
    for place in quarantine.places_of(tx, digest):
        rows = posts.media_of(tx, place.key) if place.kind == quarantine.POST else []
        for other in dict.fromkeys(row.photo for row in rows if row.photo and row.photo != digest):
            reasons = quarantine.standing(tx, other, [beside(reference)])
            if reasons:
                put_away_kept(road, tx, other, reasons)


def beside(reference: str) -> Reason:
    """The reason of a picture that stands in one post with one that a list names."""
    return Reason(Lead.BESIDE, reference, "", f"in one post with {reference}", Duty.REPORT)
