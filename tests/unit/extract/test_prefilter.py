"""Patterns that are skipped or tried in parts must find what the whole pattern finds."""

from __future__ import annotations

import random
import re

import pytest

from bot.extract import person_words as w
from bot.extract.place_zh_words import _CHAINS, BRAND, EXIT
from bot.extract.prefilter import Gate, Parted, needed, spread

_WHOLES = {
    "girl": w.GIRL, "boy": w.BOY, "both": w.BOTH, "single": w.SINGLE, "many": w.MANY, "pair": w.PAIR_EN,
    "pair zh": w.PAIR_ZH, "marks": w.MARKS, "exit": EXIT, "brand": BRAND, "chains": _CHAINS,
    **{label: re.compile(pattern, re.IGNORECASE) for label, pattern in w.ADULTS},
}  # fmt: skip


def _soups(pattern: str) -> list[str]:
    """Texts made of the pattern's own letters and words, in any case and order."""
    chance = random.Random(pattern)
    words = re.findall(r"[a-z]{2,}|[\u4e00-\u9fff]{1,3}|[♀♂\d]", pattern.replace(r"\b", " "))
    made = []
    for _ in range(60):
        glue = chance.choice(["", " ", ", ", " and "])
        text = glue.join(chance.choice(words) for _ in range(chance.randint(1, 25)))
        made.append(chance.choice([text, text.upper(), text.title(), f"A {text} of 7."]))
    return made


@pytest.mark.parametrize("name", _WHOLES)
def test_a_pattern_in_parts_finds_what_the_whole_pattern_finds(name: str) -> None:
    whole = _WHOLES[name]
    parted = Parted(whole)
    found = 0
    for text in _soups(whole.pattern):
        first, all_of_them = whole.search(text), [m.span() for m in whole.finditer(text)]
        got = parted.search(text)
        assert (got and got.span()) == (first and first.span()), text
        assert [m.span() for m in parted.finditer(text)] == all_of_them, text
        found += len(all_of_them)
    assert found


def test_a_choice_is_drawn_out_only_behind_what_has_no_width() -> None:
    assert spread(r"\b(?:a|(?:b|c)d)\b") == [r"\ba\b", r"\bbd\b", r"\bcd\b"]
    assert spread(r"(?<!x )(?:a|b)c") == [r"(?<!x )ac", r"(?<!x )bc"]
    for whole in (r"x(?:a|b)", r"(?:a|b)?c", r"(?:a)b", r"(?P<n>a|b)"):
        assert spread(whole) == [whole]


def test_a_pattern_without_words_needs_its_digits_unless_they_may_be_missing() -> None:
    assert needed(r"\b\d{1,2}[:.]\d\d") == frozenset([r"\d"])
    assert needed(r"\d?[,.]") is None
    assert needed(r"(?i:exit|gate) \d") == frozenset(["exit", "gate"])


def test_a_gate_opens_for_digits_and_for_letters_in_any_case() -> None:
    gate = Gate([("clock", r"\d[点:]\d?"), ("girl", "girl"), ("laugh", "😂")])
    assert gate.open("at 5:30") == {"clock"}
    assert gate.open("a G\u0130RL 😂") == {"girl", "laugh"}
    assert gate.open("nothing") == set()
