"""A match whose picture is known is set aside with the reason first; an older picture is told."""

from __future__ import annotations

import pytest

from bot.match.known import set_aside, told
from store.records.match import Label, Tier
from store.records.picture import KnownPicture, PictureLabel, SeenBefore
from tests import makers
from tests.stores import START

MATCH = makers.match(makers.face(makers.photo()), "post", tier=Tier.ALERT)


@pytest.mark.parametrize(
    ("label", "words"), [(PictureLabel.SOLVED, "is solved"), (PictureLabel.FALSE, "not true")]
)
def test_a_known_picture_is_set_aside_whatever_its_tier(label: PictureLabel, words: str) -> None:
    found = set_aside(MATCH, KnownPicture("a", label, "see file 7", "ana", START))
    assert (found.tier, found.label) == (Tier.SET_ASIDE, Label.KNOWN_PICTURE)
    assert found.reasons[0].name == "known_picture" and found.reasons[0].weight == -1.0
    assert words in found.reasons[0].words and "see file 7" in found.reasons[0].words
    assert found.similarity == MATCH.similarity and found.key == MATCH.key


def test_an_older_picture_is_told_and_weighs_nothing() -> None:
    seen = SeenBefore("photo", "first", START, ("first", "second"))
    found = told(MATCH, [seen])
    assert (found.tier, found.label) == (MATCH.tier, MATCH.label)
    assert found.reasons[-1].weight == 0.0 and "2 earlier posts" in found.reasons[-1].words


def test_a_new_picture_is_left_alone() -> None:
    assert told(MATCH, []) is MATCH
