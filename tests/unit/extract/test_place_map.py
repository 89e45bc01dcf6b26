"""The map's points: exits, stations, crossings and streets inside the place that the text names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.extract.place_map import MapPlaces
from bot.extract.placewords import distance_km
from bot.extract.sighting import read
from store.places_import import import_extract
from store.places_map import FIRST_ID, PlacesMap
from store.records.place import NameHit, PlaceEntry
from store.records.post import Author, Platform, Post
from store.records.sighting import PlaceKind, WhereCandidate
from tests.unit.extract.fake_gazetteer import FakeGazetteer

TOWN = Path(__file__).resolve().parents[2] / "fixtures" / "places" / "town.osm"
NOON = datetime(2026, 5, 25, 12, tzinfo=UTC)


class WithMap(FakeGazetteer):
    """The fake gazetteer with a real map of the made-up town, which lies in its Chengdu."""

    def __init__(self, places: PlacesMap) -> None:
        super().__init__()
        self._map = places

    def _inside(self, entry: PlaceEntry) -> PlaceEntry:
        return replace(entry, city="成都市", province="四川省", country="CN", zone="Asia/Shanghai")

    def entry(self, place_id: int) -> PlaceEntry:
        """The place with this id."""
        if place_id < FIRST_ID:
            return super().entry(place_id)
        found = self._map.entry(place_id)
        assert found is not None
        return self._inside(found)

    def mapped(self, name: str) -> tuple[PlaceEntry, ...]:
        """As the real one."""
        return tuple(map(self._inside, self._map.called(name)))

    def mapped_in(self, text: str) -> list[NameHit]:
        """As the real one."""
        return self._map.find(text)

    def crossing(self, a: str, b: str) -> tuple[PlaceEntry, ...]:
        """As the real one."""
        return tuple(map(self._inside, self._map.crossing(a, b)))

    def exit_of(self, station: PlaceEntry, ref: str) -> PlaceEntry | None:
        """As the real one."""
        found = self._map.exit_near(station.lat, station.lon, ref)
        return self._inside(found) if found else None


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> WithMap:
    file = tmp_path_factory.mktemp("map") / "places-map.sqlite"
    import_extract(TOWN, file)
    return WithMap(PlacesMap(file))


def best(text: str, gazetteer: FakeGazetteer, *, location: str = "") -> WhereCandidate | None:
    post = Post(
        key="k", platform=Platform.WEIBO, author=Author("a", location=location), text=text,
        received_at=NOON, created_at=NOON, language="zh", zone_offset_min=480,
    )  # fmt: skip
    return read(post, (), gazetteer).where.best


def test_the_map_is_one_that_the_port_knows(gazetteer: WithMap) -> None:
    assert isinstance(gazetteer, MapPlaces)
    assert not isinstance(FakeGazetteer(), MapPlaces)


@pytest.mark.parametrize(
    ("text", "lat", "lon", "radius_km"),
    [
        ("成都望云地铁站B口有个小男孩在乞讨", 30.6999, 104.1069, 0.05),
        ("今天下午在成都望云站C2出口看到一个女孩跪着要钱", 30.7012, 104.1070, 0.05),
        ("成都望云地铁站门口有个小男孩", 30.7004, 104.1062, 0.2),
        ("成都晨光路与柳叶街交叉口,一个小女孩在卖花", 30.7000, 104.1040, 0.1),
        ("成都青禾购物中心门口看到一个小孩", 30.7044, 104.1004, 0.2),
        ("Saw a boy begging outside Qinghe Mall, Chengdu this morning", 30.7044, 104.1004, 0.2),
        ("A little girl at Wangyun metro station exit A, Chengdu, alone", 30.7009, 104.1055, 0.05),
    ],
)
def test_a_named_spot_in_a_named_city_has_its_own_point(
    text: str, lat: float, lon: float, radius_km: float, gazetteer: WithMap
) -> None:
    found = best(text, gazetteer)
    assert found is not None and found.lat is not None and found.lon is not None
    assert distance_km(found.lat, found.lon, lat, lon) < 0.03, found
    assert found.radius_km == radius_km and found.city == "成都市"
    assert found.evidence.rule.endswith("+ map")


def test_a_street_is_as_wide_as_it_is_long(gazetteer: WithMap) -> None:
    found = best("成都晨光路有个小男孩在要饭", gazetteer)
    assert found and found.radius_km is not None and 0.3 < found.radius_km < 0.6


def test_a_station_without_the_word_station_is_seen_in_its_city(gazetteer: WithMap) -> None:
    found = best("成都 望云 昨天看见一个小孩在要饭", gazetteer)
    assert found and (found.lat, found.lon) == (30.7004, 104.1062)


def test_a_spot_of_another_city_is_not_taken(gazetteer: WithMap) -> None:
    found = best("重庆望云地铁站B口有个小男孩在乞讨", gazetteer)
    assert found and found.city == "重庆市" and found.radius_km and found.radius_km > 5


def test_without_a_city_the_map_says_where_such_a_spot_is(gazetteer: WithMap) -> None:
    found = best("望云地铁站B口有个小男孩在乞讨", gazetteer)
    assert found and found.city == "成都市" and found.radius_km == 0.05 and found.weight < 0.8


def test_without_a_map_everything_stays_as_it_was() -> None:
    found = best("成都望云地铁站B口有个小男孩在乞讨", FakeGazetteer())
    assert found and found.radius_km == 30.0 and "map" not in found.evidence.rule


def test_the_words_of_the_place_stay_those_of_the_text(gazetteer: WithMap) -> None:
    found = best("成都望云地铁站B口有个小男孩在乞讨", gazetteer)
    assert found and found.kind is PlaceKind.EXIT and "望云地铁站" in found.name and "B口" in found.name
