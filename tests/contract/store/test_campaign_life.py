"""The campaign's numbers, steps, reports and releases: what must hold on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from store import (
    campaign_changes,
    campaign_days,
    campaign_purge,
    campaign_reports,
    campaign_steps,
    releases,
    sightings,
    veils,
)
from store import posts as kept
from store.campaign_steps import CampaignStep
from store.db import Store
from store.errors import Conflict, Missing
from store.records.post import Author, Gone, Platform
from store.records.sighting import Evidence, EvidenceKind, FirstHand, PlaceKind, Sighting, When, Where, Who
from store.records.sighting import WhereCandidate as At
from store.releases import Release
from tests import makers
from tests.stores import START

ZONE = "Asia/Shanghai"
DAY = date(2026, 11, 21)
SAID = Evidence(EvidenceKind.TEXT, "name", 0, 2, "成都")
CHENGDU = At("成都市", PlaceKind.CITY, 0.8, SAID, 30.6, 104.1, 30.0, "CN", "四川省", "成都市")


def _count(store: Store, zone: str = ZONE) -> None:
    with store.transaction() as tx:
        campaign_days.catch_up(tx, zone, START)
        for day in campaign_days.stale(tx, zone):
            campaign_days.recount(tx, day, zone, START)


def _put(store: Store, number: int, who: str, **changes: object) -> str:
    post = makers.post(number, author=Author(who, f"{who}@a.example"), **changes)
    with store.transaction() as tx:
        kept.put(tx, post, makers.ALL, START)
    return post.key


def _totals(store: Store) -> dict[date, dict[str, int]]:
    with store.reading() as tx:
        return {day: found["mastodon"] for day, found in campaign_days.days(tx)}


def test_a_day_is_counted_by_its_zone_and_again_when_something_changes(store: Store) -> None:
    late = START.replace(hour=17)  # The next day in Shanghai.
    first = _put(store, 1, "ana", media=(makers.media(),))
    _put(store, 2, "ana", received_at=late, created_at=late)
    _put(store, 3, "ben", repost_of=first)
    claim = Sighting(first, Where((CHENGDU,)), When(), Who(), FirstHand.OWN)
    with store.transaction() as tx:
        sightings.put(tx, claim)
    _count(store)
    today, tomorrow = _totals(store)[DAY], _totals(store)[DAY + timedelta(days=1)]
    assert (today["posts"], today["authors"], today["new_authors"], today["reposts"]) == (2, 2, 2, 1)
    assert (today["has_photo"], today["is_sighting"], today["is_own"], today["has_where"]) == (1, 1, 1, 1)
    assert (tomorrow["posts"], tomorrow["authors"], tomorrow["new_authors"]) == (1, 1, 0)
    with store.reading() as tx:
        (place,) = campaign_days.places(tx, DAY, DAY)
        assert (place["province"], place["city"], place["sightings"], place["own"]) == (
            "四川省",
            "成都市",
            1,
            1,
        )
        assert campaign_days.people(tx) == 2 and campaign_days.by_posts(tx) == {1: 1, 2: 1}
        assert campaign_days.carried(tx) == [(first, 1)]
        assert campaign_days.claims(tx, START, late) == [("mastodon ana", "CN/四川省")]
    with store.transaction() as tx:
        kept.wipe(tx, Gone(first, Platform.MASTODON, "deleted", START))
    _count(store)
    today, tomorrow = _totals(store)[DAY], _totals(store)[DAY + timedelta(days=1)]
    assert (today["posts"], today["new_authors"], today["is_sighting"]) == (1, 1, 0)
    assert tomorrow["new_authors"] == 1, "whoever's first post went began with the next one"
    with store.reading() as tx:
        assert campaign_days.places(tx, DAY, DAY) == []


def test_a_hidden_post_is_in_no_number_and_comes_back_with_its_veil_lifted(store: Store) -> None:
    key = _put(store, 1, "ana")
    with store.transaction() as tx:
        veils.put(tx, key, veils.SAFEGUARDING, START)
    _count(store)
    assert _totals(store) == {}
    with store.reading() as tx:
        assert campaign_days.people(tx) == 0
    with store.transaction() as tx:
        veils.lift(tx, key, veils.SAFEGUARDING)
    _count(store)
    assert _totals(store)[DAY]["posts"] == 1


def test_an_edit_counts_once_and_a_date_that_cannot_be_true_is_not_believed(store: Store) -> None:
    post = makers.post(1, created_at=datetime(1996, 1, 1, tzinfo=UTC))
    with store.transaction() as tx:
        kept.put(tx, post, makers.ALL, START)
        kept.put(tx, replace(post, version="2", edited_at=START, text="other"), makers.ALL, START)
    _count(store)
    assert {day: found["posts"] for day, found in _totals(store).items()} == {DAY: 1}


def test_another_zone_counts_all_days_anew(store: Store) -> None:
    late = START.replace(hour=17)
    _put(store, 1, "ana", received_at=late, created_at=late)
    _count(store)
    assert list(_totals(store)) == [DAY + timedelta(days=1)]
    with store.transaction() as tx:
        assert campaign_days.is_other_zone(tx, "UTC")
        campaign_days.rezone(tx, "UTC", START)
    _count(store, "UTC")
    assert {day: found["posts"] for day, found in _totals(store).items()} == {DAY: 1}


def test_marks_are_taken_once_and_all_posts_can_be_marked(store: Store) -> None:
    for number in (1, 2, 3):
        _put(store, number, "ana")
    with store.transaction() as tx:
        assert len(campaign_changes.take(tx, 2)) == 2 and campaign_changes.waiting(tx) == 1
        campaign_days.clear(tx, ZONE, START)
        campaign_changes.mark_all(tx)
        assert campaign_changes.waiting(tx) == 3
        assert campaign_days.counted_at(tx) is None and campaign_days.first_post(tx) is None


def test_a_step_stands_until_it_is_taken_back(store: Store) -> None:
    step = CampaignStep("end.stop", "done", {"why": "over"}, "ana", START)
    with store.transaction() as tx:
        campaign_steps.put(tx, step)
        campaign_steps.put(tx, replace(step, state="waits", second_by="ben", second_at=START))
        found = campaign_steps.get(tx, "end.stop")
        assert found is not None and (found.state, found.second_by) == ("waits", "ben")
        assert list(campaign_steps.beginning(tx, "end.")) == ["end.stop"]
        assert campaign_steps.drop(tx, "end.stop") and not campaign_steps.drop(tx, "end.stop")


def test_a_week_is_told_once_and_never_changed(store: Store) -> None:
    with store.transaction() as tx:
        assert releases.put(tx, Release(DAY, {"total": 10}, "d1", START))
        assert not releases.put(tx, Release(DAY, {"total": 99}, "d2", START))
        (found,) = releases.listing(tx)
        assert found.numbers == {"total": 10} and found.digest == "d1"


def test_outcomes_are_released_once_by_their_number(store: Store) -> None:
    with store.transaction() as tx:
        made = releases.propose(tx, found=3, reunited=1, basis="families agreed", by="ana", at=START)
        assert releases.outcomes(tx, released=True) == []
        releases.release_outcome(tx, made.number, by="ben", at=START)
        (found,) = releases.outcomes(tx, released=True)
        assert (found.found, found.reunited, found.released_by) == (3, 1, "ben")
    with store.transaction() as tx, pytest.raises(Conflict):
        releases.release_outcome(tx, made.number, by="cleo", at=START)
    with store.transaction() as tx, pytest.raises(Missing):
        releases.outcome(tx, 99)


def test_reports_keep_the_numbers_of_their_day(store: Store) -> None:
    with store.transaction() as tx:
        made = campaign_reports.add(
            tx, kind="weekly", first=DAY, last=DAY, numbers={"people": 3}, by="ana", at=START
        )
        assert campaign_reports.get(tx, made.number) == made
        assert campaign_reports.has(tx, "weekly", DAY) and not campaign_reports.has(tx, "final", DAY)
        assert [each.number for each in campaign_reports.listing(tx)] == [1]
    with store.transaction() as tx, pytest.raises(Missing):
        campaign_reports.get(tx, 7)


def test_what_goes_and_what_stays_is_counted_and_every_way_in_ends(store: Store) -> None:
    _put(store, 1, "ana", media=(makers.media(),))
    with store.transaction() as tx:
        assert campaign_purge.goes(tx)["posts"] == 1 and campaign_purge.stays(tx)["cases"] == 0
        assert set(campaign_purge.revoke(tx, by="ana", at=START).values()) == {0}
