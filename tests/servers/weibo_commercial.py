"""The commercial interfaces of the stand-in for Weibo: search by windows, push. Only under a contract."""

from __future__ import annotations

import json
import queue
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.servers.stand_in import Answer, Request, Wire, json_answer, json_bytes
from tests.servers.weibo_calls import Grant, mentions, number
from tests.servers.weibo_world import TOPIC, WPost

if TYPE_CHECKING:
    from tests.servers.weibo import WeiboServer

_PAGES, _RESULTS = 20, 1000
_KEYWORDS_A_CALL, _KEYWORDS = 50, 20_000
_POLL_S = 0.02


def search_limited(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    """`search/statuses/limited`: newest first, at most 1,000 results, pages that may be short."""
    params, rule = request.params, server.rule
    query = params.get("q", "")
    if rule("W-14") and any(char in query for char in '{}"'):
        raise server.error(request, 10017)
    ids = [name for name in params.get("ids", "").split("~") if name]
    if rule("W-23") and len(ids) > 50:
        raise server.error(request, 10017)
    count = number(server, request, "count", 10 if rule("W-15") else 50)
    if rule("W-15") and not 10 <= count <= 50:
        raise server.error(request, 10017)
    found = [p for p in server.world.newest_first() if _fits(server, request, p, query, ids)]
    if not rule("W-20") or params.get("sort", "time") != "time":
        found.reverse()
    if rule("W-16"):
        found = found[:_RESULTS]
    total, page = len(found), number(server, request, "page", 1)
    start, size = _page_bounds(page, count, short=rule("W-17"))
    shown = found[start : start + size] if page <= _PAGES or not rule("W-16") else []
    turn = server.repeats.get(_same(request), 0)
    server.repeats[_same(request)] = turn + 1
    kept = [post for post in shown if not _is_missed(server, post, turn)]
    statuses = [server.world.post_json(post, commercial=True) for post in kept]
    return json_answer({"statuses": statuses, "total_number": total})


def _page_bounds(page: int, count: int, *, short: bool) -> tuple[int, int]:
    """Start and size of a page: the second of three is one short, the third two."""
    sizes = [count - (n % 3 if short else 0) for n in range(page)]
    return sum(sizes[:-1]), sizes[-1]


def _same(request: Request) -> str:
    return json.dumps({k: v for k, v in sorted(request.params.items()) if k != "access_token"})


def _is_missed(server: WeiboServer, post: WPost, turn: int) -> bool:
    if not server.rule("W-18"):
        return False
    return zlib.crc32(f"{post.id}:{turn}".encode()) % 1000 < server.miss_rate * 1000


def _fits(server: WeiboServer, request: Request, post: WPost, query: str, ids: list[str]) -> bool:
    params, rule = request.params, server.rule
    if ids and str(post.user_id) not in ids:
        return False
    start, end = number(server, request, "starttime", 0), number(server, request, "endtime", 0)
    at = post.created_at
    if rule("W-19") and (
        (start and at < datetime.fromtimestamp(start, UTC)) or (end and at > datetime.fromtimestamp(end, UTC))
    ):
        return False
    if rule("W-22"):
        is_repost = post.retweet_of is not None
        wanted = {"hasori": not is_repost, "hasret": is_repost, "haspic": bool(post.pics)}
        wanted["hasvideo"] = post.has_video
        if any(params.get(name) == "1" and not holds for name, holds in wanted.items()):
            return False
    where = " ".join(TOPIC.findall(post.text)) if params.get("istag") == "1" and rule("W-21") else post.text
    return all(word in where for word in query.split())


def mentions_biz(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    if server.contract is None and server.rule("W-28"):
        raise server.error(request, 10014)
    return mentions(server, request, grant, commercial=True)


@dataclass(slots=True)
class Push:
    """Keywords and open connections of the push service."""

    keywords: list[str] = field(default_factory=list)
    connections: list[queue.SimpleQueue[bytes | None]] = field(default_factory=list)
    number: int = 0


def update_subscribe(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    """`subscribe/update_subscribe.json`: subid, add_keywords and del_keywords, with commas between."""
    _check_subid(server, request)
    added = [w for w in request.params.get("add_keywords", "").split(",") if w]
    removed = [w for w in request.params.get("del_keywords", "").split(",") if w]
    kept = [word for word in server.push.keywords if word not in removed]
    new = [word for word in dict.fromkeys(added) if word not in kept]
    too_many = len(added) + len(removed) > _KEYWORDS_A_CALL or len(kept) + len(new) > _KEYWORDS
    if server.rule("W-30") and too_many:
        raise server.error(request, 10017)
    server.push.keywords = kept + new
    return json_answer({"result": True})


def _check_subid(server: WeiboServer, request: Request) -> None:
    if request.params.get("subid") != server.subid:
        raise server.error(request, 10017)


def push(server: WeiboServer, request: Request, grant: Grant) -> Answer:
    """`commercial/push?subid=`: an answer without an end, a frame a line."""
    if server.rule("W-31") and request.client_ip not in server.push_addresses:
        raise server.error(request, 10004)
    _check_subid(server, request)
    frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    server.push.connections.append(frames)

    def run(wire: Wire) -> None:
        try:
            while not wire.stopping.is_set() and not wire.is_gone():
                try:
                    frame = frames.get(timeout=_POLL_S)
                except queue.Empty:
                    continue
                if frame is None:
                    return
                wire.send(frame)
        finally:
            with server.lock:
                server.push.connections.remove(frames)

    return Answer(200, headers={"Content-Type": "application/json; charset=utf-8"}, stream=run)


def publish(server: WeiboServer, post: WPost) -> None:
    """Sends a new post that holds a keyword to every connection; without a full contract one in a hundred."""
    keyword = next((word for word in server.push.keywords if word in post.text), None)
    is_sampled = server.contract == "full" or zlib.crc32(str(post.id).encode()) % 100 == 0
    if keyword is None or (server.rule("W-32") and not is_sampled):
        return
    server.push.number += 1
    status = server.world.post_json(post, commercial=True)
    frame: dict[str, Any] = {"id": server.push.number}
    frame["text"] = {"type": "status", "event": "add", "status": status}
    frame["match_info"] = {"keyword": keyword}
    send(server, json_bytes(frame if server.rule("W-29") else status) + b"\r\n")


def send(server: WeiboServer, data: bytes | None) -> None:
    """Bytes into every push connection; None breaks them."""
    for frames in server.push.connections:
        frames.put(data)
