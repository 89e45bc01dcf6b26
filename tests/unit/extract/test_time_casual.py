"""Times as they are written in a hurry, and in words that English posts borrow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.extract.normal import normalise, parts
from bot.extract.time import find, read
from bot.extract.time_find import find_expressions


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a kid by the kiosk sat nite like 1030", "sat nite like 1030"),
        ("he was here just now 5 something", "just now 5 something"),
        ("asking everyone for the past 45 min or so", "for the past 45 min or so"),
        ("saw her one hour and half ago", "one hour and half ago"),
        ("girl at the bridge abt 2 hrs ago", "abt 2 hrs ago"),
        ("boy at the stop, ystrday evng, one shoe", "ystrday evng"),
        ("on the train today btwn 7:50 and 8:10a", "today btwn 7:50 and 8:10a"),
        ("begging since morning", "since morning"),
        ("sat outside on paddys day", "paddys day"),
        ("near the ghat aaj subah 9 baje", "aaj subah 9 baje"),
        ("sa ilalim ng tulay kahapon ng hapon", "kahapon ng hapon"),
        ("di perempatan kemarin sore", "kemarin sore"),
        ("outside the mosque Thursday maghrib time", "Thursday maghrib time"),
        ("by the gate wed 14th, 9pm", "wed 14th, 9pm"),
        ("waiting room no.2, 2011.1.29 23:20", "2011.1.29 23:20"),
        ("this mornin, back o 10, on the bus", "this mornin, back o 10"),
        ("girl, 6, yestaday evening by the junction", "yestaday evening"),
        ("boy, 5, day bfore yest afternoon near the toll", "day bfore yest afternoon"),
        ("asleep on the steps, Weds pm, outside", "Weds pm"),
        ("two kids, the night of the 12th, in a doorway", "the night of the 12th"),
        ("seen Fri. evening around six-thirty, by the shelter", "Fri. evening around six-thirty"),
        ("by the pier, ten of seven this a.m., alone", "ten of seven this a.m."),
        ("by the pier, half-past-six, alone", "half-past-six"),
        ("by the pier, 7-30 pm, alone", "7-30 pm"),
        ("by the pier, just b4 8 this morn, alone", "just b4 8 this morn"),
        ("by the pier, about an hour before iftar, alone", "about an hour before iftar"),
        ("by the pier for the last 3 days, alone", "for the last 3 days"),
        ("by the pier 1hr 20 mins ago", "1hr 20 mins ago"),
        ("by the pier 2-3 hours back, alone", "2-3 hours back"),
        ("the day after Christmas, by the pier", "the day after Christmas"),
        ("Labor Day weekend, by the pier", "Labor Day weekend"),
        ("sa tulay kagabi mga 9pm, batang lalaki", "kagabi mga 9pm"),
        ("pul par kal sham sadhe 5 baje ek bacha", "kal sham sadhe 5 baje"),
        ("pale darajani jana usiku saa tatu, mtoto", "jana usiku saa tatu"),
        ("dekat jambatan semalam pukul 9 malam, budak", "semalam pukul 9 malam"),
        ("near the bridge anoche, a boy", "anoche"),
        ("by the bridge 6:15 pm PHT, a boy", "6:15 pm PHT"),
    ],
)
def test_hurried_words_are_found_whole(text: str, words: str) -> None:
    assert [text[e.start : e.end] for e in find_expressions(text)] == [words]


@pytest.mark.parametrize(
    "text", ["on 26th of July St near the bank", "sold pens in a Halloween costume", "on Parson Cross estate"]
)
def test_streets_and_costumes_are_no_days(text: str) -> None:
    assert not any(e.score > 0.4 for e in find_expressions(text))


@pytest.mark.parametrize(
    "text",
    [
        "两个钟前在街市",
        "今暗在桥头",
        "八点来多在桥上",
        "夜儿黑了在桥上",
        "昨个晌午在桥上",
        "约摸下午两点半在门口",
        "北京时间七点半在夜市",
    ],
)
def test_spoken_chinese_times_are_found_whole(text: str) -> None:
    found = find_expressions(text)
    assert found and found[0].start == 0 and found[0].end == text.index("在")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Between 10 last night and 2 this morning a boy was on the road", "08-13 22:00", "08-14 02:00"),
        ("last evening 5 til 8. Same kid asleep", "08-13 17:00", "08-13 20:00"),
        ("from 10am till noon she sat there", "08-14 10:00", "08-14 12:00"),
        ("2 to 330, five kids with buckets", "08-14 14:00", "08-14 15:30"),
        ("btwn 5 & 7 am: two little ones", "08-14 05:00", "08-14 07:00"),
        ("he was there from 12 till now", "08-14 12:00", "08-14 20:30"),
        ("昨天上午十点到下午两点在门口", "08-13 10:00", "08-13 14:00"),
        ("kaninang umaga bandang 8 hanggang tanghali, bata", "08-14 08:00", "08-14 12:00"),
    ],
)
def test_a_stretch_begins_and_ends_where_the_words_say(text: str, start: str, end: str) -> None:
    normal = normalise(text)
    written = datetime(2021, 8, 14, 20, 30, tzinfo=UTC)
    best = read(normal, find(normal, parts(normal)), written_at=written, zone="UTC").best
    assert best is not None
    assert [f"{t:%m-%d %H:%M}" for t in (best.start, best.end)] == [start, end]
