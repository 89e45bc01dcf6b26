"""Who is asking and what that person may do here: sessions, roles, the word that forms carry.

Accounts and sessions themselves are in bot/services/people.py. Every path needs a session unless it
is named in `OPEN_PATHS`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console.answers import Answers, problem, see
from bot.console.here import Console
from bot.services import people
from store import users
from store.errors import NotAllowed, UsageError

ADMIN, REVIEWER, REGISTRAR = users.ADMIN, users.REVIEWER, users.REGISTRAR
SAFEGUARDING = users.SAFEGUARDING
OFFICER = users.OFFICER
OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/login")
OPEN_FOLDERS = ("/static/", "/enter/", "/family/")
MAX_FIELD_CHARS = 4000


class Right(StrEnum):
    """What a page or a form asks for; the words complete "may …"."""

    LOOK = "see how the campaign goes"
    SIGHTINGS = "see sightings"
    REVIEW = "review candidates"
    OUTBOX = "see the outbox"
    SEND = "decide about replies"
    CASES = "see cases"
    REGISTRY = "take steps in the registry"
    OPERATE = "run the installation"
    ALARM = "say that an alarm was seen"
    HOLD = "stand behind a legal hold"
    SAFEGUARD = "see what is for the safeguarding lead alone"
    REPORT = "report a picture"
    EXACT = "see the exact place of a lead"
    QUARANTINE = "see what is for the quarantine officer alone"


_EVERYBODY = frozenset({ADMIN, REVIEWER, REGISTRAR})
ROLES: Mapping[Right, frozenset[str]] = {
    Right.LOOK: _EVERYBODY | {SAFEGUARDING, OFFICER},
    # The lead sees the cases beside which a child that spoke up may stand.
    Right.CASES: _EVERYBODY | {SAFEGUARDING},
    Right.SIGHTINGS: frozenset({ADMIN, REVIEWER}),
    Right.REVIEW: frozenset({ADMIN, REVIEWER}),
    Right.OUTBOX: frozenset({ADMIN, REVIEWER}),
    Right.SEND: frozenset({ADMIN, REVIEWER}),
    Right.REGISTRY: frozenset({ADMIN, REGISTRAR}),
    Right.OPERATE: frozenset({ADMIN}),
    Right.ALARM: frozenset({ADMIN, REVIEWER}),
    Right.HOLD: frozenset({ADMIN, REGISTRAR}),
    # The lead alone: not even who runs the installation is shown these posts.
    Right.SAFEGUARD: frozenset({SAFEGUARDING}),
    Right.REPORT: _EVERYBODY | {SAFEGUARDING},
    Right.EXACT: frozenset({ADMIN, REVIEWER}),
    Right.QUARANTINE: frozenset({OFFICER}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person and the word that this person's forms carry."""

    name: str
    role: str
    csrf: str
    until: datetime

    def may(self, right: Right) -> bool:
        """Whether the role has the right."""
        return self.role in ROLES[right]

    def may_named(self, name: str) -> bool:
        """The same by the right's name, for templates."""
        return self.may(Right[name])


@dataclass(frozen=True, slots=True)
class Form:
    """A checked form: who sent it, and its fields."""

    viewer: Viewer
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """A field without spaces around it, "" if it was left out. Raises UsageError if it is too long."""
        value = self.fields.get(name, "").replace("\0", "\ufffd").strip()
        if len(value) > MAX_FIELD_CHARS:
            raise UsageError(name, f"has {len(value)} characters; at most {MAX_FIELD_CHARS} are taken")
        return value

    def need(self, name: str) -> str:
        """A field that must be there. Raises UsageError."""
        value = self.get(name)
        if not value:
            raise UsageError(name, "is missing; open the page again and send its form")
        return value


@dataclass(frozen=True, slots=True)
class Door:
    """ASGI middleware: lets nobody in without a session, except to what is open to all."""

    app: ASGIApp
    console: Console
    answers: Answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the session of a request; send those without one to the login page."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        token = request.cookies.get(self.console.cookie, "")
        found = await run_in_threadpool(people.session, self.console.road, token) if token else None
        if found is None:
            await self._turn_away(request)(scope, receive, send)
            return
        session, user = found
        viewer = Viewer(user.name, user.role, session.csrf, session.expires_at)
        scope.setdefault("state", {})["viewer"] = viewer
        await self.app(scope, receive, send)

    def _turn_away(self, request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(401, "Sign in first; the session cookie is missing or over.")
        if request.method != "GET":
            return see("/login")
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        came_from_elsewhere = request.headers.get("sec-fetch-site") == "cross-site"
        if came_from_elsewhere and request.headers.get("sec-fetch-mode") == "navigate":
            # A strict cookie stays at home when a link elsewhere led here; our own next step brings it.
            return self.console.pages.page(request, "continue.html", wanted=wanted)
        return see("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}")


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def viewer_of(request: Request) -> Viewer:
    """Who is asking. Only called behind the door."""
    viewer = request.state.viewer
    assert isinstance(viewer, Viewer)
    return viewer


def _check(viewer: Viewer, right: Right) -> Viewer:
    if not viewer.may(right):
        allowed = ", ".join(sorted(ROLES[right]))
        raise NotAllowed(viewer.name, f"has the role {viewer.role}; who may {right.value}: {allowed}")
    return viewer


def needs(right: Right) -> Callable[[Request], Viewer]:
    """A dependency: the viewer, who must have the right. Raises NotAllowed."""

    def check(request: Request) -> Viewer:
        return _check(viewer_of(request), right)

    return check


def form_for(right: Right) -> Callable[[Request], Awaitable[Form]]:
    """A dependency: a form that carries its session's word, from somebody with the right."""

    async def check(request: Request) -> Form:
        viewer = viewer_of(request)
        fields = await fields_of(request)
        if not hmac.compare_digest(fields.get("csrf", "").encode(), viewer.csrf.encode()):
            raise NotAllowed("form", "is not from this session; open the page again and send it there")
        return Form(_check(viewer, right), fields)

    return check


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form; files are not taken."""
    async with request.form(max_files=0, max_fields=40) as data:
        return {name: value for name, value in data.items() if isinstance(value, str)}


Looker = Annotated[Viewer, Depends(needs(Right.LOOK))]
SightingViewer = Annotated[Viewer, Depends(needs(Right.SIGHTINGS))]
Reviewer = Annotated[Viewer, Depends(needs(Right.REVIEW))]
OutboxViewer = Annotated[Viewer, Depends(needs(Right.OUTBOX))]
CaseViewer = Annotated[Viewer, Depends(needs(Right.CASES))]
Operator = Annotated[Viewer, Depends(needs(Right.OPERATE))]
Holder = Annotated[Viewer, Depends(needs(Right.HOLD))]
Lead = Annotated[Viewer, Depends(needs(Right.SAFEGUARD))]
HoldForm = Annotated[Form, Depends(form_for(Right.HOLD))]
LeadForm = Annotated[Form, Depends(form_for(Right.SAFEGUARD))]
OwnForm = Annotated[Form, Depends(form_for(Right.LOOK))]
ReviewForm = Annotated[Form, Depends(form_for(Right.REVIEW))]
SendForm = Annotated[Form, Depends(form_for(Right.SEND))]
RegistryForm = Annotated[Form, Depends(form_for(Right.REGISTRY))]
AlarmForm = Annotated[Form, Depends(form_for(Right.ALARM))]
OperatorForm = Annotated[Form, Depends(form_for(Right.OPERATE))]
Officer = Annotated[Viewer, Depends(needs(Right.QUARANTINE))]
OfficerForm = Annotated[Form, Depends(form_for(Right.QUARANTINE))]
Reporter = Annotated[Viewer, Depends(needs(Right.REPORT))]
PictureReport = Annotated[Form, Depends(form_for(Right.REPORT))]
