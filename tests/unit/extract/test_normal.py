"""The normal form and the way back from it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract.normal import MAX_CHARS, normalise, parts


def test_full_width_and_traditional_characters_become_plain() -> None:
    normal = normalise("昨晚９：３０，臺北火車站")
    assert normal.text == "昨晚9:30,台北火车站"


def test_every_span_leads_back_to_the_original_characters() -> None:
    original = "①２月８號\u200b　ﬁne 臺北"
    normal = normalise(original)
    at = normal.text.index("8号")
    assert normal.quote(at, at + 2) == "８號"
    start, end = normal.span(normal.text.index("台北"), normal.text.index("台北") + 2)
    assert original[start:end] == "臺北"


def test_a_repost_chain_is_split_by_author() -> None:
    normal = normalise("帮转//@小林：昨晚在车站看到//@老周：在哪里")
    pieces = [(normal.text[p.start : p.end], p.own) for p in parts(normal)]
    assert pieces == [("帮转", True), ("昨晚在车站看到", False), ("在哪里", False)]


def test_a_plain_retweet_has_nothing_of_the_author() -> None:
    assert [p.own for p in parts(normalise("RT @somebody: boy at the gate today"))] == [False]


def test_a_long_text_is_cut() -> None:
    assert len(normalise("路" * 20_000).text) == MAX_CHARS


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=400))
def test_offsets_stay_inside_the_original_and_in_order(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert list(normal.starts) == sorted(normal.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(normal.starts, normal.ends, strict=True))
