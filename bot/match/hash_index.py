"""Finding a hash among a million: exact digests, and 256-bit hashes that differ in a few bits.

Arrays of numbers in, positions out. Knows no list and no photo.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BITS = 256
_WORDS = 16
_WORD_BITS = 16
_SMALL = 4096
MOST_BITS = 2 * _WORDS - 1
"""Of two hashes within 31 bits, one of the sixteen 16-bit words differs in at most one bit (pigeonhole)."""

_NEAR_WORDS = np.array([0, *(1 << bit for bit in range(_WORD_BITS))], dtype=np.uint16)


class ExactIndex:
    """Digests of one length in hex, found by binary search on their first eight bytes."""

    def __init__(self, hashes: Sequence[str]) -> None:
        width = len(hashes[0]) // 2 if hashes else 0
        raw = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(len(hashes), width)
        heads = raw[:, :8].copy().view(">u8").ravel().astype(np.uint64)
        self._order = np.argsort(heads, kind="stable")
        self._heads = heads[self._order]
        self._raw = raw

    def hash(self, at: int) -> str:
        """The digest at a position, in hex."""
        return str(self._raw[at].tobytes().hex())

    def find(self, value: str) -> int | None:
        """The position of the digest in the list, None if it is not there."""
        try:
            wanted = bytes.fromhex(value)
        except ValueError:
            return None
        if len(wanted) != self._raw.shape[1]:
            return None
        head = np.uint64(int.from_bytes(wanted[:8], "big"))
        first = int(np.searchsorted(self._heads, head))
        for at in self._order[first:]:
            found = self._raw[at].tobytes()
            if found[:8] != wanted[:8]:
                return None
            if found == wanted:
                return int(at)
        return None


class NearIndex:
    """256-bit hashes in hex, of which those within `max_bits` (at most 31) of a query are found.

    Short lists are compared whole; long ones through sixteen tables of 16-bit words.
    """

    def __init__(self, hashes: Sequence[str], max_bits: int) -> None:
        if not 0 <= max_bits <= MOST_BITS:
            raise ValueError(f"max_bits is {max_bits}; 0 to {MOST_BITS} can be searched")
        self._max_bits = max_bits
        raw = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(len(hashes), BITS // 8)
        self._whole = raw.view(np.uint64)
        self._tables = [] if len(hashes) <= _SMALL else [_table(raw, word) for word in range(_WORDS)]

    def hash(self, at: int) -> str:
        """The hash at a position, in hex."""
        return str(self._whole[at].tobytes().hex())

    def nearest(self, queries: Sequence[str]) -> tuple[int, int] | None:
        """(position, bits apart) of the entry nearest to any of the queries, None if none is near enough."""
        best: tuple[int, int] | None = None
        for query in queries:
            found = self._nearest(np.frombuffer(bytes.fromhex(query), dtype=np.uint8))
            if found is not None and (best is None or found[1] < best[1]):
                best = found
        return best

    def _nearest(self, query: NDArray[np.uint8]) -> tuple[int, int] | None:
        if not len(self._whole):
            return None
        rows = self._candidates(query.view(np.uint16)) if self._tables else None
        among = self._whole if rows is None else self._whole[rows]
        if not len(among):
            return None
        apart = np.bitwise_count(among ^ query.view(np.uint64)).sum(axis=1, dtype=np.int64)
        at = int(apart.argmin())
        if apart[at] > self._max_bits:
            return None
        return (at if rows is None else int(rows[at])), int(apart[at])

    def _candidates(self, words: NDArray[np.uint16]) -> NDArray[np.int64]:
        """Positions of entries that share one word with the query, up to one bit."""
        found = []
        for (order, starts), word in zip(self._tables, words, strict=True):
            near = _NEAR_WORDS ^ word
            first, last = starts[near], starts[near.astype(np.int64) + 1]
            found += [order[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if b > a]
        return np.concatenate(found).astype(np.int64) if found else np.empty(0, dtype=np.int64)


def _table(raw: NDArray[np.uint8], word: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Positions sorted by one 16-bit word, and where each of its 65,536 values begins."""
    values = raw.view(np.uint16)[:, word]
    order = np.argsort(values, kind="stable").astype(np.uint32)
    starts = np.zeros((1 << _WORD_BITS) + 1, dtype=np.int64)
    np.cumsum(np.bincount(values, minlength=1 << _WORD_BITS), out=starts[1:])
    return order, starts
