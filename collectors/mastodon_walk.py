"""How a hashtag timeline is walked: what to ask next, and where that leaves the cursor. Pure.

Three walks share one cursor. Back from the newest page, once, when a source begins. Forward from the
highest id with `min_id`, for ever (`since_id` would give the newest page and leave a hole). And, now
and then, back again over the last days: posts that reach a server late get ids in the past, because
a status id is made from `created_at` (mastodon/mastodon lib/mastodon/snowflake.rb).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from store.records.page import Gap, Span


@dataclass(frozen=True, slots=True)
class WalkRules:
    """Pages that a beginning source walks back, and how often, how far and how long it looks again.

    `rescan_every` of zero switches the second look off.
    """

    page_size: int = 40
    backfill_pages: int = 2
    rescan_every: timedelta = timedelta(hours=1)
    rescan_span: timedelta = timedelta(hours=48)
    rescan_pages: int = 25


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor. `older_left` counts pages still to walk back, -1 means to the end.

    `rescan_until` is set while a second look is under way; times are aware UTC.
    """

    started: bool = False
    newest: str = ""
    older: str = ""
    older_left: int = 0
    rescan_at: datetime | None = None
    rescan_until: datetime | None = None
    rescan_older: str = ""
    rescan_left: int = 0


class Step(StrEnum):
    """What the next request is for."""

    FIRST = "first"
    OLDER = "older"
    NEWER = "newer"
    RESCAN = "rescan"


@dataclass(frozen=True, slots=True)
class Seen:
    """One item of an answer: its id on that server and its time."""

    id: str
    created_at: datetime | None = None


def dump(place: Place) -> str:
    """The cursor as text."""
    return msgspec.json.encode(place).decode()


def load(cursor: str) -> Place:
    """The place of a cursor; "" is the beginning. Raises ValueError for text that `dump` did not write."""
    if not cursor:
        return Place()
    try:
        return msgspec.json.decode(cursor.encode("utf-8", "replace"), type=Place)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None


def id_order(ident: str) -> tuple[int, str]:
    """Ids are opaque text; longer is later, then by characters (docs.joinmastodon.org api/guidelines)."""
    return len(ident), ident


def next_step(place: Place) -> Step:
    """Which request comes next: a walk that has begun is walked to its end first."""
    if not place.newest:
        return Step.FIRST
    if place.older_left:
        return Step.OLDER
    return Step.RESCAN if place.rescan_until else Step.NEWER


def asks(place: Place, step: Step, rules: WalkRules) -> list[tuple[str, str]]:
    """The paging parameters of that request."""
    asked = [("limit", str(rules.page_size))]
    if step is Step.NEWER:
        asked.append(("min_id", place.newest))
    elif step is Step.OLDER:
        asked.append(("max_id", place.older))
    elif step is Step.RESCAN and place.rescan_older:
        asked.append(("max_id", place.rescan_older))
    return asked


def moved(
    place: Place, step: Step, items: Sequence[Seen], now: datetime, rules: WalkRules
) -> tuple[Place, bool, Gap | None]:
    """(where the answer leaves the cursor, whether to ask again at once, what stays unread).

    Items may come in any order, twice, or not at all; a walk that makes no headway ends.
    """
    ids = sorted((item.id for item in items if item.id), key=id_order)
    if step is Step.FIRST:
        return _first(place, ids, now, rules)
    if step is Step.OLDER:
        return _older(place, ids)
    if step is Step.RESCAN:
        return _rescan(place, ids, items, now, rules)
    return _newer(place, ids, now, rules)


def _first(place: Place, ids: list[str], now: datetime, rules: WalkRules) -> tuple[Place, bool, None]:
    """A source that has begun before and saw nothing owes everything up to the end."""
    left = -1 if place.started else rules.backfill_pages
    rescan_at = place.rescan_at or (now + rules.rescan_every if rules.rescan_every else None)
    place = replace(place, started=True, rescan_at=rescan_at)
    if not ids:
        return place, False, None
    place = replace(place, newest=ids[-1], older=ids[0], older_left=left)
    return place, bool(left), None


def _older(place: Place, ids: list[str]) -> tuple[Place, bool, None]:
    if not ids or id_order(ids[0]) >= id_order(place.older):
        return replace(place, older="", older_left=0), True, None
    left = place.older_left - 1 if place.older_left > 0 else -1
    return replace(place, older=ids[0] if left else "", older_left=left), True, None


def _newer(place: Place, ids: list[str], now: datetime, rules: WalkRules) -> tuple[Place, bool, None]:
    if ids and id_order(ids[-1]) > id_order(place.newest):
        return replace(place, newest=ids[-1]), True, None
    if place.rescan_at and now >= place.rescan_at and rules.rescan_every:
        place = replace(
            place,
            rescan_until=now - rules.rescan_span,
            rescan_older="",
            rescan_left=rules.rescan_pages,
        )
        return place, True, None
    return place, False, None


def _rescan(
    place: Place, ids: list[str], items: Sequence[Seen], now: datetime, rules: WalkRules
) -> tuple[Place, bool, Gap | None]:
    times = [item.created_at for item in items if item.created_at]
    oldest = min(times, default=None)
    until = place.rescan_until or now
    stuck = not ids or bool(place.rescan_older and id_order(ids[0]) >= id_order(place.rescan_older))
    if stuck or (oldest is not None and oldest < until):
        return _rescanned(place, now, rules), False, None
    if place.rescan_left > 1:
        return replace(place, rescan_older=ids[0], rescan_left=place.rescan_left - 1), True, None
    why = f"the second look ended after {rules.rescan_pages} pages; posts that came late may be missing"
    gap = Gap(Span(until, oldest), why) if oldest is not None else None
    return _rescanned(place, now, rules), False, gap


def _rescanned(place: Place, now: datetime, rules: WalkRules) -> Place:
    again = now + rules.rescan_every if rules.rescan_every else None
    return replace(place, rescan_at=again, rescan_until=None, rescan_older="", rescan_left=0)
