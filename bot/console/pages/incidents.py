"""The worst day: lock everything in two steps, let people in again, list who is affected by an incident.

What locks and what is listed is bot/services/incidents.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Operator, OperatorForm
from bot.console.here import Console, Here
from bot.services import incidents
from bot.services.extracting import moment
from store.errors import UsageError

router = APIRouter(include_in_schema=False)
PAGE = "/emergency"
AGREED = "lock"


@router.get(PAGE)
def look(request: Request, here: Here, viewer: Operator) -> Response:
    """What stands, and the ways of stopping everything."""
    return _page(request, here)


def _page(
    request: Request, here: Console, *, why: str = "", asks: bool = False,
    made: incidents.Incident | None = None, locked: incidents.Locked | None = None,
) -> Response:  # fmt: skip
    return here.pages.page(
        request, "emergency.html", is_locked=incidents.is_locked(here.road), why=why, asks=asks, made=made,
        standing=incidents.standing(here.road), locked=locked,
    )  # fmt: skip


@router.post(f"{PAGE}/lock")
def lock(request: Request, here: Here, form: OperatorForm) -> Response:
    """First step: say why. Second step: say so once more, and everything is locked; this session ends too."""
    why = form.get("why")
    if len(why) < incidents.MIN_WHY_CHARS:
        raise UsageError("why", f"say in at least {incidents.MIN_WHY_CHARS} characters what happened")
    if form.get("agreed") != AGREED:
        return _page(request, here, why=why, asks=True)
    done = incidents.lock(here.road, by=form.viewer.name, why=why)
    return _page(request, here, locked=done)


@router.post(f"{PAGE}/lift")
def lift(here: Here, form: OperatorForm) -> Response:
    """People come in again; sending stays stopped."""
    incidents.lift(here.road, by=form.viewer.name, why=form.get("why"))
    return see(PAGE)


@router.post(f"{PAGE}/incident")
def open_(request: Request, here: Here, form: OperatorForm) -> Response:
    """List what was opened or taken in a span of time, and start the clocks."""
    now = here.road.clock()
    until = _moment(form.get("until"), "until") if form.get("until") else now + timedelta(seconds=1)
    made = incidents.open_(
        here.road, by=form.viewer.name, what=form.get("what"), since=_moment(form.need("since"), "since"),
        until=until, aware_at=now, account=form.get("account"),
    )  # fmt: skip
    return _page(request, here, made=made)


@router.post(f"{PAGE}/close")
def close(here: Here, form: OperatorForm) -> Response:
    """Everything an incident asks for is done."""
    incidents.close(here.road, form.need("reference").upper(), by=form.viewer.name, note=form.get("note"))
    return see(PAGE)


def _moment(given: str, name: str) -> datetime:
    """A moment from a day or from what a browser's field gives, in UTC. Raises UsageError."""
    text = given.strip()
    if len(text) == len("2027-03-01"):
        text = f"{text}T00:00"
    return moment(text if text.endswith("Z") or "+" in text else f"{text}+00:00", name)
