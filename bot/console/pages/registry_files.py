"""New cases in the console: one by a form, many by a file that is looked through before it is taken.

A file waits under seal between the look and the yes, for an hour at most.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import Right, Viewer, needs
from bot.console.here import Console, Here
from bot.console.pages.registry_work import day_of, number
from bot.console.rendering import link_to
from bot.console.uploads import RegistryUpload, Upload
from bot.services import case_uploads, cases, families, registering
from bot.services.case_files import CaseImport
from store.errors import UsageError
from store.records.case import Case, CaseType
from store.records.registry import SourcePermission

router = APIRouter(include_in_schema=False)
Registrar = Annotated[Viewer, Depends(needs(Right.REGISTRY))]


@router.get("/cases/new")
def new(request: Request, here: Here, viewer: Registrar) -> Response:
    """The form for a draft."""
    ident = f"case/{secrets.token_hex(4)}"
    return here.pages.page(request, "case_new.html", kinds=list(CaseType), ident=ident)


@router.post("/cases/new")
async def add(here: Here, form: RegistryUpload) -> Response:
    """Register a draft."""
    return await run_in_threadpool(_add, here, form)


def _add(here: Console, form: Upload) -> Response:
    case = Case(
        id=form.need("id"),
        full_name=form.get("full_name"),
        source_name=form.get("source_name"),
        source_id=form.get("source_id"),
        type=one_of(CaseType, "type", form.get("type") or CaseType.UNKNOWN.value),
        sex=form.get("sex"),
        date_of_birth=form.get("date_of_birth"),
        description=form.get("description"),
        marks=form.get("marks"),
        last_seen_on=day_of("last_seen_on", form.get("last_seen_on")),
        last_seen_place=form.get("last_seen_place"),
        sealed=bool(form.get("sealed")),
    )
    found, ages = list[tuple[str, bytes]](), list[float | None]()
    for place in range(1, 5):
        for each in form.sent.named(f"photo_{place}"):
            found.append(each)
            ages.append(number("age", form.get(f"age_{place}")))
    names = ("contact_name", "contact_phone", "contact_email")
    contact = {name: form.get(name) for name in names if form.get(name)}
    files = families.photos_of_upload(found, ages)
    cases.add(here.road, case, files, by=form.viewer.name, contact=contact or None)
    return see(link_to("/case", id=case.id))


@router.get("/cases/import")
def choose(request: Request, here: Here, viewer: Registrar) -> Response:
    """Choose a registry's file; what the sources permit stands beside."""
    sources = registering.source_permissions(here.road)
    return here.pages.page(request, "case_import.html", sources=sources, report=None, token="", source="")


@router.post("/cases/import")
async def look_or_take(request: Request, here: Here, form: RegistryUpload) -> Response:
    """Show what a file would change; with a token, take it."""
    return await run_in_threadpool(_look_or_take, request, here, form)


def _look_or_take(request: Request, here: Console, form: Upload) -> Response:
    source, by = form.get("source"), form.viewer.name
    token = form.get("token")
    if not token:
        found = form.sent.named("file")
        if len(found) != 1:
            raise UsageError("file", "is missing; choose one file")
        token = case_uploads.keep(here.road, *found[0], by=by)
    is_taking = bool(form.get("take"))
    report = case_uploads.run(here.road, token, by=by, source_name=source, dry_run=not is_taking)
    return _answer(request, here, report, "" if is_taking else token, source)


def _answer(request: Request, here: Console, report: CaseImport, token: str, source: str) -> Response:
    sources = registering.source_permissions(here.road)
    return here.pages.page(
        request, "case_import.html", sources=sources, report=report, token=token, source=source
    )


@router.post("/cases/source")
async def permit(here: Here, form: RegistryUpload) -> Response:
    """Write down what a source permits."""
    given = SourcePermission(
        form.need("source"), bool(form.get("search")), bool(form.get("display")), bool(form.get("publish")),
        form.get("basis"),
    )  # fmt: skip
    await run_in_threadpool(lambda: registering.permit_source(here.road, given, by=form.viewer.name))
    return see("/cases/import")
