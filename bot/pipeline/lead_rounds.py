"""What the clock does for outcomes: reminders of leads that are due, the weekly draw of searches by hand.

A reminder names a reference and nothing else. Moves no lead and judges no search.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.pipeline import alert
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import finding
from store import audit, campaign, leads, matches, searches
from store.db import Transaction
from store.records.lead import LeadRow
from store.records.reply import Alert, AlertState
from store.records.work import Stage
from store.steps import step

log = structlog.get_logger(__name__)

DRAWN = "finding:audit"


def remind(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Raise an alert for each lead whose due date has passed, once a date and again after a while."""
    now = road.clock()
    with road.store.reading() as tx:
        due = leads.overdue(tx, now, again_before=now - road.leads.reminder)
    told = 0
    for lead in due:
        with road.store.transaction() as tx:
            if leads.reminded(tx, lead, now):
                _tell(road, tx, lead)
                told += 1
                step("lead.reminded")
    if told:
        log.info("leads_due", reminded=told)
    return told


def key_of(lead: LeadRow, times: int) -> str:
    """Under which key a lead's reminder is raised; it ends with the match's, and so with the case's."""
    due = 0 if lead.due_at is None else int(lead.due_at.timestamp())
    return f"{alert.LEAD}{due}.{times}:{lead.match_key}"


def _tell(road: Road, tx: Transaction, lead: LeadRow) -> None:
    times = 1
    while matches.find_alert(tx, key_of(lead, times)) is not None:
        times += 1
    made = Alert(key_of(lead, times), lead.match_key, lead.id, AlertState.OPEN, road.clock())
    if matches.raise_alert(tx, made):
        road.engine.enqueue(tx, Stage.ALERT, made.key, priority=20)


def quiet(tx: Transaction, lead: LeadRow, by: str) -> None:
    """Somebody took the lead's next step: its reminders wait for nobody any more."""
    for times in range(1, 1000):
        found = matches.find_alert(tx, key_of(lead, times))
        if found is None:
            return
        if found.state is AlertState.OPEN:
            matches.acknowledge(tx, found.key, by)


def draw(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Draw a tenth of each finished week's searches for somebody else to look at; how many were drawn."""
    now, drawn = road.clock(), 0
    this_week = finding.week_of(now)
    with road.store.reading() as tx:
        weeks = searches.weeks_to_draw(tx, this_week)
    for week in weeks:
        with road.store.transaction(durable=True) as tx:
            made = searches.of_week(tx, week)
            ids = finding.drawn(road.key.derived("search-audit"), week, made)
            if searches.put_draw(tx, week, ids, of=len(made), at=now):
                audit.write(tx, now, "homeward", "finding.drawn", week.isoformat(), of=len(made), drawn=ids)
                drawn += len(ids)
                step("finding.drawn")
    with road.store.transaction() as tx:
        searches.expire(tx, now)
        waits = searches.waiting_audits(tx)
        words = f"{waits} searches by hand wait to be looked at by somebody else." if waits else ""
        campaign.notice(tx, DRAWN, words, now)
    return drawn
