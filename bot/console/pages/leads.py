"""Leads: the board, one lead with its time line, and the forms of its steps.

Who sees and does what is decided in bot/services/leads.py; nothing of a document is shown in a page.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console import lead_words
from bot.console.answers import one_of, see
from bot.console.auth import Form, Right, Viewer, form_for, needs
from bot.console.here import Here
from bot.console.pages.casefiles import STATES
from bot.console.pages.seeing import photo_answer
from bot.console.rendering import link_to
from bot.console.renditions import View
from bot.console.uploads import Upload, upload_for
from bot.rules.leads import ENDS, NEXT, Said
from bot.services import casefile, lead_sights, leads
from store.errors import UsageError
from store.records.lead import LeadState, Topic

router = APIRouter(include_in_schema=False)
LeadViewer = Annotated[Viewer, Depends(needs(Right.LEADS))]
DueForm = Annotated[Form, Depends(form_for(Right.LEADS))]
WorkForm = Annotated[Form, Depends(form_for(Right.LEAD_WORK))]
WorkUpload = Annotated[Upload, Depends(upload_for(Right.LEAD_WORK))]
AssignForm = Annotated[Form, Depends(form_for(Right.LEAD_ASSIGN))]
END_OF_DAY = time(23, 59, tzinfo=UTC)
NO_STORE = {"Cache-Control": "no-store"}


@router.get("/leads")
def board(request: Request, here: Here, viewer: LeadViewer, ended: int = 0, mine: int = 0) -> Response:
    """Leads by state: those that go on, or those that have ended."""
    states = [state for state in LeadState if (state in ENDS) == (ended == 1)]
    rows = leads.board(here.road, by=viewer.name, states=states, mine=mine == 1)
    columns = [(state, [row for row in rows if row.lead.state is state]) for state in states]
    return here.pages.page(
        request, "leads.html", columns=columns, total=len(rows), ended=ended == 1, mine=mine == 1,
        due=sum(row.is_due for row in rows), names=lead_words,
    )  # fmt: skip


@router.get("/lead")
def detail(request: Request, here: Here, viewer: LeadViewer, id: str, show: int = 0) -> Response:
    """One lead, as far as it is for this role."""
    view = leads.show(here.road, id, by=viewer.name)
    sights = lead_sights.around(here.road, view.lead.id, by=viewer.name)
    others = [to for to in LeadState if to in NEXT[view.lead.state] and to not in view.next]
    people = leads.workers(here.road, by=viewer.name) if view.may_assign else []
    sees_files = viewer.may(Right.CASE_FILES) and view.lead.match_key
    files = casefile.of_candidate(here.road, view.lead.match_key, viewer=viewer.name) if sees_files else []
    return here.pages.page(
        request, "lead.html", files=files, file_states=STATES, view=view,
        lead=view.lead, sights=sights, workers=people, show=show == 1,
        names=lead_words, has_ended=view.lead.state in ENDS, ends=ENDS, others=others,
        headers=NO_STORE,
    )  # fmt: skip


@router.get("/lead/photo/{lead_id}/{digest}")
def photo(here: Here, viewer: LeadViewer, lead_id: str, digest: str, view: View = View.BLURRED) -> Response:
    """A picture of a lead, blurred unless asked for otherwise."""
    jpeg = lead_sights.picture(here.road, lead_id, digest, by=viewer.name)
    return photo_answer(here, viewer, digest, jpeg, view)


@router.post("/lead/step")
def step(here: Here, form: WorkUpload) -> Response:
    """Move a lead on, with a document if one was sent."""
    to, said = one_of(LeadState, "to", form.need("to")), _said(form)
    files = form.sent.named("document")
    view = leads.take(here.road, form.need("id"), to, said, by=form.viewer.name, files=files)
    return _back_to(view.lead.id)


@router.post("/lead/back")
def back(here: Here, form: WorkForm) -> Response:
    """Go back to a state that the lead was in, with a reason."""
    to = one_of(LeadState, "to", form.need("to"))
    view = leads.back(here.road, form.need("id"), to, form.get("why"), by=form.viewer.name)
    return _back_to(view.lead.id)


@router.post("/lead/note")
def note(here: Here, form: WorkUpload) -> Response:
    """Add words, and a document if one was sent."""
    topic, files = one_of(Topic, "topic", form.need("topic")), form.sent.named("document")
    by = form.viewer.name
    view = leads.note(here.road, form.need("id"), topic, form.get("note"), by=by, files=files)
    return _back_to(view.lead.id)


@router.post("/lead/due")
def due(here: Here, form: DueForm) -> Response:
    """Say by when the next step is due."""
    day = day_of("due", form.need("due"))
    assert day is not None
    moment = datetime.combine(day, END_OF_DAY)
    view = leads.set_due(here.road, form.need("id"), moment, form.get("why"), by=form.viewer.name)
    return _back_to(view.lead.id)


@router.post("/lead/assign")
def assign(here: Here, form: AssignForm) -> Response:
    """Give a lead to an account, or take it away."""
    account, away = form.need("account"), form.get("away") == "1"
    view = leads.assign(here.road, form.need("id"), account, by=form.viewer.name, away=away)
    return _back_to(view.lead.id)


@router.post("/lead/contact")
def contact(request: Request, here: Here, form: WorkForm) -> Response:
    """The family's contact, for once; opened again, it is asked for and written down again."""
    lead_id = form.need("id")
    found = lead_sights.reveal_contact(here.road, lead_id, by=form.viewer.name, why=form.get("why"))
    return here.pages.page(
        request, "lead_revealed.html", lead_id=lead_id, contact=found, place=None, headers=NO_STORE
    )


@router.post("/lead/place")
def place(request: Request, here: Here, form: WorkForm) -> Response:
    """The exact place of the sighting, for once."""
    lead_id = form.need("id")
    found = lead_sights.reveal_place(here.road, lead_id, by=form.viewer.name, why=form.get("why"))
    return here.pages.page(
        request, "lead_revealed.html", lead_id=lead_id, contact=None, place=found, headers=NO_STORE
    )


@router.post("/lead/document")
def document(here: Here, form: WorkForm) -> Response:
    """A document as a file to keep: never shown in a page, whatever it is."""
    opened = lead_sights.open_document(here.road, form.need("document"), by=form.viewer.name)
    plain = "".join(char if char.isascii() else "_" for char in opened.name).replace('"', "_")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{plain}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(opened.data, media_type="application/octet-stream", headers=headers)


def _said(form: Form) -> Said:
    due_on = day_of("due", form.get("due"))
    return Said(
        form.get("note"),
        form.get("office"),
        form.get("reference"),
        day_of("happened_on", form.get("happened_on")),
        datetime.combine(due_on, END_OF_DAY) if due_on else None,
    )


def day_of(name: str, text: str) -> date | None:
    """A day as browsers send it, None for an empty field. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(name, f"is {text[:40]!r}; a day is written YYYY-MM-DD") from None


def _back_to(lead_id: str) -> Response:
    return see(link_to("/lead", id=lead_id))
