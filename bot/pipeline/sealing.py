"""Exact places go under seal as they arrive, and are opened only for reading, for the way, for a lead.

A post's geotag and the coordinates in its payload, a photo's GPS, and the readings that rest on them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from bot.pipeline import record_sealing
from bot.pipeline.road import Road
from bot.rules import exact
from store import photos, posts, sealed_places
from store.codec import from_json, to_json
from store.db import Transaction
from store.records.permit import Permit
from store.records.photo import Exif, Photo
from store.records.post import GeoTag, Post
from store.records.sighting import Sighting, Where


@dataclass(frozen=True, slots=True)
class _Post:
    """What of a post is sealed, with the version to which it belongs: geotag and whole payload."""

    version: str
    geotag: GeoTag | None
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Point:
    lat: float
    lon: float


def put(road: Road, tx: Transaction, post: Post, allowed: Permit) -> bool:
    """Store a post without geotag and coordinates, and those under seal. True if it or its version is new."""
    bare = replace(post, geotag=None, raw=exact.without_points(post.raw))
    is_new = posts.put(tx, bare, allowed, road.clock())
    if is_new:
        _keep(road, tx, post)
    return is_new


def _keep(road: Road, tx: Transaction, given: Post) -> None:
    """Seal what was taken off a post that was just stored; drop what an earlier version had."""
    if posts.version_of(tx, given.key) != given.version:
        return  # An older version that came late: its place is no longer the post's.
    if given.geotag is None and exact.without_points(given.raw) == given.raw:
        if sealed_places.has(tx, sealed_places.of_post(given.key)):
            sealed_places.drop(tx, [sealed_places.of_post(given.key)])
        return
    _seal(road, tx, sealed_places.of_post(given.key), _text(_Post(given.version, given.geotag, given.raw)))


def whole(road: Road, tx: Transaction, post: Post) -> Post:
    """The stored post with its geotag and payload as they came. Raises Sealed under another key."""
    text = _open(road, tx, sealed_places.of_post(post.key))
    if text is None:
        return post
    found = from_json(_Post, json.loads(text), subject=post.key)
    return replace(post, geotag=found.geotag, raw=found.raw) if found.version == post.version else post


def keep_photo(road: Road, tx: Transaction, photo: Photo) -> Photo:
    """Seal a photo's GPS; gives the photo as it is stored."""
    lat, lon = photo.exif.lat, photo.exif.lon
    if lat is None or lon is None:
        return photo
    if sealed_places.get(tx, sealed_places.of_photo(photo.digest)) is None:
        _seal(road, tx, sealed_places.of_photo(photo.digest), _text(_Point(lat, lon)))
    return replace(photo, exif=replace(photo.exif, lat=None, lon=None))


def exif_of_post(road: Road, tx: Transaction, key: str) -> list[tuple[str, Exif]]:
    """(digest, EXIF with GPS) of the post's kept photos."""
    found = []
    for digest, exif in photos.exif_of_post(tx, key):
        text = _open(road, tx, sealed_places.of_photo(digest))
        if text is not None:
            point = from_json(_Point, json.loads(text), subject=digest)
            exif = replace(exif, lat=point.lat, lon=point.lon)
        found.append((digest, exif))
    return found


def keep_claim(road: Road, tx: Transaction, claim: Sighting) -> Sighting:
    """Seal the exact readings of a claim; gives the claim as it is stored and shown."""
    if not any(exact.is_exact(c) for c in claim.where.candidates):
        sealed_places.drop(tx, [sealed_places.of_claim(claim.post_key)])
        return claim
    _seal(road, tx, sealed_places.of_claim(claim.post_key), _text(claim.where))
    return replace(claim, where=exact.coarse(claim.where))


def exact_claim(road: Road, tx: Transaction, claim: Sighting | None) -> Sighting | None:
    """A stored claim with its exact readings: for computing, and for whoever may see them."""
    text = None if claim is None else _open(road, tx, sealed_places.of_claim(claim.post_key))
    if claim is None or text is None:
        return claim
    return replace(claim, where=from_json(Where, json.loads(text), subject=claim.post_key))


def _text(value: object) -> str:
    """As JSON in ASCII: a payload may hold halves of characters that are no UTF-8."""
    return json.dumps(to_json(value))


def _seal(road: Road, tx: Transaction, row: str, text: str) -> None:
    sealed = record_sealing.seal(road, tx, text, row=row)
    sealed_places.put(tx, row, sealed, key_id=record_sealing.RECORD, at=road.clock())


def _open(road: Road, tx: Transaction, row: str) -> str | None:
    sealed = sealed_places.get(tx, row)
    return None if sealed is None else record_sealing.open_text(road, tx, sealed, row=row)
