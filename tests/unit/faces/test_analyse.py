"""From a served photo to its faces, with the fake model: keys, order, quality, limits."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.faces.analyse import MAX_FACES, analyse, in_reading_order
from bot.faces.fake import FakeFaceModel, draw, draw_group, jpeg
from bot.match.hashes import hamming
from store.errors import PhotoRefused
from store.records.photo import FaceBox, FaceQuality

PHOTO = "ab" * 32


def box(x: float, y: float, width: float = 40, height: float | None = None) -> FaceBox:
    return FaceBox(x, y, width, height if height is not None else width, (), 0.9)


def test_faces_are_numbered_from_left_to_right() -> None:
    found = analyse(FakeFaceModel(), jpeg(draw_group([1, 2, 3], width=80)), PHOTO)
    assert [face.face.key for face in found] == [f"{PHOTO}:{n}" for n in range(3)]
    assert [face.face.photo for face in found] == [PHOTO] * 3
    lefts = [face.face.box.x for face in found]
    assert lefts == sorted(lefts)


def test_the_same_bytes_give_the_same_faces() -> None:
    data = jpeg(draw_group([1, 2], width=90))
    first, second = analyse(FakeFaceModel(), data, PHOTO), analyse(FakeFaceModel(), data, PHOTO)
    assert [face.face for face in first] == [face.face for face in second]
    for one, two in zip(first, second, strict=True):
        assert one.embedding is not None and two.embedding is not None
        assert np.array_equal(one.embedding, two.embedding)


def test_a_picture_without_faces_gives_none() -> None:
    assert analyse(FakeFaceModel(), jpeg(Image.new("RGB", (200, 200), (90, 90, 90))), PHOTO) == []


@pytest.mark.parametrize(
    ("width", "quality", "embedded"),
    [
        (60, FaceQuality.GOOD, True),
        (32, FaceQuality.GOOD, True),
        (28, FaceQuality.LOW, True),
        (20, FaceQuality.UNUSABLE, False),
    ],
)
def test_small_faces_are_marked_and_the_smallest_not_compared(
    width: int, quality: FaceQuality, embedded: bool
) -> None:
    (face,) = analyse(FakeFaceModel(), jpeg(draw(4, width=width)), PHOTO)
    assert face.face.quality is quality
    assert (face.embedding is not None) is embedded
    assert bool(face.face.quality_why) is (quality is not FaceQuality.GOOD)


def test_a_crowd_is_cut_to_its_largest_faces() -> None:
    class Crowd(FakeFaceModel):
        def find(self, rgb: object) -> list[FaceBox]:  # type: ignore[override]
            return [box(5 * n, 0, 33 + n) for n in range(MAX_FACES + 20)]

    found = analyse(Crowd(), jpeg(draw(1)), PHOTO)
    assert len(found) == MAX_FACES
    assert min(face.face.box.width for face in found) == 33 + 20


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xd9", jpeg(draw(1))[:900]])
def test_bytes_that_are_no_whole_jpeg_are_refused(data: bytes) -> None:
    with pytest.raises(PhotoRefused):
        analyse(FakeFaceModel(), data, PHOTO)


def test_a_png_is_refused_even_a_good_one() -> None:
    out = io.BytesIO()
    draw(1).save(out, "PNG")
    with pytest.raises(PhotoRefused):
        analyse(FakeFaceModel(), out.getvalue(), PHOTO)


def test_the_crop_hash_tells_a_copy_from_another_photo_of_the_person() -> None:
    def mark(image: Image.Image) -> str:
        return analyse(FakeFaceModel(), jpeg(image), PHOTO)[0].face.crop_hash

    original = mark(draw(1))
    in_a_group = mark(draw_group([1, 2], width=110))
    assert hamming(original, in_a_group) <= 12 < hamming(original, mark(draw(1, pose=1)))


def test_rows_are_read_from_top_to_bottom() -> None:
    upper = [box(300, 22), box(100, 10), box(200, 25)]
    lower = [box(50, 120), box(150, 100)]
    order = in_reading_order([*lower, *upper])
    assert [(found.x, found.y) for found in order] == [(100, 10), (200, 25), (300, 22), (50, 120), (150, 100)]


boxes = st.builds(box, st.integers(0, 500), st.integers(0, 500), st.integers(10, 200))


@given(st.lists(boxes, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_does_not_depend_on_the_detector(found: list[FaceBox], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    ordered = in_reading_order(found)
    assert sorted(ordered, key=repr) == sorted(found, key=repr)
    assert in_reading_order(shuffled) == ordered
