"""Review: candidates by pile, one card with both pictures, the verdict and its undo.

What a verdict sets in motion is decided in bot/services/review.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.answers import one_of, see
from bot.console.auth import ADMIN, REVIEWER, Form, Reviewer, ReviewForm
from bot.console.crops import Crop, crop_of
from bot.console.here import Console, Here
from bot.console.preview import preview
from bot.console.rendering import link_to
from bot.console.renditions import size_of
from bot.services import cases, clusters, people, review, sightings
from bot.services.clusters import Cluster, Scope
from bot.services.review import Card
from store.errors import HomewardError, Missing, UsageError
from store.records.match import Tier, Verdict
from store.records.photo import Face

router = APIRouter(include_in_schema=False)

# Pile: heading, state of its matches, tier (None: look first, then look when you can), what if it is empty.
PILES: dict[str, tuple[str, str, Tier | None, str]] = {
    "open": ("Waiting", "open", None, "Nobody waits for a decision. New candidates appear by themselves."),
    "later": ("Later", "later", None, "Nothing was put off. Choose “Later” when you are unsure."),
    "possible": ("Possible resemblance", "possible", None, "Nobody was called a possible resemblance."),
    "rejected": ("Not this child", "rejected", None, "No candidate was turned down yet."),
    "mine": ("Given to me", "open", None, "Nobody gave you a candidate to look at."),
    "aside": (
        "Below the line", "open", Tier.SET_ASIDE,
        "Nothing lies below the line. What hardly resembles anybody is kept here, unasked for.",
    ),
}  # fmt: skip
MOST = 60


@router.get("/review")
def review_page(
    request: Request,
    here: Here,
    viewer: Reviewer,
    key: str = "",
    pile: str = "open",
    last: str = "",
    show: int = 0,
) -> Response:
    """A pile of candidates, or with `key` one card."""
    said = _said(here, last, viewer.name)
    if key:
        return _card_page(request, here, viewer.name, key, said)
    if pile not in PILES:
        raise UsageError("pile", f"is {pile!r}; the piles are {', '.join(PILES)}")
    _, state, tier, empty = PILES[pile]
    of = viewer.name if pile == "mine" else None
    cards, problem = _queue(here, viewer.name, state=state, tier=tier, most=MOST, of=of)
    return here.pages.page(
        request, "review_list.html", cards=cards, pile=pile, piles=PILES, empty=empty, said=said,
        show=show == 1, most=MOST, problem=problem,
    )  # fmt: skip


def _queue(
    here: Console,
    viewer: str,
    *,
    state: str = "open",
    tier: Tier | None = None,
    most: int,
    of: str | None = None,
) -> tuple[list[Card], str]:
    """Cards, or why they cannot be shown: a card that lost its picture must not take the page along."""
    try:
        return review.queue(here.road, state=state, tier=tier, most=most, viewer=viewer, of=of), ""
    except Missing as error:
        return [], str(error)


def _said(here: Console, key: str, viewer: str) -> Card | None:
    """The card that was decided just before, so that its verdict can be taken back from here."""
    if not key:
        return None
    card = review.card(here.road, key, viewer=viewer)
    return card if any(not decision.undone for decision in card.decisions) else None


@dataclass(frozen=True, slots=True)
class Picture:
    """A served copy with its face cut out; `gone` says why it cannot be shown."""

    served: str
    crop: Crop | None
    gone: str = ""


def _picture(here: Console, viewer: str, served: str, face: Face | None) -> Picture:
    try:
        size = size_of(served, sightings.served_photo(here.road, served, viewer=viewer))
    except HomewardError as error:
        return Picture(served, None, str(error))
    return Picture(served, crop_of(face, size) if face is not None else None)


def _card_page(request: Request, here: Console, viewer: str, key: str, said: Card | None) -> Response:
    road = here.road
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
        seen=_picture(here, viewer, card.photo.served, card.face),
        registered=_picture(here, viewer, card.case_photo.served, card.case_face),
        pieces=words.pieces(card.post.text, card.sighting),
        age_now=words.age_on(born, road.clock().date()) if born else None,
        previews=[preview(road, row) for row in card.replies],
        standing=next((d for d in reversed(card.decisions) if not d.undone), None),
        following=_following(here, viewer, key),
        clusters=_clusters(here, viewer, card),
        reviewers=[user.name for user in people.listing(road) if user.role in (ADMIN, REVIEWER)],
    )  # fmt: skip


def _clusters(here: Console, viewer: str, card: Card) -> dict[str, Cluster]:
    """What would be decided together with this card, by scope; only where there is more than this one."""
    if card.row.state not in ("open", "later"):
        return {}
    found = {s.value: clusters.of(here.road, card.row.match.key, s, viewer=viewer) for s in Scope}
    return {scope: cluster for scope, cluster in found.items() if len(cluster.rows) > 1}


def _following(here: Console, viewer: str, key: str) -> str:
    """The key of the next open card, "" if none is left."""
    cards, _ = _queue(here, viewer, most=2)
    return next((card.row.match.key for card in cards if card.row.match.key != key), "")


@router.post("/review/decide")
def decide(here: Here, form: ReviewForm) -> Response:
    """Keep a verdict. A possible resemblance shows what it set in motion; others go on to the next card."""
    key, verdict = form.need("key"), one_of(Verdict, "verdict", form.need("verdict"))
    by, note = form.viewer.name, form.get("note")
    if verdict is Verdict.POSSIBLE:
        review.decide(here.road, key, verdict, by=by, note=note)
        return see(link_to("/review", key=key))
    scope = _scope(form)
    if verdict is Verdict.NOT_THIS_CHILD:
        is_false = form.get("known_false") == "yes"
        clusters.turn_down(here.road, key, scope, by=by, note=note, is_false=is_false)
    else:
        clusters.put_off(here.road, key, scope, by=by, note=note)
    return see(link_to("/review", key=_following(here, form.viewer.name, key), last=key))


@router.post("/review/undo")
def undo(here: Here, form: ReviewForm) -> Response:
    """Take the last verdict on a card back; without a key, one's own last verdict."""
    card = review.undo(here.road, form.get("key") or None, by=form.viewer.name)
    return see(link_to("/review", key=card.row.match.key))


@router.post("/review/assign")
def assign(here: Here, form: ReviewForm) -> Response:
    """Give the card, or all of its cluster, to an account; without one, take it back from whoever has it."""
    key, to, by = form.need("key"), form.get("to"), form.viewer.name
    if to:
        clusters.assign(here.road, key, _scope(form), to, by=by)
    else:
        clusters.give_back(here.road, key, _scope(form), by=by)
    return see(link_to("/review", key=key))


def _scope(form: Form) -> Scope:
    """Which candidates a form acts on: copies of the picture beside this child unless it says otherwise."""
    return one_of(Scope, "of", form.get("of") or Scope.COPIES.value)
