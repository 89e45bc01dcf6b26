"""The alert arrow: the case team hears that a person saw a possible resemblance.

An alert carries a reference, an urgency and a console link; never a photo, name, place or handle.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.pipeline import guarding
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import compose
from store import brake, campaign, matches
from store.db import Transaction
from store.errors import HomewardError, Unreachable
from store.records.reply import Alert, AlertState
from store.records.replying import SelfTest
from store.records.work import Job, Stage
from store.steps import step

GONE = "gone:"
QUARANTINE = "quarantine:"
CHANNELS = "alert channels"
LEAD = "lead:"
_TOLD_ONCE = (GONE, QUARANTINE, LEAD)


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
    pages = {guarding.ALERT: "/safeguarding", "breaker:": "/outbox", LEAD: "/leads", "access:": "/alarms"}
    page = next((page for prefix, page in pages.items() if key.startswith(prefix)), "")
    return f"{base.rpartition('/')[0]}{page}" if page else base


def _turn(road: Road, sends: int) -> tuple[str, ...]:
    """Who is told at this time: the first on duty, and with each repetition the next one too."""
    return road.plan.on_duty[: sends + 1]


def send(road: Road, job: Job) -> None:
    """Hand the alert to whatever channels the operator listed; the console shows it in any case.

    Repeated every `ack` to one person on duty more until somebody acknowledges it, a limited number of times.
    """
    with road.store.reading() as tx:
        alert, sends = matches.alert(tx, job.key), matches.alert_sends(tx, job.key)
    step("alert.before_send")
    if alert.state is not AlertState.OPEN:
        with road.store.transaction() as tx:
            road.engine.finish(tx, job)
        return
    result = "console only: no alert channel is set up"
    if road.alerts.is_set_up:
        urgency = "normal" if alert.key.startswith(_TOLD_ONCE) else "high"
        try:
            result = road.alerts.send(alert.reference, urgency, _link(road, alert.key), _turn(road, sends))
        except Unreachable as error:
            # The next one on duty has to hear of it all the same, and at the usual time.
            result = error.detail
    step("alert.after_send")
    with road.store.transaction() as tx:
        sends = matches.note_alert(tx, alert.key, result)
        repeats = 1 if alert.key.startswith(_TOLD_ONCE) else road.plan.alert_repeats
        repeats = max(repeats, len(road.plan.on_duty)) if repeats > 1 else repeats
        if road.alerts.is_set_up and sends < repeats:
            road.engine.postpone(tx, job, road.clock() + road.plan.ack)
        else:
            road.engine.finish(tx, job)
            if road.alerts.is_set_up and repeats > 1:
                _unheard(road, tx, alert)
        step("alert.before_commit")
    step("alert.after_commit")


def _unheard(road: Road, tx: Transaction, alert: Alert) -> None:
    words = f"Alert {alert.reference} was sent to everybody on duty and nobody has acknowledged it."
    campaign.notice(tx, f"unheard:{alert.reference}", words, road.clock())


def try_channels(road: Road, _active: Mapping[str, Source] | None = None) -> SelfTest | None:
    """Once a day every channel gets a test, with a reference of its own and nothing else. None if not due."""
    now = road.clock()
    with road.store.reading() as tx:
        last = brake.last_test(tx, CHANNELS)
    if not road.alerts.is_set_up or (last is not None and now - last.at < road.plan.self_test):
        return None
    reference = compose.reference(road.key.derived("alert"), f"test:{now.isoformat()}")
    try:
        result, is_well = road.alerts.send(reference, "test", road.plan.console_url), True
        told, of = (int(word) for word in result.split() if word.isdigit())
        is_well = told == of
    except HomewardError as error:
        result, is_well = error.detail, False
    missing = sorted(set(road.plan.on_duty) - road.alerts.names)
    if missing:
        result, is_well = f"{result}; no channel has the name {', '.join(missing)}", False
    made = SelfTest(CHANNELS, now, is_well, result)
    with road.store.transaction() as tx:
        brake.put_test(tx, made)
        words = "" if is_well else f"The test of the alert channels did not go well: {result}."
        campaign.notice(tx, CHANNELS, words, now)
    return made
