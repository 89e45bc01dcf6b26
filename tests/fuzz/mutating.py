"""Making bad inputs out of good ones: bytes, JSON, text. Seeded: the same number, the same input.

Knows no parser. What a format needs beyond this (checksums, digests, encryption) is built in the targets.
"""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

MOST_BYTES = 60_000
_NUMBERS = (0, -1, 1, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64)
_WORDS = (
    b"\x00", b"\xff" * 4, b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"'", b'"', b"<", b"&",
    b"&#x0;", b"&#1114112;", b"%00", b"%s%n", b"../", b"..\\", b"\r\n\r\n", b"\n", b"{", b"[", b"]", b"}", b"null",
    b"NaN", b"1e999", b"-0", b"9" * 400, b"\\ud800", b"\\u0000", b"=cmd()", b"\xe2\x80\xae", b"\xcc\x81" * 40,
    b"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", b"0000-00-00", b"9999-12-31T23:59:60Z", b"+99:99", b"<!DOCTYPE a>",
    b"<!ENTITY a 'b'>", b"&a;", b"*a", b"&a [*a]", b"!!python/object:os.system", b"\t", b",", b";", b":", b"@", b"#",
)  # fmt: skip
_TEXTS = (
    "", " ", "\x00", "\ud800", "\ufeff", "\u202e", "\u2066", "a" * 5000, "9" * 400, "-1", "NaN", "1e999", "=1+1",
    "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "http://[::1", "http://127.0.0.1/", "javascript:1",
    "\U0001f469\u200d\U0001f467", "\u0301" * 50, "2026-02-30", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00",
    "Sat Feb 30 25:61:61 +9999 2026", "did:plc:", "at://", "x" * 3000, "\n" * 200, "%", "\\", "\r\n", "٣", "①", "²",
)  # fmt: skip
_SPECIAL: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, "", [], {},
    [[]], [None], {"": None}, [{}], {"a": {"a": {"a": 1}}}, 0.1, "0", "true",
)  # fmt: skip

Make = Callable[[random.Random], bytes]


def chance_of(seed: int, name: str, number: int) -> random.Random:
    """The source of chance of one input of one target."""
    return random.Random(f"{seed}/{name}/{number}")


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────


def of_bytes(seeds: Sequence[bytes]) -> Make:
    """One to eight changes of a good input; now and then nothing but noise."""

    def make(chance: random.Random) -> bytes:
        if chance.random() < 0.02:
            return chance.randbytes(chance.randrange(300))
        return changed(chance, chance.choice(seeds), seeds)

    return make


def changed(chance: random.Random, good: bytes, seeds: Sequence[bytes] = ()) -> bytes:
    """The input with one to eight changes."""
    data = bytearray(good[:MOST_BYTES])
    for _ in range(1 + int(chance.expovariate(0.6)) % 8):
        chance.choice(_CHANGES)(chance, data, seeds)
    return bytes(data[:MOST_BYTES])


def _span(chance: random.Random, data: bytearray) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(2 ** chance.uniform(0, 9)))


def _flip(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _other(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _cut(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, data)
    del data[start:end]


def _cut_off(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if chance.random() < 0.5:
        del data[chance.randrange(len(data) + 1) :]


def _again(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, data)
    times = chance.choice((1, 1, 2, 5, 40))
    data[end:end] = bytes(data[start:end]) * times


def _move(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, data)
    piece = bytes(data[start:end])
    del data[start:end]
    place = chance.randrange(len(data) + 1)
    data[place:place] = piece


def _noise(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    place = chance.randrange(len(data) + 1)
    data[place:place] = chance.randbytes(chance.randrange(1, 12))


def _word(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    start, end = _span(chance, data)
    data[start : end if chance.random() < 0.5 else start] = chance.choice(_WORDS)


def _number(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    number, size = chance.choice(_NUMBERS), chance.choice((1, 2, 4, 8))
    start = chance.randrange(len(data) + 1)
    order = "big" if chance.random() < 0.5 else "little"
    data[start : start + size] = (number % 256**size).to_bytes(size, order)  # type: ignore[arg-type]


def _digits(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    places = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if places:
        at = chance.choice(places)
        data[at : at + 1] = str(chance.choice(_NUMBERS)).encode()


def _splice(chance: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    if seeds:
        other = chance.choice(seeds)[:MOST_BYTES]
        data[chance.randrange(len(data) + 1) :] = other[chance.randrange(len(other) + 1) :]


_CHANGES = (
    _flip,
    _flip,
    _other,
    _other,
    _cut,
    _cut_off,
    _again,
    _move,
    _noise,
    _word,
    _word,
    _number,
    _digits,
    _splice,
)


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────


def of_json(seeds: Sequence[bytes]) -> Make:
    """Good documents with values of other kinds in other places; a sixth is broken as bytes, too."""
    values = [json.loads(seed) for seed in seeds]

    def make(chance: random.Random) -> bytes:
        value = json.loads(json.dumps(chance.choice(values)))
        for _ in range(1 + int(chance.expovariate(0.5)) % 6):
            value = changed_value(chance, value)
        data = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return changed(chance, data, seeds) if chance.random() < 0.16 else data[:MOST_BYTES]

    return make


def changed_value(chance: random.Random, value: Any) -> Any:
    """The value with one place in it changed."""
    places = list(_places(value))
    if not places:
        return odd_value(chance, value)
    holder, key = chance.choice(places)
    way = chance.random()
    if way < 0.12:
        del holder[key]
    elif way < 0.2:
        other, there = chance.choice(places)
        holder[key] = _copy(other[there]) if len(places) < 400 else None
    elif way < 0.26 and isinstance(holder, list):
        holder.extend(_copy(holder[key]) for _ in range(chance.choice((1, 3, 30))))
    elif way < 0.3 and isinstance(holder, dict):
        holder[chance.choice(_TEXTS[:8])] = _copy(holder[key])
    else:
        holder[key] = odd_value(chance, holder[key])
    return value


def _copy(value: Any) -> Any:
    """A value of its own: what is shared could be put into itself."""
    return json.loads(json.dumps(value))


def odd_value(chance: random.Random, value: Any) -> Any:
    """Something that may stand where `value` stood."""
    way = chance.random()
    if way < 0.35:
        return _copy(chance.choice(_SPECIAL))  # or they would grow
    if way < 0.6:
        return chance.choice(_TEXTS)
    if way < 0.65:
        return [value]
    if way < 0.7:
        return {"value": value}
    if way < 0.72:
        return _deep(chance.choice((20, 70, 400)))
    if isinstance(value, str):
        return text_of(changed(chance, value.encode("utf-8", "surrogatepass")))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * chance.choice((-1, 0, 1000, 10**12))
    return chance.choice(_TEXTS)


def _deep(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def _places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        found.append((value, key))
        if depth < 40:
            found += _places(item, depth + 1)
    return found


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


def of_text(seeds: Sequence[str], *more: Callable[[random.Random], str]) -> Make:
    """Good texts changed by characters and by bytes, texts of generators, and pieces of both strung together."""
    encoded = [seed.encode() for seed in seeds]

    def make(chance: random.Random) -> bytes:
        way = chance.random()
        if way < 0.35 and more:
            return chance.choice(more)(chance).encode("utf-8", "surrogatepass")[:MOST_BYTES]
        if way < 0.7:
            return changed(chance, chance.choice(encoded), encoded)
        pieces = [_piece(chance, seeds) for _ in range(chance.randrange(1, 12))]
        return chance.choice(("", " ", "\n", ",")).join(pieces).encode("utf-8", "surrogatepass")[:MOST_BYTES]

    return make


def _piece(chance: random.Random, seeds: Sequence[str]) -> str:
    if chance.random() < 0.3:
        return chance.choice(_TEXTS)[:200]
    text = chance.choice(seeds)
    start = chance.randrange(len(text) + 1)
    return text[start : start + chance.randrange(1, 40)]


def text_of(data: bytes) -> str:
    """The input as text, whatever its bytes are; bytes that are none become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def clean_text(data: bytes) -> str:
    """The input as text that a database can hold, as the readers of payloads leave it."""
    return data.decode("utf-8", "replace").replace("\x00", "\ufffd")
