"""Who is asking and what that person may do here; the word that forms carry.

The table of rights and roles is bot/services/rights.py, where a new right goes. Accounts and sessions are in
bot/services/people.py; who comes in at all is bot/console/door.py.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from bot.services import rights
from bot.services.rights import ROLES as ROLES  # the table of rights, which the command line asks as well
from bot.services.rights import Right as Right
from bot.services.tokens import Scope
from store.errors import NotAllowed, UsageError

MAX_FIELD_CHARS = 4000
Checked = TypeVar("Checked", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person and the word that this person's forms carry.

    `scopes` is None in a browser; a program's token may be used for these alone, and carries no word.
    """

    name: str
    roles: tuple[str, ...]
    csrf: str
    until: datetime
    session: str = ""
    scopes: frozenset[str] | None = None

    @property
    def role(self) -> str:
        """The roles in words, for people to read; ask `may` instead of comparing it."""
        return ", ".join(self.roles)

    def may(self, right: Right) -> bool:
        """Whether one of the roles has the right."""
        return rights.may(self.roles, right)

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


def viewer_of(request: Request) -> Viewer:
    """Who is asking. Only called behind the door."""
    viewer = request.state.viewer
    assert isinstance(viewer, Viewer)
    return viewer


def _check(viewer: Viewer, right: Right, scope: Scope | None = None) -> Viewer:
    rights.check(viewer.name, viewer.roles, right)
    if viewer.scopes is not None and scope not in viewer.scopes:
        raise NotAllowed("token", f"does not have the scope {scope}" if scope else "is for the API alone")
    return viewer


_asked: dict[Callable[..., Any], Right] = {}


def right_of(check: Callable[..., Any] | None) -> Right | None:
    """The right that a route's dependency asks for, None if it asks for none: how all routes are listed."""
    return _asked.get(check) if check is not None else None


def asks(right: Right, check: Checked) -> Checked:
    """Write down which right a dependency asks for."""
    _asked[check] = right
    return check


def needs(right: Right, scope: Scope | None = None) -> Callable[[Request], Viewer]:
    """A dependency: the viewer, who must have the right; a token also the scope. Raises NotAllowed."""

    def check(request: Request) -> Viewer:
        return _check(viewer_of(request), right, scope)

    return asks(right, check)


def form_for(right: Right) -> Callable[[Request], Awaitable[Form]]:
    """A dependency: a form that carries its session's word, from somebody with the right."""

    async def check(request: Request) -> Form:
        viewer, fields = viewer_of(request), await fields_of(request)
        check_word(viewer, fields.get("csrf", ""))
        return Form(_check(viewer, right), fields)

    return asks(right, check)


def check_word(viewer: Viewer, word: str) -> None:
    """Raises NotAllowed unless this is the word of the viewer's session."""
    if viewer.scopes is not None or not hmac.compare_digest(word.encode(), viewer.csrf.encode()):
        raise NotAllowed("form", "is not from this session; open the page again and send it there")


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
Own = Annotated[Viewer, Depends(needs(Right.OWN))]
OwnForm = Annotated[Form, Depends(form_for(Right.OWN))]
DeskViewer = Annotated[Viewer, Depends(needs(Right.ERASURES))]
DeskForm = Annotated[Form, Depends(form_for(Right.ERASURES))]
CopyForm = Annotated[Form, Depends(form_for(Right.PERSON_COPY))]
CampaignViewer = Annotated[Viewer, Depends(needs(Right.CAMPAIGN))]
CampaignRunner = Annotated[Viewer, Depends(needs(Right.CAMPAIGN_RUN))]
CampaignForm = Annotated[Form, Depends(form_for(Right.CAMPAIGN_RUN))]
NumbersViewer = Annotated[Viewer, Depends(needs(Right.NUMBERS))]
FaceViewer = Annotated[Viewer, Depends(needs(Right.FACES))]
PeopleViewer = Annotated[Viewer, Depends(needs(Right.PEOPLE))]
PeopleForm = Annotated[Form, Depends(form_for(Right.PEOPLE))]
ReviewForm = Annotated[Form, Depends(form_for(Right.REVIEW))]
SendForm = Annotated[Form, Depends(form_for(Right.SEND))]
RegistryForm = Annotated[Form, Depends(form_for(Right.REGISTRY))]
AlarmForm = Annotated[Form, Depends(form_for(Right.ALARM))]
Tuner = Annotated[Viewer, Depends(needs(Right.TUNE))]
TuneForm = Annotated[Form, Depends(form_for(Right.TUNE))]
OperatorForm = Annotated[Form, Depends(form_for(Right.OPERATE))]
Officer = Annotated[Viewer, Depends(needs(Right.QUARANTINE))]
OfficerForm = Annotated[Form, Depends(form_for(Right.QUARANTINE))]
Reporter = Annotated[Viewer, Depends(needs(Right.REPORT))]
PictureReport = Annotated[Form, Depends(form_for(Right.REPORT))]
