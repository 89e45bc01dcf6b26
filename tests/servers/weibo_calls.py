"""The standard interfaces of the stand-in for Weibo: mentions, lookup, comments, tokens."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.stand_in import Answer, Request, json_answer
from tests.servers.weibo_world import TOPIC, WComment, WPost, weight

if TYPE_CHECKING:
    from tests.servers.weibo import WeiboServer

_LONGEST = 140
_REPEAT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token: whose, until when."""

    uid: int
    made_at: datetime
    expires_at: datetime


def number(server: WeiboServer, request: Request, name: str, default: int) -> int:
    value = request.params.get(name, "")
    if value and not re.fullmatch(r"\d{1,19}", value):
        raise server.error(request, 10017)
    return int(value) if value else default


def page_of(
    server: WeiboServer, request: Request, items: Sequence[WPost | WComment], most: int
) -> tuple[list[Any], int]:
    """The asked page, newest first, and how many there are in all."""
    rule = server.rule
    since_id, max_id = number(server, request, "since_id", 0), number(server, request, "max_id", 0)
    found = list(items)
    if since_id and rule("W-24"):
        found = [item for item in found if item.id > since_id]
    if max_id:
        found = [item for item in found if item.id <= max_id - (not rule("W-25"))]
    count = number(server, request, "count", 20)
    if rule("W-26"):
        count = min(count, most)
    page = number(server, request, "page", 1) if rule("W-27") else 1
    return found[(page - 1) * count : page * count], len(found)


def mentions(server: WeiboServer, request: Request, grant: Grant, *, commercial: bool = False) -> Answer:
    posts = server.world.mentions(grant.uid)
    if request.params.get("filter_by_type") == "1":
        posts = [post for post in posts if post.retweet_of is None]
    page, total = page_of(server, request, posts, 200)
    shown = [server.world.post_json(post, commercial=commercial) for post in page]
    ends = {"hasvisible": False, "previous_cursor": 0, "next_cursor": 0}
    return json_answer({"statuses": shown, **ends, "total_number": total})


def show(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    post = server.world.posts.get(number(server, request, "id", 0))
    if post is None or (post.deleted and server.rule("W-48")):
        raise server.error(request, 20101)
    return json_answer(server.world.post_json(post))


def show_batch(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    ids = [name for name in request.params.get("ids", "").split(",") if name.isdigit()]
    if not 1 <= len(ids) <= 50:
        raise server.error(request, 10017)
    posts = [server.world.posts[int(name)] for name in ids if int(name) in server.world.posts]
    if not server.rule("W-49"):
        posts = [post for post in posts if not post.deleted]
    return json_answer({"statuses": [server.world.post_json(p) for p in posts], "total_number": len(posts)})


def _comments(server: WeiboServer, request: Request, comments: list[WComment]) -> Answer:
    page, total = page_of(server, request, comments, 200)
    shown = [server.world.comment_json(comment) for comment in page]
    return json_answer({"comments": shown, "total_number": total, "next_cursor": 0, "previous_cursor": 0})


def comments_show(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    post_id = number(server, request, "id", 0)
    post = server.world.posts.get(post_id)
    if post is None or post.deleted:
        raise server.error(request, 20101)
    found = server.world.comments_newest_first()
    return _comments(server, request, [c for c in found if c.post_id == post_id or not server.rule("W-78")])


def comments_by_me(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    found = [c for c in server.world.comments_newest_first() if c.user_id == grant.uid]
    return _comments(server, request, found if server.rule("W-72") else found[::-1])


def comments_create(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    post = server.world.posts.get(number(server, request, "id", 0))
    return _commented(server, request, grant, post, None)


def comments_reply(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    answered = server.world.comments.get(number(server, request, "cid", 0))
    if answered is None or answered.deleted:
        raise server.error(request, 20201)
    post = server.world.posts.get(number(server, request, "id", 0))
    if post is not None and post.id != answered.post_id:
        raise server.error(request, 10017)
    return _commented(server, request, grant, post, answered.id if server.rule("W-71") else None)


def _commented(
    server: WeiboServer, request: Request, grant: Grant, post: WPost | None, reply_to: int | None
) -> Answer:
    form, rule = request.form, server.rule
    text = form.get("comment", "")
    if not text or (rule("W-65") and "rip" not in form):
        raise server.error(request, 10016)
    rip = form.get("rip", "")
    if rule("W-65") and not _is_address(rip):
        raise server.error(request, 10017)
    if rule("W-66") and weight(text, by_kind=rule("W-67")) > _LONGEST:
        raise server.error(request, 20012)
    if post is None or (post.deleted and rule("W-70")):
        raise server.error(request, 20101)
    key = request.headers.get("idempotency-key", "")
    if key and not rule("W-77") and key in server.keys_seen:
        return json_answer(server.world.comment_json(server.world.comments[server.keys_seen[key]]))
    _refuse_repeats(server, request, grant, post, text)
    made = server.put_comment(post.id, text, grant.uid, reply_to=reply_to, rip=rip, by_api=True)
    if key:
        server.keys_seen[key] = made.id
    return json_answer(server.world.comment_json(made))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _refuse_repeats(server: WeiboServer, request: Request, grant: Grant, post: WPost, text: str) -> None:
    for comment in server.world.comments_newest_first():
        if comment.user_id != grant.uid or comment.text != text:
            continue
        if comment.post_id == post.id and server.rule("W-68"):
            raise server.error(request, server.repeat_code)
        is_recent = server.now() - comment.created_at < _REPEAT_FOR
        if comment.post_id != post.id and is_recent and server.rule("W-69"):
            raise server.error(request, 20111)


def comments_destroy(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    comment = server.world.comments.get(number(server, request, "cid", 0))
    if comment is None or comment.deleted:
        raise server.error(request, 20201)
    if comment.user_id != grant.uid and server.rule("W-76"):
        raise server.error(request, 20112)
    shown = server.world.comment_json(comment)
    comment.deleted = True
    return json_answer(shown)


def statuses_update(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    if server.rule("W-73"):
        raise server.error(request, 10014)
    made = server.add_post(request.form.get("status", ""), author=server.bot)
    return json_answer(server.world.post_json(server.world.posts[made]))


def statuses_share(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    text = request.form.get("status", "")
    has_link = (
        re.search(rf"https?://(?:[\w-]+\.)*{re.escape(server.app_domain)}(?:[/\s]|$)", text) is not None
    )
    if (server.rule("W-74") and not has_link) or (server.rule("W-75") and TOPIC.search(text)):
        raise server.error(request, 10017)
    made = server.add_post(text, author=server.bot)
    return json_answer(server.world.post_json(server.world.posts[made]))


def search_topics(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    if server.rule("W-11"):
        raise server.error(request, 10014)
    wanted = f"#{request.params.get('q', '')}#"
    found = [server.world.post_json(p) for p in server.world.newest_first() if wanted in p.text]
    return json_answer({"statuses": found[:200], "total_number": len(found)})


def get_uid(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    return json_answer({"uid": grant.uid})


def rate_limit_status(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    return json_answer(server.budget.status(grant.uid, request.client_ip, server.now()))


def access_token(server: WeiboServer, request: Request) -> Answer:
    """`POST /oauth2/access_token` with grant_type=authorization_code."""
    form = request.form
    if (form.get("client_id"), form.get("client_secret")) != (server.app_key, server.app_secret):
        raise server.error(request, 21324)
    kind = form.get("grant_type")
    is_refresh = kind == "refresh_token" and not server.rule("W-05")
    if kind != "authorization_code" and not is_refresh:
        raise server.error(request, 21328)
    uid = server.bot_uid if is_refresh else server.codes.get(form.get("code", ""))
    if uid is None:
        raise server.error(request, 21325)
    if server.rule("W-79"):
        server.codes.pop(form.get("code", ""), None)
    name = server.new_token(uid)
    life_s = int((server.grants[name].expires_at - server.now()).total_seconds())
    shown: Mapping[str, Any] = {
        "access_token": name,
        "remind_in": str(life_s),
        "expires_in": str(life_s) if server.rule("W-04") else life_s,
        "uid": str(uid),
    }
    return json_answer(dict(shown) | ({} if server.rule("W-05") else {"refresh_token": "refresh"}))


def get_token_info(server: WeiboServer, request: Request) -> Answer:
    grant = server.grant_of(request)
    left_s = int((grant.expires_at - server.now()).total_seconds()) if server.rule("W-06") else 157_679_999
    info = {"uid": grant.uid, "appkey": server.app_key, "scope": None}
    return json_answer(info | {"create_at": int(grant.made_at.timestamp()), "expire_in": left_s})


def revoke(server: WeiboServer, request: Request) -> Answer:
    server.grant_of(request)
    if server.rule("W-07"):
        server.grants.pop(server.token_in(request), None)
    return json_answer({"result": "true"})
