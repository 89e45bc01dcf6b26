"""The platforms' own data exports in a folder: which files hold posts, and what lies beside says of them.

X: `data/tweets.js` with `account.js`; Mastodon: `outbox.json` with `actor.json`; Bluesky: `*.car`; tables
of Weibo posts. Everything else that an export holds (messages, contacts, advertising) is never opened.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors import archive_car, archive_outbox, archive_table, archive_x
from collectors.archive_files import ArchiveLimits, Broken, Items, guarded, is_payload_name, opened
from collectors.archive_photos import PICTURE_ENDINGS, inside
from collectors.archive_stream import read_elements
from collectors.archive_x import Account
from collectors.payload import Fields, Reading, decode_json, refused
from collectors.shapes import read_payload
from store.records.post import MediaKind, Post

_X_POSTS = re.compile(r"^(?:deleted-)?tweets?(?:-part\d+)?\.js$|^\d{4}_\d\d\.js$", re.IGNORECASE)
_X_BESIDE = re.compile(r"^(?:account|profile|protected-history|note-tweet(?:-part\d+)?)\.js$", re.IGNORECASE)
_MASTODON_BESIDE = frozenset({"actor.json", "likes.json", "bookmarks.json"})
_OTHERS = (".car", ".csv", ".csv.gz")
_X_PICTURES = ("tweets_media", "tweet_media", "deleted_tweets_media")
_BESIDE_BYTES = 64_000_000
_HEAD_BYTES = 1 << 16
_OUTBOX = re.compile(rb'"OrderedCollection(?:Page)?"')


@dataclass(frozen=True, slots=True)
class Beside:
    """What a folder says of the posts in it, read once for all its files."""

    account: Account
    actor: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Beside:
        """Read `account.js` and its like, and `actor.json`; what cannot be read says nothing."""
        actor = _json(folder, "actor.json")
        return cls(_account(folder), actor if isinstance(actor, dict) else {})


def is_wanted(name: str, names: frozenset[str] = frozenset()) -> bool:
    """Does a folder's file of this name hold posts? `names` are all names of the folder."""
    lower = name.lower()
    if lower in _MASTODON_BESIDE and "outbox.json" in names:
        return False
    if name.startswith("."):
        return False
    return is_payload_name(name) or lower.endswith(_OTHERS) or bool(_X_POSTS.match(name))


def is_needed(name: str) -> bool:
    """Is a packed file's member of this name read at all: posts, what lies beside them, pictures?"""
    last = name.rpartition("/")[2]
    if last.startswith("."):
        return False
    is_picture = f".{last.rpartition('.')[2].lower()}" in PICTURE_ENDINGS
    return is_picture or is_wanted(last) or bool(_X_BESIDE.match(last))


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of file is read: its items, what each is as posts, where its pictures lie."""

    items: Items
    read: Callable[[object, str], Reading]
    with_pictures: Callable[[Post], Post]


def readings(
    path: Path, where: str, received_at: datetime, limits: ArchiveLimits, beside: Callable[[], Beside]
) -> Iterator[Reading] | None:
    """What an export's file holds, post by post; None where the file is no part of an export.

    `where` is put before each place that is set aside. `beside` reads what lies in the same folder.
    """
    kind = _kind_of(path, received_at, limits, beside)
    return None if kind is None else _read(path, where, limits, kind)


def _read(path: Path, where: str, limits: ArchiveLimits, kind: _Kind) -> Iterator[Reading]:
    for item in guarded(path, limits, kind.items):
        place = f"{where}{item.place}"
        if isinstance(item, Broken):
            yield refused(place, item.reason, item.head or None)
        else:
            reading = kind.read(item.value, place)
            yield replace(reading, posts=tuple(kind.with_pictures(post) for post in reading.posts))


def _kind_of(
    path: Path, received_at: datetime, limits: ArchiveLimits, beside: Callable[[], Beside]
) -> _Kind | None:
    raw, head = _heads(path)

    def of_shape(value: object, where: str) -> Reading:
        return read_payload(value, received_at, where=where)

    if archive_car.is_car(raw):
        return _Kind(lambda s, m: archive_car.read_posts(s, m, limits), of_shape, _as_it_is)
    if path.name.lower().removesuffix(".gz").endswith(".csv"):
        return _Kind(lambda s, m: archive_table.read_rows(s, m, limits), of_shape, _as_it_is)
    if _X_POSTS.match(path.name) or archive_x.BEGINS.match(head[:200].decode("utf-8", "replace").lstrip()):
        owner = beside().account

        def of_x(value: object, where: str) -> Reading:
            return archive_x.read_archived(archive_x.with_account(value, owner), received_at, where=where)

        elements = _elements(limits, archive_x.BEGINS, archive_x.is_element)
        return _Kind(elements, of_x, lambda post: _with_x_pictures(path.parent, post))
    if _OUTBOX.search(head) and b'"orderedItems"' in head:
        actor = beside().actor

        def of_outbox(value: object, where: str) -> Reading:
            activity = archive_outbox.with_actor(value, actor)
            return archive_outbox.read_archived(activity, received_at, where=where)

        elements = _elements(limits, archive_outbox.BEGINS, archive_outbox.is_activity)
        return _Kind(elements, of_outbox, lambda post: _with_outbox_pictures(path.parent, post))
    return None


def _elements(limits: ArchiveLimits, begins: re.Pattern[str], accepts: Callable[[Any], bool]) -> Items:
    return lambda stream, meter: read_elements(stream, meter, limits, begins, accepts)


def _heads(path: Path) -> tuple[bytes, bytes]:
    """The first bytes as they lie in the file, and unpacked; empty where the file cannot be read."""
    try:
        with opened(path) as (stream, packed_bytes):
            head = stream.read(_HEAD_BYTES)
        return b"" if packed_bytes else head, head
    except (OSError, EOFError, zlib.error):
        return b"", b""


def _as_it_is(post: Post) -> Post:
    return post


def _with_x_pictures(folder: Path, post: Post) -> Post:
    media = list(post.media)
    for position, name in archive_x.local_names(post):
        if media[position].local or media[position].kind is not MediaKind.PHOTO:
            continue
        found = (inside(folder, f"{place}/{name}") for place in _X_PICTURES)
        media[position] = replace(media[position], local=next(filter(None, found), ""))
    return replace(post, media=tuple(media))


def _with_outbox_pictures(folder: Path, post: Post) -> Post:
    """A picture's place is known from the post; it counts only if the file is really there."""
    is_photo = (item.kind is MediaKind.PHOTO for item in post.media)
    media = (
        replace(item, local=inside(folder, item.local) if item.local and photo else "")
        for item, photo in zip(post.media, is_photo, strict=True)
    )
    return replace(post, media=tuple(media))


def _json(folder: Path, name: str) -> Any:
    data = _bytes(folder, name)
    try:
        return decode_json(data) if data else None
    except ValueError:
        return None


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _BESIDE_BYTES:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def _x_list(folder: Path, name: str) -> list[dict[str, Any]]:
    """The objects of a small file of an X export, without their wrapper."""
    _, _, rest = _bytes(folder, name).partition(b"=")
    try:
        items = decode_json(rest) if rest else []
    except ValueError:
        return []
    items = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    inner = [next(iter(item.values()), None) if len(item) == 1 else item for item in items]
    return [item for item in inner if isinstance(item, dict)]


def _account(folder: Path) -> Account:
    """Of `account.js` only name and number are taken, not the mail address and telephone it also holds."""
    owner = Fields(next(iter(_x_list(folder, "account.js")), {}), [])
    profile = Fields(next(iter(_x_list(folder, "profile.js")), {}), []).obj("description")
    changes = [Fields(item, []) for item in _x_list(folder, "protected-history.js")]
    dated = [(c.time("protectedAt"), c.text("action")) for c in changes]
    known = sorted(((at, action) for at, action in dated if at), key=lambda each: each[0])
    return Account(
        id=owner.ident("accountId"),
        handle=owner.text("username"),
        display_name=owner.text("accountDisplayName"),
        location=profile.text("location"),
        bio=profile.text("bio"),
        is_protected=bool(known) and known[-1][1].lower() == "protect",
        notes=tuple(_notes(folder)),
    )


def _notes(folder: Path) -> Iterator[tuple[str, str]]:
    """The whole texts of long posts by their first characters."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if _X_BESIDE.match(entry.name))
    except OSError:
        return
    for name in (name for name in names if name.lower().startswith("note-tweet")):
        for item in _x_list(folder, name):
            text = Fields(item, []).obj("core").text("text")
            if text:
                yield archive_x.note_key(text), text
