"""Coverage, schedule, hourly counts, backfills, second looks: what must hold on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import backfills, campaign, coverage, hourly, matches, photos, posts, rechecks, schedule, sources
from store import tables as t
from store.backfills import Held
from store.db import Store
from store.records.campaign import SourceHealth, SourceState
from store.records.coverage import Backfill, BackfillState, Covered, CoverState
from store.records.match import Tier
from store.records.page import Budget, Gap, Span
from store.records.post import AuthorSign, Gone, Observation
from store.schedule import Slot
from tests import makers
from tests.stores import START

C, G, L = CoverState.COMPLETE, CoverState.GAP, CoverState.LOST
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))


def ledger(store: Store, source: str = "s", tag: str = "T") -> list[tuple[float, float, str, str]]:
    with store.reading() as tx:
        return [
            ((row.span.start - START) / HOUR, (row.span.end - START) / HOUR, row.state.value, row.why)
            for row in coverage.rows(tx, source=source, tag=tag)
        ]


def test_reading_on_makes_one_growing_span(store: Store) -> None:
    for end in range(1, 6):
        with store.transaction() as tx:
            coverage.fill(tx, "s", "T", span(end - 1, end))
    assert ledger(store) == [(0, 5, "complete", "")]


def test_how_far_was_read_stands_beside_the_cursor_and_moves_by_itself(store: Store) -> None:
    with store.transaction() as tx:
        assert sources.read_until(tx, "s", "T") is None
        sources.set_cursor(tx, "s", "T", "c1", at(0))
        assert sources.read_until(tx, "s", "T") is None
        sources.set_read_until(tx, "s", "T", at(3), at(3))
        sources.set_cursor(tx, "s", "T", "c2", at(4))
        assert (sources.read_until(tx, "s", "T"), sources.cursor(tx, "s", "T")) == (at(3), "c2")
        sources.set_read_until(tx, "s", "new", at(1), at(1))
        assert (sources.read_until(tx, "s", "new"), sources.cursor(tx, "s", "new")) == (at(1), "")


def test_a_gap_splits_and_a_backfill_joins(store: Store) -> None:
    with store.transaction() as tx:
        coverage.fill(tx, "s", "T", span(0, 10))
        coverage.paint(tx, "s", "T", span(4, 6), G, "cap")
        coverage.paint(tx, "s", "other", span(0, 1), L, "gone")
    assert ledger(store) == [(0, 4, "complete", ""), (4, 6, "gap", "cap"), (6, 10, "complete", "")]
    with store.transaction() as tx:
        assert coverage.rows(tx, state=G) == [Covered("s", "T", span(4, 6), G, "cap")]
        coverage.paint(tx, "s", "T", span(4, 6), C)
    assert ledger(store) == [(0, 10, "complete", "")]
    assert ledger(store, tag="other") == [(0, 1, "lost", "gone")]


def test_a_gap_that_begins_where_something_else_begins_loses_neither(store: Store) -> None:
    with store.transaction() as tx:
        coverage.fill(tx, "s", "T", span(0, 4))
        coverage.paint(tx, "s", "T", span(0, 1), G, "late")
        coverage.fill(tx, "s", "T", span(0, 6))
    assert ledger(store) == [(0, 1, "gap", "late"), (1, 6, "complete", "")]


def test_only_open_parts_become_lost_and_empty_spans_say_nothing(store: Store) -> None:
    with store.transaction() as tx:
        coverage.paint(tx, "s", "T", span(2, 6), G, "break")
        coverage.restate(tx, "s", "T", span(0, 4), was=G, state=L, why="too old")
        coverage.paint(tx, "s", "T", span(8, 8), L, "nothing")
        coverage.fill(tx, "s", "T", span(9, 8))
    assert ledger(store) == [(2, 4, "lost", "too old"), (4, 6, "gap", "break")]


def test_two_writers_of_one_ledger_do_not_lose_each_others_words(store: Store) -> None:
    def write(first: int) -> None:
        for hour in range(first, 40, 2):
            with store.transaction() as tx:
                coverage.fill(tx, "s", "T", span(hour, hour + 1))

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger(store) == [(0, 40, "complete", "")]


def test_the_schedule_gives_what_is_due_longest_overdue_first(store: Store) -> None:
    with store.transaction() as tx:
        schedule.put(tx, Slot("s", "a", at(1), 60))
        schedule.put(tx, Slot("s", "b", at(0), 60, rate_per_h=4.5, polled_at=START))
        schedule.put(tx, Slot("s", "c", at(3), 60))
        schedule.put(tx, Slot("s", "d", at(0), 60, off=True, why="no such way"))
    with store.transaction() as tx:
        assert [slot.tag for slot in schedule.due(tx, at(1))] == ["b", "a"]
        assert schedule.latest_due(tx) == at(3)
        schedule.keep_only(tx, {("s", "b"), ("s", "d")})
        assert [slot.tag for slot in schedule.slots(tx, "s")] == ["b", "d"]
        assert schedule.get(tx, "s", "b") == Slot("s", "b", at(0), 60, 4.5, START)
        assert schedule.get(tx, "s", "a") is None


def test_hourly_counts_add_up_and_zero_says_that_it_was_read(store: Store) -> None:
    with store.transaction() as tx:
        for minutes, number in ((0, 3), (59, 2), (60, 0), (-1, 7)):
            hourly.add(tx, "s", START + timedelta(minutes=minutes), number)
        hourly.add(tx, "other", START, 100)
        counts = hourly.counts(tx, "s", since=at(-2), until=at(2))
        assert counts == {at(-1): 7, at(0): 5, at(1): 0}
        hourly.forget(tx, before=at(2))
        assert hourly.counts(tx, "s", since=at(-2), until=at(3)) == {at(1): 0}


def test_a_backfill_asked_for_twice_keeps_its_place(store: Store) -> None:
    made = Backfill("s", "T", span(0, 4), asked_by="ana", changed_at=START)
    with store.transaction() as tx:
        assert backfills.ask(tx, made)
        further = replace(made, cursor="c7", pages=7, posts=40, new=3, reached=at(2), part=1)
        backfills.put(tx, Held(further, (Gap(span(1, 2), "cap"),)))
        assert not backfills.ask(tx, made)
        assert backfills.get(tx, "s", "T", span(0, 4)) == Held(further, (Gap(span(1, 2), "cap"),))
        backfills.ask(tx, replace(made, span=span(1, 2)))
        backfills.ask(tx, replace(made, span=span(3, 5)))
        assert [each.span for each in backfills.within(tx, "s", "T", span(0, 4))] == [span(0, 4), span(1, 2)]
        backfills.put(tx, Held(replace(further, state=BackfillState.DONE)))
        waiting = backfills.listing(tx, state=BackfillState.WAITING)
        assert {each.span for each in waiting} == {span(1, 2), span(3, 5)}


def test_a_report_without_a_budget_leaves_the_known_one(store: Store) -> None:
    health = SourceHealth("s", "mastodon", SourceState.OK, "")
    with store.transaction() as tx:
        assert sources.budget(tx, "s") is None
        sources.report(tx, health, Budget(7, 300, START))
        sources.report(tx, replace(health, state=SourceState.BACKING_OFF, detail="away", failures=1))
        assert sources.budget(tx, "s") == Budget(7, 300, START)
        held = sources.health(tx, "s")
        assert held is not None and (held.state, held.failures) == (SourceState.BACKING_OFF, 1)


def matched(store: Store, number: int, tier: Tier = Tier.REVIEW, source: str = "live") -> str:
    """A post with an open match, delivered by `source`."""
    post, seen = makers.post(number), makers.photo("abcdef"[number])
    with store.transaction() as tx:
        posts.put(tx, post, makers.ALL, START)
        for name in (source, "archive"):
            posts.observe(tx, Observation(post.key, name, "T", str(number), START))
        photos.put(tx, seen, START)
        photos.put_faces(tx, [makers.face(seen)])
        matches.put(tx, makers.match(makers.face(seen), post.key, tier=tier), START)
    return post.key


def test_posts_of_standing_matches_are_looked_up_longest_unseen_first(store: Store) -> None:
    one, two, three = (matched(store, number) for number in (1, 2, 3))
    with store.transaction() as tx:
        posts.put(tx, makers.post(4), makers.ALL, START)
        rechecks.note(tx, one, "live", at(5), "stands")
        rechecks.note(tx, two, "live", at(1), "stands")
        posts.wipe(tx, Gone(three, makers.post().platform, "deleted", at(1)))
        due = rechecks.due(tx, "live", at(6), most=9)
        assert [(d.post_key, d.source, d.native_id) for d in due] == [(two, "live", "2"), (one, "live", "1")]
        assert [d.post_key for d in rechecks.due(tx, "live", at(5), most=9)] == [two]
        assert len(rechecks.due(tx, "live", at(6), most=1)) == 1
        assert rechecks.due(tx, "elsewhere", at(6), most=9) == []
        assert rechecks.tombstones(tx) == 1


def test_late_are_posts_of_live_sources_that_nobody_looked_up_in_time(store: Store) -> None:
    one = matched(store, 1)
    matched(store, 2, source="another archive")
    with store.transaction() as tx:
        assert rechecks.late(tx, "mastodon", at(9)) == 0, "no live source is known yet"
        sources.report(tx, SourceHealth("live", "mastodon", SourceState.OK, ""))
        assert (rechecks.watched(tx), rechecks.late(tx, "mastodon", at(9))) == (1, 1)
        assert rechecks.late(tx, "x", at(9)) == 0
        rechecks.note(tx, one, "live", at(9), "stands")
        assert rechecks.late(tx, "mastodon", at(9)) == 0


def test_signs_that_changed_are_kept_and_said_so(store: Store) -> None:
    post = makers.post()
    with store.transaction() as tx:
        posts.put(tx, post, makers.ALL, START)
        assert not posts.set_signs(tx, post.key, frozenset())
        assert posts.set_signs(tx, post.key, frozenset({AuthorSign.NO_BOT}))
        assert posts.get(tx, post.key).author.signs == {AuthorSign.NO_BOT}
        assert not posts.set_signs(tx, "unknown", frozenset({AuthorSign.NO_BOT}))


def test_old_notices_of_one_kind_are_taken_down(store: Store) -> None:
    with store.transaction() as tx:
        campaign.notice(tx, "gone:A", "old", START)
        campaign.notice(tx, "gone:B", "new", at(3))
        campaign.notice(tx, "other", "stays", START)
        campaign.drop_notices(tx, "gone:", before=at(1))
        assert campaign.notices(tx) == {"gone:B": "new", "other": "stays"}
        assert tx.execute(sa.select(sa.func.count()).select_from(t.notices)).scalar_one() == 2
