"""Which face model and which gallery an installation has: the concrete ones, built from config.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.faces.described import DEFAULT, FUSED, NAMED, SFACE, Described
from bot.faces.embed import SFaceModel
from bot.faces.fusion import DIMENSION, FusedModel
from bot.faces.gallery import Gallery
from bot.faces.gallery_memory import MemoryGallery
from bot.faces.gallery_pgvector import PgVectorGallery
from bot.faces.models import FaceModel
from bot.faces.onnx_model import OnnxModel, read_sheet
from bot.photos.gate import GateLimits, PhotoGate
from bot.pipeline.models import ModelInForce
from bot.services.face_evaluation import Looker
from store.db import Store
from store.errors import ConfigError


def describe(source: str) -> Described:
    """A model that comes along, by its name, or an operator's by its path. Raises ModelError."""
    if source in NAMED:
        model: type[SFaceModel] | type[FusedModel] = SFaceModel if source == SFACE else FusedModel
        name = SFACE if source == SFACE else FUSED
        about = (model.digest, model.name, model.dimension, model.licence)
        return Described(name, *about, is_tested=True, load=model, rates=model.rates)
    found = read_sheet(Path(source))
    sheet = found.sheet
    is_tested = sheet.thresholds is not None and bool(sheet.thresholds.measured)

    def load() -> FaceModel:
        return OnnxModel(found)

    return Described(source, sheet.digest, sheet.name, sheet.dimension, sheet.licence, is_tested, load)


def wished(config: Config, *, is_sample: bool = False) -> str:
    """The source that config.yaml names; a path begins at the folder of config.yaml."""
    model = config.faces.model
    return DEFAULT if is_sample else source_of(config.file, model)


def source_of(config_file: Path, model: str) -> str:
    """A model's name as in config.yaml, or the full path of its `.onnx` file."""
    if model in NAMED:
        return model
    return str((config_file.resolve().parent / Path(model).expanduser()).with_suffix(".onnx").resolve())


def faces_of(config: Config, store: Store, *, is_sample: bool) -> dict[str, Any]:
    """What of a Road has to do with faces, by field. Raises ConfigError."""
    return {
        "faces": ModelInForce(store, describe, wished(config, is_sample=is_sample)),
        "gallery": MemoryGallery(DIMENSION),
        "make_gallery": gallery_maker(config, store, is_sample=is_sample),
        "describe_model": describe,
    }


def gallery_maker(config: Config, store: Store, *, is_sample: bool) -> Callable[[FaceModel, int], Gallery]:
    """How the gallery of a model and a version of its vectors is made.

    Raises ConfigError where pgvector is asked for without PostgreSQL.
    """
    if is_sample or config.faces.gallery == "memory":
        return lambda model, _version: MemoryGallery(model.dimension)
    if store.is_sqlite:
        raise ConfigError(
            "faces.gallery", "is pgvector, which needs a database_url of PostgreSQL; or write memory"
        )
    return lambda model, version: PgVectorGallery(store, model.digest, model.dimension, version)


@contextmanager
def looker(config: Config, source: str) -> Iterator[Looker]:
    """The photo gate and a model (a name or a path), for looking at photos outside any installation."""
    model = describe(source_of(Path("config.yaml"), source)).load()
    with PhotoGate(gate_limits(config)) as gate:
        yield Looker(gate.examine, model)


def gate_limits(config: Config) -> GateLimits:
    """What one photo may cost, from config.yaml."""
    photos = config.photos
    return GateLimits(
        max_photo_mb=photos.max_photo_mb,
        max_megapixels=photos.max_megapixels,
        timeout_s=photos.decode_timeout_s,
        memory_mb=photos.decode_memory_mb,
    )
