"""What families see: the form behind a one-time link, and their own link to what is kept. No account needed.

Counted by address; a link that is over, used or made up answers in the same words.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.answers import one_of
from bot.console.auth import RegistryForm, Right, Viewer, needs
from bot.console.family_words import FAMILY_WORDS
from bot.console.here import Console, Here
from bot.console.limiter import address_key
from bot.console.pages.registry_work import day_of, number
from bot.console.uploads import Sent, read
from bot.services import families
from bot.services.families import FamilyForm
from store.errors import Missing, PhotoError, UsageError
from store.records.case import CaseType
from store.records.registry import LinkKind, Relation, Risk

router = APIRouter(include_in_schema=False)
Registrar = Annotated[Viewer, Depends(needs(Right.REGISTRY))]
PLACES = (1, 2, 3, 4, 5, 6)


def _page(
    request: Request, here: Console, name: str, language: str, status: int = 200, **context: Any
) -> Response:
    said = FAMILY_WORDS[language]
    page = here.pages.page(request, name, status=status, language=language, say=said, **context)
    page.headers["Cache-Control"] = "no-store"
    return page


def _over(request: Request, here: Console) -> Response:
    return _page(request, here, "family_over.html", "en", 410, every=FAMILY_WORDS)


def _wait_s(request: Request, here: Console, what: str) -> float:
    """Seconds to wait if this address asked too often; the try is counted otherwise."""
    address = request.client.host if request.client else ""
    return here.tries.wait((f"{what}:{address_key(address)}",), here.road.clock())


def _slow(request: Request, here: Console, wait_s: float) -> Response:
    page = _page(request, here, "family_over.html", "en", 429, every=FAMILY_WORDS, slow=True)
    page.headers["Retry-After"] = str(int(wait_s) + 1)
    return page


@router.get("/family/{token}")
def form(request: Request, here: Here, token: str) -> Response:
    """The form, in the language of the link. Opening it uses nothing up."""
    try:
        link = families.standing_link(here.road, token, LinkKind.REGISTER)
    except Missing:
        wait_s = _wait_s(request, here, "family")
        return _slow(request, here, wait_s) if wait_s else _over(request, here)
    return _form(request, here, link.language, {}, "")


def _form(request: Request, here: Console, language: str, texts: object, problem: str) -> Response:
    return _page(
        request, here, "family_form.html", language, 400 if problem else 200, given=texts, problem=problem,
        kinds=list(CaseType), relations=list(Relation), risks=list(Risk), places=PLACES,
    )  # fmt: skip


@router.post("/family/{token}")
async def send(request: Request, here: Here, token: str) -> Response:
    """Register a draft: the link is looked at before a byte of the files is read."""
    wait_s = _wait_s(request, here, "family")
    if wait_s:
        return _slow(request, here, wait_s)
    try:
        link = await run_in_threadpool(families.standing_link, here.road, token, LinkKind.REGISTER)
    except Missing:
        return _over(request, here)
    sent = await read(request)
    return await run_in_threadpool(_send, request, here, token, link.language, sent)


def _send(request: Request, here: Console, token: str, language: str, sent: Sent) -> Response:
    try:
        kept = families.take(here.road, token, _family_form(sent))
    except Missing:
        return _over(request, here)
    except (UsageError, PhotoError) as error:
        return _form(request, here, language, sent.texts, f"{error.subject} {error.detail}")
    return _page(request, here, "family_done.html", language, address=f"/family/kept/{kept}")


def _family_form(sent: Sent) -> FamilyForm:
    found, ages = list[tuple[str, bytes]](), list[float | None]()
    for place in PLACES:
        for each in sent.named(f"photo_{place}"):
            found.append(each)
            ages.append(number("age", sent.get(f"age_{place}")))
    return FamilyForm(
        full_name=sent.get("full_name"),
        contact={name: sent.get(f"contact_{name}") for name in ("name", "phone", "email")},
        relation=one_of(Relation, "relation", sent.get("relation") or Relation.PARENT.value),
        may_search=bool(sent.get("consent_search")),
        may_use_photos=bool(sent.get("consent_photos")),
        sex=sent.get("sex"),
        date_of_birth=sent.get("date_of_birth"),
        kind=one_of(CaseType, "type", sent.get("type") or CaseType.UNKNOWN.value),
        last_seen_on=day_of("last_seen_on", sent.get("last_seen_on")),
        last_seen_place=sent.get("last_seen_place"),
        marks=sent.get("marks"),
        description=sent.get("description"),
        police_name=sent.get("police_name"),
        police_reference=sent.get("police_reference"),
        risks=tuple(risk for risk in Risk if sent.get(f"risk_{risk.value}")),
        photos=families.photos_of_upload(found, ages),
    )


@router.get("/family/kept/{token}")
def kept(request: Request, here: Here, token: str) -> Response:
    """What is kept, for who has the second link."""
    try:
        found = families.kept(here.road, token)
    except Missing:
        wait_s = _wait_s(request, here, "family")
        return _slow(request, here, wait_s) if wait_s else _over(request, here)
    return _page(request, here, "family_kept.html", found.language, kept=found)


@router.post("/family/kept/{token}")
async def withdraw(request: Request, here: Here, token: str) -> Response:
    """Take everything out, if the family says that it is sure."""
    wait_s = _wait_s(request, here, "family")
    if wait_s:
        return _slow(request, here, wait_s)
    sent = await read(request)
    return await run_in_threadpool(_withdraw, request, here, token, bool(sent.get("sure")))


def _withdraw(request: Request, here: Console, token: str, is_sure: bool) -> Response:
    try:
        found = families.kept(here.road, token)
        if not is_sure:
            return _page(request, here, "family_kept.html", found.language, 400, kept=found)
        until = families.withdraw(here.road, token)
    except Missing:
        return _over(request, here)
    later = until if until > here.road.clock() else None
    return _page(request, here, "family_gone.html", found.language, later=later)


# ── what the team sees of it ─────────────────────────────────────────────────────────────────────


@router.get("/cases/families")
def links(request: Request, here: Here, viewer: Registrar) -> Response:
    """Links that were made, and the form for another one."""
    return here.pages.page(
        request, "case_families.html", links=families.links(here.road), made="", now=here.road.clock(),
        form_languages=families.LANGUAGES,
    )  # fmt: skip


@router.post("/cases/families")
def invite(request: Request, here: Here, form: RegistryForm) -> Response:
    """Make a one-time link; its address is shown once and kept nowhere."""
    made = families.invite(here.road, form.need("language"), by=form.viewer.name)
    page = here.pages.page(
        request, "case_families.html", links=families.links(here.road), made=made, now=here.road.clock(),
        form_languages=families.LANGUAGES,
    )  # fmt: skip
    page.headers["Cache-Control"] = "no-store"
    return page
