"""Whether sending is so unlike itself that it has to stop: too much, or too often refused. Pure arithmetic.

What is handed in are counts; a person resets what this trips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST_HOURS = 24
"""With fewer hours of its own past only the absolute limits count."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the breaker trips.

    `max_10_min`: replies within any ten minutes. `times_usual`: how many times the busiest hour of the
    last 28 days an hour may bring, once it brings more than `least_unusual`. `max_error_share` in (0, 1]:
    the share of tries in an hour that may be refused or end in doubt, once there were `least_tries`.
    """

    max_10_min: int = 15
    times_usual: float = 3.0
    least_unusual: int = 10
    max_error_share: float = 0.5
    least_tries: int = 6


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the breaker trips: the rule's id and its words."""

    rule: str
    words: str


def judge(
    now: datetime,
    sent: Sequence[datetime],
    past_hours: Sequence[int],
    tries: Mapping[str, int],
    limits: Limits,
) -> Trip | None:
    """The trip, or None while all is as usual.

    `sent` are the moments (aware UTC) of what went out in the last hour or a little more, on all platforms;
    `past_hours` how many went out in each hour before that one was heard, silent hours as 0; `tries` how
    the tries of the last hour ended, by "sent", "refused", "unknown".
    """
    lately = sum(1 for at in sent if at > now - timedelta(minutes=10))
    if lately > limits.max_10_min:
        words = f"{lately} replies in ten minutes; the limit is {limits.max_10_min}"
        return Trip("volume", words)
    hour = sum(1 for at in sent if at > now - _HOUR)
    if len(past_hours) >= LEAST_HOURS and hour > limits.least_unusual:
        most = max(max(past_hours), 1)
        if hour > limits.times_usual * most:
            words = f"{hour} replies in an hour; the busiest hour of its past brought {most}"
            return Trip("unusual_volume", words)
    total = sum(tries.values())
    bad = tries.get("refused", 0) + tries.get("unknown", 0)
    if total >= limits.least_tries and bad > limits.max_error_share * total:
        return Trip("errors", f"{bad} of {total} tries in an hour were refused or ended in doubt")
    return None
