"""Coming in and going out: one-time links, names and passwords, one's own account.

Accounts and tokens are the business of bot/services/people.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.console.answers import local_path, see
from bot.console.auth import Looker, OwnForm, fields_of
from bot.console.here import Console, Here
from bot.console.limiter import address_key
from bot.services import people
from store.errors import UsageError

router = APIRouter(include_in_schema=False)


@router.get("/enter/{token}")
def ask_to_enter(request: Request, here: Here, token: str) -> Response:
    """Show a button: programs that preview links only ever open this page, which spends nothing."""
    return here.pages.page(request, "enter.html", token=token)


@router.post("/enter/{token}")
def enter(request: Request, here: Here, token: str) -> Response:
    """Spend the one-time link."""
    signed_in = people.enter_by_link(here.road, token)
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
    address = request.client.host if request.client else ""
    by_name = f"name:{name.casefold()}"
    wait_s = here.tries.wait((by_name, address_key(address)), here.road.clock())
    if wait_s > 0:
        headers = {"Retry-After": str(int(wait_s) + 1)}
        words = f"Too many tries. Wait {int(wait_s) + 1} seconds, then try again."
        return here.pages.page(
            request, "login.html", status=429, headers=headers, problem=words, wanted=wanted, name=name
        )
    signed_in = people.enter_by_password(here.road, name, fields.get("password", "")[:1024])
    if signed_in is None:
        words = "Name or password is wrong, or no password was set for this name yet."
        return here.pages.page(request, "login.html", status=403, problem=words, wanted=wanted, name=name)
    here.tries.clear(by_name)
    return _welcome(here, signed_in, wanted)


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


@router.get("/me")
def me(request: Request, here: Here, viewer: Looker, done: str = "") -> Response:
    """One's own account."""
    least = people.MIN_PASSWORD_CHARS
    return here.pages.page(request, "me.html", least=least, is_set=done == "password")


@router.post("/me/password")
def set_password(request: Request, here: Here, form: OwnForm) -> Response:
    """Set one's own password; other browsers of the account are signed out."""
    password = form.fields.get("password", "")
    if password != form.fields.get("again", ""):
        raise UsageError("password", "was not written the same way twice; write it again")
    own = request.cookies.get(here.cookie, "")
    people.set_password(here.road, form.viewer.name, password, token=own)
    return see("/me?done=password")
