"""Bluesky posts as posts: records of a repository, views of the AppView, events of Jetstream. Pure.

Field meanings: the app.bsky and network.bsky.jetstream lexicons; see docs/platforms/bluesky.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.bluesky_embed import cdn_photos, quoted_uri
from collectors.bluesky_facets import tags_and_mentions
from collectors.hashtags import distinct, extract
from collectors.payload import Fields, Reading, bio_signs, from_micros, join, language, parse_time, refused
from store.records.post import Author, AuthorSign, Gone, Platform, Post

POST = "app.bsky.feed.post"

_SENSITIVE = frozenset({"porn", "sexual", "nudity", "graphic-media", "gore", "!hide", "!warn"})
_LATE = timedelta(minutes=5)
_MAX_THREAD_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Frame:
    """What surrounds a record: whose it is, where, which version, when the network saw it."""

    did: str
    rkey: str
    cid: str
    seen: datetime | None
    updated: bool
    raw: dict[str, Any]


def is_event(value: object) -> bool:
    """Is it an event of Jetstream, of the first or the second wire format?"""
    if not isinstance(value, dict):
        return False
    if value.get("$type") in ("message", "error") and ("payload" in value or "error" in value):
        return True
    return "did" in value and value.get("kind") in ("commit", "identity", "account")


def is_view(value: object) -> bool:
    """Is it a post with its address: a view (`record`) or an answer of getRecord (`value`)?"""
    if not isinstance(value, dict) or not str(value.get("uri", "")).startswith("at://"):
        return False
    return "record" in value or "value" in value


def read_event(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One Jetstream event. Events that are not about posts are read as nothing."""
    if not isinstance(value, dict):
        return refused(where, f"an event should be an object, found {type(value).__name__}", value)
    event = Fields(value, [])
    if "payload" in value:
        return _read_v2(event, received_at, where)
    if value.get("kind") != "commit":
        return Reading()
    commit = event.obj("commit")
    micros = value.get("time_us")
    seen = from_micros(micros) if isinstance(micros, int) and not isinstance(micros, bool) else None
    return _read_commit(commit, event.ident("did"), seen, event, received_at, where)


def _read_v2(event: Fields, received_at: datetime, where: str) -> Reading:
    message = event.obj("payload")
    if not message.text("$type").endswith("#commit"):
        return Reading()
    seen = message.time("witnessedAt") or message.time("time")
    return _read_commit(message, message.ident("did"), seen, event, received_at, where)


def _read_commit(
    commit: Fields, did: str, seen: datetime | None, event: Fields, received_at: datetime, where: str
) -> Reading:
    if commit.text("collection") != POST:
        return Reading()
    rkey, operation = commit.ident("rkey"), commit.text("operation")
    if not did or not rkey:
        return refused(where, "a Bluesky event without did and rkey names no post", event.data)
    if operation == "delete":
        key = f"bluesky:at://{did}/{POST}/{rkey}"
        return Reading(gone=(Gone(key, Platform.BLUESKY, "deleted on Bluesky", seen or received_at),))
    if operation not in ("create", "update"):
        return refused(where, "an operation that is none of create, update, delete", event.data)
    frame = _Frame(did, rkey, commit.ident("cid"), seen, operation == "update", event.data)
    problems: list[str] = []
    return _read_record(commit.data.get("record"), frame, Author(did), received_at, where, problems)


def read_view(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One post as the AppView shows it (getPosts, searchPosts, feeds), or as getRecord gives it."""
    if not isinstance(value, dict):
        return refused(where, f"a post should be an object, found {type(value).__name__}", value)
    view = Fields(value, [])
    did, collection, rkey = split_uri(view.ident("uri"))
    if collection and collection != POST:
        return Reading()
    if not rkey:
        return refused(where, "a Bluesky post without at:// address cannot be told from others", value)
    frame = _Frame(did, rkey, view.ident("cid"), view.time("indexedAt"), False, value)
    author = _author(view, did)
    record = value.get("record", value.get("value"))
    return _read_record(record, frame, author, received_at, where, view.problems)


def split_uri(uri: str) -> tuple[str, str, str]:
    """(did, collection, rkey) of an at:// address; empty strings where it is none."""
    if not uri.startswith("at://"):
        return "", "", ""
    did, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    return did, collection, rkey


def _read_record(
    value: object, frame: _Frame, author: Author, received_at: datetime, where: str, problems: list[str]
) -> Reading:
    if not isinstance(value, dict):
        return refused(where, f"a record should be an object, found {type(value).__name__}", frame.raw)
    record = Fields(value, problems)
    return Reading(posts=(_post(record, frame, author, received_at),))


def _post(record: Fields, frame: _Frame, author: Author, received_at: datetime) -> Post:
    uri = f"at://{frame.did}/{POST}/{frame.rkey}"
    text = record.text("text", needed=True)
    tags, mentions = tags_and_mentions(record, text)
    labels = _labels(record, frame)
    sensitive = bool(labels & _SENSITIVE)
    created_at, zone_offset_min = _created(record, frame.seen)
    answered = record.obj("reply").obj("parent").ident("uri") if record.data.get("reply") else ""
    quoted = quoted_uri(record)
    langs = [tag for tag in map(language, record.texts("langs")) if tag]
    if not frame.cid:
        record.note("cid", "missing")
    return Post(
        key=f"bluesky:{uri}",
        platform=Platform.BLUESKY,
        author=author,
        text=text,
        received_at=received_at,
        created_at=created_at,
        native_id=uri,
        version=frame.cid,
        language=langs[0] if langs else "",
        zone_offset_min=zone_offset_min,
        media=cdn_photos(record, frame.did, sensitive),
        hashtags=distinct([*tags, *record.texts("tags"), *extract(text)]),
        mentions=mentions,
        reply_to=f"bluesky:{answered}" if answered else "",
        quote_of=f"bluesky:{quoted}" if split_uri(quoted)[1] == POST else "",
        content_warning=", ".join(sorted(labels & _SENSITIVE)),
        sensitive=sensitive,
        edited_at=frame.seen if frame.updated else None,
        permalink=f"https://bsky.app/profile/{frame.did}/post/{frame.rkey}",
        raw=frame.raw,
        problems=tuple(record.problems),
    )


def _created(record: Fields, seen: datetime | None) -> tuple[datetime | None, int | None]:
    """The earlier of what the author's program claims and when the network saw it; and its zone.

    An offset of zero says nothing about where somebody is: most programs write UTC.
    """
    claimed = parse_time(record.text("createdAt", needed=True))
    if claimed is None:
        if record.data.get("createdAt"):
            record.note("createdAt", "not a time that can be read")
        return seen, None
    offset = claimed.utcoffset() or timedelta()
    moment = claimed.astimezone(UTC)
    if seen and moment > seen:
        if moment > seen + _LATE:
            record.note("createdAt", "later than the network saw the post; the earlier time is taken")
        moment = seen
    return moment, int(offset.total_seconds() // 60) or None


def _labels(record: Fields, frame: _Frame) -> frozenset[str]:
    """Warnings by the author (`labels.values[].val`) and, in a view, by moderators (`labels[].val`)."""
    found = set()
    if isinstance(record.data.get("labels"), dict):
        found |= {value.text("val") for value in record.obj("labels").objs("values")}
    if isinstance(frame.raw.get("labels"), list):
        found |= _standing(Fields(frame.raw, record.problems))
    return frozenset(found)


def _standing(labelled: Fields) -> set[str]:
    return {label.text("val") for label in labelled.objs("labels") if not label.flag("neg")}


def _author(view: Fields, did: str) -> Author:
    """The author of a view. The DID is what lasts; it is also in the post's address."""
    return _of_profile(view.obj("author"), did)


def read_profile(value: object) -> Author:
    """The author that a profile view shows; its id is "" where it names no DID."""
    return _of_profile(Fields(value, []), "")


def _of_profile(author: Fields, did: str) -> Author:
    labels = _standing(author) if isinstance(author.data.get("labels"), list) else set()
    signs = set(bio_signs(author.text("description")))
    if "!no-unauthenticated" in labels:
        signs.add(AuthorSign.LOGIN_ONLY)
    if "bot" in labels:
        signs.add(AuthorSign.BOT)
    if isinstance(author.data.get("viewer"), dict) and author.obj("viewer").ident("followedBy"):
        signs.add(AuthorSign.FOLLOWS_US)
    handle = author.ident("handle")
    return Author(
        id=author.ident("did") or did,
        handle="" if handle == "handle.invalid" else handle,
        display_name=author.text("displayName"),
        signs=frozenset(signs),
    )


def read_views(value: dict[str, Any], received_at: datetime, *, where: str = "") -> Reading:
    """The posts of an answer: `posts` (getPosts, searchPosts), `feed`, `records`, `thread`."""
    return join(_views(value, received_at, where))


def _views(value: dict[str, Any], received_at: datetime, where: str) -> Iterator[Reading]:
    for name in ("posts", "feed", "records"):
        items = value.get(name)
        for index, item in enumerate(items if isinstance(items, list) else []):
            post = item.get("post") if name == "feed" and isinstance(item, dict) else item
            yield read_view(post, received_at, where=f"{where}.{name}[{index}]")
    if isinstance(value.get("thread"), dict):
        yield from _thread(value["thread"], received_at, f"{where}.thread", 0)


def _thread(node: dict[str, Any], received_at: datetime, where: str, depth: int) -> Iterator[Reading]:
    uri = node.get("uri")
    if node.get("notFound") is True and isinstance(uri, str):
        yield Reading(gone=(Gone(f"bluesky:{uri}", Platform.BLUESKY, "not found", received_at),))
        return
    if depth > _MAX_THREAD_DEPTH:
        yield refused(where, f"a thread deeper than {_MAX_THREAD_DEPTH} answers", None)
        return
    if isinstance(node.get("parent"), dict):
        yield from _thread(node["parent"], received_at, f"{where}.parent", depth + 1)
    if "post" in node:
        yield read_view(node["post"], received_at, where=f"{where}.post")
    replies = node.get("replies")
    for index, reply in enumerate(replies if isinstance(replies, list) else []):
        if isinstance(reply, dict):
            yield from _thread(reply, received_at, f"{where}.replies[{index}]", depth + 1)
