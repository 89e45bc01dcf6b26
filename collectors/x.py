"""Answers of the X API v2 (`data` + `includes`) as posts. Pure: it reads payloads, it fetches nothing.

Both spellings of the field names are read, `tweet` and `post`. Field meanings: docs.x.com, data
dictionary; where pictures and texts come from: docs/platforms/x.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from collectors.hashtags import distinct, extract
from collectors.payload import (
    Fields,
    Reading,
    bio_signs,
    from_micros,
    join,
    language,
    refused,
    unescape_basic,
)
from collectors.x_parts import Included, author_of, media_of, places_of
from store.records.post import Gone, Platform, Post, Visibility

_MENTION = re.compile(r"(?<![A-Za-z0-9_@])[@＠](\w{1,15})(?!\w)", re.ASCII)
_CUT_REPOST = re.compile(r"^RT @\w{1,15}: ", re.ASCII)
_FIRST_TIMED_ID = 29_700_859_247  # ids carry their time since November 2010
_EPOCH_MS = 1_288_834_974_657
_POST_TYPES = frozenset({"tweet", "post"})


@dataclass(slots=True)
class _Answer:
    """One answer while it is read: its included objects by id, when it came, where it was."""

    included: Included
    received_at: datetime
    where: str
    done: set[str] = field(default_factory=set)


def is_answer(value: object) -> bool:
    """Does the object have the shape of a v2 answer about posts (also an empty or failed one)?"""
    if not isinstance(value, dict):
        return False
    data = value.get("data")
    if isinstance(data, dict):
        return is_post(data)
    if isinstance(data, list):
        return all(is_post(item) for item in data if isinstance(item, dict))
    if data is not None:
        return False
    meta, errors = value.get("meta"), value.get("errors")
    return (isinstance(meta, dict) and "result_count" in meta) or (
        isinstance(errors, list) and any(isinstance(e, dict) and "resource_type" in e for e in errors)
    )


def is_post(value: object) -> bool:
    """Does the object have the shape of a post inside an answer?"""
    if not isinstance(value, dict) or "id" not in value:
        return False
    if "edit_history_tweet_ids" in value or "edit_history_post_ids" in value:
        return True
    others = ("user", "account", "mid", "did", "uri")
    return isinstance(value.get("text"), str) and not any(name in value for name in others)


def read_answer(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """All posts of one answer: included ones (quoted, reposted, answered) first, then the asked for.

    `errors` that name posts as not found or not to be shown become `gone`.
    """
    if not isinstance(value, dict):
        return refused(where, f"an answer should be an object, found {type(value).__name__}", value)
    if is_post(value) and "data" not in value:
        value = {"data": value}
    top = Fields(value, [])
    answer = _Answer(Included(top.obj("includes")), received_at, where)
    data = value.get("data")
    asked = data if isinstance(data, list) else [] if data is None else [data]
    return join(_readings(answer, asked, top))


def _readings(answer: _Answer, asked: list[Any], top: Fields) -> Iterator[Reading]:
    for name in ("tweets", "posts"):
        items = top.obj("includes").items(name)
        for index, item in enumerate(items):
            yield _read(item, answer, f"{answer.where}.includes.{name}[{index}]")
    for index, item in enumerate(asked):
        yield _read(item, answer, f"{answer.where}.data[{index}]")
    yield Reading(gone=tuple(_gone(top, answer.received_at)))


def _read(value: object, answer: _Answer, where: str) -> Reading:
    if not isinstance(value, dict):
        return refused(where, f"a post should be an object, found {type(value).__name__}", value)
    post = Fields(value, [])
    native_id = post.ident("id")
    if not native_id:
        return refused(where, "an X post without id cannot be told from others", value)
    if native_id in answer.done:
        return Reading()
    answer.done.add(native_id)
    return Reading(posts=(_post(post, native_id, answer),))


def _post(post: Fields, native_id: str, answer: _Answer) -> Post:
    user = answer.included.user(post.ident("author_id", needed=True), post.problems)
    author = author_of(post, user, bio_signs(user.text("description")))
    repost_of, quote_of, reply_to = _references(post, answer.included)
    text = _text(post)
    sensitive = post.flag("possibly_sensitive")
    entities = _entities(post)
    geotag, place_tag = places_of(post, answer.included)
    return Post(
        key=f"x:{_first_version(post) or native_id}",
        platform=Platform.X,
        author=author,
        text=text,
        received_at=answer.received_at,
        created_at=_created_at(post, native_id),
        native_id=native_id,
        version=native_id,
        language=language(post.text("lang")),
        geotag=geotag,
        place_tag=place_tag,
        media=media_of(post, answer.included, sensitive),
        hashtags=_hashtags(entities, text),
        mentions=_mentions(entities, text),
        repost_of=repost_of,
        reply_to=reply_to,
        quote_of=quote_of,
        visibility=Visibility.PRIVATE if user.flag("protected") else Visibility.PUBLIC,
        sensitive=sensitive,
        edited_at=_edited_at(post, native_id),
        permalink=f"https://x.com/{author.handle or 'i'}/status/{native_id}",
        raw=answer.included.around(post),
        problems=tuple(post.problems),
    )


def _first_version(post: Fields) -> str:
    """Each edit has a new id; the first of the history is the key of all of them."""
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        history = post.items(name)
        if history:
            return Fields({"0": history[0]}, post.problems, f"{name}.").ident("0")
    return ""


def _edited_at(post: Fields, native_id: str) -> datetime | None:
    first = _first_version(post)
    if not first or first == native_id:
        return None
    return post.time("created_at") or time_of_id(native_id)


def _created_at(post: Fields, native_id: str) -> datetime | None:
    moment = post.time("created_at")
    if moment is None:
        moment = time_of_id(native_id)
        words = "missing, taken from the id" if moment else "missing"
        post.note("created_at", words)
    return moment


def time_of_id(native_id: str) -> datetime | None:
    """The millisecond at which an id was made (its upper bits, counted from November 2010)."""
    if not (native_id.isascii() and native_id.isdecimal()) or len(native_id) > 19:
        return None
    number = int(native_id)
    if number < _FIRST_TIMED_ID:
        return None
    moment = from_micros(((number >> 22) + _EPOCH_MS) * 1000)
    return moment.astimezone(UTC) if moment else None


def _text(post: Fields) -> str:
    """Long posts carry their whole text in a note; the ordinary field is cut."""
    for name in ("note_tweet", "note_post"):
        if isinstance(post.data.get(name), dict):
            whole = post.obj(name).text("text")
            if whole:
                return unescape_basic(whole)
    return unescape_basic(post.text("text", needed=True))


def _entities(post: Fields) -> list[Fields]:
    """The entities of the text, and those of the note where the post is long."""
    found = [post.obj("entities")] if "entities" in post.data else []
    for name in ("note_tweet", "note_post"):
        note = post.data.get(name)
        if isinstance(note, dict) and "entities" in note:
            found.append(post.obj(name).obj("entities"))
    return found


def _hashtags(entities: list[Fields], text: str) -> tuple[str, ...]:
    marked = [tag.text("tag") for part in entities for tag in part.objs("hashtags")]
    return distinct([*marked, *extract(text)])


def _mentions(entities: list[Fields], text: str) -> tuple[str, ...]:
    """User names addressed. The text is asked only where no entities were sent.

    The name behind `RT @` in a cut repost is the original's author, whom nobody addressed.
    """
    if entities:
        names = [name.text("username") for part in entities for name in part.objs("mentions")]
    else:
        names = _MENTION.findall(_CUT_REPOST.sub("", text))
    distinct_names = {name.casefold(): name for name in reversed(names) if name}
    return tuple(reversed(distinct_names.values()))


def _references(post: Fields, included: Included) -> tuple[str, str, str]:
    """Keys of what the post reposts, quotes and answers."""
    keys = {"retweeted": "", "quoted": "", "replied_to": ""}
    for name in ("referenced_tweets", "referenced_posts"):
        for reference in post.objs(name):
            kind, target = reference.text("type"), reference.ident("id")
            kind = {"reposted": "retweeted"}.get(kind, kind)
            if target and kind in keys:
                other = included.post(target, post.problems)
                keys[kind] = f"x:{_first_version(other) or target}"
    return keys["retweeted"], keys["quoted"], keys["replied_to"]


def _gone(top: Fields, received_at: datetime) -> Iterator[Gone]:
    """Posts that a 200 answer names in `errors`: deleted, or not to be shown to this application."""
    for error in top.objs("errors"):
        kind, problem = error.text("resource_type"), error.text("type").rpartition("/")[2]
        target = error.ident("resource_id") or error.ident("value")
        if (
            kind in _POST_TYPES
            and target
            and problem in ("resource-not-found", "not-authorized-for-resource")
        ):
            why = "deleted" if problem == "resource-not-found" else "protected or withheld"
            yield Gone(f"x:{target}", Platform.X, f"{why}, says X", received_at)
