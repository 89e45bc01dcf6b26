"""Alarms about who looks at what, for administrators alone: measures, canaries, roles, second factors.

Nobody else sees that there is one; what it is about stands where a match's alert has its match.
"""

from __future__ import annotations

from enum import StrEnum

from bot.pipeline.road import Road
from bot.rules import compose
from store import audit, matches
from store.db import Transaction
from store.records.reply import Alert, AlertState
from store.records.work import Stage

PREFIX = "access:"


class Why(StrEnum):
    """What an alarm is about."""

    MEASURE = "measure"
    CANARY = "canary"
    ROLE = "role"
    FACTOR = "factor"
    ACCOUNT = "account"


def alarm(road: Road, tx: Transaction, why: Why, subject: str, by: str, once: str) -> str:
    """Raise the alarm, one for the same words and `once`; gives its reference, "" if it was there.

    It is handed to the alert channels by the next worker, as every alert is.
    """
    about = "|".join((why.value, *(part.replace("|", "/") for part in (subject, by, once))))
    reference = compose.reference(road.key.derived("access"), about)
    # The key is opaque: jobs, logs and pages that name it tell nobody whom an alarm is about.
    key = f"{PREFIX}{reference}"
    if not matches.raise_alert(tx, Alert(key, about, reference, AlertState.OPEN, road.clock())):
        return ""
    road.engine.enqueue(tx, Stage.ALERT, key, priority=60)
    audit.write(tx, road.clock(), "homeward", "access.alarm", reference)
    return reference


def words(alert: Alert) -> str:
    """An alarm as a sentence for administrators."""
    why, subject, by, once = (*alert.match_key.split("|"), "", "", "", "")[:4]
    said = {
        Why.MEASURE: f"{by} had more {subject} revealed or exported on {once} than the measure allows",
        Why.CANARY: f"{by} touched the canary {subject} ({once.partition(' ')[2] or 'opened'})",
        Why.ROLE: f"{by} asks for the role {subject}, which sees faces",
        Why.FACTOR: f"{by} reset the second factor of {subject}",
        Why.ACCOUNT: f"{by} made or changed the account {subject}, which sees faces",
    }
    return said[Why(why)] if why in set(Why) else "access out of the ordinary"
