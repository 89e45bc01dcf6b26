"""Read from a post whether its author is a minor, or says to be the child that is looked for. Pure.

Only what the author says of themself counts: first person, or the profile. A seen child's age is no
sign. In doubt about "this is me" the rule errs on the side of telling the lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import regex

from bot.rules import young_words as w
from store.records.post import Post

MOST_CHARS = 6000
# Fields of the platforms' payloads that say where an author is or lives.
_PLACES = frozenset(
    {
        "location", "geo", "coordinates", "place", "places", "place_id", "geo_enabled", "region",
        "region_name", "ip_location", "status_city", "status_province", "status_country", "province",
        "city", "annotations", "lat", "lon", "latitude", "longitude", "bbox", "full_name", "place_type",
    }
)  # fmt: skip
_PROFILE = frozenset({"note", "description"})
_OWNERS = frozenset({"account", "user", "author", "users"})
_MARKUP = regex.compile(r"<[^<>]{0,300}>")


class Kind(StrEnum):
    """What was said. The value is kept; the words never are."""

    AGE = "age"
    GRADE = "grade"
    PROFILE = "profile"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the post says of its author. `is_self`: the author says to be the child in question."""

    young: Kind | None = None
    is_self: bool = False


def read(text: str, profile: str = "") -> Signs:
    """The signs in a post's text and in its author's name and profile text. Never raises on any text."""
    words = _plain(text)
    young: Kind | None = None
    if any(pattern.search(words) for pattern in w.AGE):
        young = Kind.AGE
    elif any(pattern.search(words) for pattern in w.GRADE):
        young = Kind.GRADE
    elif profile and any(pattern.search(_plain(profile)) for pattern in (*w.AGE, *w.GRADE, *w.BIO)):
        young = Kind.PROFILE
    return Signs(young, any(pattern.search(words) for pattern in w.SELF))


def of_post(post: Post) -> Signs:
    """The signs of a post. Of a repost only "this is me" counts: whoever passes it on says nothing else."""
    if post.repost_of:
        return Signs(None, read(post.text).is_self)
    return read(post.text, "\n".join(filter(None, (post.author.display_name, profile_text(post.raw)))))


def _plain(text: str) -> str:
    """Simplified script, lower case, straight quotes, and what others are quoted with taken out."""
    words = text[:MOST_CHARS].translate(w.FOLD).casefold()
    return str(w.QUOTED.sub(" ", words))


def profile_text(raw: Mapping[str, Any]) -> str:
    """What the author's profile says in the payload, as far as platforms send it along with a post."""
    found: list[str] = []

    def look(value: object, *, owner: bool, depth: int) -> None:
        if depth > 4:
            return
        if isinstance(value, Mapping):
            for name, part in value.items():
                if owner and name in _PROFILE and isinstance(part, str):
                    found.append(_MARKUP.sub(" ", part[:2000]))
                elif name in _OWNERS or name == "includes":
                    look(part, owner=name in _OWNERS, depth=depth + 1)
        elif isinstance(value, list):
            for part in value[:5]:
                look(part, owner=owner, depth=depth + 1)

    look(raw, owner=False, depth=0)
    return "\n".join(found)


def without_place(post: Post) -> Post:
    """The post as a young author's is kept: no geotag, no place tag, no profile location, none in `raw`."""
    author = replace(post.author, location="")
    return replace(post, author=author, geotag=None, place_tag=None, raw=scrubbed(post.raw))


def scrubbed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A payload without the fields that name a place, at any depth."""
    return {name: _scrub(value, 0) for name, value in raw.items() if name not in _PLACES}


def _scrub(value: Any, depth: int) -> Any:
    if depth > 40:
        return None
    if isinstance(value, Mapping):
        return {name: _scrub(part, depth + 1) for name, part in value.items() if name not in _PLACES}
    if isinstance(value, list):
        return [_scrub(part, depth + 1) for part in value]
    return value
