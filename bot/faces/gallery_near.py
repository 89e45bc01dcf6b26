"""Many vectors beside one case: for which of them is it among their nearest cases?

Pure arithmetic on matrices, in one product a block. A sample of the other cases excludes most vectors
first, with certainty: who is beaten by k cases of a sample is beaten by k of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]
"""Many embeddings: (n, dimension), each of length 1."""

# Products of this size stay in the processor's cache.
_VECTORS_AT_ONCE = 2048
_CHUNK_ROWS = 2048
# A vector is as good as any other, so of those that pass k of a sample of n cases remain about k/n.
SAMPLES_CASES = (256, 2048)


@dataclass(frozen=True, slots=True)
class Near:
    """Vectors that have the case among their nearest ones.

    `rows` (m,) says which of the block, ascending; `similarity` (m,) is that of the case's best photo;
    `others` (m, c) those of the best other cases, greatest first, one a case, -inf where there is none.
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]
    others: NDArray[np.float32]

    @staticmethod
    def none() -> Near:
        """Nobody is near."""
        return Near(np.empty(0, np.int64), np.empty(0, np.float32), np.empty((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows of a gallery ordered by case: `order` (n,) the rows, `starts` and `ends` (c,) where each case
    begins and ends in it, `numbers` (c,) the cases, ascending."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def place(self, number: int) -> int:
        """Where a case stands among them, -1 if it is not there."""
        at = int(np.searchsorted(self.numbers, number))
        return at if at < len(self.numbers) and self.numbers[at] == number else -1


def grouped(case_of_row: NDArray[np.int64]) -> Cases:
    """Order rows by case. `case_of_row` (n,) gives the case of each row."""
    order = np.argsort(case_of_row, kind="stable")
    numbers, starts = np.unique(case_of_row[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    return Cases(order.astype(np.int64), starts.astype(np.int64), ends.astype(np.int64), numbers)


@dataclass(frozen=True, slots=True)
class Part:
    """Some cases of a gallery: `places` (c,) says which of `cases`, whose rows are in `matrix`."""

    matrix: Block
    cases: Cases
    places: NDArray[np.int64]

    def maxima(self, vectors: Block) -> NDArray[np.float32]:
        """(cases, vectors): the similarity of the best photo of each case, in no particular order of cases.

        First come the first photos of all, then the second ones of those that have two, and so on, so
        that each step of the maximum is one over whole rows.
        """
        sizes = self.cases.ends[self.places] - self.cases.starts[self.places]
        most_first = np.argsort(-sizes, kind="stable")
        sizes, begins = sizes[most_first], self.cases.starts[self.places[most_first]]
        having = [int(np.searchsorted(-sizes, -count, side="right")) for count in range(1, int(sizes[0]) + 1)]
        picked = np.concatenate([begins[:count] + number for number, count in enumerate(having)])
        products = self.matrix[self.cases.order[picked]] @ vectors.T
        best, at = np.asarray(products[: len(self.places)]), len(self.places)
        for count in having[1:]:
            np.maximum(best[:count], products[at : at + count], out=best[:count])
            at += count
        return best


def sampled(matrix: Block, cases: Cases, own: int) -> list[Part]:
    """Parts of growing numbers of other cases, spread evenly; none of a gallery that is small itself."""
    parts = []
    for count in SAMPLES_CASES:
        if count * 2 <= len(cases.numbers):
            places = np.unique(np.linspace(0, len(cases.numbers) - 1, count).astype(np.int64))
            parts.append(Part(matrix, cases, places[places != own]))
    return parts


def chunked(matrix: Block, cases: Cases, own: int) -> Iterator[Part]:
    """All other cases in parts, so many at a time that their rows fill a chunk."""
    begin = 0
    while begin < len(cases.numbers):
        limit = int(cases.starts[begin]) + _CHUNK_ROWS
        end = max(begin + 1, int(np.searchsorted(cases.ends, limit, side="right")))
        places = np.arange(begin, end)
        places = places[places != own]
        if len(places):
            yield Part(matrix, cases, places)
        begin = end


def nearest(
    vectors: Block,
    mine: Block,
    samples: Iterable[Part],
    whole: Iterable[Part],
    k: int,
    others: int,
    *,
    slack: float,
) -> Near:
    """The vectors (n, d) that have the case of the photos `mine` (p, d) among their k most similar ones.

    `whole` are all other cases, `samples` some of them, cheap ones first. `slack` is by how much two
    float32 similarities that are equal may differ. `others` is how many best others are wanted.
    """
    similarity = np.concatenate([(vectors[at] @ mine.T).max(axis=1) for at in _blocks(len(vectors))])
    limit = similarity + np.float32(slack)
    rows = np.arange(len(vectors))
    for part in samples:
        if len(rows):
            beaten = [_beaten(part.maxima(vectors[rows[at]]), limit[rows[at]]) for at in _blocks(len(rows))]
            rows = rows[np.concatenate(beaten) < k]
    best = np.full((len(rows), others), -np.inf, dtype=np.float32)
    beaten_by = np.zeros(len(rows), dtype=np.int64)
    for part in whole:
        if not len(rows):
            break
        for at in _blocks(len(rows)):
            maxima = part.maxima(vectors[rows[at]])
            beaten_by[at] += _beaten(maxima, limit[rows[at]])
            best[at] = _best(best[at], maxima.T)
        stays = beaten_by < k
        rows, best, beaten_by = rows[stays], best[stays], beaten_by[stays]
    return Near(rows, similarity[rows], np.sort(best, axis=1)[:, ::-1])


def _blocks(count: int) -> list[slice]:
    return [slice(begin, begin + _VECTORS_AT_ONCE) for begin in range(0, count, _VECTORS_AT_ONCE)]


def _best(held: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float32]:
    """The greatest of both, row by row, as many as are held."""
    most = held.shape[1]
    if not most:
        return held
    joined = np.concatenate([held, found], axis=1)
    return np.partition(joined, joined.shape[1] - most, axis=1)[:, -most:]


def _beaten(best: NDArray[np.float32], limit: NDArray[np.float32]) -> NDArray[np.int64]:
    """By how many cases each vector's similarity is surpassed."""
    return np.asarray(np.count_nonzero(best > limit, axis=0))
