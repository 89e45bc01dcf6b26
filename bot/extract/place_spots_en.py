"""What the model of English places sees of a post: words, and signs of places on them.

Describes; decides nothing. Capitals count as little as in posts: most signs are words around a name.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from bot.extract.place_en_words import KINDS, chains
from bot.extract.place_spots_zh import Meaning, Span
from bot.extract.place_tagger import shape, tokens
from bot.extract.placewords import Named
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

_AROUND = {
    "in", "at", "near", "outside", "opposite", "beside", "behind", "by", "on", "from", "to", "of", "off",
    "along", "around", "under", "below", "inside", "between", "across", "next", "front", "corner",
    "junction", "towards", "toward", "via", "into", "through", "past", "missing", "lives", "home", "live",
    "originally", "&", "and", "nr", "opp", "sa", "cor", "kanto", "tapat", "tepi", "depan", "alongside",
    "infront",
}  # fmt: skip
_K = PlaceKind


@dataclass(slots=True)
class Marks:
    """Tokens of a text (spans) and, for each, what is known of it ("" for nothing); padded by two."""

    spans: list[Span]
    signs: list[int]
    words: list[str]
    shapes: list[str]
    states: list[str]
    kinds: list[str]
    hit: list[str]
    rule: list[str]
    name: list[str]
    first: list[str]
    lead: list[str]
    chain: list[str]


def _level(entry: PlaceEntry) -> str:
    if entry.kind in (_K.COUNTRY, _K.PROVINCE):
        return entry.kind.value[:4]
    people = entry.population
    return "c7" if people >= 1_000_000 else "c6" if people >= 200_000 else "c5" if people >= 60_000 else "c4"


def marks(
    text: str,
    hits: Sequence[NameHit],
    meaning: Meaning,
    names: Sequence[Named],
    times: Sequence[Span],
) -> Marks:
    """Words of the text with all signs of places on them."""
    spans = tokens(text)
    count = len(spans)
    starts = {start: number for number, (start, _) in enumerate(spans)}
    begins = [start for start, _ in spans]

    def covered(start: int, end: int) -> range:
        """The words that lie in these characters, in part at least."""
        low = starts.get(start, -1)
        if low < 0:
            low = max(0, bisect_right(begins, start) - 1)
            low += spans[low][1] <= start if spans else 0
        high = low
        while high < count and begins[high] < end:
            high += 1
        return range(low, high)

    hit, rule, name, time = ([""] * count for _ in range(4))
    last = 0
    for h in hits:
        if h.start >= last and h.start in starts:
            place, sign = meaning(h)
            level = _level(place) + sign
            for part, number in enumerate(covered(h.start, h.end)):
                hit[number] = ("I" if part else "B") + level
                last = h.end
    for n in names:
        whole = covered(n.start, n.end)
        sort = ("x" if n.other else "") + n.kind.value[:4]
        for part, number in enumerate(whole):
            rule[number] = ("I" if part else "B") + ("E" if part == len(whole) - 1 else "") + sort
            name[number] = n.rule
    for start, end in times:
        for number in covered(start, end):
            time[number] = "T"
    return _described(text, spans, hit, rule, name, time)


def _described(
    text: str,
    spans: list[Span],
    hit: list[str],
    rule: list[str],
    name: list[str],
    time: list[str],
) -> Marks:
    written = [text[a:b] for a, b in spans]
    words = [word.lower()[:20] for word in written]
    shapes = [shape(word) for word in written]
    kinds = [KINDS.get(word, "") for word in words]
    kinds = [k.upper() if k and w[0].isupper() else k for k, w in zip(kinds, written, strict=True)]
    chain = chains(words, written)
    states, leads = [], []
    lead = "-"
    for number, word in enumerate(words):
        form = shapes[number]
        plain = word if len(word) < 4 or word in _AROUND else form
        place = hit[number] if form.startswith("X") else ""
        states.append("T" if time[number] else kinds[number] or place or plain)
        leads.append(lead)
        if word in _AROUND:
            lead = word
        if word in (".", "!", "?"):
            lead = "-"
    signs = [
        i for i in range(len(spans))
        if hit[i] or rule[i] or time[i] or kinds[i] or chain[i] or words[i] in _AROUND
    ]  # fmt: skip
    pad = ["^", "^"]
    return Marks(
        spans, signs, words + pad, shapes + pad, states + pad, kinds + pad, hit + pad, rule + pad, name,
        [word[0] for word in written], leads, chain + pad,
    )  # fmt: skip


def row(m: Marks, i: int) -> list[str]:
    """The features of word i. The lists are padded at the end, so that i-1 and i-2 work at the start."""
    word, form, state, rule, hit = m.words[i], m.shapes[i], m.states[i], m.rule[i], m.hit[i]
    w_1, ahead = m.words[i - 1], _ahead(m, i)
    s1, s2, s_1, s_2 = m.states[i + 1], m.states[i + 2], m.states[i - 1], m.states[i - 2]
    found = [
        "w=" + word, "f=" + word[-3:], "a=" + word[:3], "s=" + state, "w1=" + m.words[i + 1],
        "w2=" + m.words[i + 2], "w-1=" + w_1, "w-2=" + m.words[i - 2],
        "s1=" + s1, "s2=" + s2, "s-1=" + s_1, "s-2=" + s_2,
        f"s-={s_1}|{state}", f"s+={state}|{s1}", f"s-+={s_1}|{state}|{s1}", f"s++={state}|{s1}|{s2}",
        f"s--={s_2}|{s_1}|{state}", f"w-h={w_1}|{form}", "nd=" + ahead, f"ndh={ahead}{form}",
        f"tr={m.lead[i]}{form[:2]}", "r-=" + m.rule[i - 1], f"Hw={hit}{w_1}", f"Hh={hit}{form}",
        f"rw={rule}{w_1}", f"rh={rule}{form}",
        f"rr={m.rule[i - 1]}|{rule}|{m.rule[i + 1]}", "r=" + rule, "r+=" + m.rule[i + 1],
        "H=" + hit, "h=" + form, "h1=" + m.shapes[i + 1],
    ]  # fmt: skip
    chain = m.chain[i]
    if chain or m.chain[i - 1] or m.chain[i + 1]:
        found += ["c=" + chain, f"c-={m.chain[i - 1]}|{chain}|{m.chain[i + 1]}", f"cw={chain}{w_1}"]
    if rule:
        found += ["rn=" + m.name[i], f"rk={rule}{m.kinds[i]}", f"rH={rule}{hit}"]
    return found


def _ahead(m: Marks, i: int) -> str:
    """The next word that kinds of places end in, within five words, and how far it is."""
    for far in range(5):
        if i + far >= len(m.spans) or not m.first[i + far].isalnum():
            return f"{far}."
        if m.kinds[i + far]:
            return f"{far}{m.kinds[i + far]}"
    return "-"
