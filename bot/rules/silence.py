"""Whether a source is quieter than its own past at that hour. Pure arithmetic on kept hourly counts.

Robust: the middle of the past and its usual distance (MAD), so that one loud or dead day moves neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import median

DAYS_BACK = 28
LEAST_DAYS = 5
LEAST_USUAL = 5.0
"""Below so many posts an hour an empty hour is nothing unusual."""
DEEP = 3.5
"""Robust deviations below the middle that are called silence (Iglewicz and Hoaglin 1993, modified z)."""
LOW_SHARE = 0.25
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Hush:
    """An hour that is too quiet: its beginning, what came, what usually comes, from how many days."""

    hour: datetime
    posts: int
    usual: float
    days: int

    @property
    def words(self) -> str:
        """In words, for people."""
        until = self.hour + timedelta(hours=1)
        return (
            f"brought {self.posts} new posts between {self.hour:%H:%M} and {until:%H:%M} UTC, where it "
            f"usually brings about {self.usual:.0f} (middle of {self.days} days)"
        )


def past_of(hour: datetime, counts: Mapping[datetime, int]) -> list[int]:
    """The counts of the same hour on the days before; hours in which the source was not read are absent."""
    before = (hour - timedelta(days=days) for days in range(1, DAYS_BACK + 1))
    return [counts[moment] for moment in before if moment in counts]


def judge(hour: datetime, posts: int, past: Sequence[int], share: float = 1.0) -> Hush | None:
    """The hush if `posts` is too few for this hour; None if it is not, or if too little is known.

    `share` in (0, 1] is how much of the hour is over; an hour that is hardly begun is not judged.
    """
    if len(past) < LEAST_DAYS or share < 0.5:
        return None
    usual = float(median(past))
    if usual < LEAST_USUAL:
        return None
    expected = usual * share
    distance = _MAD_TO_SIGMA * median(abs(count - usual) for count in past) * share
    spread = max(distance, sqrt(expected))  # counts scatter at least like a Poisson variable
    is_deep = expected - posts > DEEP * spread or (posts == 0 and expected >= 2 * LEAST_USUAL)
    return Hush(hour, posts, usual, len(past)) if is_deep and posts <= expected * LOW_SHARE else None
