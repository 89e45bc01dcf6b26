"""What a moved clock means for the work: waiting times after a set-back, and when deleting rests.

How a jump is noticed is bot/clockwork.py's; nothing here reads the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.pipeline.road import Road
from store import campaign, counters, set_back

log = structlog.get_logger(__name__)

SEEN = "clock:seen"
"""Counter: the moment of the last look, in seconds since 1970."""
NOTICE = "clock"
LONG_AWAY = timedelta(hours=12)
REST_S = 3600.0
ENDING = frozenset({"retention", "registry", "case files", "talks", "imports"})
"""Rounds that end or delete things because their day has come."""


def believed(road: Road, moved: timedelta) -> None:
    """The clock is taken to have moved by so much: after a set-back nothing waits for the old hour."""
    now = road.clock()
    with road.store.transaction() as tx:
        count = set_back.move(tx, now, -moved) if moved < timedelta(0) else 0
        hours = moved.total_seconds() / 3600
        words = f"The machine's clock moved by {hours:+.1f} hours; look whether it is right now."
        campaign.notice(tx, NOTICE, words, now)
    log.warning("clock_move_settled", seconds=round(moved.total_seconds()), waiting_moved=count)


class Trust:
    """Whether deleting by the clock may go on: not in the first hour after a long absence.

    A machine that starts with a wrong clock is set right by the network within minutes; what was deleted
    until then would be gone.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._from_s = float("-inf")

    def begin(self, road: Road) -> None:
        """Compare the hour with the last one that was seen here."""
        now = road.clock()
        with road.store.reading() as tx:
            seen_s = counters.value(tx, SEEN)
        if not seen_s:
            return
        away = now - datetime.fromtimestamp(seen_s, UTC)
        if away < -timedelta(minutes=1):
            believed(road, away)
        elif away > LONG_AWAY:
            self._from_s = self._steady_s() + REST_S
            log.warning("deleting_rests", away_h=round(away.total_seconds() / 3600), rest_s=REST_S)

    def allows(self, round_name: str) -> bool:
        """Whether this round may run now."""
        return round_name not in ENDING or self._steady_s() >= self._from_s

    def seen(self, road: Road) -> None:
        """Keep the hour for the next start."""
        now_s = int(road.clock().timestamp())
        with road.store.transaction() as tx:
            counters.add(tx, SEEN, now_s - counters.value(tx, SEEN))
