"""Which of several places called alike is meant."""

# ruff: noqa: E501  (tables, one case a line)

from __future__ import annotations

import pytest

from bot.extract.namesakes import Hints, choose, known_places, spellings
from bot.extract.placewords import Named
from store.records.sighting import PlaceKind
from tests.unit.extract.fake_gazetteer import PLACES, FakeGazetteer, place

_K = PlaceKind
GAZETTEER = FakeGazetteer(
    (
        *PLACES,
        (place(41, "Illinois", _K.PROVINCE, 40.0, -89.2, "US", "America/Chicago", province="Illinois"), ("illinois",)),
        (place(42, "New York", _K.CITY, 40.71, -74.0, "US", "America/New_York", population=8_000_000), ("new york",)),
        (place(43, "Fort Ann", _K.TOWN, 43.4, -73.5, "US", "America/New_York", population=500), ("fort ann",)),
        (place(44, "Central", _K.PROVINCE, 5.5, -0.9, "GH", "Africa/Accra", province="Central"), ("central",)),
        (place(45, "Kabwe", _K.CITY, -14.4, 28.4, "ZM", "Africa/Lusaka", city="Kabwe", province="Central"), ("kabwe",)),
    )
)  # fmt: skip


def named(start: int, *words: str) -> list[Named]:
    return [
        Named(start + i, start + i + 1, _K.CITY, "given", 0.9, tuple(e.id for e in GAZETTEER.lookup(word)))
        for i, word in enumerate(words)
    ]


def first(*words: str, hints: Hints | None = None, regions: set[str] | None = None) -> str:
    names = named(0, *words)
    entry, _ = choose(names, GAZETTEER, hints or Hints(), regions or set())[names[0]][0]
    return entry.province


def test_without_more_the_most_populous_is_meant_and_all_stay_visible() -> None:
    names = named(0, "Springfield")
    options = choose(names, GAZETTEER, Hints(), set())[names[0]]
    assert options[0][0].province == "Missouri"
    assert len(options) == 5
    assert sum(share for _, share in options) == pytest.approx(1.0)


def test_a_state_named_beside_it_decides() -> None:
    assert first("Springfield", "Illinois") == "Illinois"


def test_a_state_given_by_code_decides() -> None:
    assert first("Springfield", regions={"Oregon"}) == "Oregon"


def test_a_city_not_far_off_decides() -> None:
    assert first("Springfield", "New York") == "Massachusetts"


def test_the_same_name_said_twice_is_no_second_witness() -> None:
    once, twice = named(0, "Springfield"), named(0, "Springfield", "Springfield")
    assert (
        choose(once, GAZETTEER, Hints(), set())[once[0]] == choose(twice, GAZETTEER, Hints(), set())[twice[0]]
    )


def test_a_province_of_the_same_name_in_another_country_is_no_support() -> None:
    apart, together = named(0, "Kabwe"), named(0, "Kabwe", "Central")
    alone = choose(apart, GAZETTEER, Hints(), set())[apart[0]]
    assert choose(together, GAZETTEER, Hints(), set())[together[0]] == alone


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("#NewYork", "New York"), ("New Yorks", "New York"), ("London's", "London"), ("Ft. Ann", "Fort Ann"),
        ("northern Illinois", "Illinois"), ("London city", "London"), ("“London”", "London"),
    ],
)  # fmt: skip
def test_other_spellings_lead_to_the_same_place(words: str, name: str) -> None:
    assert known_places(words, GAZETTEER)[0].name == name


def test_short_abbreviations_count_in_capitals_only() -> None:
    assert "united states" in spellings("US")
    assert "united states" not in spellings("us")


def test_an_unknown_name_is_nothing() -> None:
    assert known_places("Qwertz", GAZETTEER) == ()
    assert known_places("", GAZETTEER) == ()
