"""A campaign's numbers equal a slow count whatever happens; reports, releases and the end step by step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks import campaign as made_up
from benchmarks.campaign_world import plain
from benchmarks.campaign_world.people import START
from bot.pipeline import counting
from bot.rules.life import LifePlan
from bot.services import campaign_numbers, ending, people, public_numbers, reporting
from store import audit, campaign_days, campaign_steps, posts, sightings, tables, veils
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.post import Gone, Platform
from store.records.sighting import FirstHand
from store.users import ORGANISER, REVIEWER
from tests.desk import Desk, open_desk

ZONE = "Asia/Shanghai"
NAMES = ("posts", "reposts", "authors", "new_authors", *plain.FLAGS, *plain.LAGS)


def _open(folder: Path, size: int) -> Desk:
    desk = open_desk(folder)
    desk.road.life = LifePlan(ZONE, weekly_report=True, public_numbers=True)
    desk.clock.now = START + timedelta(days=40)
    made_up.make(desk.road.store, posts=size, authors=size // 3, seed=11)
    for name, role in (("olga", ORGANISER), ("omar", ORGANISER), ("rob", REVIEWER)):
        people.add(desk.road, name, role, by="homeward")
    return desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A small made-up campaign, counted. Its tests change it and count it again."""
    made = _open(tmp_path_factory.mktemp("campaign"), 150)
    counting.catch_up(made.road)
    yield made
    made.road.store.close()


def _equal(desk: Desk) -> None:
    with desk.road.store.reading() as tx:
        wanted = plain.count(tx, desk.road.life.zone)
        for day, found in campaign_days.days(tx):
            slow = wanted["days"].pop(day)
            assert found == {
                name: {what: numbers.get(what, 0) for what in NAMES} for name, numbers in slow.items()
            }
            places = {
                (each["country"], each["province"], each["city"]): each["sightings"]
                for each in campaign_days.places(tx, day, day)
            }
            assert places == wanted["places"].get(day, {})
        assert not wanted["days"]
        assert campaign_days.people(tx) == wanted["people"]
        assert campaign_days.by_posts(tx) == wanted["by_posts"]
        assert dict(campaign_days.carried(tx, most=10_000)) == dict(wanted["carried"])


def _mutate(desk: Desk, times: int, seed: int) -> None:
    """Deletions, veils put and lifted, readings that change, posts that are edited: in any order."""
    rng = random.Random(seed)
    with desk.road.store.reading() as tx:
        keys = list(tx.execute(sa.select(tables.posts.c.key).order_by(tables.posts.c.key)).scalars())
    for _ in range(times):
        key, what = rng.choice(keys), rng.randrange(4)
        with desk.road.store.transaction() as tx:
            if what == 0:
                posts.wipe(tx, Gone(key, Platform.WEIBO, "deleted", desk.clock()))
            elif what == 1:
                veils.put(tx, key, veils.SAFEGUARDING, desk.clock())
            elif what == 2:
                veils.lift(tx, key, veils.SAFEGUARDING)
            elif (held := sightings.get(tx, key)) is not None:
                sightings.put(tx, replace(held, first_hand=FirstHand.OWN, is_sighting=True))


def test_numbers_equal_a_slow_count_of_every_post_also_after_changes(desk: Desk) -> None:
    _equal(desk)
    _mutate(desk, 25, seed=3)
    counting.round_of(desk.road)
    _equal(desk)


def test_a_week_is_told_once_and_a_later_deletion_changes_nothing_that_was_told(desk: Desk) -> None:
    weeks = public_numbers.round_of(desk.road)
    assert len(weeks) == 4 and public_numbers.round_of(desk.road) == []
    before = public_numbers.public(desk.road)
    _mutate(desk, 15, seed=4)
    assert public_numbers.round_of(desk.road) == []
    assert public_numbers.public(desk.road) == before
    assert "lead" not in str(before) and before["outcomes"] == []


def test_public_numbers_that_are_off_are_not_there(desk: Desk) -> None:
    plan = desk.road.life
    desk.road.life = replace(plan, public_numbers=False)
    try:
        with pytest.raises(Missing):
            public_numbers.public(desk.road)
        assert public_numbers.round_of(desk.road) == []
    finally:
        desk.road.life = plan


def test_outcomes_are_told_when_another_person_releases_them(desk: Desk) -> None:
    road = desk.road
    made = public_numbers.propose_outcomes(road, found=3, reunited=1, basis="families agreed", by="olga")
    with pytest.raises(NotAllowed):
        public_numbers.release_outcomes(road, made.number, by="olga")
    with pytest.raises(NotAllowed):
        public_numbers.release_outcomes(road, made.number, by="rob")
    public_numbers.release_outcomes(road, made.number, by="omar")
    assert public_numbers.public(road)["outcomes"][0]["found"] == 3
    with pytest.raises(UsageError):
        public_numbers.propose_outcomes(road, found=1, reunited=2, basis="families agreed", by="olga")


def test_a_report_holds_numbers_alone_and_reads_in_both_languages(desk: Desk) -> None:
    made = reporting.make(desk.road, date(2026, 11, 3), date(2026, 11, 23), by="olga")
    with desk.road.store.reading() as tx:
        handles = set(tx.execute(sa.select(tables.posts.c.author_handle)).scalars()) - {""}
    for language, title in (("en", "Weekly report"), ("zh", "周报")):
        shown = repr(reporting.parts(made, language))
        assert title in shown and not any(f"'{handle}'" in shown for handle in handles)
    assert made.numbers["total"]["posts"] == campaign_numbers.life(desk.road).total["posts"]
    with pytest.raises(UsageError):
        reporting.parts(made, "xx")


@pytest.mark.servers
def test_the_end_goes_step_by_step_and_deletes_only_what_was_handed_over(desk: Desk) -> None:
    road = desk.road
    public_numbers.round_of(road)
    told = public_numbers.public(road)["weeks"]
    with pytest.raises(Conflict):
        ending.report(road, by="olga")
    ending.stop(road, by="olga", why="the three weeks are over")
    ending.stop(road, by="omar", why="again")
    with pytest.raises(Conflict):
        ending.propose_purge(road, by="olga")
    number = ending.report(road, by="olga")
    assert reporting.show(road, number).kind == "final"
    ending.hand_over(road, to="City police", basis="file 3", what="all leads", by="olga")
    with pytest.raises(NotAllowed):
        ending.confirm_hand_over(road, by="olga")
    with pytest.raises(Conflict):
        ending.propose_purge(road, by="olga")
    ending.confirm_hand_over(road, by="omar")
    ending.propose_purge(road, by="omar")
    with pytest.raises(NotAllowed):
        ending.confirm_purge(road, by="omar")
    with pytest.raises(NotAllowed):
        ending.confirm_purge(road, by="rob")
    with road.store.reading() as tx:
        assert posts.latest(tx, most=1), "nothing went before two people agreed"
    ending.confirm_purge(road, by="olga")
    gone = ending.work_off(road)
    assert gone > 100 and ending.work_off(road) == 0
    state = ending.look(road)
    assert state.goes["posts"] == 0 and state.goes["photos"] == 0 and state.stays["reports"] > 0
    assert ending.revoke(road, by="olga")["web_sessions"] == 0
    assert all(
        state_of is not None and state_of.state == "done" for state_of in ending.look(road).steps.values()
    )
    with road.store.reading() as tx:
        assert campaign_steps.get(tx, "end.purge") is not None and audit.first_break(tx) is None
    counting.catch_up(road)
    assert campaign_numbers.life(road).people == 0
    assert public_numbers.public(road)["weeks"] == told and told, "what was told stays told"
    assert reporting.show(road, number).numbers["total"]["posts"] > 100


@pytest.mark.servers
def test_a_larger_campaign_equals_the_slow_count_through_many_changes(tmp_path: Path) -> None:
    desk = _open(tmp_path, 8_000)
    counting.rebuild(desk.road)
    _equal(desk)
    for seed in range(5):
        _mutate(desk, 300, seed)
        counting.round_of(desk.road)
        _equal(desk)
    for zone in ("America/New_York", "Asia/Kathmandu"):
        desk.road.life = replace(desk.road.life, zone=zone)
        counting.round_of(desk.road)
        _equal(desk)
    desk.road.store.close()
