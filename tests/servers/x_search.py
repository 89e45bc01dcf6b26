"""Reading on the stand-in for X: search, mentions, time lines, lookup, users. Writes nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.stand_in import Answer, Request, json_answer
from tests.servers.x_problem import bad, hidden, missing, problem, wrong_context
from tests.servers.x_query import Node, QueryError, fits, parse
from tests.servers.x_shape import SHAPE_PARAMETERS, Shaper, parse_asked
from tests.servers.x_world import XPost, time_of_id

if TYPE_CHECKING:
    from tests.servers.x import Caller, XServer

_WEEK = timedelta(days=7)
_ARCHIVE_START = datetime(2006, 3, 1, tzinfo=UTC)
_LAG = timedelta(seconds=30)
_WINDOW = {"max_results", "since_id", "until_id", "start_time", "end_time"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")


@dataclass(frozen=True, slots=True)
class Window:
    """Which posts a call is about; ids exclusive on both sides, times [start, end)."""

    since_id: int | None
    until_id: int | None
    start: datetime | None
    end: datetime | None
    max_results: int

    def holds(self, post: XPost, server: XServer) -> bool:
        number, sharp = int(post.id), server.rule("X-26")
        if self.since_id is not None and number < self.since_id + server.rule("X-22"):
            return False
        if self.until_id is not None and number > self.until_id - server.rule("X-23"):
            return False
        if self.start is not None and post.created_at < self.start + timedelta(seconds=not sharp):
            return False
        end = self.end if self.end is None else self.end + timedelta(seconds=not sharp)
        return end is None or post.created_at < end


def check_parameters(server: XServer, request: Request, known: set[str]) -> None:
    for name in request.query:
        if server.rule("X-57") and name not in known | SHAPE_PARAMETERS:
            raise bad(
                name, request.query[name], f"The query parameter [{name}] is not one of {sorted(known)}"
            )


def shaper(server: XServer, params: Mapping[str, str]) -> Shaper:
    asked = parse_asked(params, server.rule, post_names=server.spelling == "post")
    return Shaper(server.world, server.meter, asked, server.now())


def _number(params: Mapping[str, str], name: str) -> int | None:
    value = params.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,25}", value):
        raise bad(name, value, f"The `{name}` query parameter value [{value}] is not valid")
    return int(value)


def _moment(params: Mapping[str, str], name: str) -> datetime | None:
    value = params.get(name)
    if value is None:
        return None
    if not _TIME.fullmatch(value):
        raise bad(
            name, value, f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
        )
    return datetime.fromisoformat(value)


def _window(params: Mapping[str, str], low: int, high: int, *, ranged: bool) -> Window:
    size = _number(params, "max_results")
    if ranged and size is not None and not low <= size <= high:
        message = f"The `max_results` query parameter value [{size}] is not between {low} and {high}"
        raise bad("max_results", size, message)
    start, end = _moment(params, "start_time"), _moment(params, "end_time")
    if start is not None and end is not None and start >= end:
        raise bad("start_time", params["start_time"], "'start_time' must be before 'end_time'")
    return Window(_number(params, "since_id"), _number(params, "until_id"), start, end, size or 10)


def search_recent(server: XServer, request: Request, who: Caller) -> Answer:
    params, now, rule = request.query, server.now(), server.rule
    check_parameters(server, request, _WINDOW | {"query", "next_token", "pagination_token", "sort_order"})
    tree = _query(server, params, 512 if rule("X-14") else 100_000)
    window = _window(params, 10, 100, ranged=rule("X-12"))
    floor = now - _WEEK
    if rule("X-11") and window.start is not None and window.start < floor:
        raise bad("start_time", params["start_time"], "'start_time' must be within the last 7 days")
    if rule("X-24") and window.since_id is not None and _born(server, params["since_id"]) < floor:
        message = (
            "'since_id' must be a tweet id created after [7 days ago]. Please use a 'since_id' that is larger"
        )
        raise bad("since_id", params["since_id"], message)
    if not rule("X-11"):
        floor = _ARCHIVE_START
    return _search(server, params, tree, window, lambda post: post.created_at >= floor)


def search_all(server: XServer, request: Request, who: Caller) -> Answer:
    if who.user_id is not None and server.rule("X-02"):
        raise wrong_context(who.kind, "OAuth 2.0 Application-Only")
    params, rule = request.query, server.rule
    check_parameters(server, request, _WINDOW | {"query", "next_token", "pagination_token", "sort_order"})
    tree = _query(server, params, 1024 if rule("X-15") else 100_000)
    window = _window(params, 10, 500, ranged=rule("X-15"))
    if rule("X-17") and window.start is not None and window.start < _ARCHIVE_START:
        raise bad("start_time", params["start_time"], "'start_time' must be on or after 2006-03-01")
    if rule("X-16") and not server.meter.spend_second("all", server.now()):
        raise problem(429, "rate-limit-exceeded", "Too Many Requests", "one request a second", who.headers)
    return _search(server, params, tree, window, lambda _: True)


def _born(server: XServer, post_id: str) -> datetime:
    post = server.world.posts.get(post_id)
    return post.created_at if post is not None else time_of_id(post_id)


def _query(server: XServer, params: Mapping[str, str], longest: int) -> Node:
    text = params.get("query", "")
    if not 1 <= len(text) <= longest:
        raise bad(
            "query", text, f"The `query` query parameter length [{len(text)}] is not between 1 and {longest}"
        )
    if params.get("sort_order", "recency") not in ("recency", "relevancy"):
        raise bad("sort_order", params["sort_order"], "'sort_order' is recency or relevancy")
    try:
        return parse(text, server.rule)
    except QueryError as error:
        raise bad("query", text, str(error)) from error


def _search(
    server: XServer,
    params: Mapping[str, str],
    tree: Node,
    window: Window,
    within: Callable[[XPost], bool],
) -> Answer:
    rule, world = server.rule, server.world
    if rule("X-25") and window.since_id is not None and window.start is not None:
        raise bad("since_id", params["since_id"], "'since_id' and 'start_time' cannot be used together")
    latest = server.now() - _LAG if window.end is None and rule("X-19") else None

    def wanted(post: XPost) -> bool:
        if not within(post) or not window.holds(post, server) or (rule("X-38") and post.is_repost):
            return False
        return (latest is None or post.created_at <= latest) and fits(tree, post, world, rule)

    size = window.max_results if rule("X-13") or "max_results" in params else 100
    return _page(server, params, [p for p in world.newest_first() if wanted(p)], size, params["query"])


def _page(
    server: XServer,
    params: Mapping[str, str],
    posts: list[XPost],
    size: int,
    subject: str,
    price: str = "read",
) -> Answer:
    rule = server.rule
    token = params.get("next_token") or params.get("pagination_token")
    start = 0
    if token:
        before, offset, since_id = _read_token(token, subject)
        if not rule("X-28") and since_id is not None and "since_id" not in params:
            posts = [post for post in posts if int(post.id) > int(since_id)]
        start = sum(int(post.id) >= int(before) for post in posts) if rule("X-27") else offset
    if not rule("X-18"):
        posts = sorted(posts, key=lambda post: int(post.id))
    page = posts[start : start + size]
    answer = shaper(server, params).page(page, price=price)
    meta: dict[str, Any] = {"result_count": len(page)}
    if page and rule("X-21"):
        ids = sorted((post.id for post in page), key=int)
        meta |= {"newest_id": ids[-1], "oldest_id": ids[0]}
        if start + size < len(posts):
            meta["next_token"] = _token(page[-1].id, start + size, params.get("since_id"), subject)
    return json_answer(answer | {"meta": meta})


def _token(before: str, offset: int, since_id: str | None, subject: str) -> str:
    inside = json.dumps([before, offset, since_id, subject], ensure_ascii=False).encode()
    return base64.b32encode(inside).decode().rstrip("=").lower()


def _read_token(token: str, subject: str) -> tuple[str, int, str | None]:
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        before, offset, since_id, of = json.loads(raw)
    except ValueError as error:
        raise bad("next_token", token, "The `next_token` is not valid") from error
    if of != subject:
        raise bad("next_token", token, "The `next_token` belongs to another query")
    return before, offset, since_id


def mentions(server: XServer, request: Request, who: Caller, user_id: str) -> Answer:
    check_parameters(server, request, _WINDOW | {"pagination_token"})
    user = server.world.users.get(user_id)
    if user is None:
        return json_answer({"errors": [missing(user_id, "id") | {"resource_type": "user"}]})
    window = _window(request.query, 5, 100, ranged=True)
    posts = [
        post
        for post in server.world.newest_first()
        if server.world.mentions_account(post, user.username) and window.holds(post, server)
    ]
    price = "mention" if user_id == server.bot_id else "read"
    return _page(server, request.query, posts, window.max_results, f"mentions {user_id}", price)


def timeline(server: XServer, request: Request, who: Caller, user_id: str) -> Answer:
    check_parameters(server, request, _WINDOW | {"pagination_token", "exclude"})
    window = _window(request.query, 5, 100, ranged=True)
    left_out = {
        {"retweets": "retweeted", "replies": "replied_to"}.get(name, name)
        for name in request.query.get("exclude", "").split(",")
    }
    posts = [
        post
        for post in server.world.newest_first()
        if post.author_id == user_id and window.holds(post, server)
        if not left_out & {kind for kind, _ in post.references}
    ]
    return _page(server, request.query, posts, window.max_results, f"tweets {user_id}")


def lookup(server: XServer, request: Request, who: Caller) -> Answer:
    check_parameters(server, request, {"ids"})
    ids = list(dict.fromkeys(request.query.get("ids", "").split(",")))
    if server.rule("X-58") and len(ids) > 100:
        raise bad("ids", len(ids), f"The `ids` query parameter size [{len(ids)}] is not between 1 and 100")
    found, errors = _find(server, ids, "ids")
    answer = shaper(server, request.query).page(found)
    errors += answer.pop("errors", [])
    return json_answer(answer | ({"errors": errors} if errors else {}))


def lookup_one(server: XServer, request: Request, who: Caller, post_id: str) -> Answer:
    check_parameters(server, request, set())
    found, errors = _find(server, [post_id], "id")
    answer = shaper(server, request.query).page(found)
    errors += answer.pop("errors", [])
    if found:
        answer["data"] = answer["data"][0]
    return json_answer(answer | ({"errors": errors} if errors else {}))


def _find(server: XServer, ids: list[str], parameter: str) -> tuple[list[XPost], list[dict[str, Any]]]:
    found: list[XPost] = []
    errors: list[dict[str, Any]] = []
    for post_id in ids:
        if not re.fullmatch(r"\d{1,25}", post_id):
            raise bad(parameter, post_id, f"The `{parameter}` query parameter value [{post_id}] is not valid")
        post = server.world.posts.get(post_id)
        if post is None or post.deleted:
            errors += [missing(post_id, parameter)] if server.rule("X-59") else []
        elif server.world.users[post.author_id].protected and server.rule("X-60"):
            errors.append(hidden(post_id, parameter))
        else:
            found.append(post)
    return found, errors


def me(server: XServer, request: Request, who: Caller) -> Answer:
    check_parameters(server, request, set())
    if who.user_id is None:
        raise wrong_context(who.kind, "OAuth 1.0a User Context, OAuth 2.0 User Context")
    user = server.world.users[who.user_id]
    return json_answer({"data": shaper(server, request.query).user(user)})


def users(server: XServer, request: Request, who: Caller) -> Answer:
    """`/2/users?ids=` and `/2/users/by?usernames=`, at most 100."""
    parameter = "usernames" if request.path.endswith("/by") else "ids"
    check_parameters(server, request, {parameter})
    names = [name for name in request.query.get(parameter, "").split(",") if name]
    if not 1 <= len(names) <= 100:
        raise bad(parameter, len(names), f"The `{parameter}` query parameter size is not between 1 and 100")
    shape = shaper(server, request.query)
    known = {
        u.username.casefold() if parameter == "usernames" else u.id: u for u in server.world.users.values()
    }
    data = [shape.user(known[name.casefold()]) for name in names if name.casefold() in known]
    errors = [
        missing(name, parameter) | {"resource_type": "user"} for name in names if name.casefold() not in known
    ]
    return json_answer(({"data": data} if data else {}) | ({"errors": errors} if errors else {}))


def user_by_name(server: XServer, request: Request, who: Caller, username: str) -> Answer:
    check_parameters(server, request, set())
    for user in server.world.users.values():
        if user.username.casefold() == username.casefold():
            return json_answer({"data": shaper(server, request.query).user(user)})
    error = missing(username, "username") | {"resource_type": "user"}
    return json_answer({"errors": [error]})
