"""Work on one case beside its life: standing, sealing, team, photos, contact, renewal, removal. Forms only.

What may be done by whom is decided in bot/services/registering.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import CaseViewer, RegistryForm
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.console.uploads import RegistryUpload
from bot.services import families, registering
from store.errors import UsageError
from store.records.registry import AuthorityKind, Relation, Risk, Standing

router = APIRouter(include_in_schema=False)
Kind = TypeVar("Kind", bound=StrEnum)


def _page(case_id: str) -> Response:
    return see(link_to("/case", id=case_id))


def day_of(name: str, value: str) -> date | None:
    """A day from a form, None if it was left out. Raises UsageError."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError(name, f"is {value[:40]!r}; write YYYY-MM-DD") from None


def maybe(kind: type[Kind], name: str, value: str) -> Kind | None:
    """The member that a field names, None if it was left out. Raises UsageError."""
    return one_of(kind, name, value) if value else None


@router.post("/cases/standing")
def standing(here: Here, form: RegistryForm) -> Response:
    """Say on what a case rests."""
    case_id = form.need("id")
    texts: dict[str, Any] = {name: form.get(name) for name in registering.TEXTS}
    given = Standing(
        case_id,
        authority=maybe(AuthorityKind, "authority", form.get("authority")),
        relation=maybe(Relation, "relation", form.get("relation")),
        photo_consent_on=day_of("photo_consent_on", form.get("photo_consent_on")),
        risks=tuple(risk for risk in Risk if form.get(f"risk_{risk.value}")),
        **texts,
    )
    registering.set_standing(here.road, given, by=form.viewer.name)
    return _page(case_id)


@router.post("/cases/seal")
def seal(here: Here, form: RegistryForm) -> Response:
    """Hide a case from all but its team, or show it again."""
    case_id, why = form.need("id"), form.get("why")
    act = registering.unseal if form.get("to") == "open" else registering.seal
    act(here.road, case_id, by=form.viewer.name, why=why)
    return _page(case_id)


@router.post("/cases/team")
def team(here: Here, form: RegistryForm) -> Response:
    """Take somebody into the team of a case, or out of it."""
    case_id, by = form.need("id"), form.viewer.name
    if form.get("drop"):
        registering.leave_team(here.road, case_id, form.get("drop"), by=by)
        return see("/cases") if form.get("drop") == by else _page(case_id)
    registering.join_team(here.road, case_id, form.need("add"), by=by)
    return _page(case_id)


@router.post("/cases/photos")
async def photos(here: Here, form: RegistryUpload) -> Response:
    """Photos for a draft."""
    return await run_in_threadpool(_photos, here, form)


def _photos(here: Here, form: RegistryUpload) -> Response:
    case_id, found = form.need("id"), form.sent.named("photo")
    if not found:
        raise UsageError("photo", "is missing; choose a file")
    age = number("age", form.get("age"))
    files = families.photos_of_upload(found, [age] * len(found))
    registering.add_photos(here.road, case_id, files, by=form.viewer.name)
    return _page(case_id)


def number(name: str, value: str) -> float | None:
    """A number from a form, None if it was left out. Raises UsageError."""
    try:
        return float(value.replace(",", ".")) if value else None
    except ValueError:
        raise UsageError(name, f"is {value[:20]!r}; write a number of years") from None


@router.post("/cases/contact")
def contact(request: Request, here: Here, form: RegistryForm) -> Response:
    """Keep the family's contact under seal, or open it for a reason; what is opened is kept nowhere."""
    case_id = form.need("id")
    if form.get("why"):
        found = registering.open_contact(here.road, case_id, by=form.viewer.name, why=form.get("why"))
        page = here.pages.page(request, "case_contact.html", case_id=case_id, found=found)
        page.headers["Cache-Control"] = "no-store"
        return page
    names = ("contact_name", "contact_phone", "contact_email")
    given = {name: form.get(name) for name in names if form.get(name)}
    if not given:
        raise UsageError("contact", "is empty; write a name, a number or an address")
    registering.set_contact(here.road, case_id, given, by=form.viewer.name)
    return _page(case_id)


@router.post("/cases/reopen")
def reopen(here: Here, form: RegistryForm) -> Response:
    """Back to draft, out of the search."""
    case_id = form.need("id")
    registering.reopen(here.road, case_id, by=form.viewer.name, why=form.get("why"))
    return _page(case_id)


@router.post("/cases/renew")
def renew(here: Here, form: RegistryForm) -> Response:
    """Move the day on which a case expires."""
    case_id, day = form.need("id"), day_of("until", form.need("until"))
    assert day is not None
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    registering.renew(here.road, case_id, at, by=form.viewer.name, why=form.get("why"))
    return _page(case_id)


@router.post("/cases/remove")
def remove(here: Here, form: RegistryForm) -> Response:
    """Take a case out: hidden at once, destroyed later."""
    registering.remove(
        here.road, form.need("id"), by=form.viewer.name, why=form.get("why"), keep_away=bool(form.get("away"))
    )
    return see("/cases/removed")


@router.post("/cases/bring-back")
def bring_back(here: Here, form: RegistryForm) -> Response:
    """Take a removal back."""
    case_id = form.need("id")
    registering.bring_back(here.road, case_id, by=form.viewer.name)
    return _page(case_id)


@router.get("/cases/removed")
def removed(request: Request, here: Here, viewer: CaseViewer) -> Response:
    """Removed cases that can still be brought back."""
    found = registering.removed(here.road, viewer=viewer.name)
    return here.pages.page(request, "case_removed.html", removed=found)
