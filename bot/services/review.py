"""People look and decide: cards to review, verdicts with undo, what a verdict sets in motion.

Only a person's verdict moves a match; nothing here proposes or confirms by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.match.odds import Odds
from bot.match.rates import HitRate
from bot.pipeline import alert, asking, reply
from bot.pipeline.casework import named_match
from bot.pipeline.gallery import CASE_PREFIX
from bot.pipeline.road import Road
from bot.rules.verdicts import is_secret
from bot.services import clusters, leads_making
from bot.services.odds import Tally
from bot.services.sightings import served_photo
from store import (
    assignments,
    audit,
    cases,
    drops,
    match_groups,
    match_votes,
    matches,
    outbox,
    photos,
    posts,
    sightings,
    veils,
)
from store.assignments import Assignment
from store.case_teams import NOBODY
from store.cases import CaseRow, EnrolledPhoto
from store.db import Transaction
from store.errors import Conflict, Missing, UsageError
from store.matches import MatchRow
from store.records.match import Decision, Dropped, Tier, Verdict
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
    odds: Odds | None = None
    hit_rates: tuple[HitRate, ...] = ()
    assigned: Assignment | None = None

    @property
    def who_hears(self) -> str:
        """Who hears of it when a person confirms."""
        return "case team and author" if self.consent.given else CASE_TEAM_ONLY


def queue(
    road: Road,
    *,
    tier: Tier | None = None,
    state: str = matches.OPEN,
    most: int = 50,
    viewer: str = NOBODY,
    of: str | None = None,
) -> list[Card]:
    """Cards of a tier (None: alert, then review) in a state, most similar first; of one account if named.

    Those of sealed cases are there for a viewer of their team alone, here as everywhere.
    """
    if of is not None:
        return _given(road, of, state=state, most=most, viewer=viewer)
    tiers = [tier] if tier else [Tier.ALERT, Tier.REVIEW]
    with road.store.reading() as tx:
        but = (match_votes.called_possible_by(viewer),) if state in (matches.OPEN, matches.LATER) else ()
        rows: list[MatchRow] = []
        for one in tiers:
            rows += matches.queue(tx, one, state=state, most=most - len(rows), viewer=viewer, but=but)
        return [hidden_from(found, viewer) for found in _cards(road, tx, rows)]


Place = tuple[Tier, float, str]
"""Where a page of candidates ended: tier, what it is ordered by, key."""


def page(
    road: Road, *, state: str, after: Place | None, most: int, viewer: str
) -> tuple[list[Card], Place | None]:
    """Candidates that this person may decide, alert before review, with where the next page begins."""
    tiers = [Tier.ALERT, Tier.REVIEW]
    rows: list[MatchRow] = []
    with road.store.reading() as tx:
        but = (match_votes.called_possible_by(viewer),) if state in (matches.OPEN, matches.LATER) else ()
        for one in tiers[tiers.index(after[0]) :] if after else tiers:
            start = after[1:] if after and after[0] is one else None
            rows += matches.queue(
                tx, one, state=state, before=start, most=most - len(rows), viewer=viewer, but=but
            )
        cards = [hidden_from(found, viewer) for found in _cards(road, tx, rows)]
    if len(rows) < most:
        return cards, None
    last = rows[-1].match
    return cards, (last.tier, matches.standing_out(last), last.key)


def hidden_from(found: Card, viewer: str) -> Card:
    """The card as this person may see it: who gives the second answer is not told the first."""
    is_open = found.row.state in (matches.OPEN, matches.LATER)
    if is_open and is_secret(found.decisions, viewer):
        return replace(found, decisions=tuple(each for each in found.decisions if each.undone))
    return found


def _given(road: Road, account: str, *, state: str, most: int, viewer: str) -> list[Card]:
    """Cards that an account is to look at, those to be looked at first before the others."""
    with road.store.reading() as tx:
        shown = []
        held = assignments.of(tx, assignments.keys_of(tx, account))
        for key in (key for key, each in held.items() if each.by):
            try:
                matches.check(tx, key, viewer)
                row = matches.get(tx, key)
            except Missing:
                continue
            if row.state == state:
                shown.append(row)
        shown.sort(key=lambda row: (row.match.tier is not Tier.ALERT, -row.match.similarity, row.match.key))
        return [hidden_from(found, viewer) for found in _cards(road, tx, shown[:most])]


def listing(road: Road, *, most: int = 200, viewer: str = NOBODY) -> list[Card]:
    """Every match with its card, open ones first."""
    with road.store.reading() as tx:
        return _cards(road, tx, matches.listing(tx, most=most, viewer=viewer))


def _cards(road: Road, tx: Transaction, rows: Sequence[MatchRow]) -> list[Card]:
    """Cards of the rows that still have their pictures; forgotten ones are left out, not in the way."""
    found, tally = [], Tally(road, tx)
    for row in rows:
        try:
            found.append(_card(road, tx, row, tally))
        except Missing as error:
            log.info("match_without_picture", face=row.match.face_key, reason=error.detail)
    return found


def card(road: Road, key: str, *, viewer: str = NOBODY, odds: bool = True) -> Card:
    """One card by its key, or the beginning of it. Raises Missing, for a case hidden from the viewer too.

    Without `odds` no outcomes are counted: for a line about it, not for deciding.
    """
    with road.store.reading() as tx:
        row = matches.get(tx, matches.full_key(tx, key, viewer=viewer))
        return hidden_from(_card(road, tx, row, Tally(road, tx) if odds else None), viewer)


def _card(road: Road, tx: Transaction, row: MatchRow, tally: Tally | None) -> Card:
    match = row.match
    veils.check(tx, match.post_key)
    post = posts.get(tx, match.post_key)
    face = _face(tx, match.face_key)
    registered = next(
        (item for item in cases.photos_of(tx, match.case_id) if item.photo.digest == match.case_photo), None
    )
    if face is None or registered is None:
        raise Missing(match.key, "has lost its picture: it was forgotten or its permit went")
    assigned = clusters.given(tx, [row]).get(match.key)
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
        odds=tally.of(match, registered.photo.age_years) if tally else None,
        hit_rates=tally.hit_rates(match, registered.photo.age_years) if tally else (),
        assigned=assigned if assigned is not None and assigned.by else None,
    )


def photos_of(road: Road, card: Card, *, viewer: str = NOBODY) -> dict[str, bytes]:
    """Both pictures as they may be shown: re-encoded, without metadata. JPEG by name."""
    return {
        "seen": served_photo(road, card.photo.served, viewer=viewer),
        "registered": served_photo(road, card.case_photo.served, viewer=viewer),
    }


def _face(tx: Transaction, key: str) -> Face | None:
    try:
        return photos.face(tx, key)
    except Missing:
        return None


def decide(road: Road, key: str, verdict: Verdict, *, by: str, note: str = "") -> Card:
    """Keep a person's verdict. `possible` alerts the case team and makes the receipt certain, all or nothing.

    Where two people have to agree, the first `possible` is kept and sets nothing in motion.
    It is said of this photo alone; the other verdicts are of copies of the picture as well.
    Raises Missing, or Conflict when somebody decided meanwhile.
    """
    if not by.strip():
        raise UsageError("by", "is empty; a verdict has a person behind it")
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        key = matches.full_key(tx, key, viewer=by)
        held = matches.get(tx, key)
        veils.check(tx, held.match.post_key)
        scope = clusters.Scope.COPIES
        cluster = clusters.gathered(tx, held, scope, viewer=by)
        if verdict is Verdict.POSSIBLE:
            cluster = clusters.Cluster(scope, (held,))
        clusters.decide(road, tx, cluster, verdict, by=by, note=note, at=now)
        step("review.half_written")
        if verdict is Verdict.POSSIBLE and matches.get(tx, key).state == matches.POSSIBLE:
            alert.ensure(road, tx, key)
            post = posts.get(tx, held.match.post_key)
            reply.make_certain(road, tx, post)
            reply.follow_up(road, tx, post)
            leads_making.follow(road, tx, key, by=by)
        step("review.before_commit")
    step("review.after_commit")
    return card(road, key, viewer=by)


def undo(road: Road, key: str | None, *, by: str) -> Card:
    """Take back the last verdict on a match, or (key None) this person's last one, for copies alike.

    A receipt that is out stays out: it says nothing about a match, so there is nothing to take back.
    Raises Conflict when nothing is left to decide: the match was withdrawn, or its picture forgotten.
    """
    with road.store.transaction() as tx:
        found = matches.full_key(tx, key, viewer=by) if key else matches.last_decision_by(tx, by)
        if found is None:
            raise UsageError("undo", f"{by} has no verdict to take back")
        matches.check(tx, found, by)
        veils.check(tx, matches.get(tx, found).match.post_key)
        _take_back(road, tx, found, by=by)
    try:
        return card(road, found, viewer=by)
    except Missing as error:
        words = "verdict and alert are taken back; its picture was forgotten, so nothing is left to decide"
        raise Conflict(found, words) from error


def _take_back(road: Road, tx: Transaction, key: str, *, by: str) -> None:
    """Undo the last verdict on a match, and what was decided at the same stroke."""
    now = road.clock()
    together = [key]
    matches.hold(tx, key)
    said = matches.decisions_of(tx, key)
    is_open = matches.get(tx, key).state in (matches.OPEN, matches.LATER)
    if is_open and is_secret(said, by):
        raise Conflict(key, "has no verdict of yours that could be taken back")
    if last := [each for each in said if not each.undone]:
        together = match_groups.decided_together(tx, last[-1])
    for each in together:
        row = matches.get(tx, each)
        if each != key and row.state == matches.WITHDRAWN:
            continue
        taken = matches.undo(tx, each)
        matches.take_back_alert(tx, each)
        audit.write(tx, now, by, "match.undo", named_match(road, tx, each), verdict=taken.verdict.value)
        leads_making.follow(road, tx, each, by=by)
        if taken.verdict is Verdict.NOT_THIS_CHILD:
            clusters.come_back(road, tx, row)


def why_not(road: Road, *, post: str = "", case_id: str = "", viewer: str = NOBODY) -> list[Dropped]:
    """Pairs of a post or of a case that are alike and yet not shown, each with its reason, most alike first.

    Raises Missing for a post or case that there is none of, or that the viewer must not know.
    """
    with road.store.reading() as tx:
        if post:
            veils.check(tx, post)
            posts.get(tx, post)
            return drops.of_post(tx, post, viewer=viewer)
        cases.seen(tx, case_id, viewer)
        return drops.of_case(tx, case_id, viewer=viewer)
