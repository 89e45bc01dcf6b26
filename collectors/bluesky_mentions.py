"""Posts that name, answer or quote us: the walk through our notifications. Pure.

Source: the lexicon app.bsky.notification.listNotifications. Newest first; the network's cursor is opaque.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from collectors.payload import Fields, to_micros
from store.errors import BadPayload

METHOD = "app.bsky.notification.listNotifications"
REASONS = ("mention", "reply", "quote")
LIMIT = 50
FIRST = timedelta(hours=36)
"""A first reading goes back so far: older ones are nobody's question any more."""
_OVERLAP_US = 60_000_000  # what is indexed a little late


@dataclass(frozen=True, slots=True)
class Place:
    """Read to its end until `until_us` (Unix µs); a walk under way has a cursor and the newest it saw."""

    until_us: int = 0
    native: str = ""
    top_us: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One page: addresses of posts in order, where to read on, whether there is more now."""

    uris: tuple[str, ...]
    place: Place
    more: bool


def load(cursor: str, subject: str, now: datetime) -> Place:
    """The place that `dump` wrote. Raises BadPayload."""
    if not cursor:
        return Place(to_micros(now - FIRST))
    try:
        return msgspec.json.decode(cursor, type=Place)
    except msgspec.MsgspecError:
        raise BadPayload(
            subject, "the kept cursor is none of these mentions; forget it to begin anew"
        ) from None


def dump(place: Place) -> str:
    """The place as a cursor."""
    return msgspec.json.encode(place).decode()


def params(place: Place) -> list[tuple[str, str]]:
    """The parameters of one page."""
    asked = [*(("reasons", reason) for reason in REASONS), ("limit", str(LIMIT))]
    return [*asked, ("cursor", place.native)] if place.native else asked


def step(place: Place, items: Sequence[object], native: str, now: datetime) -> Step:
    """What a page brings. A walk ends where known ground begins, or the platform has no more."""
    floor_us = place.until_us - _OVERLAP_US
    uris: list[str] = []
    top_us, is_known = place.top_us, False
    for item in items:
        told = Fields(item, [])
        seen_at = told.time("indexedAt")
        seen_us = to_micros(seen_at) if seen_at else 0
        if seen_us and seen_us < floor_us:
            is_known = True
            continue
        top_us = max(top_us, seen_us)
        uri = told.ident("uri")
        if told.text("reason") in REASONS and uri.startswith("at://"):
            uris.append(uri)
    goes_on = bool(native) and native != place.native and not is_known
    if goes_on:
        return Step(tuple(dict.fromkeys(uris)), replace(place, native=native, top_us=top_us), True)
    # A clock over there that runs ahead must not make us pass over what comes next.
    return Step(tuple(dict.fromkeys(uris)), Place(max(min(top_us, to_micros(now)), place.until_us)), False)
