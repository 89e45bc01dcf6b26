"""Posts of X's own data export (`data/tweets.js`, older ones too) as posts. Pure; opens no file.

An export spells posts as the old API did. Shapes: docs/platforms/archive.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collectors import geo
from collectors.hashtags import distinct, extract
from collectors.payload import Fields, Reading, bio_signs, language, refused, unescape_basic
from collectors.weibo import parse_date
from collectors.x import time_of_id
from collectors.x_parts import photo_sizes
from store.records.post import (
    Author,
    AuthorSign,
    GeoTag,
    Gone,
    Media,
    MediaKind,
    PlaceTag,
    Platform,
    Post,
    Visibility,
)

BEGINS = re.compile(r"(?:window\.)?(?:YTD\.\w+\.part\d+|Grailbird\.data\.\w+)\s*=\s*\[")
_REPOST = re.compile(r"^RT @(\w{1,15}): ", re.ASCII)
_CUT = re.compile(r"(?:…|\.\.\.)?\s*(?:https://t\.co/\w+\s*)*$")
_STATUS_PATH = re.compile(r"^https?://(?:x|twitter)\.com/\w{1,15}/status/(\d{1,20})", re.ASCII)
_KINDS = {"photo": MediaKind.PHOTO, "video": MediaKind.VIDEO, "animated_gif": MediaKind.VIDEO}
_NOTE_START_CHARS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Whose export it is, as `account.js`, `profile.js` and `protected-history.js` beside it say.

    `notes` are the whole texts of long posts by their first characters (`note-tweet.js`).
    """

    id: str = ""
    handle: str = ""
    display_name: str = ""
    location: str = ""
    bio: str = ""
    is_protected: bool = False
    notes: tuple[tuple[str, str], ...] = ()


def is_element(value: object) -> bool:
    """Is it an element of such a list: a post, or a post in its wrapper?"""
    return isinstance(value, dict) and _tweet_of(value) is not None


def _tweet_of(value: dict[str, Any]) -> dict[str, Any] | None:
    inner = value.get("tweet", value)
    is_post = isinstance(inner, dict) and "id_str" in inner and ("full_text" in inner or "text" in inner)
    return inner if is_post else None


def is_archived(value: object) -> bool:
    """Is it what we keep of such a post: the post and whose it is?"""
    return isinstance(value, dict) and "tweet" in value and isinstance(value.get("account"), dict)


def with_account(value: object, account: Account) -> object:
    """The element together with whose it is: enough to read the same post again."""
    if not isinstance(value, dict) or _tweet_of(value) is None:
        return value
    tweet = _tweet_of(value) or {}
    owner: dict[str, Any] = {"id": account.id, "username": account.handle, "name": account.display_name}
    owner |= {"location": account.location, "bio": account.bio, "protected": account.is_protected}
    kept: dict[str, Any] = {"tweet": tweet, "account": owner}
    note = _note_of(tweet, account)
    return kept | {"note": note} if note else kept


def _note_of(tweet: dict[str, Any], account: Account) -> str:
    """The whole text of a long post: the one note that begins as the cut text does."""
    text = tweet.get("full_text")
    if not account.notes or not isinstance(text, str):
        return ""
    cut = _CUT.sub("", unescape_basic(text))
    if len(cut) < _NOTE_START_CHARS:
        return ""
    found = {whole for start, whole in account.notes if cut.startswith(start) and whole.startswith(cut)}
    return found.pop() if len(found) == 1 else ""


def note_key(text: str) -> str:
    """The first characters, by which a long post's whole text is found."""
    return text[:_NOTE_START_CHARS]


def read_archived(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One post of an export. A deleted one is reported as gone and set aside: nothing of it is kept."""
    if not isinstance(value, dict):
        return refused(where, f"a post should be an object, found {type(value).__name__}", value)
    tweet = Fields(value.get("tweet", value), [])
    native_id = tweet.ident("id_str") or tweet.ident("id")
    if not native_id:
        return refused(where, "an X post without id cannot be told from others", value)
    key = f"x:{_first_version(tweet) or native_id}"
    if tweet.data.get("deleted_at") is not None:
        gone = Gone(key, Platform.X, "deleted by its author, says the export", received_at)
        return refused(where, "deleted by its author; nothing of it is kept") + Reading(gone=(gone,))
    owner = Fields(value.get("account"), tweet.problems, "account.")
    original, repost_of = _original(tweet, received_at, where)
    post = _post(tweet, owner, key, native_id, repost_of, received_at, value)
    return original + Reading(posts=(post,))


def _post(
    tweet: Fields,
    owner: Fields,
    key: str,
    native_id: str,
    repost_of: str,
    received_at: datetime,
    raw: dict[str, Any],
) -> Post:
    text = str(raw.get("note") or "") or unescape_basic(
        tweet.text("full_text") or tweet.text("text", needed=True)
    )
    author, sensitive = _author(tweet, owner), tweet.flag("possibly_sensitive")
    created = _created(tweet, native_id)
    geotag, place_tag = _places(tweet)
    return Post(
        key=key,
        platform=Platform.X,
        author=author,
        text=text,
        received_at=received_at,
        created_at=created,
        native_id=native_id,
        version=native_id,
        language=language(tweet.text("lang")),
        geotag=geotag,
        place_tag=place_tag,
        media=tuple(_media(tweet, sensitive)),
        hashtags=distinct([*(t.text("text") for t in _entities(tweet, "hashtags")), *extract(text)]),
        mentions=() if repost_of else _mentions(tweet),
        repost_of=repost_of,
        reply_to=_key(tweet.ident("in_reply_to_status_id_str")),
        quote_of=_quoted(tweet),
        visibility=_visible(author),
        sensitive=sensitive,
        edited_at=created if key != f"x:{native_id}" else None,
        permalink=f"https://x.com/{author.handle or 'i'}/status/{native_id}",
        raw=raw,
        problems=tuple(tweet.problems),
    )


def _key(native_id: str) -> str:
    return f"x:{native_id}" if native_id else ""


def _visible(author: Author) -> Visibility:
    return Visibility.PRIVATE if AuthorSign.PROTECTED in author.signs else Visibility.PUBLIC


def _mentions(tweet: Fields) -> tuple[str, ...]:
    """Whom the author addressed; whom a repost names was not addressed by whoever passed it on."""
    names = [named.text("screen_name") for named in _entities(tweet, "user_mentions")]
    return tuple(dict.fromkeys(name for name in names if name))


def _author(tweet: Fields, owner: Fields) -> Author:
    """The owner of the export; the oldest exports name the author in each post."""
    user = tweet.obj("user") if isinstance(tweet.data.get("user"), dict) else None
    if user:
        signs = set(bio_signs(user.text("description")))
        signs |= {AuthorSign.PROTECTED} if user.flag("protected") else set()
        ident = user.ident("id_str") or user.ident("id")
        return Author(
            ident, user.text("screen_name"), user.text("name"), user.text("location"), frozenset(signs)
        )
    ident, handle = owner.ident("id"), owner.text("username")
    if not ident and not handle:
        tweet.note("account", "no account.js lies beside it, so the author is not known")
    signs = set(bio_signs(owner.text("bio")))
    signs |= {AuthorSign.PROTECTED} if owner.flag("protected") else set()
    return Author(ident, handle, owner.text("name"), owner.text("location"), frozenset(signs))


def _first_version(tweet: Fields) -> str:
    """Each edit has a new id; the first of the history is the key of all of them."""
    info = tweet.data.get("edit_info")
    for name in ("initial", "edit"):
        part = info.get(name) if isinstance(info, dict) else None
        if not isinstance(part, dict):
            continue
        first = Fields(part, tweet.problems, f"edit_info.{name}.").ident("initialTweetId")
        control = part.get("editControlInitial")
        for held in (part, control if isinstance(control, dict) else {}):
            ids = held.get("editTweetIds")
            if not first and isinstance(ids, list) and ids:
                first = Fields({"0": ids[0]}, tweet.problems).ident("0")
        if first:
            return first
    return ""


def _created(tweet: Fields, native_id: str) -> datetime | None:
    words = tweet.text("created_at", needed=True)
    moment = parse_date(words) or _of_first_exports(words)
    if moment is None:
        moment = time_of_id(native_id)
        tweet.note("created_at", "not a time that can be read" + (", taken from the id" if moment else ""))
    return moment.astimezone(UTC) if moment else None


def _of_first_exports(words: str) -> datetime | None:
    """`2012-02-03 04:05:06 +0000`, as exports before 2018 write it."""
    try:
        return datetime.strptime(words.strip(), "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None


def _entities(tweet: Fields, name: str) -> list[Fields]:
    return tweet.obj("entities").objs(name) if isinstance(tweet.data.get("entities"), dict) else []


def _original(tweet: Fields, received_at: datetime, where: str) -> tuple[Reading, str]:
    """What is reposted: its key, and the post itself where an old export holds it.

    New exports cut a repost to its first words and name whom it came from, but not which post it was.
    """
    held = tweet.data.get("retweeted_status")
    if isinstance(held, dict) and "retweeted_status" not in held:
        reading = read_archived(
            {"tweet": held, "account": {}}, received_at, where=f"{where}.retweeted_status"
        )
        return reading, reading.posts[-1].key if reading.posts else ""
    for item in _attached(tweet):
        source = item.ident("source_status_id_str")
        if source and _REPOST.match(tweet.text("full_text")):
            return Reading(), f"x:{source}"
    named = _REPOST.match(tweet.text("full_text") or tweet.text("text"))
    return Reading(), f"x:@{named[1]}" if named else ""


def _quoted(tweet: Fields) -> str:
    quoted = tweet.ident("quoted_status_id_str")
    links = [link.text("expanded_url") for link in _entities(tweet, "urls")]
    found = _STATUS_PATH.match(links[-1]) if links and not quoted else None
    return _key(found[1] if found else quoted)


def _attached(tweet: Fields) -> list[Fields]:
    """`extended_entities` hold all attachments, `entities` of old posts the first alone."""
    if isinstance(tweet.data.get("extended_entities"), dict):
        found = tweet.obj("extended_entities").objs("media")
        if found:
            return found
    return _entities(tweet, "media")


def _media(tweet: Fields, sensitive: bool) -> Iterator[Media]:
    for item in _attached(tweet):
        address = item.text("media_url_https") or item.text("media_url")
        kind = _KINDS.get(item.text("type"), MediaKind.OTHER)
        if not address:
            item.note("media_url_https", "no address in an attachment")
            continue
        best, *others = photo_sizes(address) if kind is MediaKind.PHOTO else _videos(item, address)
        yield Media(best, kind, tuple(others), item.text("ext_alt_text"), sensitive=sensitive)


def _videos(item: Fields, preview: str) -> list[str]:
    info = item.obj("video_info") if isinstance(item.data.get("video_info"), dict) else Fields({}, [])
    rates = [(v.number("bitrate") or 0, v.text("url")) for v in info.objs("variants")]
    best = max((rate for rate in rates if rate[1]), default=(0.0, ""))[1]
    return [address for address in (best, preview) if address]


def local_names(post: Post) -> Iterator[tuple[int, str]]:
    """(which attachment, file name): an export names pictures by the post's id and their address."""
    for position, media in enumerate(post.media):
        for address in (media.url, *media.fallbacks):
            name = address.partition("?")[0].rpartition("/")[2]
            ending = re.search(r"[?&]format=(\w{2,4})(?:&|$)", address)
            yield position, f"{post.native_id}-{name}.{ending[1]}" if ending else f"{post.native_id}-{name}"


def _places(tweet: Fields) -> tuple[GeoTag | None, PlaceTag | None]:
    """`coordinates` are longitude first, the older `geo` latitude first; a place has a box of corners."""
    place = tweet.obj("place") if isinstance(tweet.data.get("place"), dict) else Fields({}, [])
    name = place.text("full_name") or place.text("name")
    tag = PlaceTag(name, place.text("country_code")) if name else None
    for field, first in (("coordinates", 1), ("geo", 0)):
        value = tweet.data.get(field)
        pair = value.get("coordinates") if isinstance(value, dict) else None
        if isinstance(pair, list) and len(pair) == 2:
            found = geo.point(pair[first], pair[1 - first], name)
            if found is not None:
                return found, tag
    box = place.data.get("bounding_box")
    corners = box.get("coordinates") if isinstance(box, dict) else None
    ring = corners[0] if isinstance(corners, list) and corners and isinstance(corners[0], list) else []
    points = [point for point in ring if isinstance(point, list) and len(point) == 2]
    numbers = [n for point in points for n in point if isinstance(n, int | float)]
    if points and len(numbers) == 2 * len(points):
        east, north = numbers[0::2], numbers[1::2]
        return geo.box([min(east), min(north), max(east), max(north)], name), tag
    return None, tag
