"""No text raises, and none takes long: a small share of what benchmarks/hostile_texts.py reads."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.hostile_texts import KINDS, post_of
from bot.extract import firsthand_signs, timewords_en, timewords_zh
from bot.extract.normal import normalise
from bot.extract.prefilter import alternatives, needed
from bot.extract.sighting import read
from bot.extract.time_value import values
from tests.unit.extract.fake_gazetteer import FakeGazetteer

GAZETTEER = FakeGazetteer()


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_are_read_in_time(kind: object) -> None:
    chance = random.Random(5)
    for number in range(12):
        text = kind(chance)  # type: ignore[operator]
        started = time.thread_time()
        read(post_of(text, number), (), GAZETTEER)
        # Ten times what the benchmark allows on a quiet machine would still be a runaway pattern.
        assert time.thread_time() - started < 0.5, text[:80]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.booleans())
def test_plain_values_never_raise(text: str, ahead: bool) -> None:
    for value in values(
        text, datetime(2024, 2, 29, 23, 59, tzinfo=UTC).replace(tzinfo=None), prefer_future=ahead
    ):
        assert 0 <= value.start < value.end <= len(text)


def test_a_pattern_is_skipped_only_where_it_cannot_match() -> None:
    chance = random.Random(6)
    texts = [normalise(KINDS[n % len(KINDS)](chance)[:600]).text for n in range(60)]
    for text in texts:
        worth = firsthand_signs._GATE.open(text)
        for at, (_, pattern) in enumerate(firsthand_signs._COMPILED):
            assert str(at) in worth or pattern.search(text) is None
        for words in (timewords_en, timewords_zh):
            worth = words._GATE.open(text)
            for at, rule in enumerate(words._COMPILED):
                assert str(at) in worth or rule[1].search(text) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:boys?|girls?)\b", {"boy", "girl"}),
        (r"走失|失踪", {"走失", "失踪"}),
        (r"(?:about )?noon", {"noon"}),
        (r"\d{1,2}点", {"点"}),
        (r"a?b?", None),
        (r"(?=x)[ab]", None),
    ],
)
def test_the_words_a_pattern_needs_are_found(pattern: str, words: set[str] | None) -> None:
    found = needed(pattern)
    assert (set(found) if found is not None else None) == words


def test_bars_inside_groups_and_classes_do_not_split() -> None:
    assert alternatives(r"a(?:b|c)|[|]d|e\|f") == [r"a(?:b|c)", "[|]d", r"e\|f"]
