"""Who wants no more messages says so in many ways; who tells of a bus stop does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.optout import Wish, names_of, wish_of

NONE, STOP, ALL, ERASE = Wish.NONE, Wish.STOP, Wish.STOP_EVERYWHERE, Wish.ERASE


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("STOP", STOP),
        ("@homeward@x.example stop", STOP),
        ("ｓｔｏｐ", STOP),
        ("Stop it, leave me alone", STOP),
        ("停止", STOP),
        ("退订", STOP),
        ("請退訂", STOP),
        ("unsubscribe", STOP),
        ("opt-out", STOP),
        ("TD", STOP),
        ("please stop messaging me", STOP),
        ("STOP. I never asked for this!", STOP),
        ("别再回复我了", STOP),
        ("不要再@我", STOP),
        ("请勿联系我", STOP),
        ("don't reply to me ever again", STOP),
        ("I don't want your messages", STOP),
        ("no more messages, thanks", STOP),
        ("不想再被打扰", STOP),
        ("stop all", ALL),
        ("全部停止", ALL),
        ("Unsubscribe from all platforms please", ALL),
        ("stop everywhere", ALL),
        ("停止，所有平台", ALL),
        ("所有平台都不要再联系我", ALL),
        ("delete", ERASE),
        ("删除", ERASE),
        ("Please delete my data", ERASE),
        ("刪除我的資料", ERASE),
        ("把我的帖子删掉", ERASE),
        ("erase me", ERASE),
        ("Thanks. Delete everything, please.", ERASE),
    ],
)
def test_a_wish_is_read(text: str, wish: Wish) -> None:
    assert wish_of(text) is wish


@pytest.mark.parametrize(
    "text",
    [
        "saw a boy at the bus stop near the mall @homeward",
        "车停在路边看到一个孩子",
        "thanks",
        "no",
        "",
        "I couldn't stop, traffic. A girl begging at the stop",
        "公交车停止运营的地方有个孩子乞讨",
        "yesterday, Chengdu Jinjiang",
        "昨天下午，成都锦江区",
        "I don't know",
        "don't stop looking for them!",
        "the police deleted the post about my neighbour",
        "不要停止寻找",
        "They asked the driver to stop. A child",
        "最后一站：停车场",
        "取消了行程，看到小孩",
        "s t o p",
    ],
)
def test_what_is_no_wish_is_none(text: str) -> None:
    assert wish_of(text) is NONE


def test_in_a_post_that_only_names_us_a_word_in_the_middle_belongs_to_what_is_told() -> None:
    told = "@homeward He shouted: stop! and the child ran"
    assert wish_of(told, is_answer=False) is NONE
    assert wish_of("@homeward stop", is_answer=False) is STOP
    assert wish_of("@homeward I saw nothing. Please stop messaging me.", is_answer=False) is STOP


@settings(max_examples=80, deadline=400)
@given(st.text(max_size=80) | st.text(alphabet="stop 停请别me.删", max_size=400))
def test_any_text_is_read_in_time(text: str) -> None:
    assert wish_of(text) in Wish


@pytest.mark.parametrize("text", ["stop " * 800, "请" * 4000, "delete my " * 400, "不要再" * 1300])
def test_hostile_texts_are_read_in_time(text: str) -> None:
    assert wish_of(text) in Wish


def test_names_are_compared_without_host_and_case() -> None:
    assert names_of("@Lin@Social.example") == {"lin@social.example", "lin"}
    assert names_of("Lin.bsky.social") == {"lin.bsky.social", "lin"}
    assert names_of("lin_0") == {"lin_0"} and names_of("") == frozenset()
