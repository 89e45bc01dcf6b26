"""What the gate and its worker say to each other: an order and its bytes, an answer and its bytes.

Values and their one-line form; no decoding, no process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from store.records.photo import Exif


@dataclass(frozen=True, slots=True)
class Order:
    """Examine the `size` bytes that follow, within these limits; `now` (aware) bounds camera clocks."""

    size: int
    max_pixels: int
    max_side_px: int
    quality: int
    cpu_s: float
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found: pixels after turning upright, the 64-bit hash (16 hex digits), the EXIF.

    `pdq` are the eight PDQ hashes (64 hex digits), the upright one first; `pdq_quality` is 0 to 100.
    """

    mime: str
    width: int
    height: int
    phash: str
    exif: Exif
    pdq: tuple[str, ...] = ()
    pdq_quality: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Facts and the `size` bytes of the clean JPEG that follow, or why the photo is refused."""

    facts: Facts | None = None
    refused: str = ""
    size: int = 0


LONGEST_LINE = 65_536


def line(value: Order | Answer) -> bytes:
    """One line of JSON with its line feed."""
    return msgspec.json.encode(value) + b"\n"


def order_of(text: bytes) -> Order:
    """Read an order. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Order)


def answer_of(text: bytes) -> Answer:
    """Read an answer, every field checked. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Answer)
