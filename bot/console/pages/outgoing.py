"""The outbox: each row exactly as it would be posted, and what people may do with it.

Composes and sends nothing itself; bot/services/replies.py decides what is possible.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import OutboxViewer, SendForm
from bot.console.here import Here
from bot.console.preview import preview
from bot.console.rendering import link_to
from bot.services import brake, overview, replies
from store.errors import UsageError
from store.records.reply import ReplyState

router = APIRouter(include_in_schema=False)
MOST = 200
_WHY = "decided in the console"


@router.get("/outbox")
def outbox(request: Request, here: Here, viewer: OutboxViewer, state: str = "") -> Response:
    """Rows, by state or all, newest first."""
    wanted = one_of(ReplyState, "state", state) if state else None
    rows = [preview(here.road, row) for row in replies.listing(here.road, state=wanted, most=MOST)]
    now = overview.overview(here.road)
    return here.pages.page(
        request, "outbox.html", rows=rows, state=state, counts=now.replies, paused=now.paused,
        states=list(ReplyState), most=MOST,
    )  # fmt: skip


@router.post("/outbox/approve")
def approve(here: Here, form: SendForm) -> Response:
    """Let a drafted row go."""
    row = replies.approve(here.road, form.need("key"), by=form.viewer.name)
    return see(_row(row.key))


@router.post("/outbox/cancel")
def cancel(here: Here, form: SendForm) -> Response:
    """Stop a row that is not out yet."""
    row = replies.cancel(here.road, form.need("key"), by=form.viewer.name, why=form.get("why"))
    return see(_row(row.key))


@router.post("/outbox/withdraw")
def withdraw(here: Here, form: SendForm) -> Response:
    """Take a sent reply back on its platform."""
    why = form.get("why") or f"{_WHY} by {form.viewer.name}"
    row = replies.withdraw(here.road, form.need("key"), by=form.viewer.name, why=why)
    return see(_row(row.key))


def _row(key: str) -> str:
    return link_to("/outbox/row", key=key)


@router.get("/outbox/row")
def row(request: Request, here: Here, viewer: OutboxViewer, key: str) -> Response:
    """One row with its whole history."""
    return here.pages.page(request, "outbox_row.html", row=preview(here.road, replies.show(here.road, key)))


@router.post("/outbox/pause")
def pause(here: Here, form: SendForm) -> Response:
    """Stop all sending, or let it go on with a reason."""
    wish = form.need("to")
    if wish not in ("stop", "go"):
        raise UsageError("to", f"is {wish!r}; it is stop or go")
    act = brake.stop if wish == "stop" else brake.resume
    act(here.road, by=form.viewer.name, why=form.get("why"))
    return see("/outbox")
