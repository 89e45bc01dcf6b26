"""Weibo comments as posts. Pure: this module reads payloads, it fetches nothing.

Field meanings: open.weibo.com, 2/comments/to_me. A comment is read like a status, since its fields are
named alike; what differs is its key and what it answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collectors.payload import Fields, Reading, refused
from collectors.weibo import read_status
from store.records.post import Gone, Post

_NOT_OF_THE_COMMENT = ("status", "reply_comment", "mid")


def is_comment(value: object) -> bool:
    """Does the object have the shape of a Weibo comment: a text with the status that it stands under?"""
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and isinstance(value.get("status"), dict)
        and isinstance(value.get("user"), dict)
        and ("idstr" in value or "id" in value)
    )


def comment_key(ident: str) -> str:
    """The lasting key. Comments are numbered apart from statuses, so their keys are kept apart too."""
    return f"weibo:comment/{ident}"


def read_comment(value: object, received_at: datetime, *, where: str = "") -> Reading:
    """One comment. `reply_to` is the comment it answers, else the status it stands under.

    The status itself is not read with it: it is our own.
    """
    if not isinstance(value, dict):
        return refused(where, f"a comment should be an object, found {type(value).__name__}", value)
    fields = Fields(value, [])
    ident = fields.ident("idstr") or fields.ident("id")
    if not ident:
        return refused(where, "a Weibo comment without idstr and id cannot be told from others", value)
    own = {name: item for name, item in value.items() if name not in _NOT_OF_THE_COMMENT}
    reading = read_status({**own, "idstr": ident}, received_at, where=where)
    key = comment_key(ident)
    return Reading(
        tuple(_as_comment(post, key, ident, fields) for post in reading.posts),
        tuple(Gone(key, gone.platform, gone.why, gone.seen_at) for gone in reading.gone),
        reading.set_aside,
    )


def _as_comment(post: Post, key: str, ident: str, fields: Fields) -> Post:
    answered = fields.obj("reply_comment")
    answered_id = answered.ident("idstr") or answered.ident("id")
    status = fields.obj("status")
    status_id = status.ident("mid") or status.ident("idstr") or status.ident("id")
    reply_to = comment_key(answered_id) if answered_id else f"weibo:{status_id}" if status_id else ""
    problems = post.problems if reply_to else (*post.problems, "status: missing")
    return replace(
        post,
        key=key,
        native_id=ident,
        reply_to=reply_to,
        permalink="",
        raw=fields.data,
        problems=problems,
    )
