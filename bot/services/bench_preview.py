"""What another set of hashtags would bring, tried on the stored posts: nothing is asked, nothing changes.

Counted on sets of hashtags, so that a million posts take seconds; words are looked for once in each post.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.pipeline.road import Road
from bot.pipeline.tag_counting import name_digest
from bot.services import bench_costs
from bot.services.bench_query import Selection, set_test
from collectors.hashtags import normalise
from store import campaign, tag_facts, tag_marks, tag_numbers, tag_posts
from store.db import Transaction
from store.tag_posts import TagSet

SAMPLE = 50
Hours = dict[datetime, int]
Told = Counter[tuple[datetime, int, int]]
"""Posts of a set by hour, by which named author, saying which phrases (bits)."""


@dataclass(frozen=True, slots=True)
class Side:
    """Some of the stored posts: how many, in which hours, and some of them to look at."""

    posts: int
    hours: Mapping[datetime, int]
    sample: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line that leaves posts out, and how many come back without it."""

    what: str
    word: str
    posts: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Two selections beside each other on the posts written since `since` (all where None).

    `gained` and `lost` are the difference. `let_go` posts could not be tried: the clock took their words and
    the names of their authors, and one of the two asks for these. `unseen` are hashtags that were never
    asked for: of these the stored posts show only what carried a collected one as well. Costs are dollars a
    day.
    """

    before: Side
    after: Side
    gained: Side
    lost: Side
    lines: tuple[Line, ...]
    unseen: tuple[str, ...]
    days: float
    cost_before_usd: float
    cost_after_usd: float
    since: datetime | None
    not_counted_yet: int = 0
    let_go: int = 0


def preview(road: Road, before: Selection, after: Selection, *, days: int | None = None) -> Preview:
    """Try two selections on the posts of the last days, on all stored ones without `days`."""
    since = (
        None
        if days is None
        else tag_numbers.start_of(tag_numbers.Grain.HOUR, road.clock() - timedelta(days=days))
    )
    with road.store.reading() as tx:
        trial = _Trial(tx, since, before, after)
        old, new = trial.wanted(before), trial.wanted(after)
        both = trial.both(before, after, old, new)
        gained, lost = _less(new, both), _less(old, both)
        span = _span_days(road, old, new, days)
        asked = _asked_ever(tx)
        return Preview(
            before=_side(old),
            after=_side(new),
            gained=replace(_side(gained), sample=trial.sample(after, but=before)),
            lost=replace(_side(lost), sample=trial.sample(before, but=after)),
            lines=tuple(trial.lines(after, sum(new.values()))),
            unseen=tuple(tag for tag in after.hashtags if normalise(tag) not in asked),
            days=span,
            cost_before_usd=bench_costs.of_posts(tx, sum(old.values())) / span,
            cost_after_usd=bench_costs.of_posts(tx, sum(new.values())) / span,
            since=since,
            not_counted_yet=tag_marks.waiting(tx),
            let_go=trial.let_go,
        )


def _less(some: Mapping[datetime, int], others: Mapping[datetime, int]) -> Hours:
    left = {hour: number - others.get(hour, 0) for hour, number in some.items()}
    return {hour: number for hour, number in left.items() if number}


def _side(hours: Mapping[datetime, int]) -> Side:
    return Side(sum(hours.values()), dict(sorted(hours.items())))


def _span_days(road: Road, old: Hours, new: Hours, days: int | None) -> float:
    if days is not None:
        return float(days)
    first = min((*old, *new), default=road.clock())
    last = max((*old, *new), default=first)
    return max(1.0, (last - first).total_seconds() / 86400)


def _asked_ever(tx: Transaction) -> set[str]:
    """Hashtags that any version of the campaign has asked for."""
    return {
        normalise(tag) for version in campaign.versions(tx) for tag in version.content.get("hashtags", ())
    }


class _Trial:
    """The stored posts by set and hour, read once; what they say, too, where a selection asks for it."""

    def __init__(self, tx: Transaction, since: datetime | None, *selections: Selection) -> None:
        self._tx, self._since = tx, since
        self._sets = dict(tag_posts.sets(tx))
        self._curve = tag_posts.posts_and_curve(tx, since=since)
        self.let_go = 0
        phrases = {_folded(word) for each in selections for word in each.phrases}
        names = _digests(name for each in selections for name in each.not_authors)
        self._phrase_bits = {word: 1 << at for at, word in enumerate(sorted(phrases))}
        self._name_bits = {name: 1 << at for at, name in enumerate(names)}
        self._told: dict[int, Told] = {}
        if phrases or names:
            self.let_go = sum(number for (ident, _), number in self._curve.items() if ident < 0)
        else:
            self._sets |= {-ident: held for ident, held in self._sets.items()}

    def wanted(self, selection: Selection) -> Hours:
        """How many posts the selection wants, by hour."""
        return self._wanted(set_test(selection), selection.not_authors, selection.phrases)

    def both(self, one: Selection, other: Selection, first: Hours, second: Hours) -> Hours:
        """How many posts both want, by hour."""
        if one == other:
            return dict(first)
        tests = set_test(one), set_test(other)
        names = (*one.not_authors, *other.not_authors)
        phrases = (*one.phrases, *other.phrases)
        return self._wanted(lambda held: tests[0](held) and tests[1](held), names, phrases)

    def _wanted(self, test: Callable[[TagSet], bool], names: Iterable[str], phrases: Sequence[str]) -> Hours:
        ids = self._ids(test)
        if phrases:
            return self._read(ids, names, phrases)
        hours: Hours = {}
        for (ident, hour), number in self._curve.items():
            if ident in ids:
                hours[hour] = hours.get(hour, 0) + number
        digests = _digests(names)
        if digests:
            for (ident, hour), counts in tag_posts.by_set(self._tx, since=self._since, names=digests).items():
                if ident in ids:
                    hours[hour] -= counts[0]
        return {hour: number for hour, number in hours.items() if number}

    def _ids(self, test: Callable[[TagSet], bool]) -> set[int]:
        return {ident for ident, held in self._sets.items() if test(held)}

    def _read(self, ids: set[int], names: Iterable[str], phrases: Sequence[str]) -> Hours:
        """The same with words, which stand in the posts alone."""
        self._listen(ids)
        hours: Hours = {}
        without = sum(self._name_bits[name] for name in _digests(names))
        needed = sum(self._phrase_bits[word] for word in {_folded(phrase) for phrase in phrases})
        for ident in ids:
            for (hour, by, says), number in self._told[ident].items():
                if not by & without and says & needed == needed:
                    hours[hour] = hours.get(hour, 0) + number
        return hours

    def _listen(self, ids: set[int]) -> None:
        """Read the posts of sets that were not read yet: each once, whatever is asked of it afterwards."""
        fresh = ids - self._told.keys()
        self._told |= {ident: Counter() for ident in fresh}
        names, words = self._name_bits, list(self._phrase_bits.items())
        for ident, hour, name, author, raw in tag_posts.said(self._tx, fresh, since=self._since):
            text = _folded(raw)
            says = sum(bit for word, bit in words if word in text)
            self._told[ident][hour, names.get(name, 0) | names.get(author, 0), says] += 1

    def lines(self, after: Selection, wanted: int) -> Iterable[Line]:
        """What each line that leaves posts out removes: how many come back without it alone."""
        for name in ("none", "not_authors", "langs", "phrases", "all"):
            words: tuple[str, ...] = getattr(after, name)
            parts = [words] if name == "langs" and words else [(word,) for word in words]
            for part in parts:
                rest = tuple(word for word in words if word not in part)
                without = sum(self.wanted(replace(after, **{name: rest})).values())
                yield Line(name, ", ".join(part), without - wanted)

    def sample(self, of: Selection, *, but: Selection) -> tuple[Any, ...]:
        """Some posts that one selection wants and the other does not, drawn evenly."""
        test, other = set_test(of), set_test(but)
        mine, theirs = ({ident for ident in self._ids(each) if ident > 0} for each in (test, other))
        without, apart = (
            _digests(of.not_authors),
            set(_digests(but.not_authors)) - set(_digests(of.not_authors)),
        )
        has_words = bool(of.phrases or but.phrases)
        most = SAMPLE * (20 if has_words else 3)
        keys = tag_posts.sample(self._tx, mine - theirs, most=most, since=self._since, but=without)
        shared = mine & theirs
        if apart and shared:
            keys += tag_posts.sample_of(self._tx, shared, names=apart, most=most, since=self._since)
        if has_words and shared:
            keys += tag_posts.sample(self._tx, shared, most=most, since=self._since, but=without)
        rows = tag_facts.shown(self._tx, keys)
        if has_words:
            rows = [row for row in rows if _says(row.text, of.phrases) and not _is_in(row, but, other)]
        return tuple(rows[:SAMPLE])


def _is_in(row: Any, selection: Selection, test: Callable[[TagSet], bool]) -> bool:
    held = TagSet(tuple(map(normalise, row.hashtags)), row.language)
    return test(held) and _says(row.text, selection.phrases)


def _says(text: str, phrases: Sequence[str]) -> bool:
    folded = _folded(text)
    return all(_folded(phrase) in folded for phrase in phrases)


def _folded(text: str) -> str:
    """As `collectors.hashtags.wanted` compares words."""
    return unicodedata.normalize("NFKC", text).casefold()


def _digests(names: Iterable[str]) -> list[int]:
    return sorted({name_digest(name) for name in names} - {0})
