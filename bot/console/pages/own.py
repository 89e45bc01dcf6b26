"""One's own account: password, where one is signed in, the second factor, tokens for programs.

What may be done is decided in bot/services/people.py, totp.py and tokens.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from bot.console import tongue
from bot.console.answers import see
from bot.console.auth import Form, Own, OwnForm
from bot.console.door import SECOND
from bot.console.here import Console, Here
from bot.services import people, tokens, totp
from bot.services.tokens import Scope
from store.errors import NotAllowed, UsageError

router = APIRouter(include_in_schema=False)
TOKENS = "/me/tokens"
DAYS = 90


@router.get("/me")
def me(request: Request, here: Here, viewer: Own, done: str = "") -> Response:
    """One's own account."""
    token = request.cookies.get(here.cookie, "")
    found = people.session(here.road, token, is_used=False)
    return here.pages.page(
        request, "me.html", least=people.MIN_PASSWORD_CHARS, is_set=done == "password",
        sessions=people.sessions(here.road, viewer.name), has_factor=found is not None and found.has_factor,
        codes=totp.codes_left(here.road, viewer.name), tokens=tokens.listing(here.road, viewer.name),
        idle_h=f"{here.road.access.session_idle.total_seconds() / 3600:g}",
    )  # fmt: skip


@router.post("/me/password")
def set_password(request: Request, here: Here, form: OwnForm) -> Response:
    """Set one's own password; other browsers of the account are signed out."""
    password = form.fields.get("password", "")
    if password != form.fields.get("again", ""):
        raise UsageError("password", "was not written the same way twice; write it again")
    own = request.cookies.get(here.cookie, "")
    people.set_password(here.road, form.viewer.name, password, token=own)
    return see("/me?done=password")


@router.post("/me/sessions/end")
def end_session(here: Here, form: OwnForm) -> Response:
    """Sign out another browser."""
    people.end_session(here.road, form.viewer.name, form.need("id"), by=form.viewer.name)
    return see("/me")


@router.get(SECOND)
def second(request: Request, here: Here, viewer: Own) -> Response:
    """The second factor: what it is for, the secret while it waits for its first code."""
    token = request.cookies.get(here.cookie, "")
    found = people.session(here.road, token, is_used=False)
    has_factor = found is not None and found.has_factor
    waiting = totp.enrolment(here.road, viewer.name, here.settings.name)
    is_wanted = here.settings.asks_second_factor() and found is not None and totp.needs(found.user)
    return here.pages.page(
        request, "second.html", waiting=waiting, qr=Markup(waiting.svg) if waiting else "",  # noqa: S704
        has_factor=has_factor, is_wanted=is_wanted, problem="",
        codes=totp.codes_left(here.road, viewer.name),
    )  # fmt: skip


@router.post(f"{SECOND}/begin")
def begin(here: Here, form: OwnForm) -> Response:
    """A fresh secret."""
    totp.begin(here.road, form.viewer.name)
    return see(SECOND)


def _counted(here: Console, name: str) -> None:
    """Count a try to guess a code. Raises NotAllowed when there were too many."""
    wait_s = here.tries.wait((f"code:{name.casefold()}",), here.road.clock())
    if wait_s > 0:
        raise NotAllowed("code", f"was tried too often; wait {int(wait_s) + 1} seconds")


@router.post(f"{SECOND}/confirm")
def confirm(request: Request, here: Here, form: OwnForm) -> Response:
    """The first code; shows the recovery codes, once."""
    name = form.viewer.name
    _counted(here, name)
    codes = totp.confirm(here.road, name, form.need("code"), request.cookies.get(here.cookie, ""))
    return here.pages.page(request, "second_codes.html", codes=codes)


@router.post(f"{SECOND}/codes")
def renew(request: Request, here: Here, form: OwnForm) -> Response:
    """New recovery codes, shown once."""
    _counted(here, form.viewer.name)
    codes = totp.renew_codes(here.road, form.viewer.name, form.need("code"))
    return here.pages.page(request, "second_codes.html", codes=codes)


@router.post(f"{SECOND}/end")
def end(here: Here, form: OwnForm) -> Response:
    """End the second factor, with a code of it."""
    _counted(here, form.viewer.name)
    totp.end(here.road, form.viewer.name, form.need("code"))
    return see(SECOND)


@router.get(TOKENS)
def own_tokens(request: Request, here: Here, viewer: Own) -> Response:
    """Tokens for programs."""
    return _tokens_page(request, here, viewer.name, "")


def _tokens_page(request: Request, here: Console, name: str, fresh: str) -> Response:
    return here.pages.page(
        request, "tokens.html", tokens=tokens.listing(here.road, name), fresh=fresh, scopes=list(Scope),
        scope_words=scope_words(), days=DAYS, most_days=tokens.MAX_DAYS, now=here.road.clock(),
    )  # fmt: skip


def scope_words() -> dict[Scope, str]:
    """What each scope is for, in the language of the page."""
    return {
        Scope.NUMBERS: tongue.gettext("numbers: overview, coverage, hashtags, health"),
        Scope.ALARMS: tongue.gettext("alarms"),
        Scope.SIGHTINGS: tongue.gettext("sightings"),
        Scope.CANDIDATES: tongue.gettext("candidates"),
        Scope.DECIDE: tongue.gettext("turn candidates down or put them off"),
        Scope.CASES: tongue.gettext("cases"),
        Scope.OUTBOX: tongue.gettext("the outbox"),
    }


@router.post(f"{TOKENS}/make")
def make_token(request: Request, here: Here, form: OwnForm) -> Response:
    """A fresh token, shown this once."""
    scopes = [scope for scope in Scope if form.get(f"scope_{scope.value}")]
    fresh, _ = tokens.make(here.road, form.viewer.name, form.need("name"), scopes, days=_days(form))
    return _tokens_page(request, here, form.viewer.name, fresh)


def _days(form: Form) -> int:
    word = form.get("days")
    if not (word.isascii() and word.isdigit() and len(word) < 6):
        raise UsageError("days", f"is {word[:20]!r}, no number of days")
    return int(word)


@router.post(f"{TOKENS}/revoke")
def revoke_token(here: Here, form: OwnForm) -> Response:
    """End a token at once."""
    tokens.revoke(here.road, form.viewer.name, form.need("id"), by=form.viewer.name)
    return see(TOKENS)
