"""Files of payloads as a stream of JSON values: JSON, JSON Lines, gzip of either, within limits.

Knows bytes, lines and limits; knows no platform. What cannot be read comes out as a Broken, in order.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from collectors.payload import decode_json

MB = 1_000_000
RATIO_FROM_MB = 16
PAYLOAD_NAMES = (".json", ".jsonl", ".ndjson")
_LINE_NAMES = (".jsonl", ".ndjson")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much of a file is read, after unpacking. `page_posts` is the most that a page holds.

    Beyond `listed_troubles` what cannot be read in a file is only counted.
    `max_unpack_ratio` is unpacked over packed size, asked once RATIO_FROM_MB have been unpacked; real
    payloads pack 5 to 50 times. `max_entries` and `max_unpacked_mb` are of one packed file (zip, tar) or
    repository (CAR). A single post, whatever its file, is at most `max_line_mb`.
    """

    max_line_mb: float = 4
    max_entries: int = 1_000_000
    max_unpacked_mb: float = 16_384
    max_document_mb: float = 64
    max_file_mb: float = 4096
    max_unpack_ratio: float = 200
    page_posts: int = 500
    listed_troubles: int = 10_000


@dataclass(frozen=True, slots=True)
class Value:
    """One JSON value and where it stood: "" for a whole document, ":7" for line 7."""

    place: str
    value: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be read: where, why in words, and its first bytes."""

    place: str
    reason: str
    head: bytes = b""


class TooBig(Exception):
    """The file holds more than a limit allows; what came before stands."""


def is_payload_name(name: str) -> bool:
    """Is it a file that a folder is searched for? Hidden files and other endings are passed over."""
    bare = name.lower().removesuffix(".gz")
    return not name.startswith(".") and bare.endswith(PAYLOAD_NAMES)


def read_values(path: Path, limits: ArchiveLimits) -> Iterator[Value | Broken]:
    """All JSON values of a file, one at a time. Never raises for what the file is or holds."""
    return guarded(path, limits, lambda stream, meter: _Reader(stream, path, limits, meter).items())


Items = Callable[[IO[bytes], "Meter"], Iterator[Value | Broken]]


def guarded(path: Path, limits: ArchiveLimits, read: Items) -> Iterator[Value | Broken]:
    """What `read` finds in the unpacked bytes of a file; a damaged or too large one ends in a Broken.

    `read` is given the stream and the meter to which it tells what it has read.
    """
    place = ""
    try:
        with opened(path) as (stream, packed_bytes):
            for item in read(stream, Meter(limits, packed_bytes)):
                place = item.place
                yield item
    except TooBig as error:
        yield Broken("", f"{error}; stopped after {place or 'its beginning'}")
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield Broken("", f"the compressed file is damaged after {place or 'its beginning'}")
    except OSError as error:
        yield Broken("", f"cannot be read: {error.strerror or type(error).__name__}")


class Meter:
    """Counts what has been unpacked. `packed_bytes` is the size of the packed file, 0 if it is not packed."""

    def __init__(self, limits: ArchiveLimits, packed_bytes: int, *, most_mb: float | None = None) -> None:
        self._name = "max_file_mb" if most_mb is None else "max_unpacked_mb"
        self._most_mb = limits.max_file_mb if most_mb is None else most_mb
        self._ratio = limits.max_unpack_ratio
        self._packed_bytes = packed_bytes
        self._read = 0

    def add(self, size: int) -> None:
        """Raises TooBig when a limit is passed."""
        self._read += size
        if self._read > self._most_mb * MB:
            raise TooBig(f"more than {self._most_mb:g} MB unpacked ({self._name})")
        if not self._packed_bytes or self._read < RATIO_FROM_MB * MB:
            return
        if self._read > self._packed_bytes * self._ratio:
            raise TooBig(f"unpacks to more than {self._ratio:g} times its size (max_unpack_ratio)")


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """A regular file and its size if it is gzip (told by its first bytes, not by its name), else 0."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe must not block us
    with os.fdopen(descriptor, "rb") as raw:
        status = os.fstat(raw.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, "not a regular file")
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        if not packed:
            yield raw, 0
            return
        with gzip.GzipFile(fileobj=raw) as unpacked, io.BufferedReader(unpacked) as stream:
            yield stream, status.st_size


class _Reader:
    """Decides between one document and lines, and counts what has been unpacked."""

    def __init__(self, stream: IO[bytes], path: Path, limits: ArchiveLimits, meter: Meter) -> None:
        self._stream = stream
        self._named_lines = path.name.lower().removesuffix(".gz").endswith(_LINE_NAMES)
        self._max_line = int(limits.max_line_mb * MB)
        self._max_document = int(limits.max_document_mb * MB)
        self._meter = meter
        self._line = 0

    def items(self) -> Iterator[Value | Broken]:
        head = self._next_line()
        while head is not None and not head.strip():
            head = self._next_line()
        if head is None:
            yield Broken("", "the file is empty")
        elif self._named_lines or self._is_value(head):
            yield from self._lines(head)
        else:
            yield from self._document(head)

    def _is_value(self, line: bytes) -> bool:
        """A first line that is JSON by itself begins JSON Lines (or is the whole file)."""
        if len(line) > self._max_line:
            return False
        try:
            decode_json(line)
        except ValueError:
            return False
        return True

    def _next_line(self) -> bytes | None:
        line = self._stream.readline(self._max_line + 2)
        self._meter.add(len(line))
        self._line += 1
        return line or None

    def _lines(self, line: bytes | None) -> Iterator[Value | Broken]:
        while line is not None:
            place = f":{self._line}"
            if not line.endswith(b"\n") and len(line) > self._max_line:
                self._skip_line()
                yield Broken(
                    place, f"the line is longer than {self._max_line / MB:g} MB (max_line_mb)", line[:200]
                )
            elif line.strip():
                yield _decoded(place, line)
            line = self._next_line()

    def _skip_line(self) -> None:
        while True:
            rest = self._stream.readline(65536)
            self._meter.add(len(rest))
            if not rest or rest.endswith(b"\n"):
                return

    def _document(self, head: bytes) -> Iterator[Value | Broken]:
        data = bytearray(head)
        while len(data) <= self._max_document and (chunk := self._stream.read(MB)):
            self._meter.add(len(chunk))
            data += chunk
        if len(data) > self._max_document:
            limit = f"{self._max_document / MB:g} MB (max_document_mb)"
            yield Broken("", f"one JSON document larger than {limit}; JSON Lines may be longer", head[:200])
        else:
            yield _decoded("", bytes(data))


def _decoded(place: str, data: bytes) -> Value | Broken:
    try:
        return Value(place, decode_json(data))
    except ValueError as error:
        return Broken(place, f"not JSON: {_words(error)}", data[:200])


def _words(error: ValueError) -> str:
    """The reason without the payload, which UnicodeDecodeError would print."""
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
