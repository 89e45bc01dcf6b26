"""What everybody may read without signing in: the public numbers, as a page and as JSON. Nothing else.

Answers as if there were no such page while public numbers are switched off.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from bot.console.here import Here
from bot.services import public_numbers

router = APIRouter(include_in_schema=False)
KEPT = {"Cache-Control": "public, max-age=3600"}


@router.get("/public")
def page(request: Request, here: Here) -> Response:
    """The numbers as a page."""
    return here.pages.page(request, "public.html", told=public_numbers.public(here.road))


@router.get("/public/numbers.json")
def numbers(here: Here) -> Response:
    """The numbers as JSON."""
    return JSONResponse(public_numbers.public(here.road), headers=KEPT)
