"""The walk through time, against a small search of our own: nothing is lost but what the cap withholds."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.weibo_budget import Used
from collectors.weibo_cursor import dump, load
from collectors.weibo_windows import (
    PAGES,
    Found,
    Place,
    Window,
    WindowRules,
    asks,
    fresh,
    halves,
    moved,
    planned,
)
from store.records.page import Gap

T0 = 1_770_552_000
RULES = WindowRules(count=10, window_s=3600, overlap_s=60)
CAP = PAGES * RULES.count


@dataclass
class Search:
    """Posts by mid and second. `edges` says which ends of a window belong to it.

    With `short`, every other page is that much shorter than asked for and the next goes on behind it; with
    `misses` that share of the posts (in per mille) is left out of an answer, others each time.
    """

    posts: dict[str, int] = field(default_factory=dict)
    edges: str = "[]"
    tells_total: bool = True
    short: int = 0
    misses: int = 0
    requests: int = 0

    def add(self, second: int, count: int = 1) -> None:
        for _ in range(count):
            self.posts[f"m{len(self.posts)}"] = T0 + second

    def ask(self, asked: dict[str, str]) -> tuple[list[Found], int | None]:
        self.requests += 1
        low, high, page = int(asked["starttime"]), int(asked["endtime"]), int(asked["page"])
        low += self.edges[0] == "("
        high -= self.edges[1] == ")"
        inside = sorted((m for m, s in self.posts.items() if low <= s <= high), key=lambda m: -self.posts[m])
        count = int(asked["count"])
        start = (page - 1) * count - page // 2 * self.short
        size = count - (self.short if page % 2 == 0 else 0)
        start += self.short if page % 2 == 0 else 0
        part = inside[:CAP][start : start + size] if page <= PAGES else []
        part = [m for m in part if zlib.crc32(f"{m}/{self.requests}".encode()) % 1000 >= self.misses]
        return [Found(m, self.posts[m]) for m in part], len(inside) if self.tells_total else None


def walk(
    search: Search, place: Place, first_s: int, last_s: int, rules: WindowRules = RULES
) -> tuple[Place, Counter[str], list[Gap]]:
    """All pages up to `last_s`, the cursor going through its text each time."""
    found: Counter[str] = Counter()
    gaps: list[Gap] = []
    for _ in range(20_000):
        place = planned(place, first_s, last_s, rules)
        if not place.pending:
            break
        items, total = search.ask(dict(asks(place, rules)))
        found.update(fresh(place, items))
        place, gap = moved(place, items, total, rules)
        gaps += [gap] if gap else []
        place = load(dump("m", Used(), place), "m", Place)[1]
        if not place.pending and place.until >= last_s:
            break
    return place, found, gaps


def test_a_quiet_tag_costs_one_request_a_poll() -> None:
    search = Search()
    search.add(30, 4)
    place, found, gaps = walk(search, Place(), T0, T0 + 60)
    assert (len(found), gaps, search.requests) == (4, [], 2)  # once more, since something was found
    place, found, _ = walk(search, place, 0, T0 + 120)
    assert (len(found), search.requests, place.until) == (0, 3, T0 + 120)


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("edges", ["[]", "[)", "(]"])
def test_a_window_that_fills_is_halved_until_it_does_not(edges: str, tells_total: bool) -> None:
    search = Search(edges=edges, tells_total=tells_total)
    for second in range(1, 400):
        search.add(second, 3)
    _, found, gaps = walk(search, Place(), T0, T0 + 3600)
    assert set(found) == set(search.posts) and gaps == []
    assert set(found.values()) == {1}


def test_a_full_window_is_known_by_its_total_after_one_request() -> None:
    search = Search()
    for second in range(1, CAP + 1):
        search.add(second)
    place = planned(Place(), T0, T0 + 3600, RULES)
    items, total = search.ask(dict(asks(place, RULES)))
    place, gap = moved(place, items, total, RULES)
    assert place.pending == (Window(T0, T0 + 1800), Window(T0 + 1800, T0 + 3600)) and gap is None


@pytest.mark.parametrize("tells_total", [True, False])
def test_one_second_that_fills_is_a_gap_that_cannot_be_closed(tells_total: bool) -> None:
    search = Search(edges="[)", tells_total=tells_total)
    search.add(100, CAP + 50)
    search.add(500, 5)
    place, found, gaps = walk(search, Place(), T0, T0 + 3600)
    assert len(found) == CAP + 5 and place.until == T0 + 3600
    (gap,) = gaps
    assert gap.span.start == datetime.fromtimestamp(T0 + 100, UTC)
    assert (gap.span.end - gap.span.start).total_seconds() == 1
    assert "result cap hit" in gap.why and not gap.recoverable


@pytest.mark.parametrize("tells_total", [True, False])
def test_short_pages_do_not_end_a_window(tells_total: bool) -> None:
    search = Search(short=4, tells_total=tells_total)
    for second in range(1, 60):
        search.add(second)
    _, found, gaps = walk(search, Place(), T0, T0 + 60)
    assert set(found) == set(search.posts) and gaps == []


def test_what_one_answer_leaves_out_another_brings() -> None:
    search = Search(misses=50)
    for second in range(1, 1200):
        search.add(second)
    _, found, gaps = walk(search, Place(), T0, T0 + 3600)
    assert set(found) == set(search.posts) and gaps == [] and set(found.values()) == {1}
    once = Search(dict(search.posts), misses=50)
    _, found, _ = walk(once, Place(), T0, T0 + 3600, replace(RULES, passes=1))
    assert 20 < len(once.posts) - len(found) < 200  # that is what reading once would lose


def test_windows_overlap_so_that_late_posts_are_found() -> None:
    search = Search()
    search.add(10)
    place, _, _ = walk(search, Place(), T0, T0 + 100)
    search.add(95)  # made before, shown after
    search.add(130)
    _, found, _ = walk(search, place, 0, T0 + 140)
    assert len(found) == 2


def test_a_long_absence_is_walked_in_windows_from_where_it_began() -> None:
    search = Search()
    place, _, _ = walk(search, Place(), T0, T0 + 10)
    for hour in range(50):
        search.add(3600 * hour + 11)
    place, found, _ = walk(search, place, 0, T0 + 50 * 3600)
    assert len(found) == 50 and place.until == T0 + 50 * 3600


def test_a_clock_that_was_set_back_asks_nothing_and_keeps_the_place() -> None:
    place = Place(until=T0 + 5000)
    assert planned(place, 0, T0, RULES) == place


def test_halves_touch_and_end_at_one_second() -> None:
    assert halves(Window(0, 3)) == (Window(0, 1), Window(1, 3))
    assert halves(Window(7, 9)) == (Window(7, 8), Window(8, 9))


def test_what_has_no_mid_is_never_taken_for_known() -> None:
    place = planned(Place(), T0, T0 + 60, RULES)
    place, _ = moved(place, [Found(""), Found("a", None)], None, RULES)
    assert place.page == 2 and fresh(place, [Found(""), Found("a"), Found("b")]) == {"b"}


@settings(max_examples=25, deadline=None)
@given(
    bursts=st.lists(st.tuples(st.integers(1, 900), st.integers(1, 150)), max_size=6),
    edges=st.sampled_from(["[]", "[)", "(]"]),
    tells_total=st.booleans(),
    cuts=st.lists(st.integers(1, 900), max_size=4),
    window_s=st.integers(1, 1200),
)
def test_everything_is_found_or_named_as_a_gap(
    bursts: list[tuple[int, int]], edges: str, tells_total: bool, cuts: list[int], window_s: int
) -> None:
    search = Search(edges=edges, tells_total=tells_total)
    for second, count in bursts:
        search.add(second, count)
    rules = WindowRules(count=10, window_s=max(window_s, 30), overlap_s=60)
    place, found, gaps = Place(), Counter[str](), list[Gap]()
    for last in [*sorted(cuts), 1000]:
        place, more, lost = walk(search, place, T0 if not place.until else 0, T0 + last, rules)
        found += more
        gaps += lost
    missing = set(search.posts) - set(found)
    for mid in missing:
        at = datetime.fromtimestamp(search.posts[mid], UTC)
        assert any(gap.span.start <= at <= gap.span.end for gap in gaps)
    assert place.until == T0 + 1000
