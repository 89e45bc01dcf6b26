"""Where to cut a face out of a picture so that two faces stand side by side, upright and equally large.

Geometry only; the picture itself is cut by the browser (SVG viewBox on the served image).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from store.records.photo import Face

# The window is four eye distances wide and lies a little below the eyes: brow to chin.
_EYES_WIDE = 4.0
_DOWN = 0.45
_BOX_WIDE = 1.7


@dataclass(frozen=True, slots=True)
class Crop:
    """A square window on a picture of `width` × `height` pixels, turned so that the eyes lie level."""

    view_box: str
    turn: str
    width: int
    height: int


def crop_of(face: Face, size: tuple[int, int]) -> Crop:
    """The window for a face; by its box alone where the eyes are too close together (profile)."""
    box = face.box
    x, y, side = box.x + box.width / 2, box.y + box.height / 2, max(box.width, box.height) * _BOX_WIDE
    if len(box.landmarks) >= 2:
        (rx, ry), (lx, ly) = box.landmarks[:2]
        apart = math.hypot(lx - rx, ly - ry)
        if apart > 0.25 * box.width:
            turn = -math.degrees(math.atan2(ly - ry, lx - rx))
            x, y = (rx + lx) / 2, (ry + ly) / 2
            side = apart * _EYES_WIDE
            window = f"{x - side / 2:.1f} {y + apart * _DOWN - side / 2:.1f} {side:.1f} {side:.1f}"
            return Crop(window, f"rotate({turn:.2f} {x:.1f} {y:.1f})", *size)
    return Crop(f"{x - side / 2:.1f} {y - side / 2:.1f} {side:.1f} {side:.1f}", "rotate(0)", *size)
