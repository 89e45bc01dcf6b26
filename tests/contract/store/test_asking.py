"""Questions, answers and sealed places: what must hold on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store import asking, outbox, sightings
from store.db import Store
from store.records.answer import Answer
from store.records.reply import Purpose, ReplyState
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    PlaceKind,
    Sighting,
    When,
    WhenCandidate,
    Where,
    WhereCandidate,
    Who,
)  # fmt: skip
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
SAID = Evidence(EvidenceKind.ANSWER, "district", 0, 6, "Camden", post="x:2")
PLACE = WhereCandidate("Camden", PlaceKind.DISTRICT, 0.8, SAID, 51.54, -0.14, 3.0)
TIME = WhenCandidate(START - DAY, START, 0.8, SAID)


def test_answers_come_back_the_latest_first_and_are_replaced_by_their_edits(store: Store) -> None:
    first = Answer("x:1", "x:2", START, True, (PLACE,), (), "")
    later = Answer("x:1", "x:3", START + DAY, False, (), (TIME,), "Europe/London")
    with store.transaction() as tx:
        for answer in (first, later, first):
            asking.put(tx, answer)
        assert asking.of_post(tx, "x:1") == [later, first]
        edited = replace(first, where=())
        asking.put(tx, edited)
        assert asking.of_post(tx, "x:1") == [later, edited]
        assert asking.is_answer(tx, "x:2") and not asking.is_answer(tx, "x:1")


def test_a_deleted_answer_names_the_post_that_lost_it_and_a_deleted_post_loses_its_answers(
    store: Store,
) -> None:
    with store.transaction() as tx:
        asking.put(tx, Answer("x:1", "x:2", START, True))
        asking.put(tx, Answer("x:1", "x:3", START, True))
        assert asking.forget(tx, "x:2") == ["x:1"]
        assert asking.forget(tx, "x:1") == []
        assert asking.of_post(tx, "x:1") == []


def test_our_words_are_found_by_their_receipt_and_by_the_post_they_answer(store: Store) -> None:
    row = makers.reply(purpose=Purpose.QUESTION, key="question|p", post_key="p", to_native_id="41")
    with store.transaction() as tx:
        outbox.add(tx, row, to_author="ana")
        tx_row = outbox.move(tx, outbox.get(tx, row.key), ReplyState.APPROVED)
        outbox.move(tx, outbox.claim(tx, tx_row, lease_until=START), ReplyState.SENT, receipt_id="77")
        for ids in ({"77"}, {"41"}):
            assert [key for key, _, _ in asking.addressed(tx, "mastodon", "ana", ids, "-")] == ["p"]
        assert [key for key, _, _ in asking.addressed(tx, "mastodon", "ana", {"0"}, "p")] == ["p"]
        assert asking.addressed(tx, "mastodon", "ben", {"77", "41"}, "p") == []
        assert asking.addressed(tx, "x", "ana", {"77"}, "p") == []


def test_an_author_counts_as_asked_for_a_day_and_not_by_what_was_cancelled(store: Store) -> None:
    row = makers.reply(purpose=Purpose.QUESTION, key="question|p", post_key="p")
    with store.transaction() as tx:
        outbox.add(tx, row, to_author="ana")
        assert asking.asked_since(tx, "ana", START - DAY, but="q")
        assert not asking.asked_since(tx, "ana", START - DAY, but="p")
        assert not asking.asked_since(tx, "ben", START - DAY, but="q")
        assert not asking.asked_since(tx, "ana", START + DAY, but="q")
        outbox.move(tx, outbox.get(tx, row.key), ReplyState.CANCELLED)
        assert not asking.asked_since(tx, "ana", START - DAY, but="q")


def test_how_surely_first_hand_was_read_is_kept(store: Store) -> None:
    claim = Sighting("x:1", Where(), When(), Who(), FirstHand.OWN, "saw", True, 0.75)
    with store.transaction() as tx:
        sightings.put(tx, claim)
        assert sightings.get(tx, "x:1") == claim
        sightings.put(tx, replace(claim, first_hand_weight=None))
        assert sightings.get(tx, "x:1") == replace(claim, first_hand_weight=None)
