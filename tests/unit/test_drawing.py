"""Small plots and maps as values: nothing leaves its frame, and what is drawn is what was given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services import casefile_map, drawing
from bot.services.casefile_map import Spot
from bot.services.drawing import Box, Disc, Drawing, Stroke, Words


def points(made: Drawing) -> list[tuple[float, float]]:
    """Every point of strokes, boxes and the middles of discs."""
    found: list[tuple[float, float]] = []
    for mark in made.marks:
        if isinstance(mark, Stroke):
            found += mark.points
        elif isinstance(mark, Box):
            found += [(mark.x, mark.y), (mark.x + mark.width, mark.y + mark.height)]
        elif isinstance(mark, Disc):
            found.append((mark.x, mark.y))
    return found


VALUES = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=0, max_size=40)


@given(VALUES)
@settings(max_examples=40, deadline=None)
def test_plots_stay_in_their_frame_whatever_the_values(values: list[float]) -> None:
    labels = [str(at) for at in range(len(values))]
    for made in (drawing.bars(labels, values), drawing.columns(labels, values), drawing.line(labels, values)):
        assert all(
            -0.01 <= x <= made.width + 0.01 and -0.01 <= y <= made.height + 0.01 for x, y in points(made)
        )


def test_a_bar_is_as_long_as_its_value_says() -> None:
    made = drawing.bars(["a", "b"], [10, 5], unit="posts")
    long, short = (mark.width for mark in made.marks if isinstance(mark, Box))
    assert long == pytest.approx(2 * short)
    assert "5 posts" in [mark.text for mark in made.marks if isinstance(mark, Words)]
    with pytest.raises(ValueError, match="1 labels for 2"):
        drawing.columns(["a"], [1, 2])


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 300))
@settings(max_examples=40, deadline=None)
def test_both_places_of_a_map_lie_on_it(lat: float, lon: float, north: float, east: float, km: float) -> None:
    one = Spot(lat, lon, km, "seen", is_main=True)
    two = Spot(max(-84.0, min(84.0, lat + north)), lon + east, 0.0, "last seen")
    made = casefile_map.draw([one, two], object(), "map")
    middles = [mark for mark in made.marks if isinstance(mark, Disc) and mark.fill]
    assert len(middles) == 2
    assert all(0 <= mark.x <= made.width and 0 <= mark.y <= made.height for mark in middles)


def test_the_way_between_two_places_is_that_on_the_globe() -> None:
    chengdu, beijing = Spot(30.66, 104.08, 0, ""), Spot(39.9, 116.4, 0, "")
    assert casefile_map.distance_km(chengdu, beijing) == pytest.approx(1518, abs=10)
    with pytest.raises(ValueError, match="needs a place"):
        casefile_map.draw([], object(), "")
