"""The exact place of a lead: shown to its team on request, each time with a reason in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline import sealing
from bot.pipeline.casework import named_id
from bot.pipeline.road import Road
from bot.rules import exact
from bot.services import metering
from store import audit, matches, sightings, veils
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.records.sighting import WhereCandidate

LEAST_REASON = 4


@dataclass(frozen=True, slots=True)
class ExactPlace:
    """The measured points of a post's claim, best first, and the case for which they are shown."""

    post_key: str
    case_id: str
    points: tuple[WhereCandidate, ...]


def lead_of(tx: Transaction, post_key: str, viewer: str) -> str:
    """The case of which a person called this post a possible sighting, "" if nobody did, or for a viewer
    who must not know of that case."""
    rows = matches.of_post(tx, post_key, viewer=viewer)
    found = (row.match.case_id for row in rows if row.state == matches.POSSIBLE)
    return next(found, "")


def reveal(road: Road, post_key: str, *, by: str, why: str) -> ExactPlace:
    """Open the seal for a person who works on the lead, and write down that it was opened.

    Raises Missing where there is no such post or nothing is sealed, UsageError without a reason,
    NotAllowed where no reviewer has called the post a possible sighting of anybody.
    """
    if len(why.strip()) < LEAST_REASON:
        raise UsageError("why", "is missing; say for what the exact place is needed")
    with road.store.transaction(durable=True) as tx:
        veils.check(tx, post_key)
        case_id = lead_of(tx, post_key, by)
        if not case_id:
            raise NotAllowed(post_key, "is no lead: its exact place opens after “possible resemblance”")
        claim = sealing.exact_claim(road, tx, sightings.get(tx, post_key))
        points = tuple(c for c in claim.where.candidates if exact.is_exact(c)) if claim is not None else ()
        if not points:
            raise Missing(post_key, "has no exact place under seal")
        named = named_id(road, tx, case_id)
        audit.write(tx, road.clock(), by, "place.revealed", post_key, case=named, why=why.strip())
        metering.count(road, tx, by, metering.Kind.PLACE)
    return ExactPlace(post_key, case_id, points)
