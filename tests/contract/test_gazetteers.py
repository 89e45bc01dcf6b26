"""One suite for the gazetteer's fake and the real file: whatever holds a place answers alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.extract.gazetteer import Gazetteer
from bot.extract.placewords import distance_km
from store.errors import Missing, StoreError
from store.gazetteer import SqlGazetteer
from store.gazetteer_build import build, gcj02_to_wgs84
from store.records.sighting import PlaceKind
from tests.unit.extract.fake_gazetteer import FakeGazetteer


@pytest.fixture(scope="module")
def places_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("places") / "deep" / "places.sqlite"
    said: list[str] = []
    first = SqlGazetteer(path, progress=said.append)
    assert not path.exists(), "nothing may be built before the first question"
    assert first.lookup("南京")
    first.close()
    assert said
    return path


@pytest.fixture(params=["fake", "sqlite"])
def gazetteer(request: pytest.FixtureRequest) -> Iterator[Gazetteer]:
    if request.param == "fake":
        yield FakeGazetteer()
        return
    real = SqlGazetteer(request.getfixturevalue("places_file"), build_if_missing=False)
    yield real
    real.close()


def test_it_is_a_gazetteer(gazetteer: Gazetteer) -> None:
    assert isinstance(gazetteer, Gazetteer)


def test_names_are_found_where_they_stand(gazetteer: Gazetteer) -> None:
    text = "昨天在成都春熙路 and London"
    spelled = {text[h.start : h.end]: gazetteer.entry(h.ids[0]) for h in gazetteer.find(text)}
    assert spelled["成都"].city == "成都市"
    assert spelled["London"].country == "GB"


def test_traditional_characters_and_capitals_make_no_difference(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("貴陽") == gazetteer.lookup("贵阳") != ()
    assert gazetteer.lookup("LONDON") == gazetteer.lookup("london") != ()


def test_latin_names_are_found_as_whole_words_only(gazetteer: Gazetteer) -> None:
    hits = [
        h for h in gazetteer.find("Londoners in Londonderry") if h.start in (0, 13) and h.end - h.start == 6
    ]
    assert hits == []


def test_namesakes_come_most_populous_first(gazetteer: Gazetteer) -> None:
    found = [e for e in gazetteer.lookup("Springfield") if e.country == "US"]
    assert len(found) >= 5
    assert [e.population for e in found] == sorted((e.population for e in found), reverse=True)


def test_an_unknown_name_is_nothing_and_an_unknown_id_is_missing(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("Qwertzuiopü") == ()
    with pytest.raises(Missing):
        gazetteer.entry(-5)


def test_nearest_keeps_its_distance(gazetteer: Gazetteer) -> None:
    near = gazetteer.nearest(30.60, 104.12, 20.0)
    assert near is not None and near.city == "成都市"
    assert gazetteer.nearest(0.0, -150.0, 100.0) is None


def test_xinjiang_reads_clocks_in_beijing_time(gazetteer: Gazetteer) -> None:
    assert gazetteer.zone_at(43.8, 87.6) == "Asia/Shanghai"
    assert gazetteer.lookup("乌鲁木齐")[0].zone == "Asia/Shanghai"


def test_a_point_out_of_range_has_no_zone(gazetteer: Gazetteer) -> None:
    assert gazetteer.zone_at(300.0, 500.0) == ""


def test_many_threads_may_ask_at_once(gazetteer: Gazetteer) -> None:
    def ask(number: int) -> Any:
        return [gazetteer.entry(h.ids[0]).name for h in gazetteer.find("重庆和贵阳") if h.start in (0, 3)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(64)))
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0]) >= 2


# --- the real file alone ----------------------------------------------------------------------


def test_building_leaves_one_small_file_and_nothing_beside_it(places_file: Path) -> None:
    assert places_file.stat().st_size < 30_000_000
    assert [p.name for p in places_file.parent.iterdir()] == ["places.sqlite"]


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        build(tmp_path / "file" / "places.sqlite")


def test_a_damaged_file_is_said_so_or_built_again(
    tmp_path: Path, places_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.gazetteer.build", lambda path, _: shutil.copy(places_file, path))
    path = tmp_path / "places.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="no usable gazetteer"):
        SqlGazetteer(path, build_if_missing=False).find("x")
    assert SqlGazetteer(path).lookup("南京")


def test_a_district_carries_the_chain_above_it(places_file: Path) -> None:
    gazetteer = SqlGazetteer(places_file)
    (district,) = gazetteer.lookup("锦江区")
    assert (district.province, district.city, district.kind) == ("四川省", "成都市", PlaceKind.DISTRICT)
    assert {e.city for e in gazetteer.lookup("鼓楼区")} >= {"南京市", "徐州市", "福州市", "开封市"}


def test_points_of_chinese_maps_lose_their_shift() -> None:
    # Tiananmen: GCJ-02 39.90734, 116.39741; WGS-84 39.9060, 116.3912 within a hundred metres.
    lat, lon = gcj02_to_wgs84(39.90734, 116.39741)
    assert distance_km(lat, lon, 39.90594, 116.39117) < 0.1


def test_places_lie_where_two_sources_agree(places_file: Path) -> None:
    gazetteer = SqlGazetteer(places_file)
    for name, lat, lon in (
        ("成都", 30.66, 104.06),
        ("西安", 34.26, 108.94),
        ("guangzhou", 23.12, 113.25),
        ("台北", 25.05, 121.53),
    ):
        entry = gazetteer.lookup(name)[0]
        assert distance_km(entry.lat, entry.lon, lat, lon) < 25, name


def test_names_of_divisions_and_cities_are_known_in_the_other_language(places_file: Path) -> None:
    real = SqlGazetteer(places_file, build_if_missing=False)
    assert real.other_name("锦江区", "CN", "en") == "Jinjiang District"
    assert real.other_name("Texas", "US", "zh") == "得克萨斯州"
    assert real.other_name("CN", "", "en") == "China" and real.other_name("PH", "", "zh") == "菲律宾"
    assert real.other_name("nowhere", "CN", "en") == ""
    real.close()


def test_chinese_towns_are_known_by_their_own_name_with_the_county_around_them(places_file: Path) -> None:
    real = SqlGazetteer(places_file, build_if_missing=False)
    towns = [e for e in real.lookup("盛泽镇") if e.kind is PlaceKind.TOWN]
    assert [(e.name, e.city, e.province) for e in towns] == [("盛泽镇", "苏州市", "江苏省")]
    assert towns[0].zone == "Asia/Shanghai" and distance_km(towns[0].lat, towns[0].lon, 30.91, 120.65) < 5
    real.close()
