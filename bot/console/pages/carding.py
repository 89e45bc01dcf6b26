"""One candidate as a page: both faces side by side, where and when, reasons, decisions so far.

Shows only; verdicts are taken by pages/deciding.py and pages/confirming.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from bot.console import words
from bot.console.crops import Crop, crop_of
from bot.console.here import Console
from bot.console.look import Look
from bot.console.maps import draw, points_of
from bot.console.preview import preview
from bot.console.renditions import size_of
from bot.services import cases, clusters, overview, people, review, sightings, turns
from bot.services.clusters import Cluster
from bot.services.review import Card
from store.errors import HomewardError
from store.records.match import Verdict
from store.records.photo import Face
from store.users import REVIEWER

CONFIRM = "/review/confirm"


@dataclass(frozen=True, slots=True)
class Picture:
    """A served copy with its face cut out; `gone` says why it cannot be shown."""

    served: str
    crop: Crop | None
    gone: str = ""


def picture_of(here: Console, viewer: str, served: str, face: Face | None) -> Picture:
    """A served copy with the window around its face, or why it cannot be shown."""
    try:
        size = size_of(served, sightings.served_photo(here.road, served, viewer=viewer))
    except HomewardError as error:
        return Picture(served, None, str(error))
    return Picture(served, crop_of(face, size) if face is not None else None)


def card_page(
    request: Request, here: Console, viewer: str, key: str, said: Card | None, look: Look
) -> Response:
    """One candidate, taken to look at if nobody else has it."""
    road = here.road
    taken_by = turns.take(road, key, by=viewer)
    card = review.card(road, key, viewer=viewer)
    case = cases.show(road, card.case.case.id, viewer=viewer)
    match, born = card.row.match, card.case.case.date_of_birth
    others = sorted(
        (
            (item.photo.age_years, served)
            for item, served in zip(case.photos, case.served, strict=True)
            if item.photo.digest != match.case_photo
        ),
        key=lambda pair: (pair[0] is None, pair[0] or 0.0),
    )
    return here.pages.page(
        request, "card.html", card=card, match=match, case=card.case.case, others=others, said=said,
        seen=picture_of(here, viewer, card.photo.served, card.face),
        registered=picture_of(here, viewer, card.case_photo.served, card.case_face),
        pieces=words.pieces(card.post.text, card.sighting),
        age_now=words.age_on(born, road.clock().date()) if born else None,
        previews=[preview(road, row) for row in card.replies],
        lead=overview.lead_of(road, match.key, viewer=viewer),
        standing=next((d for d in reversed(card.decisions) if not d.undone), None),
        following=turns.waiting(road, by=viewer, but=card.row.match.key),
        clusters=_clusters(here, viewer, card), look=look, taken_by=taken_by,
        has_said=_has_said(card, viewer), confirmed=_confirmed(card), asks_two=road.rules.second_look,
        map=draw(points_of(card.sighting.where.candidates if card.sighting else ()), road.gazetteer),
        reviewers=[user.name for user in people.listing(road) if user.has(REVIEWER)],
    )  # fmt: skip


def _has_said(card: Card, viewer: str) -> bool:
    """Whether this person called it possible, and that stands."""
    return viewer.casefold() in _confirmed(card)


def _confirmed(card: Card) -> frozenset[str]:
    """Who called it possible, folded."""
    said = (each for each in card.decisions if not each.undone and each.verdict is Verdict.POSSIBLE)
    return frozenset(each.by.casefold() for each in said)


def _clusters(here: Console, viewer: str, card: Card) -> dict[str, Cluster]:
    """What would be decided together with this card, by scope; only where there is more than this one."""
    if card.row.state not in ("open", "later"):
        return {}
    found = clusters.around(here.road, card.row.match.key, viewer=viewer)
    return {scope.value: cluster for scope, cluster in found.items() if len(cluster.rows) > 1}
