"""The shape of config.yaml's `faces` block: the model, where the gallery lies, how long vectors are kept.

Values only, as in bot/config_schema.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from bot.config_types import Block, Text, count, says


class Faces(Block):
    """How faces are described and how long these descriptions are kept."""

    model: Annotated[Text, says("default, fused, sface, or the path of an .onnx file")] = "default"
    gallery: Annotated[
        Literal["memory", "pgvector"], says("memory, or pgvector with a database_url of PostgreSQL")
    ] = "memory"
    template_days: Annotated[int, count(1, 365, "days a sighting's face vector is kept")] = 30
    keep_open_max_days: Annotated[int, count(1, 3650, "days a sighting may be kept open at a time")] = 180
