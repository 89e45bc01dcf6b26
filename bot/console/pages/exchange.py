"""Exchange with other registries: which families agreed, taking it back, the file with the records.

Rules are in bot/services/exchange.py; the file is made anew each time and kept nowhere.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Form, RegistryForm, Right, Viewer, form_for, needs
from bot.console.here import Here
from bot.console.tongue import Said, noted
from bot.services import exchange
from bot.services.exchange import Standing

router = APIRouter(include_in_schema=False)
Reader = Annotated[Viewer, Depends(needs(Right.EXCHANGE))]
EndForm = Annotated[Form, Depends(form_for(Right.EXCHANGE))]
WriteForm = Annotated[Form, Depends(form_for(Right.EXPORT))]
STATES = Said(
    {
        Standing.AGREED: noted("agreed, not out yet"),
        Standing.OUT: noted("stands in the exchange"),
        Standing.TAKEN_BACK: noted("taken back"),
        Standing.GONE: noted("told as gone"),
    }
)
FILE = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="homeward-exchange.xml"'}


@router.get("/exchange")
def listing(request: Request, here: Here, viewer: Reader) -> Response:
    """Records whose family agreed or took it back, and the forms."""
    found = exchange.listing(here.road, by=viewer.name)
    return here.pages.page(request, "exchange.html", found=found, states=STATES)


@router.post("/exchange/agree")
def agree(here: Here, form: RegistryForm) -> Response:
    """Write down that a family wants its record in other registries."""
    exchange.agree(
        here.road, form.need("id"), by=form.viewer.name, agreed_by=form.get("agreed_by"),
        evidence=form.get("evidence"),
    )  # fmt: skip
    return see("/exchange")


@router.post("/exchange/withdraw")
def withdraw(here: Here, form: EndForm) -> Response:
    """The family takes it back: the next file says that the record is gone."""
    exchange.withdraw(here.road, form.need("id"), by=form.viewer.name)
    return see("/exchange")


@router.post("/exchange/write")
def write(here: Here, form: WriteForm) -> Response:
    """The PFIF file, with a reason; written down."""
    done = exchange.make(here.road, by=form.viewer.name, why=form.get("why"))
    return Response(done.text, media_type="application/xml", headers=FILE)
