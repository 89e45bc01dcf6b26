"""Measuring a model: ranks, open set, intervals, words; on made-up vectors whose truth is known."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from bot.faces.evaluation import Shot, band, evaluate, gap
from bot.faces.evaluation_report import det_svg, document, markdown
from bot.faces.evaluation_table import entries
from store.errors import UsageError


def shots(
    persons: int, noise: float, *, seed: int = 1, first: int = 0, age: float | None = None, each: int = 1
) -> list[Shot]:
    """Photos of persons `first` to `first + persons`: the person's own direction and `noise`."""
    draw = np.random.default_rng([seed, first])
    found = []
    for person in range(first, first + persons):
        own = np.random.default_rng(person).normal(size=64)
        for _ in range(each):
            vector = own + noise * draw.normal(size=64)
            found.append(Shot(f"p{person:04d}", age, (vector / np.linalg.norm(vector)).astype(np.float32)))
    return found


def test_clear_photos_are_all_found_and_strangers_keep_to_the_wish() -> None:
    found = evaluate(shots(120, 0.1), shots(120, 0.1, seed=2) + shots(300, 0.1, first=500), repeats=3)
    assert [rate.value for rate in found.ranks[0].rates] == [1, 1, 1]
    assert (found.persons, found.probes, found.probes_with_mate) == (120, 420, 120)
    point = found.open_set[0]
    assert point.fpir is not None and point.tpir is not None
    assert point.tpir.value == 1 and point.tpir.low > 0.9
    assert 0.05 < point.fpir.value < 0.16 and point.fpir.low < point.fpir.value < point.fpir.high


def test_chance_is_told_as_chance() -> None:
    found = evaluate(shots(100, 0.1), shots(100, 50, seed=3), repeats=2)
    assert found.ranks[0].rates[0].value < 0.06
    assert found.ranks[0].rates[2].value == pytest.approx(0.2, abs=0.12)


def test_what_cannot_be_measured_is_untested_and_says_what_it_takes() -> None:
    found = evaluate(shots(6, 0.1), shots(6, 0.1, seed=2), repeats=2)
    assert found.scored_by.startswith("cosine")
    last = found.open_set[-1]
    assert last.fpir is None and last.probes_needed == 1386
    assert "untested: takes 1,386" in markdown(found, model="M")


def test_ages_and_gaps_have_rows_of_their_own_and_unknown_ones_none() -> None:
    gallery = shots(40, 0.1, age=4) + shots(40, 0.1, first=40, age=15)
    probes = shots(40, 0.1, seed=2, age=14) + shots(40, 0.1, seed=2, first=40)
    found = evaluate(gallery, probes, repeats=2)
    rows = {row.of: row.rates[0].probes for row in found.ranks}
    assert rows == {
        "all": 80, "gallery photo 3-5": 40, "gallery photo 13-18": 40, "years between 10 to 20": 40,
    }  # fmt: skip


def test_several_photos_on_both_sides_are_measured_as_templates() -> None:
    gallery, probes = shots(60, 1.5, each=4), shots(60, 1.5, seed=2, each=3)
    found = {row.of: row.rates[0].value for row in evaluate(gallery, probes, repeats=1).ranks}
    assert found["up to 3 + 3 photos"] > found["all"]


def test_the_same_seed_gives_the_same_numbers() -> None:
    sides = shots(50, 1.0), shots(80, 1.0, seed=2)
    assert evaluate(*sides, repeats=2, seed=5) == evaluate(*sides, repeats=2, seed=5)


@pytest.mark.parametrize(
    ("gallery", "probes", "words"),
    [
        ([], shots(1, 0), "gallery"),
        (shots(1, 0), [], "probes"),
        (shots(2, 0), shots(2, 0, first=9), "nobody"),
    ],
)
def test_nothing_to_measure_is_said(gallery: list[Shot], probes: list[Shot], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        evaluate(gallery, probes)


def test_bands_begin_and_end_where_they_say() -> None:
    assert [band(age) for age in (0, 2.9, 3, 5.9, 6, 13, 18.9, 19, None)] == [
        "0-2", "0-2", "3-5", "3-5", "6-12", "13-18", "13-18", "adult", "unknown",
    ]  # fmt: skip
    assert [gap(years) for years in (-1, 1, 2, 9, 20, None)] == [
        "under 2", "under 2", "2 to 5", "5 to 10", "over 20", "unknown",
    ]  # fmt: skip


def test_the_report_is_json_words_and_a_picture_within_its_frame() -> None:
    found = evaluate(shots(60, 1.0), shots(150, 1.0, seed=2), repeats=2)
    assert json.loads(json.dumps(document(found, model="M", problems=["row 3"])))["problems"] == ["row 3"]
    assert "0 to 5 years go to review only" in markdown(found, model="M")
    picture = ElementTree.fromstring(det_svg(found))
    line = picture.find("{http://www.w3.org/2000/svg}polyline")
    assert line is not None
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert len(points) > 10 and all(0 <= x <= 560 and 0 <= y <= 420 for x, y in points)
    false, missed = zip(*found.det, strict=True)
    assert list(false) == sorted(false) and list(missed) == sorted(missed, reverse=True)


def test_ages_of_the_gallery_bring_photos_years_apart_together() -> None:
    draw = np.random.default_rng(4)

    def seen(ages: list[float | None], moved: float) -> list[Shot]:
        found = []
        for person in range(150):
            vector = np.random.default_rng(person).normal(size=64) + 1.4 * draw.normal(size=64)
            vector[0] += (moved if moved else float(draw.uniform(0, 15))) - 7
            if ages[person] is not None:
                ages[person] = float(vector[0]) + 7
            made = (vector / np.linalg.norm(vector)).astype(np.float32)
            found.append(Shot(f"p{person:04d}", ages[person], made))
        return found

    known: list[float | None] = [0.0] * 150
    unknown: list[float | None] = [None] * 150
    probes = seen(unknown, 14.0)
    rank_1 = []
    for ages in (known, unknown):
        draw = np.random.default_rng(4)
        rank_1.append(evaluate(seen(ages, 0.0), probes, repeats=1).ranks[0].rates[0].value)
    assert rank_1[0] > rank_1[1] + 0.1


def test_several_photos_of_a_person_are_one_entry_more() -> None:
    photos = np.stack([shot.vector for shot in shots(1, 0.8, each=3)])
    held = entries(photos, None)
    assert len(held) == 4 and np.array_equal(held[:3], photos)
    assert np.linalg.norm(held[3]) == pytest.approx(1, abs=1e-6)
    assert len(entries(photos[:1], None)) == 1
    assert len(entries(np.stack([photos[0], -photos[0]]), None)) == 2, "what cancels out has no mean"
    noisy = evaluate(shots(80, 2.5, each=3), shots(80, 2.5, seed=2), repeats=1).ranks[0].rates[0]
    single = evaluate(shots(80, 2.5), shots(80, 2.5, seed=2), repeats=1).ranks[0].rates[0]
    assert noisy.value > single.value
