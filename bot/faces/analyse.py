"""From a served photo to its faces: found, judged, hashed and, where they can be compared, embedded.

It decodes only the clean JPEG that the photo gate made, never what a stranger sent.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from bot.faces.models import FaceModel, Pixels, Vector
from bot.faces.quality import judged, looked
from bot.match.hashes import SIDE, dct_hash
from store.errors import PhotoRefused
from store.records.photo import Face, FaceBox, FaceQuality

MAX_FACES = 40
_MAX_PIXELS = 4096 * 4096


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face of a photo and its embedding (dimension,), None where it must not be compared."""

    face: Face
    embedding: Vector | None


def analyse(model: FaceModel, served_jpeg: bytes, photo: str) -> list[FoundFace]:
    """Find the faces of one photo, in reading order.

    `served_jpeg` is `Examined.served_jpeg`, `photo` the digest of the original (`Photo.digest`). At
    most 40 faces, the largest. The same bytes give the same keys (`photo:index`) and vectors.
    Raises PhotoRefused when the bytes are no JPEG, ModelError when the model fails.
    """
    pixels = decoded(served_jpeg, photo)
    largest = sorted(model.find(pixels), key=lambda box: (-box.width * box.height, box.y, box.x))[:MAX_FACES]
    found: list[FoundFace] = []
    for index, box in enumerate(in_reading_order(largest)):
        crop = model.crop(pixels, box)
        quality, why = judged(looked(box, crop))
        face = Face(
            key=f"{photo}:{index}",
            photo=photo,
            box=box,
            quality=quality,
            quality_why=why,
            crop_hash=crop_hash(crop),
        )
        vector = None if quality is FaceQuality.UNUSABLE else model.embed(pixels, box)
        found.append(FoundFace(face, vector))
    return found


def decoded(served_jpeg: bytes, photo: str) -> Pixels:
    """The pixels of a served photo: (height, width, 3) RGB. Raises PhotoRefused."""
    subject = f"photo {photo[:12]}"
    try:
        with Image.open(io.BytesIO(served_jpeg), formats=["JPEG"]) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise PhotoRefused(subject, "the served copy is larger than any that the gate makes")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotoRefused(subject, "the served copy is damaged; fetch the photo again") from error


def crop_hash(crop: Pixels) -> str:
    """The 64-bit perceptual hash of an aligned crop, 16 hex digits."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return dct_hash(np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)))


def in_reading_order(boxes: list[FaceBox]) -> list[FaceBox]:
    """Rows from top to bottom, each from left to right.

    A face belongs to a row when its centre lies within half a face of that of the row's first one.
    """
    rows: list[list[FaceBox]] = []
    for box in sorted(boxes, key=lambda box: (_middle(box), box.x)):
        first = rows[-1][0] if rows else None
        if first is not None and _middle(box) - _middle(first) <= first.height / 2:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: (box.x, box.y))]


def _middle(box: FaceBox) -> float:
    return box.y + box.height / 2
