"""Pictures that are one picture: codes of their windows, likenesses, what is known of them. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CODE_BYTES = 32
"""One code: 256 signs of a cosine transform, the 64 lowest frequencies first."""
WINDOWS = 28
"""Codes of a picture's windows; the first is the whole."""
FRAMED, ON_PAGE = WINDOWS, WINDOWS + 1
"""The rows behind them: what bars along the edges, and what a phone's page, hold; zeros if nothing."""
ROWS = WINDOWS + 2
WHOLES = (0, FRAMED, ON_PAGE)
"""Rows that stand for a whole picture; of two copies, one meets the other with one of these."""
ODD_ACROSS = bytes.fromhex("55" * CODE_BYTES)
"""The signs that change when a picture is mirrored: those of odd frequencies across."""


@dataclass(frozen=True, slots=True)
class PictureCodes:
    """What is kept to recognise a picture: ROWS codes of CODE_BYTES each, made by `make`.

    A code of zeros stands for a window that is too flat to be told from others.
    """

    codes: bytes
    make: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A kept picture whose codes are near: which rows met, in how many of 255 bits they differ."""

    digest: str
    bits: int
    mine: int
    theirs: int
    mirrored: bool


@dataclass(frozen=True, slots=True)
class SamePicture:
    """Two photos (digests, `a` < `b`) that show one picture, confirmed on the pixels.

    `correlation` in [-1, 1] is that of their fine structure after alignment.
    """

    a: str
    b: str
    bits: int
    correlation: float
    mirrored: bool


class PictureLabel(StrEnum):
    """Why a picture is in the bank of known ones."""

    SOLVED = "solved"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture of a solved or false case: whoever shows it again shows nothing new."""

    digest: str
    label: PictureLabel
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """A photo of a post that others showed earlier: the first post that did, and all that did.

    `first_at` (aware UTC) is when the first was written, or received where that is unknown.
    `by_other` is false when every earlier post is by the same author on the same platform.
    """

    photo: str
    first_post: str
    first_at: datetime
    posts: tuple[str, ...]
    by_other: bool = True
