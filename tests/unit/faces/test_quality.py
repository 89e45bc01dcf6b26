"""Why a face shows badly, in words: size, blur, pose, light."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faces import quality
from bot.faces.quality import Look, judged, looked
from store.records.photo import FaceBox, FaceQuality

FINE = Look(side_px=100, sharpness=300, contrast=50, uneven=10, turned=0.05, tilted=0.02, sure=0.95)
STRAIGHT = ((30.0, 35.0), (70.0, 35.0), (50.0, 55.0), (35.0, 70.0), (65.0, 70.0))


def box(
    points: tuple[tuple[float, float], ...] = STRAIGHT, *, width: float = 100, height: float = 100
) -> FaceBox:
    return FaceBox(0, 0, width, height, points, 0.95)


def crop(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (112, 112, 3), dtype=np.uint8)


def test_a_face_that_shows_well_has_no_reason_against_it() -> None:
    assert judged(FINE) == (FaceQuality.GOOD, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"side_px": 31.9}, "pixels wide"),
        ({"sharpness": 39}, "blurred"),
        ({"turned": 0.3}, "turned to the side"),
        ({"tilted": 0.11}, "up or down"),
        ({"contrast": 29}, "flat"),
        ({"uneven": 70}, "darker"),
        ({"sure": 0.89}, "hidden"),
    ],
)
def test_each_lack_makes_it_low_and_is_named(change: dict[str, float], words: str) -> None:
    grade, why = judged(replace(FINE, **change))
    assert grade is FaceQuality.LOW and words in why and ";" not in why


def test_several_lacks_are_all_named() -> None:
    _, why = judged(replace(FINE, sharpness=1, turned=1, contrast=1))
    assert why.count(";") == 2


def test_the_narrower_side_of_a_face_counts_and_too_small_ends_it() -> None:
    assert looked(box(width=31, height=60), crop()).side_px == 31
    grade, why = judged(replace(FINE, side_px=23.9, sharpness=1))
    assert grade is FaceQuality.UNUSABLE and "24" in why and "blurred" not in why


def test_a_flat_crop_is_blurred_and_flat_and_a_half_dark_one_uneven() -> None:
    flat = looked(box(), np.full((112, 112, 3), 120, np.uint8))
    assert flat.sharpness == 0 and flat.contrast == 0
    half = np.full((112, 112, 3), 200, np.uint8)
    half[:, :56] = 20
    assert looked(box(), half).uneven == pytest.approx(180, abs=1)


def test_a_face_straight_ahead_is_not_turned_and_one_with_its_nose_at_an_eye_is() -> None:
    assert looked(box(), crop()).turned == 0
    aside = (*STRAIGHT[:2], (64.0, 55.0), *STRAIGHT[3:])
    assert looked(box(aside), crop()).turned == pytest.approx(0.35)
    down = (*STRAIGHT[:2], (50.0, 66.0), *STRAIGHT[3:])
    assert looked(box(down), crop()).tilted > quality.MOST_TILTED


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=5, max_size=5))
def test_any_landmarks_give_numbers_and_no_error(points: list[tuple[float, float]]) -> None:
    look = looked(box(tuple(points)), crop())
    assert np.isfinite([look.turned, look.tilted]).all() and judged(look)[0] in FaceQuality
