"""All picture codes in memory, searched exactly: which kept pictures have a code near one of a photo's.

Follows the table before each search; the table remains the source of truth. Opens no picture. About
1.3 kB a picture; a search of 100,000 takes about a tenth of a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store import counters, pictures
from store.db import Transaction
from store.records.picture import CODE_BYTES, ODD_ACROSS, ROWS, WHOLES, Likeness, PictureCodes

MOST_BITS = 84
"""Of 255 bits so many may differ; with `MOST_LOW_BITS` about 0.2 % of unrelated pairs still meet."""
MOST_LOW_BITS = 20
"""Of the 64 signs of the lowest frequencies so many may differ. They are looked at first."""

_WORDS = CODE_BYTES // 8
_FIRST_PICTURES = 256
_BLOCK = 1024
_BATCH = 500
# Numbers are given out before they are committed: so many behind the last are looked at again.
_LATE = 200

Codes = NDArray[np.uint64]


class PictureIndex:
    """The codes of one make, all in one array of (pictures, ROWS, 4) words. Safe for several threads."""

    def __init__(self, make: str) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._clear(dropped=0)

    def _clear(self, dropped: int) -> None:
        self._low: Codes = np.zeros((_FIRST_PICTURES, ROWS), dtype=np.uint64)
        self._rest: Codes = np.zeros((_FIRST_PICTURES, ROWS, _WORDS - 1), dtype=np.uint64)
        self._digests: list[str] = []
        self._known: set[str] = set()
        self._last = 0
        self._dropped = dropped

    @property
    def size(self) -> int:
        """How many pictures can be found."""
        return len(self._digests)

    def search(self, tx: Transaction, digest: str, codes: PictureCodes, *, most: int = 32) -> list[Likeness]:
        """Other kept pictures with a near code, nearest first, each once.

        Two pictures meet when the whole of one (or what its frame or page holds) is near a window of
        the other, or near it in a mirror: the answer is the same whichever of the two asks.
        """
        with self._lock:
            self._follow(tx)
            mine = _words(codes.codes)[0]
            best: dict[int, tuple[int, int, int, bool]] = {}
            for picture, bits, row, theirs, mirrored in self._meetings(mine):
                # Equally near rows are ordered by the smaller digest's, whoever asks.
                rows = (row, theirs) if digest < self._digests[picture] else (theirs, row)
                ranked = (bits, rows[0], rows[1], mirrored)
                if self._digests[picture] != digest and (picture not in best or ranked < best[picture]):
                    best[picture] = ranked
            order = sorted(best.items(), key=lambda item: (item[1], self._digests[item[0]]))[:most]
            return [self._likeness(digest, picture, *ranked) for picture, ranked in order]

    def _likeness(
        self, digest: str, picture: int, bits: int, first: int, second: int, mirrored: bool
    ) -> Likeness:
        theirs = self._digests[picture]
        mine, other = (first, second) if digest < theirs else (second, first)
        return Likeness(theirs, bits, mine, other, mirrored)

    def _meetings(self, mine: Codes) -> Iterator[tuple[int, int, int, int, bool]]:
        """(picture, bits, my row, their row, mirrored) of all codes that meet."""
        held = [row for row in range(ROWS) if mine[row].any()]
        wholes, windows = [r for r in held if r in WHOLES], [r for r in held if r not in WHOLES]
        for start in range(0, len(self._digests), _BLOCK):
            end = min(start + _BLOCK, len(self._digests))
            low, rest = self._low[start:end], self._rest[start:end]
            for rows, theirs in ((wholes, _ALL), (windows, _WHOLES)):
                at_low = low if theirs is _ALL else low[:, _WHOLES]
                for asked, picture, at, bits in _near(_both_ways(mine[rows]), at_low, rest, theirs):
                    yield start + picture, bits, rows[asked // 2], at, bool(asked % 2)

    # ── following the table ───────────────────────────────────────────────────────────────────────

    def _follow(self, tx: Transaction) -> None:
        dropped = counters.value(tx, pictures.DROPPED)
        if dropped != self._dropped:
            self._clear(dropped)
        after = max(0, self._last - _LATE)
        while rows := pictures.newest(tx, self._make, after=after, most=_BATCH):
            wanted = [row.seq for row in rows if row.digest not in self._known]
            for row in pictures.codes_by_seq(tx, wanted) if wanted else ():
                self._add(row.digest, row.codes)
            after = rows[-1].seq
            self._last = max(self._last, after)

    def _add(self, digest: str, codes: bytes) -> None:
        at = len(self._digests)
        if at == len(self._low):
            self._low, self._rest = _doubled(self._low), _doubled(self._rest)
        words = _words(codes)[0]
        self._low[at], self._rest[at] = words[:, 0], words[:, 1:]
        self._digests.append(digest)
        self._known.add(digest)


def _both_ways(codes: Codes) -> Codes:
    """Each code followed by that of the mirrored picture."""
    both = np.repeat(codes, 2, axis=0)
    both[1::2] ^= _ODD
    return both


def _near(codes: Codes, low: Codes, rest: Codes, rows: NDArray[np.intp]) -> list[tuple[int, int, int, int]]:
    """(index of the code, picture, row, bits) of all codes within both limits.

    `low` holds the first words of `rows`, `rest` the other words of all rows. A code of zeros has no
    structure, so it is like nothing.
    """
    if not len(codes):
        return []
    differing = np.bitwise_count(codes[:, 0][:, None] ^ low.ravel())
    asked, at = np.divmod(np.flatnonzero(differing <= MOST_LOW_BITS), low.size)
    picture, row = at // len(rows), rows[at % len(rows)]
    found = rest[picture, row]
    bits = np.bitwise_count(found ^ codes[asked, 1:]).sum(axis=1, dtype=np.int64) + differing[asked, at]
    is_near = (bits <= MOST_BITS) & (found.any(axis=1) | (low.ravel()[at] != 0))
    chosen = (asked[is_near], picture[is_near], row[is_near], bits[is_near])
    return list(zip(*(part.tolist() for part in chosen), strict=True))


def _words(codes: bytes) -> Codes:
    """(pictures, ROWS, 4) words of eight bytes."""
    return np.frombuffer(codes, dtype=np.uint64).reshape(-1, ROWS, _WORDS)


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])


_ODD = np.frombuffer(ODD_ACROSS, dtype=np.uint64)
_ALL, _WHOLES = np.arange(ROWS), np.array(WHOLES)
