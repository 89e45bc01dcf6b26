"""How a past span of a hashtag timeline is walked with `max_id`: what to ask next, and where to stop. Pure.

The first question is for the newest page: it tells whether the server's ids are made from times
(mastodon/mastodon lib/mastodon/snowflake.rb). If so the walk jumps to the end of the span, otherwise it
goes back from the newest page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from collectors.mastodon_walk import Seen, id_order
from store.records.page import Span

SLACK = timedelta(minutes=1)
_NEAR = timedelta(days=2)  # an id of a post that arrived late lies so near its time
_SHIFT = 16  # the lower bits are a counter


@dataclass(frozen=True, slots=True)
class BackPlace:
    """The cursor: the id below which reading goes on; "" before the first question."""

    below: str = ""


def load(cursor: str) -> BackPlace:
    """The place of a cursor; "" is the beginning. Raises ValueError for text that `moved` did not give."""
    if not cursor:
        return BackPlace()
    try:
        return msgspec.json.decode(cursor.encode("utf-8", "replace"), type=BackPlace)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None


def asks(place: BackPlace, page_size: int) -> list[tuple[str, str]]:
    """The paging parameters of the next request."""
    below = [("max_id", place.below)] if place.below else []
    return [("limit", str(page_size)), *below]


def moved(place: BackPlace, items: Sequence[Seen], span: Span) -> str | None:
    """The cursor to read on with, None when the span has been walked to its start.

    A page that is older than the span, empty, or makes no headway ends the walk.
    """
    ids = sorted((item.id for item in items if item.id), key=id_order)
    if not ids or (place.below and id_order(ids[0]) >= id_order(place.below)):
        return None
    times = [item.created_at for item in items if item.created_at]
    if times and max(times) < span.start:
        return None
    below = ids[0]
    if not place.below:
        jump = id_at(span.end + SLACK)
        if all(_is_made_of_time(item) for item in items) and id_order(jump) < id_order(below):
            below = jump
    return msgspec.json.encode(BackPlace(below)).decode()


def id_at(moment: datetime) -> str:
    """The first id of that moment on a server whose ids are made from times."""
    return str(int(moment.timestamp() * 1000) << _SHIFT)


def _is_made_of_time(item: Seen) -> bool:
    if not (item.id.isascii() and item.id.isdecimal()) or len(item.id) > 19 or item.created_at is None:
        return False
    try:
        said = datetime.fromtimestamp((int(item.id) >> _SHIFT) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(said - item.created_at) < _NEAR
