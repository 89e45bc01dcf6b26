"""What every face model keeps: one suite on the fake, on SFace and on the default model."""

import io
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from bot.faces.analyse import analyse, crop_hash
from bot.faces.embed import SFaceModel
from bot.faces.fake import FakeFaceModel, draw
from bot.faces.fusion import FusedModel
from bot.faces.models import FaceModel, Pixels
from bot.faces.onnx_model import OnnxModel, read_sheet
from bot.match.hashes import near
from bot.match.inputs import Thresholds
from store.records.photo import FaceQuality
from tests.unit.faces import tiny_onnx

SAMPLE = Path(__file__).parents[2] / "sample"
ONE = "photos/person-1.jpg"
AGAIN = "posts/photos/5f1d0c7a.jpg"  # the person of ONE, years later
STRANGER = "photos/person-2.jpg"
NOTICE = "posts/photos/9b22e1aa.jpg"  # a notice that holds STRANGER


def sample(name: str) -> Image.Image:
    """A picture of the sample campaign; see sample/SOURCES.md."""
    with Image.open(SAMPLE / name) as image:
        return image.convert("RGB")


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


class FaceModelContract:
    """Inherit, and give a model, one picture with one face, another of the same person, and a stranger."""

    model: FaceModel
    one: Image.Image
    again: Image.Image
    stranger: Image.Image

    def test_it_says_what_it_is(self) -> None:
        assert isinstance(self.model, FaceModel)
        assert self.model.name and self.model.licence
        assert re.fullmatch(r"[0-9a-f]{64}", self.model.digest)
        assert self.model.dimension > 0

    def test_it_finds_the_one_face_within_the_picture(self) -> None:
        (box,) = self.model.find(pixels(self.one))
        assert 0.6 <= box.score <= 1
        assert box.width > 20 and box.height > 20
        assert len(box.landmarks) == 5
        for x, y in box.landmarks:
            assert box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
        right_eye, left_eye, nose, right_mouth, left_mouth = box.landmarks
        assert right_eye[0] < left_eye[0] and right_mouth[0] < left_mouth[0]
        assert right_eye[1] < nose[1] < right_mouth[1]

    def test_it_finds_nobody_where_nobody_is(self) -> None:
        flat = Image.new("RGB", (400, 300), (180, 150, 130))
        noise = Image.effect_noise((400, 300), 90)
        ellipses = Image.new("RGB", (400, 300), "white")
        ImageDraw.Draw(ellipses).ellipse((100, 50, 300, 250), fill=(90, 60, 200))
        for picture in (flat, noise, ellipses):
            assert self.model.find(pixels(picture)) == []

    def test_a_crop_is_a_small_square_of_colours(self) -> None:
        image = pixels(self.one)
        crop = self.model.crop(image, self.model.find(image)[0])
        assert crop.shape == (112, 112, 3) and crop.dtype == np.uint8 and crop.std() > 5

    def test_an_embedding_has_length_one(self) -> None:
        vector = self._embedding(self.one)
        assert vector.shape == (self.model.dimension,) and vector.dtype == np.float32
        assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)

    def test_the_same_pixels_give_the_same_answer(self) -> None:
        assert self.model.find(pixels(self.one)) == self.model.find(pixels(self.one))
        assert np.array_equal(self._embedding(self.one), self._embedding(self.one))

    def test_nothing_is_changed_in_the_picture_it_is_given(self) -> None:
        image = pixels(self.one).copy()
        before = image.copy()
        self.model.embed(image, self.model.find(image)[0])
        assert np.array_equal(image, before)

    def test_a_smaller_copy_is_as_good_as_the_same(self) -> None:
        small = opened(jpeg(self.one.resize((self.one.width // 2, self.one.height // 2)), 60))
        assert float(self._embedding(self.one) @ self._embedding(small)) > 0.85

    def test_the_same_person_is_more_alike_than_a_stranger(self) -> None:
        one = self._embedding(self.one)
        assert float(one @ self._embedding(self.again)) > float(one @ self._embedding(self.stranger)) + 0.1

    def test_many_threads_get_the_answers_of_one(self) -> None:
        pictures = [self.one, self.stranger] * 2
        alone = [self._embedding(picture) for picture in pictures]
        together: dict[int, np.ndarray] = {}

        def work(n: int) -> None:
            together[n] = self._embedding(pictures[n])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(pictures))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert all(np.array_equal(alone[n], together[n]) for n in range(len(pictures)))

    def _embedding(self, image: Image.Image) -> np.ndarray:
        data = pixels(image)
        largest = max(self.model.find(data), key=lambda box: box.width * box.height)
        return self.model.embed(data, largest)


class TestFakeFaceModel(FaceModelContract):
    model = FakeFaceModel()
    one = draw(1)
    again = draw(1, pose=1)
    stranger = draw(2)


class TestOnnxModel(FaceModelContract):
    """An operator's file, with the finder of drawn faces: the file only describes."""

    one = draw(1)
    again = draw(1, pose=1)
    stranger = draw(2)

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _model(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        path = tiny_onnx.put(tmp_path_factory.mktemp("model"))
        cls.model = OnnxModel(read_sheet(path), FakeFaceModel())

    def test_both_sides_of_the_colour_order_are_kept_apart(self, tmp_path: Path) -> None:
        turned = OnnxModel(read_sheet(tiny_onnx.put(tmp_path, input={"colour": "BGR"})), FakeFaceModel())
        data = pixels(self.one)
        box = self.model.find(data)[0]
        swapped = self.model.embed(np.ascontiguousarray(data[..., ::-1]), box)
        assert np.allclose(turned.embed(data, box), swapped, atol=1e-5)
        assert turned.digest != self.model.digest


def _poster(photo: Image.Image) -> Image.Image:
    """A notice with the photo in its middle, a coloured head and lines of text."""
    page = Image.new("RGB", (1000, 1400), (250, 240, 220))
    ink = ImageDraw.Draw(page)
    ink.rectangle((0, 0, 1000, 160), fill=(200, 20, 20))
    for y in range(950, 1350, 40):
        ink.rectangle((80, y, 900, y + 14), fill=(30, 30, 30))
    width = 500
    page.paste(photo.resize((width, photo.height * width // photo.width)), (250, 200))
    return page


def _marked(photo: Image.Image) -> Image.Image:
    marked = photo.copy()
    ink = ImageDraw.Draw(marked)
    ink.text((photo.width * 0.1, photo.height * 0.75), "PLEASE SHARE", fill=(255, 255, 255))
    return marked


EDITS = {
    "half the size": lambda photo: photo.resize((photo.width // 2, photo.height // 2)),
    "JPEG 30": lambda photo: opened(jpeg(photo, 30)),
    "writing across": _marked,
    "in a poster": _poster,
    "darker": lambda photo: ImageEnhance.Brightness(photo).enhance(0.6),
    "blurred": lambda photo: photo.filter(ImageFilter.GaussianBlur(1)),
    "mirrored": lambda photo: photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


class SampleFaces(FaceModelContract):
    """What a model that comes along does with the sample's pictures, by its own measured thresholds."""

    model: FusedModel | SFaceModel

    def limits(self) -> Thresholds:
        return self.model.thresholds(Thresholds())

    def test_strangers_stay_below_the_threshold_of_adults_and_the_person_above_it(self) -> None:
        least = self.limits().review_cosine_from_13
        own = self._embedding(self.one)
        others = [self._embedding(sample(f"photos/person-{n}.jpg")) for n in (2, 3)]
        assert float(own @ self._embedding(self.again)) > least
        assert max(float(own @ other) for other in others) < least
        assert float(others[0] @ others[1]) < least

    def test_a_notice_with_a_registered_photo_is_told_from_a_new_picture(self) -> None:
        limits = self.limits()
        notice = sample(NOTICE)
        assert float(self._embedding(notice) @ self._embedding(self.stranger)) >= limits.alike_cosine
        assert near(self._hash(notice), self._hash(self.stranger), limits.alike_bits)

    @pytest.mark.parametrize("side", [32, 48, 100, 400])
    def test_faces_are_found_from_small_to_large(self, side: int) -> None:
        box = self.model.find(pixels(self.one))[0]
        scale = side / box.width
        sized = self.one.resize((round(self.one.width * scale), round(self.one.height * scale)))
        found = max(self.model.find(pixels(sized)), key=lambda found: found.score)
        assert found.width == pytest.approx(side, rel=0.25)

    def test_a_face_that_fills_the_picture_is_found(self) -> None:
        box = self.model.find(pixels(self.one))[0]
        close = self.one.crop(
            (
                int(box.x - 0.1 * box.width),
                int(box.y - 0.1 * box.height),
                int(box.x + 1.1 * box.width),
                int(box.y + 1.1 * box.height),
            )
        )
        large = close.resize((1000, 1000 * close.height // close.width))
        found = self.model.find(pixels(large))
        assert len(found) == 1 and found[0].width > 600

    def test_a_face_is_found_once_in_every_size_of_the_picture(self) -> None:
        for longest in (200, 640, 1280):
            scale = longest / max(self.one.size)
            sized = self.one.resize((round(self.one.width * scale), round(self.one.height * scale)))
            assert len(self.model.find(pixels(sized))) == 1

    def test_a_copy_of_a_picture_is_told_from_a_new_one(self) -> None:
        limits = self.limits()
        vector, mark = self._embedding(self.one), self._hash(self.one)
        for edit, change in EDITS.items():
            copy = change(self.one)
            cosine = float(vector @ self._embedding(copy))
            bits = limits.alike_bits if cosine >= limits.alike_cosine else limits.copy_bits
            assert cosine >= limits.copy_cosine and near(mark, self._hash(copy), bits), edit

    def test_another_photo_of_a_person_is_no_copy(self) -> None:
        limits = self.limits()
        cosine = float(self._embedding(self.one) @ self._embedding(self.again))
        assert cosine < limits.copy_cosine or not near(
            self._hash(self.one), self._hash(self.again), limits.copy_bits
        )

    def test_a_served_photo_becomes_faces_with_stable_keys(self) -> None:
        both = Image.new("RGB", (1100, 560), (200, 200, 200))
        both.paste(self.stranger.resize((512, 512)), (20, 24))
        both.paste(self.stranger.resize((512, 512)).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (560, 24))
        data = jpeg(both)
        found = analyse(self.model, data, "d" * 64)
        assert [face.face.key for face in found] == ["d" * 64 + ":0", "d" * 64 + ":1"]
        assert found[0].face.box.x < found[1].face.box.x
        assert all(face.face.quality is FaceQuality.GOOD for face in found)
        again = analyse(self.model, data, "d" * 64)
        assert [face.face for face in found] == [face.face for face in again]

    def _hash(self, image: Image.Image) -> str:
        data = pixels(image)
        box = max(self.model.find(data), key=lambda box: box.width * box.height)
        return crop_hash(self.model.crop(data, box))


@pytest.mark.skipif(
    not list(SAMPLE.glob("photos/*.jpg")), reason="sample/photos holds no JPEG: there is no face to look at"
)
class TestFusedModel(SampleFaces):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _pictures(cls) -> None:
        cls.model = FusedModel()
        cls.one, cls.again, cls.stranger = sample(ONE), sample(AGAIN), sample(STRANGER)


@pytest.mark.servers
@pytest.mark.skipif(not list(SAMPLE.glob("photos/*.jpg")), reason="sample/photos holds no JPEG")
class TestSFaceModel(SampleFaces):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _pictures(cls) -> None:
        cls.model = SFaceModel()
        cls.one, cls.again, cls.stranger = sample(ONE), sample(AGAIN), sample(STRANGER)
