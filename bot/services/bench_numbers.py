"""Numbers by hashtag and source with their intervals, costs and gates: read from rows, never counted here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.pipeline import tag_gate
from bot.pipeline.road import Road
from bot.rules.tag_numbers import SMALL, wilson
from bot.services import bench_costs
from store import tag_gates, tag_marks, tag_numbers
from store.db import Transaction
from store.errors import UsageError
from store.tag_gates import Gate
from store.tag_numbers import WHOLE, Grain, Row

PERIODS = {"day": Grain.DAY, "week": Grain.WEEK, "all": Grain.ALL}
MOST_PERIODS = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `number` with the 95 % interval [low, high]; `is_sure` from so many on."""

    hits: int
    number: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share, None where nothing was counted."""
        return self.hits / self.number if self.number else None

    @property
    def is_sure(self) -> bool:
        """Whether the number is large enough to show the share alone."""
        return self.number >= SMALL


def share(hits: int, number: int) -> Share:
    """A share with its interval."""
    return Share(hits, number, *wilson(min(hits, number), number))


@dataclass(frozen=True, slots=True)
class Line:
    """One hashtag at one source ("" for all) in a period, with what it cost.

    `requests_a_day` is None where the hashtag is not polled by itself (a stream, an import).
    """

    row: Row
    photo: Share
    placed: Share
    timed: Share
    usable: Share
    first_hand: Share
    cost_usd: float
    requests_a_day: float | None
    gate: Gate | None

    @property
    def review_min(self) -> float:
        """Minutes of reviewers, estimated from the pauses between their decisions."""
        return self.row.review_s / 60


@dataclass(frozen=True, slots=True)
class Bench:
    """The table of the tag bench. `waiting`: posts whose change is not counted yet."""

    period: str
    start: datetime | None
    whole: Line
    lines: tuple[Line, ...]
    others: tuple[Line, ...]
    waiting: int
    at: datetime


def bench(road: Road, *, period: str = "all", source: str | None = None, most_others: int = 20) -> Bench:
    """The collected hashtags, each of all sources together and by source, and the busiest others.

    The period is the running one: today, this week, or all time. Raises UsageError for another word.
    """
    grain, now = grain_of(period), road.clock()
    start = tag_numbers.start_of(grain, now)
    with road.store.reading() as tx:
        collected = tag_gate.collected(tx)
        until = start + timedelta(microseconds=1)
        own = tag_numbers.read(tx, grain, tags=[WHOLE, *collected], source=source, since=start, until=until)
        busy = [row.tag for row in tag_numbers.busiest(tx, most=most_others + len(collected))]
        rest = [tag for tag in busy if tag not in collected][:most_others]
        beside = tag_numbers.read(tx, grain, tags=rest, source=source or WHOLE, since=start, until=until)
        make = _Maker(tx, grain, start)
        whole = next((row for row in own if row.tag == WHOLE and row.source == (source or WHOLE)), None)
        lines = [make.line(row) for row in own if row.tag != WHOLE]
        known = {line.row.tag for line in lines}
        lines += [make.line(Row(tag, source or WHOLE, start)) for tag in collected if tag not in known]
        order = {tag: at for at, tag in enumerate(collected)}
        lines.sort(key=lambda line: (order[line.row.tag], line.row.source))
        return Bench(
            period=period,
            start=None if grain is Grain.ALL else start,
            whole=make.line(whole or Row(WHOLE, WHOLE, start)),
            lines=tuple(lines),
            others=tuple(make.line(row) for row in sorted(beside, key=lambda row: (-row.posts, row.tag))),
            waiting=tag_marks.waiting(tx),
            at=now,
        )


def grain_of(period: str) -> Grain:
    """The grain of a period's name. Raises UsageError."""
    try:
        return PERIODS[period]
    except KeyError:
        raise UsageError("period", f"is {period[:20]!r}; allowed are {', '.join(PERIODS)}") from None


class _Maker:
    """Makes lines of rows; holds what all of them need."""

    def __init__(self, tx: Transaction, grain: Grain, start: datetime) -> None:
        self._prices = bench_costs.prices(tx)
        self._requests = bench_costs.requests_a_day(tx)
        self._gates = {gate.tag: gate for gate in tag_gates.listing(tx)}

    def line(self, row: Row) -> Line:
        by_source = {tag.casefold(): each for (src, tag), each in self._requests.items() if src == row.source}
        return Line(
            row,
            share(row.photos, row.originals),
            share(row.placed, row.read),
            share(row.timed, row.read),
            share(row.usable, row.read),
            share(row.first_hand, row.read),
            # An author is billed once a day; over longer periods at least once.
            bench_costs.of_source(self._prices, row.source, row.posts, row.authors),
            by_source.get(row.tag),
            self._gates.get(row.tag),
        )


def series(
    road: Road, tag: str, *, grain: Grain, days: int, source: str = WHOLE, until: datetime | None = None
) -> Sequence[Row]:
    """One hashtag over time ("" for all posts): rows by hour, day or week of the last days, gaps left out."""
    end = until or road.clock()
    since = tag_numbers.start_of(grain, end - timedelta(days=days))
    with road.store.reading() as tx:
        return tag_numbers.read(tx, grain, tags=[tag], source=source, since=since, until=end)[-MOST_PERIODS:]


def latest(road: Road) -> datetime | None:
    """The last day of which anything was counted, None before the first post."""
    with road.store.reading() as tx:
        return tag_numbers.last_start(tx, Grain.DAY)
