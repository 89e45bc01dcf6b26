"""People look and decide: cards to review, verdicts with undo, what a verdict sets in motion.

Only a person's verdict moves a match; nothing here proposes or confirms by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.pipeline import alert, asking, reply
from bot.pipeline.gallery import CASE_PREFIX
from bot.pipeline.road import Road
from bot.services.sightings import served_photo
from store import audit, cases, matches, outbox, photos, posts, sightings, veils
from store.cases import CaseRow, EnrolledPhoto
from store.db import Transaction
from store.errors import Conflict, Missing, UsageError
from store.matches import MatchRow
from store.records.match import Decision, Tier, Verdict
from store.records.permit import Consent
from store.records.photo import Face, Photo
from store.records.post import Post
from store.records.reply import Alert, Reply
from store.records.sighting import Sighting
from store.steps import step

log = structlog.get_logger(__name__)

CASE_TEAM_ONLY = "case team only"


@dataclass(frozen=True, slots=True)
class Card:
    """All that a person needs to decide one match: both pictures with faces, reasons, where and when."""

    row: MatchRow
    post: Post
    sighting: Sighting | None
    photo: Photo
    face: Face
    case: CaseRow
    case_photo: Photo
    case_face: Face | None
    registered: EnrolledPhoto
    consent: Consent
    replies: tuple[Reply, ...]
    decisions: tuple[Decision, ...]
    copies: tuple[str, ...]
    alert: Alert | None

    @property
    def who_hears(self) -> str:
        """Who hears of it when a person confirms."""
        return "case team and author" if self.consent.given else CASE_TEAM_ONLY


def queue(road: Road, *, tier: Tier | None = None, state: str = matches.OPEN, most: int = 50) -> list[Card]:
    """Cards of a tier (None: alert, then review) in a state, most similar first."""
    tiers = [tier] if tier else [Tier.ALERT, Tier.REVIEW]
    with road.store.reading() as tx:
        rows = [row for one in tiers for row in matches.queue(tx, one, state=state, most=most)]
        return _cards(road, tx, rows[:most])


def listing(road: Road, *, most: int = 200) -> list[Card]:
    """Every match with its card, open ones first."""
    with road.store.reading() as tx:
        return _cards(road, tx, matches.listing(tx, most=most))


def _cards(road: Road, tx: Transaction, rows: Sequence[MatchRow]) -> list[Card]:
    """Cards of the rows that still have their pictures; forgotten ones are left out, not in the way."""
    found = []
    for row in rows:
        try:
            found.append(_card(road, tx, row))
        except Missing as error:
            log.info("match_without_picture", match=row.match.key, reason=error.detail)
    return found


def card(road: Road, key: str) -> Card:
    """One card by its key, or the beginning of it. Raises Missing."""
    with road.store.reading() as tx:
        return _card(road, tx, matches.get(tx, matches.full_key(tx, key)))


def _card(road: Road, tx: Transaction, row: MatchRow) -> Card:
    match = row.match
    veils.check(tx, match.post_key)
    post = posts.get(tx, match.post_key)
    face = _face(tx, match.face_key)
    registered = next(
        (item for item in cases.photos_of(tx, match.case_id) if item.photo.digest == match.case_photo), None
    )
    if face is None or registered is None:
        raise Missing(match.key, "has lost its picture: it was forgotten or its permit went")
    case_face = (
        _face(tx, f"{CASE_PREFIX}{match.case_photo}:0")
        if not registered.face_key
        else _face(tx, registered.face_key)
    )
    return Card(
        row=row,
        post=post,
        sighting=sightings.get(tx, match.post_key),
        photo=photos.get(tx, face.photo),
        face=face,
        case=cases.get(tx, match.case_id),
        case_photo=photos.get(tx, match.case_photo),
        case_face=case_face,
        registered=registered,
        consent=asking.consent_of(road, tx, post),
        replies=tuple(outbox.of_post(tx, match.post_key)),
        decisions=tuple(matches.decisions_of(tx, match.key)),
        copies=tuple(posts.copies_of(tx, match.post_key)),
        alert=matches.find_alert(tx, match.key),
    )


def photos_of(road: Road, card: Card) -> dict[str, bytes]:
    """Both pictures as they may be shown: re-encoded, without metadata. JPEG by name."""
    return {
        "seen": served_photo(road, card.photo.served),
        "registered": served_photo(road, card.case_photo.served),
    }


def _face(tx: Transaction, key: str) -> Face | None:
    try:
        return photos.face(tx, key)
    except Missing:
        return None


def decide(road: Road, key: str, verdict: Verdict, *, by: str, note: str = "") -> Card:
    """Keep a person's verdict. `possible` alerts the case team and makes the receipt certain, all or nothing.

    Raises Missing, or Conflict when somebody decided meanwhile.
    """
    if not by.strip():
        raise UsageError("by", "is empty; a verdict has a person behind it")
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        key = matches.full_key(tx, key)
        held = matches.get(tx, key)
        veils.check(tx, held.match.post_key)
        matches.decide(tx, Decision(key, verdict, by, now, note))
        audit.write(tx, now, by, f"match.{verdict.value}", key)
        step("review.half_written")
        if verdict is Verdict.POSSIBLE:
            alert.ensure(road, tx, key)
            reply.ensure(road, tx, posts.get(tx, held.match.post_key), hasten=True)
        step("review.before_commit")
    step("review.after_commit")
    return card(road, key)


def undo(road: Road, key: str | None, *, by: str) -> Card:
    """Take back the last verdict on a match, or (key None) this person's last one.

    A receipt that is out stays out: it says nothing about a match, so there is nothing to take back.
    Raises Conflict when nothing is left to decide: the match was withdrawn, or its picture forgotten.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        found = matches.full_key(tx, key) if key else matches.last_decision_by(tx, by)
        if found is None:
            raise UsageError("undo", f"{by} has no verdict to take back")
        veils.check(tx, matches.get(tx, found).match.post_key)
        taken = matches.undo(tx, found)
        matches.take_back_alert(tx, found)
        audit.write(tx, now, by, "match.undo", found, verdict=taken.verdict.value)
    try:
        return card(road, found)
    except Missing as error:
        words = "verdict and alert are taken back; its picture was forgotten, so nothing is left to decide"
        raise Conflict(found, words) from error
