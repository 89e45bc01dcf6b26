"""What reviewing teaches, as rows: what must hold on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store import (
    assignments,
    cases,
    drops,
    match_groups,
    matches,
    photos,
    posts,
    probe_scores,
    proposals,
    veils,
)
from store.case_teams import NOBODY
from store.db import Store, Transaction
from store.errors import Conflict, Missing
from store.probe_scores import ProbeScore
from store.records.match import Decision, Dropped, Label, Match, Verdict
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
CASE = "reg.example/1"


def a_match(tx: Transaction, letter: str, number: int, **changes: Any) -> Match:
    """A photo with a face, the post that shows it, and a match of it."""
    face, post = makers.face(makers.photo(letter)), makers.post(number)
    posts.put(tx, post, makers.ALL, START)
    photos.put_faces(tx, [face])
    made = makers.match(face, post.key, score=5.0, looks="13+", **changes)
    matches.put(tx, made, START)
    return made


def test_a_match_keeps_its_score_and_group(store: Store) -> None:
    with store.transaction() as tx:
        made = a_match(tx, "a", 1)
        assert matches.get(tx, made.key).match == made


def test_why_pairs_are_not_shown_is_kept_by_post_and_case_and_goes_with_the_face(store: Store) -> None:
    with store.transaction() as tx:
        made = a_match(tx, "a", 1)
        pair = Dropped(made.face_key, made.post_key, CASE, 0.6, "age_impossible", "too old")
        drops.put(tx, [pair], START)
        drops.put(tx, [pair], START + DAY)
        assert drops.of_post(tx, made.post_key) == drops.of_case(tx, CASE) == [pair]
        veils.put(tx, made.post_key, veils.SEALED, START)
        assert drops.of_post(tx, made.post_key) == [], "a hidden post is hidden here too"
        veils.lift(tx, made.post_key, veils.SEALED)
        photos.drop_faces(tx, "a" * 64)
        assert drops.of_post(tx, made.post_key) == []


def test_pairs_of_a_sealed_case_are_listed_for_its_team_alone(store: Store) -> None:
    with store.transaction() as tx:
        cases.add(tx, makers.case(sealed=True), by="ana", at=START, evidence="x")
        made = a_match(tx, "a", 1)
        drops.put(tx, [Dropped(made.face_key, made.post_key, CASE, 0.6, "n", "w")], START)
        assert drops.of_post(tx, made.post_key) == drops.of_case(tx, CASE) == []
        assert match_groups.waiting(tx, case_id=CASE, viewer=NOBODY) == []


def test_scores_are_kept_once_a_face_with_the_time_of_the_first(store: Store) -> None:
    with store.transaction() as tx:
        made = a_match(tx, "a", 1)
        one = ProbeScore(made.face_key, "m", "a" * 64, "13+", 300, 4.0, START)
        probe_scores.put(tx, [one])
        probe_scores.put(tx, [ProbeScore(made.face_key, "m", "a" * 64, "9-12", 310, 4.5, START + DAY)])
        (held,) = probe_scores.since(tx, "m", START)
        assert (held.score, held.looks, held.at, held.is_possible) == (4.5, "9-12", START, False)
        matches.decide(tx, Decision(made.key, Verdict.POSSIBLE, "ana", START))
        assert probe_scores.since(tx, "m", START)[0].is_possible
        assert probe_scores.since(tx, "other", START) == probe_scores.since(tx, "m", START + DAY) == []
        photos.drop_faces(tx, "a" * 64)
        assert probe_scores.since(tx, "m", START) == []


def test_a_match_is_given_to_one_account_at_a_time(store: Store) -> None:
    with store.transaction() as tx:
        assignments.put(tx, ["k", "l"], "rob", by="ada", at=START)
        assignments.put(tx, ["k"], "ben", by="ada", at=START + DAY)
        assert assignments.keys_of(tx, "rob") == ["l"] and assignments.of(tx, ["k"])["k"].account == "ben"
        assignments.drop(tx, ["k"])
        assert assignments.of(tx, ["k", "l"]).keys() == {"l"}


def test_a_proposal_counts_once_a_person_accepted_it_and_is_decided_once(store: Store) -> None:
    def put(tx: Transaction, model: str = "m") -> int:
        return proposals.put(
            tx, source="reviews", model=model, cases=300, numbers={"a": 1.5}, why="", by="ana", at=START
        ).number

    with store.transaction() as tx:
        first, second, foreign = put(tx), put(tx), put(tx, "other")
        assert proposals.in_force(tx, "m") is None
        proposals.decide(tx, first, accepted=True, by="ben", why="", at=START)
        proposals.decide(tx, second, accepted=True, by="ben", why="tighter", at=START + DAY)
        held = proposals.in_force(tx, "m")
        assert held is not None and (held.number, held.numbers, held.decided_why) == (
            second,
            {"a": 1.5},
            "tighter",
        )
        proposals.decide(tx, foreign, accepted=False, by="ben", why="", at=START)
        assert proposals.in_force(tx, "other") is None
        assert [each.number for each in proposals.listing(tx)] == [foreign, second, first]
        with pytest.raises(Conflict):
            proposals.decide(tx, first, accepted=False, by="ben", why="", at=START)
        with pytest.raises(Missing):
            proposals.get(tx, 99)


def test_others_of_a_case_are_those_that_stand_and_show_something_new(store: Store) -> None:
    with store.transaction() as tx:
        mine = a_match(tx, "a", 1)
        new = a_match(tx, "b", 2)
        a_match(tx, "c", 3, label=Label.POSTER)
        gone = a_match(tx, "d", 4)
        matches.decide(tx, Decision(gone.key, Verdict.NOT_THIS_CHILD, "ana", START))
        (found,) = match_groups.beside(tx, CASE, but=mine.key)
        assert (found.row.match.key, found.author) == (new.key, "mastodon:ana-id")


def test_rejected_pairs_are_found_by_the_photos_they_are_in(store: Store) -> None:
    with store.transaction() as tx:
        made = a_match(tx, "a", 1)
        assert match_groups.rejected(tx, ["a" * 64], CASE) == []
        matches.decide(tx, Decision(made.key, Verdict.NOT_THIS_CHILD, "ana", START))
        (row,) = match_groups.rejected(tx, ["a" * 64, "b" * 64], CASE)
        assert row.match.key == made.key
        assert match_groups.rejected(tx, ["b" * 64], CASE) == []
        assert match_groups.rejected(tx, ["a" * 64], "reg.example/2") == []


def test_outcomes_count_what_was_decided_at_one_stroke_once(store: Store) -> None:
    def outcomes(tx: Transaction, low: float = 4.0, *, is_first: bool = True) -> tuple[int, int]:
        return match_groups.outcomes(tx, "m", is_first=is_first, low=low, high=9.0, by_score=True)

    with store.transaction() as tx:
        keys = [a_match(tx, letter, n).key for n, letter in enumerate("abcd")]
        for key in keys[:2]:
            matches.decide(tx, Decision(key, Verdict.NOT_THIS_CHILD, "ana", START))
        matches.decide(tx, Decision(keys[2], Verdict.NOT_THIS_CHILD, "ana", START + DAY))
        matches.decide(tx, Decision(keys[3], Verdict.POSSIBLE, "ana", START + DAY))
        assert outcomes(tx) == (1, 3)
        assert outcomes(tx, 6.0) == outcomes(tx, is_first=False) == (0, 0)
        last = matches.decisions_of(tx, keys[0])[-1]
        assert match_groups.decided_together(tx, last) == keys[:2]
        matches.undo(tx, keys[3])
        assert outcomes(tx) == (0, 2)


def test_the_queue_begins_with_what_stands_out_most_not_with_the_greatest_cosine(store: Store) -> None:
    with store.transaction() as tx:
        crowded, lone = a_match(tx, "a", 1, similarity=0.8), a_match(tx, "b", 2, similarity=0.5)
        matches.put(tx, replace(crowded, score=4.0), START)
        matches.put(tx, replace(lone, score=6.5), START)
        assert [row.match.key for row in matches.queue(tx)] == [lone.key, crowded.key]
        (rest,) = matches.queue(tx, before=(6.5, lone.key))
        assert rest.match.key == crowded.key
