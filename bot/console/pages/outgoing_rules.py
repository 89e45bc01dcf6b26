"""How far replies go, what they say, and who wants none. Decides nothing: the services do."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import one_of, see
from bot.console.auth import OutboxViewer, SendForm
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.rules.wording import PURPOSES
from bot.services import levels, optouts, wording
from store.errors import UsageError
from store.records.post import Platform
from store.records.reply import Level, Purpose

router = APIRouter(include_in_schema=False)
X_RULE = "https://docs.x.com/changelog"


@router.get("/outbox/level")
def level(request: Request, here: Here, viewer: OutboxViewer) -> Response:
    """The level in force, the ceiling, and all wishes to change it."""
    return here.pages.page(
        request, "level.html", state=levels.state(here.road), levels=list(Level), me=viewer.name
    )


@router.post("/outbox/level/ask")
def ask(here: Here, form: SendForm) -> Response:
    """First person."""
    wanted = one_of(Level, "level", form.need("level"))
    levels.ask(here.road, wanted, by=form.viewer.name, why=form.get("why"))
    return see("/outbox/level")


@router.post("/outbox/level/decide")
def decide(here: Here, form: SendForm) -> Response:
    """Second person, or the first one takes the wish back."""
    act = levels.accept if form.need("to") == "accept" else levels.refuse
    act(here.road, _number(form.need("number")), by=form.viewer.name)
    return see("/outbox/level")


@router.get("/outbox/words")
def words(
    request: Request, here: Here, viewer: OutboxViewer, purpose: str = "receipt", language: str = "en",
    text: str = "", most: int = 0,
) -> Response:  # fmt: skip
    """The words in force; a text is tried here and seen as each platform would show it."""
    wanted = one_of(Purpose, "purpose", purpose)
    seen = wording.preview(here.road, wanted, language, text[:2000], max_length=most if most > 0 else None)
    return here.pages.page(
        request, "wordings.html", seen=seen, purposes=PURPOSES, now=wording.catalogue(here.road),
        versions=wording.versions(here.road), text=text[:2000], most=most, me=viewer.name,
    )  # fmt: skip


@router.post("/outbox/words/write")
def write(here: Here, form: SendForm) -> Response:
    """A new version by one person."""
    purpose = one_of(Purpose, "purpose", form.need("purpose"))
    language, by, why = form.need("language"), form.viewer.name, form.get("why")
    wording.write(here.road, purpose, language, form.need("text"), by=by, why=why)
    return see(link_to("/outbox/words", purpose=purpose.value, language=language))


@router.post("/outbox/words/approve")
def approve(here: Here, form: SendForm) -> Response:
    """A second person puts it into force."""
    made = wording.approve(here.road, _number(form.need("number")), by=form.viewer.name)
    return see(link_to("/outbox/words", purpose=made.purpose.value, language=made.language))


@router.post("/outbox/words/end")
def end(here: Here, form: SendForm) -> Response:
    """Refuse a version or take it out of force; what was sent with a wrong one is taken back."""
    number, is_wrong = _number(form.need("number")), form.get("wrong") == "yes"
    wording.end(here.road, number, by=form.viewer.name, why=form.get("why"), is_wrong=is_wrong)
    return see("/outbox/words")


@router.get("/outbox/people")
def people(request: Request, here: Here, viewer: OutboxViewer) -> Response:
    """Who wants no messages, and who asked to be erased."""
    return here.pages.page(
        request, "optouts.html", found=optouts.listing(here.road), amount=optouts.count(here.road),
        erasures=optouts.erasures(here.road), platforms=list(here.road.rules.accounts) or list(Platform),
    )  # fmt: skip


@router.post("/outbox/people/add")
def add(here: Here, form: SendForm) -> Response:
    """Somebody asked by another way."""
    platform, everywhere = (
        one_of(Platform, "platform", form.need("platform")),
        form.get("everywhere") == "yes",
    )
    handle, by = form.need("handle"), form.viewer.name
    optouts.add(here.road, platform, handle, everywhere=everywhere, by=by, why=form.get("why"))
    return see("/outbox/people")


@router.post("/outbox/people/remove")
def remove(here: Here, form: SendForm) -> Response:
    """Somebody wants messages again."""
    optouts.remove(here.road, form.need("person"), by=form.viewer.name, why=form.get("why"))
    return see("/outbox/people")


@router.post("/outbox/people/erased")
def erased(here: Here, form: SendForm) -> Response:
    """Somebody was erased."""
    optouts.done(here.road, form.need("reference"), by=form.viewer.name, note=form.get("note"))
    return see("/outbox/people")


@router.get("/outbox/summons")
def summons(request: Request, here: Here, viewer: OutboxViewer) -> Response:
    """Why most posts are collected and not answered, and the words that change it."""
    accounts = {platform.value: account.handle for platform, account in here.road.rules.accounts.items()}
    return here.pages.page(request, "summons.html", accounts=accounts, source=X_RULE)


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise UsageError("number", f"is {value[:20]!r}; it is a whole number")
    return int(value)
