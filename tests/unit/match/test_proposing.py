"""The operator's wish becomes numbers by group of likely ages; what cannot be promised stays untested."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bot.match.inputs import Band, Measured, Thresholds, Wish
from bot.match.proposing import Numbers, Seen, as_wished, in_force, propose
from store.codec import from_json, to_json


def unrelated(count: int, looks: str = "13+", seed: int = 1) -> list[Seen]:
    draw = random.Random(seed)
    return [Seen(f"{looks}{n}", looks, draw.gauss(3.0, 0.7)) for n in range(count)]


def proposed(seen: list[Seen], wish: Wish | None = None, days: float = 10.0) -> Numbers:
    found = propose(seen, wish=wish or Wish(100, 20), cases=300, days=days)
    assert found is not None
    return found


def band_of(numbers: Numbers, looks: str) -> object:
    return next(band for band in numbers.bands if band.looks == looks)


def test_no_more_are_shown_a_day_than_people_can_look_at() -> None:
    numbers = proposed(unrelated(2000), Wish(100, 20))
    assert numbers.photos_a_day == 200
    assert 10 <= numbers.reviews_a_day <= 20


def test_false_alerts_stay_as_rare_as_wished_with_photos_not_seen_before() -> None:
    kept = 0
    for seed in range(8):
        numbers = proposed(unrelated(2000, seed=seed), Wish(100, 1000))
        alert = next(b.alert for b in numbers.bands if b.looks == "13+")
        assert alert is not None
        kept += sum(item.score >= alert for item in unrelated(3000, seed=seed + 1000)) <= 30
    assert kept >= 6, "nine times in ten it keeps the wish"


def test_a_group_with_too_few_photos_is_untested_and_says_how_many_it_takes() -> None:
    numbers = proposed([*unrelated(2000), *unrelated(60, "9-12")], Wish(10_000, 20))
    for band in numbers.bands:
        assert band.alert is None and band.needed == 23_025
    limits = in_force(Thresholds(), numbers)
    assert all(band.alert is None for band in limits.bands)


def test_small_children_and_faces_of_unknown_age_never_alert() -> None:
    numbers = proposed([*unrelated(2000, "0-3"), *unrelated(2000, "unknown"), *unrelated(2000)])
    assert {band.looks for band in numbers.bands if band.alert is not None} == {"13+"}


def test_the_worst_group_gets_a_threshold_of_its_own() -> None:
    crowded = [replace(item, score=item.score + 2) for item in unrelated(1000, "4-8")]
    numbers = proposed([*unrelated(1000), *crowded])
    reviews = {band.looks: band.review for band in numbers.bands}
    assert reviews["4-8"] > reviews["13+"] + 1.5


def test_possible_resemblances_are_no_unrelated_photos_and_lost_ones_are_told() -> None:
    mates = [Seen("mate", "13+", 9.0, True), Seen("weak", "13+", 1.0, True)]
    numbers = proposed([*unrelated(2000), *mates])
    assert (numbers.possible, numbers.kept) == (2, 1)
    assert numbers.bands == proposed(unrelated(2000), days=10 * 2000 / 2002).bands


def test_a_photo_counts_once_by_its_best_face() -> None:
    seen = [Seen("one", "13+", 2.0), Seen("one", "13+", 5.0), *unrelated(100)]
    assert next(b.photos for b in proposed(seen).bands if b.looks == "13+") == 101


@pytest.mark.parametrize("seen", [[], [Seen("a", "13+", 3.0, True)]])
def test_without_unrelated_photos_nothing_is_proposed(seen: list[Seen]) -> None:
    assert propose(seen, wish=Wish(), cases=300, days=3) is None


def test_numbers_survive_being_stored() -> None:
    numbers = proposed(unrelated(500))
    assert from_json(Numbers, to_json(numbers), subject="x") == numbers


def test_accepted_numbers_hold_for_registries_of_about_their_size() -> None:
    limits = in_force(Thresholds(), proposed(unrelated(2000)))
    assert limits.measured_cases == (150, 600)
    band = limits.band("13+")
    assert band is not None and band.probes == 2000 and len(band.measured) >= 4
    assert [p.fpir for p in band.measured] == sorted((p.fpir for p in band.measured), reverse=True)


def test_what_the_measurement_cannot_promise_alerts_nobody() -> None:
    assert as_wished(Thresholds(), Wish(10_000, 20)).alert_normalised == float("inf")
    assert as_wished(Thresholds(), Wish(50, 20)).alert_normalised == 5.9
    finer = Thresholds(measured=(Measured(5.86, 0.014), Measured(9.0, 0.0001)))
    assert as_wished(finer, Wish(10_000, 20)).alert_normalised == 9.0
    accepted = Thresholds(bands=(Band("13+", 4.0, 8.0),))
    assert as_wished(accepted, Wish()) == accepted
