"""Posts that the clock takes go on counting on both databases; a deletion takes them out, also afterwards."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.pipeline import tag_counting
from bot.rules import permit
from store import campaign_changes, campaign_days, letting_go, posts, tag_marks, tag_numbers, tag_posts, veils
from store import tables as t
from store.db import Store
from store.letting_go import NO_USE
from store.records.post import Gone, Platform
from tests import tag_world
from tests.stores import START, Clock

ZONE = "Asia/Shanghai"


def _count(store: Store, clock: Clock) -> None:
    tag_counting.count(tag_world.road_on(store, clock))
    with store.transaction() as tx:
        campaign_days.catch_up(tx, ZONE, START)
    _days_anew(store)


def _days_anew(store: Store) -> None:
    with store.transaction() as tx:
        for day in campaign_days.stale(tx, ZONE):
            campaign_days.recount(tx, day, ZONE, START)


def _numbers(store: Store) -> tuple[object, ...]:
    with store.reading() as tx:
        people = campaign_days.by_posts(tx)
        return tag_world.kept(store), campaign_days.days(tx), people, campaign_days.carried(tx)


def _let_go(store: Store, keys: list[str]) -> None:
    """As the round of retention does; counted before."""
    with store.transaction() as tx:
        for key in keys:
            posts.wipe(tx, Gone(key, Platform.MASTODON, NO_USE, START))
        tag_posts.let_go(tx, keys)


def test_what_the_clock_takes_counts_as_before_and_a_deletion_afterwards_takes_it_out(
    store: Store, clock: Clock
) -> None:
    made = tag_world.fill(store, number=14, seed=3)
    _count(store, clock)
    before, keys = _numbers(store), [one.key for one in made[:9]]
    _let_go(store, keys)
    _count(store, clock)
    assert _numbers(store) == before
    road = tag_world.road_on(store, clock)
    tag_counting.rebuild(road)
    with store.transaction() as tx:
        campaign_days.clear(tx, ZONE, START)
        campaign_changes.mark_all(tx)
    _count(store, clock)
    assert _numbers(store) == before, "counting anew keeps what nothing else can be counted from"
    with store.transaction() as tx:
        again = Gone(keys[0], Platform.MASTODON, "deleted", START + timedelta(days=9))
        assert letting_go.end(tx, again) and not letting_go.end(tx, again)
        assert not letting_go.end(tx, Gone(made[12].key, Platform.MASTODON, "deleted", START))
        veils.put(tx, keys[1], veils.SEALED, START)
        assert letting_go.end_all(tx, "over") == 8
        tx.execute(sa.update(t.posts).where(t.posts.c.key.in_(keys[2:])).values(gone_why=NO_USE))
    _count(store, clock)
    gone = {made[0].key, made[1].key}
    with store.reading() as tx:
        assert set(tag_posts.held(tx, [one.key for one in made])) == {one.key for one in made} - gone
        held = set(tx.execute(sa.select(t.campaign_facts.c.post_key)).scalars())
    assert held == {one.key for one in made} - gone


def test_a_deletion_in_the_midst_of_counting_anew_is_no_number_below_nothing(
    store: Store, clock: Clock
) -> None:
    one, other = (tag_world.post(number, ["Home"], author=1) for number in (1, 2))
    with store.transaction() as tx:
        tag_world.put(tx, one)
        tag_world.put(tx, other)
    _count(store, clock)
    _let_go(store, [one.key])
    with store.transaction() as tx:
        tag_numbers.clear(tx)
        tag_marks.put_all(tx)
        letting_go.end(tx, Gone(one.key, Platform.MASTODON, "deleted", START))
    _count(store, clock)
    assert tag_world.kept(store) == tag_world.slowly(store, [other])


def test_what_stays_of_an_author_tells_authors_apart_and_finds_their_posts(
    store: Store, clock: Clock
) -> None:
    one = tag_world.post(1, ["Home"], author=1, text="We meet on Sunday at the old gate")
    with store.transaction() as tx:
        tag_world.put(tx, one)
    _count(store, clock)
    _let_go(store, [one.key])
    with store.reading() as tx:
        (row,) = tx.execute(sa.select(t.bench_posts)).all()
        assert (row.author_name, row.author_ident, row.words, row.picture) == (0, 0, 0, 0)
        assert row.author and row.set_id < 0
        assert letting_go.by_author(tx, Platform.MASTODON, "id1") == [one.key]
        assert letting_go.authors(tx, Platform.MASTODON, ["id1", "id2"]) == {"id1"}
        assert letting_go.by_author(tx, Platform.X, "id1") == []


def test_the_reason_ends_as_the_platforms_limits_do() -> None:
    assert NO_USE.endswith(permit.STORAGE_LIMIT)
