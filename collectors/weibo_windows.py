"""How the commercial search is walked in windows of time: what to ask, when to halve, what is lost. Pure.

The search gives at most 1,000 results on 20 pages for one question, pages may be short, the same question
asked again differs by some per cent, and there is no cursor (open.weibo.com, C/2/search/statuses/limited;
docs/platforms/weibo.md). So time is walked forward in windows that overlap, a window that fills is halved,
each is read again until that brings nothing new, and posts are told apart by their mid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from store.records.page import Gap, Span

PAGES = 20
RESULTS = 1_000
KEPT_MIDS = 2_000


@dataclass(frozen=True, slots=True)
class Window:
    """Unix seconds, `start` < `end`. Whether the ends belong to it is not documented: neighbours touch."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WindowRules:
    """Results a page; the longest window; how far it reaches back into the one before it; its readings."""

    count: int = 50
    window_s: int = 3_600
    overlap_s: int = 60
    passes: int = 4


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor. All before `until` (Unix seconds) was read; `pending` waits, the first is being read.

    `page` is the next page of the first window in its pass number `turn`, which so far has brought `got`
    results, `news` of them new. `seen` holds (mid, Unix seconds) of what was handed on and may come again.
    """

    until: int = 0
    pending: tuple[Window, ...] = ()
    page: int = 1
    turn: int = 1
    got: int = 0
    news: int = 0
    seen: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One status of an answer: its mid ("" without one), its time in Unix seconds (None if unreadable)."""

    mid: str
    at_s: int | None = None


def planned(place: Place, first_s: int, last_s: int, rules: WindowRules) -> Place:
    """The place with a window to read, if one is left before `last_s`; never begins before `first_s`."""
    if place.pending:
        return place
    until = place.until or first_s
    start = max(first_s, until - rules.overlap_s)
    end = min(last_s, max(until, start) + rules.window_s)
    if end <= start:
        return place
    return _begun(replace(place, until=until), (Window(start, end),))


def asks(place: Place, rules: WindowRules) -> list[tuple[str, str]]:
    """The parameters of the next request. `dup=0` and `antispam=0` switch Weibo's own filters off."""
    window = place.pending[0]
    return [
        ("starttime", str(window.start)),
        ("endtime", str(window.end)),
        ("sort", "time"),
        ("dup", "0"),
        ("antispam", "0"),
        ("count", str(rules.count)),
        ("page", str(place.page)),
    ]


def fresh(place: Place, found: Sequence[Found]) -> frozenset[str]:
    """The mids that were not handed on before."""
    seen = {mid for mid, _ in place.seen}
    return frozenset(item.mid for item in found if item.mid and item.mid not in seen)


def moved(
    place: Place, found: Sequence[Found], total: int | None, rules: WindowRules
) -> tuple[Place, Gap | None]:
    """(where an answer leaves the cursor, what stays unread). `total` is what Weibo says there is.

    A pass ends with an empty page, or when it has brought as much as there is. A window that shows signs of
    the cap is halved; one of a second cannot be, and is a gap. The others are read again while that brings
    something new or less than there is, `rules.passes` times at most.
    """
    window, new = place.pending[0], fresh(place, found)
    got, news = place.got + len(found), place.news + len(new)
    place = replace(place, seen=_with(place, found, window), got=got, news=news)
    most = min(RESULTS, PAGES * rules.count)
    is_whole = not found or (total is not None and got >= total)
    is_full = (total is not None and total >= most) or (place.page >= PAGES and not is_whole)
    if is_full and window.end - window.start > 1:
        return _begun(place, (*halves(window), *place.pending[1:])), None
    if not is_whole and place.page < PAGES:
        return replace(place, page=place.page + 1), None
    if (news or got < (total or 0)) and place.turn < rules.passes:
        return replace(_begun(place, place.pending), turn=place.turn + 1), None
    return _finished(place, window, rules), _gap(window, most) if is_full else None


def _begun(place: Place, pending: tuple[Window, ...]) -> Place:
    return replace(place, pending=pending, page=1, turn=1, got=0, news=0)


def halves(window: Window) -> tuple[Window, Window]:
    """The older and the newer half of a window longer than a second."""
    middle = window.start + (window.end - window.start) // 2
    return Window(window.start, middle), Window(middle, window.end)


def _gap(window: Window, most: int) -> Gap:
    span = Span(datetime.fromtimestamp(window.start, UTC), datetime.fromtimestamp(window.end, UTC))
    words = f"result cap hit: {most} results or more within one second, the rest cannot be asked for"
    return Gap(span, words, recoverable=False)


def _finished(place: Place, window: Window, rules: WindowRules) -> Place:
    until = max(place.until, window.end)
    seen = tuple(item for item in place.seen if item[1] >= until - 2 * rules.overlap_s)
    return _begun(replace(place, until=until, seen=seen), place.pending[1:])


def _with(place: Place, found: Sequence[Found], window: Window) -> tuple[tuple[str, int], ...]:
    """What has no readable time, or one that lies ahead, counts as of the window's end."""
    new = fresh(place, found)
    times = {
        item.mid: window.end if item.at_s is None else min(item.at_s, window.end)
        for item in found
        if item.mid in new
    }
    return (*place.seen, *times.items())[-KEPT_MIDS:]
