"""Thresholds: what counts now, what was proposed with which numbers, and a person's word on it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import NumbersViewer, OperatorForm, ReviewForm
from bot.console.here import Here
from bot.services import thresholds
from store.errors import UsageError

router = APIRouter(include_in_schema=False)
PAGE = "/review/thresholds"


@router.get(PAGE)
def page(request: Request, here: Here, viewer: NumbersViewer) -> Response:
    """The thresholds in force and the history of proposals."""
    return here.pages.page(
        request, "thresholds.html", state=thresholds.state(here.road), wish=here.road.rules.wish,
        days=thresholds.DAYS,
    )  # fmt: skip


@router.post(f"{PAGE}/propose")
def propose(here: Here, form: ReviewForm) -> Response:
    """Numbers from the photos compared lately."""
    days = _number(form.get("days") or str(thresholds.DAYS), "days")
    thresholds.propose(here.road, by=form.viewer.name, days=days, why=form.get("why"))
    return see(PAGE)


@router.post(f"{PAGE}/decide")
def decide(here: Here, form: OperatorForm) -> Response:
    """Put a proposal into force, or leave things as they are."""
    act = thresholds.accept if form.need("to") == "accept" else thresholds.refuse
    act(here.road, _number(form.need("number"), "number"), by=form.viewer.name, why=form.get("why"))
    return see(PAGE)


def _number(word: str, name: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise UsageError(name, f"is {word[:20]!r}, no number; send the form of the page")
    return int(word)
