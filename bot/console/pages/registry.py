"""Cases as people see them, never with a contact, and the steps that bring one into the search and out again.

Which step is allowed to whom is decided in bot/services/cases.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.answers import one_of, see
from bot.console.auth import CaseViewer, RegistryForm
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.rules.registry import same_person
from bot.services import cases
from store.records.case import CaseStatus
from store.records.registry import AuthorityKind, Relation, Risk

router = APIRouter(include_in_schema=False)
MOST = 100


@router.get("/cases")
def listing(request: Request, here: Here, viewer: CaseViewer, status: str = "", after: str = "") -> Response:
    """Registered cases by id."""
    wanted = one_of(CaseStatus, "status", status) if status else None
    rows = cases.listing(here.road, status=wanted, after=after, most=MOST, viewer=viewer.name)
    more = rows[-1].case.id if len(rows) == MOST else ""
    return here.pages.page(
        request, "cases.html", rows=rows, wanted=status, statuses=list(CaseStatus), more=more
    )


@router.get("/case")
def detail(request: Request, here: Here, viewer: CaseViewer, id: str, show: int = 0) -> Response:
    """One case: photos by age, its life, the next step."""
    view = cases.show(here.road, id, viewer=viewer.name)
    pictures = sorted(
        zip(view.photos, view.served, strict=True),
        key=lambda pair: (pair[0].photo.age_years is None, pair[0].photo.age_years or 0.0),
    )
    born = view.row.case.date_of_birth
    return here.pages.page(
        request, "case.html", view=view, case=view.row.case, pictures=pictures, show=show == 1,
        age_now=words.age_on(born, here.road.clock().date()) if born else None,
        is_registrar=same_person(view.row.registered_by, viewer.name), authorities=list(AuthorityKind),
        relations=list(Relation), risks=list(Risk),
    )  # fmt: skip


@router.post("/cases/verify")
def verify(here: Here, form: RegistryForm) -> Response:
    """Second step, by a second person."""
    case_id = form.need("id")
    cases.verify(here.road, case_id, by=form.viewer.name, evidence=form.get("evidence"))
    return see(link_to("/case", id=case_id))


@router.post("/cases/activate")
def activate(here: Here, form: RegistryForm) -> Response:
    """Third step: the case joins the search."""
    case_id = form.need("id")
    cases.activate(here.road, case_id, by=form.viewer.name, evidence=form.get("evidence"))
    return see(link_to("/case", id=case_id))


@router.post("/cases/end")
def end(here: Here, form: RegistryForm) -> Response:
    """The child was located, or the case is closed: it leaves the search."""
    case_id, to = form.need("id"), one_of(CaseStatus, "to", form.need("to"))
    cases.end(here.road, case_id, to, by=form.viewer.name, evidence=form.get("evidence"))
    return see(link_to("/case", id=case_id))
