"""Moving the post moves every relative answer by as much: any zone, leap days, clock changes, year ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract import lunar
from bot.extract.normal import normalise, parts
from bot.extract.time import find, read
from store.records.sighting import EvidenceKind, WhenCandidate

ZONES = [
    "UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Europe/London", "Australia/Lord_Howe",
    "Pacific/Auckland",
]  # fmt: skip
# No post is written inside the hour that a clock change repeats or skips.
WRITTEN = time(21, 40)
DAYS = [
    "今天下午三点", "昨晚9点多", "前天傍晚", "大前天上午十点", "今早七八点", "三天前", "昨天", "头天晚上",
    "today at 4pm", "yesterday at quarter past three", "last night", "this morning",
    "the day before yesterday",
    "four days ago", "tonight at 8", "yesterday between 10 and 11 am",
]  # fmt: skip
ELAPSED = [
    "刚刚", "两小时前", "一个半小时前", "不到半小时前", "half an hour ago", "two hours ago", "just now",
]  # fmt: skip
WEEKLY = [
    "上周六",
    "周一晚上",
    "上个礼拜天中午",
    "last Saturday",
    "Monday at noon",
    "two Fridays ago",
    "last weekend",
]


def best(text: str, written_at: datetime, zone: str) -> WhenCandidate:
    normal = normalise(text)
    found = read(normal, find(normal, parts(normal)), written_at=written_at, zone=zone).best
    assert found is not None and found.evidence.kind is EvidenceKind.TEXT, text
    return found


def at(day: date, zone: str, clock: time = WRITTEN) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZoneInfo(zone))


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


dates = st.dates(date(1995, 1, 1), date(2045, 1, 1))


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(DAYS), st.sampled_from(ZONES), dates, st.integers(1, 800))
def test_days_move_with_the_post_by_the_wall_clock_of_any_zone(
    text: str, zone: str, day: date, shift: int
) -> None:
    early = best(text, at(day, zone), zone)
    late = best(text, at(day + timedelta(days=shift), zone), zone)
    for a, b in ((early.start, late.start), (early.end, late.end)):
        moved = wall(b, zone) - wall(a, zone)
        # An hour that the clocks skip that day is read as the one beside it.
        assert abs(moved - timedelta(days=shift)) <= timedelta(hours=1)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(DAYS), dates, st.integers(1, 800))
def test_days_move_exactly_where_clocks_never_change(text: str, day: date, shift: int) -> None:
    zone = "Asia/Kathmandu"
    early = best(text, at(day, zone), zone)
    late = best(text, at(day + timedelta(days=shift), zone), zone)
    assert late.start - early.start == late.end - early.end == timedelta(days=shift)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(ELAPSED),
    st.sampled_from(ZONES),
    st.datetimes(datetime.fromisoformat("1995-01-01"), datetime.fromisoformat("2045-01-01")),
    st.integers(1, 10**7),
)
def test_elapsed_time_moves_by_the_minute_over_every_clock_change(
    text: str, zone: str, moment: datetime, minutes: int
) -> None:
    written = moment.replace(tzinfo=UTC)
    early, late = best(text, written, zone), best(text, written + timedelta(minutes=minutes), zone)
    assert late.start - early.start == late.end - early.end == timedelta(minutes=minutes)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(WEEKLY), dates, st.integers(1, 100))
def test_weekdays_move_by_whole_weeks(text: str, day: date, weeks: int) -> None:
    zone = "Asia/Shanghai"
    early = best(text, at(day, zone), zone)
    late = best(text, at(day + timedelta(weeks=weeks), zone), zone)
    assert late.start - early.start == timedelta(weeks=weeks)


def test_two_hours_ago_on_the_night_the_clocks_go_forward_is_two_hours() -> None:
    written = datetime(2024, 3, 10, 7, 30, tzinfo=UTC)  # 3:30 in New York; 2:00 became 3:00
    found = best("two hours ago", written, "America/New_York")
    assert found.start + (found.end - found.start) / 2 == written - timedelta(hours=2)


def test_the_repeated_hour_does_not_move_just_now() -> None:
    for hour in (5, 6):  # 1:30 twice in New York
        written = datetime(2024, 11, 3, hour, 30, tzinfo=UTC)
        assert best("just now", written, "America/New_York").end == written


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("昨天下午三点", date(2024, 3, 1), date(2024, 2, 29)),
        ("yesterday at 3pm", date(2023, 3, 1), date(2023, 2, 28)),
        ("昨天下午三点", date(2025, 1, 1), date(2024, 12, 31)),
        ("two days ago", date(2000, 3, 2), date(2000, 2, 29)),
        ("2月29日", date(2027, 5, 1), date(2024, 2, 29)),
        ("29 February", date(2027, 5, 1), date(2024, 2, 29)),
        ("12月31日晚上", date(2025, 1, 2), date(2024, 12, 31)),
        ("31号", date(2025, 5, 2), date(2025, 3, 31)),
        ("上个月30号", date(2025, 5, 2), date(2025, 4, 30)),
    ],
)
def test_leap_days_and_the_ends_of_years_and_months(text: str, written: date, day: date) -> None:
    assert (
        wall(best(text, at(written, "Asia/Shanghai"), "Asia/Shanghai").start, "Asia/Shanghai").date() == day
    )


@settings(max_examples=80, deadline=None)
@given(st.integers(1995, 2045), st.integers(1, 12), st.integers(1, 29), st.integers(0, 25))
def test_lunar_dates_are_found_again_from_any_day_after_them(
    year: int, month: int, day: int, later: int
) -> None:
    """Also in years with a leap month: the latest such day counts, and the leap month's own is one."""
    leap = lunar.to_civil(year, month, day, leap=True)
    civil = leap or lunar.to_civil(year, month, day)
    assert civil is not None
    numerals = "零一二三四五六七八九十"
    named = "十" + numerals[day - 10] if 10 < day < 20 else numerals[day] if day < 11 else f"{day}"
    months = numerals[month] if month < 11 else "十" + numerals[month - 10]
    text = f"农历{months}月{'初' if day < 11 else ''}{named}"
    found = best(text, at(civil + timedelta(days=later), "Asia/Shanghai"), "Asia/Shanghai")
    assert wall(found.start, "Asia/Shanghai").date() == civil
