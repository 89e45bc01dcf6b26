"""The codes by which a picture is recognised: cosine signs of 28 windows and of what a frame holds.

Works on the clean JPEG that the photo gate made, never on what a stranger sent. Stores and compares
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from store.errors import PhotoRefused
from store.records.picture import CODE_BYTES, FRAMED, WINDOWS, PictureCodes

MAKE = "dct256-28w-1"
"""Changes with everything that changes a code; codes of different makes are not compared."""

Grey = NDArray[np.uint8]
Box = tuple[int, int, int, int]

_LONGEST_PX = 512
_SIDE, _KEPT = 64, 16
_SMALLEST_PX = 48
# Of the 255 frequencies so many must be stronger than noise: else flat pictures would all be one.
_STRONG, _FEWEST_STRONG = 16.0, 96


def _grid(width: float, height: float, columns: int, rows: int) -> list[tuple[float, float, float, float]]:
    """Windows of one size, evenly spread: left, top, width, height as shares of the picture."""
    lefts = [(1 - width) * i / max(1, columns - 1) for i in range(columns)]
    tops = [(1 - height) * j / max(1, rows - 1) for j in range(rows)]
    return [(left, top, width, height) for top in tops for left in lefts]


LAYOUT = (
    *_grid(1.0, 1.0, 1, 1), *_grid(0.95, 0.95, 3, 3), *_grid(0.9, 0.9, 3, 3), *_grid(0.8, 0.8, 3, 3),
)  # fmt: skip
"""The 28 windows: the whole, and at each of nine positions 95, 90 and 80 per cent of both sides."""
assert len(LAYOUT) == WINDOWS

# The lowest 8 x 8 frequencies first: the index looks at these 64 signs before the others.
_ORDER = sorted(((i, j) for i in range(_KEPT) for j in range(_KEPT)), key=lambda p: (max(p) // 8, p))
_DOWN = np.array([i for i, _ in _ORDER])
_ACROSS = np.array([j for _, j in _ORDER])
assert [bool(j % 2) for j in _ACROSS.tolist()] == [False, True] * (len(_ORDER) // 2)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture made small and grey (longest side at most 512), and what a frame or a page holds in it."""

    grey: Grey
    framed: Box | None
    on_page: Box | None

    def region(self, row: int) -> Grey:
        """The pixels that a row's code is made of."""
        height, width = self.grey.shape
        if row >= WINDOWS:
            inner = self.framed if row == FRAMED else self.on_page
            left, top, right, bottom = inner or (0, 0, width, height)
        else:
            x, y, w, h = LAYOUT[row]
            left, top = round(x * width), round(y * height)
            right, bottom = round((x + w) * width), round((y + h) * height)
        return self.grey[top : max(bottom, top + 1), left : max(right, left + 1)]


def prepare(served_jpeg: bytes, subject: str) -> Prepared:
    """Decode and make small. Raises PhotoRefused naming `subject` when the bytes are no JPEG."""
    raw = np.frombuffer(served_jpeg, dtype=np.uint8)
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    pixels: Any = cv2.imdecode(raw, flags) if served_jpeg[:2] == b"\xff\xd8" else None
    if pixels is None:
        raise PhotoRefused(subject, "its clean copy is no JPEG; look at the post again")
    framed, on_page = frame_box(pixels), page_box(pixels)
    scale = min(1.0, _LONGEST_PX / max(pixels.shape))
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0]))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return Prepared(pixels, _scaled(framed, scale), _scaled(on_page if on_page != framed else None, scale))


def _scaled(box: Box | None, scale: float) -> Box | None:
    if box is None:
        return None
    left, top, right, bottom = box
    return ceil(left * scale), ceil(top * scale), int(right * scale), int(bottom * scale)


def picture_codes(prepared: Prepared) -> PictureCodes:
    """The codes of all rows, ROWS x CODE_BYTES bytes."""
    inner = (prepared.framed, prepared.on_page)
    codes = [code(prepared.region(row)) for row in range(WINDOWS)]
    codes += [code(prepared.region(WINDOWS + i)) if box else bytes(CODE_BYTES) for i, box in enumerate(inner)]
    return PictureCodes(b"".join(codes), MAKE)


def code(grey: Grey) -> bytes:
    """The 256 signs of one region, zeros if it is too small or too flat. The first sign is always 0."""
    if min(grey.shape) < _SMALLEST_PX:
        return bytes(CODE_BYTES)
    square = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(square.astype(np.float32))[_DOWN, _ACROSS]
    waves[0] = 0.0
    if int((np.abs(waves) > _STRONG).sum()) < _FEWEST_STRONG:
        return bytes(CODE_BYTES)
    return np.packbits(waves > 0).tobytes()


# --- frames and pages -------------------------------------------------------------------------

_SAME_GREY = 10
_BAR_SHARE = 0.97
_PAGE_GREY = 3
_LEAST_PAGE = 0.25
_PAGE_SHARE = 0.35
_LEAST_SHARE = 0.15
_NEARLY_ALL = 0.985
_GAP = 20


def frame_box(grey: Grey) -> Box | None:
    """What is left without bars of one colour along the edges; None where there are none."""
    left, top, right, bottom = 0, 0, grey.shape[1], grey.shape[0]
    for _ in range(2):
        part = grey[top:bottom, left:right]
        first, last = _within_bars(part)
        top, bottom = top + first, top + last
        first, last = _within_bars(grey[top:bottom, left:right].T)
        left, right = left + first, left + last
    return _box(grey, left, top, right, bottom)


def page_box(grey: Grey) -> Box | None:
    """Where the picture lies on the page of a phone: the longest run of lines that are mostly no page.

    The page's grey is the most common one along the left and right edges. None where it holds less
    than a quarter of them: then there is no page.
    """
    edges = np.concatenate([grey[:, :3].ravel(), grey[:, -3:].ravel()])
    ground = int(np.bincount(edges, minlength=256).argmax())
    is_page = (grey >= max(0, ground - _PAGE_GREY)) & (grey <= min(255, ground + _PAGE_GREY))
    if np.concatenate([is_page[:, :3], is_page[:, -3:]], axis=1).mean() < _LEAST_PAGE:
        return None
    left, top, right, bottom = 0, 0, grey.shape[1], grey.shape[0]
    for _ in range(2):
        first, last = _longest_run(is_page[top:bottom, left:right].mean(axis=1) < _PAGE_SHARE)
        top, bottom = top + first, top + last
        first, last = _longest_run(is_page[top:bottom, left:right].mean(axis=0) < _PAGE_SHARE)
        left, right = left + first, left + last
    return _box(grey, left, top, right, bottom)


def _box(grey: Grey, left: int, top: int, right: int, bottom: int) -> Box | None:
    height, width = grey.shape
    if right - left > _NEARLY_ALL * width and bottom - top > _NEARLY_ALL * height:
        return None
    # One pixel less where something was cut: edges of frames are blurred.
    box = (left + (left > 0), top + (top > 0), right - (right < width), bottom - (bottom < height))
    return box if min(box[2] - box[0], box[3] - box[1]) >= _SMALLEST_PX else None


def _within_bars(lines: Grey) -> tuple[int, int]:
    """First and one past the last line that is not of one grey, the grey of the edge's own line."""
    found = []
    for side in (lines, lines[::-1]):
        ground = int(np.median(side[0]))
        is_bar = (np.abs(side.astype(np.int16) - ground) <= _SAME_GREY).mean(axis=1) >= _BAR_SHARE
        found.append(int(np.argmin(is_bar)) if not is_bar.all() else 0)
    return (found[0], len(lines) - found[1]) if found[0] + found[1] < len(lines) else (0, len(lines))


def _longest_run(is_picture: NDArray[np.bool_]) -> tuple[int, int]:
    """The longest run of picture lines, small gaps allowed; all of them where it is too short."""
    gap = max(1, len(is_picture) // _GAP)
    best, start, last = (0, 0), -1, -1
    for at in np.flatnonzero(is_picture).tolist():
        if start < 0 or at - last > gap + 1:
            start = at
        last = at
        if last + 1 - start > best[1] - best[0]:
            best = (start, last + 1)
    return best if best[1] - best[0] >= _LEAST_SHARE * len(is_picture) else (0, len(is_picture))
