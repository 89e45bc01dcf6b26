"""Every place that an English text names, with the point it most likely means.

Wider than a sighting: homes, goals, news of elsewhere count too. Pure; gazetteer and tagger are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.extract import place_en
from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import Hints, choose
from bot.extract.normal import normalise
from bot.extract.place_tagger import Tagger
from bot.extract.placewords import Named, settle
from store.records.place import PlaceEntry
from store.records.sighting import PlaceKind

_ALONE_FROM = 0.62
"""With a tagger, a name that it does not see counts from this score of the rules."""
_SEVERAL_WORDS = 0.12
"""Two words that are together a city's name are seldom anything else."""


@dataclass(frozen=True, slots=True)
class Toponym:
    """Characters [start, end) of the text as written, what they name, and the likeliest place with its
    share among namesakes [0, 1]; `entry` is None where no gazetteer knows the name."""

    start: int
    end: int
    text: str
    kind: PlaceKind
    rule: str
    entry: PlaceEntry | None = None
    share: float = 0.0


def read(
    text: str, gazetteer: Gazetteer, tagger: Tagger | None = None, known: Hints | None = None
) -> tuple[Toponym, ...]:
    """All names in order, none overlapping. Never raises on any text; of long ones the head is read."""
    normal = normalise(text)
    hits = gazetteer.find(normal.text)
    tagged = tagger.tag(normal.text, hits, gazetteer) if tagger else None
    names = [
        name
        for name in place_en.toponyms(normal.text, hits, gazetteer, tagged, _SEVERAL_WORDS)
        if tagged is None or name.rule != "gazetteer" or name.score >= _ALONE_FROM
    ]
    if tagged is not None:
        # The tagger knows best where a name begins and ends.
        spans = {(tag.start, tag.end) for tag in tagged}
        names.sort(key=lambda n: (n.start, n.end) not in spans)
        names = _first_come(names)
    kept = settle(names)
    regions = {place_en.US_STATES[normal.text[n.start : n.end]] for n in kept if n.rule == "state"}
    chosen = choose([n for n in kept if n.ids], gazetteer, known or Hints(), regions)
    found = []
    for name in kept:
        entry, share = chosen[name][0] if name in chosen else (None, 0.0)
        kind = entry.kind if entry else name.kind
        start, end = normal.span(name.start, name.end)
        found.append(Toponym(start, end, normal.original[start:end], kind, name.rule, entry, share))
    return tuple(found)


def _first_come(names: list[Named]) -> list[Named]:
    """Those that overlap no name before them in the list, or only one of the same span."""
    kept: list[Named] = []
    used: dict[int, tuple[int, int]] = {}
    for name in names:
        span = (name.start, name.end)
        if all(used.get(i, span) == span for i in range(*span)):
            kept.append(name)
            used.update(dict.fromkeys(range(*span), span))
    return kept
