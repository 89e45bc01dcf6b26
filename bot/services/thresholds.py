"""Thresholds from what was seen and decided: proposed with numbers, accepted or refused by people, on record.

Nothing is put into force by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.match import proposing
from bot.match.inputs import Thresholds
from bot.match.proposing import Numbers
from bot.pipeline import limits, models
from bot.pipeline.road import Road
from store import audit, cases, match_groups, probe_scores, proposals, users
from store.codec import to_json
from store.db import Transaction
from store.errors import Conflict, NotAllowed, UsageError
from store.proposals import Proposal
from store.records.case import CaseStatus
from store.records.work import Stage

REVIEWS = "reviews"
"""Proposed from compared photos and what people decided; other sources name themselves."""
_WRITTEN = {
    "review_tnorm": "review_normalised",
    "alert_tnorm": "alert_normalised",
    "review_cosine.to_5_years": "review_cosine_to_5",
    "review_cosine.from_6_to_12_years": "review_cosine_6_to_12",
    "review_cosine.from_13_years": "review_cosine_from_13",
}
DAYS = 28
MAY_DECIDE = frozenset({users.ADMIN})
"""They say for the whole installation what people are shown: its administrators decide, by both doors."""
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal with its numbers, whether it is for the face model in force, and whether it counts now."""

    proposal: Proposal
    numbers: Numbers
    is_of_model: bool
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class State:
    """The thresholds that count now, at how many cases, and all proposals, newest first."""

    now: Thresholds
    cases: int
    offers: tuple[Offer, ...]


def state(road: Road) -> State:
    """What counts now and what was proposed."""
    model = road.faces()
    with road.store.reading() as tx:
        offers = tuple(_offer(tx, each, model.digest) for each in proposals.listing(tx))
        active = cases.counts(tx).get(CaseStatus.ACTIVE.value, 0)
    return State(models.thresholds_of(road, model), active, offers)


def idle(road: Road) -> tuple[str, ...]:
    """Numbers of config.yaml under `matching` that do nothing under the model in force, in words."""
    wished, usual = road.rules.thresholds, Thresholds()
    own = getattr(road.faces(), "thresholds", None)
    counting = own(wished) if callable(own) else wished
    found = []
    for name, field in _WRITTEN.items():
        set_to, counts = getattr(wished, field), getattr(counting, field)
        if set_to not in (getattr(usual, field), counts):
            found.append(f"matching.{name} is {set_to:g}, but {counts:g} counts")
    return tuple(found)


def one(road: Road, number: int) -> Offer:
    """One proposal. Raises Missing."""
    model = road.faces().digest
    with road.store.reading() as tx:
        return _offer(tx, proposals.get(tx, number), model)


def propose(road: Road, *, by: str, days: int = DAYS, why: str = "") -> Offer:
    """Thresholds that would have kept the wish over the last days, from the photos compared in them.

    Raises UsageError where no photo was compared against enough cases, or `days` is out of bounds.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError("days", f"is {days}; 1 to {MOST_DAYS} are possible")
    now, model = road.clock(), road.faces().digest
    with road.store.reading() as tx:
        scores = probe_scores.since(tx, model, now - timedelta(days=days))
    seen = [proposing.Seen(s.photo, s.looks, s.score, s.is_possible) for s in scores]
    first = min((s.at for s in scores), default=now)
    span = max(1.0, (now - first).total_seconds() / 86400)
    fewest = min((s.cases for s in scores), default=0)
    numbers = proposing.propose(seen, wish=road.rules.wish, cases=fewest, days=span)
    if numbers is None:
        least = road.rules.thresholds.min_cases_normalised
        raise UsageError("days", f"in these days no photo was compared with {least} cases or more")
    return offer(road, numbers, source=REVIEWS, by=by, why=why)


def offer(road: Road, numbers: Numbers, *, source: str, by: str, why: str = "") -> Offer:
    """Keep numbers as a proposal for the face model in force; they count once a person has accepted them."""
    now, model = road.clock(), road.faces().digest
    with road.store.transaction() as tx:
        made = proposals.put(
            tx,
            source=source,
            model=model,
            cases=numbers.cases,
            numbers=to_json(numbers),
            why=why,
            by=by,
            at=now,
        )
        audit.write(tx, now, by, "thresholds.proposed", str(made.number), source=source)
        return _offer(tx, made, model)


def accept(road: Road, number: int, *, by: str, why: str = "") -> Offer:
    """Put proposed thresholds into force; what waits is compared again.

    Raises Missing, NotAllowed for who is no administrator, Conflict when they were decided already, or are
    for another face model than the one in force.
    """
    model = road.faces().digest
    with road.store.transaction(durable=True) as tx:
        if proposals.get(tx, number).model != model:
            raise Conflict(str(number), "is for another face model than the one in force; propose anew")
        _decide(road, tx, number, by=by, why=why, accepted=True)
        for post in match_groups.posts_waiting(tx):
            road.engine.enqueue(tx, Stage.MATCH, post)
        return _offer(tx, proposals.get(tx, number), model)


def refuse(road: Road, number: int, *, by: str, why: str = "") -> Offer:
    """Leave things as they are. Raises Missing, or Conflict when it was decided already."""
    with road.store.transaction() as tx:
        _decide(road, tx, number, by=by, why=why, accepted=False)
        return _offer(tx, proposals.get(tx, number), road.faces().digest)


def _decide(road: Road, tx: Transaction, number: int, *, by: str, why: str, accepted: bool) -> None:
    if not by.strip():
        raise UsageError("by", "is empty; a person stands behind thresholds")
    if not users.get(tx, by).has(*MAY_DECIDE):
        raise NotAllowed(
            by, f"may not decide about thresholds; roles that may: {', '.join(sorted(MAY_DECIDE))}"
        )
    now = road.clock()
    proposals.decide(tx, number, accepted=accepted, by=by, why=why, at=now)
    audit.write(tx, now, by, "thresholds.accepted" if accepted else "thresholds.refused", str(number))


def _offer(tx: Transaction, proposal: Proposal, model: str) -> Offer:
    held = proposals.in_force(tx, model)
    is_held = held is not None and held.number == proposal.number
    return Offer(proposal, limits.numbers_of(proposal), proposal.model == model, is_held)
