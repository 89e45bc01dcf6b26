"""Sightings and the photos in them. Shows only re-encoded copies, blurred until asked for."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.auth import FaceViewer, Right, SightingViewer, Viewer
from bot.console.here import Console, Here
from bot.console.preview import preview
from bot.console.renditions import View
from bot.services import bystanders, conversations, sightings
from store.errors import NotAllowed
from store.users import SEES_FACES

router = APIRouter(include_in_schema=False)


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
def photo(here: Here, viewer: FaceViewer, digest: str, view: View = View.CLEAR) -> Response:
    """A served copy, or a smaller or blurred version of it. `digest` is that of the served copy.

    Whoever sees registered children but no sightings is given the registry's photos alone.
    """
    road, name = here.road, viewer.name
    only_cases = not viewer.may(Right.SIGHTINGS)
    jpeg = sightings.served_photo(road, digest, viewer=name, only_cases=only_cases)
    shown, jpeg = here.renditions.without(digest, jpeg, bystanders.of(road, digest))
    return photo_answer(here, viewer, shown, jpeg, view)


def photo_answer(here: Console, viewer: Viewer, digest: str, jpeg: bytes, view: View) -> Response:
    """A rendition for this viewer: named and counted unless it is blurred, kept by no browser or proxy."""
    if view is not View.BLURRED and SEES_FACES.isdisjoint(viewer.roles):
        raise NotAllowed(viewer.name, f"has the role {viewer.role}, which is shown no faces")
    if view is View.BLURRED:
        data = here.renditions.of(digest, jpeg, view)
    else:
        data = here.shown.to(here.road, viewer.name, digest, here.renditions.of(digest, jpeg, view), view)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return Response(data, media_type="image/jpeg", headers=headers)
