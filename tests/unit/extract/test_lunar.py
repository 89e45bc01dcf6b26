"""The lunar table against dates that every almanac prints, and against the laws of the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.extract.days import easter, nth_weekday, solar_term
from bot.extract.lunar import FIRST_YEAR, LAST_YEAR, new_year, new_years_eve, to_civil


@pytest.mark.parametrize(
    ("year", "month", "day", "leap", "civil"),
    [
        (1997, 1, 1, False, date(1997, 2, 7)),
        (2000, 8, 15, False, date(2000, 9, 12)),
        (2011, 1, 1, False, date(2011, 2, 3)),
        (2011, 1, 15, False, date(2011, 2, 17)),
        (2012, 4, 1, True, date(2012, 5, 21)),
        (2020, 4, 1, True, date(2020, 5, 23)),
        (2020, 8, 15, False, date(2020, 10, 1)),
        (2023, 2, 1, True, date(2023, 3, 22)),
        (2025, 6, 1, True, date(2025, 7, 25)),
        (2025, 1, 1, False, date(2025, 1, 29)),
        (2033, 1, 1, False, date(2033, 1, 31)),
    ],
)
def test_lunar_dates_fall_where_almanacs_put_them(
    year: int, month: int, day: int, leap: bool, civil: date
) -> None:
    assert to_civil(year, month, day, leap=leap) == civil


def test_each_lunar_year_ends_where_the_next_begins() -> None:
    for year in range(FIRST_YEAR, LAST_YEAR):
        last = to_civil(year, 12, 30) or to_civil(year, 12, 29)
        following = new_year(year + 1)
        assert last is not None and following is not None
        assert last + timedelta(days=1) == following
        assert last == new_years_eve(year + 1)


def test_new_year_stays_between_the_twenty_first_of_january_and_of_february() -> None:
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        first = new_year(year)
        assert first is not None
        assert date(year, 1, 20) < first < date(year, 2, 22)


def test_a_day_that_does_not_exist_is_nothing() -> None:
    assert to_civil(2011, 1, 31) is None
    assert to_civil(2011, 1, 1, leap=True) is None
    assert to_civil(1700, 1, 1) is None


def test_moveable_feasts_fall_where_they_fell() -> None:
    assert easter(2017) == date(2017, 4, 16)
    assert easter(2024) == date(2024, 3, 31)
    assert nth_weekday(2022, 11, 3, 4) == date(2022, 11, 24)
    assert solar_term(2012, 12, 21.94) == date(2012, 12, 21)
