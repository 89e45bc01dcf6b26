"""Case files for authorities: the list, one file, and the forms of the two people behind it.

Who may do what is decided in bot/services/casefile.py. The printed report is made anew each time it is shown.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Form, Right, Viewer, form_for, needs
from bot.console.here import Console, Here
from bot.console.rendering import link_to
from bot.console.tongue import Said, noted
from bot.services import casefile, delivery
from bot.services.delivery import Handed
from store.errors import UsageError
from store.records.casefile import CaseFileState

router = APIRouter(include_in_schema=False)
Handler = Annotated[Viewer, Depends(needs(Right.CASE_FILES))]
FileForm = Annotated[Form, Depends(form_for(Right.CASE_FILES))]
NO_STORE = {"Cache-Control": "no-store"}
STATES = Said(
    {
        CaseFileState.PREPARED: noted("waits for a second person"),
        CaseFileState.REFUSED: noted("refused"),
        CaseFileState.RELEASED: noted("released, not made yet"),
        CaseFileState.READY: noted("ready to hand over"),
        CaseFileState.DELIVERED: noted("delivered"),
        CaseFileState.WITHDRAWN: noted("withdrawn"),
        CaseFileState.EXPIRED: noted("expired"),
    }
)


@router.get("/case-files")
def listing(request: Request, here: Here, viewer: Handler, candidate: str = "") -> Response:
    """Case files that this person may know of, and the form to prepare one."""
    return here.pages.page(
        request, "case_files.html", views=casefile.listing(here.road, viewer=viewer.name), states=STATES,
        candidates=casefile.candidates(here.road, by=viewer.name), chosen=candidate[:300],
        authorities=here.road.case_files.plan.authorities, most_days=here.road.case_files.plan.longest.days,
    )  # fmt: skip


@router.post("/case-files")
def prepare(here: Here, form: FileForm) -> Response:
    """First person: for whom, for what, until when."""
    view = casefile.prepare(
        here.road,
        form.need("candidate"),
        by=form.viewer.name,
        authority=form.need("authority"),
        purpose=form.get("purpose"),
        why=form.get("why"),
        expires_at=_end_of(form.need("until")),
        originals=bool(form.get("originals")),
    )
    return see(f"/case-file-of/{view.file.number}")


@router.get("/case-file-of/{number}")
def detail(request: Request, here: Here, viewer: Handler, number: int) -> Response:
    """One case file."""
    return _page(request, here, viewer, number)


def _page(
    request: Request, here: Console, viewer: Viewer, number: int, handed: Handed | None = None
) -> Response:
    view = casefile.show(here.road, number, viewer=viewer.name)
    context: dict[str, Any] = {"view": view, "file": view.file, "states": STATES, "handed": handed}
    context["is_mine"] = view.file.prepared_by.casefold() == viewer.name.casefold()
    return here.pages.page(
        request, "case_file.html", headers=NO_STORE, tries=here.road.case_files.plan.tries, **context
    )


@router.get("/case-file-of/{number}/report")
def report(here: Here, viewer: Handler, number: int) -> Response:
    """The printed report as it would leave; that it was looked at is written down."""
    data = casefile.look(here.road, number, by=viewer.name)
    name = {"Content-Disposition": f'inline; filename="case-file-{number}.pdf"'}
    return Response(data, media_type="application/pdf", headers={**NO_STORE, **name})


@router.post("/case-file-of/{number}/release")
def release(here: Here, form: FileForm, number: int) -> Response:
    """Second person: it may go."""
    casefile.release(here.road, number, by=form.viewer.name, why=form.get("why"))
    return see(_to(number))


@router.post("/case-file-of/{number}/refuse")
def refuse(here: Here, form: FileForm, number: int) -> Response:
    """Second person: it may not go."""
    casefile.refuse(here.road, number, by=form.viewer.name, why=form.get("why"))
    return see(_to(number))


@router.post("/case-file-of/{number}/complete")
def complete(here: Here, form: FileForm, number: int) -> Response:
    """Make the encrypted file that could not be made at the release."""
    casefile.complete(here.road, number, by=form.viewer.name)
    return see(_to(number))


@router.post("/case-file-of/{number}/withdraw")
def withdraw(here: Here, form: FileForm, number: int) -> Response:
    """End a file that was not fetched."""
    casefile.withdraw(here.road, number, by=form.viewer.name, why=form.get("why"))
    return see(_to(number))


@router.post("/case-file-of/{number}/again")
def again(here: Here, form: FileForm, number: int) -> Response:
    """A delivery did not arrive: it can be handed over once more."""
    delivery.again(here.road, number, by=form.viewer.name, why=form.get("why"))
    return see(_to(number))


@router.post("/case-file-of/{number}/link")
def link(request: Request, here: Here, form: FileForm, number: int) -> Response:
    """Make a one-time link; it and its code are shown once and kept nowhere."""
    handed = delivery.hand(here.road, number, by=form.viewer.name)
    return _page(request, here, form.viewer, number, handed)


@router.post("/case-file-of/{number}/take")
def take(here: Here, form: FileForm, number: int) -> Response:
    """The encrypted file, to be handed over by hand."""
    file, data = casefile.fetch(here.road, number, by=form.viewer.name)
    name = {"Content-Disposition": f'attachment; filename="homeward-case-file-{file.number}.zip.age"'}
    return Response(data, media_type="application/octet-stream", headers={**NO_STORE, **name})


def _to(number: int) -> str:
    return link_to(f"/case-file-of/{number}")


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time(23, 59, 59), tzinfo=UTC)
    except ValueError:
        raise UsageError("until", f"is {day[:20]!r}; write the last day as YYYY-MM-DD") from None
