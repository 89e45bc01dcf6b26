"""Posts of a Mastodon account's own export (`outbox.json`, ActivityPub) as posts. Pure; opens no file.

Field meanings: ActivityStreams 2.0 vocabulary (Create, Announce, Note) and what Mastodon adds to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.hashtags import distinct, extract
from collectors.mastodon_text import plain_text
from collectors.payload import Fields, Reading, bio_signs, language, refused
from store.records.post import Author, AuthorSign, Media, MediaKind, Platform, Post, Visibility

BEGINS = re.compile(r'"orderedItems"\s*:\s*\[')
PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
FILES = "media_attachments/"
_OWN = frozenset({"id", "type", "preferredUsername", "name", "summary", "url", "followers", "discoverable"})
_OWN |= {"indexable", "attachment"}
_WITH_TEXT = frozenset({"Note", "Question", "Article", "Page"})
_KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
_STATUS_ID = re.compile(r"/statuses/([A-Za-z0-9_-]{1,64})(?:/activity)?$")


def is_activity(value: object) -> bool:
    """Is it an activity of an outbox that made or passed on a post?"""
    return isinstance(value, dict) and value.get("type") in ("Create", "Announce") and "object" in value


def is_archived(value: object) -> bool:
    """Is it what we keep of such a post: the activity and whose it is?"""
    return isinstance(value, dict) and is_activity(value.get("activity"))


def with_actor(value: object, actor: dict[str, Any]) -> object:
    """The activity together with whose it is: enough to read the same post again."""
    if not is_activity(value):
        return value
    return {"activity": value, "actor": {name: actor[name] for name in _OWN if name in actor}}


def read_archived(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One activity: the post that it made, or the passing on of another's."""
    if not isinstance(value, dict) or not isinstance(value.get("activity"), dict):
        return refused(where, "neither a post that was made nor one that was passed on", value)
    activity = Fields(value["activity"], [])
    actor = Fields(value.get("actor"), activity.problems, "actor.")
    kind, inner = activity.text("type"), activity.data.get("object")
    if kind == "Announce":
        target = inner if isinstance(inner, str) else activity.obj("object").ident("id")
        if not target or not activity.ident("id"):
            return refused(where, "a passing on that does not say of what", value["activity"])
        return Reading(posts=(_announced(activity, actor, target, received_at, value),))
    if not isinstance(inner, dict):
        return refused(where, "an activity without the post that it made", value["activity"])
    note = Fields(inner, activity.problems)
    if note.text("type") not in _WITH_TEXT:
        return refused(where, f"of the kind {note.text('type')[:40]!r}, which holds no post", inner)
    uri = note.ident("id") or note.ident("atomUri")
    if not uri:
        return refused(where, "a Mastodon post without id cannot be told from others", inner)
    return Reading(posts=(_post(note, actor, uri, received_at, value),))


def _post(note: Fields, actor: Fields, uri: str, received_at: datetime, raw: dict[str, Any]) -> Post:
    text, summary = plain_text(_content(note)), note.text("summary")
    sensitive, author = note.flag("sensitive"), _author(note, actor)
    edited_at, answered = note.time("updated"), note.ident("inReplyTo")
    tags = note.objs("tag") if isinstance(note.data.get("tag"), list) else []
    named = [tag.text("name") for tag in tags if tag.text("type") == "Hashtag"]
    languages = note.data.get("contentMap")
    quoted = next((q for name in ("quote", "quoteUrl", "quoteUri") if (q := _link(note, name))), "")
    return Post(
        key=f"mastodon:{uri}",
        platform=Platform.MASTODON,
        author=author,
        text=text,
        received_at=received_at,
        created_at=note.time("published", needed=True),
        native_id=status_id(uri),
        version=edited_at.isoformat() if edited_at else "",
        language=language(next(iter(languages), "")) if isinstance(languages, dict) else "",
        media=tuple(m for item in _attachments(note) if (m := _media(item, sensitive, author)) is not None),
        hashtags=distinct(named) if named else extract(text),
        mentions=tuple(dict.fromkeys(name for tag in tags if (name := _mention(tag, author)))),
        reply_to=f"mastodon:{answered}" if answered else "",
        quote_of=f"mastodon:{quoted}" if quoted else "",
        visibility=visibility(note, actor),
        content_warning=plain_text(summary) if summary else "",
        sensitive=sensitive,
        edited_at=edited_at,
        permalink=_link(note, "url") or uri,
        raw=raw,
        problems=tuple(note.problems),
    )


def _announced(
    activity: Fields, actor: Fields, target: str, received_at: datetime, raw: dict[str, Any]
) -> Post:
    """The activity's id is what servers name the repost by; its words are the original's alone."""
    uri = activity.ident("id")
    return Post(
        key=f"mastodon:{uri}",
        platform=Platform.MASTODON,
        author=_author(activity, actor),
        text="",
        received_at=received_at,
        created_at=activity.time("published", needed=True),
        native_id=status_id(uri),
        repost_of=f"mastodon:{target}",
        visibility=visibility(activity, actor),
        permalink=uri,
        raw=raw,
        problems=tuple(activity.problems),
    )


def status_id(uri: str) -> str:
    """The id by which the server of the address knows the post, "" where its address does not hold it."""
    found = _STATUS_ID.search(uri)
    return found[1] if found else ""


def _content(note: Fields) -> str:
    """The words; a post in several languages may carry them in `contentMap` alone."""
    content = note.data.get("content")
    if content is None and isinstance(note.data.get("contentMap"), dict):
        words = next(iter(note.data["contentMap"].values()), "")
        return words if isinstance(words, str) else ""
    return note.text("content", needed=True)


def _author(of: Fields, actor: Fields) -> Author:
    ident = actor.ident("id") or of.ident("attributedTo") or of.ident("actor")
    name, host = actor.text("preferredUsername"), host_of(ident)
    if not actor:
        of.note("actor", "no actor.json lies beside it, so the author's wishes are not known")
        name = ident.rstrip("/").rpartition("/")[2].removeprefix("@")
    signs = set(bio_signs(_self_description(actor)))
    if actor.text("type") in ("Service", "Application"):
        signs.add(AuthorSign.BOT)
    for field, sign in (
        ("indexable", AuthorSign.NO_INDEX),
        ("discoverable", AuthorSign.NOT_DISCOVERABLE),
    ):
        if actor.data.get(field) is False:
            signs.add(sign)
    handle = f"{name}@{host}" if name and host else name
    return Author(ident or handle, handle, actor.text("name"), signs=frozenset(signs))


def _self_description(actor: Fields) -> str:
    parts = [plain_text(actor.text("summary")), actor.text("name")]
    for field in actor.objs("attachment") if isinstance(actor.data.get("attachment"), list) else []:
        parts += [plain_text(field.text("name")), plain_text(field.text("value"))]
    return "\n".join(parts)


def host_of(address: str) -> str:
    """The server in an address, "" if there is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def visibility(of: Fields, actor: Fields) -> Visibility:
    """Addressed to everybody: public; everybody in copy: unlisted; followers: private; else direct."""
    to, copy = set(_addressed(of, "to")), set(_addressed(of, "cc"))
    if to & PUBLIC:
        return Visibility.PUBLIC
    if copy & PUBLIC:
        return Visibility.UNLISTED
    followers = actor.ident("followers")
    if any(name == followers or name.endswith("/followers") for name in to | copy):
        return Visibility.PRIVATE
    return Visibility.DIRECT


def _addressed(of: Fields, name: str) -> Iterable[str]:
    value = of.data.get(name)
    if isinstance(value, str):
        return [value]
    return of.texts(name)


def _link(of: Fields, name: str) -> str:
    """An address, written as text, as an object with `href` or `id`, or as a list of such."""
    value = of.data.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("href") or value.get("id")
    return value if isinstance(value, str) else ""


def _mention(tag: Fields, author: Author) -> str:
    if tag.text("type") != "Mention":
        return ""
    name = tag.text("name").lstrip("@")
    if not name or "@" in name:
        return name
    host = host_of(tag.text("href")) or author.handle.rpartition("@")[2]
    return f"{name}@{host}" if host else name


def _attachments(note: Fields) -> list[Fields]:
    value = note.data.get("attachment")
    if isinstance(value, dict):
        return [note.obj("attachment")]
    return note.objs("attachment") if isinstance(value, list) else []


def _media(item: Fields, sensitive: bool, author: Author) -> Media | None:
    """Exports write the file's place in the archive where an address would stand.

    Its address on the server is not known: servers keep pictures in many places. So there is none.
    """
    address = _link(item, "url")
    if not address:
        item.note("url", "an attachment without any address")
        return None
    kind = _KINDS.get(item.text("mediaType").partition("/")[0], MediaKind.OTHER)
    is_address = address.startswith(("https://", "http://"))
    return Media(
        url=address if is_address else "",
        kind=kind,
        alt_text=item.text("name"),
        sensitive=sensitive,
        local="" if is_address else _place(address),
    )


def _place(address: str) -> str:
    """Where the picture lies in the export: what begins with `media_attachments/`, whatever stands before."""
    position = address.find(FILES)
    return address[position:] if position >= 0 else address.lstrip("/")


def local_names(post: Post) -> Iterable[tuple[int, str]]:
    """(which attachment, its place in the export)."""
    return [(position, media.local) for position, media in enumerate(post.media) if media.local]
