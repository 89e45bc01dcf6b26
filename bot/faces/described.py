"""A face model before it is loaded: where it comes from, what it is, how it is had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.faces.models import FaceModel
from bot.match.rates import Rates

DEFAULT = "default"
"""Whichever of the models that come along measured best: at present `fused`."""

FUSED = "fused"
"""The source of the two recognisers in one."""

SFACE = "sface"
"""The source of SFace alone, which was the default before."""

NAMED = frozenset({DEFAULT, FUSED, SFACE})
"""Sources that are names; every other source is the full path of an .onnx file."""


@dataclass(frozen=True, slots=True)
class Described:
    """A model that can be had: its source (a name or a path), what it is, and how it is loaded.

    `is_tested` says whether thresholds were measured with it: without, nothing of it may alert. `rates`
    are hit rates measured with it, None where none were.
    """

    source: str
    digest: str
    name: str
    dimension: int
    licence: str
    is_tested: bool
    load: Callable[[], FaceModel]
    rates: Rates | None = None
