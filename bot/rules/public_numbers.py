"""What the public may be told of a week, so that nobody can be told from it. Counts in, counts out.

docs/decisions/0046-campaign-life-and-public-numbers.md says what is proved of it and what is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

STEP = 5
"""Numbers are rounded to the nearest multiple."""
LEAST = 10
"""A smaller number is not told."""
WAIT = timedelta(days=7)
"""A week is told of when it has been over for so long."""
ELSEWHERE = ""
"""The cell of people whose sighting names no province."""


@dataclass(frozen=True, slots=True)
class Told:
    """One week as it is told: people who wrote of a sighting by province, and people taking part at all.

    `total` is the sum of the provinces told, rounded as they are, and nothing else: it holds no further
    number. `taking_part` is None where it would say too much about those who are not in a province told.
    """

    provinces: Mapping[str, int]
    total: int
    taking_part: int | None


def week_of(day: date) -> date:
    """The Monday that begins the day's week."""
    return day - timedelta(days=day.weekday())


def newest_due(today: date) -> date:
    """The Monday of the newest week that may be told of on this day."""
    return week_of(today - WAIT) - timedelta(days=7)


def rounded(number: int) -> int:
    """To the nearest multiple of STEP."""
    return STEP * ((number + STEP // 2) // STEP)


def once_each(claims: Iterable[tuple[str, str]]) -> Counter[str]:
    """People by province from (person, province or ELSEWHERE) in the order of time.

    Each person counts once in the week, in the province named first: so one person, however busy, moves a
    number by one.
    """
    first: dict[str, str] = {}
    for person, province in claims:
        if not first.get(person):
            first[person] = province
    return Counter(first.values())


def tell(people: Mapping[str, int], taking_part: int) -> Told:
    """What may be told. `people` by province (ELSEWHERE among them), each at most `taking_part` in all."""
    provinces = {
        name: rounded(number)
        for name, number in sorted(people.items())
        if name != ELSEWHERE and number >= LEAST
    }
    total = sum(provinces.values())
    # The most that the provinces told can stand for; the rest has to be LEAST people in any case.
    most = sum(number + STEP // 2 for number in provinces.values())
    all_in = rounded(taking_part)
    is_clear = taking_part >= LEAST and all_in - STEP // 2 >= most + LEAST
    return Told(provinces, total, all_in if is_clear else None)
