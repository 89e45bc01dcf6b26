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
        ("12、3岁的男娃娃", 12, 13),
        ("一对男孩，十岁不到", 0, 10),
        ("没满六岁，光着脚", 0, 6),
        ("背篓里的娃儿才几个月", 0, 1),
        ("一小闺女卖花，得有十二了", 12, 12),
        ("背着砖头上山，十二三，一趟四块钱", 12, 13),
        ("卖唱女孩，自称13，胳膊上写个号码", 13, 13),
        ("girl of 4/5 asleep with a cup", 4, 5),
        ("three boys 8 to 12 selling tissues", 8, 12),
        ("two lads, one 13 one 9ish, by the fountain", 8, 13),
        ("a baby about 9 months, no gloves", 0, 1),
        ('girl in a green coat, told me "fifteen, but don\'t call"', 15, 15),
        ("kids at the gate, none above 9", 0, 9),
        ("lass of nine at the bins", 9, 9),
        ("small boy ±9 with a puppy", 8, 10),
        ("umfana, twelve years old, class 5", 12, 12),
        ("boy, 7 saal, cleft lip", 7, 7),
        ("my son is 4, this one was smaller, maybe 3", 2, 4),
        ("a girl about the same age as my 6yo, alone", 5, 7),
        ("a boy smaller than my 5 year old", 0, 5),
        ("跟我儿子六岁差不多大的男孩", 5, 7),
    ],
)
def test_ages_in_many_forms_are_read(text: str, low: float, high: float) -> None:
    who = read(normalise(text))
    assert (who.age_low, who.age_high) == (low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("the big one 11, the small one 4", 4, 11),
        ("大的七岁，小的三岁，都在要钱", 3, 7),
    ],
)
def test_ages_are_read_as_intervals(text: str, low: float, high: float) -> None:
    who = read(normalise(text))
    assert (who.age_low, who.age_high) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "3 people at 5th Street",
        "零下十几度",
        "妇女五十来岁，抱着孩子",
        "bus 25 at gate 6",
        "my daughter (5) saw a girl with no shoes",
        "我儿子六岁，今天看到一个要饭的孩子",
        "boy in class 5, bay 7",
        "she asked 3 times, 2 kids with her",
        "living here 6 yrs, saw a boy",
        "wee one on the rope 8 ft up",
    ],
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
        ("小囡敲玻璃，说饿", ""),
        ("一个孩子哭，他爸妈不知道去哪了", ""),
        ("姐妹们帮忙看看，桥上有个小孩", ""),
        ("三个孩子要钱，其中一个女孩", ""),
        ("四个小女孩排一排", "female"),
        ("a boy w/ his sister under the bridge", ""),
        ("three kids, one boy is limping", ""),
        ("two young fellas by the fountain", "male"),
        ("一男一女下车，女孩四五岁，哭", "female"),
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
        ("girl of 9 with a baby on her hip", 2),
        ("爷孙俩在车缝里讨钱，小孙女戴帽子", 1),
        ("姐姐背着弟弟捡瓶子", 2),
        ("那两个卖花环的小丫头", 2),
        ("有人抱个八岁男孩，背上烫疤十几个", 1),
        ("tatlong bata sa jeep", 3),
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
