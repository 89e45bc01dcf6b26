"""Pieces of the words of a post, hashed: what firsthand.py weighs beside the named signs. No label here.

English words and pairs of them, Chinese characters and pairs, how each clause begins; numbers, names and
addresses only as such. Hashing keeps the model small and no word of anybody's post in it.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from bot.extract.firsthand_gram_weights import PACKED, SCALE

BUCKETS = 8192
LABELS = 6
STRENGTH = 4.0
"""Length of the vector of a text's pieces; chosen by cross-validation together with the penalty."""
_MOST_TOKENS = 400
_TOKEN = re.compile(r"@\w+|https?://\S+|[a-z][a-z'’]*|\d+|[\u4e00-\u9fff]+|[^\w\s]")


def _tokens(text: str) -> list[str]:
    found = []
    for m in _TOKEN.finditer(text.lower()):
        word = m[0]
        if word[0] == "@":
            word = "@"
        elif word.startswith("http"):
            word = "url"
        elif word[0].isdigit():
            word = "0" if len(word) < 3 else "000"
        found.append(word)
        if len(found) == _MOST_TOKENS:
            break
    return found


def grams(text: str) -> set[str]:
    """The pieces of a normal form."""
    found: set[str] = set()
    before = "^"
    tokens = _tokens(text)
    for word in tokens:
        if "\u4e00" <= word[0] <= "\u9fff":
            run = word[:_MOST_TOKENS]
            found.update(run)
            found.update(a + b for a, b in pairwise(run))
            found.add("<" + run[:2])
            before = run[-1]
        else:
            found.add(word)
            found.add(f"{before} {word}")
            before = word
    found.update("1st " + word[:4] for word in tokens[:3])
    return found


def _bucket(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "replace")) % BUCKETS


def buckets(text: str) -> dict[int, float]:
    """Bucket → value of the pieces of a normal form; together of length STRENGTH if none collide."""
    pieces = grams(text)
    value = STRENGTH / max(len(pieces), 1) ** 0.5
    found: dict[int, float] = {}
    for piece in pieces:
        at = _bucket(piece)
        found[at] = found.get(at, 0.0) + value
    return found


def packed(levels: Sequence[int]) -> str:
    """Whole numbers from -8 to 7 as text: two to a byte, pressed, in base 85."""
    pairs = zip(levels[::2], levels[1::2], strict=True)
    return base64.b85encode(zlib.compress(bytes((a + 8) << 4 | (b + 8) for a, b in pairs), 9)).decode()


def unpacked(text: str) -> list[int]:
    """What `packed` made into text."""
    found: list[int] = []
    for byte in zlib.decompress(base64.b85decode(text)):
        found.append((byte >> 4) - 8)
        found.append((byte & 15) - 8)
    return found


_BITS = 24
_LEAST = 8


def _table() -> tuple[int, ...]:
    """For each bucket the levels of all labels in one whole number, so that one addition adds them all."""
    levels = unpacked("".join(PACKED))
    return tuple(
        sum((level + _LEAST) << (_BITS * label) for label, level in enumerate(levels[i : i + LABELS]))
        for i in range(0, len(levels), LABELS)
    )


_LEVELS = _table()


@lru_cache(maxsize=32_768)
def _said(piece: str) -> int:
    return _LEVELS[_bucket(piece)]


def sums(text: str) -> list[float]:
    """For each label of firsthand_weights.LABELS what the pieces of a normal form say for it."""
    pieces = grams(text)
    value = STRENGTH / max(len(pieces), 1) ** 0.5 * SCALE
    said = sum(map(_said, pieces))
    return [
        ((said >> (_BITS * label) & (1 << _BITS) - 1) - _LEAST * len(pieces)) * value
        for label in range(LABELS)
    ]
