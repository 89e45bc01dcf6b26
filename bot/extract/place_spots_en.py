"""What the model of English places sees of a post: words, and signs of places on them.

Describes; decides nothing. Capitals count as little as in posts: most signs are words around a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.extract.place_spots_zh import Span
from bot.extract.place_tagger import Tagged, shape, tokens
from bot.extract.placewords import Named
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

_ROAD = re.compile(
    r"(?i)^(?:street|str|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|way|highway|hwy|parkway|"
    r"pkwy|terrace|row|walk|alley|marg|soi|expressway|bypass|roundabout|jalan|jln|close|crescent)$"
)
_STATION = re.compile(
    r"(?i)^(?:station|stn|metro|mrt|lrt|bart|mtr|tube|subway|terminal|terminus|airport|isbt|stage|stop|"
    r"stand|rank|interchange|park|train|bus|railway|rly|ferry|jetty|wharf)$"
)
_LANDMARK = re.compile(
    r"(?i)^(?:market|mall|bridge|church|mosque|masjid|temple|mandir|cathedral|hospital|school|university|"
    r"college|hotel|plaza|square|center|centre|ctr|tower|towers|museum|library|stadium|beach|pier|palace|"
    r"mahal|fort|gardens?|ghat|chowk|gate|circus|circle|junction|flyover|quay|bazaar|bazar|souk|arcade|"
    r"galleria|place|green|common|cross|memorial|zoo|hall|house|complex|underpass|exit|entrance|signal|"
    r"crossing|interchange|store|shop|supermarket|pub|cafe|clinic|court|fountain|estate|village)$"
)
_AROUND = {
    "in", "at", "near", "outside", "opposite", "beside", "behind", "by", "on", "from", "to", "of", "off",
    "along", "around", "under", "below", "inside", "between", "across", "next", "front", "corner",
    "junction", "towards", "toward", "via", "into", "through", "past", "missing", "lives", "home", "live",
    "originally", "&", "and", "nr", "opp",
}  # fmt: skip
_K = PlaceKind


def _kind(word: str) -> str:
    """Of what kind a place is that ends in this word; in capitals where the word begins with one."""
    kind = (
        "rd" if _ROAD.match(word) else "st" if _STATION.match(word) else "lm" if _LANDMARK.match(word) else ""
    )
    return kind.upper() if word[0].isupper() else kind


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
    tag: list[str]
    first: list[str]
    lead: list[str]


def _level(entry: PlaceEntry) -> str:
    if entry.kind in (_K.COUNTRY, _K.PROVINCE):
        return entry.kind.value[:4]
    people = entry.population
    return "c7" if people >= 1_000_000 else "c6" if people >= 200_000 else "c5" if people >= 60_000 else "c4"


def marks(
    text: str,
    hits: Sequence[NameHit],
    entry: Callable[[int], PlaceEntry],
    names: Sequence[Named],
    times: Sequence[Span],
    tagged: Sequence[Tagged],
) -> Marks:
    """Words of the text with all signs of places on them."""
    spans = tokens(text)
    count = len(spans)
    owner = [-1] * (len(text) + 1)
    for number, (start, end) in enumerate(spans):
        owner[start:end] = [number] * (end - start)
    starts = {start for start, _ in spans}

    def covered(start: int, end: int) -> list[int]:
        return sorted({number for number in owner[start:end] if number >= 0})

    hit, rule, name, tag, time = ([""] * count for _ in range(5))
    last = 0
    for h in hits:
        if h.start >= last and h.start in starts:
            level = _level(entry(h.ids[0]))
            for part, number in enumerate(covered(h.start, h.end)):
                hit[number] = ("I" if part else "B") + level
            last = h.end
    for n in names:
        whole = covered(n.start, n.end)
        sort = ("x" if n.other else "") + n.kind.value[:4]
        for part, number in enumerate(whole):
            rule[number] = ("I" if part else "B") + ("E" if part == len(whole) - 1 else "") + sort
            name[number] = n.rule
    for t in tagged:
        for part, number in enumerate(covered(t.start, t.end)):
            tag[number] = ("I" if part else "B") + ("+" if t.surety > 0.8 else "-")
    for start, end in times:
        for number in covered(start, end):
            time[number] = "T"
    return _described(text, spans, hit, rule, name, tag, time)


def _described(
    text: str,
    spans: list[Span],
    hit: list[str],
    rule: list[str],
    name: list[str],
    tag: list[str],
    time: list[str],
) -> Marks:
    words = [text[a:b].lower()[:20] for a, b in spans]
    shapes = [shape(text[a:b]) for a, b in spans]
    kinds = [_kind(text[a:b]) for a, b in spans]
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
        if hit[i] or rule[i] or tag[i] or time[i] or kinds[i] or words[i] in _AROUND
    ]  # fmt: skip
    pad = ["^", "^"]
    return Marks(
        spans, signs, words + pad, shapes + pad, states + pad, kinds + pad, hit + pad, rule + pad, name,
        tag + pad, [text[a] for a, _ in spans], leads,
    )  # fmt: skip


def row(m: Marks, i: int) -> list[str]:
    """The features of word i. The lists are padded at the end, so that i-1 and i-2 work at the start."""
    word, form, state, rule, hit, tag = m.words[i], m.shapes[i], m.states[i], m.rule[i], m.hit[i], m.tag[i]
    w_1, ahead = m.words[i - 1], _ahead(m, i)
    s1, s2, s_1, s_2 = m.states[i + 1], m.states[i + 2], m.states[i - 1], m.states[i - 2]
    found = [
        "w=" + word, "f=" + word[-3:], "a=" + word[:3], "s=" + state, "w1=" + m.words[i + 1],
        "w2=" + m.words[i + 2], "w-1=" + w_1, "w-2=" + m.words[i - 2],
        "s1=" + s1, "s2=" + s2, "s-1=" + s_1, "s-2=" + s_2,
        f"s-={s_1}|{state}", f"s+={state}|{s1}", f"s-+={s_1}|{state}|{s1}", f"s++={state}|{s1}|{s2}",
        f"s--={s_2}|{s_1}|{state}", f"w-h={w_1}|{form}", "nd=" + ahead, f"ndh={ahead}{form}",
        f"tr={m.lead[i]}{form[:2]}", "r-=" + m.rule[i - 1], f"Hw={hit}{w_1}", f"Hh={hit}{form}",
        f"Tw={tag}{w_1}", f"TH={tag}{hit}{form}", f"rw={rule}{w_1}", f"rh={rule}{form}",
        f"rr={m.rule[i - 1]}|{rule}|{m.rule[i + 1]}", "r=" + rule, "r+=" + m.rule[i + 1], "T=" + tag,
        "H=" + hit, "h=" + form, "h1=" + m.shapes[i + 1],
    ]  # fmt: skip
    if rule:
        found += ["rn=" + m.name[i], f"rT={rule}{tag}", f"rk={rule}{m.kinds[i]}", f"rH={rule}{hit}"]
    return found


def _ahead(m: Marks, i: int) -> str:
    """The next word that kinds of places end in, within five words, and how far it is."""
    for far in range(5):
        if i + far >= len(m.spans) or not m.first[i + far].isalnum():
            return f"{far}."
        if m.kinds[i + far]:
            return f"{far}{m.kinds[i + far]}"
    return "-"
