"""The shipped networks give the same faces and vectors as OpenCV's own reading of the same files."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bot.faces import detect, embed
from bot.faces.models import model_path

PHOTO = Path(__file__).parents[3] / "sample" / "photos" / "person-1.jpg"


@pytest.fixture(scope="module")
def ours() -> embed.SFaceModel:
    return embed.SFaceModel(threads=1)


def read(file: str) -> np.ndarray:
    return np.frombuffer(model_path(detect.PACKAGE, file).read_bytes(), np.uint8)


def test_faces_are_found_where_opencv_finds_them(ours: embed.SFaceModel) -> None:
    rgb = np.asarray(Image.open(PHOTO).convert("RGB").resize((213, 319)))
    other = cv2.FaceDetectorYN.create(
        "onnx", read(detect.FILE), np.empty(0, np.uint8), (213, 319), 0.6, 0.3, 1000
    )
    bgr = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), dtype=np.uint8)
    expected = other.detect(bgr)[1]
    assert expected is not None and len(expected)
    assert ours._detector._look(bgr, 1.0) == pytest.approx(np.asarray(expected), abs=0.01)


def test_vectors_are_those_that_opencv_gives(ours: embed.SFaceModel) -> None:
    rgb = np.asarray(Image.open(PHOTO).convert("RGB"))
    (box,) = ours.find(rgb)
    other = cv2.FaceRecognizerSF.create("onnx", read(embed.FILE), np.empty(0, np.uint8))
    marks = [value for point in box.landmarks for value in point]
    row = np.array([[box.x, box.y, box.width, box.height, *marks, box.score]], np.float32)
    cut = np.asarray(other.alignCrop(rgb, row))
    assert np.abs(cut.astype(int) - ours.crop(rgb, box)).mean() < 0.05
    feature = np.asarray(other.feature(cv2.cvtColor(cut, cv2.COLOR_RGB2BGR))).reshape(-1)
    assert float(ours.embed(rgb, box) @ feature) / float(np.linalg.norm(feature)) == pytest.approx(
        1, abs=1e-4
    )
