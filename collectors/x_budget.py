"""What reading X costs and how much of the month's allowance is left. Pure: amounts and times in, values out.

X charges a post or a user once per UTC day. We keep no list of what was charged, so everything is
counted each time: the count is never below the bill. Money is whole millionths of a dollar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from collectors.payload import Fields
from store.records.page import Budget, Span

MICROS = 1_000_000
LEAST_PAGE = 10  # the smallest page that search gives
# One post may bring two it refers to (answered and quoted), each with its author.
WORST_POSTS = WORST_USERS = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """Millionths of a dollar for a post, a user, a mention of our account, a reply; where that stands."""

    post: int = 5_000
    user: int = 10_000
    mention: int = 1_000
    reply: int = 10_000
    source: str = "docs.x.com pricing; changelog 2026-04-16"


@dataclass(frozen=True, slots=True)
class Caps:
    """The month's limits: posts, millionths of a dollar; how many even shares one day may take; first day.

    X's own cap is 3,000,000 posts a month (docs.x.com pricing).
    """

    posts: int = 3_000_000
    micros: int = 50 * MICROS
    day_burst: float = 3.0
    starts_on: int = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Posts read and what they, and the users with them, cost."""

    posts: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one reader has used: in the period that began on `period`, and of that on `day` (ISO dates)."""

    period: str
    day: str
    posts: int = 0
    micros: int = 0
    day_posts: int = 0
    day_micros: int = 0


Ledger = Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Standing:
    """What may still be read now, when more may be, and what is to be said if it is too little."""

    posts_left: int
    micros_left: int
    month_posts_left: int
    month_micros_left: int
    renews_at: datetime
    until: datetime
    words: str


def period_of(now: datetime, starts_on: int) -> Span:
    """The month, in UTC, that began on the last `starts_on` (1 to 28)."""
    today = now.astimezone(UTC).date()
    first = today.replace(day=starts_on)
    if first > today:
        first = _next_month(first, -1)
    return Span(_midnight(first), _midnight(_next_month(first, 1)))


def _next_month(day: date, step: int) -> date:
    months = day.year * 12 + day.month - 1 + step
    return day.replace(year=months // 12, month=months % 12 + 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def merged(one: Ledger, other: Ledger) -> dict[str, Tally]:
    """Both accounts as one. Each reader alone writes its tally, so of two the later or larger is right."""
    found = dict(one)
    for reader, tally in other.items():
        found[reader] = _later(found[reader], tally) if reader in found else tally
    newest = max((tally.period for tally in found.values()), default="")
    return {reader: tally for reader, tally in found.items() if tally.period == newest}


def _later(one: Tally, other: Tally) -> Tally:
    if one.period != other.period:
        return max(one, other, key=lambda tally: tally.period)
    posts, micros = max(one.posts, other.posts), max(one.micros, other.micros)
    if one.day != other.day:
        last = max(one, other, key=lambda tally: tally.day)
        return Tally(one.period, last.day, posts, micros, last.day_posts, last.day_micros)
    day_posts, day_micros = max(one.day_posts, other.day_posts), max(one.day_micros, other.day_micros)
    return Tally(one.period, one.day, posts, micros, day_posts, day_micros)


def charged(ledger: Ledger, reader: str, cost: Cost, now: datetime, caps: Caps) -> dict[str, Tally]:
    """The account with one more answer on it."""
    period, day = _dates(now, caps)
    held = ledger.get(reader)
    if held is None or held.period != period:
        held = Tally(period, day)
    if held.day != day:
        held = Tally(period, day, held.posts, held.micros)
    tally = Tally(
        period,
        day,
        held.posts + cost.posts,
        held.micros + cost.micros,
        held.day_posts + cost.posts,
        held.day_micros + cost.micros,
    )
    return merged({**ledger, reader: tally}, {})


def _dates(now: datetime, caps: Caps) -> tuple[str, str]:
    start = period_of(now, caps.starts_on).start
    return start.date().isoformat(), now.astimezone(UTC).date().isoformat()


def standing(ledger: Ledger, caps: Caps, prices: Prices, now: datetime, *, spread: bool = True) -> Standing:
    """What is left of the month and, with `spread`, of today.

    Today's part is `day_burst` even shares of what was left at midnight; one smallest page is always in it.
    """
    month = period_of(now, caps.starts_on)
    period, day = _dates(now, caps)
    used = [tally for tally in ledger.values() if tally.period == period]
    today = [tally for tally in used if tally.day == day]
    posts, micros = sum(t.posts for t in used), sum(t.micros for t in used)
    day_posts, day_micros = sum(t.day_posts for t in today), sum(t.day_micros for t in today)
    left = Cost(caps.posts - posts, caps.micros - micros)
    midnight = _midnight(now.astimezone(UTC).date())
    share = min(caps.day_burst / max((month.end - midnight).days, 1), 1.0)
    least = worst(LEAST_PAGE, prices)
    day_left = Cost(
        max(int((left.posts + day_posts) * share), least.posts) - day_posts,
        max(int((left.micros + day_micros) * share), least.micros) - day_micros,
    )
    is_today = spread and fitting(left, prices) >= LEAST_PAGE
    if is_today and (day_left.posts < left.posts or day_left.micros < left.micros):
        until, words = midnight + timedelta(days=1), _day_words(day_micros, day_posts)
    else:
        until, words = month.end, _month_words(caps, micros, posts)
    bound = Cost(min(left.posts, day_left.posts), min(left.micros, day_left.micros)) if is_today else left
    words = f"{words}; reading goes on at {until:%Y-%m-%d %H:%M} UTC"
    return Standing(bound.posts, bound.micros, left.posts, left.micros, month.end, until, words)


def _month_words(caps: Caps, micros: int, posts: int) -> str:
    return (
        f"the month's limit is reached: {usd(micros)} of spend_ceiling_usd {usd(caps.micros)} "
        f"and {posts} posts of monthly_reads_cap {caps.posts} are used, and one page more could go beyond"
    )


def _day_words(micros: int, posts: int) -> str:
    return f"today's part of the month's limit is used ({usd(micros)} for {posts} posts)"


def usd(micros: int) -> str:
    """Dollars and cents."""
    return f"{micros / MICROS:.2f}"


def worst(posts: int, prices: Prices) -> Cost:
    """The most that a page of so many posts can cost."""
    each = WORST_POSTS * max(prices.post, prices.mention) + WORST_USERS * prices.user
    return Cost(posts * WORST_POSTS, posts * each)


def fitting(left: Cost, prices: Prices) -> int:
    """How many posts certainly fit into what is left."""
    one = worst(1, prices)
    by_money = left.micros // one.micros if one.micros else left.posts
    return max(min(left.posts // one.posts, by_money), 0)


def cost_of(answer: Any, prices: Prices, *, mentions: bool = False) -> Cost:
    """What an answer cost: its posts, the posts that it includes, and the users that it includes."""
    top = Fields(answer, [])
    data = top.data.get("data")
    asked = len(data) if isinstance(data, list) else 1 if isinstance(data, dict) else 0
    includes = top.obj("includes")
    others = sum(len(includes.items(name)) for name in ("tweets", "posts"))
    users = len(includes.items("users"))
    price = prices.mention if mentions else prices.post
    return Cost(asked + others, asked * price + others * prices.post + users * prices.user)


def tighter(said: Budget, now: Standing, caps: Caps) -> Budget:
    """Of the platform's window and the month, the one of which the smaller share is left."""
    share = max(now.month_micros_left / caps.micros, 0.0)
    month_posts = max(min(now.month_posts_left, int(caps.posts * share)), 0)
    month = Budget(month_posts, caps.posts, now.renews_at)
    if said.remaining is None or not said.limit:
        return month
    return said if said.remaining / said.limit <= month_posts / caps.posts else month
