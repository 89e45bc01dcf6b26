"""Two registrations of one child: pairs side by side, merge, keep apart, take back.

What a merge does is decided in bot/services/merging.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import CaseViewer, RegistryForm
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.services import cases, merging
from store.errors import UsageError

router = APIRouter(include_in_schema=False)
SHOWN = 30


@router.get("/cases/duplicates")
def pairs(request: Request, here: Here, viewer: CaseViewer, show: int = 0) -> Response:
    """Pairs that nobody has decided about, and what was decided."""
    found = merging.offered(here.road, viewer=viewer.name)
    shown = [
        (
            pair,
            cases.show(here.road, pair.one.case.id, viewer=viewer.name),
            cases.show(here.road, pair.other.case.id, viewer=viewer.name),
        )
        for pair in found[:SHOWN]
    ]
    history = merging.history(here.road, viewer=viewer.name)
    return here.pages.page(
        request, "case_pairs.html", pairs=shown, more=len(found) - len(shown), history=history, show=show == 1
    )


@router.post("/cases/merge")
def decide(here: Here, form: RegistryForm) -> Response:
    """Merge one into the other, or say that they are two children."""
    one, other, by = form.need("one"), form.need("other"), form.viewer.name
    choice, why = form.need("choice"), form.get("why")
    if choice == "different":
        merging.different(here.road, one, other, by=by, why=why)
        return see("/cases/duplicates")
    if choice not in ("one", "other"):
        raise UsageError("choice", "is none; say which case stays, or that they are two children")
    kept, gone = (one, other) if choice == "one" else (other, one)
    merging.merge(here.road, kept, gone, by=by, why=why)
    return see(link_to("/case", id=kept))


@router.post("/cases/unmerge")
def undo(here: Here, form: RegistryForm) -> Response:
    """Take a decision back."""
    number = form.need("number")
    if not number.isdecimal() or len(number) > 9:
        raise UsageError("number", "is no number of a decision")
    merging.undo(here.road, int(number), by=form.viewer.name, why=form.get("why"))
    return see("/cases/duplicates")
