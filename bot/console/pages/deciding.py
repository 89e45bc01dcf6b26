"""Review: candidates by pile, one card with both pictures, the verdict and its undo.

What a verdict sets in motion is decided in bot/services/review.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.answers import one_of, see
from bot.console.auth import Reviewer, ReviewForm
from bot.console.crops import Crop, crop_of
from bot.console.here import Console, Here
from bot.console.preview import preview
from bot.console.rendering import link_to
from bot.console.renditions import size_of
from bot.services import cases, review, sightings
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
    said = _said(here, last)
    if key:
        return _card_page(request, here, key, said)
    if pile not in PILES:
        raise UsageError("pile", f"is {pile!r}; the piles are {', '.join(PILES)}")
    _, state, tier, empty = PILES[pile]
    cards, problem = _queue(here, state=state, tier=tier, most=MOST)
    return here.pages.page(
        request, "review_list.html", cards=cards, pile=pile, piles=PILES, empty=empty, said=said,
        show=show == 1, most=MOST, problem=problem,
    )  # fmt: skip


def _queue(
    here: Console, *, state: str = "open", tier: Tier | None = None, most: int
) -> tuple[list[Card], str]:
    """Cards, or why they cannot be shown: a card that lost its picture must not take the page along."""
    try:
        return review.queue(here.road, state=state, tier=tier, most=most), ""
    except Missing as error:
        return [], str(error)


def _said(here: Console, key: str) -> Card | None:
    """The card that was decided just before, so that its verdict can be taken back from here."""
    if not key:
        return None
    card = review.card(here.road, key)
    return card if any(not decision.undone for decision in card.decisions) else None


@dataclass(frozen=True, slots=True)
class Picture:
    """A served copy with its face cut out; `gone` says why it cannot be shown."""

    served: str
    crop: Crop | None
    gone: str = ""


def _picture(here: Console, served: str, face: Face | None) -> Picture:
    try:
        size = size_of(served, sightings.served_photo(here.road, served))
    except HomewardError as error:
        return Picture(served, None, str(error))
    return Picture(served, crop_of(face, size) if face is not None else None)


def _card_page(request: Request, here: Console, key: str, said: Card | None) -> Response:
    road = here.road
    card = review.card(road, key)
    case = cases.show(road, card.case.case.id)
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
        seen=_picture(here, card.photo.served, card.face),
        registered=_picture(here, card.case_photo.served, card.case_face),
        pieces=words.pieces(card.post.text, card.sighting),
        age_now=words.age_on(born, road.clock().date()) if born else None,
        previews=[preview(road, row) for row in card.replies],
        standing=next((d for d in reversed(card.decisions) if not d.undone), None),
        following=_following(here, key),
    )  # fmt: skip


def _following(here: Console, key: str) -> str:
    """The key of the next open card, "" if none is left."""
    cards, _ = _queue(here, most=2)
    return next((card.row.match.key for card in cards if card.row.match.key != key), "")


@router.post("/review/decide")
def decide(here: Here, form: ReviewForm) -> Response:
    """Keep a verdict. A possible resemblance shows what it set in motion; others go on to the next card."""
    key, verdict = form.need("key"), one_of(Verdict, "verdict", form.need("verdict"))
    review.decide(here.road, key, verdict, by=form.viewer.name, note=form.get("note"))
    if verdict is Verdict.POSSIBLE:
        return see(link_to("/review", key=key))
    return see(link_to("/review", key=_following(here, key), last=key))


@router.post("/review/undo")
def undo(here: Here, form: ReviewForm) -> Response:
    """Take the last verdict on a card back; without a key, one's own last verdict."""
    card = review.undo(here.road, form.get("key") or None, by=form.viewer.name)
    return see(link_to("/review", key=card.row.match.key))
