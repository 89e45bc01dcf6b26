"""Who is asking and what that person may do here: roles, rights, the word that forms carry.

Accounts and sessions are in bot/services/people.py; who comes in at all is bot/console/door.py.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from bot.services.tokens import Scope
from store import users
from store.errors import NotAllowed, UsageError

ADMIN, REVIEWER, REGISTRAR = users.ADMIN, users.REVIEWER, users.REGISTRAR
VIEWER, ORGANISER, LIAISON = users.VIEWER, users.ORGANISER, users.LIAISON
CIVIL_AFFAIRS, NGO = users.CIVIL_AFFAIRS, users.NGO
SAFEGUARDING = users.SAFEGUARDING
OFFICER = users.OFFICER
MAX_FIELD_CHARS = 4000
Checked = TypeVar("Checked", bound=Callable[..., Any])


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
    OWN = "keep their own account"
    FACES = "see photos of registered children"
    NUMBERS = "see thresholds and what they rest on"
    PEOPLE = "make accounts and give roles"
    LEADS = "see leads"
    LEAD_WORK = "take steps of leads"
    LEAD_ASSIGN = "give leads to people"
    REFER = "prepare welfare referrals"
    REFERRALS = "see welfare referrals"
    FIND = "find by hand"
    FIND_AUDIT = "look at searches by hand of others"
    CASE_FILES = "prepare and release case files"
    TUNE = "try out hashtags and put them live"
    CAMPAIGN = "see the campaign's life and reports"
    CAMPAIGN_RUN = "run the campaign, its public numbers and its end"


_EVERYBODY = frozenset(
    {ADMIN, VIEWER, REVIEWER, REGISTRAR, ORGANISER, LIAISON, CIVIL_AFFAIRS, NGO, SAFEGUARDING, OFFICER}
)
# Administrators run the installation and see no face; reviewers see no contact, registrars no sighting.
# tests/integration/console/rights.py holds the same table as people wrote it down: both change together.
ROLES: Mapping[Right, frozenset[str]] = {
    Right.OWN: _EVERYBODY,
    Right.LOOK: _EVERYBODY,
    # The lead sees the cases beside which a child that spoke up may stand.
    Right.CASES: frozenset({ADMIN, REVIEWER, REGISTRAR, LIAISON, SAFEGUARDING}),
    Right.FACES: frozenset({REVIEWER, REGISTRAR, LIAISON, SAFEGUARDING}),
    Right.SIGHTINGS: frozenset({REVIEWER, LIAISON}),
    Right.REVIEW: frozenset({REVIEWER}),
    Right.NUMBERS: frozenset({ADMIN, REVIEWER, ORGANISER}),
    Right.OUTBOX: frozenset({ADMIN, REVIEWER, ORGANISER}),
    Right.SEND: frozenset({ADMIN, REVIEWER, ORGANISER}),
    Right.REGISTRY: frozenset({REGISTRAR}),
    Right.OPERATE: frozenset({ADMIN}),
    Right.PEOPLE: frozenset({ADMIN}),
    Right.ALARM: frozenset({ADMIN, REVIEWER, ORGANISER}),
    Right.HOLD: frozenset({ADMIN, REGISTRAR}),
    # The lead alone: not even who runs the installation is shown these posts.
    Right.SAFEGUARD: frozenset({SAFEGUARDING}),
    Right.REPORT: _EVERYBODY - {OFFICER},
    Right.EXACT: frozenset({REVIEWER, LIAISON}),
    Right.QUARANTINE: frozenset({OFFICER}),
    # What each role sees of a lead is in bot/rules/leads.py.
    Right.LEADS: frozenset({ADMIN, REVIEWER, REGISTRAR, ORGANISER, LIAISON, CIVIL_AFFAIRS, NGO}),
    Right.LEAD_WORK: frozenset({LIAISON, CIVIL_AFFAIRS, NGO}),
    Right.LEAD_ASSIGN: frozenset({ADMIN, ORGANISER, LIAISON}),
    Right.REFER: frozenset({REVIEWER}),
    Right.REFERRALS: frozenset({REVIEWER, LIAISON, SAFEGUARDING}),
    Right.FIND: frozenset({REVIEWER}),
    # They see faces and places anyway; a case file holds no contact.
    Right.CASE_FILES: frozenset({REVIEWER, LIAISON}),
    Right.FIND_AUDIT: frozenset({ADMIN, ORGANISER, REVIEWER}),
    Right.TUNE: frozenset({ADMIN, ORGANISER}),
    Right.CAMPAIGN: _EVERYBODY - {OFFICER, SAFEGUARDING},
    Right.CAMPAIGN_RUN: frozenset({ADMIN, ORGANISER}),
}


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
        return not ROLES[right].isdisjoint(self.roles)

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
    if not viewer.may(right):
        allowed = ", ".join(sorted(ROLES[right]))
        raise NotAllowed(viewer.name, f"has the role {viewer.role}; who may {right.value}: {allowed}")
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
