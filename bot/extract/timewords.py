"""The pieces of which expressions of time are made, as values, and how neighbouring pieces join.

No words of any language here: those are in timewords_zh.py and timewords_en.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.extract.days import Days, stretch


class Role(StrEnum):
    """What a piece says."""

    DAY = "day"
    PART = "part"
    CLOCK = "clock"
    BACK = "back"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day: hours [low, high) of local time; beyond 24 is the next day.

    `half` says how a bare hour inside is read: "am" as written, "pm" plus twelve, "night" plus
    twelve until midnight and the next day from then on, "any" either way.
    """

    low: float
    high: float
    half: str = "any"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time: `hour` as written, `minute`, and how far before and after it the words reach (min).

    `half` is "am", "pm" or ""; `written_24` where people write hours to 24. `alone` says that it is a
    time even without a day or part of the day beside it. `until`: the end of a range, as minutes of
    (hour * 60 + minute), None if there is none. `open_end`: goes on until the post ("since 6am").
    `fixed`: the hour is as written whatever stands beside it ("ten to midnight").
    """

    hour: int
    minute: int = 0
    before_min: int = 15
    after_min: int = 15
    half: str = ""
    written_24: bool = False
    alone: bool = True
    until: int | None = None
    open_end: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One piece found in the normal form: characters [start, end), its role, rule and value.

    `open_end`: goes on until the post ("since this morning"). `back_min` is (oldest,
    newest) minutes before the post. `score` in [0, 1] is how surely these
    words speak of a time at all.
    """

    start: int
    end: int
    role: Role
    rule: str
    score: float
    days: Days | None = None
    hours: Hours | None = None
    clock: Clock | None = None
    back_min: tuple[float, float] | None = None
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """Neighbouring pieces that speak of one time. `until`: the words that name its end, if they are apart."""

    start: int
    end: int
    words: tuple[Word, ...]
    until: Expression | None = None

    def get(self, role: Role) -> Word | None:
        """The piece with this role, or None."""
        return next((word for word in self.words if word.role is role), None)

    @property
    def score(self) -> float:
        """How surely this speaks of a time, and how finely: the finest piece counts most."""
        # "Last year's feast": two words that only together are a day.
        finer = 0.2 if [w.rule for w in self.words][:2] == ["year", "feast"] else 0.0
        finer += 0.05 if self.get(Role.DAY) and self.get(Role.PART) else 0.0
        # An hour that stands beside a day or a part of it is one, however bare.
        sure = 0.9 if self.get(Role.CLOCK) and (self.get(Role.DAY) or self.get(Role.PART)) else 0.0
        return max(sure, *(word.score for word in self.words)) + 0.05 * (len(self.words) - 1) + finer

    @property
    def rule(self) -> str:
        """The rules that found its pieces."""
        return "+".join(word.rule for word in self.words)


def without_overlaps(words: Iterable[Word]) -> list[Word]:
    """Of overlapping pieces the longest stays; of equals the first given."""
    kept: list[Word] = []
    for word in sorted(words, key=lambda w: (w.start, w.start - w.end)):
        if not kept or word.start >= kept[-1].end:
            kept.append(word)
        elif word.end - word.start > kept[-1].end - kept[-1].start:
            kept[-1] = word
    return kept


_WIDE = ("month", "year")


def with_day_ranges(words: list[Word], between: Callable[[str], bool], text: str) -> list[Word]:
    """Two days with "to" between them are one stretch of days."""
    found: list[Word] = []
    for word in words:
        last = found[-1] if found else None
        if (
            last and last.role is Role.DAY and word.role is Role.DAY and last.days and word.days
            and not last.rule.endswith("range") and last.rule not in _WIDE and word.rule != "this"
            and between(text[last.end : word.start])
        ):  # fmt: skip
            days = stretch(last.days, word.days)
            found[-1] = Word(last.start, word.end, Role.DAY, "day range", max(last.score, 0.6), days=days)
        else:
            found.append(word)
    return found


def join(words: list[Word], glue: Callable[[str], bool], text: str) -> list[Expression]:
    """Put neighbours together whose gap is glue and whose roles go together."""
    found: list[list[Word]] = []
    for word in words:
        group = found[-1] if found else None
        gap = text[group[-1].end : word.start] if group else ""
        if group and _fits(group, word, gap) and glue(gap):
            group.append(word)
        else:
            found.append([word])
    return [Expression(group[0].start, group[-1].end, tuple(group)) for group in found]


def _fits(group: list[Word], word: Word, gap: str) -> bool:
    roles = [w.role for w in group]
    # Over a full stop only a day and its hour go together ("Friday. Noon.").
    if gap.startswith(".") and not (roles == [Role.DAY] and word.role in (Role.PART, Role.CLOCK)):
        return False
    if Role.FUTURE in roles:
        return word.role in (Role.PART, Role.CLOCK)
    if word.role is Role.FUTURE or (Role.BACK in roles and word.role is not Role.CLOCK):
        return False
    if word.role is Role.BACK:
        # "8.25 just now": the hour says it finer.
        return roles == [Role.CLOCK] and word.rule == "just now"
    # Three words for the day may go together (today, Friday 25th; yesterday, the solstice), and two for
    # the part of it (in the afternoon, after school), no other.
    return roles.count(word.role) < {Role.DAY: 3, Role.PART: 2}.get(word.role, 1)


def widen(word: Word, start: int, end: int) -> Word:
    """The same piece over more characters."""
    return replace(word, start=start, end=end)
