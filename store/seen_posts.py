"""Stored posts chosen by what they claim and when they came, page by page; where they are. Reads only.

Not by words, place or face: looking for somebody by hand has rules and limits of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.db import Transaction
from store.matches import LATER, OPEN, POSSIBLE
from store.records.photo import PhotoState
from store.records.sighting import FirstHand

_P, _S, _M, _C = t.posts.c, t.sightings.c, t.media.c, t.matches.c


@dataclass(frozen=True, slots=True)
class Choice:
    """Which posts: each field left as it is leaves nothing out. `since` and `until` bound the receipt."""

    platform: str = ""
    since: datetime | None = None
    until: datetime | None = None
    own: bool = False
    photo: bool = False
    place: bool = False
    candidate: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A claim on the map: WGS-84 degrees, how far off it may be, the place's name, for how many posts."""

    lat: float
    lon: float
    radius_km: float
    name: str
    count: int


def keys(
    tx: Transaction, choice: Choice, *, before: tuple[datetime, str] | None, most: int, viewer: str
) -> list[str]:
    """Keys of posts, newest first; no reposts, no hidden ones. Keyset (received_at, key)."""
    query = sa.select(_P.key).where(*_wanted(choice, viewer))
    query = query.order_by(_P.received_at.desc(), _P.key.desc()).limit(most)
    if before is not None:
        query = query.where(sa.tuple_(_P.received_at, _P.key) < sa.tuple_(*map(sa.literal, before)))
    return list(tx.execute(query).scalars())


def spots(tx: Transaction, choice: Choice, *, most: int, viewer: str) -> list[Spot]:
    """Where the chosen posts say that something was seen, those of most posts first."""
    count = sa.func.count().label("number")
    place = (_S.lat, _S.lon, _S.place)
    query = (
        sa.select(*place, sa.func.max(_S.radius_km), count)
        .join(t.posts, _P.key == _S.post_key)
        .where(*_wanted(choice, viewer), _S.lat.is_not(None))
        .group_by(*place)
        .order_by(count.desc(), _S.place)
        .limit(most)
    )
    return [Spot(lat, lon, far or 1.0, name, number) for lat, lon, name, far, number in tx.execute(query)]


def _wanted(choice: Choice, viewer: str) -> list[Any]:
    found: list[Any] = [~veils.of_veiled(_P.key), _P.repost_of == ""]
    if choice.platform:
        found.append(_P.platform == choice.platform)
    if choice.since is not None:
        found.append(_P.received_at >= choice.since)
    if choice.until is not None:
        found.append(_P.received_at < choice.until)
    claims: list[Any] = []
    claims += [_S.first_hand == FirstHand.OWN.value] if choice.own else []
    claims += [_S.lat.is_not(None)] if choice.place else []
    if claims:
        found.append(sa.exists().where(_S.post_key == _P.key, *claims))
    if choice.photo:
        found.append(sa.exists().where(_M.post_key == _P.key, _M.state == PhotoState.KEPT.value))
    if choice.candidate:
        standing = _C.state.in_((OPEN, LATER, POSSIBLE))
        known = ~case_teams.of_hidden(_C.case_id, viewer)
        found.append(sa.exists().where(_C.post_key == _P.key, standing, known))
    return found
