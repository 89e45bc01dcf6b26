"""Who speaks, with the words that say so."""

from __future__ import annotations

import pytest

from bot.extract.firsthand import judge
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
    vague = judge(normalise("嗯"), parts(normalise("嗯")), has_place=False, has_time=False, has_photo=False)
    assert 0.8 < sure.weight <= 1 and vague.weight < sure.weight
