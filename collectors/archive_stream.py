"""The elements of one large JSON array, one at a time with flat memory, past what is broken in between.

Exports hold all posts of a person in one array. Knows text and brackets; knows no platform.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

from collectors.archive_files import MB, ArchiveLimits, Broken, Meter, Value
from collectors.payload import decode_json

Accepts = Callable[[Any], bool]

_CHUNK = 1 << 18
_HEAD_CHARS = 1 << 20
_BETWEEN = re.compile(r"[\s,]*")
_NEXT = re.compile(r"\}\s*,?\s*(?=\{)")
_DECODER = json.JSONDecoder()
_MOST_TRIES = 20_000


def read_elements(
    stream: IO[bytes], meter: Meter, limits: ArchiveLimits, begins: re.Pattern[str], accepts: Accepts
) -> Iterator[Value | Broken]:
    """The elements of the array that begins behind the first match of `begins`, with their numbers.

    Where one is broken, reading goes on at the next object that `accepts` takes for an element.
    """
    return _Elements(stream, meter, limits, accepts).items(begins)


class _Elements:
    def __init__(self, stream: IO[bytes], meter: Meter, limits: ArchiveLimits, accepts: Accepts) -> None:
        self._stream = stream
        self._meter = meter
        self._accepts = accepts
        self._most_chars = int(limits.max_line_mb * MB)
        self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._buffer = ""
        self._at_end = False
        self._tries = 0

    def items(self, begins: re.Pattern[str]) -> Iterator[Value | Broken]:
        position = self._begin(begins)
        if position is None:
            yield Broken("", "the list of posts that such a file holds is not there", self._head())
            return
        number, self._buffer = 0, self._buffer[position:]
        while self._skip():
            if self._buffer[0] == "]":
                return
            place, found = f"[{number}]", self._element()
            if found is None:
                reason = "longer than" if len(self._buffer) > self._most_chars else ""
                reason = f"{reason} {self._most_chars / MB:g} MB (max_line_mb)" if reason else "not JSON"
                head = self._head()
                if not self._resume():
                    yield Broken(place, f"{reason}; nothing behind it can be read", head)
                    return
                yield Broken(place, reason, head)
            else:
                yield _decoded(place, found)
            number += 1
        yield Broken("", f"the file is cut off after {number} elements")

    def _head(self) -> bytes:
        return self._buffer[:200].encode("utf-8", "replace")

    def _begin(self, begins: re.Pattern[str]) -> int | None:
        while True:
            match = begins.search(self._buffer)
            if match:
                return match.end()
            if len(self._buffer) > _HEAD_CHARS or not self._more():
                return None

    def _more(self) -> bool:
        if self._at_end:
            return False
        data = self._stream.read(_CHUNK)
        self._meter.add(len(data))
        self._at_end = not data
        self._buffer += self._text.decode(data, final=self._at_end)
        return not self._at_end

    def _skip(self) -> bool:
        """Go to the next character that is neither space nor comma. False at the end of the file."""
        while True:
            match = _BETWEEN.match(self._buffer)
            self._buffer = self._buffer[match.end() :] if match else self._buffer
            if self._buffer:
                return True
            if not self._more():
                return False

    def _element(self) -> str | None:
        """The text of the element that begins here, and step over it; None if it is broken."""
        while True:
            end = _end_of(self._buffer, 0)
            if end is not None and (end < len(self._buffer) or self._at_end):
                found, self._buffer = self._buffer[:end], self._buffer[end:]
                return found
            if len(self._buffer) > self._most_chars or not self._more():
                return None

    def _resume(self) -> bool:
        """Go to the next element behind a broken one. False if there is none, or it took too many tries."""
        position = 1
        while True:
            for match in _NEXT.finditer(self._buffer, position):
                self._tries += 1
                if self._tries > _MOST_TRIES:
                    return False
                end = _end_of(self._buffer, match.end())
                if end is not None and self._is_element(match.end(), end):
                    self._buffer = self._buffer[match.end() :]
                    return True
            # What begins near the end may be an element that is not whole yet: it is kept.
            kept = min(len(self._buffer), _CHUNK)
            self._buffer, position = self._buffer[-kept:], 0
            if not self._more():
                return False

    def _is_element(self, start: int, end: int) -> bool:
        try:
            return self._accepts(decode_json(self._buffer[start:end].encode("utf-8", "replace")))
        except ValueError:
            return False


def _end_of(text: str, start: int) -> int | None:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def _decoded(place: str, text: str) -> Value | Broken:
    data = text.encode("utf-8", "replace")
    try:
        return Value(place, decode_json(data))
    except ValueError as error:
        return Broken(place, f"not JSON: {error}", data[:200])
