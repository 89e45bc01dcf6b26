"""Sightings and the photos in them. Shows only re-encoded copies, blurred until asked for."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.auth import CaseViewer, SightingViewer
from bot.console.here import Here
from bot.console.preview import preview
from bot.console.renditions import View
from bot.services import conversations, sightings
from store.errors import UsageError

router = APIRouter(include_in_schema=False)
MOST = 30


@router.get("/sightings")
def listing(
    request: Request, here: Here, viewer: SightingViewer, before: str = "", key: str = "", show: int = 0
) -> Response:
    """Stored posts, newest first, page by page."""
    place = None
    if before:
        try:
            moment = datetime.fromisoformat(before)
        except ValueError:
            raise UsageError("before", f"is {before[:40]!r}, no moment; begin at the first page") from None
        if moment.tzinfo is None:
            raise UsageError("before", "has no time zone; begin at the first page")
        place = (moment, key)
    seen = sightings.latest(here.road, before=place, most=MOST, viewer=viewer.name)
    return here.pages.page(request, "sightings.html", seen=seen, show=show == 1, first=place is None)


@router.get("/sighting")
def detail(request: Request, here: Here, viewer: SightingViewer, key: str, show: int = 0) -> Response:
    """One post with all that was made of it."""
    view = sightings.one(here.road, key, viewer=viewer.name)
    return here.pages.page(
        request, "sighting.html", view=view, post=view.post, sighting=view.sighting, show=show == 1,
        pieces=words.pieces(view.post.text, view.sighting),
        previews=[preview(here.road, row) for row in view.replies],
        talks=conversations.about(here.road, key),
    )  # fmt: skip


@router.get("/photo/{digest}")
def photo(here: Here, viewer: CaseViewer, digest: str, view: View = View.CLEAR) -> Response:
    """A served copy, or a smaller or blurred version of it. `digest` is that of the served copy."""
    jpeg = sightings.served_photo(here.road, digest, viewer=viewer.name)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(here.renditions.of(digest, jpeg, view), media_type="image/jpeg", headers=headers)
