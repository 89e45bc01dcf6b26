"""Readings of time: what was meant, in UTC, and the characters that say so."""

# ruff: noqa: E501  (tables, one case a line)
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract.normal import normalise, parts
from bot.extract.time import find, read
from bot.extract.time_value import values
from store.records.photo import Exif
from store.records.sighting import EvidenceKind, When

SHANGHAI = "Asia/Shanghai"
# A Wednesday.
POSTED = datetime(2011, 2, 16, 20, 10, tzinfo=ZoneInfo(SHANGHAI))


def when(
    text: str, posted: datetime = POSTED, zone: str = SHANGHAI, photos: tuple[tuple[str, Exif], ...] = ()
) -> When:
    normal = normalise(text)
    return read(normal, find(normal, parts(normal)), written_at=posted, zone=zone, photos=photos)


def local(value: datetime, zone: str = SHANGHAI) -> str:
    return value.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")


CHINESE = [
    ("今天15:20在桥下看到", "今天15:20", "02-16 15:15", "02-16 15:25"),
    ("昨晚9点多，桥上", "昨晚9点多", "02-15 21:00", "02-15 22:00"),
    ("昨天下午三点半左右路过", "昨天下午三点半", "02-15 15:00", "02-15 16:00"),
    ("刚才在路口", "刚才", "02-16 19:40", "02-16 20:10"),
    ("两小时前在车站", "两小时前", "02-16 17:40", "02-16 18:40"),
    ("上周六在公园门口", "上周六", "02-12 00:00", "02-13 00:00"),
    ("周一晚上", "周一晚上", "02-14 18:00", "02-15 00:00"),
    ("前天凌晨", "前天凌晨", "02-14 00:00", "02-14 06:00"),
    ("除夕下午五点", "除夕下午五点", "02-02 16:45", "02-02 17:15"),
    ("大年初三，庙会", "大年初三", "02-05 00:00", "02-06 00:00"),
    ("2月8号中午12点", "2月8号中午12点", "02-08 11:45", "02-08 12:15"),
    ("昨晚两点在酒吧街", "昨晚两点", "02-16 01:45", "02-16 02:15"),
    ("今天上午十点到十一点半", "今天上午十点到十一点半", "02-16 10:00", "02-16 11:30"),
    ("五点来钟见到的", "五点来钟", "02-16 16:30", "02-16 17:30"),
    ("13号傍晚", "13号傍晚", "02-13 17:00", "02-13 20:00"),
    ("早上七八点钟，公园里", "早上七八点钟", "02-16 07:00", "02-16 08:00"),
    ("大概下午四点半见到", "大概下午四点半", "02-16 16:00", "02-16 17:00"),
    ("差十分四点，校门口", "差十分四点", "02-16 15:45", "02-16 15:55"),
    ("不到半小时前", "不到半小时前", "02-16 19:40", "02-16 20:10"),
    ("周日到今天都在桥下", "周日到今天", "02-13 00:00", "02-16 20:10"),
    ("春节第二天中午", "春节第二天中午", "02-04 11:00", "02-04 13:30"),
    ("周一早上七点半", "周一早上七点半", "02-14 07:15", "02-14 07:45"),
    ("昨晚快九點", "昨晚快九點", "02-15 20:30", "02-15 21:00"),
    ("２月１３日１５：２０", "２月１３日１５：２０", "02-13 15:15", "02-13 15:25"),
]


@pytest.mark.parametrize(("text", "quote", "start", "end"), CHINESE)
def test_chinese_words_for_time_are_read(text: str, quote: str, start: str, end: str) -> None:
    best = when(text).best
    assert best is not None
    assert (best.evidence.quote, local(best.start), local(best.end)) == (quote, start, end)
    assert text[best.evidence.start : best.evidence.end] == quote


LONDON = "Europe/London"
# A Sunday, in winter time.
ENGLISH_POSTED = datetime(2015, 11, 8, 13, 5, tzinfo=ZoneInfo(LONDON))
ENGLISH = [
    ("girl by the pond yesterday at quarter past three", "yesterday at quarter past three", "11-07 15:00", "11-07 15:30"),
    ("Saturday night outside the pub", "Saturday night", "11-07 20:00", "11-08 00:00"),
    ("this morning by the bakery", "this morning", "11-08 06:00", "11-08 12:00"),
    ("last night at 11 on the bridge", "last night at 11", "11-07 22:45", "11-07 23:15"),
    ("two hours ago by the canal", "two hours ago", "11-08 10:35", "11-08 11:35"),
    ("Thu 5 Nov around 7pm", "Thu 5 Nov around 7pm", "11-05 18:30", "11-05 19:30"),
    ("on 3rd November at half six", "3rd November at half six", "11-03 18:15", "11-03 18:45"),
    ("yesterday between 10 and 11 am", "yesterday between 10 and 11 am", "11-07 10:00", "11-07 11:00"),
    ("Just now near the arch", "Just now", "11-08 12:35", "11-08 13:05"),
    ("noon today", "noon today", "11-08 11:00", "11-08 13:05"),
    ("Fri 11/6 5:40 pm", "Fri 11/6 5:40 pm", "11-06 17:35", "11-06 17:45"),
    ("twenty past midnight outside the club", "twenty past midnight", "11-08 00:15", "11-08 00:25"),
    ("this arvo? no, last Friday night around 2am", "last Friday night around 2am", "11-07 01:30", "11-07 02:30"),
    ("two Saturdays ago at noon", "two Saturdays ago at noon", "10-31 11:00", "10-31 13:30"),
    ("Sunday before last", "Sunday before last", "10-25 00:00", "10-26 00:00"),
    ("a little after 9 yesterday", "a little after 9 yesterday", "11-07 21:00", "11-07 21:30"),
    ("on Halloween", "Halloween", "10-31 00:00", "11-01 00:00"),
    ("quarter to nine yesterday evening", "quarter to nine yesterday evening", "11-07 20:30", "11-07 21:00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "quote", "start", "end"), ENGLISH)
def test_english_words_for_time_are_read(text: str, quote: str, start: str, end: str) -> None:
    best = when(text, ENGLISH_POSTED, LONDON).best
    assert best is not None
    assert (best.evidence.quote, local(best.start, LONDON), local(best.end, LONDON)) == (quote, start, end)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("孩子2008年7月走失。昨天下午两点在天桥看到一个像他的", "昨天下午两点"),
        ("明天下午三点的火车。今天中午在站前看到", "今天中午"),
        ("missing since 3 March 2012. I think I saw her yesterday at noon", "yesterday at noon"),
        ("Born 4 May 2009. Spotted tonight at 8 by the fountain", "tonight at 8"),
    ],
)
def test_other_times_are_told_apart_from_the_time_of_the_sighting(text: str, seen: str) -> None:
    best = when(text, datetime(2014, 5, 20, 21, 0, tzinfo=UTC), "UTC").best
    assert best is not None and best.evidence.quote == seen


@pytest.mark.parametrize(
    "text", ["今年应该20岁了", "girl about 9 with a sign", "4号口旁边坐8号线", "有一点担心", "boy, 7"]
)
def test_numbers_that_are_no_times_are_left_alone(text: str) -> None:
    best = when(text).best
    assert best is not None and best.evidence.kind is EvidenceKind.POSTED


def test_without_words_the_time_of_posting_stands_open_to_the_past() -> None:
    best = when("一个孩子，没有穿鞋").best
    assert best is not None
    assert best.evidence.kind is EvidenceKind.POSTED
    assert best.end == POSTED.astimezone(UTC)
    assert best.weight < 0.2


def test_both_hours_of_an_ambiguous_clock_stay_visible() -> None:
    starts = [local(c.start) for c in when("昨天八点").candidates if c.evidence.kind is EvidenceKind.TEXT]
    assert set(starts) == {"02-15 07:45", "02-15 19:45"}


def test_summer_time_is_that_of_the_day_spoken_of() -> None:
    # Clocks went back in the night between: Saturday was still summer time.
    posted = datetime(2015, 10, 25, 13, 5, tzinfo=UTC)
    best = when("Saturday night", posted, LONDON).best
    assert best is not None and best.start == datetime(2015, 10, 24, 19, 0, tzinfo=UTC)


def test_a_photo_inside_the_words_makes_the_time_finer() -> None:
    taken = datetime(2011, 2, 15, 7, 31, tzinfo=UTC)
    found = when("昨天在桥上", photos=(("a" * 64, Exif(taken_at=taken)),))
    assert found.best is not None
    assert found.best.evidence.kind is EvidenceKind.EXIF
    assert found.best.start <= taken <= found.best.end
    assert found.conflict == ""


def test_a_photo_that_contradicts_the_words_is_shown_and_not_averaged() -> None:
    taken = datetime(2010, 8, 1, 7, 31, tzinfo=UTC)
    found = when("昨天下午三点在桥上", photos=(("b" * 64, Exif(taken_at=taken)),))
    assert found.best is not None and found.best.evidence.kind is EvidenceKind.TEXT
    assert any(c.evidence.kind is EvidenceKind.EXIF for c in found.candidates)
    assert "2010-08-01" in found.conflict


def test_a_photo_from_after_the_post_is_set_aside_with_the_reason() -> None:
    found = when("桥上", photos=(("c" * 64, Exif(taken_local=datetime.fromisoformat("2031-01-01T00:00"))),))
    assert all(c.evidence.kind is not EvidenceKind.EXIF for c in found.candidates)
    assert "after the post" in found.conflict


def test_a_lying_year_is_said_and_reads_nothing() -> None:
    found = when("昨天", datetime(1, 1, 2, tzinfo=UTC), "UTC")
    assert found.candidates == () and "year 1" in found.conflict


_RELATIVE = [
    "昨天下午三点",
    "前天晚上",
    "刚刚",
    "三天前",
    "今早八点半",
    "yesterday at 5pm",
    "two hours ago",
    "last night",
    "this morning",
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(_RELATIVE), st.integers(0, 20_000), st.integers(1, 400))
def test_moving_the_post_moves_every_relative_answer_by_as_much(text: str, day: int, shift: int) -> None:
    first = datetime(1999, 1, 1, 14, 30, tzinfo=UTC) + timedelta(days=day)
    early = when(text, first, "UTC").best
    late = when(text, first + timedelta(days=shift), "UTC").best
    assert early is not None and late is not None
    assert late.start - early.start == late.end - early.end == timedelta(days=shift)


_ALL = [case[0] for case in CHINESE + ENGLISH] + [
    "2月29日",
    "腊月三十",
    "4/3",
    "上个月底",
    "7点到三点",
    "at midnight",
]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(_ALL),
    st.datetimes(datetime.fromisoformat("1975-01-01"), datetime.fromisoformat("2190-01-01")),
    st.integers(-14 * 4, 14 * 4),
)
def test_no_reading_begins_after_the_post_in_any_zone(text: str, at: datetime, quarters: int) -> None:
    minutes = quarters * 15
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    posted = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for candidate in when(text, posted, zone).candidates:
        assert candidate.start <= posted + timedelta(minutes=5)
        assert candidate.start <= candidate.end
        assert 0 <= candidate.weight <= 1


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["America/New_York", "Europe/London", "Australia/Sydney", "Asia/Kathmandu"]),
    st.integers(0, 366),
)
def test_hours_that_the_clock_change_skips_are_still_read(zone: str, day: int) -> None:
    posted = datetime(2024, 1, 1, 23, 0, tzinfo=ZoneInfo(zone)) + timedelta(days=day)
    best = when("today at 2:30 am", posted, zone).best
    assert best is not None
    assert timedelta(0) < best.end - best.start <= timedelta(hours=2)


def test_two_sightings_in_one_post_both_stay_and_the_later_comes_first() -> None:
    told = when("He was at the bus station at 8am and again at 7pm, boy about 6")
    first, second = told.candidates[:2]
    assert [c.evidence.quote for c in (first, second)] == ["7pm", "8am"]
    assert first.weight > second.weight > 0.2


def test_a_photo_tells_which_of_two_sightings_it_shows() -> None:
    taken = datetime(2011, 2, 16, 0, 2, tzinfo=UTC)
    told = when("早上8点在桥上看到他，晚上7点又在桥上看到他", photos=(("p", Exif(taken_at=taken)),))
    texts = [c for c in told.candidates if c.evidence.kind is EvidenceKind.TEXT]
    assert [c.evidence.quote for c in texts[:2]] == ["早上8点", "晚上7点"]
    assert told.candidates[0].evidence.kind is EvidenceKind.EXIF


@pytest.mark.parametrize(
    ("text", "ahead", "first", "after"),
    [
        ("next Wednesday at 4pm", False, "2016-05-25 16:00", "2016-05-25 16:00"),
        ("Monday", True, "2016-05-23 00:00", "2016-05-24 00:00"),
        ("Monday", False, "2016-05-16 00:00", "2016-05-17 00:00"),
        ("before 2015", False, None, "2015-01-01 00:00"),
        ("2019 Q3", False, "2019-07-01 00:00", "2019-10-01 00:00"),
        ("from 13 to 15 July", True, "2016-07-13 00:00", "2016-07-16 00:00"),
        ("下周三", False, "2016-05-25 00:00", "2016-05-26 00:00"),
        ("过去十年", False, "2006-05-18 00:00", "2016-05-18 00:00"),
        ("2010年1月4日或之后", False, "2010-01-04 00:00", None),
    ],
)
def test_plain_values_of_other_texts_may_lie_ahead_or_be_open(
    text: str, ahead: bool, first: str | None, after: str | None
) -> None:
    found = values(text, datetime.fromisoformat("2016-05-18T22:10"), prefer_future=ahead)
    assert len(found) == 1
    shown = [at and f"{at:%Y-%m-%d %H:%M}" for at in (found[0].first, found[0].after)]
    assert shown == [first, after]
