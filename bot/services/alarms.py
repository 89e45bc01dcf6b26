"""Alarms that want a person: standing notices (silent sources among them) and alerts to the case team.

Whoever has seen one says so, with a note; it then waits for nobody but stays in the history. An alarm that
is over and comes again, or that says something new, has to be seen again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.pipeline import alert, brake, casework, guarding, watching
from bot.pipeline.casework import NOTICE
from bot.pipeline.road import Road
from store import acknowledgements, audit, campaign, case_teams, matches, users
from store.case_teams import NOBODY
from store.db import Transaction
from store.errors import Missing, UsageError
from store.records.campaign import Acknowledgement
from store.records.reply import AlertState

ALERT = "alert:"
MAX_NOTE_CHARS = 500
# These are for one role alone and are taken care of on its own page.
_ELSEWHERE = (guarding.ALERT, alert.QUARANTINE)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm that stands: its name, its words, since when, and who has seen it (None: nobody yet)."""

    name: str
    words: str
    since: datetime
    seen: Acknowledgement | None = None

    def as_json(self) -> dict[str, Any]:
        """Times in ISO 8601, UTC."""
        seen = None if self.seen is None else said_json(self.seen)
        return {"name": self.name, "words": self.words, "since": self.since.isoformat(), "seen": seen}


def said_json(said: Acknowledgement) -> dict[str, Any]:
    """Who has seen which alarm, as JSON-able values."""
    return {
        "name": said.name,
        "at": said.at.isoformat(),
        "by": said.by,
        "note": said.note,
        "words": said.words,
        "over_at": said.ended_at.isoformat() if said.ended_at else None,
    }


def standing(road: Road, *, viewer: str = NOBODY) -> list[Alarm]:
    """All alarms, those that nobody has seen first, newest first; about sealed cases for their team alone."""
    with road.store.reading() as tx:
        found = _standing(road, tx, viewer)
    return sorted(found, key=lambda each: (each.seen is not None, -each.since.timestamp(), each.name))


def waiting(road: Road, *, viewer: str = NOBODY) -> list[Alarm]:
    """The alarms that nobody has seen yet."""
    return [each for each in standing(road, viewer=viewer) if each.seen is None]


def history(road: Road, *, most: int = 100, viewer: str = NOBODY) -> list[Acknowledgement]:
    """Who has seen what, newest first."""
    with road.store.reading() as tx:
        found = acknowledgements.history(tx, most=most)
        return [each for each in found if not _is_hidden(tx, each.name, viewer)]


def _is_hidden(tx: Transaction, name: str, viewer: str) -> bool:
    if name.startswith(NOTICE):
        return case_teams.is_hidden(tx, name.removeprefix(NOTICE), viewer)
    is_alert = name.startswith(ALERT)
    if name.startswith(f"{ALERT}{watching.PREFIX}"):
        return not _is_admin(tx, viewer)
    return is_alert and case_teams.is_hidden(tx, name.rpartition("|")[2], viewer)


def _named(road: Road, tx: Transaction, name: str) -> str:
    """What the audit calls an alarm."""
    if name.startswith(NOTICE):
        return f"{NOTICE}{casework.named_id(road, tx, name.removeprefix(NOTICE))}"
    return casework.named_match(road, tx, name)


def acknowledge(road: Road, name: str, *, by: str, note: str = "") -> Alarm:
    """Say that somebody has seen the alarm. Said twice, the first one stands.

    Raises Missing if there is no such alarm, UsageError for a note that is too long.
    """
    if len(note) > MAX_NOTE_CHARS:
        raise UsageError("note", f"has {len(note)} characters; at most {MAX_NOTE_CHARS} are kept")
    now = road.clock()
    with road.store.transaction() as tx:
        found = next((each for each in _standing(road, tx, by) if each.name == name), None)
        if found is None:
            raise Missing(name, "is no alarm that stands; `run_bot.py alarms` lists them")
        if found.seen is not None:
            return found
        is_alert = name.startswith(ALERT)
        said = Acknowledgement(name, now, found.words, by, note.strip(), now if is_alert else None)
        acknowledgements.put(tx, said)
        if is_alert:
            matches.acknowledge(tx, name.removeprefix(ALERT), by)
        audit.write(tx, now, by, "alarm.acknowledged", _named(road, tx, name))
    return Alarm(name, found.words, found.since, said)


def _is_admin(tx: Transaction, viewer: str) -> bool:
    return viewer != NOBODY and viewer in users.having(tx, users.ADMIN)


def _ending(road: Road, tx: Transaction, viewer: str) -> list[Alarm]:
    """Sealed cases that expire soon, for their team: a notice would tell everybody that they are there."""
    if viewer == NOBODY:
        return []
    now, before = road.clock(), road.registry.tell_before
    ending = case_teams.sealed_ending(tx, viewer, after=now, until=now + before)
    return [
        Alarm(f"{NOTICE}{case_id}", casework.words_before(case_id, ends), ends - before)
        for case_id, ends in ending
    ]


def _standing(road: Road, tx: Transaction, viewer: str) -> list[Alarm]:
    said = acknowledgements.standing(tx)
    is_admin = _is_admin(tx, viewer)
    found = []
    for notice in campaign.standing(tx):
        seen = said.get(notice.name)
        found.append(
            Alarm(notice.name, notice.words, notice.at, seen if seen and seen.words == notice.words else None)
        )
    for alarm in _ending(road, tx, viewer):
        seen = said.get(alarm.name)
        found.append(replace(alarm, seen=seen if seen and seen.words == alarm.words else None))
    for each in matches.alerts(tx, most=500, viewer=viewer):
        if each.state is AlertState.OPEN and each.key.startswith(watching.PREFIX):
            if is_admin:
                said_words = f"Access: {watching.words(each)} ({each.reference})."
                found.append(Alarm(f"{ALERT}{each.key}", said_words, each.raised_at))
        elif each.state is AlertState.OPEN and not each.key.startswith(_ELSEWHERE):
            gone = each.key.startswith(alert.GONE)
            words = "a post of a possible match is gone" if gone else "a person saw a possible resemblance"
            if each.key.startswith(brake.BREAKER):
                words = "sending stopped by itself"
            elif each.key.startswith(alert.LEAD):
                words = "a lead is past its due date"
            said_words = f"Alert {each.reference} to the case team: {words}."
            found.append(Alarm(f"{ALERT}{each.key}", said_words, each.raised_at))
    return found
