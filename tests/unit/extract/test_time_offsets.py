"""Times counted from other times, as plain values."""

# ruff: noqa: DTZ001 (local times by contract)
from __future__ import annotations

from datetime import datetime

import pytest

from bot.extract.time_value import values

_NOW = datetime(2018, 5, 31, 10)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("Are you free three weeks from tomorrow?", datetime(2018, 6, 22), datetime(2018, 6, 23)),
        ("the meeting is from 2pm for 2 hours", datetime(2018, 5, 31, 14), datetime(2018, 5, 31, 16)),
        ("between 2014 and 2018", datetime(2014, 1, 1), datetime(2019, 1, 1)),
        ("from March to May 2017", datetime(2017, 3, 1), datetime(2017, 6, 1)),
        ("the week after next", datetime(2018, 6, 11), datetime(2018, 6, 18)),
        ("the second of March 2015", datetime(2015, 3, 2), datetime(2015, 3, 3)),
        ("later this month", datetime(2018, 5, 31), datetime(2018, 6, 1)),
        ("the next 2 business days", datetime(2018, 6, 1), datetime(2018, 6, 5)),
        ("the third month of 2021", datetime(2021, 3, 1), datetime(2021, 4, 1)),
        ("nineteen ninety six", datetime(1996, 1, 1), datetime(1997, 1, 1)),
        ("今年的最后3个月", datetime(2018, 10, 1), datetime(2019, 1, 1)),
        ("1995-1997年的收入", datetime(1995, 1, 1), datetime(1998, 1, 1)),
        ("2018年犹太新年", datetime(2018, 9, 9), datetime(2018, 9, 12)),
    ],
)
def test_a_time_counted_from_another_has_its_value(text: str, first: datetime, after: datetime) -> None:
    found = values(text, _NOW)
    assert [(v.first, v.after) for v in found] == [(first, after)]


def test_before_the_end_of_a_year_reaches_to_its_last_day() -> None:
    assert values("before the end of this year", _NOW)[0].after == datetime(2019, 1, 1)


@pytest.mark.parametrize("text", ["in " * 400, "two weeks from " * 100, "9 " * 900, "next week mon " * 90])
def test_repeated_words_of_these_rules_do_no_harm(text: str) -> None:
    assert isinstance(values(text, _NOW), list)
