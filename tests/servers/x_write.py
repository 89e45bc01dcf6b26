"""Posting, deleting and compliance jobs on the stand-in for X. Reads nothing back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.servers.stand_in import Answer, Request, json_answer, words
from tests.servers.x_problem import DUPLICATE, bad, forbidden, problem, wrong_context
from tests.servers.x_world import URL, XPost, weight

if TYPE_CHECKING:
    from tests.servers.x import Caller, XServer

_KEYS = words(
    "text reply media quote_tweet_id reply_settings for_super_followers_only direct_message_deep_link "
    "geo poll nullcast share_with_followers made_with_ai paid_partnership"
)
_NO_SUMMONS = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
    "by the author of the post you are replying to."
)
_LEADING_MENTIONS = re.compile(r"\s*(?:@\w{1,15}\s+)+")
_DAY_LIMIT = 10_000


def create(server: XServer, request: Request, who: Caller) -> Answer:
    rule, now = server.rule, server.now()
    user_id = _writer(server, who)
    body = _body(request)
    limit = server.posts_per_day if server.posts_per_day is not None else _DAY_LIMIT
    spent = server.meter.spend_day_of_posts(now, limit)
    if rule("X-87") and spent.over:
        raise problem(429, "rate-limit-exceeded", "Too Many Requests", "app limit of 24 hours", who.headers)
    text = str(body.get("text", ""))
    parent_id = (body.get("reply") or {}).get("in_reply_to_tweet_id")
    media = (body.get("media") or {}).get("media_ids") or []
    if rule("X-108") and len(media) > 4:
        raise bad("media.media_ids", len(media), "at most 4 media_ids")
    if not text and not media:
        raise bad("text", "", "text or media is required")
    if "quote_tweet_id" in body and rule("X-109"):
        raise forbidden("Quote posts are not available through the API.")
    _check_length(server, text, is_reply=parent_id is not None)
    if parent_id is not None:
        _check_reply(server, str(parent_id), user_id)
    mine = [p for p in server.world.posts.values() if p.author_id == user_id and not p.deleted]
    if rule("X-101") and any(post.text == text for post in mine):
        raise forbidden(DUPLICATE)
    post = _store(server, user_id, text, parent_id, request)
    kind = "url_post" if URL.search(text) else "summoned" if parent_id is not None else "post"
    server.meter.charge(kind, post.id, now)
    noun = "post" if server.spelling == "post" else "tweet"
    data = {"id": post.id, "text": post.text, f"edit_history_{noun}_ids": list(post.history)}
    return json_answer({"data": data}, 201 if rule("X-100") else 200)


def _writer(server: XServer, who: Caller) -> str:
    if who.user_id is None:
        if server.rule("X-04"):
            raise wrong_context(who.kind, "OAuth 1.0a User Context, OAuth 2.0 User Context")
        return server.bot_id
    if server.rule("X-10") and "tweet.write" not in who.scopes:
        raise problem(403, "about:blank", "Forbidden", "Forbidden: the token lacks the scope tweet.write")
    return who.user_id


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError as error:
        raise bad("body", "", "the body is no JSON") from error
    if not isinstance(body, dict) or not set(body) <= _KEYS:
        raise bad("body", sorted(body), "unknown fields in the body")
    return body


def _check_length(server: XServer, text: str, *, is_reply: bool) -> None:
    counted = _LEADING_MENTIONS.sub("", text, count=1) if is_reply and server.rule("X-107") else text
    if weight(counted, urls=server.rule("X-106"), two=server.rule("X-105")) > 280:
        raise forbidden("Your Tweet text is too long.")


def _check_reply(server: XServer, parent_id: str, user_id: str) -> None:
    world, rule = server.world, server.rule
    me = world.users[user_id]
    parent = world.posts.get(parent_id)
    if parent is None or not world.is_visible(parent):
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    author = world.users[parent.author_id]
    if rule("X-104") and (
        user_id in author.blocks or parent.reply_settings not in ("everyone", "mentionedUsers")
    ):
        raise forbidden("You are not permitted to reply to this Tweet.")
    summoned = world.mentions_account(parent, me.username) or world.quotes(parent, user_id)
    if rule("X-104") and parent.reply_settings == "mentionedUsers" and not summoned:
        raise forbidden("You are not permitted to reply to this Tweet.")
    exempt = server.tier == "enterprise" and rule("X-103")
    if rule("X-102") and not exempt and not summoned:
        raise forbidden(_NO_SUMMONS)


def _store(server: XServer, user_id: str, text: str, parent_id: str | None, request: Request) -> XPost:
    key = request.headers.get("idempotency-key")
    if key and not server.rule("X-110") and key in server.keys_seen:
        return server.world.posts[server.keys_seen[key]]
    username = server.world.users[user_id].username
    post_id = server.add_post(
        text, author=username, reply_to=str(parent_id) if parent_id else None, by_api=True
    )
    if key:
        server.keys_seen[key] = post_id
    return server.world.posts[post_id]


def delete(server: XServer, request: Request, who: Caller, post_id: str) -> Answer:
    user_id = _writer(server, who)
    post = server.world.posts.get(post_id)
    if post is None or post.deleted:
        raise problem(404, "resource-not-found", "Not Found Error", f"no post {post_id}")
    if server.rule("X-112") and post.author_id != user_id:
        raise forbidden("You are not permitted to delete this Tweet.")
    server.delete(post_id)
    return json_answer({"data": {"deleted": True}})


def create_job(server: XServer, request: Request, who: Caller) -> Answer:
    if who.user_id is not None:
        raise wrong_context(who.kind, "OAuth 2.0 Application-Only")
    kind = request.json().get("type")
    if kind != "tweets":
        raise bad("type", kind, "this stand-in knows the type tweets")
    number = str(server.world.next_number())
    server.jobs[number] = []
    return json_answer({"data": _job(server, number)})


def _job(server: XServer, number: str) -> dict[str, Any]:
    now = server.now()
    return {
        "id": number,
        "type": "tweets",
        "status": "complete" if server.jobs[number] else "created",
        "created_at": f"{now:%Y-%m-%dT%H:%M:%S}.000Z",
        "resumable": False,
        "upload_url": f"{server.base_url}/compliance/{number}/upload",
        "download_url": f"{server.base_url}/compliance/{number}/download",
    }


def get_job(server: XServer, request: Request, who: Caller, number: str) -> Answer:
    if number not in server.jobs:
        raise problem(404, "resource-not-found", "Not Found Error", f"no job {number}")
    return json_answer({"data": _job(server, number)})


def upload(server: XServer, request: Request, number: str) -> Answer:
    if server.rule("X-63") and request.headers.get("content-type") != "text/plain":
        return Answer(400, b"content type must be text/plain")
    server.jobs[number] = request.body.decode().split()
    return Answer()


def download(server: XServer, request: Request, number: str) -> Answer:
    lines = []
    for post_id in server.jobs.get(number, []) if server.rule("X-62") else []:
        post = server.world.posts.get(post_id)
        reason = "deleted" if post is None or post.deleted else None
        if post is not None and reason is None and server.world.users[post.author_id].protected:
            reason = "protected"
        if reason:
            lines.append(json.dumps({"id": post_id, "action": "delete", "reason": reason}))
    return Answer(200, "".join(line + "\n" for line in lines).encode(), {"Content-Type": "text/plain"})
