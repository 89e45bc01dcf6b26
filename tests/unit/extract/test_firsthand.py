"""Who speaks, with the words that say so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract.firsthand import judge, span_of
from bot.extract.firsthand_grams import packed, unpacked
from bot.extract.normal import normalise, parts
from store.records.sighting import FirstHand


def verdict(text: str, *, place: bool = True, time: bool = True) -> tuple[str, bool]:
    normal = normalise(text)
    found = judge(normal, parts(normal), has_place=place, has_time=time, has_photo=False)
    assert found.why
    return found.first_hand.value, found.is_sighting


@pytest.mark.parametrize(
    ("text", "hand", "sighting"),
    [
        ("今早在车站门口看到一个男孩跪着乞讨", "own", True),
        ("small boy begging outside the station just now, no shoes", "own", True),
        ("同事发来的：昨天傍晚南门一个小孩跪着", "passed_on", True),
        ("RT @walker: girl selling tissues at the gate today 11am", "passed_on", True),
        ("My cousin says there was a boy begging at the bridge yesterday", "passed_on", True),
        ("寻子！2009年5月在县城走失，男孩，今年应该12岁", "notice", False),
        ("MISSING CHILD: last seen wearing a red coat near the park", "notice", False),
        ("警方通报：打拐专项行动解救儿童12名", "news", False),
        ("Police say all districts must report data on begging children", "news", False),
        ("感谢所有转发的朋友", "other", False),
        ("50% off all phones, deals end tonight", "other", False),
    ],
)
def test_the_voice_of_a_post_is_told(text: str, hand: str, sighting: bool) -> None:
    has = sighting
    assert verdict(text, place=has, time=has) == (hand, sighting)


def test_a_chain_without_own_words_is_passed_on() -> None:
    assert verdict("//@小林：昨晚桥上一个孩子跪着")[0] == FirstHand.PASSED_ON


@pytest.mark.parametrize(
    ("text", "hand", "sighting"),
    [
        ("邻居大姐刚跟我讲，西门桥洞里有个光脚的男孩，七岁上下", "passed_on", True),
        ("posting for a colleague: yesterday 5pm, two girls begging by the ferry gate", "passed_on", True),
        ("求扩散！外地车专门偷小孩，已经丢了三个，转到每个群", "passed_on", False),
        ("法院一审宣判，三名被告因拐卖儿童获刑", "news", False),
        ("Two men charged after toddler was taken from a playground, police said", "news", False),
        ("寻人：陈小树，男，9岁，昨天放学后走失，身高1米3，有线索请联系138****0000", "notice", False),
        ("why does nobody ever stop for the children who beg? asking myself again", "other", False),
    ],
)
def test_chains_news_notices_and_questions_are_no_sightings(text: str, hand: str, sighting: bool) -> None:
    assert verdict(text, place=sighting, time=sighting) == (hand, sighting)


def test_a_verdict_states_how_sure_it_is() -> None:
    normal = normalise("今早在车站门口看到一个男孩跪着乞讨，七八岁，我给了他一瓶水")
    sure = judge(normal, parts(normal), has_place=True, has_time=True, has_photo=True)
    short = normalise("朋友说今早桥上好像有个孩子")
    vague = judge(short, parts(short), has_place=False, has_time=False, has_photo=False)
    assert 0.8 < sure.weight <= 1 and vague.weight < sure.weight


@pytest.mark.parametrize(
    ("text", "hand", "sighting"),
    [
        ("我舅妈在菜场看到的，她不识字让我写：一个瘸腿男娃，八九岁，跪在鱼摊边要钱", "passed_on", True),
        (
            "My uncle drives a truck, no socials. He says a girl of six begged at the gate last night",
            "passed_on",
            True,
        ),
        ("【最新】警方：三名被拐儿童获救，两名嫌疑人被刑拘", "news", False),
        ("Reuters: police rescue 23 children from a begging ring, four people charged", "news", False),
        ("认领启事：我站现有一名男童，约六岁，不会说话，请家属与救助站联系", "notice", False),
        (
            "Have you seen Maya, 12? Last seen Friday at the library. Police are concerned, call 101",
            "notice",
            False,
        ),
        ("带女儿去动物园，人比猴子多，哈哈", "other", False),
        ("my 5yo told the bus driver she is a dragon, send help lol", "other", False),
        ("我八岁那年也在车站要过饭，一个阿姨给过我一双棉鞋，到现在都记得", "other", False),
        ("volunteers wanted Saturday 10am to 1pm, cooking with the kids, sign up in bio", "other", False),
    ],
)
def test_talk_of_children_is_told_from_a_child_seen(text: str, hand: str, sighting: bool) -> None:
    assert verdict(text, place=True, time=sighting) == (hand, sighting)


@pytest.mark.parametrize(
    "text",
    [
        "剛在廟口看到一個弟弟，大概五歲，跪著，面前一個碗",
        "MISSING CHILD: last seen wearing a red coat near the park",
        "法院一審宣判，三名被告因拐賣兒童獲刑",
        "my cousin sent me this: a boy asleep on platform 3 this morning, no shoes",
    ],
)
def test_the_reason_is_words_of_the_post_as_written(text: str) -> None:
    normal = normalise(text)
    found = judge(normal, parts(normal), has_place=True, has_time=True, has_photo=False)
    span = span_of(text, found.why)
    assert span is not None and text[span[0] : span[1]] == found.why


def test_a_reason_of_form_has_no_span() -> None:
    assert span_of("今早桥上", "names a place") is None and span_of("今早桥上", "") is None


@given(st.lists(st.integers(-8, 7), max_size=60).map(lambda some: some * 2))
@settings(max_examples=30)
def test_packed_weights_come_back_whole(levels: list[int]) -> None:
    assert unpacked(packed(levels)) == levels
