"""Weibo statuses as posts. Pure: this module reads payloads, it fetches nothing.

Field meanings: open.weibo.com wiki, 2/statuses/show; picture sizes and Referer: docs/platforms/weibo.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from collectors import geo
from collectors.hashtags import extract
from collectors.payload import Fields, Reading, bio_signs, refused, unescape_basic
from store.records.post import Author, GeoTag, Gone, Media, PlaceTag, Platform, Post, Visibility

ZONE_OFFSET_MIN = 480
REFERER = "https://weibo.com/"

_MAX_REPOST_DEPTH = 3
_MONTHS = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6}
_MONTHS |= {"Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}
_DATE = re.compile(r"^\w{3} (\w{3}) (\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})$", re.ASCII)
_MENTION = re.compile(r"(?<![A-Za-z0-9_.])[@＠]([\w·-]{2,30})")
_SIZES = re.compile(r"/(?:thumbnail|thumb\d+|bmiddle|square|orj\d+|mw\d+|wap\d+|small|large|original)/")
_PICTURE_ID = re.compile(r"^[A-Za-z0-9]{8,64}$")
_REFERENCE = frozenset({"mid", "idstr", "id"})
_DELETED_WORDS = ("此微博已被原作者删除", "该微博已被删除", "抱歉，此微博已被")
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_status(value: object) -> bool:
    """Does the object have the shape of a Weibo status? (A comment carries its `status` and is none.)"""
    if not isinstance(value, dict) or "text" not in value or "account" in value or "status" in value:
        return False
    return (
        "mid" in value or "idstr" in value or ("created_at" in value and isinstance(value.get("user"), dict))
    )


def read_status(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One status, with the status it reposts (`retweeted_status`) before it.

    A deleted status is reported as gone and set aside: nothing of it is left to keep.
    """
    return _read(value, received_at, where, 0)


def parse_date(text: str) -> datetime | None:
    """`Tue May 31 17:46:55 +0800 2011` with its own offset; months by our table, strptime obeys locales."""
    found = _DATE.match(text.strip())
    if not found or found[1] not in _MONTHS:
        return None
    day, hour, minute, second = (int(found[i]) for i in (2, 3, 4, 5))
    offset = timedelta(hours=int(found[7]), minutes=int(found[8])) * (-1 if found[6] == "-" else 1)
    try:
        moment = datetime(
            int(found[9]), _MONTHS[found[1]], day, hour, minute, second, tzinfo=timezone(offset)
        )
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _read(value: object, received_at: datetime, where: str, depth: int) -> Reading:
    if not isinstance(value, dict):
        return refused(where, f"a status should be an object, found {type(value).__name__}", value)
    status = Fields(value, [])
    native_id = _native_id(status)
    if not native_id:
        return refused(where, "a Weibo status without mid, idstr and id cannot be told from others", value)
    key = f"weibo:{status.ident('mid') or native_id}"
    if _is_deleted(status):
        gone = Gone(key, Platform.WEIBO, "deleted on Weibo", received_at)
        return refused(where, "deleted on Weibo; nothing of it is left") + Reading(gone=(gone,))
    original, repost_of = Reading(), ""
    if value.get("retweeted_status") is not None:
        nested = status.obj("retweeted_status")
        nested_id = nested.ident("mid") or _native_id(nested)
        repost_of = f"weibo:{nested_id}" if nested_id else ""
        if nested.data.keys() <= _REFERENCE:
            pass  # A table of posts names the original by its number alone.
        elif depth < _MAX_REPOST_DEPTH:
            inner = f"{where}.retweeted_status"
            original = _read(value["retweeted_status"], received_at, inner, depth + 1)
        else:
            status.note("retweeted_status", "nested too deep, left in the raw payload")
    return original + Reading(posts=(_post(status, key, native_id, repost_of, received_at),))


def _native_id(status: Fields) -> str:
    return status.ident("idstr") or status.ident("id") or status.ident("mid")


def _is_deleted(status: Fields) -> bool:
    if status.flag("deleted"):
        return True
    text = status.data.get("text")
    return not status.data.get("user") and isinstance(text, str) and any(w in text for w in _DELETED_WORDS)


def _post(status: Fields, key: str, native_id: str, repost_of: str, received_at: datetime) -> Post:
    text = _text(status)
    author = _author(status)
    created = parse_date(status.text("created_at", needed=True))
    if created is None and status.data.get("created_at") is not None:
        status.note("created_at", "not a time that can be read")
    offset = created.utcoffset() if created else None
    answered = status.ident("in_reply_to_status_id")
    return Post(
        key=key,
        platform=Platform.WEIBO,
        author=author,
        text=text,
        received_at=received_at,
        created_at=created.astimezone(UTC) if created else None,
        native_id=native_id,
        zone_offset_min=int(offset.total_seconds() // 60) if offset is not None else ZONE_OFFSET_MIN,
        geotag=_geotag(status),
        place_tag=_place_tag(status),
        media=tuple(_media(status)),
        hashtags=extract(text, paired=True),
        mentions=mentions_of(text),
        repost_of=repost_of,
        reply_to=f"weibo:{answered}" if answered else "",
        visibility=_visibility(status),
        permalink=_permalink(author.id, key.removeprefix("weibo:")),
        raw=status.data,
        problems=tuple(status.problems),
    )


def _text(status: Fields) -> str:
    """The long form where the payload has it; a text known to be cut is named as a problem."""
    text = status.text("text", needed=True)
    if status.flag("isLongText"):
        long_form = status.obj("longText")
        full = long_form.text("longTextContent") or long_form.text("content")
        if full:
            text = full
        else:
            status.note("text", "cut by Weibo, the long form is not in the payload")
    return unescape_basic(text)


def mentions_of(text: str) -> tuple[str, ...]:
    """Screen names that the author addresses: those before the first `//@`.

    What follows `//@name:` are the words of earlier forwarders; they summon nobody for this author.
    """
    own = re.split(r"//\s*[@＠]", text, maxsplit=1)[0]
    return tuple(dict.fromkeys(found[1] for found in _MENTION.finditer(own)))


def _author(status: Fields) -> Author:
    user = status.obj("user")
    if not user:
        status.note("user", "missing")
        return Author(id="")
    return Author(
        id=user.ident("idstr") or user.ident("id", needed=True),
        handle=user.text("screen_name") or user.text("name"),
        display_name=user.text("name") or user.text("screen_name"),
        location=user.text("location"),
        signs=bio_signs(user.text("description")),
    )


def _geotag(status: Fields) -> GeoTag | None:
    """`coordinates` are latitude first; the older object names its longitude and latitude."""
    if status.data.get("geo") is None:
        return None
    place = status.obj("geo")
    if not place:
        return None
    name = place.text("address") or place.text("city_name")
    pair = place.data.get("coordinates")
    if isinstance(pair, list) and len(pair) == 2:
        found = geo.point(pair[0], pair[1], name)
        if found is None and geo.point(pair[1], pair[0]):
            status.note("geo.coordinates", "longitude first, against the documentation; turned round")
            found = geo.point(pair[1], pair[0], name)
    else:
        pair = [place.data.get("latitude"), place.data.get("longitude")]
        found = geo.point(pair[0], pair[1], name)
    if found is None and not all(number in (0, "0", "0.0", None) for number in pair):
        status.note("geo", "no point on Earth")
    return found


def _place_tag(status: Fields) -> PlaceTag | None:
    """The place of a check-in (`annotations[].place.title`), else the region shown beside the post."""
    for note in status.objs("annotations") if isinstance(status.data.get("annotations"), list) else []:
        title = note.obj("place").text("title") if isinstance(note.data.get("place"), dict) else ""
        if title:
            return PlaceTag(title)
    region = status.text("region_name").removeprefix("发布于").strip()
    return PlaceTag(region) if region else None


def _visibility(status: Fields) -> Visibility:
    """`visible.type` 0 is public; every other number hides the post from somebody."""
    if status.data.get("visible") is None:
        return Visibility.PUBLIC
    kind = status.obj("visible").number("type")
    if kind is None:
        status.note("visible.type", "not a number, read as private")
    return Visibility.PUBLIC if kind == 0 else Visibility.PRIVATE


def _media(status: Fields) -> Iterator[Media]:
    """Each picture once, largest first. The picture host answers only with the Referer."""
    addresses: list[str] = []
    for item in status.items("pic_urls"):
        address = item.get("thumbnail_pic") or item.get("url") if isinstance(item, dict) else item
        if isinstance(address, str) and address:
            addresses.append(address)
        else:
            status.note("pic_urls", "an entry without address")
    addresses += [a for n in ("original_pic", "bmiddle_pic", "thumbnail_pic") if (a := status.ident(n))]
    seen: set[str] = set()
    for address in addresses:
        picture = _file_name(address)
        if picture not in seen:
            seen.add(picture)
            yield _picture(address)
    stems = {name.partition(".")[0] for name in seen}
    for picture_id in status.texts("pic_ids"):
        if _PICTURE_ID.match(picture_id) and picture_id not in stems:
            stems.add(picture_id)
            yield _picture(f"https://wx1.sinaimg.cn/large/{picture_id}.jpg")


def _picture(address: str) -> Media:
    """`large` is the best size, `mw2000` the next; then the address as Weibo gave it."""
    secure = _secure(address)
    if not _SIZES.search(secure):
        return Media(url=secure, referer=REFERER)
    large, middle = (_SIZES.sub(f"/{size}/", secure, count=1) for size in ("large", "mw2000"))
    others = dict.fromkeys(url for url in (middle, secure) if url != large)
    return Media(url=large, fallbacks=tuple(others), referer=REFERER)


def _secure(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme == "http" and parts.netloc.endswith(".sinaimg.cn"):
        return urlunsplit(parts._replace(scheme="https"))
    return address


def _file_name(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def _permalink(user_id: str, mid: str) -> str:
    """weibo.com writes a mid in base 62: seven decimal digits, from the right, make four characters."""
    if not (user_id.isdecimal() and mid.isdecimal() and user_id.isascii() and mid.isascii()):
        return ""
    if not 0 < int(mid) < 10**20:
        return ""
    groups: list[str] = []
    while mid:
        mid, group = mid[:-7], int(mid[-7:])
        word = ""
        while group:
            group, digit = divmod(group, 62)
            word = _BASE62[digit] + word
        groups.insert(0, word.rjust(4, "0") if mid else word)
    return f"https://weibo.com/{user_id}/{''.join(groups)}"


def statuses_of(value: Any) -> list[Any]:
    """The statuses inside an answer that wraps them: a timeline, or one frame of the push stream."""
    if not isinstance(value, dict):
        return []
    frame = value.get("text")
    if isinstance(frame, dict):
        return [frame["status"]] if isinstance(frame.get("status"), dict) else []
    items = value.get("statuses")
    return items if isinstance(items, list) else []
