"""What stands beside a post's words: profile, device's points, small places near; and names for readers."""

# ruff: noqa: E501  (tables, one case a line)
from __future__ import annotations

import pytest

from bot.extract import place_quarters
from bot.extract.namesakes import Hints
from bot.extract.normal import normalise
from bot.extract.place import LIKELIEST, find, hints, is_named, profile, read
from bot.extract.place_en_words import chains
from bot.extract.place_names import Above, above, language_of
from bot.extract.place_small import in_small_places
from bot.extract.place_tagger import CrfTagger
from bot.extract.placewords import Named
from store import place_model
from store.records.place import PlaceEntry
from store.records.post import GeoTag
from store.records.sighting import Evidence, EvidenceKind, PlaceKind, Where, WhereCandidate
from tests.unit.extract.fake_gazetteer import FakeGazetteer, place

K = PlaceKind
CN = {"country": "CN", "zone": "Asia/Shanghai"}
WORLD = FakeGazetteer(
    (
        (place(1, "成都市", K.CITY, 30.57, 104.06, city="成都市", province="四川省", radius_km=67.0, population=9_000_000, **CN), ("成都",)),
        (place(2, "重庆市", K.CITY, 29.56, 106.55, city="重庆市", province="重庆市", radius_km=350.0, population=9_000_000, **CN), ("重庆",)),
        (place(3, "乌鲁木齐市", K.CITY, 43.79, 87.63, city="乌鲁木齐市", province="新疆", **CN), ("乌鲁木齐",)),
        (place(4, "牛栏镇", K.TOWN, 30.7, 104.2, city="成都市", province="四川省", radius_km=5.0, population=900, **CN), ("牛栏镇", "牛栏")),
        (place(11, "Hamilton", K.CITY, 43.25, -79.87, "CA", "America/Toronto", city="Hamilton", province="Ontario", population=500_000, radius_km=9.0), ("hamilton",)),
        (place(12, "Hamilton", K.CITY, -37.78, 175.28, "NZ", "Pacific/Auckland", city="Hamilton", province="Waikato", population=150_000, radius_km=8.0), ("hamilton",)),
        (place(13, "Elmford", K.CITY, 41.0, -80.0, "US", "America/New_York", city="Elmford", province="Pennsylvania", population=20_000, radius_km=3.0), ("elmford",)),
        (place(14, "Footley", K.CITY, -37.80, 175.30, "NZ", "Pacific/Auckland", city="Footley", province="Waikato", population=20_000, radius_km=3.0), ("footley",)),
    )
)  # fmt: skip


def where(text: str, *, geotag: tuple[float, float] | None = None, home: str = "") -> Where:
    known = hints(WORLD, geotag=GeoTag(*geotag) if geotag else None, photos=(), author_location=home)
    normal = normalise(text)
    return read(normal, find(normal, WORLD, (), known), WORLD, known)


# ── points of a device ────────────────────────────────────────────────────────────────────────────


def test_swapped_degrees_are_turned_and_said() -> None:
    found = where("", geotag=(104.06, 30.57))
    assert found.best and (found.best.lat, found.best.lon) == (30.57, 104.06)
    assert "swapped" in found.conflict


def test_a_swap_that_is_on_earth_is_seen_where_nobody_lives() -> None:
    found = where("", geotag=(87.63, 43.79))
    assert found.best and found.best.city == "乌鲁木齐市" and "swapped" in found.conflict


@pytest.mark.parametrize(("point", "why"), [((0.0, 0.0), "knows nothing"), ((95.0, 10.0), "not on Earth")])
def test_an_impossible_point_is_set_aside_with_the_reason(point: tuple[float, float], why: str) -> None:
    found = where("", geotag=point)
    assert found.candidates == () and why in found.conflict


def test_a_point_in_the_next_city_contradicts_a_wide_circle() -> None:
    found = where("昨天在重庆看到一个孩子", geotag=(30.57, 104.06))
    assert "km away" in found.conflict
    assert where("昨天在成都看到一个孩子", geotag=(30.99, 103.64)).conflict == ""


# ── the profile ───────────────────────────────────────────────────────────────────────────────────


def test_a_countrys_code_tells_namesakes_of_the_profile_apart() -> None:
    assert profile(WORLD, "Hamilton NZ")[0].country == "NZ"
    assert profile(WORLD, "Hamilton")[0].country == "CA"


def test_the_posts_clock_tells_namesakes_of_the_profile_apart() -> None:
    assert profile(WORLD, "Hamilton", lambda zone: zone == "Pacific/Auckland")[0].country == "NZ"


def test_a_street_beside_a_far_town_may_lie_in_the_profiles_city() -> None:
    found = where("A boy begging outside Elmford Market on Victoria Street, Elmford", home="Hamilton NZ")
    kinds = {(c.country, c.evidence.kind) for c in found.candidates}
    assert ("NZ", EvidenceKind.PROFILE) in kinds and ("US", EvidenceKind.TEXT) in kinds


def test_a_street_in_a_wide_city_has_a_narrow_circle_and_the_wide_one_behind_it() -> None:
    found = where("昨天在成都春熙路看到一个孩子")
    assert [c.radius_km for c in found.candidates] == [30.0, 67.0]
    assert found.candidates[1].weight < 0.1 * found.candidates[0].weight


# ── small places and quarters ─────────────────────────────────────────────────────────────────────


def small(text: str, kind: PlaceKind, known: Hints) -> tuple[int, ...]:
    return in_small_places(text, [Named(0, len(text), kind, "marked", 0.75)], WORLD, known)[0].ids


def test_a_small_town_is_believed_near_the_profile_alone() -> None:
    here, away = Hints(profile=profile(WORLD, "成都")), Hints(profile=profile(WORLD, "重庆"))
    assert small("牛栏镇", K.TOWN, here) == (4,)
    assert small("牛栏镇", K.TOWN, away) == ()


def test_a_station_lends_its_towns_place_near_the_profile() -> None:
    assert small("Footley station", K.STATION, Hints(profile=profile(WORLD, "Hamilton NZ"))) == (14,)
    assert small("Footley station", K.STATION, Hints()) == ()


def division(code: int) -> PlaceEntry:
    return place(code, "x", K.DISTRICT, 0.0, 0.0, "CN", "Asia/Shanghai", source="divisions of China")


def test_quarters_are_found_in_their_own_city_alone() -> None:
    table = {"5101": "春水坊 牛栏", "3101": "春水"}
    assert place_quarters.find("在春水坊门口", [division(510104)], table) == [(1, 4)]
    assert place_quarters.find("在春水坊门口", [division(310104)], table) == [(1, 3)]
    assert place_quarters.find("在春水坊门口", [division(440104)], table) == []
    assert place_quarters.find("在春水坊门口", [division(510000)], table) == [(1, 4)]


def test_the_shipped_quarters_are_grouped_by_cities() -> None:
    table = place_model.quarters()
    assert len(table) > 300 and all(len(code) == 4 and code.isdigit() for code in table)


def test_chains_of_several_words_and_possessives_are_one_sign() -> None:
    words = ["outside", "Tim", "Hortons", "and", "Sainsbury", "'", "s", "in", "NOLA"]
    assert chains([w.lower() for w in words], words) == ["", "cB", "cIE", "", "cB", "cI", "cIE", "", "nBE"]


# ── what is only likely ───────────────────────────────────────────────────────────────────────────


def test_likely_words_are_a_mention_but_do_not_make_a_sighting() -> None:
    class Unsure(CrfTagger):
        def spots(self, reading: object) -> list[tuple[int, int]]:
            return []

        def likeliest(self, reading: object) -> tuple[int, int] | None:
            return (2, 7)

    model = place_model.load()
    assert model is not None
    normal = normalise("a left lion kid")
    names = find(normal, WORLD, (), Hints(), Unsure(model))
    assert [n.rule for n in names] == [LIKELIEST] and not is_named(names)
    assert [m.text for m in read(normal, names, WORLD, Hints()).mentions] == ["left "]


# ── names for readers ─────────────────────────────────────────────────────────────────────────────


class Names:
    def other_name(self, name: str, country: str, language: str) -> str:
        known = {
            ("四川省", "CN", "en"): "Sichuan",
            ("成都市", "CN", "en"): "Chengdu",
            ("CN", "", "en"): "China",
            ("CN", "", "zh"): "中国",
        }
        return known.get((name, country, language), "")


CHENGDU = WhereCandidate("x", K.CITY, 0.8, Evidence(EvidenceKind.TEXT, "r"), country="CN", province="四川省", city="成都市", district="锦江区")  # fmt: skip


def test_names_are_told_in_the_readers_language_and_stay_where_none_is_known() -> None:
    assert above(CHENGDU, "en", Names()) == Above("China", "Sichuan", "Chengdu", "锦江区")
    assert above(CHENGDU, "en", Names()).line("en") == "锦江区, Chengdu, Sichuan, China"
    assert above(CHENGDU, "zh", Names()).line("zh") == "中国 四川省 成都市 锦江区"
    assert above(CHENGDU, "en", object()) == Above("CN", "四川省", "成都市", "锦江区")


def test_every_chinese_reader_gets_chinese_names() -> None:
    assert [language_of(tag) for tag in ("zh-Hant", "zh", "en-GB", "fr")] == ["zh", "zh", "en", "en"]
