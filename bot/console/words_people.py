"""Roles, rights and what is counted, in words of the page's language. Knows no account."""

from __future__ import annotations

from bot.console import tongue
from bot.console.auth import Right
from bot.services.metering import Kind
from store import users


def role_words() -> dict[str, str]:
    """What each role is called."""
    say = tongue.gettext
    return {
        users.ADMIN: say("Administrator"),
        users.VIEWER: say("Viewer"),
        users.REVIEWER: say("Reviewer"),
        users.REGISTRAR: say("Registrar"),
        users.ORGANISER: say("Organiser"),
        users.LIAISON: say("Liaison with the police"),
        users.CIVIL_AFFAIRS: say("Civil affairs"),
        users.NGO: say("Care for families (NGO)"),
        users.SAFEGUARDING: say("Safeguarding lead"),
        users.OFFICER: say("Quarantine officer"),
    }


def right_words() -> dict[Right, str]:
    """What each right lets somebody do; rights that every account has are left out."""
    say = tongue.gettext
    return {
        Right.CASES: say("see cases"),
        Right.FACES: say("see photos of registered children"),
        Right.SIGHTINGS: say("see sightings"),
        Right.REVIEW: say("review candidates"),
        Right.NUMBERS: say("see thresholds"),
        Right.OUTBOX: say("see the outbox"),
        Right.SEND: say("decide about replies"),
        Right.REGISTRY: say("take steps in the registry"),
        Right.OPERATE: say("run the installation"),
        Right.PEOPLE: say("make accounts and give roles"),
        Right.ALARM: say("acknowledge alarms"),
        Right.HOLD: say("place and confirm legal holds"),
        Right.SAFEGUARD: say("see what is for the safeguarding lead alone"),
        Right.EXACT: say("open the exact place of a lead"),
        Right.QUARANTINE: say("see what is in quarantine"),
    }


def kind_words() -> dict[Kind, str]:
    """What is counted of each person."""
    say = tongue.gettext
    return {
        Kind.PHOTO: say("photos seen"),
        Kind.PLACE: say("exact places"),
        Kind.CONTACT: say("contacts"),
        Kind.EXPORT: say("exports"),
    }
