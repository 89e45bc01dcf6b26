"""How a list that is newest first is read by ids, without a hole and without a repeat. Pure.

`since_id` gives what is newer, `max_id` what is not newer, the post of that id included (open.weibo.com,
2/statuses/mentions, 2/comments/to_me). The place moves up only when all pages down to it were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor. All up to `since` was read; `started` says that a walk has come to its end before.

    `top` and `below` are set while a walk down is under way: its newest id, and the oldest it has come
    to. `left` counts the pages that the first walk may still read; 0: no bound. `pages` counts those that
    the walk has read.
    """

    started: bool = False
    since: str = ""
    top: str = ""
    below: str = ""
    left: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """The cursor of several lists that are read in turn: a place for each name; `turn` counts them."""

    places: dict[str, Place] = field(default_factory=dict)
    turn: int = 0


def turned(lists: Lists, names: Sequence[str], name: str, place: Place, more: bool) -> tuple[Lists, bool]:
    """(the lists after one answer for `name`, whether to ask again at once).

    A list whose walk has ended gives the turn to the next one; after the last there is nothing more.
    """
    places = {other: lists.places[other] for other in names if other in lists.places} | {name: place}
    turn = lists.turn % len(names)
    if more:
        return Lists(places, turn), True
    return Lists(places, (turn + 1) % len(names)), turn + 1 < len(names)


def id_order(ident: str) -> tuple[int, str]:
    """Ids are numbers beyond 64 bits some day: longer is later, then by characters."""
    return len(ident), ident


def asks(place: Place, count: int) -> list[tuple[str, str]]:
    """The paging parameters of the next request."""
    asked = [("count", str(count))]
    if place.since:
        asked.append(("since_id", place.since))
    if place.below:
        asked.append(("max_id", place.below))
    return asked


def moved(place: Place, ids: Iterable[str], first_pages: int) -> tuple[Place, frozenset[str], bool]:
    """(where an answer leaves the cursor, the ids that are new in it, whether to ask again at once).

    A page without anything new ends the walk, since pages may be shorter than asked for. After a long walk
    the top is looked at again at once; after a short one that would cost a third call for nothing. Ids may
    come in any order and twice. `first_pages` bounds the walk of a source that has never begun.
    """
    new = sorted({ident for ident in ids if _is_new(place, ident)}, key=id_order)
    if not new:
        since = max(place.top, place.since, key=id_order)
        return Place(started=True, since=since), frozenset(), place.pages > 1
    left = place.left
    if not place.top and not place.started:
        left = first_pages
    top = max(place.top, new[-1], key=id_order)
    if left == 1:
        return Place(started=True, since=top), frozenset(new), place.pages > 0
    place = replace(place, top=top, below=new[0], left=max(left - 1, 0), pages=place.pages + 1)
    return place, frozenset(new), True


def _is_new(place: Place, ident: str) -> bool:
    if not ident or (place.below and id_order(ident) >= id_order(place.below)):
        return False
    return not place.since or id_order(ident) > id_order(place.since)
