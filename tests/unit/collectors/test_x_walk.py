"""How X is paged: nothing is lost at any cut, a cursor older than seven days, several texts, bad cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import x_walk as walk
from collectors.x import time_of_id
from store.records.page import Span

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
FIRST = timedelta(hours=24)


def id_at(moment: datetime, sequence: int = 0) -> str:
    return str(((int(moment.timestamp() * 1000) - 1_288_834_974_657) << 22) + sequence)


def begun(place: walk.Place, now: datetime = NOW) -> walk.Place:
    return walk.begin(place, now, window=walk.WINDOW, first=FIRST)[0]


def test_a_new_source_begins_some_hours_back() -> None:
    place, gap = walk.begin(walk.Place(), NOW, window=walk.WINDOW, first=FIRST)
    assert place.start == NOW - FIRST and place.since_id == "" and gap is None
    far = walk.begin(walk.Place(), NOW, window=walk.WINDOW, first=timedelta(days=7))[0]
    assert far.start == NOW - walk.WINDOW + walk.EDGE


def test_the_newest_id_counts_only_when_all_pages_behind_it_were_read() -> None:
    place = begun(walk.Place(since_id="10", read_to=NOW - timedelta(days=1)))
    place = begun(walk.Place(since_id=id_at(NOW - timedelta(hours=2)), read_to=NOW - timedelta(hours=2)))
    held = place.since_id
    place, gap = walk.moved(place, walk.Seen([id_at(NOW), id_at(NOW, 5)], "t1"))
    assert place.since_id == held and place.first_newest == id_at(NOW, 5) and gap is None
    place, gap = walk.moved(begun(place, NOW + timedelta(minutes=1)), walk.Seen([], "t2"))
    assert place.since_id == held and place.next_token == "t2"
    place, gap = walk.moved(place, walk.Seen([id_at(NOW - timedelta(hours=1))]))
    assert place == walk.Place(since_id=id_at(NOW, 5), read_to=NOW - walk.SETTLED) and gap is None


def test_an_id_older_than_seven_days_becomes_a_time_and_what_nobody_read_a_gap() -> None:
    old = id_at(NOW - timedelta(days=9))
    quiet = walk.Place(since_id=old, read_to=NOW - timedelta(hours=1))
    place, gap = walk.begin(quiet, NOW, window=walk.WINDOW, first=FIRST)
    assert (place.since_id, gap) == ("", None)
    assert place.start == NOW - timedelta(hours=1) - walk.OVERLAP
    absent = walk.Place(since_id=old, read_to=NOW - timedelta(days=9))
    place, gap = walk.begin(absent, NOW, window=walk.WINDOW, first=FIRST)
    floor = NOW - walk.WINDOW + walk.EDGE
    assert place.start == floor and gap and gap.span == Span(NOW - timedelta(days=9), floor)
    assert not gap.recoverable
    assert walk.begin(absent, NOW, window=None, first=FIRST) == (
        walk.Place(since_id=old, read_to=absent.read_to, begun=NOW - walk.SETTLED),
        None,
    )


def test_a_walk_whose_far_end_leaves_the_window_goes_on_with_the_rest() -> None:
    place = walk.Place(id_at(NOW), NOW, first_newest=id_at(NOW, 9), next_token="t", begun=NOW, walked=10)
    late = NOW + timedelta(days=8)
    later, gap = walk.begin(place, late, window=walk.WINDOW, first=FIRST)
    floor = late - walk.WINDOW + walk.EDGE
    assert later == walk.Place("", NOW, id_at(NOW, 9), "t", floor, NOW, 10)
    assert gap and gap.span == Span(NOW, floor) and not gap.recoverable
    by_time = begun(walk.Place(id_at(NOW - timedelta(days=8)), NOW - timedelta(days=8)))
    by_time = walk.moved(by_time, walk.Seen([id_at(NOW)], "t"))[0]
    for seconds in range(0, 85, 5):
        assert walk.begin(by_time, NOW + timedelta(seconds=seconds), window=walk.WINDOW, first=FIRST) == (
            by_time,
            None,
        )
    assert begun(by_time, NOW + timedelta(seconds=100)).next_token == "t"


def test_a_token_that_comes_again_ends_the_walk_and_leaves_a_gap() -> None:
    place = walk.Place(read_to=NOW - timedelta(hours=3), next_token="t", begun=NOW, first_newest="5")
    place, gap = walk.moved(place, walk.Seen(["4"], "t", NOW - timedelta(hours=1)))
    assert place.since_id == "5" and place.begun is None
    assert gap and gap.span == Span(NOW - timedelta(hours=3), NOW - timedelta(hours=1))


def test_a_timeline_that_gives_no_more_than_800_says_so() -> None:
    place = walk.Place("1", NOW - timedelta(days=3), walked=790, begun=NOW)
    seen = walk.Seen([str(n) for n in range(2, 12)], "", NOW - timedelta(days=1))
    assert walk.moved(place, seen)[1] is None
    gap = walk.moved(place, seen, walk.TIMELINE_POSTS)[1]
    assert gap and gap.span.end == NOW - timedelta(days=1) and gap.recoverable


def test_a_query_that_is_split_anew_begins_where_all_its_texts_had_come_to() -> None:
    one = walk.Place("11", NOW - timedelta(hours=1))
    two = walk.Place("7", NOW - timedelta(hours=2), next_token="t", begun=NOW)
    cursor = walk.Cursor((one, two), at=1, shape="old")
    assert walk.for_texts(cursor, 2, "old") is cursor
    split = walk.for_texts(cursor, 3, "new")
    assert split.parts == (walk.Place("7", NOW - timedelta(hours=2)),) * 3 and split.at == 0
    unread = walk.Cursor((one, walk.Place(next_token="t")), shape="old")
    assert walk.for_texts(unread, 1, "new").parts == (walk.Place(),)


def test_after_the_last_text_there_is_more_if_time_has_passed() -> None:
    cursor = walk.Cursor((walk.Place(), walk.Place()), shape="s")
    done = walk.Place("5", NOW)
    cursor, more = walk.stepped(cursor, done, NOW - walk.SETTLED, NOW)
    assert (cursor.at, more) == (1, True)
    assert walk.stepped(cursor, done, NOW - walk.SETTLED, NOW)[1] is False
    late, more = walk.stepped(cursor, done, NOW, NOW + timedelta(minutes=5))
    assert (late.at, late.round, more) == (0, None, True)


@pytest.mark.parametrize(
    "text", ["{", "[]", '"x"', '{"parts":1}', '{"parts":[{"since_id":5}]}', "\ud800", "[" * 5000]
)
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        walk.load(text)


def test_a_window_keeps_its_ends_while_pages_follow() -> None:
    span = Span(NOW - timedelta(days=2), NOW)
    floor = NOW - walk.WINDOW
    place, gap = walk.window(walk.Place(), span, NOW, floor)
    assert place and gap is None and place.begun == NOW - walk.SETTLED
    paging = walk.Place(start=place.start, begun=place.begun, next_token="t")
    assert walk.window(paging, span, NOW + timedelta(hours=1), floor) == (paging, None)
    late, gap = walk.window(walk.Place(), Span(NOW - timedelta(days=9), NOW), NOW, floor)
    assert late and late.start == floor and gap and gap.span == Span(NOW - timedelta(days=9), floor)
    assert walk.window(walk.Place(), Span(NOW, NOW + timedelta(hours=1)), NOW, None)[0] is None


class World:
    """Posts by id, answered as X does: newest first, above an id or a time, a token for the rest."""

    def __init__(self, size: int) -> None:
        self.ids: list[str] = []
        self.size = size

    def answer(self, place: walk.Place) -> walk.Seen:
        assert not (place.since_id and place.start)
        ids = sorted(self.ids, key=walk.id_order, reverse=True)
        if place.since_id:
            ids = [i for i in ids if walk.id_order(i) > walk.id_order(place.since_id)]
        elif place.start:
            start = place.start
            ids = [i for i in ids if (time_of_id(i) or start) >= start]
        if place.next_token:
            ids = [i for i in ids if walk.id_order(i) < walk.id_order(place.next_token)]
        page = ids[: self.size]
        return walk.Seen(page, page[-1] if len(ids) > self.size else "")


@settings(max_examples=80)
@given(
    st.integers(1, 4), st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.booleans()), max_size=30)
)
def test_nothing_is_lost_whenever_the_process_dies(size: int, steps: list[tuple[int, int, bool]]) -> None:
    """Posts arrive, some pages are read, and now and then a page is read but never committed."""
    world, now, held, seen = World(size), NOW, "", set[str]()
    count = 0

    def read(held: str, now: datetime) -> tuple[str, set[str], bool]:
        cursor = walk.for_texts(walk.load(held), 1, "s")
        place, gap = walk.begin(cursor.parts[0], now, window=walk.WINDOW, first=FIRST)
        assert gap is None
        answer = world.answer(place)
        begun_at = place.begun or now
        place, gap = walk.moved(place, answer)
        assert gap is None
        cursor, more = walk.stepped(cursor, place, begun_at, now)
        return walk.dump(cursor), set(answer.ids), more

    for arriving, pages, dies in steps:
        for _ in range(arriving):
            count += 1
            now += timedelta(seconds=7)
            world.ids.append(id_at(now - timedelta(seconds=1), count))
        for _ in range(pages):
            now += timedelta(seconds=1)
            moved, ids, _ = read(held, now)
            if not dies:
                held, seen = moved, seen | ids
    for _ in range(300):
        now += timedelta(seconds=1)
        held, ids, more = read(held, now)
        seen |= ids
        if not more and not ids:
            break
    assert seen == set(world.ids)
