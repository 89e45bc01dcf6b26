"""Changing a registered case: its fields, the ages in its photos, photos that were wrong. One form.

Who may change what, and what then has to be verified anew, is decided in bot/services/case_edits.py.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import RegistryForm, Right, Viewer, needs
from bot.console.here import Here
from bot.console.pages.registry_work import number
from bot.console.rendering import link_to
from bot.rules.registry import same_person
from bot.services import case_edits, cases
from bot.services.case_edits import EDITABLE, Edit
from store.errors import UsageError
from store.records.case import CaseType

router = APIRouter(include_in_schema=False)
Registrar = Annotated[Viewer, Depends(needs(Right.REGISTRY))]
MOST_PHOTOS = 8
"""So many photos fit into a form of forty fields; further ones are changed on the command line."""


@router.get("/cases/edit")
def form(request: Request, here: Here, viewer: Registrar, id: str) -> Response:
    """The form, filled with what is registered."""
    view = cases.show(here.road, id, viewer=viewer.name)
    pictures = list(zip(view.photos, view.served, strict=True))
    return here.pages.page(
        request, "case_edit.html", view=view, case=view.row.case, kinds=list(CaseType),
        pictures=pictures[:MOST_PHOTOS], more=max(0, len(pictures) - MOST_PHOTOS),
        version=case_edits.version(view), is_registrar=same_person(view.row.registered_by, viewer.name),
        is_imported=case_edits.comes_from_file(view),
    )  # fmt: skip


@router.post("/cases/edit")
def change(here: Here, form: RegistryForm) -> Response:
    """Change what differs."""
    case_id = form.need("id")
    given = {name: form.get(name) for name in EDITABLE if name in form.fields}
    ages, drop = dict[str, float | None](), list[str]()
    for place in range(MOST_PHOTOS):
        digest = form.get(f"digest_{place}")
        if not digest:
            continue
        if form.get(f"drop_{place}"):
            drop.append(digest)
        else:
            ages[digest] = number("age", form.get(f"age_{place}"))
    if not form.get("seen"):
        raise UsageError("seen", "is missing; open the page again and send its form")
    edit = Edit(given, ages, tuple(drop))
    case_edits.change(
        here.road, case_id, edit, by=form.viewer.name, why=form.get("why"), seen=form.get("seen")
    )
    return see(link_to("/case", id=case_id))
