"""Names of places in the text, what they resolve to, and what geotag and GPS say beside them."""

# ruff: noqa: E501  (tables, one case a line)
from __future__ import annotations

import pytest

from bot.extract.normal import normalise
from bot.extract.place import find, hints, read
from store.records.photo import Exif
from store.records.post import GeoTag
from store.records.sighting import EvidenceKind, PlaceKind, Where
from tests.unit.extract.fake_gazetteer import FakeGazetteer

GAZETTEER = FakeGazetteer()


def where(
    text: str, *, geotag: GeoTag | None = None, gps: tuple[float, float] | None = None, home: str = ""
) -> Where:
    photos = (("d" * 64, Exif(lat=gps[0], lon=gps[1])),) if gps else ()
    known = hints(GAZETTEER, geotag=geotag, photos=photos, author_location=home)
    normal = normalise(text)
    return read(normal, find(normal, GAZETTEER, (), known), GAZETTEER, known)


def named(text: str, **more: str) -> list[tuple[str, str]]:
    return [(m.text, m.kind.value) for m in where(text, **more).mentions]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("成都春熙路太平洋百货门口", [("太平洋百货", "landmark"), ("春熙路", "street"), ("成都", "city")]),
        ("在莲花桥地铁站B口看到", [("B口", "exit"), ("莲花桥地铁站", "station")]),
        ("贵阳喷水池，一个孩子", [("喷水池", "landmark"), ("贵阳", "city")]),
        ("南京和平路与新华街路口", [("和平路与新华街", "crossing"), ("南京", "city")]),
        ("南京东路步行街", [("南京东路步行街", "landmark")]),
        ("體育路天橋上", [("體育路天橋", "landmark")]),
        ("成都西站出站口", [("成都西站", "station")]),
        ("解放路家乐福门口", [("家乐福", "shop"), ("解放路", "street")]),
        ("路过青山中学对面", [("青山中学", "landmark")]),
        ("outside the Grand Market on Mill Road, Reading", [("Grand Market", "landmark"), ("Mill Road", "street"), ("Reading", "city")]),
        ("corner of Oak St and Pine St in London", [("Oak St and Pine St", "crossing"), ("London", "city")]),
        ("Oxford Road station exit B", [("exit B", "exit"), ("Oxford Road station", "station")]),
    ],
)  # fmt: skip
def test_names_are_found_smallest_first_as_written(text: str, names: list[tuple[str, str]]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    "text",
    ["马路边走路的人", "上班路上网站打不开", "和平相处，谢谢大家", "她一直站着不走", "reading a book about nice people", "Every Saturday in March"],
)  # fmt: skip
def test_ordinary_words_are_not_places(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("成都火车站的孩子说是河南人", "成都"),
        ("孩子说老家河南，我在贵阳喷水池看到的", "贵阳"),
        ("Manchester, boy says he's from Reading", "Manchester"),
    ],
)
def test_hometowns_are_told_apart_from_the_place_of_the_sighting(text: str, here: str) -> None:
    divisions = [m.text for m in where(text).mentions if m.kind in (PlaceKind.CITY, PlaceKind.PROVINCE)]
    assert divisions == [here]


def test_a_street_in_a_known_city_gets_the_citys_point_and_keeps_its_name() -> None:
    best = where("成都春熙路").best
    assert best is not None
    assert (best.kind, best.city, best.lat) == (PlaceKind.STREET, "成都市", 30.57)
    assert best.name.endswith("春熙路")
    assert best.radius_km == 30.0


def test_the_smallest_known_place_holds_the_point() -> None:
    best = where("成都锦江区春熙路").best
    assert best is not None and (best.district, best.radius_km) == ("锦江区", 6.0)


def test_five_springfields_are_five_candidates() -> None:
    found = where("girl by the fountain in Springfield").candidates
    assert {c.province for c in found} == {"Missouri", "Massachusetts", "Illinois", "Oregon", "Ohio"}
    weights = [c.weight for c in found]
    assert weights == sorted(weights, reverse=True) and sum(weights) <= 1.0
    assert weights[0] < 0.6


@pytest.mark.parametrize(
    ("text", "home", "province"),
    [
        ("in Springfield, IL by the fountain", "", "Illinois"),
        ("in Springfield by the fountain", "Springfield, OH", "Ohio"),
    ],
)
def test_a_state_or_the_profile_chooses_between_namesakes(text: str, home: str, province: str) -> None:
    best = where(text, home=home).best
    assert best is not None and best.province == province


def test_a_street_without_a_city_is_only_weakly_in_the_profiles_city() -> None:
    found = where("解放路家乐福门口", home="四川 成都")
    assert found.best is not None
    assert found.best.evidence.kind is EvidenceKind.PROFILE
    assert found.best.weight <= 0.3
    assert any(c.lat is None for c in found.candidates)


def test_the_profile_alone_is_never_a_place() -> None:
    assert where("一个孩子跪在地上", home="四川 成都").candidates == ()


def test_geotag_and_words_that_agree_strengthen_each_other() -> None:
    found = where("成都春熙路", geotag=GeoTag(30.65, 104.08))
    assert found.best is not None and found.conflict == ""
    assert {c.evidence.kind for c in found.candidates} == {EvidenceKind.TEXT, EvidenceKind.GEOTAG}


def test_gps_in_one_city_and_words_in_another_is_shown() -> None:
    found = where("重庆解放碑广场", gps=(30.60, 104.10))
    assert "重庆" in found.conflict and "成都" in found.conflict
    assert {c.city for c in found.candidates} == {"重庆市", "成都市"}


@pytest.mark.parametrize("point", [(0.0, 0.0), (91.0, 10.0), (10.0, 200.0)])
def test_an_impossible_point_is_left_out(point: tuple[float, float]) -> None:
    assert where("", gps=point, geotag=GeoTag(*point)).candidates == ()


def test_a_citys_name_inside_a_streets_name_is_not_the_city() -> None:
    assert [m.kind for m in where("南京路上").mentions] != [PlaceKind.CITY]


def test_handles_of_people_are_no_places() -> None:
    assert named("@成都阿牛 你看") == []
