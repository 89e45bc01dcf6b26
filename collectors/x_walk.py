"""How X is paged: what to ask next, and where an answer leaves the cursor. Pure.

Answers come newest first. The newest id of a walk's first page becomes the next `since_id` only when
every page behind it has been read, each with the same `since_id` (docs.x.com, search/integrate/paginate).
Search refuses a `since_id` older than seven days, and one together with `start_time`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from collectors.x import time_of_id
from collectors.x_budget import Tally
from store.records.page import Gap, Span

WINDOW = timedelta(days=7)
EDGE = timedelta(minutes=2)  # a walk begins so far inside the window, since its later pages come later
BRINK = timedelta(seconds=30)  # and is moved inside again when only so much is left
SETTLED = timedelta(seconds=30)  # search ends so long before now
OVERLAP = timedelta(minutes=15)  # read again where a time has to stand for an id
TIMELINE_POSTS = 800  # as far back as the mentions go


@dataclass(frozen=True, slots=True)
class Place:
    """One walk. `read_to`: everything before has been read by walks that came to their end.

    `first_newest`, `next_token`, `start` (asked instead of an id), `begun` and `walked` (posts so far)
    are of the walk under way. Times are aware UTC.
    """

    since_id: str = ""
    read_to: datetime | None = None
    first_newest: str = ""
    next_token: str = ""
    start: datetime | None = None
    begun: datetime | None = None
    walked: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a cursor holds. `parts`: a place for each text of the query; `at`: the one being walked.

    `round`: when the first text was begun; `shape` tells which texts they were; `heard`: until when a
    stream was listened to; `used`: what the readers of this source have used of the month, as far as
    was known when this was written.
    """

    parts: tuple[Place, ...] = ()
    at: int = 0
    round: datetime | None = None
    shape: str = ""
    heard: datetime | None = None
    used: dict[str, Tally] = field(default_factory=dict)


def dump(cursor: Cursor) -> str:
    """The cursor as text."""
    return msgspec.json.encode(cursor).decode()


def load(text: str) -> Cursor:
    """The cursor of a text; "" is the beginning. Raises ValueError for text that `dump` did not write."""
    if not text:
        return Cursor()
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=Cursor)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None


def for_texts(cursor: Cursor, count: int, shape: str) -> Cursor:
    """The cursor with one place for each of `count` texts; new ones begin where all old ones had come to."""
    if cursor.shape == shape and len(cursor.parts) == count and 0 <= cursor.at < count:
        return cursor
    unread = Place()
    ends = [place.read_to for place in cursor.parts if place.read_to is not None]
    if ends and len(ends) == len(cursor.parts):
        since_id = next(place.since_id for place in cursor.parts if place.read_to == min(ends))
        unread = Place(since_id=since_id, read_to=min(ends))
    return replace(cursor, parts=(unread,) * count, at=0, round=None, shape=shape)


def id_order(ident: str) -> tuple[int, str]:
    """Ids grow with time; longer is later."""
    return len(ident), ident


def again(place: Place) -> Place:
    """The place with the walk under way forgotten: it begins anew at its first page."""
    return Place(since_id=place.since_id, read_to=place.read_to)


def begin(
    place: Place, now: datetime, *, window: timedelta | None, first: timedelta
) -> tuple[Place, Gap | None]:
    """The place with a walk under way, and what can no longer be had.

    `window` is how far back the platform goes (None: no such limit); a source that never read begins
    `first` before now. A walk whose far end leaves the window goes on with the rest.
    """
    floor = now - window + EDGE if window is not None else None
    if place.next_token:
        if floor is None or _within(place, floor - EDGE + BRINK):
            return place, None
        since = place.start or place.read_to
        return replace(place, since_id="", start=floor), _lost(since, floor)
    place = replace(again(place), begun=now - SETTLED)
    if place.since_id and _within(place, floor):
        return place, None
    if place.read_to is None:
        start = now - first
        return replace(place, start=start if floor is None else max(start, floor)), None
    start = place.read_to - OVERLAP
    if floor is None or start >= floor:
        return replace(place, since_id="", start=start), None
    return replace(place, since_id="", start=floor), _lost(place.read_to, floor)


def _lost(start: datetime | None, end: datetime) -> Gap | None:
    if start is None or start >= end:
        return None
    return Gap(Span(start, end), "X's search gives the last seven days only", recoverable=False)


def _within(place: Place, floor: datetime | None) -> bool:
    """Will the platform still take what this place asks for?"""
    if floor is None:
        return True
    if place.since_id:
        made = time_of_id(place.since_id)
        return made is not None and made >= floor
    return place.start is not None and place.start >= floor


def without_id(place: Place, now: datetime) -> Place:
    """The same walk by time, for a server that refuses the id."""
    floor = now - WINDOW + EDGE
    start = max(place.read_to - OVERLAP, floor) if place.read_to else floor
    return replace(again(place), since_id="", start=start, begun=now - SETTLED)


def window(
    place: Place, span: Span, now: datetime, floor: datetime | None
) -> tuple[Place | None, Gap | None]:
    """The place for reading `span`, with `start` and end (in `begun`) in whole seconds; None if empty.

    Both stay as they are while pages follow, since a page token belongs to them. `floor`: the earliest
    time that may be asked; what of the span lies before is the gap.
    """
    start, gap = place.start or span.start, None
    if place.next_token and place.begun:
        if floor is None or start >= floor - EDGE + BRINK:
            return place, None
        return replace(place, start=floor), _lost(start, min(floor, span.end))
    if floor is not None and start < floor:
        start, gap = floor, _lost(start, min(floor, span.end))
    end = min(span.end + timedelta(microseconds=999_999), now - SETTLED).replace(microsecond=0)
    start = start.replace(microsecond=0)
    return (Place(start=start, begun=end) if start < end else None), gap


@dataclass(frozen=True, slots=True)
class Seen:
    """What matters of an answer: ids, the token of the next page, the oldest time."""

    ids: Sequence[str]
    next_token: str = ""
    oldest: datetime | None = None


def moved(place: Place, seen: Seen, cap: int = 0) -> tuple[Place, Gap | None]:
    """(where the answer leaves the walk, what it could not give). A walk at its end has no `begun`.

    `cap`: after so many posts the platform gives no more, which is not the same as having read all.
    """
    newest = max([place.first_newest, *seen.ids], key=id_order)
    walked = place.walked + len(seen.ids)
    if seen.next_token and seen.next_token != place.next_token:
        return replace(place, first_newest=newest, next_token=seen.next_token, walked=walked), None
    gap = None
    since = place.start or place.read_to
    if seen.next_token:
        gap = _gap(since, seen.oldest, "X gave the same page again; what is older may be missing")
    elif cap and walked >= cap and place.read_to is not None:
        gap = _gap(since, seen.oldest, f"X goes back {cap} posts only; what is older may be missing")
    since_id = max(place.since_id, newest, key=id_order)
    return Place(since_id=since_id, read_to=place.begun or place.read_to), gap


def stepped(cursor: Cursor, place: Place, begun: datetime, now: datetime) -> tuple[Cursor, bool]:
    """(the cursor with the place of its present text, whether to ask again at once).

    `begun`: when the walk that led to `place` was begun. After the last text there is more if time has
    passed since the first was begun: what came meanwhile is not read yet.
    """
    parts = (*cursor.parts[: cursor.at], place, *cursor.parts[cursor.at + 1 :])
    since = min(cursor.round or begun, begun)
    if place.begun or cursor.at + 1 < len(parts):
        at = cursor.at if place.begun else cursor.at + 1
        return replace(cursor, parts=parts, at=at, round=since), True
    return replace(cursor, parts=parts, at=0, round=None), since < now - SETTLED


def _gap(start: datetime | None, end: datetime | None, why: str) -> Gap | None:
    return Gap(Span(start, end), why) if start and end and start < end else None
