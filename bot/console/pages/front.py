"""The first page: how the campaign lives, what waits, what came in, what goes out; leaving the sample.

Each block reads one service; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import alarm_words
from bot.console.answers import one_of, see
from bot.console.auth import Looker, Operator, OperatorForm, Right, Viewer
from bot.console.here import Console, Here
from bot.console.preview import Preview, preview
from bot.services import alarms, overview, people, replies, review, sightings
from store.errors import HomewardError, Missing
from store.records.work import Stage

router = APIRouter(include_in_schema=False)
T = TypeVar("T")


@router.get("/")
def front(request: Request, here: Here, viewer: Looker) -> Response:
    """Everything at one glance."""
    road = here.road
    state = overview.overview(road)
    behind = {source.source: overview.behind_s(source, state.at) for source in state.sources}
    items = [] if here.settings.sample else list(here.settings.checklist())
    sees = viewer.may(Right.SIGHTINGS)
    who, reviews = viewer.name, viewer.may(Right.REVIEW)
    cards, cards_problem = _try(lambda: review.queue(road, most=6, viewer=who) if reviews else [])
    seen, seen_problem = _try(lambda: sightings.latest(road, most=12, viewer=who) if sees else [])
    rows: list[Preview] = []
    if viewer.may(Right.OUTBOX):
        rows = [preview(road, row) for row in replies.listing(road, most=6)]
    return here.pages.page(
        request, "front.html", state=state, behind=behind, cards=cards, cards_problem=cards_problem,
        seen=seen, seen_problem=seen_problem, rows=rows, show=False,
        alarms=len(alarms.waiting(road, viewer=who)), items=items,
        leads=overview.open_leads(road, viewer=who) if viewer.may(Right.LEADS) else 0,
        has_no_password=not here.settings.sample and not people.has_password(road, who),
        todo=[item for item in items if not item.done], heading=alarm_words.heading,
    )  # fmt: skip


def _try(read: Callable[[], list[T]]) -> tuple[list[T], str]:
    """What was read, or why it could not be: one block in trouble leaves the others standing."""
    try:
        return read(), ""
    except HomewardError as error:
        return [], str(error)


@router.post("/jobs/again")
def try_again(here: Here, form: OperatorForm) -> Response:
    """Put a set-aside job back into the queue."""
    stage = one_of(Stage, "stage", form.need("stage"))
    if not overview.retry_dead(here.road, stage, form.need("key")):
        raise Missing(form.get("key"), "is not set aside any more")
    return see("/")


@router.get("/sample/leave")
def ask_to_leave(request: Request, here: Here, viewer: Operator) -> Response:
    """Ask once more before the sample is left."""
    _leaver(here, viewer)
    return here.pages.page(request, "leave.html", left=False)


@router.post("/sample/leave")
def leave(request: Request, here: Here, form: OperatorForm) -> Response:
    """Leave the sample for the operator's own campaign."""
    _leaver(here, form.viewer)(form.viewer.name)
    return here.pages.page(request, "leave.html", left=True)


def _leaver(here: Console, viewer: Viewer) -> Callable[[str], None]:
    leaver = here.settings.leave_sample
    if leaver is None:
        raise Missing("sample", "is not what runs here, so there is nothing to leave")
    return leaver
