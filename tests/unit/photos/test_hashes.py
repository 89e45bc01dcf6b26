"""Perceptual hashes of pictures: near for copies, far for others, honest about flat ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.match.hashes import dct_hash, hamming, has_structure, mirrored, near
from bot.photos.hashes import phash

HASHES = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")


def blobs(seed: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    cells = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def test_a_hash_is_sixteen_hex_digits() -> None:
    assert len(phash(blobs(1))) == 16 and int(phash(blobs(1)), 16) >= 0


@pytest.mark.parametrize("size", [(150, 100), (600, 400), (64, 64), (1280, 853), (37, 20)])
def test_another_size_of_a_picture_has_a_near_hash(size: tuple[int, int]) -> None:
    assert hamming(phash(blobs(1)), phash(blobs(1).resize(size))) <= 4


def test_other_pictures_have_far_hashes() -> None:
    marks = [phash(blobs(seed)) for seed in range(12)]
    assert min(hamming(a, b) for n, a in enumerate(marks) for b in marks[:n]) > 12


def test_brightness_and_colour_do_not_matter_much() -> None:
    darker = blobs(3).point(lambda value: int(value * 0.6))
    assert hamming(phash(blobs(3)), phash(darker)) <= 4
    assert hamming(phash(blobs(3)), phash(blobs(3).convert("L").convert("RGB"))) <= 2


def test_a_mirrored_copy_is_near_and_its_hash_can_be_told_beforehand() -> None:
    seen_in_mirror = phash(blobs(4, (320, 320)).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    original = phash(blobs(4, (320, 320)))
    assert hamming(mirrored(original), seen_in_mirror) <= 2
    assert hamming(original, seen_in_mirror) > 20
    assert near(original, seen_in_mirror, 4)


def test_flat_pictures_are_near_nothing() -> None:
    white, grey = phash(Image.new("RGB", (99, 50), "white")), phash(Image.new("RGB", (40, 70), (99, 99, 99)))
    assert hamming(white, grey) == 0 and not has_structure(white)
    assert not near(white, grey, 10) and has_structure(phash(blobs(1)))


@given(HASHES, HASHES)
def test_the_distance_is_symmetric_and_within_its_bounds(a: str, b: str) -> None:
    assert hamming(a, b) == hamming(b, a) and 0 <= hamming(a, b) <= 64
    assert (hamming(a, b) == 0) == (a == b)


@given(HASHES)
def test_a_mirror_of_a_mirror_is_the_picture(value: str) -> None:
    assert mirrored(mirrored(value)) == value and len(mirrored(value)) == 16


def test_hashes_that_cannot_be_compared_are_an_error_and_missing_ones_never_near() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        hamming("00", "000")
    with pytest.raises(ValueError, match="cannot be compared"):
        hamming("", "")
    assert not near("", phash(blobs(1)), 64) and not near("", "", 64)
    with pytest.raises(ValueError, match="32 x 32"):
        dct_hash(np.zeros((8, 8)))
