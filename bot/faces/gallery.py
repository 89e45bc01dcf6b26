"""The gallery: vectors of registered photos in memory, searched exactly.

It holds what it is given; which cases belong in it is decided elsewhere, and the database remains
the source of truth.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bot.faces.gallery_near import Block, Cases, Near, chunked, grouped, nearest, sampled
from bot.faces.models import Vector
from bot.match.inputs import Cohort, Hit
from store.errors import UsageError

# Float32 products of unit vectors differ from the true cosine by less than this (128 to 512 values).
ROUNDING = 2e-6
_FIRST_ROWS = 256
_UNIT_TOLERANCE = 1e-3
DIGITS = 9


@runtime_checkable
class Gallery(Protocol):
    """Vectors under photo keys, each of one case. Safe to use from several threads."""

    @property
    def size_cases(self) -> int: ...

    @property
    def size_vectors(self) -> int: ...

    def put(self, photo_key: str, case_id: str, vector: Vector) -> None:
        """Add a photo's vector, or replace the one under this key. Raises UsageError for a bad vector."""
        ...

    def remove(self, photo_key: str) -> None:
        """Take a photo out; nothing happens if it is not there."""
        ...

    def remove_case(self, case_id: str) -> None:
        """Take all photos of a case out; nothing happens if there are none."""
        ...

    def search(self, vector: Vector, k: int) -> list[Hit]:
        """The k most similar cases, best first, each once, by its best photo.

        Equal similarities (to 9 digits) are ordered by case, equal photos of a case by their key.
        """
        ...

    def cohort(self, vector: Vector, k: int) -> Cohort:
        """The similarities of the k most similar cases, greatest first, one a case."""
        ...

    def near(self, vectors: Block, case_id: str, k: int, others: int) -> Near:
        """Which of many vectors, (n, dimension), have this case among their k most similar ones.

        None is missed; where similarities are equal within rounding, one too many may be named. With
        each go the similarities of its `others` best other cases, -inf where there are fewer.
        """
        ...


@runtime_checkable
class SharedGallery(Protocol):
    """A gallery that several processes keep together: what one of them put, all find."""

    def follow(self, bring_up: Callable[[int], int]) -> int:
        """Let nobody else change it while `bring_up` applies the changes after the number that it is given.

        `bring_up` gives the number of the last change that it applied; that is kept and given back.
        """
        ...

    def drop_older(self) -> None:
        """Take away older versions of this model's gallery, so that no face outlives its case there."""
        ...


class NumpyGallery:
    """An exact Gallery in one matrix: fit for tens of thousands of vectors, under a millisecond a search.

    Rows are kept dense: a removed row is filled by the last one, so that no search reads a hole.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._matrix = np.zeros((_FIRST_ROWS, dimension), dtype=np.float32)
        self._case_of_row = np.zeros(_FIRST_ROWS, dtype=np.int64)
        self._keys: list[str] = []
        self._row_of: dict[str, int] = {}
        self._number_of_case: dict[str, int] = {}
        self._case_of_number: dict[int, str] = {}
        self._photos_of_case: dict[str, int] = {}
        self._next_number = 0
        self._changes = 0
        self._grouped: tuple[int, Cases] | None = None
        self._lock = threading.RLock()

    @property
    def size_cases(self) -> int:
        """How many cases have at least one vector here."""
        return len(self._number_of_case)

    @property
    def size_vectors(self) -> int:
        """How many vectors are here."""
        return len(self._keys)

    def put(self, photo_key: str, case_id: str, vector: Vector) -> None:
        """Add or replace a photo's vector, (dimension,) float32 of length 1. Raises UsageError."""
        checked = self._checked(vector)
        with self._lock:
            self.remove(photo_key)
            row = len(self._keys)
            if row == len(self._matrix):
                self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
                self._case_of_row = np.concatenate([self._case_of_row, np.zeros_like(self._case_of_row)])
            self._matrix[row] = checked
            self._case_of_row[row] = self._enter(case_id)
            self._keys.append(photo_key)
            self._row_of[photo_key] = row
            self._changed(row)

    def remove(self, photo_key: str) -> None:
        """Take a photo out; nothing happens if it is not there."""
        with self._lock:
            row = self._row_of.pop(photo_key, None)
            if row is None:
                return
            self._leave(self._case_of_number[int(self._case_of_row[row])])
            last = len(self._keys) - 1
            if row != last:
                self._matrix[row] = self._matrix[last]
                self._case_of_row[row] = self._case_of_row[last]
                self._keys[row] = self._keys[last]
                self._row_of[self._keys[row]] = row
            self._keys.pop()
            self._matrix[last] = 0.0  # nothing of a face stays behind
            self._changed(row)

    def remove_case(self, case_id: str) -> None:
        """Take all photos of a case out; nothing happens if there are none."""
        with self._lock:
            number = self._number_of_case.get(case_id)
            if number is not None:
                rows = np.flatnonzero(self._case_of_row[: len(self._keys)] == number)
                for key in [self._keys[row] for row in rows.tolist()]:
                    self.remove(key)

    def search(self, vector: Vector, k: int) -> list[Hit]:
        """The k most similar cases, best first, each once, by its best photo."""
        with self._lock:
            best = self._best_cases(self._checked(vector), k)
        return [
            Hit(case_id=case, photo_key=photo, similarity=similarity, rank=rank)
            for rank, (similarity, case, photo) in enumerate(best, start=1)
        ]

    def cohort(self, vector: Vector, k: int) -> Cohort:
        """The similarities of the k most similar cases, greatest first, one a case."""
        with self._lock:
            best = self._best_cases(self._checked(vector), k)
        return Cohort(tuple(similarity for similarity, _, _ in best))

    def _best_cases(self, probe: NDArray[np.float32], k: int) -> list[tuple[float, str, str]]:
        """(similarity, case, photo) of the k best cases, exact in double precision, in final order."""
        k = min(k, self.size_cases)
        if k <= 0:
            return []
        chosen = self._chosen(probe, k)
        exact = self._exact(probe, chosen)
        return in_order(
            (round(similarity, DIGITS), self._case_of_number[int(self._case_of_row[row])], self._keys[row])
            for row, similarity in zip(chosen.tolist(), exact.tolist(), strict=True)
        )[:k]

    def _chosen(self, probe: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Rows among which the best photos of the k best cases surely are."""
        rough = self._matrix[: len(self._keys)] @ probe
        return np.flatnonzero(rough >= self._floor(rough, k))

    def _exact(self, probe: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Similarities of some rows in double precision."""
        near = self._matrix[rows].astype(np.float64)
        return np.asarray(np.einsum("ij,j->i", near, probe.astype(np.float64)))

    def _changed(self, _row: int) -> None:
        self._changes += 1

    def near(self, vectors: Block, case_id: str, k: int, others: int) -> Near:
        """Which of many vectors have this case among their k most similar ones."""
        with self._lock:
            number = self._number_of_case.get(case_id)
            if number is None or k <= 0 or not len(vectors):
                return Near.none()
            if self._grouped is None or self._grouped[0] != self._changes:
                self._grouped = (self._changes, grouped(self._case_of_row[: len(self._keys)]))
            matrix, cases = self._matrix, self._grouped[1]
            own = cases.place(number)
            mine = matrix[cases.order[cases.starts[own] : cases.ends[own]]]
            samples, whole = sampled(matrix, cases, own), chunked(matrix, cases, own)
            return nearest(vectors, mine, samples, whole, k, others, slack=4 * ROUNDING)

    def _floor(self, rough: NDArray[np.float32], k: int) -> float:
        """A similarity above which the k best cases surely lie: the k-th best case's, less the rounding."""
        rows = len(rough)
        taken = min(rows, 2 * k + 16)
        while taken < rows:
            top = np.argpartition(rough, rows - taken)[rows - taken :]
            top = top[np.argsort(rough[top])[::-1]]
            _, first = np.unique(self._case_of_row[top], return_index=True)
            if len(first) >= k:
                return float(rough[top[np.sort(first)[k - 1]]]) - 2 * ROUNDING
            taken *= 4
        return -np.inf

    def _enter(self, case_id: str) -> int:
        if case_id not in self._number_of_case:
            self._number_of_case[case_id] = self._next_number
            self._case_of_number[self._next_number] = case_id
            self._next_number += 1
        self._photos_of_case[case_id] = self._photos_of_case.get(case_id, 0) + 1
        return self._number_of_case[case_id]

    def _leave(self, case_id: str) -> None:
        self._photos_of_case[case_id] -= 1
        if self._photos_of_case[case_id] == 0:
            del self._photos_of_case[case_id]
            del self._case_of_number[self._number_of_case.pop(case_id)]

    def _checked(self, vector: Vector) -> NDArray[np.float32]:
        return checked_vector(vector, self._dimension)


def checked_vector(vector: Vector, dimension: int) -> NDArray[np.float32]:
    """The vector as float32 (dimension,). Raises UsageError unless it is one of length 1."""
    checked = np.asarray(vector, dtype=np.float32)
    if checked.shape != (dimension,):
        raise UsageError("gallery", f"takes vectors of {dimension} values, not of shape {checked.shape}")
    length = math.sqrt(float(checked @ checked))
    if not abs(length - 1.0) <= _UNIT_TOLERANCE:
        raise UsageError("gallery", f"takes vectors of length 1, not {length:.3f}")
    return checked


def in_order(entries: Iterable[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Each case's best (similarity, case, photo), best first; equal ones by case, then by photo."""
    best: dict[str, tuple[float, str, str]] = {}
    for entry in entries:
        held = best.get(entry[1])
        if held is None or _order(entry) < _order(held):
            best[entry[1]] = entry
    return sorted(best.values(), key=_order)


def _order(entry: tuple[float, str, str]) -> tuple[float, str, str]:
    return -entry[0], entry[1], entry[2]
