"""Accounts, for administrators: who has which roles, links, second factors, what was revealed, canaries.

What may be done is decided in bot/services/people.py, roles.py, totp.py and canaries.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import ROLES, Form, PeopleForm, PeopleViewer, Right
from bot.console.here import Console, Here
from bot.console.rendering import link_to
from bot.console.words_people import kind_words, right_words, role_words
from bot.services import canaries, metering, people, roles, tokens, totp
from store.errors import UsageError
from store.users import SEES_FACES

router = APIRouter(include_in_schema=False)
PAGE = "/people"


@router.get(PAGE)
def listing(request: Request, here: Here, viewer: PeopleViewer, made: str = "") -> Response:
    """All accounts, wishes for roles, and what was revealed to whom lately."""
    return _page(request, here, viewer.name)


def _page(
    request: Request, here: Console, by: str, *, fresh: str = "", link: str = "", waits: Sequence[str] = ()
) -> Response:
    found = people.everybody(here.road)
    return here.pages.page(
        request, "people.html", people=found, roles=people.ROLES, role_words=role_words(), me=by,
        rights=_rights(), sees_faces=SEES_FACES, fresh=fresh, link=link, waits=waits,
        wishes=roles.wishes(here.road), days=metering.days(here.road), kinds=list(metering.Kind),
        kind_words=kind_words(), measures={kind: metering.measure(here.road, kind) for kind in metering.Kind},
        canaries=canaries.listing(here.road, by=by), asked=here.settings.asks_second_factor(),
        tokens=tokens.listing(here.road), wait_h=f"{here.road.access.role_wait.total_seconds() / 3600:g}",
        needs=totp.needs,
    )  # fmt: skip


def _rights() -> dict[str, list[str]]:
    """What each role may do, in words."""
    words = right_words()
    return {
        role: [words[right] for right in Right if role in ROLES[right] and right in words]
        for role in people.ROLES
    }


def _roles_of(form: Form) -> list[str]:
    return [role for role in people.ROLES if form.get(f"role_{role}")]


@router.post(f"{PAGE}/add")
def add(request: Request, here: Here, form: PeopleForm) -> Response:
    """A new account with its first one-time link, shown this once."""
    by, wanted = form.viewer.name, _roles_of(form)
    made = people.add(here.road, form.need("name"), wanted, by=by)
    roles.added(here.road, made, by=by)
    token = people.link(here.road, made.name, by=by)
    return _page(request, here, by, fresh=made.name, link=_address(request, token))


def _address(request: Request, token: str) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}/enter/{token}"


@router.post(f"{PAGE}/link")
def link(request: Request, here: Here, form: PeopleForm) -> Response:
    """A one-time link for somebody who cannot sign in, shown this once."""
    name, by = form.need("name"), form.viewer.name
    token = people.link(here.road, name, by=by)
    return _page(request, here, by, fresh=name, link=_address(request, token))


@router.post(f"{PAGE}/roles")
def set_roles(request: Request, here: Here, form: PeopleForm) -> Response:
    """Other roles for an account."""
    name, by = form.need("name"), form.viewer.name
    change = roles.change(here.road, name, _roles_of(form), by=by, why=form.get("why"))
    if not change.waiting:
        return see(PAGE)
    return _page(request, here, by, waits=[wish.role for wish in change.waiting])


@router.post(f"{PAGE}/wish")
def decide_wish(here: Here, form: PeopleForm) -> Response:
    """Agree to somebody's role, or refuse it."""
    word, to = form.need("number"), form.need("to")
    if not (word.isascii() and word.isdigit() and len(word) < 10) or to not in ("accept", "refuse"):
        raise UsageError("wish", "is not one of the page; open it again")
    act = roles.accept if to == "accept" else roles.refuse
    act(here.road, int(word), by=form.viewer.name)
    return see(PAGE)


@router.post(f"{PAGE}/close")
def close(here: Here, form: PeopleForm) -> Response:
    """Disable an account, or let it in again."""
    act = people.open_again if form.get("to") == "open" else people.close
    act(here.road, form.need("name"), by=form.viewer.name)
    return see(PAGE)


@router.post(f"{PAGE}/second")
def reset_second(here: Here, form: PeopleForm) -> Response:
    """End the second factor of somebody who lost it."""
    totp.reset(here.road, form.need("name"), by=form.viewer.name)
    return see(PAGE)


@router.post(f"{PAGE}/token")
def revoke_token(here: Here, form: PeopleForm) -> Response:
    """End somebody's token."""
    tokens.revoke(here.road, form.need("name"), form.need("id"), by=form.viewer.name)
    return see(PAGE)


@router.post(f"{PAGE}/canary")
def canary(here: Here, form: PeopleForm) -> Response:
    """Make a draft about nobody a canary, or an ordinary draft again."""
    act = canaries.lift if form.get("to") == "lift" else canaries.place
    act(here.road, form.need("id"), by=form.viewer.name)
    return see(link_to(PAGE) + "#canaries")
