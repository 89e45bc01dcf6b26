"""Bring a text into one form for the rules, and find the way back to the characters as they were written.

Also splits what the author says from what the author passes on. No rule about time, place or people here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from store.records.naming import simplify

MAX_CHARS = 1500
"""Longer texts are cut here: no post that reports a sighting is longer."""

_DROPPED = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFE0E, 0xFE0F, 0xAD}
_MOST_EXPANDED = 4
_PLAIN = re.compile(r"[ -~\u3001\u3002\u4e00-\u9fff]{2,}")
"""Runs of characters that are their own normal form."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in normal form: NFKC, simplified characters, one space for each white space.

    `text[i]` came from characters [`starts[i]`, `ends[i]`) of `original`. Letters keep their case.
    """

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters [start, end) of the normal form stand in the original."""
        if not self.starts or start >= end:
            return (0, 0)
        return self.starts[start], self.ends[end - 1]

    def quote(self, start: int, end: int) -> str:
        """The original characters of a span of the normal form."""
        a, b = self.span(start, end)
        return self.original[a:b]


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, end) of the normal form that one person wrote; `own` if it was the author."""

    start: int
    end: int
    own: bool


def normalise(text: str) -> Normal:
    """The normal form of at most MAX_CHARS characters of `text`. Never raises, whatever the script."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    cut = text[:MAX_CHARS]
    at = 0
    while at < len(cut):
        run = _PLAIN.match(cut, at)
        if run:
            # The last of them may carry a mark that follows it.
            stop = run.end() - (run.end() < len(cut))
            chars.append(cut[at:stop])
            starts.extend(range(at, stop))
            ends.extend(range(at + 1, stop + 1))
            at = stop
            if at >= len(cut):
                break
        stop = at + 1
        while stop < len(cut) and stop - at < _MOST_EXPANDED and unicodedata.combining(cut[stop]):
            stop += 1
        for char in _normal_chars(cut[at:stop]):
            chars.append(char)
            starts.append(at)
            ends.append(stop)
        at = stop
    return Normal(text, simplify("".join(chars)), tuple(starts), tuple(ends))


def _normal_chars(cluster: str) -> str:
    if len(cluster) == 1:
        if cluster < "\x7f":
            return " " if cluster.isspace() or cluster < " " else cluster
        if ord(cluster) in _DROPPED:
            return ""
    form = unicodedata.normalize("NFKC", cluster)
    if len(form) > _MOST_EXPANDED:
        form = cluster
    if form.isspace() or not form.isprintable():
        return " "
    return form


_CHAIN = re.compile(r"//\s?@[^:：\s/]{1,40}[:：]?|\bRT @\w{1,40}:?|转自@[^:：\s]{1,40}[:：]?")


def parts(normal: Normal) -> tuple[Part, ...]:
    """Who wrote what: the author first, then each passed-on text of a repost chain.

    Platforms write a chain as `mine//@first: theirs//@second: older` or `RT @name: theirs`.
    """
    text = normal.text
    marks = list(_CHAIN.finditer(text))
    if not marks:
        return (Part(0, len(text), own=True),)
    found = []
    if text[: marks[0].start()].strip():
        found.append(Part(0, marks[0].start(), own=True))
    for here, after in zip(marks, [*marks[1:], None], strict=True):
        end = after.start() if after else len(text)
        if text[here.end() : end].strip():
            found.append(Part(here.end(), end, own=False))
    return tuple(found) or (Part(0, len(text), own=True),)
