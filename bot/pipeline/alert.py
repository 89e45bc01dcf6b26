"""The alert arrow: the case team hears that a person saw a possible resemblance.

An alert carries a reference, an urgency and a console link; never a photo, name, place or handle.
"""

from __future__ import annotations

from bot.pipeline import guarding
from bot.pipeline.road import Road
from bot.rules import compose
from store import campaign, matches
from store.db import Transaction
from store.records.reply import Alert, AlertState
from store.records.work import Job, Stage
from store.steps import step

GONE = "gone:"
QUARANTINE = "quarantine:"
_TOLD_ONCE = (GONE, QUARANTINE)


def ensure(road: Road, tx: Transaction, match_key: str) -> str:
    """See that the alert for a confirmed match is raised, once; gives its reference."""
    reference = compose.reference(road.key.derived("alert"), match_key)
    alert = Alert(match_key, match_key, reference, AlertState.OPEN, road.clock())
    if matches.raise_alert(tx, alert):
        road.engine.enqueue(tx, Stage.ALERT, match_key, priority=40)
    return reference


def gone(road: Road, tx: Transaction, post_key: str, match_key: str) -> str:
    """Tell the team that a post of an open or confirmed match is gone, once; gives the reference.

    What was in the post is deleted and is told nobody; the notice only says that it happened.
    """
    key = f"{GONE}{post_key}"
    reference = compose.reference(road.key.derived("alert"), key)
    if matches.raise_alert(tx, Alert(key, match_key, reference, AlertState.OPEN, road.clock())):
        road.engine.enqueue(tx, Stage.ALERT, key, priority=20)
        words = f"A post that people were shown as a possible match is gone (reference {reference})."
        words += " Its copies were deleted; undecided matches of it were withdrawn."
        campaign.notice(tx, f"{GONE}{reference}", words, road.clock())
    return reference


def quarantined(road: Road, tx: Transaction, reference: str) -> None:
    """Tell the team, by reference alone, that a task waits for the quarantine officer."""
    key = f"{QUARANTINE}{reference}"
    if matches.raise_alert(tx, Alert(key, "", reference, AlertState.OPEN, road.clock())):
        road.engine.enqueue(tx, Stage.ALERT, key, priority=40)


def _link(road: Road, key: str) -> str:
    """Where in the console the alert is looked at."""
    base = road.plan.console_url
    return f"{base.rpartition('/')[0]}/safeguarding" if key.startswith(guarding.ALERT) else base


def send(road: Road, job: Job) -> None:
    """Hand the alert to whatever channels the operator listed; the console shows it in any case.

    Repeated every `ack` until somebody acknowledges it, a limited number of times.
    """
    with road.store.reading() as tx:
        alert = matches.alert(tx, job.key)
    step("alert.before_send")
    if alert.state is not AlertState.OPEN:
        with road.store.transaction() as tx:
            road.engine.finish(tx, job)
        return
    result = "console only: no alert channel is set up"
    if road.alerts.is_set_up:
        urgency = "normal" if alert.key.startswith(_TOLD_ONCE) else "high"
        result = road.alerts.send(alert.reference, urgency, _link(road, alert.key))
    step("alert.after_send")
    with road.store.transaction() as tx:
        sends = matches.note_alert(tx, alert.key, result)
        repeats = 1 if alert.key.startswith(_TOLD_ONCE) else road.plan.alert_repeats
        if road.alerts.is_set_up and sends < repeats:
            road.engine.postpone(tx, job, road.clock() + road.plan.ack)
        else:
            road.engine.finish(tx, job)
        step("alert.before_commit")
    step("alert.after_commit")
