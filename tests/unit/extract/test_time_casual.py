"""Times as they are written in a hurry, and in words that English posts borrow."""

from __future__ import annotations

import pytest

from bot.extract.time import find_expressions


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
    ],
)
def test_hurried_words_are_found_whole(text: str, words: str) -> None:
    assert [text[e.start : e.end] for e in find_expressions(text)] == [words]


@pytest.mark.parametrize(
    "text", ["on 26th of July St near the bank", "sold pens in a Halloween costume", "on Parson Cross estate"]
)
def test_streets_and_costumes_are_no_days(text: str) -> None:
    assert not any(e.score > 0.4 for e in find_expressions(text))


@pytest.mark.parametrize("text", ["昨个晌午在桥上", "约摸下午两点半在门口", "北京时间七点半在夜市"])
def test_spoken_chinese_times_are_found_whole(text: str) -> None:
    found = find_expressions(text)
    assert found and found[0].start == 0 and found[0].end == text.index("在")
