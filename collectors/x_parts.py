"""The objects that an X answer keeps apart in `includes`: users, media, places, other posts. Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors import geo
from collectors.payload import Fields
from store.records.post import Author, AuthorSign, GeoTag, Media, MediaKind, PlaceTag

_PHOTO_FORMATS = frozenset({"jpg", "jpeg", "png", "webp"})
_MEDIA_PATH = re.compile(r"^/media/([A-Za-z0-9_-]+)(?:\.([a-z]+))?(?::[a-z0-9]+)?$")


class Included:
    """The included objects of one answer, found by id; what is wrong in them goes to `problems`."""

    def __init__(self, includes: Fields) -> None:
        self._users = _by(includes, ("users",), "id")
        self._media = _by(includes, ("media",), "media_key")
        self._places = _by(includes, ("places",), "id")
        self._posts = _by(includes, ("tweets", "posts"), "id")

    def user(self, ident: str, problems: list[str]) -> Fields:
        """The user of that id, empty when the answer does not carry it."""
        return Fields(self._users.get(ident), problems, "user.")

    def media(self, key: str, problems: list[str]) -> Fields:
        """The media of that key, empty when the answer does not carry it."""
        return Fields(self._media.get(key), problems, "media.")

    def place(self, ident: str, problems: list[str]) -> Fields:
        """The place of that id, empty when the answer does not carry it."""
        return Fields(self._places.get(ident), problems, "place.")

    def post(self, ident: str, problems: list[str]) -> Fields:
        """The included post of that id, empty when the answer does not carry it."""
        return Fields(self._posts.get(ident), problems, "post.")

    def around(self, post: Fields) -> dict[str, Any]:
        """An answer that holds this post and what it refers to: enough to read the same post again."""
        parts = {
            "users": [self._users.get(post.ident("author_id"))],
            "media": [self._media.get(key) for key in media_keys(post)],
            "places": [self._places.get(place_id(post))],
            "tweets": [self._posts.get(ident) for ident in _reference_ids(post)],
        }
        kept = {name: [part for part in items if part] for name, items in parts.items()}
        includes = {name: items for name, items in kept.items() if items}
        return {"data": post.data, "includes": includes} if includes else {"data": post.data}


def _by(includes: Fields, names: tuple[str, ...], key: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        for item in includes.objs(name):
            ident = item.ident(key)
            if ident:
                found[ident] = item.data
    return found


def media_keys(post: Fields) -> list[str]:
    """The keys of a post's attachments."""
    if not isinstance(post.data.get("attachments"), dict):
        return []
    return post.obj("attachments").texts("media_keys")


def place_id(post: Fields) -> str:
    """The id of the place a post is tagged with, "" if none."""
    return post.obj("geo").ident("place_id") if isinstance(post.data.get("geo"), dict) else ""


def _reference_ids(post: Fields) -> list[str]:
    names = ("referenced_tweets", "referenced_posts")
    return [reference.ident("id") for name in names for reference in post.objs(name)]


def author_of(post: Fields, user: Fields, signs: frozenset[AuthorSign]) -> Author:
    """The author as far as the answer tells; without the expansion only the id is known."""
    ident = post.ident("author_id")
    if not user:
        if ident:
            post.note("includes.users", "the author is not included")
        return Author(id=ident)
    if user.flag("protected"):
        signs = signs | {AuthorSign.PROTECTED}
    return Author(
        id=ident,
        handle=user.text("username"),
        display_name=user.text("name"),
        location=user.text("location"),
        signs=signs,
    )


def places_of(post: Fields, included: Included) -> tuple[GeoTag | None, PlaceTag | None]:
    """The exact point if the post has one, else the middle of its place; and the place's name.

    Both are longitude first: `coordinates` [lon, lat], `bbox` [west, south, east, north].
    """
    ident = place_id(post)
    place = included.place(ident, post.problems)
    name = place.text("full_name") or place.text("name")
    tag = PlaceTag(name, place.text("country_code")) if name else None
    if ident and not place:
        post.note("includes.places", "the place is not included")
    found: GeoTag | None = None
    coordinates = post.data.get("geo")
    if isinstance(coordinates, dict) and isinstance(coordinates.get("coordinates"), dict):
        pair = coordinates["coordinates"].get("coordinates")
        if isinstance(pair, list) and len(pair) == 2:
            found = geo.point(pair[1], pair[0], name)
        if found is None:
            post.note("geo.coordinates", "no point on Earth")
    if found is None and isinstance(place.data.get("geo"), dict):
        found = geo.box(place.obj("geo").items("bbox"), name)
        if found is None:
            post.note("place.geo.bbox", "no box on Earth")
    return found, tag


def media_of(post: Fields, included: Included, sensitive: bool) -> tuple[Media, ...]:
    """The attachments in the order of the post; those not included are named as a problem."""
    found = []
    for key in media_keys(post):
        item = included.media(key, post.problems)
        media = _media(item, sensitive) if item else None
        if media is None:
            post.note("includes.media", f"{'no address in' if item else 'missing'} an attachment")
        else:
            found.append(media)
    return tuple(found)


def _media(item: Fields, sensitive: bool) -> Media | None:
    kind = item.text("type")
    alt = item.text("alt_text")
    if kind == "photo":
        address = item.text("url")
        best, *others = photo_sizes(address) if address else [""]
        return Media(best, MediaKind.PHOTO, tuple(others), alt, sensitive=sensitive) if best else None
    preview = item.text("preview_image_url")
    rates = [(v.number("bit_rate") or 0, v.text("url")) for v in item.objs("variants")]
    best = max((rate for rate in rates if rate[1]), default=(0.0, ""))[1]
    addresses = [address for address in (best, preview) if address]
    if not addresses:
        return None
    video = kind in ("video", "animated_gif")
    return Media(
        addresses[0],
        MediaKind.VIDEO if video else MediaKind.OTHER,
        tuple(addresses[1:]),
        alt,
        sensitive=sensitive,
    )


def photo_sizes(address: str) -> list[str]:
    """The addresses of a photo, best first: `orig`, `4096x4096`, `large`, then as X gave it."""
    try:
        parts = urlsplit(address)
        path = _MEDIA_PATH.match(parts.path) if parts.hostname == "pbs.twimg.com" else None
        asked = parse_qs(parts.query).get("format", [""])[0]
    except ValueError:
        return [address]
    if not path:
        return [address]
    wanted = (path[2] or asked or "jpg").lower()
    extension = wanted if wanted in _PHOTO_FORMATS else "jpg"
    base = f"https://pbs.twimg.com/media/{path[1]}?format={extension}&name="
    sizes = [base + size for size in ("orig", "4096x4096", "large")]
    return list(dict.fromkeys([*sizes, address]))
