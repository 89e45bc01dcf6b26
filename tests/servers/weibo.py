"""A stand-in for Weibo's API on loopback, written from public documentation; holds to rules_weibo.tsv.

`with WeiboServer() as server:` in this process, or `python -m tests.servers.weibo --port 3300` as one of its
own (steered by remote.Remote). The standard host is `base_url`, the commercial one `commercial_url` (or any
call with `Host: c.api…`). `WeiboServer(without={"W-18"})` switches a rule off. Writes no files.
Sources named in the table: WB open.weibo.com wiki, WN github abrvchao/ai-team-skills weibo-acquisition.md,
else the repository or site itself; (u) marks what no document confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.servers import weibo_calls, weibo_commercial
from tests.servers.remote import run
from tests.servers.stand_in import Answer, Refused, Request, StandIn, as_time, json_answer, utc_now, words
from tests.servers.weibo_budget import Budget
from tests.servers.weibo_calls import Grant
from tests.servers.weibo_commercial import Push
from tests.servers.weibo_world import WComment, WeiboWorld, WPost, id_at

MESSAGES = {
    10004: "IP limit",
    10006: "Source paramter (appkey) is missing",
    10009: "Too many pending tasks, system is busy",
    10010: "Job expired",
    10014: "Insufficient app permissions",
    10016: "Miss required parameter",
    10017: "Parameter's value invalid",
    10020: "Request api not found",
    10022: "IP requests out of rate limit",
    10023: "User requests out of rate limit",
    10024: "User requests for this api out of rate limit",
    10032: "Scope refused",
    20012: "Text too long, please input text less than 140 characters",
    20019: "Repeat content",
    20101: "Target weibo does not exist",
    20111: "Repeated weibo text",
    20112: "Permission denied",
    20201: "Target weibo comment does not exist",
    21321: "applications over the unaudited use restrictions",
    21324: "invalid_client",
    21325: "invalid_grant",
    21327: "expired_token",
    21328: "unsupported_grant_type",
    21332: "invalid_access_token",
}
_FORBIDDEN = {10004, 10006, 10014, 10022, 10023, 10024, 10032, 20112, 21321, 21327, 21332}
Call = Callable[..., Answer]
STANDARD: dict[tuple[str, str], Call] = {
    ("GET", "statuses/mentions"): weibo_calls.mentions,
    ("GET", "statuses/show"): weibo_calls.show,
    ("GET", "statuses/show_batch"): weibo_calls.show_batch,
    ("GET", "comments/show"): weibo_calls.comments_show,
    ("GET", "comments/by_me"): weibo_calls.comments_by_me,
    ("POST", "comments/create"): weibo_calls.comments_create,
    ("POST", "comments/reply"): weibo_calls.comments_reply,
    ("POST", "comments/destroy"): weibo_calls.comments_destroy,
    ("POST", "statuses/update"): weibo_calls.statuses_update,
    ("POST", "statuses/share"): weibo_calls.statuses_share,
    ("GET", "search/topics"): weibo_calls.search_topics,
    ("GET", "account/get_uid"): weibo_calls.get_uid,
    ("GET", "account/rate_limit_status"): weibo_calls.rate_limit_status,
}
COMMERCIAL: dict[tuple[str, str], Call] = {
    ("GET", "2/search/statuses/limited.json"): weibo_commercial.search_limited,
    ("GET", "2/statuses/mentions/biz.json"): weibo_commercial.mentions_biz,
    ("POST", "subscribe/update_subscribe.json"): weibo_commercial.update_subscribe,
    ("GET", "commercial/push"): weibo_commercial.push,
}
_UNCOUNTED = "account/rate_limit_status"


class WeiboServer(StandIn):
    """The server; its options:

    `contract` None, "sample" (push gives 1 %) or "full"; `reviewed` app or not, with `testers`
    (screen names); `refused_scopes` are interfaces like "statuses/mentions"; `budgets` of calls: user_day,
    ip_hour, writes_hour, commercial_hour; `miss_rate` of a search; `repeat_code` for the same comment on the
    same post; `push_addresses` allow-listed; `local_images` serves pictures from here.
    """

    rules_file: ClassVar[str] = "rules_weibo.tsv"
    controls: ClassVar[frozenset[str]] = StandIn.controls | words(
        "add_user add_post add_image add_comment edit delete delete_comment issue_code new_token",
        "expire_tokens comments_by_bot read_counts push_raw push_cut push_count",
        "bot_token bot_uid subid raw_post fail_next",
    )
    app_key, app_secret, app_domain = "1234567890", "secret", "homeward.example"
    bot_token, subid = "bot-token", "10001"

    def __init__(
        self,
        *,
        without: Iterable[str] = (),
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        bot: str = "寻家热线",
        contract: str | None = None,
        reviewed: bool = True,
        testers: Iterable[str] = (),
        refused_scopes: Iterable[str] = (),
        budgets: Mapping[str, int] | None = None,
        miss_rate: float = 0.05,
        repeat_code: int = 20019,
        push_addresses: Iterable[str] = ("127.0.0.1",),
        local_images: bool = False,
    ) -> None:
        super().__init__(without=without, port=port, clock=clock)
        self.bot, self.contract, self.reviewed = bot, contract, reviewed
        self.testers, self.refused_scopes = frozenset(testers), frozenset(refused_scopes)
        self.miss_rate, self.repeat_code = miss_rate, repeat_code
        self.push_addresses, self.local_images = frozenset(push_addresses), local_images
        self.world = WeiboWorld(self.rule, "https://wx1.sinaimg.cn")
        self.budget = Budget(self.rule, **(budgets or {}))
        self.push = Push()
        self.grants: dict[str, Grant] = {}
        self.codes: dict[str, int] = {}
        self.keys_seen: dict[str, int] = {}
        self.repeats: dict[str, int] = {}
        self.images: dict[tuple[str, str], bytes] = {}
        self._errors = 0
        self._fail: list[int] = []
        self.bot_uid = self.world.user(bot).id
        self.new_token(self.bot_uid, self.bot_token)

    def start(self) -> None:
        super().start()
        if self.local_images:
            self.world.image_base = self.base_url + "/sinaimg"

    @property
    def commercial_url(self) -> str:
        return self.base_url + "/c.api"

    # -- answering

    def answer(self, request: Request) -> Answer:
        path = request.path
        if path.startswith("/sinaimg/"):
            return self._image(request)
        if path.startswith("/oauth2/"):
            return self._oauth(request)
        is_commercial = path.startswith("/c.api/") or request.host.startswith("c.api.")
        path = path.removeprefix("/c.api").removeprefix("/")
        if self._fail:
            raise self.error(request, self._fail.pop(0))
        if is_commercial or (not self.rule("W-13") and (request.method, path) in COMMERCIAL):
            return self._commercial(request, path)
        name = path.removeprefix("2/").removesuffix(".json")
        handler = STANDARD.get((request.method, name))
        if handler is None or not (path.startswith("2/") and path.endswith(".json")):
            raise self.error(request, 10020, status=404)
        grant = self._admitted(request, name)
        if name != _UNCOUNTED or not self.rule("W-61"):
            self._spend(
                request,
                self.budget.spend(
                    grant.uid, request.client_ip, self.now(), is_write=request.method == "POST"
                ),
            )
        answer = handler(self, request, grant)
        if not self.rule("W-62"):
            answer.headers["X-RateLimit-Remaining"] = "1"
        return answer

    def _commercial(self, request: Request, path: str) -> Answer:
        handler = COMMERCIAL.get((request.method, path))
        if handler is None:
            raise self.error(request, 10020, status=404)
        grant = self._admitted(request, path)
        is_own = path.endswith("mentions/biz.json")  # keeps a rule of its own
        if self.contract is None and self.rule("W-12") and not is_own:
            raise self.error(request, 10014)
        self._spend(request, self.budget.spend_commercial(request.client_ip, self.now()))
        return handler(self, request, grant)

    def _spend(self, request: Request, code: int | None) -> None:
        if code is not None:
            raise self.error(request, code)

    def error(self, request: Request, code: int, *, status: int | None = None) -> Refused:
        """A refusal; every other one has its code as a string (W-56)."""
        self._errors += 1
        is_text = self._errors % 2 == 0 and self.rule("W-56")
        body = {
            "request": request.path,
            "error_code": str(code) if is_text else code,
            "error": MESSAGES.get(code, "error"),
        }
        if not self.rule("W-55"):
            return Refused(json_answer({"message": "error"}, 500))
        return Refused(json_answer(body, status or (403 if code in _FORBIDDEN else 400)))

    def token_in(self, request: Request) -> str:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        return value if scheme == "OAuth2" else request.params.get("access_token", "")

    def grant_of(self, request: Request) -> Grant:
        token = self.token_in(request)
        if not token and self.rule("W-01"):
            raise self.error(request, 10006)
        grant = self.grants.get(token)
        if grant is None:
            if self.rule("W-02") and token:
                raise self.error(request, 21332)
            return self.grants[self.bot_token]
        if self.rule("W-03") and grant.expires_at <= self.now():
            raise self.error(request, 21327)
        return grant

    def _admitted(self, request: Request, name: str) -> Grant:
        grant = self.grant_of(request)
        is_tester = self.world.users[grant.uid].screen_name in self.testers
        if self.rule("W-08") and not self.reviewed and not is_tester:
            raise self.error(request, 21321)
        if self.rule("W-10") and name in self.refused_scopes:
            raise self.error(request, 10032)
        return grant

    def _oauth(self, request: Request) -> Answer:
        name = request.path.removeprefix("/oauth2/")
        if name == "authorize":
            query = {"code": self.issue_code(), "state": request.query.get("state", "")}
            target = request.query.get("redirect_uri", "") + "?" + urlencode(query)
            return Answer(302, headers={"Location": target})
        calls = {
            "access_token": weibo_calls.access_token,
            "get_token_info": weibo_calls.get_token_info,
            "revokeoauth2": weibo_calls.revoke,
        }
        if name not in calls:
            raise self.error(request, 10020, status=404)
        return calls[name](self, request)

    def _image(self, request: Request) -> Answer:
        """`/sinaimg/SIZE/PID.jpg`."""
        if self.rule("W-51") and request.headers.get("referer") != "https://weibo.com/":
            return Answer(403)
        size, _, name = request.path.removeprefix("/sinaimg/").partition("/")
        pid = name.removesuffix(".jpg")
        held = {of_size: body for (key, of_size), body in self.images.items() if key == pid}
        body = held.get(size) if self.rule("W-52") else next(iter(held.values()), None)
        return Answer(404) if body is None else Answer(200, body, {"Content-Type": "image/jpeg"})

    # -- helpers for tests

    def add_user(self, screen_name: str, **fields: str) -> int:
        with self.lock:
            return self.world.user(screen_name, **fields).id

    def add_post(
        self,
        text: str,
        *,
        author: str = "路人甲",
        created_at: datetime | str | float | None = None,
        age_s: float = 0.0,
        post_id: int | None = None,
        **fields: Any,
    ) -> int:
        """A new post, pushed at once; its id.

        Fields: geo (lat, lon), pics (ids), has_video, retweet_of, visible, extra (merged into its JSON).
        """
        with self.lock:
            at = as_time(created_at) if created_at is not None else self.now() - timedelta(seconds=age_s)
            made = post_id or id_at(at, self.world.next_number())
            post = WPost(made, self.world.user(author).id, text, at, **fields)
            self.world.posts[made] = post
            weibo_commercial.publish(self, post)
            return made

    def add_image(
        self, pid: str, image: bytes, sizes: Iterable[str] = ("large", "mw2000", "thumbnail")
    ) -> None:
        """A picture that this server hands out in those sizes; needs `local_images` for its address."""
        with self.lock:
            self.images |= {(pid, size): image for size in sizes}

    def add_comment(self, post_id: int, text: str, *, author: str = "路人乙") -> int:
        with self.lock:
            return self.put_comment(post_id, text, self.world.user(author).id).id

    def put_comment(self, post_id: int, text: str, uid: int, **fields: Any) -> WComment:
        made = id_at(self.now(), self.world.next_number())
        comment = WComment(made, post_id, uid, text, self.now(), **fields)
        self.world.comments[made] = comment
        return comment

    def edit(self, post_id: int, text: str) -> None:
        """Changes the text; nothing else tells of it (W-50)."""
        with self.lock:
            post = self.world.posts[post_id]
            post.text = text
            post.extra |= {} if self.rule("W-50") else {"edit_at": self.now().isoformat()}

    def delete(self, post_id: int) -> None:
        with self.lock:
            self.world.posts[post_id].deleted = True

    def delete_comment(self, comment_id: int) -> None:
        with self.lock:
            self.world.comments[comment_id].deleted = True

    def raw_post(self, post_id: int) -> WPost:
        return self.world.posts[post_id]

    def issue_code(self, screen_name: str | None = None) -> str:
        """An authorization code, as the consent page would give."""
        with self.lock:
            name = f"code-{self.world.next_number()}"
            self.codes[name] = self.world.user(screen_name or self.bot).id
            return name

    def new_token(self, uid: int, name: str | None = None) -> str:
        """A token as the app's standing gives it: 1 day, or 7 for a reviewed app."""
        with self.lock:
            name = name or f"token-{self.world.next_number()}"
            days = (7 if self.reviewed else 1) if self.rule("W-09") else 365
            self.grants[name] = Grant(uid, self.now(), self.now() + timedelta(days=days))
            return name

    def expire_tokens(self) -> None:
        with self.lock:
            for name, grant in self.grants.items():
                self.grants[name] = Grant(grant.uid, grant.made_at, self.now())

    def fail_next(self, code: int, times: int = 1) -> None:
        """The next calls to any interface are refused with that code, undone."""
        with self.lock:
            self._fail += [code] * times

    def comments_by_bot(self, post_id: int | None = None) -> list[WComment]:
        """The bot's comments made through the API that stand, on one post or any."""
        with self.lock:
            mine = [c for c in self.world.comments.values() if c.by_api and c.user_id == self.bot_uid]
            return [c for c in mine if not c.deleted and post_id in (None, c.post_id)]

    @property
    def read_counts(self) -> dict[str, int]:
        """Calls so far by path."""
        counts: dict[str, int] = {}
        for request in self.requests:
            counts[request.path] = counts.get(request.path, 0) + 1
        return counts

    @property
    def push_count(self) -> int:
        """Open push connections."""
        return len(self.push.connections)

    def push_raw(self, data: str | bytes) -> None:
        """Bytes into the push streams as they are."""
        with self.lock:
            weibo_commercial.send(self, data.encode() if isinstance(data, str) else data)

    def push_cut(self) -> None:
        """Breaks every push connection."""
        with self.lock:
            weibo_commercial.send(self, None)


if __name__ == "__main__":
    run(WeiboServer)
