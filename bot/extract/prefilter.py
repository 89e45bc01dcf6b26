"""Skip patterns that cannot match: each is run only if letters that it needs are in the text. No rules.

Most patterns of this package are lists of words; one pass over the text finds which words occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import ahocorasick

_FEWEST = 2
_DIGIT = r"\d"
"""Stands for any digit among the words that a pattern needs."""
_DIGITS = re.compile(_DIGIT)
_QUANTIFIED = re.compile(r"[?*]|\{0|\{,")
_GROUP = re.compile(r"\((?:\?(?::|P<\w+>|-?i:|(?=[=!<])))?")


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


_NO_WIDTH = re.compile(r"(?:\\b|\(\?<?[!=][^()\[\]\\]*\))*\(\?:")


def spread(part: str) -> list[str]:
    """One alternative with the choice that it begins with drawn out: \\b(?:a|b)c as \\bac and \\bbc.

    Only what has no width may stand before the choice: then the order of trying stays the same.
    """
    opened = _NO_WIDTH.match(part)
    if opened is None:
        return [part]
    end = _group_end(part, opened.end() - 3)
    before, inner, after = part[: opened.end() - 3], part[opened.end() : end], part[end + 1 :]
    choices = alternatives(inner)
    if len(choices) == 1 or after[:1] in ("?", "*", "+", "{"):
        return [part]
    return [one for choice in choices for one in spread(before + choice + after)]


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
    run, at, has_digit = "", 0, False
    while at <= len(part):
        char = part[at : at + 1]
        after = part[at + 1 : at + 3]
        if (
            char
            and (char.isalnum() or char > "\x7f" or char in " '-@#/*%:,")
            and not _QUANTIFIED.match(after)
        ):
            run += char.lower()
            at += 1
            if after[:1] in ("+", "{"):
                best, run = _better(best, run), ""
            continue
        best, run = _better(best, run), ""
        if char == "\\":
            has_digit |= part[at : at + 2] == _DIGIT and not _QUANTIFIED.match(part[at + 2 : at + 4])
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
    return best or (frozenset([_DIGIT]) if has_digit else None)


def _better(best: frozenset[str] | None, run: str) -> frozenset[str] | None:
    """The longer of two requirements: longer words are rarer."""
    if len(run) < (1 if run > "\x7f" else _FEWEST):
        return best
    return frozenset([run]) if best is None or len(run) > min(map(len, best)) else best


class _Letters:
    """The words that any pattern of the package needs, looked for together: one pass over a text for all."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._automaton: Any = None

    def add(self, words: Iterable[str]) -> None:
        """Look for these as well from now on."""
        self._words.update(words)
        self._automaton = None
        occurring.cache_clear()

    def find(self, text: str) -> frozenset[str]:
        """Those that occur in the text, in small or large letters."""
        automaton = self._automaton
        if automaton is None:
            automaton = ahocorasick.Automaton()
            for word in self._words:
                automaton.add_word(word, word)
            automaton.make_automaton()
            self._automaton = automaton
        # A pattern in any case takes the Turkish letters for i.
        low = text.replace("\u0130", "i").lower().replace("\u0131", "i")
        found = [word for _, word in automaton.iter(low)]
        if _DIGITS.search(text):
            found.append(_DIGIT)
        return frozenset(found)


@lru_cache(maxsize=8)
def occurring(text: str) -> frozenset[str]:
    """Which of all the words that patterns need are in the text. The last few texts are remembered."""
    return _LETTERS.find(text)


_LETTERS = _Letters()


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
        _LETTERS.add(self._named)

    def open(self, text: str) -> set[str]:
        """Names of the patterns worth running on the text."""
        names = set(self._always)
        for word in self._named.keys() & occurring(text):
            names.update(self._named[word])
        return names


class Parted:
    """A pattern of many alternatives, each tried by itself and only on texts that hold letters it needs.

    Finds what the whole finds: the leftmost match, of several that begin there the first alternative's.
    A match knows the groups of its own alternative only.
    """

    def __init__(self, whole: re.Pattern[str]) -> None:
        parts = [one for part in alternatives(whole.pattern) for one in spread(part)]
        self.pattern = whole.pattern
        self._parts = [re.compile(part, whole.flags) for part in parts]
        self._always: list[int] = []
        self._needs: dict[str, list[int]] = {}
        for number, part in enumerate(parts):
            words = needed(part)
            if words is None:
                self._always.append(number)
            for word in words or ():
                self._needs.setdefault(word, []).append(number)
        _LETTERS.add(self._needs)

    def _worth(self, text: str) -> list[re.Pattern[str]]:
        numbers = set(self._always)
        for word in self._needs.keys() & occurring(text):
            numbers.update(self._needs[word])
        return [self._parts[number] for number in sorted(numbers)]

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        best: re.Match[str] | None = None
        for pattern in self._worth(text):
            m = pattern.search(text)
            if m and (best is None or m.start() < best.start()):
                best = m
        return best

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches, none overlapping, none empty."""
        patterns = self._worth(text)
        ahead = [pattern.search(text) for pattern in patterns]
        while found := [m for m in ahead if m]:
            best = min(found, key=lambda m: m.start())
            yield best
            for number, m in enumerate(ahead):
                if m and m.start() < best.end():
                    ahead[number] = patterns[number].search(text, best.end())


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
