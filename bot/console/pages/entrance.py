"""Coming in and going out: one-time links, names and passwords, the code of the second factor.

Accounts and sessions are the business of bot/services/people.py, codes that of bot/services/totp.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console import tongue
from bot.console.answers import local_path, see
from bot.console.auth import Own, OwnForm, fields_of
from bot.console.here import Console, Here
from bot.console.limiter import address_key
from bot.services import people, totp

router = APIRouter(include_in_schema=False)


@router.get("/enter/{token}")
def ask_to_enter(request: Request, here: Here, token: str) -> Response:
    """Show a button: programs that preview links only ever open this page, which spends nothing."""
    return here.pages.page(request, "enter.html", token=token)


@router.post("/enter/{token}")
def enter(request: Request, here: Here, token: str) -> Response:
    """Spend the one-time link."""
    signed_in = people.enter_by_link(here.road, token, agent=_agent(request))
    if signed_in is None:
        return here.pages.page(request, "enter_over.html", status=410)
    return _welcome(here, signed_in, "/")


@router.get("/login")
def ask_to_sign_in(request: Request, here: Here, next: str = "/") -> Response:
    """The form for name and password."""
    return here.pages.page(request, "login.html", wanted=local_path(next), problem="", name="")


@router.post("/login")
async def sign_in(request: Request, here: Here) -> Response:
    """Check name and password, a few times a minute at most."""
    fields = await fields_of(request)
    return await run_in_threadpool(_sign_in, request, here, fields)


def _sign_in(request: Request, here: Console, fields: dict[str, str]) -> Response:
    name, wanted = fields.get("name", "").strip()[:64], local_path(fields.get("next", "/"))
    by_name = f"name:{name.casefold()}"
    words, headers = _too_many(request, here, by_name)
    if words:
        return here.pages.page(
            request, "login.html", status=429, headers=headers, problem=words, wanted=wanted, name=name
        )
    password = fields.get("password", "")[:1024]
    signed_in = people.enter_by_password(here.road, name, password, agent=_agent(request))
    if signed_in is None:
        words = "Name or password is wrong, or no password was set for this name yet."
        return here.pages.page(request, "login.html", status=403, problem=words, wanted=wanted, name=name)
    here.tries.clear(by_name)
    return _welcome(here, signed_in, wanted)


def _agent(request: Request) -> str:
    """What the browser calls itself, for its owner to tell sessions apart."""
    return request.headers.get("user-agent", "")


def _too_many(request: Request, here: Console, key: str) -> tuple[str, dict[str, str]]:
    """Count a try; the words and headers to refuse it with, if there were too many."""
    address = request.client.host if request.client else ""
    wait_s = here.tries.wait((key, address_key(address)), here.road.clock())
    if wait_s <= 0:
        return "", {}
    left = int(wait_s) + 1
    return tongue.gettext("Too many tries. Wait %(n)s seconds, then try again.") % {"n": left}, {
        "Retry-After": str(left)
    }


@router.get("/login/code")
def ask_for_code(request: Request, here: Here, viewer: Own, next: str = "/") -> Response:
    """The form for the code of the second factor."""
    return here.pages.page(request, "login_code.html", wanted=local_path(next), problem="")


@router.post("/login/code")
def show_code(request: Request, here: Here, form: OwnForm) -> Response:
    """Check the code, a few times a minute at most."""
    name, wanted, status = form.viewer.name, local_path(form.get("next") or "/"), 403
    key = f"code:{name.casefold()}"
    words, headers = _too_many(request, here, key)
    if words:
        status = 429
    elif totp.show(here.road, name, form.get("code"), request.cookies.get(here.cookie, "")):
        here.tries.clear(key)
        return see(wanted)
    words = words or tongue.gettext("The code is wrong, or it was used. Wait for the next one.")
    return here.pages.page(
        request, "login_code.html", status=status, headers=headers, problem=words, wanted=wanted
    )


def _welcome(here: Console, signed_in: people.SignedIn, wanted: str) -> Response:
    answer = see(wanted)
    left = signed_in.session.expires_at - here.road.clock()
    answer.set_cookie(
        here.cookie, signed_in.token, max_age=int(left.total_seconds()), path="/",
        httponly=True, samesite="strict", secure=here.settings.secure_cookies,
    )  # fmt: skip
    return answer


@router.post("/logout")
def leave(request: Request, here: Here, form: OwnForm) -> Response:
    """End the session here and in the store."""
    people.leave(here.road, request.cookies.get(here.cookie, ""))
    answer = see("/login")
    answer.delete_cookie(
        here.cookie, path="/", httponly=True, samesite="strict", secure=here.settings.secure_cookies
    )
    return answer
