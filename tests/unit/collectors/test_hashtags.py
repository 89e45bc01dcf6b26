"""Hashtags: their spelling, where they are found, what a query wants, and the byte filter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.hashtags import byte_filter, distinct, extract, normalise, wanted
from collectors.jetstream import Sieve, Wire
from store.records.page import TagQuery
from tests.unit.collectors.make import NOW, post


@pytest.mark.parametrize(
    ("tag", "same"),
    [
        ("＃宝贝回家", "宝贝回家"),
        ("#ＢringThem", "bringthem"),
        ("#STRASSE", "straße"),
        (" #Found ", "found"),
        ("2011  TGS", "2011 tgs"),
        ("found\ufe0f", "found"),
    ],
)
def test_two_spellings_of_a_tag_are_the_same(tag: str, same: str) -> None:
    assert normalise(tag) == normalise(same)


@given(st.text())
def test_normalising_twice_changes_nothing(tag: str) -> None:
    assert normalise(normalise(tag)) == normalise(tag)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("看到孩子#宝贝回家 在车站", ("宝贝回家",)),
        ("＃随手拍，#Found!", ("随手拍", "Found")),
        ("#宝贝回家#孩子在码头", ("宝贝回家",)),
        ("#found #Found #FOUND", ("found",)),
        ("#2011 is a number, #2011年 is a tag", ("2011年",)),
        ("a#b C&#39;s x/#frag https://x.example/#part", ()),
        ("#दिल्ली and #café", ("दिल्ली", "café")),
        ("# alone ## #", ()),
        ("#one\n#two", ("one", "two")),
    ],
)
def test_hashtags_are_found_in_text(text: str, tags: tuple[str, ...]) -> None:
    assert extract(text) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#2011 TGS# 别具一格 ＃LBS产品＃", ("2011 TGS", "LBS产品")),
        ("只有一个 #标签 没有结尾", ()),
        ("#断\n行# 后面", ()),
        ("#a##b#", ("a", "b")),
        ("##", ()),
    ],
)
def test_weibo_topics_are_paired(text: str, tags: tuple[str, ...]) -> None:
    assert extract(text, paired=True) == tags


@given(st.text(alphabet="#＃ab宝 1_\n/&"), st.booleans())
def test_what_is_extracted_is_in_the_text(text: str, paired: bool) -> None:
    for tag in extract(text, paired=paired):
        assert tag in text and "#" not in tag


def test_distinct_keeps_the_first_spelling() -> None:
    assert distinct(["#Found", "FOUND", "", "#", "Lost"]) == ("Found", "Lost")


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        (TagQuery(any=("宝贝回家", "found")), True),
        (TagQuery(any=("＃ＦＯＵＮＤ",)), True),
        (TagQuery(any=("lost",)), False),
        (TagQuery(any=("found",), all=("pier",)), True),
        (TagQuery(all=("found", "lost")), False),
        (TagQuery(any=("found",), none=("Pier",)), False),
        (TagQuery(phrases=("at the PIER",)), True),
        (TagQuery(phrases=("at the pier", "with a dog")), False),
        (TagQuery(langs=("en",)), True),
        (TagQuery(langs=("zh", "en-GB")), True),
        (TagQuery(langs=("zh",)), False),
        (TagQuery(not_authors=("@Walker",)), False),
        (TagQuery(not_authors=("7",)), False),
        (TagQuery(not_authors=("somebody",)), True),
        (TagQuery(), True),
    ],
)
def test_a_post_is_wanted_when_it_keeps_every_condition(query: TagQuery, is_wanted: bool) -> None:
    seen = post("Seen at the Ｐier", hashtags=("Found", "Pier"), language="en-GB")
    assert wanted(query, seen) is is_wanted


def test_a_post_of_unknown_language_is_not_lost() -> None:
    assert wanted(TagQuery(langs=("zh",)), post("孩子", language=""))


TEXT = st.text(alphabet='#＃ab宝贝回家 é"\\\n/?.', max_size=30)
TAG = st.sampled_from(["宝贝回家", "ab", "Ab", "é"])


@given(TEXT, st.lists(TAG, max_size=2), st.lists(TAG, max_size=2), st.booleans(), st.booleans(), TAG)
def test_the_byte_filter_never_holds_back_a_wanted_post(
    text: str, facets: list[str], tags: list[str], ascii_only: bool, compact: bool, asked: str
) -> None:
    size = len(text.encode())
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": "2026-02-08T12:00:00Z",
    }
    record["facets"] = [
        {
            "index": {"byteStart": min(n, size), "byteEnd": min(n + 1, size)},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}],
        }
        for n, tag in enumerate(facets)
    ] + [{"index": {"byteStart": 0, "byteEnd": 0}, "features": [{"$type": "app.bsky.richtext.facet#link"}]}]
    if tags:
        record["tags"] = tags
    payload = {
        "$type": "network.bsky.jetstream.subscribeEvents#commit",
        **{"did": "did:plc:a", "time": "2026-02-08T12:00:00.000001Z", "operation": "create", "seq": 1},
        **{"collection": "app.bsky.feed.post", "rkey": "3k", "cid": "bafyabcdefgh", "record": record},
    }
    frame = {"$type": "message", "payload": payload}
    separators = (",", ":") if compact else (", ", ": ")
    data = json.dumps(frame, ensure_ascii=ascii_only, separators=separators).encode()
    sieve = Sieve([TagQuery(any=(asked,))], Wire.V2)
    if sieve.read(data, NOW, "here").posts:
        assert sieve.passes(data)


def test_the_byte_filter_holds_back_what_has_no_tag() -> None:
    may_want = byte_filter([TagQuery(any=("found",))], plain=(b"facet#", b"events#"))
    assert not may_want(b'{"t":"events#commit","f":"facet#link","text":"nothing here"}')
    assert may_want(b'{"t":"events#commit","f":"facet#link","text":"a #tag"}')
    assert may_want('{"text":"＃tag"}'.encode())
    assert may_want(rb'{"text":"\uFF03tag"}') and may_want(rb'{"text":"\u0023tag"}')
    assert may_want(b'{"f":"facet#tag"}') and may_want(b'{"tags":["found"]}')
    assert may_want(rb'{"t\u0061gs":["found"]}')


def test_a_query_without_tags_looks_at_every_post() -> None:
    assert byte_filter([TagQuery(any=("a",)), TagQuery(phrases=("pier",))], plain=())(b"{}")
