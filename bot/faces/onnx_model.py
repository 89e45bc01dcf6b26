"""An operator's own recogniser: an ONNX file, and beside it a YAML file that says how it is used.

YuNet finds and five landmarks align, as with the model that comes along; only the description of a face
is the operator's. OpenCV runs it. Nothing is downloaded, and a file that is not the declared one is refused.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, Protocol

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.faces import detect
from bot.faces.aligning import aligned
from bot.faces.models import CROP_SIDE_PX, Pixels, Vector, trusted_bytes
from bot.match.inputs import Measured, Thresholds
from store.errors import ModelError
from store.records.photo import FaceBox

MAX_MODEL_MB = 1024
MAX_SHEET_KB = 64
_WAY = "5-point similarity, OpenCV, v1"


class Finder(Protocol):
    """What finds faces in a picture; the shipped detector, or a fake in tests."""

    def find(self, rgb: Pixels) -> list[FaceBox]: ...


class _Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSheet(_Sheet):
    """What the network is fed: a square crop; each channel less `mean`, times `scale`."""

    size_px: Annotated[int, Field(ge=16, le=640)] = 112
    colour: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    scale: Annotated[float, Field(gt=0, le=255)] = 1 / 127.5


class CosineSheet(_Sheet):
    """Least cosines for review in small registries, by age."""

    to_5_years: float = Field(ge=-1, le=1)
    from_6_to_12_years: float = Field(ge=-1, le=1)
    from_13_years: float = Field(ge=-1, le=1)


class PointSheet(_Sheet):
    """At this normalised score, this share of unrelated probes scored higher."""

    score: float
    fpir: float = Field(ge=0, le=1)


class ThresholdSheet(_Sheet):
    """What was measured with this model; `how` says where and on what."""

    how: str = Field(min_length=10, max_length=2000)
    review_tnorm: float = Field(ge=0, le=100)
    alert_tnorm: float = Field(ge=0, le=100)
    review_cosine: CosineSheet | None = None
    measured: tuple[PointSheet, ...] = ()
    measured_cases: tuple[int, int] = (0, 0)


class ModelSheet(_Sheet):
    """The YAML file beside an ONNX file."""

    name: str = Field(min_length=1, max_length=80)
    licence: str = Field(min_length=1, max_length=200)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    dimension: int = Field(ge=8, le=4096)
    input: InputSheet = InputSheet()
    thresholds: ThresholdSheet | None = None

    @property
    def digest(self) -> str:
        """Changes with the file and with everything that changes a vector of the same pixels."""
        way = json.dumps([self.input.model_dump(), self.dimension, detect.SHA256, _WAY], sort_keys=True)
        return hashlib.sha256(f"{self.sha256} {way}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class OperatorModel:
    """A model file with its checked sheet."""

    file: Path
    sheet: ModelSheet


def read_sheet(path: Path) -> OperatorModel:
    """The model at a path: the `.onnx` file or the `.yaml` beside it. Raises ModelError with the mistake."""
    file, beside = path.with_suffix(".onnx"), path.with_suffix(".yaml")
    for each, most in ((file, MAX_MODEL_MB * 1_000_000), (beside, MAX_SHEET_KB * 1000)):
        try:
            size = each.stat().st_size
        except OSError as error:
            hint = "; describe the model in it (docs/face-models.md)" if each is beside else ""
            raise ModelError(str(each), f"cannot be read ({error.strerror}){hint}") from error
        if size > most:
            raise ModelError(str(each), f"has {size} bytes; at most {most} are read")
    try:
        content = YAML(typ="safe").load(beside.read_text(encoding="utf-8"))
        return OperatorModel(file, ModelSheet.model_validate(content))
    except ValidationError as error:
        raise ModelError(str(beside), "; ".join(_mistake(each) for each in error.errors()[:5])) from error
    except (YAMLError, UnicodeDecodeError, OSError, RecursionError, ValueError) as error:
        raise ModelError(str(beside), f"is no readable YAML ({type(error).__name__})") from error


def _mistake(error: object) -> str:
    assert isinstance(error, dict)
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    return f"{place}: {error['msg']}"


class OnnxModel:
    """The shipped detector with an operator's recogniser as one FaceModel (bot/faces/models.py).

    Raises ModelError when the file is not the declared one, is no network that OpenCV can run, or gives
    vectors of another dimension than declared.
    """

    def __init__(self, of: OperatorModel, finder: Finder | None = None) -> None:
        self.of = of
        self._finder = detect.YuNet() if finder is None else finder
        self._lock = threading.Lock()
        data = trusted_bytes(of.file, of.sheet.sha256)
        try:
            self._net = cv2.dnn.readNetFromONNX(data)
        except cv2.error as error:
            raise ModelError(str(of.file), f"OpenCV {cv2.__version__} cannot read it") from error
        side = of.sheet.input.size_px
        self._described(np.arange(side * side * 3, dtype=np.uint8).reshape(side, side, 3))

    @property
    def name(self) -> str:
        return f"YuNet + {self.of.sheet.name}"

    @property
    def digest(self) -> str:
        return self.of.sheet.digest

    @property
    def dimension(self) -> int:
        return self.of.sheet.dimension

    @property
    def licence(self) -> str:
        return f"YuNet {detect.LICENCE}, {self.of.sheet.name}: {self.of.sheet.licence}"

    def thresholds(self, usual: Thresholds) -> Thresholds:
        """What was measured with this model in place of the usual; untested, it never alerts."""
        measured = self.of.sheet.thresholds
        if measured is None:
            return replace(usual, alert_normalised=float("inf"), measured=(), measured_cases=(0, 0))
        cosines = measured.review_cosine
        limits = replace(
            usual,
            review_normalised=measured.review_tnorm,
            alert_normalised=measured.alert_tnorm if measured.measured else float("inf"),
            measured=tuple(Measured(point.score, point.fpir) for point in measured.measured),
            measured_cases=measured.measured_cases,
        )
        if cosines is None:
            return limits
        return replace(
            limits,
            review_cosine_to_5=cosines.to_5_years,
            review_cosine_6_to_12=cosines.from_6_to_12_years,
            review_cosine_from_13=cosines.from_13_years,
        )

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every face that the shipped detector finds."""
        return self._finder.find(rgb)

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """The face aligned by its landmarks, (112, 112, 3)."""
        return aligned(rgb, box, CROP_SIDE_PX)

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """The embedding of one face: (dimension,) float32, length 1."""
        return self._described(aligned(rgb, box, self.of.sheet.input.size_px))

    def _described(self, crop: Pixels) -> Vector:
        given = self.of.sheet.input
        pixels = crop if given.colour == "RGB" else crop[..., ::-1]
        blob = (pixels.astype(np.float32) - np.array(given.mean, np.float32)) * np.float32(given.scale)
        try:
            with self._lock:
                self._net.setInput(np.ascontiguousarray(blob.transpose(2, 0, 1)[None]))
                vector = np.array(self._net.forward(), dtype=np.float32).reshape(-1)
        except cv2.error as error:
            raise ModelError(str(self.of.file), f"OpenCV {cv2.__version__} cannot run it") from error
        length = float(np.linalg.norm(vector))
        if vector.shape != (self.dimension,):
            raise ModelError(str(self.of.file), f"gives {vector.size} values, declared are {self.dimension}")
        if not np.isfinite(length) or length == 0:
            raise ModelError(str(self.of.file), "gave no usable vector")
        return vector / np.float32(length)
