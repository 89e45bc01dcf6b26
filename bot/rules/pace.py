"""How often a source is asked for a tag, when next, and when the past may be read. Pure arithmetic.

Seconds throughout; draws in [0, 1) and moments are arguments. Asks nobody and knows no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.records.page import Budget

POSTS_A_POLL = 5
"""How many new posts one poll should bring: enough to be worth a request, few enough to be fresh."""
HALF_LIFE_H = 0.25
GAP_S, WINDOW_S = 0.5, 30.0
BUDGET_RESERVE = 0.2
"""The share of a platform's budget that reading the past leaves to reading the present."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the operator wishes, in seconds: every so often, within least and most when it adapts."""

    every_s: float
    least_s: float = 10.0
    most_s: float = 0.0
    adaptive: bool = True
    jitter_s: float = 2.0

    @property
    def bounds_s(self) -> tuple[float, float]:
        """The shortest and the longest interval; the wish always lies between them."""
        return min(self.least_s, self.every_s), max(self.most_s, self.every_s)


def rate_after(before_per_h: float | None, new_posts: int, seconds: float) -> float | None:
    """New posts an hour after a poll that brought so many in so many seconds.

    A moving mean in which what is a quarter of an hour old counts half. For no time at all, what was
    known stays.
    """
    if seconds <= 0:
        return before_per_h
    hours = seconds / 3600
    now_per_h = new_posts / hours
    if before_per_h is None:
        return now_per_h
    weight: float = 0.5 ** (hours / HALF_LIFE_H)
    return before_per_h * weight + now_per_h * (1 - weight)


def interval_s(pace: Pace, rate_per_h: float | None, *, budget_s: float = 0.0) -> float:
    """Seconds between two polls: busy tags sooner, quiet ones later, never faster than the budget lasts.

    `budget_s` is what `affordable_s` allows; it counts even beyond the longest interval.
    """
    wish = pace.every_s
    if pace.adaptive and rate_per_h is not None:
        least, most = pace.bounds_s
        asked = 3600 * POSTS_A_POLL / rate_per_h if rate_per_h > 0 else most
        wish = min(max(asked, least), most)
    return max(wish, budget_s)


def affordable_s(budget: Budget, now: datetime, sharers: int) -> float:
    """Seconds between two polls of one of `sharers` tags so that the budget lasts until it renews.

    0 where the platform is silent about its budget.
    """
    if budget.remaining is None or budget.renews_at is None or budget.renews_at <= now:
        return 0.0
    left_s = (budget.renews_at - now).total_seconds()
    return left_s * max(sharers, 1) / budget.remaining if budget.remaining > 0 else left_s


def due_after(start: datetime, every_s: float, jitter_s: float, draw: float) -> datetime:
    """When the next poll is due: the interval after the start of this one, and a little drawn by `draw`.

    The jitter only delays, and never by more than a tenth of the interval.
    """
    return start + timedelta(seconds=every_s + min(jitter_s, every_s / 10) * draw)


def is_astray(due_at: datetime, every_s: float, jitter_s: float, now: datetime) -> bool:
    """True if a due time lies farther ahead than any poll sets it: the wall clock was set back."""
    return (due_at - now).total_seconds() > every_s + jitter_s + 2 * WINDOW_S


def spread(overdue: int, shortest_s: float) -> list[timedelta]:
    """Delays for so many polls that are due at once, as after a sleep: one at once, the others after it.

    Half a second lies between two of them, less if they are so many that they would need more than half a
    minute or half of the shortest interval.
    """
    gap_s = min(GAP_S, min(WINDOW_S, shortest_s / 2) / max(overdue, 1))
    return [timedelta(seconds=gap_s * at) for at in range(overdue)]


def wait_for_budget(budget: Budget, now: datetime) -> datetime | None:
    """Until when reading the past has to wait so that the present keeps its share; None: go on."""
    if budget.remaining is None or budget.renews_at is None or budget.renews_at <= now:
        return None
    floor = max(2, round((budget.limit or 0) * BUDGET_RESERVE))
    return budget.renews_at if budget.remaining < floor else None


def halves(start: datetime, end: datetime, shortest: timedelta) -> Sequence[tuple[datetime, datetime]]:
    """A span that gave more than the platform hands out, as two; none if they would be too short."""
    middle = start + (end - start) / 2
    return ((start, middle), (middle, end)) if middle - start >= shortest else ()
