"""Roles, rights and what is counted, in words of the page's language. Knows no account."""

from __future__ import annotations

from bot.console import tongue
from bot.console.auth import Right
from bot.services.metering import Kind
from store import users


def role_words() -> dict[str, str]:
    """What each role is called."""
    return {
        users.ADMIN: tongue.gettext("Administrator"),
        users.VIEWER: tongue.gettext("Viewer"),
        users.REVIEWER: tongue.gettext("Reviewer"),
        users.REGISTRAR: tongue.gettext("Registrar"),
        users.ORGANISER: tongue.gettext("Organiser"),
        users.LIAISON: tongue.gettext("Liaison with the police"),
        users.CIVIL_AFFAIRS: tongue.gettext("Civil affairs"),
        users.NGO: tongue.gettext("Care for families (NGO)"),
        users.SAFEGUARDING: tongue.gettext("Safeguarding lead"),
        users.OFFICER: tongue.gettext("Quarantine officer"),
    }


def right_words() -> dict[Right, str]:
    """What each right lets somebody do; rights that every account has are left out."""
    return {
        Right.CASES: tongue.gettext("see cases"),
        Right.FACES: tongue.gettext("see photos of registered children"),
        Right.SIGHTINGS: tongue.gettext("see sightings"),
        Right.REVIEW: tongue.gettext("review candidates"),
        Right.NUMBERS: tongue.gettext("see thresholds"),
        Right.OUTBOX: tongue.gettext("see the outbox"),
        Right.SEND: tongue.gettext("decide about replies"),
        Right.REGISTRY: tongue.gettext("take steps in the registry"),
        Right.OPERATE: tongue.gettext("run the installation"),
        Right.PEOPLE: tongue.gettext("make accounts and give roles"),
        Right.ALARM: tongue.gettext("acknowledge alarms"),
        Right.ERASURES: tongue.gettext("work at the desk of people who want to be forgotten"),
        Right.PERSON_COPY: tongue.gettext("take out what is held about a person"),
        Right.HOLD: tongue.gettext("place and confirm legal holds"),
        Right.EXCHANGE: tongue.gettext("see what families agreed to for the exchange"),
        Right.EXPORT: tongue.gettext("let records of cases out"),
        Right.SAFEGUARD: tongue.gettext("see what is for the safeguarding lead alone"),
        Right.EXACT: tongue.gettext("open the exact place of a lead"),
        Right.QUARANTINE: tongue.gettext("see what is in quarantine"),
    }


def kind_words() -> dict[Kind, str]:
    """What is counted of each person."""
    return {
        Kind.PHOTO: tongue.gettext("photos seen"),
        Kind.PLACE: tongue.gettext("exact places"),
        Kind.CONTACT: tongue.gettext("contacts"),
        Kind.EXPORT: tongue.gettext("exports"),
    }
