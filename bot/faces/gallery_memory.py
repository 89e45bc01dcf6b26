"""The gallery of an installation: plain arithmetic while it is small, one byte a value when it is large.

Bytes only choose whom to look at; every answer is computed from the vectors themselves, so that both
ways give the same answers to the last digit.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.faces.gallery import ROUNDING, NumpyGallery

log = structlog.get_logger(__name__)

# Below this one product of the whole matrix costs no more than the way over bytes.
BYTES_FROM = 10_000
_MOST_CHOSEN = 16_384
_BLOCK_ROWS = 65_536
_LEVELS = 127


class MemoryGallery(NumpyGallery):
    """An exact Gallery for millions of vectors: faiss's 8-bit codes choose, float vectors decide.

    `bytes_from` is from how many vectors on codes are used; without faiss they never are, which costs
    time alone.
    """

    def __init__(self, dimension: int, *, bytes_from: int = BYTES_FROM) -> None:
        super().__init__(dimension)
        self._bytes_from = bytes_from
        self._faiss = _faiss()
        self._codes: Codes | None = None

    def _changed(self, row: int) -> None:
        super()._changed(row)
        if self._codes is not None:
            self._codes.touch(row)

    def _chosen(self, probe: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Rows among which the best photos of the k best cases surely are."""
        rows = len(self._keys)
        if self._faiss is None or rows < self._bytes_from // 2:
            self._codes = None
        elif self._codes is None and rows >= self._bytes_from:
            self._codes = Codes(self._faiss, self._dimension)
        if self._codes is None:
            return super()._chosen(probe, k)
        self._codes.follow(self._matrix, rows)
        found = self._by_codes(self._codes, probe, k)
        return super()._chosen(probe, k) if found is None else found

    def _by_codes(self, codes: Codes, probe: NDArray[np.float32], k: int) -> NDArray[np.int64] | None:
        """The same by codes; None where too many rows are too much alike for codes to choose among."""
        rows, taken = len(self._keys), 6 * k + 40
        while taken <= _MOST_CHOSEN and taken < rows:
            chosen, rough, error = codes.nearest(probe, taken)
            exact = self._exact(probe, chosen)
            floor = self._kth_case(chosen, exact, k) - ROUNDING
            if rough[-1] + error < floor:
                return chosen[exact >= floor]
            taken *= 4
        return None

    def _kth_case(self, rows: NDArray[np.int64], exact: NDArray[np.float64], k: int) -> float:
        """The similarity of the k-th best case among some rows, -inf where they are of fewer cases."""
        order = np.argsort(-exact)
        _, first = np.unique(self._case_of_row[rows[order]], return_index=True)
        return float(exact[order[np.sort(first)[k - 1]]]) if len(first) >= k else -math.inf


class Codes:
    """The rows of a matrix as one signed byte a value, kept in faiss beside it.

    It is told which rows changed and catches up before it is asked, many rows in one step.
    """

    def __init__(self, faiss: Any, dimension: int) -> None:
        self._faiss = faiss
        self._dimension = dimension
        self._touched: set[int] = set()
        self._begin(1.0)

    def _begin(self, largest: float) -> None:
        """Start anew for values up to `largest`."""
        quantiser = self._faiss.ScalarQuantizer.QT_8bit_direct_signed
        self._index = self._faiss.IndexScalarQuantizer(
            self._dimension, quantiser, self._faiss.METRIC_INNER_PRODUCT
        )
        self._scale = np.float32(_LEVELS / largest)
        self._error = 0.0
        self._count = 0
        self._touched.clear()

    def touch(self, row: int) -> None:
        """A row was put, replaced or taken away."""
        if row < self._count:
            self._touched.add(row)

    def follow(self, matrix: NDArray[np.float32], rows: int) -> None:
        """Bring the codes up to the first `rows` rows of the matrix."""
        if rows < self._count:
            self._index.codes.resize(rows * self._dimension)
            self._index.ntotal = self._count = rows
        changed = np.array(sorted(row for row in self._touched if row < self._count), dtype=np.int64)
        self._touched.clear()
        if not self._count and rows:
            self._begin(float(np.abs(matrix[:rows]).max()))
        if not (self._replace(matrix, changed) and self._append(matrix, rows)):
            log.info("gallery_codes_made_anew", vectors=rows)
            self._begin(float(np.abs(matrix[:rows]).max()))
            self._append(matrix, rows)

    def _replace(self, matrix: NDArray[np.float32], changed: NDArray[np.int64]) -> bool:
        if len(changed):
            levels = self._levels(matrix[changed])
            if levels is None:
                return False
            size = self._count * self._dimension
            codes = self._faiss.rev_swig_ptr(self._index.codes.data(), size)
            codes.reshape(-1, self._dimension)[changed] = (levels + 128).astype(np.uint8)
        return True

    def _append(self, matrix: NDArray[np.float32], rows: int) -> bool:
        while self._count < rows:
            levels = self._levels(matrix[self._count : min(rows, self._count + _BLOCK_ROWS)])
            if levels is None:
                return False
            self._index.add(levels)
            self._count += len(levels)
        return True

    def _levels(self, vectors: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Whole numbers from -127 to 127; None where a value is too large for the present scale."""
        levels = np.asarray(np.rint(vectors * self._scale))
        if np.abs(levels).max() > _LEVELS:
            return None
        missed = np.linalg.norm(vectors - levels / self._scale, axis=1).max()
        self._error = max(self._error, float(missed))
        return levels

    def nearest(
        self, probe: NDArray[np.float32], most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Rows with the greatest rough similarities, these, and by how much they are wrong at most.

        The error is that of the rows times the probe's length plus that of the probe times the rows'
        rounded length (Cauchy-Schwarz).
        """
        scale = np.float32(_LEVELS / np.abs(probe).max())
        levels = np.rint(probe * scale)
        found, rows = self._index.search(levels[None], most)
        rough = found[0].astype(np.float64) / (float(scale) * float(self._scale))
        missed = float(np.linalg.norm(probe - levels / scale))
        length = float(np.linalg.norm(probe))
        return rows[0], rough, self._error * length + missed * (1.001 + self._error) + ROUNDING


def _faiss() -> Any:
    """The faiss package, None where there is no wheel of it for this machine."""
    try:
        faiss = importlib.import_module("faiss")
    except ImportError:
        log.info("gallery_without_codes", reason="faiss is not installed here")
        return None
    # One probe at a time is no work for several threads: they would only wait for each other.
    faiss.omp_set_num_threads(1)
    return faiss
