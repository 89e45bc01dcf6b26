"""How many calls Weibo still allows: counted by us in the cursor, corrected by what Weibo says. Pure.

100 calls a day for each user of an app and 15,000 an hour for each address; under a contract 50,000 an
hour (open.weibo.com/wiki/接口访问频次权限, 2025-05-15). No header tells; `account/rate_limit_status` may.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from collectors.payload import Fields
from store.records.page import Budget

STANDARD_PER_DAY = 100
STANDARD_PER_HOUR = 15_000
CONTRACT_PER_HOUR = 50_000

_DAY_S, _HOUR_S = 86_400, 3_600
_BEIJING_S = 8 * _HOUR_S
_EPOCH_FROM_S = 1_000_000_000  # larger numbers are a time, smaller ones seconds from now
_LONGEST_RESET = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls allowed; 0 means that there is no such limit."""

    per_day: int = STANDARD_PER_DAY
    per_hour: int = STANDARD_PER_HOUR


@dataclass(frozen=True, slots=True)
class Used:
    """Calls made in one Beijing day and one hour, both numbered since 1970."""

    day: int = 0
    in_day: int = 0
    hour: int = 0
    in_hour: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What `account/rate_limit_status` said: calls left for user and address, and until when that holds."""

    user_left: int | None
    ip_left: int | None
    renews_at: datetime


def current(used: Used, now: datetime) -> Used:
    """The counts as they stand at `now`: a new day or hour begins at nothing."""
    day, hour = _day(now), _hour(now)
    return Used(day, used.in_day if used.day == day else 0, hour, used.in_hour if used.hour == hour else 0)


def spend(used: Used, now: datetime) -> Used:
    """One more call."""
    used = current(used, now)
    return replace(used, in_day=used.in_day + 1, in_hour=used.in_hour + 1)


def merge(one: Used, other: Used, now: datetime) -> Used:
    """The larger counts of two books on the same calls, as when several cursors share one token."""
    one, other = current(one, now), current(other, now)
    return replace(one, in_day=max(one.in_day, other.in_day), in_hour=max(one.in_hour, other.in_hour))


def told(value: object, now: datetime) -> Told | None:
    """An answer of `account/rate_limit_status`, None when it does not say when it renews or what is left."""
    fields = Fields(value, [])
    reset_s, user, address = (
        fields.number(name) for name in ("reset_time_in_seconds", "remaining_user_hits", "remaining_ip_hits")
    )
    if reset_s is None or (user is None and address is None):
        return None
    wait_s = reset_s - now.timestamp() if reset_s >= _EPOCH_FROM_S else reset_s
    if not 0 <= wait_s <= _LONGEST_RESET.total_seconds():
        return None
    return Told(_count(user), _count(address), now + timedelta(seconds=wait_s))


def _count(number: float | None) -> int | None:
    return None if number is None else max(int(number), 0)


def told_less(known: Told | None) -> Told | None:
    """What is left of what Weibo told after one more call."""
    if known is None:
        return None
    user, address = (None if n is None else max(n - 1, 0) for n in (known.user_left, known.ip_left))
    return replace(known, user_left=user, ip_left=address)


def wait(used: Used, allowance: Allowance, known: Told | None, now: datetime) -> timedelta | None:
    """How long until the next call is allowed; None when it is allowed now."""
    used = current(used, now)
    waits = []
    if allowance.per_day and used.in_day >= allowance.per_day:
        waits.append(_day_ends(now) - now)
    if allowance.per_hour and used.in_hour >= allowance.per_hour:
        waits.append(next_hour(now) - now)
    if known is not None and known.renews_at > now and 0 in (known.user_left, known.ip_left):
        waits.append(known.renews_at - now)
    return max(waits, default=None)


def left(used: Used, allowance: Allowance, known: Told | None, now: datetime) -> Budget:
    """The tightest of all limits: what remains of it and when it renews."""
    used = current(used, now)
    limits = []
    if allowance.per_day:
        limits.append(Budget(allowance.per_day - used.in_day, allowance.per_day, _day_ends(now)))
    if allowance.per_hour:
        limits.append(Budget(allowance.per_hour - used.in_hour, allowance.per_hour, next_hour(now)))
    if known is not None and known.renews_at > now:
        limits += [
            Budget(n, None, known.renews_at) for n in (known.user_left, known.ip_left) if n is not None
        ]
    if not limits:
        return Budget()
    tightest = min(limits, key=lambda budget: budget.remaining or 0)
    return replace(tightest, remaining=max(tightest.remaining or 0, 0))


def wait_of_refusal(used: Used, allowance: Allowance, known: Told | None, now: datetime) -> timedelta:
    """How long to wait after codes 10022 to 10024: as told, else to the day's end when it is used up,
    else to the next full hour."""
    return wait(used, allowance, known, now) or next_hour(now) - now


def next_hour(now: datetime) -> datetime:
    """The next full hour."""
    return datetime.fromtimestamp((_hour(now) + 1) * _HOUR_S, UTC)


def _day_ends(now: datetime) -> datetime:
    """Midnight in Beijing; Weibo does not say when its day ends."""
    return datetime.fromtimestamp((_day(now) + 1) * _DAY_S - _BEIJING_S, UTC)


def _day(now: datetime) -> int:
    return (int(now.timestamp()) + _BEIJING_S) // _DAY_S


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // _HOUR_S
