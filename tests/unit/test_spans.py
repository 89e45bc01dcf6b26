"""The arithmetic of the coverage ledger: nothing overlaps, nothing is claimed that nobody said."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from store.records.coverage import CoverState
from store.spans import Stretch, filled, merged, painted, restated
from tests.stores import START

C, G, L = CoverState.COMPLETE, CoverState.GAP, CoverState.LOST
SIZE = 24


def stretch(start: int, end: int, state: CoverState = C, why: str = "") -> Stretch:
    return Stretch(START + timedelta(hours=start), START + timedelta(hours=end), state, why)


def told(rows: list[Stretch]) -> list[CoverState | None]:
    """What is said of each hour."""
    hours = [START + timedelta(hours=at) for at in range(SIZE)]
    return [next((r.state for r in rows if r.start <= hour < r.end), None) for hour in hours]


@st.composite
def strokes(draw: st.DrawFn) -> list[tuple[str, Stretch]]:
    def one() -> tuple[str, Stretch]:
        start = draw(st.integers(0, SIZE - 1))
        end = draw(st.integers(start, SIZE))
        state = draw(st.sampled_from(list(CoverState)))
        return draw(st.sampled_from(["paint", "fill", "restate"])), stretch(start, end, state)

    return [one() for _ in range(draw(st.integers(0, 12)))]


@settings(max_examples=60, deadline=None)
@given(strokes())
def test_any_row_of_statements_says_what_a_plain_list_of_hours_says(made: list[tuple[str, Stretch]]) -> None:
    rows: list[Stretch] = []
    hours: list[CoverState | None] = [None] * SIZE
    for way, new in made:
        if way == "paint":
            rows = painted(rows, new)
        elif way == "fill":
            rows = filled(rows, new)
        else:
            rows = restated(rows, new, G)
        for at in range(SIZE):
            if not new.start <= START + timedelta(hours=at) < new.end:
                continue
            if (
                way == "paint"
                or (way == "fill" and hours[at] is None)
                or (way == "restate" and hours[at] is G)
            ):
                hours[at] = new.state
        assert told(rows) == hours
        assert all(row.end > row.start for row in rows)
        assert all(one.end <= two.start for one, two in pairwise(rows))
        assert merged(rows) == rows, "neighbours that say the same are one row"


def test_a_gap_in_the_middle_splits_what_was_complete_and_filling_it_joins_it_again() -> None:
    rows = painted([stretch(0, 10)], stretch(4, 6, G, "cap"))
    assert rows == [stretch(0, 4), stretch(4, 6, G, "cap"), stretch(6, 10)]
    assert painted(rows, stretch(4, 6)) == [stretch(0, 10)]


def test_reading_on_never_paints_over_a_known_gap() -> None:
    assert filled([stretch(0, 4), stretch(4, 6, G)], stretch(4, 9)) == [
        stretch(0, 4), stretch(4, 6, G), stretch(6, 9),
    ]  # fmt: skip


def test_only_what_was_open_becomes_lost() -> None:
    rows = [stretch(0, 2), stretch(2, 6, G, "break"), stretch(6, 8)]
    assert restated(rows, stretch(1, 4, L, "too old"), G) == [
        stretch(0, 2), stretch(2, 4, L, "too old"), stretch(4, 6, G, "break"), stretch(6, 8),
    ]  # fmt: skip


def test_gaps_of_different_reasons_stay_apart() -> None:
    assert len(merged([stretch(0, 2, G, "a"), stretch(2, 4, G, "b"), stretch(4, 6, G, "b")])) == 2
