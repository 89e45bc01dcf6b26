"""The walk over a hashtag timeline, against a small timeline of our own: nothing is lost or skipped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import mastodon_walk as walk
from collectors.mastodon_walk import Place, Seen, Step, WalkRules
from store.records.page import Gap
from tests.unit.collectors.make import NOW

RULES = WalkRules(page_size=3, backfill_pages=1, rescan_pages=50)


class Timeline:
    """Posts by minute; an id is made from the minute, as servers make theirs, so late posts get old ids."""

    def __init__(self) -> None:
        self.ids: dict[str, datetime] = {}

    def add(self, minute: int, twin: int = 0) -> str:
        ident = str(minute * 10 + twin + 1)
        self.ids[ident] = NOW + timedelta(minutes=minute)
        return ident

    def page(self, asked: dict[str, str]) -> list[Seen]:
        ids = sorted(self.ids, key=walk.id_order)
        limit = int(asked["limit"])
        if "min_id" in asked:
            ids = [i for i in ids if walk.id_order(i) > walk.id_order(asked["min_id"])][:limit]
        elif "max_id" in asked:
            ids = [i for i in ids if walk.id_order(i) < walk.id_order(asked["max_id"])][-limit:]
        else:
            ids = ids[-limit:]
        return [Seen(i, self.ids[i]) for i in reversed(ids)]


def drained(
    timeline: Timeline, cursor: str, now: datetime, rules: WalkRules = RULES
) -> tuple[set[str], str, list[Gap]]:
    seen: set[str] = set()
    gaps: list[Gap] = []
    for _ in range(500):
        place = walk.load(cursor)
        step = walk.next_step(place)
        items = timeline.page(dict(walk.asks(place, step, rules)))
        place, more, gap = walk.moved(place, step, items, now, rules)
        seen |= {item.id for item in items}
        gaps += [gap] if gap else []
        cursor = walk.dump(place)
        if not more:
            return seen, cursor, gaps
    raise AssertionError("the walk does not end")


def test_a_new_source_reads_the_newest_page_and_walks_back_as_far_as_it_may() -> None:
    timeline = Timeline()
    ids = [timeline.add(minute) for minute in range(10)]
    seen, cursor, _ = drained(timeline, "", NOW)
    assert seen == set(ids[4:])
    assert walk.load(cursor).newest == ids[-1]


def test_forward_reads_every_page_above_the_cursor() -> None:
    timeline = Timeline()
    timeline.add(0)
    _, cursor, _ = drained(timeline, "", NOW)
    later = {timeline.add(minute) for minute in range(1, 12)}
    seen, cursor, _ = drained(timeline, cursor, NOW)
    assert later <= seen
    assert drained(timeline, cursor, NOW)[0] == set()


def test_a_hashtag_that_was_empty_owes_everything_that_came_since() -> None:
    timeline = Timeline()
    _, cursor, _ = drained(timeline, "", NOW)
    ids = {timeline.add(minute) for minute in range(20)}
    assert drained(timeline, cursor, NOW)[0] == ids


def test_late_posts_are_found_by_the_second_look_within_its_span() -> None:
    timeline = Timeline()
    for minute in range(60 * 60, 60 * 60 + 30):
        timeline.add(minute)
    end = NOW + timedelta(hours=60, minutes=30)
    _, cursor, _ = drained(timeline, "", end)
    late, too_late = timeline.add(60 * 20), timeline.add(60)
    assert drained(timeline, cursor, end)[0] == set()
    seen, cursor, gaps = drained(timeline, cursor, end + timedelta(hours=1))
    assert late in seen and too_late not in seen - {too_late} and not gaps
    assert drained(timeline, cursor, end + timedelta(hours=1, minutes=59))[0] == set()
    assert late in drained(timeline, cursor, end + timedelta(hours=2))[0]


def test_a_second_look_that_runs_out_of_pages_says_what_stays_unread() -> None:
    timeline = Timeline()
    for minute in range(40):
        timeline.add(minute)
    rules = WalkRules(page_size=3, backfill_pages=0, rescan_pages=4)
    _, cursor, _ = drained(timeline, "", NOW + timedelta(minutes=40), rules)
    now = NOW + timedelta(hours=2)
    _, _, (gap,) = drained(timeline, cursor, now, rules)
    assert gap.span.start == now - timedelta(hours=48) and gap.span.end == NOW + timedelta(minutes=28)
    assert gap.recoverable


def test_the_second_look_can_be_switched_off() -> None:
    rules = WalkRules(rescan_every=timedelta(0))
    timeline = Timeline()
    timeline.add(0)
    _, cursor, _ = drained(timeline, "", NOW, rules)
    assert drained(timeline, cursor, NOW + timedelta(days=9), rules)[0] == set()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=6),
    st.integers(1, 4),
    st.integers(0, 2),
)
def test_posts_in_order_are_all_read_whatever_their_rhythm(
    rounds: list[list[int]], page_size: int, backfill_pages: int
) -> None:
    rules = WalkRules(page_size=page_size, backfill_pages=backfill_pages, rescan_every=timedelta(0))
    timeline, cursor, minute, seen = Timeline(), "", 0, set()
    _, cursor, _ = drained(timeline, cursor, NOW, rules)
    for steps in rounds:
        for step in steps:
            minute += 1 + step
            timeline.add(minute)
        new, cursor, _ = drained(timeline, cursor, NOW, rules)
        seen |= new
    assert seen == set(timeline.ids)


@settings(max_examples=100)
@given(
    st.sampled_from(list(Step)),
    st.lists(
        st.tuples(st.text(max_size=4), st.none() | st.just(NOW)).map(lambda item: Seen(*item)), max_size=5
    ),
    st.builds(
        Place,
        started=st.booleans(),
        newest=st.text(max_size=3),
        older=st.text(max_size=3),
        older_left=st.integers(-1, 3),
        rescan_left=st.integers(0, 3),
    ),
)
def test_no_answer_moves_the_newest_id_back(step: Step, items: list[Seen], place: Place) -> None:
    moved, _, _ = walk.moved(place, step, items, NOW, RULES)
    if step is not Step.FIRST:
        assert walk.id_order(moved.newest) >= walk.id_order(place.newest)
    assert walk.load(walk.dump(moved)) == moved


@pytest.mark.parametrize("cursor", ["{", "5", '{"older_left": "x"}', "[" * 9999])
def test_a_cursor_that_is_not_ours_is_a_value_error(cursor: str) -> None:
    with pytest.raises(ValueError):
        walk.load(cursor)
