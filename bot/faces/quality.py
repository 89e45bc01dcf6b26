"""How well a face shows: size, sharpness, pose, light, and how sure the detector was, each in words.

Numbers from one box and its aligned crop; nothing is compared and no picture is opened. The limits are
where hits clearly fall on photos of 400 persons. The first of them was the right one for .51 of all
registered photos, but for .31 of blurred ones, .39 of those turned aside, .29 up or down, .40 in flat and
.34 in one-sided light, .10 of those of which the detector was unsure (16 to 44 photos each).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from bot.faces.models import Pixels
from store.records.photo import FaceBox, FaceQuality

GOOD_PX = 32
LOW_PX = 24
"""Rank-1 of a probe face: 32 px .461, 24 px .406, 16 px .225, full size .499."""

LEAST_SHARPNESS = 40.0
LEAST_CONTRAST = 30.0
MOST_UNEVEN = 68.0
MOST_TURNED = 0.27
MOST_TILTED = 0.10
LEAST_SURE = 0.9

_LEVEL = 0.58  # of a face that looks straight ahead: nose below the eyes, as a share of the mouth's depth
_EDGE = 16  # of 112 pixels: hair and background count for nothing


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured on one face.

    `side_px` of the box; `sharpness`: variance of the Laplacian of the aligned crop; `contrast`: standard
    deviation of its grey values (0 to 255), `uneven`: difference of its halves' means; `turned`: the nose's
    way from between the eyes, `tilted`: how far it lies from its usual depth, both as shares; `sure`: the
    detector's score.
    """

    side_px: float
    sharpness: float
    contrast: float
    uneven: float
    turned: float
    tilted: float
    sure: float


def looked(box: FaceBox, crop: Pixels) -> Look:
    """Measure a face from its box and its aligned crop, (112, 112, 3)."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[_EDGE:-_EDGE, _EDGE:-_EDGE]
    half = grey.shape[1] // 2
    turned, tilted = _pose(box)
    return Look(
        side_px=min(box.width, box.height),
        sharpness=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        contrast=float(grey.std()),
        uneven=abs(float(grey[:, :half].mean()) - float(grey[:, half:].mean())),
        turned=turned,
        tilted=tilted,
        sure=box.score,
    )


def judged(look: Look) -> tuple[FaceQuality, str]:
    """Can this face be compared, and everything that makes the comparison less dependable, in words."""
    if look.side_px < LOW_PX:
        return (
            FaceQuality.UNUSABLE,
            f"the face is {math.floor(look.side_px)} pixels wide; below {LOW_PX} it is not compared",
        )
    reasons = []
    if look.side_px < GOOD_PX:
        reasons.append(
            f"the face is {math.floor(look.side_px)} pixels wide"
            f" (from {GOOD_PX} on a comparison is dependable)"
        )
    if look.sharpness < LEAST_SHARPNESS:
        reasons.append("the face is blurred")
    if look.turned >= MOST_TURNED:
        reasons.append("the face is turned to the side")
    if look.tilted >= MOST_TILTED:
        reasons.append("the face looks up or down")
    if look.contrast < LEAST_CONTRAST:
        reasons.append("the light on the face is flat")
    if look.uneven >= MOST_UNEVEN:
        reasons.append("one side of the face is much darker")
    if look.sure < LEAST_SURE:
        reasons.append("parts of the face are hidden or hard to make out")
    return (FaceQuality.LOW if reasons else FaceQuality.GOOD), "; ".join(reasons)


def _pose(box: FaceBox) -> tuple[float, float]:
    """How far the face is turned sideways and tilted, from the five landmarks; 0, 0 where it has none."""
    if len(box.landmarks) != 5:
        return 0.0, 0.0
    right, left, nose, right_mouth, left_mouth = np.asarray(box.landmarks, dtype=np.float64)
    across = left - right
    width = float(np.linalg.norm(across))
    if width == 0:
        return 1.0, 1.0
    along = across / width
    down = np.array([-along[1], along[0]])
    middle = (right + left) / 2
    depth = float(((right_mouth + left_mouth) / 2 - middle) @ down)
    turned = abs(float((nose - middle) @ along)) / width
    return turned, abs(float((nose - middle) @ down) / depth - _LEVEL) if depth > 0 else 1.0
