"""The real face model, asked once for each picture: its answers are kept in a file for the next process."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.faces.fusion import FusedModel
from bot.faces.models import Pixels, Vector
from bot.match.inputs import Thresholds
from store.records.photo import FaceBox

T = TypeVar("T")


class RememberingModel:
    """Keeps `bot.faces.models.FaceModel`; loads the model only for what was never asked before."""

    name, digest = FusedModel.name, FusedModel.digest
    dimension, licence = FusedModel.dimension, FusedModel.licence

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[Any, Any] = pickle.loads(file.read_bytes()) if file.exists() else {}
        self._real: FusedModel | None = None

    def _ask(self, what: str, rgb: Pixels, box: FaceBox | None, ask: Callable[[FusedModel], T]) -> T:
        key = (what, hashlib.sha256(rgb.tobytes()).hexdigest(), box)
        if key not in self._known:
            self._real = self._real or FusedModel(threads=1)
            self._known[key] = ask(self._real)
        answer: T = self._known[key]
        return answer

    def thresholds(self, usual: Thresholds) -> Thresholds:
        """As FusedModel."""
        return FusedModel.own_thresholds(usual)

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """As FusedModel."""
        return self._ask("find", rgb, None, lambda model: model.find(rgb))

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """As FusedModel."""
        return self._ask("crop", rgb, box, lambda model: model.crop(rgb, box))

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """As FusedModel."""
        return self._ask("embed", rgb, box, lambda model: model.embed(rgb, box))

    def save(self) -> None:
        """Keep the answers for the next process."""
        self._file.write_bytes(pickle.dumps(self._known))
