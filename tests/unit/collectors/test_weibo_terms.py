"""What Weibo is asked for, how people are shown it, and which test is left to us."""

from __future__ import annotations

import pytest

from collectors.weibo_terms import Terms, rest_of, shown, terms
from store.errors import UsageError
from store.records.page import TagQuery
from tests.unit.collectors.make import post


@pytest.mark.parametrize(
    ("query", "q", "is_topic"),
    [
        (TagQuery(any=("宝贝回家",)), "宝贝回家", True),
        (TagQuery(any=("#微博 寻人#",)), "微博 寻人", True),
        (TagQuery(any=('a{b}"c“',)), "a b c", True),
        (TagQuery(all=("＃Found＃", "x")), "Found", True),
        (TagQuery(phrases=("{}", '走失 "儿童"')), "走失 儿童", False),
    ],
)
def test_a_query_becomes_one_search(query: TagQuery, q: str, is_topic: bool) -> None:
    found = terms(query, "source")
    assert found == Terms(q, is_topic)
    assert (("istag", "1") in found.params()) is is_topic and ("q", q) in found.params()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (TagQuery(any=("a", "b")), "one at a time"),
        (TagQuery(), "neither"),
        (TagQuery(any=('{"}#',)), "neither"),
        (TagQuery(none=("a",), langs=("zh",)), "neither"),
    ],
)
def test_a_query_that_cannot_be_searched_is_said_so(query: TagQuery, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        terms(query, "source")


def test_people_are_shown_the_whole_search() -> None:
    query = TagQuery(
        any=("宝贝回家",), all=("成都",), none=("广告",), phrases=("红衣",), not_authors=("某机构",)
    )
    assert shown(query, "source") == ("#宝贝回家#, also with #成都#, “红衣”, without #广告#, not by 某机构")
    assert shown(TagQuery(phrases=("走失",)), "source") == "“走失”"


def test_what_weibo_found_is_tested_again() -> None:
    is_wanted = rest_of(TagQuery(any=("a",), phrases=("pier",), none=("ad",)))
    assert is_wanted(post("at the pier", hashtags=("A",)))
    assert is_wanted(post("at the pier", hashtags=("a[超话]",)))
    assert not is_wanted(post("at the pier", hashtags=("ab",)))
    assert not is_wanted(post("in the park", hashtags=("a",)))
    assert not is_wanted(post("at the pier", hashtags=("a", "AD")))


def test_what_is_missing_in_a_cut_text_is_not_held_against_it() -> None:
    query = TagQuery(any=("a",), all=("b",), phrases=("pier",), none=("ad",))
    cut = ("text: cut by Weibo, the long form is not in the payload",)
    assert rest_of(query)(post("in the", problems=cut))
    assert not rest_of(query)(post("in the", problems=cut, hashtags=("ad",)))


def test_a_repost_is_kept_for_what_it_reposts() -> None:
    is_wanted = rest_of(TagQuery(any=("a",), not_authors=("7",)))
    assert rest_of(TagQuery(any=("a",)))(post("转发微博", repost_of="weibo:1"))
    assert not is_wanted(post("转发微博", repost_of="weibo:1"))
