"""Odd photos from their bytes to their faces: what becomes of each, with the real gate and detector."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageDraw, ImageOps

from bot.faces.analyse import MAX_FACES, FoundFace, analyse
from bot.faces.embed import SFaceModel
from bot.faces.models import Pixels, Vector
from bot.match.hashes import near
from bot.match.inputs import Thresholds
from bot.photos.gate import GateLimits, PhotoGate
from store.errors import PhotoRefused
from store.records.photo import FaceBox, FaceQuality

PHOTOS = Path(__file__).parents[3] / "sample" / "photos"

pytestmark = pytest.mark.skipif(
    not (PHOTOS / "person-1.jpg").is_file(), reason="sample/photos holds no JPEG: there is no face to look at"
)


@pytest.fixture(scope="module")
def gate() -> Iterator[PhotoGate]:
    with PhotoGate(GateLimits()) as made:
        yield made


@pytest.fixture(scope="module")
def model() -> SFaceModel:
    return SFaceModel()


def portrait(name: str = "person-1.jpg", height: int = 400) -> Image.Image:
    with Image.open(PHOTOS / name) as image:
        small = image.convert("RGB")
        return small.resize((round(small.width * height / small.height), height))


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def faces(gate: PhotoGate, model: SFaceModel, data: bytes) -> list[FoundFace]:
    examined = gate.examine(data)
    return analyse(model, examined.served_jpeg, examined.photo.digest)


def sixteen_bits() -> bytes:
    grey = np.asarray(portrait().convert("L"), dtype=np.uint16) * 257
    return saved(Image.fromarray(grey), "PNG")


def lying() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right before it is shown
    return saved(portrait().rotate(90, expand=True), exif=exif)


def heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(portrait()).save(out)
    return out.getvalue()


class QuickModel(SFaceModel):
    """Finds with the real detector; every face gets the same vector, for forty cost a second."""

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        return np.eye(1, self.dimension, dtype=np.float32)[0]


SAME_FACE = {
    "CMYK": lambda: saved(portrait().convert("CMYK")),
    "16 bits": sixteen_bits,
    "HEIC": heic,
    "lying, to be turned by its EXIF": lying,
    "grey": lambda: saved(portrait().convert("L")),
    "transparent": lambda: saved(portrait().convert("RGBA"), "PNG"),
}


@pytest.mark.parametrize("kind", SAME_FACE)
def test_however_a_photo_is_stored_its_one_face_is_found_upright_and_embedded(
    gate: PhotoGate, model: SFaceModel, kind: str
) -> None:
    (found,) = faces(gate, model, SAME_FACE[kind]())
    right_eye, left_eye, nose, *_ = found.face.box.landmarks
    assert right_eye[0] < nose[0] < left_eye[0] and nose[1] > right_eye[1]
    assert found.embedding is not None


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("no bytes", b"", "empty"),
        ("cut off", None, "cut off"),
        ("moving", saved(Image.new("P", (64, 48)), "GIF"), "not a JPEG"),
        ("a text named .jpg", b"not a picture at all", "not a JPEG"),
    ],
)
def test_what_is_no_whole_photo_is_refused_with_words_before_anybody_looks_for_faces(
    gate: PhotoGate, model: SFaceModel, name: str, data: bytes | None, words: str
) -> None:
    whole = saved(portrait())
    with pytest.raises(PhotoRefused, match=words):
        faces(gate, model, whole[: len(whole) // 2] if data is None else data)


def test_a_photo_without_a_face_gives_none(gate: PhotoGate, model: SFaceModel) -> None:
    noise = Image.effect_noise((500, 400), 60).convert("RGB")
    assert faces(gate, model, saved(noise)) == []


def test_more_than_forty_faces_are_cut_to_forty_in_reading_order(gate: PhotoGate) -> None:
    face = portrait("person-2.jpg", 60)
    crowd = Image.new("RGB", (640, 480), (120, 130, 120))
    for number in range(48):
        crowd.paste(face, (4 + number % 10 * 63, 4 + number // 10 * 90))
    found = faces(gate, QuickModel(), saved(crowd))
    assert len(found) == MAX_FACES
    rows = [(item.face.box.y + item.face.box.height / 2) // 90 for item in found]
    assert rows == sorted(rows)


def test_a_drawn_face_is_not_taken_for_one(gate: PhotoGate, model: SFaceModel) -> None:
    page = Image.new("RGB", (400, 400), (255, 250, 230))
    pen = ImageDraw.Draw(page)
    pen.ellipse((80, 60, 320, 340), fill=(255, 214, 60), outline="black", width=5)
    for x in (150, 250):
        pen.ellipse((x - 14, 150, x + 14, 190), fill="black")
    pen.arc((140, 190, 260, 290), 20, 160, fill="black", width=6)
    assert faces(gate, model, saved(page)) == []


def test_a_face_of_stone_is_a_face_like_any_other_and_people_decide(
    gate: PhotoGate, model: SFaceModel
) -> None:
    stone = ImageOps.colorize(portrait().convert("L"), (60, 58, 55), (235, 232, 225))
    (found,) = faces(gate, model, saved(stone))
    assert found.embedding is not None and found.face.quality is not FaceQuality.UNUSABLE


def test_a_poster_inside_a_photo_is_found_beside_the_living_and_told_by_its_mark(
    gate: PhotoGate, model: SFaceModel
) -> None:
    street = Image.new("RGB", (1000, 700), (150, 150, 145))
    street.paste(portrait("person-1.jpg", 420), (40, 200))
    street.paste(portrait("person-2.jpg", 300), (640, 120))
    (registered,) = faces(gate, model, saved(portrait("person-2.jpg", 400)))
    living, poster = sorted(faces(gate, model, saved(street)), key=lambda item: item.face.box.x)
    limits = Thresholds()
    mark = registered.face.crop_hash
    assert near(poster.face.crop_hash, mark, limits.copy_bits)
    assert not near(living.face.crop_hash, mark, limits.alike_bits)
    assert registered.embedding is not None and poster.embedding is not None
    assert float(registered.embedding @ poster.embedding) >= limits.copy_cosine
