"""What exists on the stand-in for X: users, posts and their edits, media, places. Knows no HTTP.

Ids carry their time as on X, (milliseconds since 2010-11-04) << 22; any other digits may be given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import regex

from tests.servers.stand_in import Rules

_EPOCH_MS = 1288834974657
TAG = re.compile(r"[#＃](\w*[^\W\d]\w*)")
MENTION = re.compile(r"(?<![\w@])@(\w{1,15})")
URL = re.compile(
    r"https?://[^\s]+|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|cn|io|gov|info|example)\b\S*", re.I
)
_LONG, _EDITS, _EDIT_FOR = 280, 5, timedelta(minutes=30)
_CLUSTER = regex.compile(r"\X")
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\uFE0F|\u20E3")


def id_at(at: datetime, number: int = 0) -> str:
    return str(max(int(at.timestamp() * 1000) - _EPOCH_MS, 0) << 22 | number)


def time_of_id(post_id: str) -> datetime:
    """The time inside an id; the far future for ids beyond all times."""
    seconds = ((int(post_id) >> 22) + _EPOCH_MS) / 1000
    return datetime.fromtimestamp(min(seconds, 253402300799), UTC)


def weight(text: str, *, urls: bool = True, two: bool = True) -> int:
    """Length as X counts it; the switches are for rules X-106 and X-105."""
    text, total = unicodedata.normalize("NFC", text), 0
    if urls:
        text, found = URL.subn("", text)
        total = 23 * found
    if not two:
        return total + len(text)
    for cluster in _CLUSTER.findall(text):
        total += 2 if _EMOJI.search(cluster) else sum(map(_point_weight, map(ord, cluster)))
    return total


def _point_weight(point: int) -> int:
    light = point <= 4351 or 8192 <= point <= 8205 or 8208 <= point <= 8223 or 8242 <= point <= 8247
    return 1 if light else 2


@dataclass(slots=True)
class XUser:
    id: str
    username: str
    name: str
    location: str = ""
    description: str = ""
    protected: bool = False
    blocks: set[str] = field(default_factory=set)


@dataclass(slots=True)
class XMedia:
    media_key: str
    type: str
    url: str | None
    preview_image_url: str | None
    alt_text: str | None
    width: int
    height: int
    variants: list[dict[str, Any]]


@dataclass(slots=True)
class XPlace:
    id: str
    full_name: str
    name: str
    country: str
    country_code: str
    place_type: str
    bbox: list[float]


@dataclass(slots=True)
class XPost:
    """One version of a post; `history` is the same list in all versions, oldest id first."""

    id: str
    author_id: str
    text: str
    created_at: datetime
    lang: str
    history: list[str]
    conversation_id: str
    media: list[str] = field(default_factory=list)
    place_id: str | None = None
    coordinates: list[float] | None = None
    references: list[tuple[str, str]] = field(default_factory=list)
    in_reply_to_user_id: str | None = None
    sensitive: bool = False
    reply_settings: str = "everyone"
    withheld: dict[str, Any] | None = None
    deleted: bool = False
    by_api: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def hashtags(self) -> list[str]:
        return TAG.findall(self.text)

    @property
    def mentions(self) -> list[str]:
        return MENTION.findall(self.text)

    @property
    def links(self) -> list[str]:
        return [m.group() for m in re.finditer(r"https?://\S+", self.text)]

    @property
    def is_long(self) -> bool:
        return weight(self.text) > _LONG

    @property
    def is_repost(self) -> bool:
        return any(kind == "retweeted" for kind, _ in self.references)


class EditRefused(ValueError):
    """An edit too many or too late."""


class XWorld:
    """All data of one stand-in; callers hold the server's lock."""

    def __init__(self, rule: Rules) -> None:
        self.rule = rule
        self.users: dict[str, XUser] = {}
        self.posts: dict[str, XPost] = {}
        self.media: dict[str, XMedia] = {}
        self.places: dict[str, XPlace] = {}
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def user(self, username: str, **fields: Any) -> XUser:
        """The user of that name, made if there is none; fields are set."""
        found = next((u for u in self.users.values() if u.username.casefold() == username.casefold()), None)
        if found is None:
            found = XUser(str(1_000_000 + self.next_number()), username, username.title())
            self.users[found.id] = found
        for name, value in fields.items():
            setattr(found, name, value)
        return found

    def add_media(self, kind: str, alt_text: str | None, base: str, width: int, height: int) -> XMedia:
        number = self.next_number()
        key = f"{3 if kind == 'photo' else 7}_{1_800_000_000_000 + number}"
        name = f"K{number:06d}"
        url = f"{base}/media/{name}.jpg" if kind == "photo" else None
        preview = None if kind == "photo" else f"{base}/ext_tw_video_thumb/{number}/pu/img/{name}.jpg"
        variants = []
        if kind == "video":
            for rate, size in ((832000, "640x360"), (2176000, "1280x720")):
                address = f"https://video.twimg.com/ext_tw_video/{number}/pu/vid/{size}/{name}.mp4"
                variants.append({"bit_rate": rate, "content_type": "video/mp4", "url": address})
            playlist = f"https://video.twimg.com/ext_tw_video/{number}/pu/pl/{name}.m3u8"
            variants.append({"content_type": "application/x-mpegURL", "url": playlist})
        made = XMedia(key, kind, url, preview, alt_text, width, height, variants)
        self.media[key] = made
        return made

    def add_post(self, author: str, text: str, at: datetime, post_id: str | None, **fields: Any) -> XPost:
        user = self.user(author)
        reply_to, quote_of, repost_of = (fields.pop(k, None) for k in ("reply_to", "quote_of", "repost_of"))
        made_id = post_id or id_at(at, self.next_number())
        if not made_id.isdigit() or made_id in self.posts:
            raise ValueError(f"id {made_id} is taken or no number")
        post = XPost(made_id, user.id, text, at, fields.pop("lang", "en"), [made_id], made_id, **fields)
        for kind, target in (("replied_to", reply_to), ("quoted", quote_of), ("retweeted", repost_of)):
            if target is not None:
                post.references.append((kind, target))
        parent = self.posts.get(reply_to or "")
        if parent is not None:
            post.conversation_id = parent.conversation_id
            post.in_reply_to_user_id = parent.author_id
        original = self.posts.get(repost_of or "")
        if original is not None:
            post.text = f"RT @{self.users[original.author_id].username}: {original.text}"
        self.posts[post.id] = post
        return post

    def edit(self, post_id: str, text: str, at: datetime) -> XPost:
        """A new version; EditRefused after five edits or half an hour (rule X-52)."""
        old = self.posts[post_id]
        first = self.posts[old.history[0]]
        edits = len(old.history) - 1
        if self.rule("X-52") and (edits >= _EDITS or at - first.created_at > _EDIT_FOR):
            raise EditRefused(f"{post_id}: {edits} edits, first post of {first.created_at.isoformat()}")
        latest = self.posts[old.history[-1]]
        if not self.rule("X-51"):
            latest.text = text
            return latest
        values = {name: getattr(latest, name) for name in XPost.__slots__}
        new = XPost(**{**values, "id": id_at(at, self.next_number()), "text": text, "created_at": at})
        new.history.append(new.id)
        self.posts[new.id] = new
        return new

    def delete(self, post_id: str) -> None:
        for version in self.posts[post_id].history if self.rule("X-53") else [post_id]:
            self.posts[version].deleted = True

    def edits_of(self, post: XPost) -> tuple[int, datetime, bool]:
        """Edits left, editable until, still editable in principle."""
        first = self.posts[post.history[0]]
        left = _EDITS - (len(post.history) - 1)
        plain = not any(kind in ("retweeted", "replied_to") for kind, _ in post.references)
        return left, first.created_at + _EDIT_FOR, plain

    def is_visible(self, post: XPost) -> bool:
        return not post.deleted and not self.users[post.author_id].protected

    def newest_first(self) -> list[XPost]:
        """The newest version of each visible post, newest id first."""
        shown = [p for p in self.posts.values() if self.is_visible(p) and p.id == p.history[-1]]
        return sorted(shown, key=lambda post: int(post.id), reverse=True)

    def spot(self, post: XPost) -> tuple[float, float] | None:
        """(lon, lat) of the post or the middle of its place."""
        if post.coordinates is not None:
            return post.coordinates[0], post.coordinates[1]
        place = self.places.get(post.place_id or "")
        if place is None:
            return None
        west, south, east, north = place.bbox
        return (west + east) / 2, (south + north) / 2

    def mentions_account(self, post: XPost, username: str) -> bool:
        return username.casefold() in (name.casefold() for name in post.mentions)

    def quotes(self, post: XPost, user_id: str) -> bool:
        quoted = [self.posts.get(target) for kind, target in post.references if kind == "quoted"]
        return any(target is not None and target.author_id == user_id for target in quoted)
