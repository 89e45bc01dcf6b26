"""A face model without a model: for tests and for trying the road without the real files.

Its "faces" are pictures in a green frame, drawn by `draw`; it sees no real person. Never wired into
a running daemon.
"""

from __future__ import annotations

import hashlib
import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.faces.models import CROP_SIDE_PX, Pixels, Vector
from store.records.photo import FaceBox

_CELLS = 6
_FRAME = (0, 255, 0)
# Right eye, left eye, nose tip, mouth corners, as shares of the box.
_POINTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))


def draw(
    person: int, *, pose: int = 0, width: int = 160, canvas: tuple[int, int] = (320, 320)
) -> Image.Image:
    """Draw one framed "face". The same person has like colours; another pose is another photo of it.

    `width` is the outer width of the frame and `canvas` the (width, height) of the picture, in pixels.
    """
    return draw_group([person], pose=pose, width=width, canvas=canvas)


def draw_group(
    people: list[int], *, pose: int = 0, width: int = 160, canvas: tuple[int, int] = (320, 320)
) -> Image.Image:
    """Draw several persons from left to right, evenly spread."""
    image = Image.new("RGB", canvas, (120, 110, 130))
    for place, person in enumerate(people):
        left = round((place + 0.5) * canvas[0] / len(people) - width / 2)
        _paste(image, person, pose, width, left, round((canvas[1] - width) / 2))
    return image


def _paste(image: Image.Image, person: int, pose: int, width: int, left: int, top: int) -> None:
    base = np.random.default_rng(person).integers(70, 256, (_CELLS, _CELLS, 3))
    shift = np.random.default_rng([person, pose]).integers(-130, 131, base.shape) if pose else 0
    cells = np.clip(base + shift, 60, 255).astype(np.uint8)
    # No cell may look like the frame.
    cells[..., 0] = np.maximum(cells[..., 0], 150)
    edge = max(2, width // 12)
    image.paste(_FRAME, (left, top, left + width, top + width))
    inner = Image.fromarray(cells).resize((width - 2 * edge, width - 2 * edge), Image.Resampling.BICUBIC)
    image.paste(inner, (left + edge, top + edge))


def jpeg(image: Image.Image) -> bytes:
    """A picture as the bytes that a platform would serve."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


class FakeFaceModel:
    """Finds green frames and describes what they hold; deterministic from the pixels alone."""

    name = "Fake (green frames)"
    dimension = _CELLS * _CELLS * 3
    licence = "as this project"
    digest = hashlib.sha256(b"fake face model 1").hexdigest()

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every closed green frame of at least 8 pixels."""
        red, green, blue = (rgb[..., channel].astype(int) for channel in range(3))
        mask = ((green > 150) & (red < 100) & (blue < 100)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = [_box(*(int(value) for value in row[:4])) for row in stats[1:]]
        return [box for box in boxes if min(box.width, box.height) >= 8]

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """What the frame holds, (112, 112, 3)."""
        edge = 1 + max(2, round(box.width / 12))
        left, top = round(box.x) + edge, round(box.y) + edge
        right, bottom = round(box.x + box.width) - edge, round(box.y + box.height) - edge
        inside = rgb[max(0, top) : max(top + 1, bottom), max(0, left) : max(left + 1, right)]
        sized = cv2.resize(inside, (CROP_SIDE_PX, CROP_SIDE_PX), interpolation=cv2.INTER_AREA)
        # A fine pattern, so that it looks as sharp as a photo; averaged over a cell it is nothing.
        pattern = 25 * (-1) ** np.indices(sized.shape[:2]).sum(axis=0)
        return np.asarray(np.clip(sized.astype(np.int16) + pattern[..., None], 0, 255), dtype=np.uint8)

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """The colours of its cells around their mean, length 1."""
        cells = cv2.resize(self.crop(rgb, box), (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        values: NDArray[np.float64] = np.asarray(cells, dtype=np.float64).reshape(-1)
        values = values - values.mean()
        values[0] += 1e-3  # a flat crop has a direction too
        return (values / np.linalg.norm(values)).astype(np.float32)


def _box(x: int, y: int, width: int, height: int) -> FaceBox:
    points = tuple((x + across * width, y + down * height) for across, down in _POINTS)
    return FaceBox(float(x), float(y), float(width), float(height), points, 0.99)
