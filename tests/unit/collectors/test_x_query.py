"""What X is asked, as text: every part of a query, splitting, what cannot be asked, rules of the stream."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.x_query import RECENT_CHARS, RULE_PREFIX, Rule, compose, reconcile, rules, shown
from store.errors import UsageError
from store.records.page import TagQuery


def test_every_part_of_a_query_has_its_operator() -> None:
    query = TagQuery(
        any=("＃Found", "宝贝回家"),
        all=("#child",),
        none=("ad",),
        phrases=('at "the" pier',),
        langs=("zh", "en"),
        not_authors=("@nora", "nora@harbour.example"),
    )
    assert compose(query) == (
        '(#Found OR #宝贝回家) #child "at the pier" (lang:zh-CN OR lang:zh-TW OR lang:en OR lang:und)'
        " -#ad -from:nora -is:retweet",
    )


def test_one_hashtag_needs_no_parentheses_and_a_phrase_stands_alone() -> None:
    assert shown(TagQuery(any=("found", "#FOUND"))) == ("#found -is:retweet",)
    assert shown(TagQuery(phrases=("lost boy",))) == ('"lost boy" -is:retweet',)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (TagQuery(), "neither"),
        (TagQuery(langs=("en",), not_authors=("a",)), "neither"),
        (TagQuery(any=("two words",)), "cannot be a hashtag"),
        (TagQuery(any=("a) OR from:x",)), "cannot be a hashtag"),
        (TagQuery(any=("2026",)), "cannot be a hashtag"),
        (TagQuery(any=("a",), none=("b c",)), "cannot be a hashtag"),
        (TagQuery(any=("a",), langs=("english speaking",)), "BCP 47"),
        (TagQuery(any=("a",), not_authors=tuple(f"author{n:05d}" for n in range(40))), "takes 512"),
    ],
)
def test_what_x_cannot_be_asked_is_said(query: TagQuery, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compose(query)


@settings(max_examples=60)
@given(st.lists(st.text("abcdefgh宝贝", min_size=1, max_size=60), min_size=1, max_size=40))
def test_a_long_query_is_split_and_no_hashtag_is_lost(tags: list[str]) -> None:
    texts = compose(TagQuery(any=tuple(tags), none=("zzz",)))
    assert all(len(text) <= RECENT_CHARS and text.endswith(" -#zzz -is:retweet") for text in texts)
    asked = [word.strip("()") for text in texts for word in text.split() if word.strip("(").startswith("#")]
    assert len(asked) == len(set(asked)) and set(asked) == {f"#{tag}" for tag in tags}
    assert len(texts) == 1 or all(len(one) + len(two) > RECENT_CHARS for one, two in pairwise(texts))


@settings(max_examples=80)
@given(st.text(max_size=60))
def test_no_word_of_a_query_becomes_an_operator(text: str) -> None:
    try:
        (asked,) = compose(TagQuery(any=(text,), phrases=(text,), not_authors=(text,)))
    except UsageError:
        return
    bare = "".join(part for at, part in enumerate(asked.split('"')) if at % 2 == 0)
    assert asked.count('"') in (0, 2) and " OR " not in bare and "(" not in bare
    assert all(word[0] in "#-" for word in bare.split())


def test_rules_of_others_are_never_touched() -> None:
    wanted = rules([TagQuery(any=("found",)), TagQuery(any=("found",)), TagQuery(any=("seen",))])
    assert [rule.value for rule in wanted] == ["#found -is:retweet", "#seen -is:retweet"]
    assert all(rule.tag.startswith(RULE_PREFIX) for rule in wanted)
    existing = [
        {"id": "1", "value": "cats", "tag": "somebody's"},
        {"id": "2", "value": "#old -is:retweet", "tag": "homeward:1"},
        {"id": "3", "value": wanted[0].value, "tag": wanted[0].tag},
        {"id": "4", "value": "dogs"},
        "nonsense",
        {"value": "#no id", "tag": "homeward:2"},
    ]
    change = reconcile(wanted, existing)
    assert change.add == (wanted[1],) and change.delete == ("2",) and change.kept == frozenset({"3"})


def test_a_foreign_rule_with_the_same_value_serves_as_ours() -> None:
    change = reconcile([Rule("a", "homeward:1")], [{"id": "9", "value": "a", "tag": "theirs"}])
    assert change == reconcile([Rule("a", "homeward:1")], [{"id": "9", "value": "a"}])
    assert change.add == () and change.delete == () and change.kept == frozenset({"9"})


def test_more_rules_than_x_takes_are_refused() -> None:
    queries = [TagQuery(any=(f"tag{n}",)) for n in range(1001)]
    with pytest.raises(UsageError, match="1001 rules"):
        rules(queries)
