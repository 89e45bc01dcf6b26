"""Rows of the tag bench: what must hold on both databases, and that kept numbers equal a slow count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.pipeline import tag_counting
from store import (
    author_blocks,
    floods,
    matches,
    photos,
    posts,
    tag_drafts,
    tag_gates,
    tag_marks,
    tag_numbers,
    veils,
)
from store.db import Store
from store.errors import Conflict, Missing
from store.floods import Flood
from store.records.match import Decision, Verdict
from store.records.post import Gone, Platform
from store.tag_gates import Gate
from store.tag_numbers import Grain
from tests import makers, tag_world
from tests.stores import START, Clock

HOUR = timedelta(hours=1)


def test_numbers_kept_by_differences_equal_a_slow_count_after_every_kind_of_change(
    store: Store, clock: Clock
) -> None:
    road = tag_world.road_on(store, clock)
    made = tag_world.fill(store, number=24)
    tag_counting.count(road)
    assert tag_world.kept(store) == tag_world.slowly(store, made)
    with store.transaction() as tx:
        for one in made[:6]:
            posts.wipe(tx, Gone(one.key, Platform.MASTODON, "deleted", START))
        edited = tag_world.post(7, ["Street", "新"], author=3, version="2", edited_at=START)
        posts.put(tx, edited, makers.ALL, START)
        tag_world.put(tx, made[8], "two", "three")
        tag_world.sightings.put(tx, tag_world.claim(made[9].key, own=True))
    tag_counting.count(road)
    assert tag_world.kept(store) == tag_world.slowly(store, made)


def test_counting_again_and_rebuilding_change_nothing(store: Store, clock: Clock) -> None:
    road = tag_world.road_on(store, clock)
    tag_world.fill(store, number=15)
    tag_counting.count(road)
    before = tag_world.kept(store)
    with store.transaction() as tx:
        tag_marks.put_all(tx)
    tag_counting.count(road)
    assert tag_world.kept(store) == before
    tag_counting.rebuild(road)
    assert tag_world.kept(store) == before
    with store.reading() as tx:
        assert tag_marks.waiting(tx) == 0


def test_a_hidden_post_counts_nowhere_until_it_is_shown_again(store: Store, clock: Clock) -> None:
    road = tag_world.road_on(store, clock)
    with store.transaction() as tx:
        tag_world.put(tx, tag_world.post(1, ["Home"]))
        veils.put(tx, tag_world.post(1, []).key, veils.SEALED, START)
    tag_counting.count(road)
    assert tag_world.kept(store) == {}
    with store.transaction() as tx:
        veils.lift(tx, tag_world.post(1, []).key, veils.SEALED)
    tag_counting.count(road)
    with store.reading() as tx:
        assert [row.posts for row in tag_numbers.read(tx, Grain.ALL, tags=["home"], source="")] == [1]


def test_what_reviewers_keep_and_take_back_is_counted_with_their_time(store: Store, clock: Clock) -> None:
    road, one = tag_world.road_on(store, clock), tag_world.post(1, ["Home"])
    with store.transaction() as tx:
        tag_world.put(tx, one)
        face = makers.face(makers.photo("a"))
        photos.put_faces(tx, [face])
        match = makers.match(face, one.key)
        matches.put(tx, match, START)
        matches.decide(tx, Decision(match.key, Verdict.POSSIBLE, "rob", START + HOUR))
    tag_counting.count(road)

    def row() -> tuple[int, int]:
        with store.reading() as tx:
            found = tag_numbers.read(tx, Grain.WEEK, tags=["home"], source="one")[0]
        return found.kept, found.review_s

    assert row() == (1, 60)
    with store.transaction() as tx:
        matches.undo(tx, match.key)
    tag_counting.count(road)
    assert row() == (0, 60), "the time is spent all the same"


def test_a_draft_is_decided_once(store: Store) -> None:
    with store.transaction() as tx:
        made = tag_drafts.put(tx, {"hashtags": ["a"]}, base=1, why="w", by="ana", at=START)
        tag_drafts.decide(tx, made.number, tag_drafts.DROPPED, by="bea", why="no", at=START)
        assert [each.state for each in tag_drafts.listing(tx)] == ["dropped"]
        with pytest.raises(Conflict, match="dropped already"):
            tag_drafts.decide(tx, made.number, tag_drafts.LIVE, by="ana", why="yes", at=START)
        with pytest.raises(Missing):
            tag_drafts.get(tx, 99)


def test_an_author_is_blocked_once_at_a_time_and_for_a_time(store: Store) -> None:
    with store.transaction() as tx:
        given = {"platform": "mastodon", "author_id": "id1", "handle": "a", "why": "prizes", "by": "ana"}
        made = author_blocks.put(tx, **given, at=START, expires_at=START + HOUR)
        assert author_blocks.is_blocked(tx, "mastodon", "id1", START)
        assert not author_blocks.is_blocked(tx, "x", "id1", START)
        assert not author_blocks.is_blocked(tx, "mastodon", "id1", START + HOUR)
        with pytest.raises(Conflict):
            author_blocks.put(tx, **given, at=START, expires_at=START + HOUR)
        assert [each.number for each in author_blocks.expired(tx, START + HOUR)] == [made.number]
        author_blocks.end(tx, made.number, by="bea", why="a newspaper", at=START)
        assert not author_blocks.is_blocked(tx, "mastodon", "id1", START)
        with pytest.raises(Conflict, match="ended already"):
            author_blocks.end(tx, made.number, by="bea", why="again", at=START)


def test_floods_are_counted_by_hour_and_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        key = tag_world.post(1, []).key
        tag_world.put(tx, tag_world.post(1, []))
        assert [floods.arrived(tx, floods.AUTHOR, 7, key, START) for _ in range(3)] == [1, 2, 3]
        assert floods.arrived(tx, floods.AUTHOR, 7, key, START + HOUR) == 1
        shares, whole = floods.busiest(tx, floods.AUTHOR, since=START)
        assert ([(each.what, each.posts) for each in shares], whole) == ([(7, 4)], 4)
        flood = Flood(floods.WORDS, 9, key, 40, 30, 25, START, START)
        assert floods.notice(tx, flood)
        assert not floods.notice(tx, flood)
        assert list(floods.listing(tx, since=START)) == [flood]
        floods.forget(tx, before=START + 2 * HOUR)
        assert floods.busiest(tx, floods.AUTHOR, since=START) == ([], 0)
        assert list(floods.listing(tx, since=START)) == []


def test_a_post_goes_by_the_open_one_of_its_hashtags(store: Store) -> None:
    with store.transaction() as tx:
        tag_gates.put(tx, Gate("noisy", True, False, 300, 2, "", "homeward", START))
        tag_gates.put(tx, Gate("good", False, False, 300, 90, "", "homeward", START))
        assert tag_gates.are_all_closed(tx, ["noisy", "other"])
        assert not tag_gates.are_all_closed(tx, ["noisy", "good"])
        assert not tag_gates.are_all_closed(tx, ["other"])
        tag_gates.drop_others(tx, ["good"])
        assert [gate.tag for gate in tag_gates.listing(tx)] == ["good"]
