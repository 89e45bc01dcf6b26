"""The campaign's numbers over days: who takes part, what came, where, who carries it, how long it took.

Reads what the round of bot/pipeline/counting.py keeps.
Names no private person and no place finer than a city.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from bot.pipeline.road import Road
from bot.rules.spread import Carried, carried
from store import campaign_changes, campaign_days, leads, response_times
from store.db import Transaction

COUNTED = (
    "posts", "reposts", "authors", "new_authors", *campaign_days.FLAGS, *campaign_days.LAGS,
)  # fmt: skip
MAX_DAYS = 400
"""A page shows at most so many days."""


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """One day in the campaign's zone: totals by name (COUNTED) and the same by platform."""

    day: date
    total: Mapping[str, int]
    by_platform: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Town:
    """Sightings that name a city; `own` of them seen by their authors themselves."""

    country: str
    province: str
    city: str
    sightings: int
    own: int


@dataclass(frozen=True, slots=True)
class Province:
    """Sightings that name a province, and its cities, most first."""

    country: str
    name: str
    sightings: int
    own: int
    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class Waited:
    """How long one step took: how often, the median, and what nine of ten did not exceed (seconds)."""

    name: str
    number: int
    median_s: float | None
    most_s: float | None


@dataclass(frozen=True, slots=True)
class First:
    """The first post that stands and is no repost."""

    at: datetime
    key: str
    platform: str


@dataclass(frozen=True, slots=True)
class Life:
    """The campaign from `first` to `last` (days in `zone`, both included), as of `counted_at`.

    `people` are distinct authors since the beginning; the same person on two platforms is two. `behind`
    is how many changed posts are not counted yet. `most_carried` are keys of posts with their reposts.
    """

    zone: str
    first: date
    last: date
    counted_at: datetime | None
    behind: int
    people: int
    days: tuple[DayNumbers, ...]
    total: Mapping[str, int]
    spread: Carried
    first_post: First | None
    most_carried: tuple[tuple[str, int], ...]
    provinces: tuple[Province, ...]
    waited: tuple[Waited, ...]
    verdicts: Mapping[str, int]
    outcomes: Mapping[str, int]


def life(road: Road, *, days: int | None = None, last: date | None = None) -> Life:
    """The numbers of the last `days` days up to `last` (today), or of all days."""
    zone = road.life.zone
    until = last or campaign_days.day_of(road.clock(), zone)
    first = None if days is None else until - timedelta(days=days - 1)
    with road.store.reading() as tx:
        return read(tx, zone, first, until)


def last_day(road: Road) -> date:
    """The last day that holds a post, or today."""
    today = campaign_days.day_of(road.clock(), road.life.zone)
    with road.store.reading() as tx:
        days = campaign_days.days(tx, last=today)
    return days[-1][0] if days else today


def read(tx: Transaction, zone: str, first: date | None, last: date) -> Life:
    """The same in one snapshot; `first` None means from the first day that holds a post."""
    kept = campaign_days.days(tx, first=first, last=last)[-MAX_DAYS:]
    shown = tuple(_day(day, numbers) for day, numbers in kept)
    start = first or (shown[0].day if shown else last)
    begin, end = campaign_days.bounds(start, zone)[0], campaign_days.bounds(last, zone)[1]
    began = campaign_days.first_post(tx)
    return Life(
        zone=zone,
        first=start,
        last=last,
        counted_at=campaign_days.counted_at(tx),
        behind=campaign_changes.waiting(tx),
        people=campaign_days.people(tx),
        days=_without_holes(shown, start, last),
        total=_sum(day.total for day in shown),
        spread=carried(campaign_days.by_posts(tx)),
        first_post=First(*began) if began else None,
        most_carried=tuple(campaign_days.carried(tx)),
        provinces=provinces(campaign_days.places(tx, start, last)),
        waited=_waited(tx, begin, end),
        verdicts=response_times.verdicts(tx, begin, end),
        outcomes={state.value: number for state, number in leads.by_state(tx).items()},
    )


def _day(day: date, numbers: Mapping[str, Mapping[str, int]]) -> DayNumbers:
    return DayNumbers(day, _sum(numbers.values()), numbers)


def _sum(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    kept = list(rows)
    return {name: sum(row.get(name, 0) for row in kept) for name in COUNTED}


def _without_holes(days: Sequence[DayNumbers], first: date, last: date) -> tuple[DayNumbers, ...]:
    """A day without a post is a day of zeros; before the first post of all there is none."""
    there = {each.day: each for each in days}
    if not there:
        return ()
    start = max(first, last - timedelta(days=MAX_DAYS - 1))
    span = (last - start).days + 1
    nothing = dict.fromkeys(COUNTED, 0)
    every = (start + timedelta(days=number) for number in range(span))
    return tuple(there.get(day) or DayNumbers(day, nothing, {}) for day in every)


def provinces(rows: Iterable[Mapping[str, Any]]) -> tuple[Province, ...]:
    """Rows by city gathered by province, most sightings first."""
    found: dict[tuple[str, str], list[Town]] = {}
    for row in rows:
        found.setdefault((row["country"], row["province"]), []).append(Town(**row))
    made = [
        Province(
            country,
            name,
            sum(each.sightings for each in towns),
            sum(each.own for each in towns),
            tuple(towns),
        )
        for (country, name), towns in found.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.sightings, each.country, each.name)))


def _waited(tx: Transaction, begin: datetime, end: datetime) -> tuple[Waited, ...]:
    steps = (
        ("found", response_times.found),
        ("decided", response_times.decided),
        ("replied", response_times.replied),
    )
    return tuple(_summed_up(name, step(tx, begin, end)) for name, step in steps)


def _summed_up(name: str, seconds: Sequence[float]) -> Waited:
    if not seconds:
        return Waited(name, 0, None, None)
    ordered = sorted(seconds)
    nine_of_ten = ordered[max(0, -(-9 * len(ordered) // 10) - 1)]
    return Waited(name, len(ordered), float(median(ordered)), nine_of_ten)
