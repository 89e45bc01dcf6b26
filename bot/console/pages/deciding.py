"""Review: candidates by pile, one card with both pictures, the verdict and its undo.

What a verdict sets in motion is decided in bot/services/review.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import Form, Reviewer, ReviewForm
from bot.console.here import Console, Here
from bot.console.look import Look
from bot.console.pages.carding import CONFIRM, card_page
from bot.console.rendering import link_to
from bot.console.tongue import noted
from bot.services import clusters, review, turns
from bot.services.clusters import Scope
from bot.services.review import Card
from store.errors import Missing, UsageError
from store.records.match import Tier, Verdict

router = APIRouter(include_in_schema=False)

# Pile: heading, state of its matches, tier (None: look first, then look when you can), what if it is empty.
PILES: dict[str, tuple[str, str, Tier | None, str]] = {
    "open": (
        noted("Waiting"), "open", None,
        noted("Nobody waits for a decision. New candidates appear by themselves."),
    ),
    "later": (
        noted("Later"), "later", None, noted("Nothing was put off. Choose “Later” when you are unsure."),
    ),
    "possible": (
        noted("Possible resemblance"), "possible", None, noted("Nobody was called a possible resemblance."),
    ),
    "rejected": (
        noted("Not this child"), "rejected", None, noted("No candidate was turned down yet."),
    ),
    "mine": (noted("Given to me"), "open", None, noted("Nobody gave you a candidate to look at.")),
    "aside": (
        noted("Below the line"), "open", Tier.SET_ASIDE,
        noted("Nothing lies below the line. What hardly resembles anybody is kept here, unasked for."),
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
    zoom: str = "1",
    light: str = "100",
    flip: int = 0,
    blur: int = 0,
) -> Response:
    """A pile of candidates, or with `key` one card, which is then this viewer's to look at."""
    said = _said(here, last, viewer.name)
    if key:
        return card_page(request, here, viewer.name, key, said, Look.of(zoom, light, flip, blur))
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
    card = review.card(here.road, key, viewer=viewer, odds=False)
    return card if any(not decision.undone for decision in card.decisions) else None


@router.post("/review/decide")
def decide(here: Here, form: ReviewForm) -> Response:
    """Keep a verdict and go on to the next card; a possible resemblance is said on a page of its own."""
    key, verdict = form.need("key"), one_of(Verdict, "verdict", form.need("verdict"))
    by, note = form.viewer.name, form.get("note")
    if verdict is Verdict.POSSIBLE:
        return see(link_to(CONFIRM, key=key))
    turns.check_free(here.road, key, by=by)
    if verdict is Verdict.UNSURE:
        review.decide(here.road, key, verdict, by=by, note=note)
        return see(link_to("/review", key=turns.following(here.road, by=by, but=key), last=key))
    scope = _scope(form)
    if verdict is Verdict.NOT_THIS_CHILD:
        is_false = form.get("known_false") == "yes"
        clusters.turn_down(here.road, key, scope, by=by, note=note, is_false=is_false)
    else:
        clusters.put_off(here.road, key, scope, by=by, note=note)
    return see(link_to("/review", key=turns.following(here.road, by=by, but=key), last=key))


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
