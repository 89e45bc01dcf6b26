"""Which language is answered, and which number is given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pipeline.catalogue import shipped
from bot.rules.words import Language, pick_language

HANS, HANT, EN = Language.ZH_HANS, Language.ZH_HANT, Language.EN


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("", "", EN),
        ("en", "I saw a child begging near the station", EN),
        ("zh", "在地铁站门口看到一个孩子", HANS),
        ("zh-CN", "在地铁站门口看到一个孩子", HANS),
        ("zh-TW", "在捷運站看到一個孩子", HANT),
        ("zh", "在捷運站看到一個孩子", HANT),
        ("zh-TW", "在地铁站门口看到一个孩子", HANS),  # what is written outweighs the tag
        ("en", "在地铁站门口看到一个孩子", HANS),  # the tag is often a default
        ("zh-HK", "好", HANT),
        ("zh_Hant", "好", HANT),
        ("zh-SG", "好", HANS),
        ("yue", "好", HANT),
        ("und", "好", HANS),
        ("en", "I saw a child #随手拍照解救乞讨儿童", EN),
        ("en", "I saw a child #随手拍照解救乞讨儿童#", EN),
        ("", "#随手拍照解救乞讨儿童#", HANS),
        ("", "#隨手拍照解救乞討兒童# https://example.com", HANT),
        ("ja", "駅前で子供を見ました", EN),
        ("", "駅前で子供を見ました", EN),
        ("ko", "역 앞에서 아이를 봤어요", EN),
        ("de", "Kind vor dem Bahnhof gesehen", EN),
        ("zh", "Kind vor dem Bahnhof gesehen", EN),
        ("zh", "https://example.com", EN),
        ("zh", "😢", HANS),
        ("zh-TW", "", HANT),
        ("", "Nanjing Road 南京路, a child was begging there all morning", EN),
        ("", "南京路 Nanjing Road 孩子在乞讨", HANS),
    ],
)
def test_the_language_is_read_from_text_and_tag(declared: str, text: str, language: Language) -> None:
    assert pick_language(declared, text) is language


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=12), st.text(max_size=60))
def test_any_tag_and_text_gives_one_of_our_languages(declared: str, text: str) -> None:
    assert pick_language(declared, text) in Language


@pytest.mark.parametrize("country", ["CN", "cn", " cn "])
def test_the_number_of_the_country_is_given(country: str) -> None:
    assert shipped().hotline(country, {"CN": "110", "GB": "116 000"}, "en") == "110"


@pytest.mark.parametrize(
    ("language", "words"), [(EN, "the local police"), (HANS, "当地警方"), (HANT, "當地警方")]
)
def test_where_no_number_is_known_it_is_the_local_police(language: Language, words: str) -> None:
    for country in ("", "AQ", "GB"):
        assert shipped().hotline(country, {"CN": "110", "GB": " "}, language) == words
