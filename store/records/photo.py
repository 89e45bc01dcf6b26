"""Photos and the faces in them, as values: digests, pixels, EXIF, boxes, qualities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PhotoState(StrEnum):
    """How far a post's photo has come."""

    WANTED = "wanted"
    KEPT = "kept"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Exif:
    """What the camera wrote, as far as it can be believed.

    `taken_at` is aware UTC and only set when the zone is known (offset tag or GPS time);
    `taken_local` is the naive wall clock otherwise. `lat`/`lon` WGS-84 degrees.
    `problems` names what was found and not believed (year 1970, 0,0, the future).
    """

    taken_at: datetime | None = None
    taken_local: datetime | None = None
    offset_min: int | None = None
    lat: float | None = None
    lon: float | None = None
    camera: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that passed the gate: the digest of the original bytes and of the copy that is served.

    `width`/`height` are pixels after turning the picture upright. `phash` is a 64-bit perceptual
    hash in 16 hex digits. `served` is the digest of the re-encoded copy without metadata.
    """

    digest: str
    served: str
    mime: str
    size_bytes: int
    width: int
    height: int
    phash: str
    exif: Exif = Exif()


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face in the upright photo: pixels of the served copy, five landmarks (x, y), score in [0, 1].

    Landmarks in YuNet's order: right eye, left eye, nose tip, right and left mouth corner.
    """

    x: float
    y: float
    width: float
    height: float
    landmarks: tuple[tuple[float, float], ...]
    score: float


class FaceQuality(StrEnum):
    """Whether a face can be compared at all."""

    GOOD = "good"
    LOW = "low"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Face:
    """One found face. `key` is digest:index, index in reading order of the boxes.

    `crop_hash` is the perceptual hash of the aligned crop (16 hex digits): equal pictures of a
    face have near-equal hashes, also inside a poster.
    """

    key: str
    photo: str
    box: FaceBox
    quality: FaceQuality
    quality_why: str
    crop_hash: str
