"""Stopping all sending and letting it go on, as people do it. To stop needs nothing; to go on, a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy.exc
import structlog

from bot.pipeline import brake as pipeline
from bot.pipeline.road import Road
from bot.pipeline.stopfile import NAME
from store import audit, brake, campaign
from store.db import Transaction
from store.errors import HomewardError, UsageError

log = structlog.get_logger(__name__)

MIN_WHY_CHARS = 8


@dataclass(frozen=True, slots=True)
class Stopped:
    """One thing that stops all sending: who, why, since when (None where only the file says it)."""

    by: str
    why: str
    at: datetime | None

    @property
    def words(self) -> str:
        """For people."""
        return f"stopped by {self.by}: {self.why or 'no reason was given'}"


def state(road: Road) -> list[Stopped]:
    """What stops sending just now, empty if nothing does. Answers with the database down, too."""
    found, told = [], road.stop_file.is_on
    try:
        with road.store.reading() as tx:
            found = [Stopped(each.by, each.why, each.at) for each in brake.stopping(tx)]
    except (sqlalchemy.exc.SQLAlchemyError, HomewardError):
        log.warning("brake_not_read")
    if told and not found:
        by, why = road.stop_file.said()
        found.append(Stopped(by, why, None))
    return found


def stop(road: Road, *, by: str, why: str) -> str:
    """Stop all sending at once and for good. Gives "" or what could not be done, in words.

    The file comes first: it holds even while the database does not answer.
    """
    written = road.stop_file.stop(by=by, why=why, at=road.clock())
    try:
        with road.store.transaction(durable=True) as tx:
            pipeline.stop(road, tx, by=by, why=why)
    except (sqlalchemy.exc.SQLAlchemyError, HomewardError) as error:
        log.error("brake_not_kept", reason=type(error).__name__)
        if written:
            return (
                f"The database did not answer; the file {NAME} holds, and is taken over as soon as it does."
            )
        return f"Neither the database nor the file {NAME} could be written; only this process has stopped."
    return "" if written else f"The file {NAME} could not be written; the database holds."


def resume(road: Road, *, by: str, why: str) -> None:
    """Let sending go on. Raises UsageError without a reason or person, or if the file cannot be removed."""
    if not by.strip():
        raise UsageError("by", "is empty; a person lets sending go on")
    if len(why.strip()) < MIN_WHY_CHARS:
        raise UsageError("why", "is missing; say in words why sending may go on")
    now = road.clock()
    try:
        with road.store.transaction(durable=True) as tx:
            _turn_off(tx, by, why.strip(), now)
            road.stop_file.release()
    except OSError as error:
        raise UsageError(str(road.stop_file.path), f"cannot be removed ({error.strerror})") from error


def _turn_off(tx: Transaction, by: str, why: str, now: datetime) -> None:
    for each in brake.stopping(tx):
        brake.turn(tx, each.name, on=False, by=by, why=why, at=now)
    campaign.notice(tx, pipeline.NOTICE, "", now)
    campaign.notice(tx, "breaker", "", now)
    audit.write(tx, now, by, "sending.resumed", "outbox", why=why)
