"""Skip patterns that cannot match: each is run only if letters that it needs are in the text. No rules.

Most patterns of this package are lists of words; one pass over the text finds which words occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import ahocorasick

_FEWEST = 2
_QUANTIFIED = re.compile(r"[?*]|\{0|\{,")
_GROUP = re.compile(r"\((?:\?(?::|P<\w+>|-i:|(?=[=!<])))?")


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between its outermost bars."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _class_end(pattern, at)
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*parts, pattern[start:]]


def _class_end(pattern: str, at: int) -> int:
    """Index of the bracket that closes the character class opened at `at`."""
    at += 1
    if pattern[at : at + 1] == "^":
        at += 1
    if pattern[at : at + 1] == "]":
        at += 1
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at


def _group_end(pattern: str, at: int) -> int:
    """Index of the bracket that closes the group opened at `at`."""
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _class_end(pattern, at)
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return at
        at += 1
    return at


def needed(pattern: str) -> frozenset[str] | None:
    """Lower-case words of which at least one stands in every text that the pattern matches; None: unknown."""
    words: set[str] = set()
    for part in alternatives(pattern):
        found = _needed_by_one(part)
        if not found:
            return None
        words |= found
    return frozenset(words)


def _needed_by_one(part: str) -> frozenset[str] | None:
    best: frozenset[str] | None = None
    run, at = "", 0
    while at <= len(part):
        char = part[at : at + 1]
        after = part[at + 1 : at + 3]
        if char and (char.isalnum() or char in " '-@#/*%:,") and not _QUANTIFIED.match(after):
            run += char.lower()
            at += 1
            if after[:1] in ("+", "{"):
                best, run = _better(best, run), ""
            continue
        best, run = _better(best, run), ""
        if char == "\\":
            at += 2
        elif char == "[":
            at = _class_end(part, at) + 1
        elif char == "{":
            at = part.find("}", at) + 1 or len(part) + 1
        elif char == "(":
            end = _group_end(part, at)
            opened = _GROUP.match(part, at)
            inner = part[opened.end() if opened else at + 1 : end]
            looks = inner[:1] in "=!<" and part[at + 1 : at + 2] == "?"
            if not looks and not _QUANTIFIED.match(part[end + 1 : end + 3]):
                found = needed(inner)
                if found and (best is None or min(map(len, found)) > min(map(len, best))):
                    best = found
            at = end + 1
        else:
            at += 1
    return best


def _better(best: frozenset[str] | None, run: str) -> frozenset[str] | None:
    """The longer of two requirements: longer words are rarer."""
    if len(run) < (1 if run > "\x7f" else _FEWEST):
        return best
    return frozenset([run]) if best is None or len(run) > min(map(len, best)) else best


class Gate:
    """Which of some named patterns could match a text at all."""

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self._always: list[str] = []
        self._named: dict[str, list[str]] = {}
        for name, pattern in patterns:
            words = needed(pattern)
            if words is None:
                self._always.append(name)
            for word in words or ():
                self._named.setdefault(word, []).append(name)
        self._automaton = ahocorasick.Automaton()
        for word in self._named:
            self._automaton.add_word(word, word)
        if self._named:
            self._automaton.make_automaton()

    def open(self, text: str) -> set[str]:
        """Names of the patterns worth running on the text."""
        names = set(self._always)
        if self._named:
            for word in {word for _, word in self._automaton.iter(text.lower())}:
                names.update(self._named[word])
        return names


class Scan:
    """Where some names stand as whole words, in any case; of names that overlap the longest."""

    def __init__(self, names: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for name in names:
            self._automaton.add_word(name.lower(), name.lower())
        self._automaton.make_automaton()

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, name in small letters), in order."""
        low = text.lower()
        if len(low) != len(text):
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        found: list[tuple[int, int, str]] = []
        for last, name in self._automaton.iter(low):
            start, end = last + 1 - len(name), last + 1
            if (start and _in_word(low[start - 1])) or (end < len(low) and _in_word(low[end])):
                continue
            while found and found[-1][0] >= start:
                found.pop()
            if not found or found[-1][1] <= start:
                found.append((start, end, name))
        return found


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
