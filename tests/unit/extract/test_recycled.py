"""A picture that was shown before bounds the time, and takes the first hand away; conflicts are said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.extract.recycled import RULE, weigh
from store.records.picture import SeenBefore
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    Sighting,
    When,
    WhenCandidate,
    Where,
    Who,
)

POSTED = datetime(2026, 5, 25, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def claim(*candidates: WhenCandidate, hand: FirstHand = FirstHand.OWN) -> Sighting:
    return Sighting("mine", Where(), When(tuple(candidates), "UTC"), Who(), hand, "says I saw")


def said(start: datetime, kind: EvidenceKind = EvidenceKind.TEXT, weight: float = 0.9) -> WhenCandidate:
    return WhenCandidate(start, start + timedelta(hours=1), weight, Evidence(kind, "rule"))


def before(at: datetime, *, by_other: bool = True, post: str = "theirs") -> SeenBefore:
    return SeenBefore("photo", post, at, (post,), by_other)


def test_a_picture_never_shown_before_changes_nothing() -> None:
    plain = claim(said(POSTED))
    assert weigh(plain, (), POSTED) is plain


def test_a_picture_older_than_the_time_that_is_named_is_a_conflict_and_both_stay() -> None:
    found = weigh(claim(said(POSTED - timedelta(hours=3))), [before(POSTED - YEAR)], POSTED)
    assert "2025-05-25 12:00" in found.when.conflict and "theirs" in found.when.conflict
    assert [c.evidence.kind for c in found.when.candidates] == [EvidenceKind.TEXT, EvidenceKind.PIXELS]
    bound = found.when.candidates[1]
    assert (bound.end, bound.evidence.rule, bound.evidence.photo) == (POSTED - YEAR, RULE, "photo")


def test_a_time_before_the_first_showing_is_no_conflict() -> None:
    found = weigh(claim(said(POSTED - timedelta(days=9))), [before(POSTED - timedelta(days=2))], POSTED)
    assert found.when.conflict == ""


def test_the_first_showing_says_more_than_the_time_of_posting() -> None:
    open_past = said(POSTED - timedelta(days=7), EvidenceKind.POSTED, 0.15)
    found = weigh(claim(open_past), [before(POSTED - YEAR)], POSTED)
    assert found.when.best and found.when.best.evidence.kind is EvidenceKind.PIXELS
    assert found.when.conflict == ""


def test_shown_by_somebody_else_before_it_is_passed_on() -> None:
    found = weigh(claim(), [before(POSTED - timedelta(days=1))], POSTED)
    assert found.first_hand is FirstHand.PASSED_ON and "somebody else" in found.first_hand_why


@pytest.mark.parametrize(
    "seen", [before(POSTED - YEAR, by_other=False), before(POSTED - timedelta(minutes=20))]
)
def test_ones_own_picture_and_one_shown_at_the_same_hour_stay_first_hand(seen: SeenBefore) -> None:
    assert weigh(claim(), [seen], POSTED).first_hand is FirstHand.OWN


def test_news_and_notices_stay_what_they_are() -> None:
    found = weigh(claim(hand=FirstHand.NOTICE), [before(POSTED - YEAR)], POSTED)
    assert (found.first_hand, found.first_hand_why) == (FirstHand.NOTICE, "says I saw")


def test_the_earliest_of_several_showings_counts() -> None:
    seen = [before(POSTED - timedelta(days=2), post="later"), before(POSTED - YEAR, post="first")]
    found = weigh(claim(said(POSTED)), seen, POSTED)
    assert "first" in found.when.conflict and "later" not in found.when.conflict


def test_an_older_conflict_is_kept() -> None:
    plain = claim(said(POSTED))
    plain = replace(plain, when=replace(plain.when, conflict="the clock lies"))
    assert weigh(plain, [before(POSTED - YEAR)], POSTED).when.conflict.startswith("the clock lies; ")
