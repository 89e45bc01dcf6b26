"""What the words say of the child, and nothing more."""

from __future__ import annotations

import pytest

from bot.extract.normal import normalise
from bot.extract.person import read


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("五六岁的男孩", 5, 6),
        ("大概四岁", 3, 5),
        ("三岁多", 3, 4),
        ("十二三歲", 12, 13),
        ("6-7岁", 6, 7),
        ("最多六岁", 0, 6),
        ("约9岁，光着脚", 8, 10),
        ("十岁，姓余", 10, 10),
        ("girl about 9 with a sign", 8, 10),
        ("boy, 8-10 yrs", 8, 10),
        ("a kid no more than 4", 0, 4),
        ("toddler, 2 years old", 2, 2),
        ("lad of maybe eleven, wrapped in a flag", 10, 12),
        ("girl ~12, long braid", 11, 13),
        ("lad 6/7 at the gate", 6, 7),
        ("three boys maybe 6 to 9 with bottles", 6, 9),
        ("two sisters 8 & 13 in church dresses", 8, 13),
        ("a young one, 16 tops, walking barefoot", 0, 16),
        ("說自己讀三年級的女生", 8, 9),
    ],
)
def test_ages_are_read_as_intervals(text: str, low: float, high: float) -> None:
    who = read(normalise(text))
    assert (who.age_low, who.age_high) == (low, high)


@pytest.mark.parametrize(
    "text", ["3 people at 5th Street", "零下十几度", "妇女五十来岁，抱着孩子", "bus 25 at gate 6"]
)
def test_other_numbers_are_no_ages(text: str) -> None:
    assert read(normalise(text)).age_low is None


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("小姑娘卖花", "female"),
        ("男童光着上身", "male"),
        ("一个孩子", ""),
        ("大的男孩十岁，小的女孩四岁", ""),
        ("wee lassie with a cup", "female"),
        ("two boys by the gate", "male"),
        ("a kid, he was gone", "male"),
        ("六七岁的尕娃，小手冻得通红", "male"),
        ("kid of five, woman keeps pulling her along", ""),
        ("兄妹俩在桥上卖花", ""),
        ("一个孩子喊“姐姐救我”，他光着脚", "male"),
    ],
)
def test_sex_is_said_only_when_the_words_do(text: str, sex: str) -> None:
    assert read(normalise(text)).sex == sex


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("俩孩子翻跟头", 2),
        ("三個小孩", 3),
        ("一个女孩", 1),
        ("three siblings", 3),
        ("桥上没人", None),
        ("六七岁男孩坐地上", 1),
        ("大的八岁，小的四岁，都跪着", 2),
        ("9 yo boy, barefoot", 1),
        ("仨男孩翻跟头", 3),
        ("two little ones by the wall", 2),
    ],
)
def test_children_are_counted(text: str, count: int | None) -> None:
    assert read(normalise(text)).children == count


@pytest.mark.parametrize(
    ("text", "adult"),
    [
        ("一老太太带着孩子", "old woman"),
        ("中年妇女抱婴儿", "woman"),
        ("man in a van watching", "man"),
        ("小孩独自坐着", ""),
        ("问他妈妈在哪，他说妈妈在电话里", ""),
        ("奶奶牵着个小女孩要钱", "old woman"),
        ("boy crying, we found his mum later", ""),
    ],
)
def test_the_adult_beside_the_child_is_named(text: str, adult: str) -> None:
    assert read(normalise(text)).adult == adult


def test_every_value_has_its_words() -> None:
    text = "昨天一個小女孩大概六歲，額頭有塊紅色胎記，老奶奶牽著"
    who = read(normalise(text))
    assert {e.rule for e in who.evidence} >= {"sex", "number", "age", "adult", "mark"}
    assert all(text[e.start : e.end] == e.quote for e in who.evidence)
    assert any("胎記" in mark for mark in who.marks)
