"""Map extracts become places: every format and name, crossings, exits, datums; bad files in one sentence."""

from __future__ import annotations

import bz2
import gzip
import json
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import osm_read
from store.datum import Datum, to_wgs84
from store.errors import StoreError, UsageError
from store.gazetteer_build import distance_km
from store.osm_read import things
from store.osm_tags import describe
from store.places_import import import_extract
from store.places_map import LICENCE, PlacesMap
from store.records.placenames import bare_station, exit_ref
from store.records.sighting import PlaceKind

TOWN = Path(__file__).resolve().parents[2] / "fixtures" / "places" / "town.osm"
GEOJSON = TOWN.with_suffix(".geojson")


@pytest.fixture
def town(tmp_path: Path) -> PlacesMap:
    file = tmp_path / "places-map.sqlite"
    import_extract(TOWN, file)
    return PlacesMap(file)


def rows(places: PlacesMap) -> list[tuple[object, ...]]:
    """Everything the map holds, in order."""
    return sorted(places._rows("SELECT osm, kind, name, lat, lon, radius_km, ref FROM place", ()))


def test_the_made_up_town_becomes_places_of_every_kind(town: PlacesMap) -> None:
    kinds = {name: places[0].kind for name in (
        "晨光路", "望云", "望云第九人民医院", "柳叶街小学", "云门广场", "柳叶菜市场", "青禾购物中心", "听风桥"
    ) if (places := town.called(name))}  # fmt: skip
    assert kinds == {
        "晨光路": PlaceKind.STREET, "望云": PlaceKind.STATION, "望云第九人民医院": PlaceKind.LANDMARK,
        "柳叶街小学": PlaceKind.LANDMARK, "云门广场": PlaceKind.LANDMARK, "柳叶菜市场": PlaceKind.LANDMARK,
        "青禾购物中心": PlaceKind.LANDMARK, "听风桥": PlaceKind.LANDMARK,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["望云", "望云站", "望云地铁站", "望雲站", "Wangyun", "wangyun metro station", "WANGYUN STATION"],
)
def test_a_station_is_found_in_every_language_and_with_or_without_the_word_station(
    name: str, town: PlacesMap
) -> None:
    (found,) = town.called(name)
    assert (found.name, found.lat, found.lon) == ("望云", 30.7004, 104.1062)
    assert found.radius_km <= 0.2


def test_old_and_other_names_lead_to_the_same_place(town: PlacesMap) -> None:
    assert town.called("九医院") == town.called("第九医院") == town.called("Wangyun Ninth Hospital") != ()
    assert town.called("东街市场") == town.called("柳叶菜市场")


def test_the_parts_of_a_street_are_one_place_that_reaches_to_its_ends(town: PlacesMap) -> None:
    (street,) = town.called("Chenguang Road")
    assert (street.lat, round(street.lon, 4)) == (30.7, 104.104)
    assert 0.3 < street.radius_km < 0.6


def test_two_streets_cross_where_they_share_a_node_whichever_is_named_first(town: PlacesMap) -> None:
    (crossing,) = town.crossing("柳叶街", "晨光路")
    assert (crossing.lat, crossing.lon, crossing.radius_km) == (30.7, 104.104, 0.1)
    assert town.crossing("chenguang road", "willow leaf street") == (crossing,)
    assert town.crossing("晨光路", "晨光路") == () == town.crossing("晨光路", "图外路")


def test_an_exit_is_that_of_the_station_asked_about(town: PlacesMap) -> None:
    (station,), (other,) = town.called("望云"), town.called("映月湖站")
    here, there = (town.exit_near(s.lat, s.lon, "B") for s in (station, other))
    assert here and there and (here.lat, there.lat) == (30.6999, 30.7306)
    assert town.exit_near(station.lat, station.lon, "D") is None
    named_only = town.exit_near(station.lat, station.lon, "C2")
    assert named_only and named_only.name == "C2口"


def test_names_stand_in_texts_and_latin_ones_only_as_whole_words(town: PlacesMap) -> None:
    text = "在望云附近 near Qinghe Mall, not Qinghe Mallard"
    assert [text[h.start : h.end] for h in town.find(text)] == ["望云", "Qinghe Mall"]


def test_reading_an_extract_twice_changes_nothing(town: PlacesMap) -> None:
    before = rows(town)
    import_extract(TOWN, town.path)
    assert rows(town) == before and len(before) == 17


def test_a_second_extract_is_added_and_an_open_map_sees_it(town: PlacesMap) -> None:
    assert town.called("落霞站") == () and town.find("落霞站") == []
    import_extract(GEOJSON, town.path)
    assert town.called("落霞站") != () and town.find("落霞站") != []
    assert town.called("望云") != ()


def test_the_licence_is_kept_with_every_extract(town: PlacesMap) -> None:
    assert "ODbL" in LICENCE
    assert town.sources() == [("town.osm", LICENCE, "wgs84", 17)]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    done = import_extract(TOWN, tmp_path / "m.sqlite")
    assert dict(done.left_out) == {"areas drawn as relations": 1}


@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, ".gz"), (bz2.compress, ".bz2")])
def test_packed_extracts_give_the_same(pack: object, ending: str, town: PlacesMap, tmp_path: Path) -> None:
    packed = tmp_path / f"town.osm{ending}"
    packed.write_bytes(pack(TOWN.read_bytes()))  # type: ignore[operator]
    import_extract(packed, tmp_path / "other.sqlite")
    assert rows(PlacesMap(tmp_path / "other.sqlite")) == rows(town)


# ── datums ───────────────────────────────────────────────────────────────────────────────────────


def test_a_geojson_file_that_names_its_datum_is_converted(tmp_path: Path) -> None:
    done = import_extract(GEOJSON, tmp_path / "m.sqlite")
    (station,) = PlacesMap(tmp_path / "m.sqlite").called("落霞")
    assert done.datum is Datum.GCJ02
    assert distance_km(station.lat, station.lon, 39.90594, 116.39117) < 0.1


def test_a_datum_that_is_given_counts_more_than_the_file(tmp_path: Path) -> None:
    import_extract(GEOJSON, tmp_path / "m.sqlite", datum=Datum.WGS84)
    (station,) = PlacesMap(tmp_path / "m.sqlite").called("落霞")
    assert (station.lat, station.lon) == (39.90734, 116.39741)


def test_crossings_in_geojson_are_where_lines_share_a_point(tmp_path: Path) -> None:
    import_extract(GEOJSON, tmp_path / "m.sqlite", datum=Datum.WGS84)
    (crossing,) = PlacesMap(tmp_path / "m.sqlite").crossing("归雁路", "听雨街")
    assert (crossing.lat, crossing.lon) == (39.9, 116.4)


def test_baidu_points_lose_both_shifts() -> None:
    # Tiananmen on Baidu's maps.
    lat, lon = to_wgs84(39.91338, 116.40396, Datum.BD09)
    assert distance_km(lat, lon, 39.90594, 116.39117) < 0.1


def test_outside_china_no_datum_shifts_anything() -> None:
    assert to_wgs84(51.5, -0.12, Datum.BD09) == (51.5, -0.12)


# ── names ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "ref"),
    [("B口", "B"), ("C2出口", "C2"), ("3号口", "3"), ("地铁站A号出入口", "A"), ("exit b", "B"),
     ("Exit 12", "12"),
     ("东北口", "东北"), ("Gate 4", "4"), ("门口", ""), ("出口", ""), ("exit strategy", "")],
)  # fmt: skip
def test_an_exit_is_told_by_its_letter_or_number(words: str, ref: str) -> None:
    assert exit_ref(words) == ref


def test_a_station_that_is_only_the_word_keeps_it_from_being_empty() -> None:
    assert bare_station("西单地铁站") == "西单" and bare_station("oxford circus station") == "oxford circus"
    described = describe({"railway": "station", "name": "站"})
    assert described is None or "" not in described.names


def test_things_nobody_names_are_no_places() -> None:
    assert describe({"amenity": "bench", "name": "a bench"}) is None
    assert describe({"highway": "primary"}) is None
    assert describe({"railway": "subway_entrance"}) is None


# ── bad files ────────────────────────────────────────────────────────────────────────────────────

BOMB = """<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<osm><node id="1" lat="1" lon="1"><tag k="name" v="&b;"/><tag k="amenity" v="school"/></node></osm>"""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("city.osm.pbf", b"x", "osmium cat"),
        ("city.zip", b"x", "no extract that is read here"),
        ("city.osm", BOMB.encode(), "declares types or entities"),
        ("city.osm", b"<osm><node id='1'", "damaged XML"),
        ("city.osm", b"<gpx></gpx>", "another kind"),
        ("city.osm", b"", "damaged XML"),
        ("city.osm.gz", b"no gzip", "cannot be read to its end"),
        ("city.osm.bz2", bz2.compress(b"<osm></osm>")[:-8], "cannot be read to its end"),
        ("city.osm.gz", gzip.compress(b"<osm></osm>" * 99, mtime=0)[:-20], "cannot be read to its end"),
        ("city.geojson", b"{}", "no list of features"),
        ("city.geojson", b'{"features": [{"type": "Feature", "properties": {', "breaks off"),
        ("city.geojson", b'{"features": [\xff', "not UTF-8"),
    ],
)
def test_a_file_that_is_no_extract_is_one_clear_sentence_and_leaves_the_map_alone(
    name: str, content: bytes, words: str, town: PlacesMap
) -> None:
    before = rows(town)
    file = town.path.with_name(name)
    file.write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        import_extract(file, town.path)
    assert "\n" not in str(caught.value)
    assert rows(town) == before
    assert [p.name for p in town.path.parent.iterdir() if p.name.startswith(".")] == []


def test_a_map_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        import_extract(TOWN, tmp_path / "file" / "m.sqlite")


def test_a_damaged_map_is_said_so_and_a_missing_one_knows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    assert PlacesMap(file).called("望云") == () and PlacesMap(file).find("望云") == []
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="no map of places"):
        PlacesMap(file).called("望云")


def test_geojson_lines_are_read_like_a_collection(tmp_path: Path) -> None:
    features = json.loads(GEOJSON.read_text())["features"]
    file = tmp_path / "town.geojsonl"
    file.write_text("\n".join(json.dumps(feature) for feature in features))
    assert (
        [t.ident for t in things(file)]
        == [t.ident for t in things(GEOJSON)]
        == ["n9001", "w9002", "w9003", "w9004"]
    )


@given(chunk=st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_where_a_chunk_ends_makes_no_difference(chunk: int) -> None:
    kept = osm_read._CHUNK
    try:
        osm_read._CHUNK = chunk
        assert [t.ident for t in things(GEOJSON)] == ["n9001", "w9002", "w9003", "w9004"]
        assert sum(1 for _ in things(TOWN)) == 34
    finally:
        osm_read._CHUNK = kept


@given(
    st.dictionaries(
        st.sampled_from(["name", "name:en", "railway", "highway", "ref", "amenity", "bridge"]),
        st.text(max_size=20),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_tags_are_a_place_or_none(tags: dict[str, str]) -> None:
    described = describe(tags)
    assert described is None or all(2 <= len(name) <= 60 for name in described.names)


def test_memory_does_not_grow_with_the_extract(tmp_path: Path) -> None:
    file = tmp_path / "large.osm"
    with file.open("w") as out:
        out.write("<osm>\n")
        out.writelines(f'<node id="{n}" lat="30.{n % 9999:04d}" lon="104.1"/>\n' for n in range(150_000))
        out.write("</osm>\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in things(file, wanted="n")) == 150_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000  # kB
