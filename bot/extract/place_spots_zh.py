"""What the model of Chinese places sees of a text: words by a small list, and signs of places on them.

Works on the simplified normal form. Cuts and describes; decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.extract.place_zh_words import CHAINS, ENDING, EXITS, KIND_OF, LOCATIVE
from bot.extract.placewords import Named
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

Span = tuple[int, int]
Meaning = Callable[[NameHit], tuple[PlaceEntry, str]]
"""Of a known name the likeliest place, and "+" near, "-" far from what else is known, "" if nothing is."""
Words = Mapping[str, tuple[str, int]]
"""Word → its class (a letter: n noun, v verb, s place …) and the digits of its frequency."""

_MOST_CHARS = 700
_LONGEST = 5
_COST = [18.0 - 2.3 * digits for digits in range(12)]
_UNKNOWN, _NUMBER, _SPLIT = 14.0, 8.0, 20.0
_POSITION = re.compile(LOCATIVE + "|中间|这边|这里|那头|这头|脚下|桥洞")
_LARGE = 300_000
_K = PlaceKind
_STOPS = frozenset(",。;!?:、.~…")
_BRACKETS = frozenset('#@[]()「」“”"《》【】/')


def _class(char: str) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return "H"
    if char.isdigit():
        return "0"
    if char.isascii() and char.isalpha():
        return "A"
    if char == " ":
        return "_"
    return "," if char in _STOPS else char if char in _BRACKETS else "x"


class _Classes(dict[str, str]):
    """Fills itself: each character's class is worked out once."""

    def __missing__(self, char: str) -> str:
        self[char] = found = _class(char)
        return found


_CLASSES = _Classes()


@dataclass(slots=True)
class Marks:
    """Tokens of a text (spans) and, for each, what is known of it ("" for nothing); padded by two."""

    spans: list[Span]
    signs: list[int]
    words: list[str]
    classes: list[str]
    states: list[str]
    hit: list[str]
    rule: list[str]
    ending: list[str]
    near: list[str]
    quarter: list[str]
    brand: list[str]
    first: list[str]
    known: list[bool]


def _runs(classes: Sequence[str], pins: bytearray) -> list[int]:
    """For each character the end of the letters or digits that go on from it."""
    size = len(classes)
    ends = list(range(1, size + 1))
    for at in range(size - 2, -1, -1):
        if classes[at + 1] == classes[at] and not pins[at + 1]:
            ends[at] = ends[at + 1]
    return ends


def _number(best: list[float], back: list[int], at: int, stop: int) -> None:
    """Letters or digits are one word, or, dearer, their first character is one."""
    for end, price in ((stop, _NUMBER), (at + 1, _SPLIT)):
        if best[at] + price < best[end]:
            best[end], back[end] = best[at] + price, at


def cut(text: str, pins: bytearray, times: Sequence[Span], words: Words) -> list[Span]:
    """The likeliest words, none over a pin, each time one word (a unigram model, Viterbi)."""
    size = len(text)
    classes = [_CLASSES[char] for char in text]
    ends = _runs(classes, pins)
    best = [0.0] + [1e9] * size
    back = [0] * (size + 1)
    end_of = {a: min(b, size) for a, b in times}
    at = 0
    while at < size:
        cost, char = best[at], classes[at]
        stop = end_of.get(at, 0)
        if stop > at:
            if cost < best[stop]:
                best[stop], back[stop] = cost, at
            at += 1
            continue
        if char in "A0":
            _number(best, back, at, ends[at])
            at += 1
            continue
        one = words.get(text[at])
        price = cost + (_COST[one[1]] if one else _UNKNOWN)
        if price < best[at + 1]:
            best[at + 1], back[at + 1] = price, at
        if char == "H":
            for stop in range(at + 2, min(size, at + _LONGEST) + 1):
                if pins[stop - 1]:
                    break
                known = words.get(text[at:stop])
                if known and cost + _COST[known[1]] < best[stop]:
                    best[stop], back[stop] = cost + _COST[known[1]], at
        at += 1
    cuts, end = [], size
    while end > 0:
        cuts.append((back[end], end))
        end = back[end]
    cuts.reverse()
    return cuts


def _level(entry: PlaceEntry) -> str:
    if entry.kind in (_K.COUNTRY, _K.PROVINCE):
        return entry.kind.value[:4]
    if entry.source == "GeoNames":
        return "gnL" if entry.population >= _LARGE else "gns"
    return entry.kind.value[:4]


def _chosen(text: str, hits: Sequence[NameHit]) -> list[NameHit]:
    """The gazetteer's names from left to right, none overlapping, Chinese ones only."""
    found, last = [], 0
    for hit in hits:
        if hit.start >= last and text[hit.start] >= "\u2e80":
            found.append(hit)
            last = hit.end
    return found


@dataclass(frozen=True, slots=True)
class _Signs:
    """Where in a text stand known names, rules' names, times, endings, positions, chains and exits."""

    chosen: Sequence[NameHit]
    names: Sequence[Named]
    times: Sequence[Span]
    endings: Sequence[re.Match[str]]
    near: Sequence[re.Match[str]]
    brands: Sequence[re.Match[str]]
    exits: Sequence[re.Match[str]]

    def pins(self, size: int) -> bytearray:
        """Positions that no word runs over."""
        pins = bytearray(size + 1)
        spans = [
            *((h.start, h.end) for h in self.chosen), *((n.start, n.end) for n in self.names), *self.times,
            *(m.span() for m in (*self.near, *self.brands, *self.exits)),
        ]  # fmt: skip
        for start, end in spans:
            pins[start] = pins[end] = 1
        for m in self.endings:
            pins[m.end()] = 1
        return pins


def marks(
    text: str,
    hits: Sequence[NameHit],
    meaning: Meaning,
    names: Sequence[Named],
    times: Sequence[Span],
    words: Words,
    quarters: Sequence[Span] = (),
) -> Marks:
    """Words of the text with all signs of places on them; `quarters` are names of the city's quarters."""
    text = text[:_MOST_CHARS]
    size = len(text)
    signs = _Signs(
        _chosen(text, [h for h in hits if h.end <= size]), [n for n in names if n.end <= size],
        [(a, min(b, size)) for a, b in times if a < size], list(ENDING.finditer(text)),
        list(_POSITION.finditer(text)), list(CHAINS.finditer(text)), list(EXITS.finditer(text)),
    )  # fmt: skip
    spans = cut(text, signs.pins(size), signs.times, words)
    at = [number for number, (a, b) in enumerate(spans) for _ in range(a, b)]
    hit, rule = _named(text, signs, at, meaning, len(spans))
    ending, near, brand = ([""] * len(spans) for _ in range(3))
    for m in signs.endings:
        number = at[m.end() - 1]
        ending[number] = KIND_OF[m[0]][0].value[:4] + ("=" if m.start() <= spans[number][0] else "")
    for m in signs.near:
        near[at[m.start()]] = "L"
    for m in signs.brands:
        brand[at[m.start()]] = "B"
    for m in signs.exits:
        for number in range(at[m.start()], at[m.end() - 1] + 1):
            brand[number] = "X"
    for start, end in signs.times:
        for number in range(at[start], at[end - 1] + 1):
            near[number] = "T"
    quarter = _in_quarters([q for q in quarters if q[1] <= size], spans, at)
    return _described(text, spans, hit, rule, ending, near, brand, quarter, words)


def _in_quarters(quarters: Sequence[Span], spans: Sequence[Span], at: Sequence[int]) -> list[str]:
    """For each word its part in a quarter's name, with ~ where the name's edges are no words'."""
    found = [""] * len(spans)
    for start, end in quarters:
        first, last = at[start], at[end - 1]
        is_exact = spans[first][0] == start and spans[last][1] == end
        for number in range(first, last + 1):
            found[number] = ("B" if number == first else "I") + ("" if is_exact else "~")
    return found


def _named(
    text: str, signs: _Signs, at: Sequence[int], meaning: Meaning, count: int
) -> tuple[list[str], list[str]]:
    """For each word its part in a name of the gazetteer, and in one of the rules."""
    hit, rule = [""] * count, [""] * count
    for h in signs.chosen:
        full = "F" if text[h.end - 1] in "省市区县州盟旗镇" and h.end - h.start > 2 else ""
        place, sign = meaning(h)
        level = _level(place) + sign + full
        for number in range(at[h.start], at[h.end - 1] + 1):
            hit[number] = ("B" if number == at[h.start] else "I") + level
    for n in signs.names:
        sort = ("x" if n.other else "") + n.kind.value[:4]
        for number in range(at[n.start], at[n.end - 1] + 1):
            part = ("B" if number == at[n.start] else "I") + ("E" if number == at[n.end - 1] else "")
            rule[number] = part + sort
    return hit, rule


def _described(
    text: str,
    spans: list[Span],
    hit: list[str],
    rule: list[str],
    ending: list[str],
    near: list[str],
    brand: list[str],
    quarter: list[str],
    words: Words,
) -> Marks:
    written, classes, states, first = [], [], [], []
    known, seen = [], False
    for number, (start, end) in enumerate(spans):
        word, sort = text[start:end], _CLASSES[text[start]]
        first.append(sort)
        if near[number] == "T":
            written.append("TIME")
            classes.append("T")
        else:
            written.append(word)
            found = words.get(word)
            classes.append(found[0] if found else f"x{min(end - start, 3)}" if sort == "H" else sort)
        state = near[number] or ending[number][:4] or hit[number][:6] or brand[number]
        states.append(state or classes[-1])
        seen = seen and sort != ","
        known.append(seen)
        seen = seen or bool(hit[number]) or (bool(rule[number]) and "x" not in rule[number][:3])
    signs = [
        i for i in range(len(spans)) if hit[i] or rule[i] or ending[i] or near[i] or brand[i] or quarter[i]
    ]
    pad = ["^", "^"]
    return Marks(
        spans, signs, written + pad, classes + pad, states + pad, hit + pad, rule + pad, ending + pad,
        near + pad, quarter + pad, brand + pad, first, known,
    )  # fmt: skip


def row(m: Marks, i: int) -> list[str]:
    """The features of word i. The lists are padded at the end, so that i-1 and i-2 work at the start."""
    word, state, rule = m.words[i], m.states[i], m.rule[i]
    w1, w_1 = m.words[i + 1], m.words[i - 1]
    s1, s_1 = m.states[i + 1], m.states[i - 1]
    ahead, quarter = _ahead(m, i), m.quarter[i]
    he = f"he={m.hit[i]}|{m.ending[i]}{m.classes[i]}"
    found = [
        "w=" + word, "z=" + word[-1], "y=" + word[0], "w1=" + w1, "w2=" + m.words[i + 2], "w-1=" + w_1,
        "w-2=" + m.words[i - 2], "s-1=" + s_1, f"s-={s_1}|{state}", f"s+={state}|{s1}",
        f"s-+={s_1}|{state}|{s1}", f"s++={state}|{s1}|{m.states[i + 2]}",
        f"s--={m.states[i - 2]}|{s_1}|{state}", f"sw-={state}{w_1}", f"sw+={state}{w1}",
        "nd=" + ahead, f"ndp={ahead}{s_1}", f"cd={m.known[i]}{state}", "r-=" + m.rule[i - 1],
        he, f"V{quarter}{he}", f"V-={m.quarter[i - 1]}|{quarter}|{m.quarter[i + 1]}",
        f"rw={rule}{w_1}", f"rs={rule}{state}",
        f"rr={m.rule[i - 1]}|{rule}|{m.rule[i + 1]}",
    ]  # fmt: skip
    if m.brand[i]:
        found.append(f"b={m.brand[i]}|{m.near[i + 1]}")
    if rule:
        found += [f"rL={rule}{m.near[i + 1]}", f"re={rule}{m.ending[i]}"]
    return found


def _ahead(m: Marks, i: int) -> str:
    """The next ending or word of position within six words of the clause, and how far it is."""
    for far in range(6):
        if i + far >= len(m.spans) or m.first[i + far] in ",_":
            return f"{far},"
        if m.ending[i + far]:
            return f"{far}{m.ending[i + far]}"
        if far and m.near[i + far]:
            return f"{far}{m.near[i + far]}"
    return "-"
