"""A picture is recognised through the edits that posts go through, and nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from bot.photos import windows
from bot.photos.same import correlation
from bot.photos.windows import code, picture_codes, prepare
from bot.pipeline.pictures import LEAST_CORRELATION
from store.errors import PhotoRefused
from store.picture_index import MOST_BITS
from store.records.picture import CODE_BYTES, ODD_ACROSS, ON_PAGE, ROWS, WHOLES
from tests.unit.photos.drawing import cropped, jpeg, letterboxed, scene, screenshot

EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "small": lambda i: i.resize((213, 160)),
    "cropped": cropped,
    "letterbox": letterboxed,
    "screenshot": screenshot,
    "mirror": ImageOps.mirror,
    "mirrored screenshot": lambda i: screenshot(ImageOps.mirror(i)),
}


def table(image: Image.Image, quality: int = 85) -> np.ndarray:
    codes = picture_codes(prepare(jpeg(image, quality), "test")).codes
    assert len(codes) == ROWS * CODE_BYTES
    return np.frombuffer(codes, np.uint8).reshape(ROWS, CODE_BYTES)


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int, bool]:
    """(bits, row of a, row of b, mirrored) as the index compares: a whole of one, any row of the other."""
    found = []
    for mirrored in (False, True):
        for i in range(ROWS):
            for j in range(ROWS):
                if (i in WHOLES or j in WHOLES) and a[i].any() and b[j].any():
                    turned = a[i] ^ np.frombuffer(ODD_ACROSS, np.uint8) if mirrored else a[i]
                    found.append((int(np.bitwise_count(turned ^ b[j]).sum()), i, j, mirrored))
    return min(found)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_edited_copy_has_a_near_code_and_the_same_fine_structure(edit: str, seed: int) -> None:
    original = scene(seed)
    copy = EDITS[edit](original)
    bits, mine, theirs, mirrored = nearest(table(copy, 60), table(original))
    assert bits <= MOST_BITS
    a, b = prepare(jpeg(copy, 60), "copy"), prepare(jpeg(original), "original")
    assert correlation(a, mine, b, theirs, mirrored) >= LEAST_CORRELATION


def test_other_pictures_are_not_taken_for_it() -> None:
    tables = [table(scene(seed)) for seed in range(20, 32)]
    for i, a in enumerate(tables):
        for b in tables[i + 1 :]:
            assert nearest(a, b)[0] > MOST_BITS


def test_unrelated_regions_do_not_correlate_however_they_are_aligned() -> None:
    a, b = (prepare(jpeg(scene(seed)), "x") for seed in (40, 41))
    assert correlation(a, 0, b, 0, False) < LEAST_CORRELATION
    assert correlation(a, 0, a, 0, False) > 0.99
    assert correlation(a, 0, a, 0, True) < LEAST_CORRELATION


def test_a_mirrored_picture_has_the_code_with_the_odd_signs_turned() -> None:
    original, turned = table(scene(5)), table(ImageOps.mirror(scene(5)))
    differing = np.bitwise_count(original[0] ^ np.frombuffer(ODD_ACROSS, np.uint8) ^ turned[0]).sum()
    assert differing <= 4


@pytest.mark.parametrize("colour", ["white", "black", (120, 90, 60)])
def test_a_flat_picture_has_no_code_at_all(colour: object) -> None:
    assert not table(Image.new("RGB", (300, 200), colour)).any()  # type: ignore[arg-type]


def test_a_smooth_sky_has_no_code_at_all() -> None:
    shades = np.linspace(80, 200, 300).astype(np.uint8)[:, None].repeat(400, axis=1)
    assert not table(Image.fromarray(shades).convert("RGB")).any()


def test_a_photo_that_fills_its_frame_is_not_trimmed() -> None:
    prepared = prepare(jpeg(scene(6)), "x")
    assert prepared.framed is None and prepared.on_page is None


def test_the_picture_on_a_page_is_cut_out_to_a_few_pixels() -> None:
    prepared = prepare(jpeg(screenshot(scene(7))), "x")
    assert prepared.on_page is not None
    height, width = prepared.region(ON_PAGE).shape
    assert width / height == pytest.approx(4 / 3, rel=0.03)


def test_the_same_bytes_give_the_same_codes() -> None:
    data = jpeg(scene(8))
    assert picture_codes(prepare(data, "x")) == picture_codes(prepare(data, "x"))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"0" * 50, b"\xff\xd8\xff"])
def test_bytes_that_are_no_jpeg_are_refused(data: bytes) -> None:
    with pytest.raises(PhotoRefused, match="no JPEG"):
        prepare(data, "x")


@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 10))
@settings(max_examples=30, deadline=None)
def test_any_shape_of_picture_has_codes(width: int, height: int, seed: int) -> None:
    prepared = prepare(jpeg(scene(seed, (width, height))), "x")
    assert len(picture_codes(prepared).codes) == ROWS * CODE_BYTES
    for row in range(ROWS):
        assert prepared.region(row).size > 0
    assert -1.0 <= correlation(prepared, 0, prepared, 5, False) <= 1.001


def test_a_region_too_small_has_no_code() -> None:
    assert code(np.zeros((windows._SMALLEST_PX - 1, 300), np.uint8)) == bytes(CODE_BYTES)
