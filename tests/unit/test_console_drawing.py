"""Small maps and ways to look: geometry of the console."""

from __future__ import annotations

from typing import Any

from bot.console.crops import Crop
from bot.console.look import Look
from bot.console.maps import HEIGHT, WIDTH, Point, clusters, draw
from store.errors import Missing
from store.records.place import PlaceEntry
from store.records.sighting import PlaceKind

CHENGDU = Point(30.66, 104.08, 0.4, "春熙路")


class Towns:
    """A gazetteer that knows a few towns."""

    def within(self, south: float, north: float, west: float, east: float, *, most: int) -> list[PlaceEntry]:
        known = [
            PlaceEntry(1, "成都", PlaceKind.CITY, 30.70, 104.00, 20),
            PlaceEntry(2, "成都旁", PlaceKind.CITY, 30.701, 104.001, 20),
            PlaceEntry(3, "北京", PlaceKind.CITY, 39.9, 116.4, 20),
        ]
        return [one for one in known if south <= one.lat <= north and west <= one.lon <= east][:most]


def no_gazetteer() -> Any:
    raise Missing("places", "are not built yet")


def test_a_map_shows_the_place_in_the_middle_and_towns_that_do_not_overlap() -> None:
    drawn = draw([CHENGDU], lambda: Towns())  # type: ignore[arg-type, return-value]
    assert drawn is not None
    (spot,) = drawn.spots
    assert (spot.x, spot.y, spot.is_main) == (WIDTH / 2, HEIGHT / 2, True)
    assert [town.name for town in drawn.towns] == ["成都"], "its neighbour would lie upon it"
    assert 0 < drawn.scale_px <= WIDTH / 3


def test_a_map_is_drawn_without_a_gazetteer_and_none_without_a_place() -> None:
    drawn = draw([CHENGDU], no_gazetteer)
    assert drawn is not None and drawn.towns == () and len(drawn.spots) == 1
    assert draw([], no_gazetteer) is None


def test_everything_shown_lies_on_the_map_and_what_is_too_far_is_left_out() -> None:
    near = Point(30.0, 103.0, 5, "near")
    far = Point(-30.0, -60.0, 5, "far")
    drawn = draw([CHENGDU, near, far], no_gazetteer)
    assert drawn is not None and [spot.name for spot in drawn.spots] == ["春熙路", "near"]
    assert all(0 <= spot.x <= WIDTH and 0 <= spot.y <= HEIGHT for spot in drawn.spots)


def test_points_upon_each_other_become_one_that_counts_them() -> None:
    many = [CHENGDU, Point(30.6601, 104.0801, 0.4, "春熙路"), Point(39.9, 116.4, 1, "北京", 3)]
    found = clusters(many)
    assert [(one.name, one.count) for one in found] == [("北京", 3), ("春熙路", 2)]
    assert sum(one.count for one in found) == sum(one.count for one in many)
    assert clusters([]) == []


def test_both_pictures_are_looked_at_by_the_same_words_and_odd_ones_count_as_none() -> None:
    crop = Crop("50.0 32.5 200.0 200.0", "rotate(0)", 320, 240)
    assert Look().window(crop) == "50.0 32.5 200.0 200.0" and Look().css == ""
    assert Look("2").window(crop) == "100.0 82.5 100.0 100.0"
    assert Look.of("1e9", "<b>", 7, 1) == Look(blur=True)
    assert Look.of("2", "150", 1, 0).css == " light-150 flip"
