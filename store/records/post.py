"""A post as every platform can be read: the vocabulary that collectors produce and all else reads.

Values only: nothing here knows a wire format, the database or a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

_PLATFORM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Platform(StrEnum):
    """Where a post was made. The value is what the database keeps.

    Open: an adapter names its own platform, `Platform("pigeon")`, which is the same object from then on
    and is not among the members. Raises ValueError for what is no lower-case word. Which platforms are
    there is known to `collectors.registry.platforms`.
    """

    WEIBO = "weibo"
    X = "x"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"

    @classmethod
    def _missing_(cls, value: object) -> Platform | None:
        if not isinstance(value, str) or not _PLATFORM_NAME.fullmatch(value):
            return None
        named = str.__new__(cls, value)
        named._name_, named._value_ = value.upper(), value
        # As the standard library does for flags: the same value is the same object.
        return cast(Platform, cls._value2member_map_.setdefault(value, named))


class Visibility(StrEnum):
    """Who can see the post on its platform. Only the first two are ever stored."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    DIRECT = "direct"


class MediaKind(StrEnum):
    """What a post carries. Only photos are looked at; the rest is kept as an address."""

    PHOTO = "photo"
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


class AuthorSign(StrEnum):
    """What an author says about the use of their posts, read from profile, labels and settings."""

    BOT = "bot"
    NO_BOT = "no_bot"
    NO_INDEX = "no_index"
    NOT_DISCOVERABLE = "not_discoverable"
    PROTECTED = "protected"
    LOGIN_ONLY = "login_only"
    FOLLOWS_US = "follows_us"
    LOCKED = "locked"
    SUSPENDED = "suspended"
    MEMORIAL = "memorial"
    NOT_YET_KNOWN = "not_yet_known"
    """The profile was not read yet: until then the author counts as having asked for the strictest."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post.

    `id` is the platform's stable id ("" when the payload does not say), `handle` the changeable
    name as the platform writes it (Mastodon: user@host, always with the host).
    """

    id: str
    handle: str = ""
    display_name: str = ""
    location: str = ""
    signs: frozenset[AuthorSign] = frozenset()


@dataclass(frozen=True, slots=True)
class Media:
    """One attachment: its best original address, other sizes to try in order, its alt text.

    `referer` is sent when the platform's picture host asks for it. `local` is the name of a
    file beside an imported payload (the archive found it there), "" otherwise.
    """

    url: str
    kind: MediaKind = MediaKind.PHOTO
    fallbacks: tuple[str, ...] = ()
    alt_text: str = ""
    referer: str = ""
    local: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class GeoTag:
    """Where the platform says the post was made: WGS-84 degrees, radius in km, and its name."""

    lat: float
    lon: float
    radius_km: float = 0.05
    name: str = ""


@dataclass(frozen=True, slots=True)
class PlaceTag:
    """A place the platform names without usable coordinates."""

    name: str
    country_code: str = ""


DATE_DOUBT = ("created_at lies ", "created_at (")
"""How the words begin that bot/rules/moments.py puts among a post's problems."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post, on whatever platform it was made.

    `key` is the platform's own lasting key, with the platform before it
    (`x:` + edit_history_tweet_ids[0], `mastodon:` + uri, `bluesky:` + at-URI, `weibo:` + mid).
    `native_id` is what the API that delivered it wants back (on Mastodon: that server's id).
    `version` tells edits apart (X id, Mastodon edited_at, Bluesky cid; "" when there are none).
    `text` is plain Unicode; all offsets are characters of it. Times are aware UTC;
    `zone_offset_min` is the post's own zone, minutes east of UTC, where the platform shows one.
    `created_at` is what the platform claims and may lie; None when it cannot be read.
    `raw` rebuilds this one post (JSON-able). `problems` names what could not be read.
    """

    key: str
    platform: Platform
    author: Author
    text: str
    received_at: datetime
    created_at: datetime | None = None
    native_id: str = ""
    version: str = ""
    language: str = ""
    zone_offset_min: int | None = None
    geotag: GeoTag | None = None
    place_tag: PlaceTag | None = None
    media: tuple[Media, ...] = ()
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    repost_of: str = ""
    reply_to: str = ""
    quote_of: str = ""
    visibility: Visibility = Visibility.PUBLIC
    content_warning: str = ""
    sensitive: bool = False
    edited_at: datetime | None = None
    permalink: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def written_at(self) -> datetime:
        """When it was written, as far as that can be trusted: never later than it was received."""
        if self.created_at is None or self.has_doubtful_date:
            return self.received_at
        return min(self.created_at, self.received_at)

    @property
    def has_doubtful_date(self) -> bool:
        """Whether the post's own time was found to be no time at which it can have been written."""
        return any(problem.startswith(DATE_DOUBT) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that its platform no longer shows, and why as far as it says."""

    key: str
    platform: Platform
    why: str
    seen_at: datetime


class AccountState(StrEnum):
    """What became of an author's account. HIDDEN: for as long as it is out of use; DELETED: for good."""

    ACTIVE = "active"
    HIDDEN = "hidden"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class AccountNews:
    """What a platform says of an author as a whole: the state of the account, or a new handle.

    `state` is None where only the handle is told, `handle` "" where only the state is.
    """

    author_id: str
    platform: Platform
    seen_at: datetime
    state: AccountState | None = None
    handle: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """Where and when one copy of a post was delivered: a source's name, its tag, its native id."""

    post_key: str
    source: str
    tag: str
    native_id: str
    seen_at: datetime
