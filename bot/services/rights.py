"""Who may do what: rights, and the roles that have each. Every door asks this one table.

The console asks in bot/console/auth.py, the command line in bot/cli/rights.py; services keep rules of their
own beside it where two people or a team are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from store import users
from store.errors import NotAllowed

ADMIN, REVIEWER, REGISTRAR = users.ADMIN, users.REVIEWER, users.REGISTRAR
VIEWER, ORGANISER, LIAISON = users.VIEWER, users.ORGANISER, users.LIAISON
CIVIL_AFFAIRS, NGO = users.CIVIL_AFFAIRS, users.NGO
SAFEGUARDING = users.SAFEGUARDING
OFFICER = users.OFFICER


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
    EXPORT = "let records of cases out"
    ERASURES = "work at the desk of people who want to be forgotten"
    PERSON_COPY = "take out what is held about a person"
    EXCHANGE = "see and end what families agreed to for the exchange"


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
    Right.EXPORT: frozenset({ADMIN}),
    Right.EXCHANGE: frozenset({ADMIN, REGISTRAR}),
    Right.ERASURES: frozenset({ADMIN, ORGANISER}),
    # They see photos and exact places anyway, and a copy holds both.
    Right.PERSON_COPY: frozenset({LIAISON}),
}


def may(roles: Iterable[str], right: Right) -> bool:
    """Whether one of the roles has the right."""
    return not ROLES[right].isdisjoint(roles)


def check(name: str, roles: Iterable[str], right: Right) -> None:
    """Raises NotAllowed, which names the roles that may, unless one of the account's has the right."""
    held = tuple(roles)
    if not may(held, right):
        allowed = ", ".join(sorted(ROLES[right]))
        raise NotAllowed(name, f"has the role {', '.join(held)}; who may {right.value}: {allowed}")
