"""What exists on the stand-in for Weibo: users, posts, comments; and how they look as JSON. Knows no HTTP.

Ids carry their time: seconds since an epoch of 1986 << 22, sixteen digits today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.servers.stand_in import Rules

_EPOCH_S = 515_483_463
BEIJING = timezone(timedelta(hours=8))
DELETED = "此微博已被原作者删除。"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TOPIC = re.compile(r"#([^#]+)#")
MENTION = re.compile(r"@([\w-]{2,30})")
LINK = re.compile(r"https?://[!-~]+")
_SIZES = {"thumbnail_pic": "thumbnail", "bmiddle_pic": "bmiddle", "original_pic": "large"}


def id_at(at: datetime, number: int = 0) -> int:
    return (int(at.timestamp()) - _EPOCH_S) << 22 | number


def written(at: datetime) -> str:
    """`Tue May 31 17:46:55 +0800 2011`, whatever the locale."""
    at = at.astimezone(BEIJING)
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S %z %Y}"


def weight(text: str, *, by_kind: bool = True) -> float:
    """Length as Weibo counts it; without `by_kind` (rule W-67) each code point is one."""
    if not by_kind:
        return len(text)
    text, links = LINK.subn("", text)
    return 10 * links + sum(0.5 if ord(c) <= 0xFF else 1 if ord(c) <= 0xFFFF else 2 for c in text)


@dataclass(slots=True)
class WUser:
    id: int
    screen_name: str
    location: str = "北京 海淀区"
    description: str = ""


@dataclass(slots=True)
class WPost:
    """`geo` is (latitude, longitude); `visible` 0 is public; `extra` is merged into the JSON."""

    id: int
    user_id: int
    text: str
    created_at: datetime
    geo: tuple[float, float] | None = None
    pics: list[str] = field(default_factory=list)
    has_video: bool = False
    retweet_of: int | None = None
    visible: int = 0
    deleted: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class WComment:
    id: int
    post_id: int
    user_id: int
    text: str
    created_at: datetime
    reply_to: int | None = None
    rip: str = ""
    by_api: bool = False
    deleted: bool = False


class WeiboWorld:
    """All data of one stand-in; callers hold the server's lock."""

    def __init__(self, rule: Rules, image_base: str = "") -> None:
        self.rule = rule
        self.image_base = image_base
        self.users: dict[int, WUser] = {}
        self.posts: dict[int, WPost] = {}
        self.comments: dict[int, WComment] = {}
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def user(self, screen_name: str, **fields: str) -> WUser:
        """The user of that name, made if there is none."""
        found = next((u for u in self.users.values() if u.screen_name == screen_name), None)
        if found is None:
            found = WUser(1_900_000_000 + self.next_number(), screen_name)
            self.users[found.id] = found
        for name, value in fields.items():
            setattr(found, name, value)
        return found

    def newest_first(self) -> list[WPost]:
        return sorted((p for p in self.posts.values() if not p.deleted), key=lambda p: p.id, reverse=True)

    def mentions(self, user_id: int) -> list[WPost]:
        name = self.users[user_id].screen_name
        return [post for post in self.newest_first() if name in MENTION.findall(post.text)]

    def comments_newest_first(self) -> list[WComment]:
        standing = [c for c in self.comments.values() if not c.deleted]
        return sorted(standing, key=lambda c: c.id, reverse=True)

    # -- as JSON

    def user_json(self, user: WUser) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": user.id,
            "screen_name": user.screen_name,
            "name": user.screen_name,
            "location": user.location,
            "description": user.description,
            "verified": False,
        }
        return shown | ({"idstr": str(user.id)} if self.rule("W-41") else {})

    def post_json(self, post: WPost, *, commercial: bool = False) -> dict[str, Any]:
        shown = self._base(post)
        if post.deleted:
            return shown | {"text": DELETED, "deleted": "1"}
        shown |= self._text(post, commercial)
        shown["user"] = self.user_json(self.users[post.user_id])
        shown["geo"] = self._geo(post)
        number = post.id % 3
        tag = '<a href="http://app.weibo.example/t/feed/1" rel="nofollow">iPhone客户端'
        shown["source"] = (tag + ("</a>", "", "</")[number]) if self.rule("W-47") else "iPhone客户端"
        shown["visible"] = {"type": post.visible if self.rule("W-46") else 0, "list_id": 0}
        shown |= self._pictures(post) if post.pics or not self.rule("W-44") else {}
        if post.has_video:
            shown["page_info"] = {"type": "video", "object_type": "video"}
        original = self.posts.get(post.retweet_of or 0)
        if original is not None and self.rule("W-45"):
            shown["retweeted_status"] = self.post_json(original, commercial=commercial)
        return shown | post.extra

    def _base(self, post: WPost) -> dict[str, Any]:
        exact = self.rule("W-40")
        shown: dict[str, Any] = {
            "created_at": written(post.created_at) if exact else post.created_at.isoformat(),
            "id": post.id,
            "mid": str(post.id),
            "favorited": False,
            "reposts_count": 0,
            "comments_count": sum(c.post_id == post.id for c in self.comments.values()),
        }
        return shown | ({"idstr": str(post.id)} if self.rule("W-41") else {})

    def _text(self, post: WPost, commercial: bool) -> dict[str, Any]:
        if not self.rule("W-42") or weight(post.text) <= 140:
            return {"text": post.text, "isLongText": False}
        cut = post.text
        while weight(cut) > 138:
            cut = cut[:-1]
        shown: dict[str, Any] = {
            "text": cut + "...全文： http://m.weibo.cn/1/" + str(post.id),
            "isLongText": True,
        }
        return shown | ({"longText": {"longTextContent": post.text}} if commercial else {})

    def _geo(self, post: WPost) -> dict[str, Any] | None:
        if post.geo is None:
            return None
        pair = list(post.geo) if self.rule("W-43") else [post.geo[1], post.geo[0]]
        return {"type": "Point", "coordinates": pair}

    def _pictures(self, post: WPost) -> dict[str, Any]:
        def address(size: str, pid: str) -> str:
            return f"{self.image_base}/{size}/{pid}.jpg"

        shown: dict[str, Any] = {"pic_urls": [{"thumbnail_pic": address("thumbnail", p)} for p in post.pics]}
        if post.pics:
            shown |= {name: address(size, post.pics[0]) for name, size in _SIZES.items()}
        return shown | ({"pic_ids": list(post.pics)} if len(post.pics) > 1 or not self.rule("W-44") else {})

    def comment_json(self, comment: WComment) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "created_at": written(comment.created_at),
            "id": comment.id,
            "idstr": str(comment.id),
            "mid": str(comment.id),
            "text": comment.text,
            "source": "Homeward",
            "user": self.user_json(self.users[comment.user_id]),
            "status": self.post_json(self.posts[comment.post_id]),
        }
        answered = self.comments.get(comment.reply_to or 0)
        if answered is not None:
            shown["reply_comment"] = {"id": answered.id, "idstr": str(answered.id), "text": answered.text}
        return shown
