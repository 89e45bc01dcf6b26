"""Feasts of the Islamic, Hindu and Jewish calendars: days that anybody can look up, and the past rule."""

# ruff: noqa: DTZ001 (local times by contract)
from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bot.extract.days_feasts import FEASTS, hanukkah, passover, ramadan, rosh_hashanah

_LATE = datetime(2035, 12, 31, 12)


@pytest.mark.parametrize(
    ("name", "now", "day"),
    [
        ("diwali", datetime(2020, 11, 20), date(2020, 11, 14)),
        ("holi", datetime(2013, 3, 29), date(2013, 3, 27)),
        ("dussehra", datetime(2013, 10, 13, 20), date(2013, 10, 13)),
        ("karva chauth", datetime(2012, 11, 3), date(2012, 11, 2)),
        ("eid al fitr", datetime(2015, 7, 17, 13), date(2015, 7, 17)),
        ("eid al adha", datetime(2016, 9, 12, 9), date(2016, 9, 12)),
        ("passover", datetime(2024, 5, 1), date(2024, 4, 23)),
        ("hanukkah", datetime(2018, 12, 20), date(2018, 12, 3)),
        ("yom kippur", datetime(2023, 10, 1), date(2023, 9, 25)),
        ("purim", datetime(2021, 3, 1), date(2021, 2, 26)),
    ],
)
def test_a_feast_is_the_latest_one_not_after_the_day_of_writing(name: str, now: datetime, day: date) -> None:
    assert FEASTS[name](now)[0].first == day


def test_where_the_moon_is_sighted_the_day_after_the_feast_is_read_too() -> None:
    spans = FEASTS["eid al fitr"](datetime(2015, 7, 18, 13))
    assert {span.first for span in spans} == {date(2015, 7, 17), date(2015, 7, 18)}


def test_no_feast_lies_ahead_unless_the_next_is_asked_for() -> None:
    for day in range(0, 9000, 97):
        now = datetime(2011, 6, 1) + timedelta(days=day)
        for name, feast in FEASTS.items():
            assert all(span.first <= now.date() for span in feast(now)), (name, now)
            assert all(span.first >= now.date() for span in feast(now, ahead=True)[:1]), (name, now)


def test_outside_the_tables_a_feast_has_no_day() -> None:
    assert FEASTS["diwali"](datetime(2005, 1, 1)) == []
    assert FEASTS["diwali"](_LATE, ahead=True) == []


def test_ramadan_ends_with_its_feast() -> None:
    month = ramadan()(datetime(2024, 4, 1))[0]
    assert (month.first, month.after) == (date(2024, 3, 11), date(2024, 4, 10))


def test_hebrew_new_year_never_falls_on_sunday_wednesday_or_friday() -> None:
    for year in range(1950, 2100):
        assert rosh_hashanah(year).weekday() not in (6, 2, 4)
        assert (rosh_hashanah(year) - passover(year)).days == 163
        assert (hanukkah(year) - rosh_hashanah(year)).days in (83, 84)
