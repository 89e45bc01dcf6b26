"""Small drawings of coverage as numbers for SVG: a strip of spans over time, bars of new posts by the hour.

Pure geometry; what a drawing says stands as words beside it. State is told by height and pattern, not by
colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.services.coverage import CURVE, Stretch
from store.records.coverage import CoverState

WIDTH = 1000.0
_LEAST = 3.0  # an outage of a minute must not vanish in a month
_HOUR = timedelta(hours=1)
_DRAWN_LAST = {CoverState.COMPLETE: 0, CoverState.GAP: 1, CoverState.LOST: 2}


@dataclass(frozen=True, slots=True)
class Piece:
    """One span in a strip: where it begins and how wide it is (of WIDTH), and what is known of it."""

    x: float
    width: float
    state: CoverState


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: where it stands (of WIDTH), its height in [0, 1], its posts; `read` is False if not read."""

    x: float
    width: float
    height: float
    posts: int
    read: bool


def strip(stretches: Sequence[Stretch], start: datetime, end: datetime) -> list[Piece]:
    """The spans that touch `start` to `end`, cut to it; open and lost ones are drawn over complete ones."""
    whole = (end - start) / _HOUR
    if whole <= 0:
        return []
    found = []
    for each in stretches:
        first, last = max(each.span.start, start), min(each.span.end, end)
        if first >= last:
            continue
        width = max((last - first) / _HOUR / whole * WIDTH, _LEAST)
        x = min((first - start) / _HOUR / whole * WIDTH, WIDTH - width)
        found.append(Piece(round(x, 1), round(width, 1), each.state))
    return sorted(found, key=lambda piece: (_DRAWN_LAST[piece.state], piece.x))


def bars(hours: Sequence[tuple[datetime, int]], now: datetime) -> list[Bar]:
    """New posts of the last hours, one bar each; hours in which nothing was read are told apart from zero."""
    counted = dict(hours)
    most = max(counted.values(), default=0)
    number = int(CURVE / _HOUR)
    width = WIDTH / number
    this = now.replace(minute=0, second=0, microsecond=0)
    found = []
    for index in range(number):
        hour = this - (number - 1 - index) * _HOUR
        posts = counted.get(hour, 0)
        height = round(posts / most, 3) if most else 0.0
        found.append(Bar(round(index * width, 1), round(width * 0.8, 1), height, posts, hour in counted))
    return found
