"""Stopping all sending: by a person, a file, a signal, or by itself when sending is unlike itself.

What is stopped stays so over restarts until a person lets it go on with a reason (bot/services/brake.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import breaker, compose
from store import audit, brake, campaign, conversations, hourly, matches
from store.db import Transaction
from store.records.reply import Alert, AlertState
from store.records.work import Stage

log = structlog.get_logger(__name__)

BOOK = "@replies"
"""Under this name the hourly counts keep how tries to send ended; no source can be called so."""
NOTICE = "sending stopped"
BREAKER = "breaker:"
DAYS_BACK = 28
_HOUR = timedelta(hours=1)


def is_on(road: Road, tx: Transaction) -> bool:
    """Whether anything stops sending just now."""
    return road.stop_file.is_on or bool(brake.stopping(tx))


def stop(road: Road, tx: Transaction, *, by: str, why: str) -> None:
    """Keep in the database that somebody stopped sending."""
    now = road.clock()
    brake.turn(tx, brake.PAUSE, on=True, by=by, why=why, at=now)
    audit.write(tx, now, by, "sending.paused", "outbox", why=why)
    campaign.notice(tx, NOTICE, f"All sending was stopped by {by}: {why or 'no reason was given'}.", now)


def adopt(road: Road, _active: Mapping[str, Source] | None = None) -> bool:
    """A file that stops sending is kept in the database too: taking it away by hand does not let go."""
    if not road.stop_file.is_on:
        return False
    by, why = road.stop_file.said()
    with road.store.transaction(durable=True) as tx:
        held = brake.switch(tx, brake.PAUSE)
        if held is not None and held.on:
            return False
        stop(road, tx, by=by, why=why)
    log.warning("sending_stopped", by=by)
    return True


def count(road: Road, tx: Transaction, ended: str) -> None:
    """Keep how a try to send ended: sent, refused or unknown."""
    hourly.add(tx, BOOK, road.clock(), int(ended == "sent"), {ended: 1})


def watch(road: Road, _active: Mapping[str, Source] | None = None) -> breaker.Trip | None:
    """Trip the breaker if sending is unlike itself. A person resets it."""
    with road.store.reading() as tx:
        if _is_tripped(tx):
            return None
        found = judged(road, tx)
    if found is not None:
        with road.store.transaction(durable=True) as tx:
            trip(road, tx, found)
    return found


def judged(road: Road, tx: Transaction) -> breaker.Trip | None:
    """What the breaker says of the last hour."""
    now, switch = road.clock(), brake.switch(tx, brake.BREAKER)
    # What came before a person reset it was looked into.
    reset = switch.at if switch is not None else now - _HOUR
    sent = [row.at for row in conversations.history(tx, since=max(now - _HOUR, reset))]
    return breaker.judge(now, sent, _past(tx, now), _tries(tx, now, reset), road.plan.breaker)


def _past(tx: Transaction, now: datetime) -> list[int]:
    """Replies in each hour before this one and the last, from the first that was heard on."""
    this = hourly.hour_of(now) - _HOUR
    held = hourly.counts(tx, BOOK, since=this - timedelta(days=DAYS_BACK), until=this)
    if not held:
        return []
    hours = int((this - min(held)) / _HOUR)
    return [held.get(this - number * _HOUR, 0) for number in range(1, hours + 1)]


def _tries(tx: Transaction, now: datetime, reset: datetime) -> dict[str, int]:
    """How tries ended in this hour, and in the one before while it is young; none from before a reset."""
    this = hourly.hour_of(now)
    first = this if now - this >= _HOUR / 2 else this - _HOUR
    if reset > first:
        first = hourly.hour_of(reset) + _HOUR
    return {
        ended: sum(hourly.counts(tx, BOOK, since=first, until=this + _HOUR, tag=ended).values())
        for ended in ("sent", "refused", "unknown")
    }


def trip(road: Road, tx: Transaction, found: breaker.Trip) -> None:
    """Stop all sending, tell operator and case team."""
    now = road.clock()
    brake.turn(tx, brake.BREAKER, on=True, by="homeward", why=found.words, at=now)
    audit.write(tx, now, "homeward", "breaker.tripped", "outbox", rule=found.rule)
    words = f"Sending stopped by itself: {found.words}. Look at the outbox, then let it go on with a reason."
    campaign.notice(tx, "breaker", words, now)
    key = f"{BREAKER}{now.isoformat()}"
    reference = compose.reference(road.key.derived("alert"), key)
    if matches.raise_alert(tx, Alert(key, "", reference, AlertState.OPEN, now)):
        road.engine.enqueue(tx, Stage.ALERT, key, priority=50)
    log.warning("breaker_tripped", rule=found.rule)


def _is_tripped(tx: Transaction) -> bool:
    switch = brake.switch(tx, brake.BREAKER)
    return switch is not None and switch.on
