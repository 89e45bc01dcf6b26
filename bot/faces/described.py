"""A face model before it is loaded: where it comes from, what it is, how it is had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.faces.models import FaceModel

DEFAULT = "default"
"""The source of the model that comes along."""

FUSED = "fused"
"""The source of the two recognisers in one, whose second part is installed apart."""

NAMED = frozenset({DEFAULT, FUSED})
"""Sources that are names; every other source is the full path of an .onnx file."""


@dataclass(frozen=True, slots=True)
class Described:
    """A model that can be had: its source (`default` or a path), what it is, and how it is loaded.

    `is_tested` says whether thresholds were measured with it: without, nothing of it may alert.
    """

    source: str
    digest: str
    name: str
    dimension: int
    licence: str
    is_tested: bool
    load: Callable[[], FaceModel]
