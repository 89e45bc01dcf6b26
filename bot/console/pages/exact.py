"""The exact place of a lead, one form and its answer. Who may see it is decided in bot/services/exact.py."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.auth import Form, Right, form_for
from bot.console.here import Here
from bot.services import exact

router = APIRouter(include_in_schema=False)
ExactForm = Annotated[Form, Depends(form_for(Right.EXACT))]


@router.post("/sighting/place")
def reveal(request: Request, here: Here, form: ExactForm) -> Response:
    """Show the point. Nothing keeps it: opened again, it is asked for and written down again."""
    found = exact.reveal(here.road, form.need("key"), by=form.viewer.name, why=form.need("why"))
    page = here.pages.page(request, "exact.html", found=found)
    page.headers["Cache-Control"] = "no-store"
    return page
