"""Hashtags: their spelling, where they are found, what a query wants, and looking for some in many texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.hashtags import TagSet, distinct, extract, first_letter, normalise, wanted
from store.records.page import TagQuery
from tests.unit.collectors.make import post


@pytest.mark.parametrize(
    ("tag", "same"),
    [
        ("＃宝贝回家", "宝贝回家"),
        ("#ＢringThem", "bringthem"),
        ("#STRASSE", "straße"),
        (" #Found ", "found"),
        ("2011  TGS", "2011 tgs"),
        ("found\ufe0f", "found"),
        ("# #found", "found"),
        ("ＩＳＴＡＮＢＵＬ", "istanbul"),
        ("e\u200b\u0301t\u00e9", "été"),
        ("ΟΔΟΣ", "οδος"),
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


SPELT = st.text(
    alphabet=st.one_of(
        st.sampled_from("#＃﹟ \u00b4\u037a\u0345\u0301\u0307\u200b\ufe0f\u0e33ßẞſKıİΣςǰ宝ﬁ가각ᄀaeIi_1"),
        st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=6,
)


@given(SPELT)
def test_stripping_a_tag_before_normalising_it_changes_nothing(tag: str) -> None:
    assert normalise(tag.strip().lstrip("#＃")) == normalise(tag)
    assert normalise(normalise(tag)) == normalise(tag)


@given(SPELT)
def test_a_tag_in_any_spelling_is_told_by_its_first_letter(tag: str) -> None:
    if normalise(tag):
        assert TagSet([normalise(tag)]).has(tag)


def test_characters_that_compose_keep_their_first_letter() -> None:
    hangul = range(0xAC00, 0xD7A4)  # composed by arithmetic, a few of them are enough
    for code in (*range(hangul.start), *hangul[::97], *range(hangul.stop, 0x2FA20)):
        whole = chr(code)
        parts = unicodedata.normalize("NFD", whole)
        if parts != whole and normalise(whole):
            assert TagSet([whole]).has(parts), hex(code)
            assert TagSet([parts]).has(whole), hex(code)


@given(
    st.text(alphabet="#＃ab宝İi\u0301 1_\n/&·", max_size=20), st.sampled_from(["a", "ab", "宝b", "i\u0301"])
)
def test_a_text_may_hold_each_tag_that_is_extracted_from_it(text: str, tag: str) -> None:
    tags = TagSet([tag])
    assert tags.may_be_in(text) or not any(tags.has(found) for found in extract(text))


def test_a_text_of_nothing_but_signs_is_read_at_once() -> None:
    text = "é" + "#" * 300_000 + "found"
    assert extract(text) == ("found",)
    assert TagSet(["found"]).may_be_in(text)


def test_the_letter_a_word_begins_with_is_unknown_for_what_may_vanish() -> None:
    assert [first_letter(char) for char in ("", "#", " ", "\u0301", "\u200b", "´", "ͺ", "ำ")] == [""] * 8
    assert (first_letter("Ｆ"), first_letter("é"), first_letter("宝")) == ("f", "e", "宝")
