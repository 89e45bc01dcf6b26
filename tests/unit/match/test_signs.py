"""A likeness is looked at first only with a second, independent sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.match import signs
from bot.match.signs import Sign, Support, marks_that_agree, signs_of, stands_out, with_signs
from store.records.match import Match, Reason, Tier
from tests import makers

FIRST = makers.match(makers.face(makers.photo()), "post", tier=Tier.ALERT)
OTHER = Support("other post", "x:someone else", is_same_picture=False, stands_out=True, is_possible=False)


def told(*reasons: Reason) -> Match:
    return replace(FIRST, reasons=reasons)


NEAR, MARKS = Reason("travel", 0.2, "9 km"), Reason("marks", 0.3, "a scar")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (OTHER, [Sign.AUTHOR]),
        (replace(OTHER, author="x:me"), []),
        (replace(OTHER, stands_out=False), []),
        (replace(OTHER, is_same_picture=True, is_possible=True), []),
        (replace(OTHER, author="x:me", post_key="post", stands_out=False), [Sign.POST_PHOTO]),
        (replace(OTHER, author="x:me", stands_out=False, is_possible=True), [Sign.PERSON]),
    ],
)
def test_another_picture_is_a_sign_if_it_is_independent(other: Support, found: list[Sign]) -> None:
    assert signs_of(FIRST, "x:me", [other]) == found


@pytest.mark.parametrize(
    ("reasons", "is_sign"),
    [((NEAR, MARKS), True), ((NEAR,), False), ((MARKS,), False), ((replace(NEAR, weight=0.0), MARKS), False)],
)
def test_place_and_marks_are_a_sign_only_together(reasons: tuple[Reason, ...], is_sign: bool) -> None:
    assert (signs_of(told(*reasons), "x:me", []) == [Sign.PLACE_AND_MARKS]) is is_sign


def test_without_a_second_sign_it_is_looked_at_in_its_turn_and_says_so() -> None:
    alone = with_signs(FIRST, [])
    assert alone.tier is Tier.REVIEW and stands_out(alone)
    assert "nothing independent" in alone.reasons[-1].words and alone.reasons[-1].weight == 0
    backed = with_signs(FIRST, [Sign.AUTHOR])
    assert backed.tier is Tier.ALERT and backed.reasons[-1].weight > 0


def test_what_does_not_stand_out_is_left_as_it_is() -> None:
    ordinary = replace(FIRST, tier=Tier.REVIEW)
    assert with_signs(ordinary, [Sign.AUTHOR]) is ordinary and not stands_out(ordinary)


@pytest.mark.parametrize(
    ("written", "registered", "agrees"),
    [
        (("with a scar on his left cheek",), "Scar on the face", True),
        (("左脸有疤",), "scar, left cheek and chin", True),
        (("a scar on the arm",), "scar on the left hand", False),
        (("wearing a red jacket",), "red jacket when last seen", False),
        (("cleft lip",), "兔唇", True),
        (("missing one arm",), "born without arm on the left", True),
        (("a scar",), "a scar", False),
        (("a scar",), "", False),
        ((), "a scar on the cheek", False),
        (("a mole",), "scar on the cheek; mole on the neck", False),
    ],
)
def test_lasting_marks_agree_by_kind_and_place(
    written: tuple[str, ...], registered: str, agrees: bool
) -> None:
    assert bool(marks_that_agree(written, registered)) is agrees


def test_signs_are_told_in_words_that_accuse_nobody() -> None:
    assert set(signs._WORDS) == set(Sign)
    for words in signs._WORDS.values():
        assert words[0].islower()
