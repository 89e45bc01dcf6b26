"""Legal holds: list, place, confirm, release. Whom a hold is shown to is decided in bot/services/holds.py."""

from __future__ import annotations

from datetime import UTC, datetime, time

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Holder, HoldForm
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.services import holds
from store.errors import UsageError

router = APIRouter(include_in_schema=False)


@router.get("/holds")
def listing(request: Request, here: Here, viewer: Holder, posts: str = "") -> Response:
    """The holds that this person may know of, and a form to place one."""
    views = holds.listing(here.road, by=viewer.name)
    hours = here.road.keep.hold_waits.total_seconds() / 3600
    return here.pages.page(
        request, "holds.html", views=views, posts=posts[:4000], me=viewer.name, hours=hours,
        most_days=here.road.keep.hold_longest.days,
    )  # fmt: skip


@router.post("/holds/place")
def place(here: Here, form: HoldForm) -> Response:
    """First person: name posts, basis and last day."""
    view = holds.place(
        here.road,
        form.need("posts").split(),
        basis=form.get("basis"),
        until=_end_of(form.need("until")),
        by=form.viewer.name,
        platform_permission=form.get("platform_permission"),
    )
    return see(_to(view.hold.id))


@router.post("/holds/confirm")
def confirm(here: Here, form: HoldForm) -> Response:
    """Second person: by the id that the first one handed over."""
    return see(_to(holds.confirm(here.road, form.need("id").upper(), by=form.viewer.name).hold.id))


@router.post("/holds/release")
def release(here: Here, form: HoldForm) -> Response:
    """End a hold: what it put off is done at once."""
    view = holds.release(here.road, form.need("id"), by=form.viewer.name, why=form.get("why"))
    return see(_to(view.hold.id))


def _to(hold_id: str) -> str:
    return f"{link_to('/holds')}#hold-{hold_id}"


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time(23, 59, 59), tzinfo=UTC)
    except ValueError:
        raise UsageError("until", f"is {day[:20]!r}; write the last day as YYYY-MM-DD") from None
