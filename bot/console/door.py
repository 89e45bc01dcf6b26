"""The door behind the guard: nobody goes on without a session or a token, except to what is open to all.

Asks for the second factor where one is set up, and for setting one up where the campaign is live. Decides
nothing about rights: that is bot/console/auth.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console.answers import Answers, problem, see
from bot.console.auth import Viewer
from bot.console.here import Console
from bot.services import people, tokens, totp
from bot.services.people import Standing
from store.users import User

OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/login", "/public", "/public/numbers.json")
OPEN_FOLDERS = ("/static/", "/enter/", "/family/", "/case-file/")
API = "/api/v1/"
CODE, SECOND = "/login/code", "/me/second"
# What somebody reaches who has to show, or to set up, a second factor first.
BEFORE_CODE = (CODE, "/logout", "/language")
BEFORE_SECOND = (*BEFORE_CODE, SECOND, f"{SECOND}/begin", f"{SECOND}/confirm", "/me", "/me/password")
BY_ITSELF = "x-homeward-live"
"""The header by which a page says that its script, and not a person, asks: it keeps no session awake."""


@dataclass(frozen=True, slots=True)
class Door:
    """ASGI middleware: lets nobody in without a session or a token, except to what is open to all."""

    app: ASGIApp
    console: Console
    answers: Answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find who is asking; send those without a session to the login page."""
        if scope["type"] != "http" or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        found = await run_in_threadpool(self._who, request)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope.setdefault("state", {})["viewer"] = found
        await self.app(scope, receive, send)

    def _who(self, request: Request) -> Viewer | Response:
        """The viewer, or the answer to somebody who may not go on."""
        sent = request.headers.get("authorization", "")
        if sent and request.url.path.startswith(API):
            return self._program(sent)
        token = request.cookies.get(self.console.cookie, "")
        is_used = BY_ITSELF not in request.headers
        found = people.session(self.console.road, token, is_used=is_used) if token else None
        if found is None:
            return self._turn_away(request)
        held = self._second_factor(request, found)
        if held is not None:
            return held
        session, user = found.session, found.user
        return Viewer(user.name, user.roles, session.csrf, session.expires_at, session.id)

    def _program(self, sent: str) -> Viewer | Response:
        kind, _, token = sent.partition(" ")
        found = None
        if kind.casefold() == "bearer" and token.isascii() and 0 < len(token) < 200:
            found = tokens.find(self.console.road, token.strip())
        if found is None:
            return problem(401, "The token is unknown, over or revoked.", {"WWW-Authenticate": "Bearer"})
        held, user, has_factor = found
        if not has_factor and self._is_wanted(user):
            return problem(403, "The token's account sees faces and has no second factor yet; set one up.")
        return Viewer(user.name, user.roles, "", held.expires_at, held.id, frozenset(held.scopes))

    def _is_wanted(self, user: User) -> bool:
        return totp.needs(user) and self.console.settings.asks_second_factor()

    def _second_factor(self, request: Request, found: Standing) -> Response | None:
        path = request.url.path
        if found.has_factor:
            if found.session.second_at is not None or path in BEFORE_CODE:
                return None
            to, words = CODE, "Show the second factor first."
        elif self._is_wanted(found.user) and path not in BEFORE_SECOND:
            to, words = SECOND, "Set up a second factor first."
        else:
            return None
        if path.startswith("/api/"):
            return problem(403, words)
        wanted = path + (f"?{request.url.query}" if request.url.query else "")
        is_page = request.method == "GET" and wanted != "/" and to == CODE
        return see(f"{to}?next={quote(wanted, safe='')}" if is_page else to)

    def _turn_away(self, request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            words = "Sign in first, or send a token; there is none, or it is over."
            return problem(401, words, {"WWW-Authenticate": "Bearer"})
        if request.method != "GET":
            return see("/login")
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        came_from_elsewhere = request.headers.get("sec-fetch-site") == "cross-site"
        if came_from_elsewhere and request.headers.get("sec-fetch-mode") == "navigate":
            # A strict cookie stays at home when a link elsewhere led here; our own next step brings it.
            return self.console.pages.page(request, "continue.html", wanted=wanted)
        return see("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}")


def is_open(path: str) -> bool:
    """Whether a path needs no session."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
