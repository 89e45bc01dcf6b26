"""How far apart two 256-bit hashes are. Pure; for long lists see bot/match/hash_index.py."""

from __future__ import annotations

from collections.abc import Sequence

BITS = 256


def apart(one: str, other: str) -> int:
    """In how many of 256 bits two hashes (64 hex digits) differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def nearest(hashes: Sequence[str], to: str) -> int:
    """The least number of bits between any of the hashes and another; 256 where there is none."""
    return min((apart(each, to) for each in hashes), default=BITS)
