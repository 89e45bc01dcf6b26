"""A stand-in for the X API v2 on loopback, written from public documentation; holds to rules_x.tsv.

`with XServer() as server:` in this process, or `python -m tests.servers.x --port 3200 --without X-19` as one
of its own (steered by remote.Remote). `XServer(without={"X-19"})` switches a rule off. Writes no files.
Sources named in the table: XD docs.x.com, XO X's OpenAPI spec 2.167, else the repository or site itself;
(u) marks what no document confirms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from tests.servers import x_auth, x_search, x_stream, x_write
from tests.servers.remote import run
from tests.servers.stand_in import Answer, Request, StandIn, as_time, json_answer, utc_now, words
from tests.servers.x_auth import ALL_SCOPES, Caller, Token, Tokens
from tests.servers.x_meter import Charge, Meter
from tests.servers.x_problem import PROBLEMS, problem
from tests.servers.x_stream import Hub, Piece
from tests.servers.x_world import XPlace, XPost, XWorld

__all__ = ["ALL_SCOPES", "Caller", "XServer"]


@dataclass(frozen=True, slots=True)
class Route:
    """`endpoint` names the rate-limit window; `reads` marks calls that the monthly cap stops."""

    method: str
    path: re.Pattern[str]
    endpoint: str
    handler: Callable[..., Answer]
    reads: bool = False


def _route(
    method: str, path: str, endpoint: str, handler: Callable[..., Answer], reads: bool = False
) -> Route:
    return Route(method, re.compile(path), endpoint, handler, reads)


_ID = r"(\d{1,25})"
ROUTES = (
    _route("GET", r"/2/tweets/search/recent", "recent", x_search.search_recent, True),
    _route("GET", r"/2/tweets/search/all", "all", x_search.search_all, True),
    _route("GET", r"/2/tweets/search/stream", "stream", x_stream.stream, True),
    _route("GET", r"/2/tweets/search/stream/rules", "rules_get", x_stream.list_rules),
    _route("POST", r"/2/tweets/search/stream/rules", "rules_post", x_stream.change_rules),
    _route("DELETE", r"/2/connections/all", "connections", x_stream.kill_all),
    _route("GET", r"/2/tweets", "lookup", x_search.lookup, True),
    _route("GET", rf"/2/tweets/{_ID}", "lookup_one", x_search.lookup_one, True),
    _route("POST", r"/2/tweets", "create", x_write.create),
    _route("DELETE", rf"/2/tweets/{_ID}", "delete", x_write.delete),
    _route("GET", r"/2/users/me", "me", x_search.me),
    _route("GET", r"/2/users(?:/by)?", "users", x_search.users),
    _route("GET", r"/2/users/by/username/(\w{1,15})", "user", x_search.user_by_name),
    _route("GET", rf"/2/users/{_ID}/mentions", "mentions", x_search.mentions, True),
    _route("GET", rf"/2/users/{_ID}/tweets", "timeline", x_search.timeline, True),
    _route("POST", r"/2/compliance/jobs", "jobs", x_write.create_job),
    _route("GET", rf"/2/compliance/jobs/{_ID}", "jobs", x_write.get_job),
)
OPEN_ROUTES = (  # no bearer token, no window
    _route("POST", r"/oauth2/token", "", x_auth.app_token),
    _route("POST", r"/2/oauth2/token", "", x_auth.user_token),
    _route("POST", r"/2/oauth2/revoke", "", x_auth.revoke),
    _route("PUT", rf"/compliance/{_ID}/upload", "", x_write.upload),
    _route("GET", rf"/compliance/{_ID}/download", "", x_write.download),
)


class XServer(StandIn):
    """The server; its options:

    `limits={"recent": (app, user)}` per 15 minutes, `monthly_cap` reads, `posts_per_day` of the app, `tier`
    self-serve or enterprise, `spelling` tweet or post, `heartbeat_s` and `rule_delay_s` of the stream (a rule
    is active at once unless a delay is given; X needs about 20 s), `local_images` serves photos from here.
    """

    rules_file: ClassVar[str] = "rules_x.tsv"
    controls: ClassVar[frozenset[str]] = StandIn.controls | {
        *words("add_user add_post add_photo add_video add_place edit delete withhold protect block"),
        *words("stream_error stream_raw stream_cut expire_tokens issue_code posts_by_bot replies_by_bot"),
        *words("charges cost_usd reads app_token bot_token bot_id connection_count rule_values raw_post"),
    }
    api_key, api_secret = "key", "secret"
    app_token, bot_token, oauth1_token = "app-token", "bot-token", "bot-oauth1"

    def __init__(
        self,
        *,
        without: Iterable[str] = (),
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        bot: str = "homeward",
        tier: str = "self-serve",
        spelling: str = "tweet",
        limits: Mapping[str, tuple[int | None, int | None]] | None = None,
        monthly_cap: int = 3_000_000,
        posts_per_day: int | None = None,
        heartbeat_s: float = 20.0,
        rule_delay_s: float = 0.0,
        local_images: bool = False,
    ) -> None:
        super().__init__(without=without, port=port, clock=clock)
        self.tier, self.spelling = tier, spelling
        self.heartbeat_s, self.rule_delay_s = heartbeat_s, rule_delay_s
        self.posts_per_day, self.local_images = posts_per_day, local_images
        self.notice_disconnects = True
        self.world = XWorld(self.rule)
        self.meter = Meter(self.rule, limits or {}, monthly_cap)
        self.hub = Hub(self)
        self.jobs: dict[str, list[str]] = {}
        self.keys_seen: dict[str, str] = {}
        self.images: dict[tuple[str, str], bytes] = {}
        self.bot_id = self.world.user(bot).id
        self.tokens = Tokens()
        self.tokens.known[self.app_token] = Token(x_auth.APP, None, (), None)
        self.tokens.known[self.oauth1_token] = Token(x_auth.OAUTH1, self.bot_id, ALL_SCOPES, None)
        self._put_bot_token(ALL_SCOPES)

    # -- answering

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/media/"):
            return self._image(request)
        for route in OPEN_ROUTES:
            found = route.path.fullmatch(request.path)
            if found and route.method == request.method:
                return route.handler(self, request, *found.groups())
        for route in ROUTES:
            found = route.path.fullmatch(request.path)
            if found and route.method == request.method:
                who = self._admit(route, x_auth.caller(self, request))
                answer = route.handler(self, request, who, *found.groups())
                answer.headers |= who.headers
                return answer
        body = {"title": "Not Found", "detail": "Not Found", "type": "about:blank", "status": 404}
        return json_answer(body, 404)

    def _admit(self, route: Route, who: Caller) -> Caller:
        """Counts the call; 429 beyond the window or the month's cap."""
        spent = self.meter.spend(route.endpoint, who.user_id, self.now())
        headers = {
            "x-rate-limit-limit": str(spent.limit),
            "x-rate-limit-remaining": str(spent.remaining),
            "x-rate-limit-reset": str(spent.reset_s),
        }
        who = replace(who, headers=headers if self.rule("X-80") else {})
        if spent.over:
            kind = "rate-limit-exceeded" if self.rule("X-88") else "about:blank"
            raise problem(429, kind, "Too Many Requests", "Too Many Requests", who.headers)
        if route.reads and self.meter.is_capped(self.now()):
            detail = "Usage cap exceeded: Monthly product cap"
            more = {"period": "Monthly", "scope": "Product"}
            raise problem(429, "usage-capped", "UsageCapExceeded", detail, who.headers, **more)
        return who

    def _image(self, request: Request) -> Answer:
        """`/media/KEY?format=jpg&name=orig` or `/media/KEY.jpg`; 404 for a size that is not there (X-113)."""
        key = request.path.removeprefix("/media/").partition(".")[0]
        size = request.query.get("name", "")
        if not self.rule("X-113"):
            size = ""
        body = self.images.get((key, size))
        return Answer(404) if body is None else Answer(200, body, {"Content-Type": "image/jpeg"})

    # -- helpers for tests

    def add_user(self, username: str, **fields: Any) -> str:
        """Makes or changes a user (name, location, description, protected); the id."""
        with self.lock:
            return self.world.user(username, **fields).id

    def add_post(
        self,
        text: str,
        *,
        author: str = "finder",
        created_at: datetime | str | float | None = None,
        age_s: float = 0.0,
        post_id: str | None = None,
        **fields: Any,
    ) -> str:
        """A new post, sent down the stream at once; its id.

        Fields: lang, media (keys), place_id, coordinates [lon, lat], reply_to, quote_of, repost_of,
        sensitive, reply_settings, withheld, extra (merged into its JSON).
        """
        with self.lock:
            at = as_time(created_at) if created_at is not None else self.now() - timedelta(seconds=age_s)
            post = self.world.add_post(author, text, at, post_id, **fields)
            self.hub.publish(post)
            return post.id

    def add_photo(
        self, alt_text: str | None = None, *, image: bytes = b"", sizes: Iterable[str] = ("orig", "large", "")
    ) -> str:
        """A photo's media key; with `image`, the sizes that can be had here ('' is the plain URL)."""
        with self.lock:
            base = self.base_url if self.local_images else "https://pbs.twimg.com"
            media = self.world.add_media("photo", alt_text, base, 1200, 800)
            name = str(media.url).rpartition("/")[2].removesuffix(".jpg")
            self.images |= {(name, size): image for size in sizes if image}
            return media.media_key

    def add_video(self, alt_text: str | None = None) -> str:
        with self.lock:
            return self.world.add_media("video", alt_text, "https://pbs.twimg.com", 1280, 720).media_key

    def add_place(self, name: str, country_code: str, bbox: list[float], **fields: str) -> str:
        """A place's id; bbox is [west, south, east, north]."""
        with self.lock:
            number = f"{self.world.next_number():016x}"
            country = fields.get("country", country_code)
            full_name = fields.get("full_name", f"{name}, {country}")
            kind = fields.get("place_type", "city")
            self.world.places[number] = XPlace(number, full_name, name, country, country_code, kind, bbox)
            return number

    def edit(self, post_id: str, text: str, *, created_at: datetime | str | float | None = None) -> str:
        """The id of the new version, which goes down the stream too; EditRefused when too late."""
        with self.lock:
            at = as_time(created_at) if created_at is not None else self.now()
            post = self.world.edit(post_id, text, at)
            self.hub.publish(post)
            return post.id

    def delete(self, post_id: str) -> None:
        """All versions are gone; the stream says nothing of it (X-77)."""
        with self.lock:
            self.world.delete(post_id)
            if not self.rule("X-77"):
                self.hub.send(Piece(b'{"delete": {"id": "%s"}}\r\n' % post_id.encode()))

    def withhold(self, post_id: str, countries: list[str], *, copyright_claim: bool = False) -> None:
        scope = {"copyright": copyright_claim, "country_codes": countries, "scope": "tweet"}
        with self.lock:
            self.world.posts[post_id].withheld = scope

    def protect(self, username: str, protected: bool = True) -> None:
        self.add_user(username, protected=protected)

    def block(self, author: str, who: str) -> None:
        """`author` blocks `who`."""
        with self.lock:
            self.world.user(author).blocks.add(self.world.user(who).id)

    def raw_post(self, post_id: str) -> XPost:
        return self.world.posts[post_id]

    def posts_by_bot(self) -> list[XPost]:
        """What the bot's account has posted through the API, deleted ones included."""
        with self.lock:
            return [p for p in self.world.posts.values() if p.by_api and p.author_id == self.bot_id]

    def replies_by_bot(self, to: str | None = None) -> list[XPost]:
        """The bot's replies that stand, to one post or to any."""
        posts = [p for p in self.posts_by_bot() if not p.deleted]
        targets = ((p, dict(p.references).get("replied_to")) for p in posts)
        return [p for p, target in targets if target is not None and to in (None, target)]

    @property
    def charges(self) -> list[Charge]:
        return list(self.meter.charges)

    @property
    def cost_usd(self) -> Decimal:
        return self.meter.cost_usd

    @property
    def reads(self) -> dict[str, int]:
        """Charged resources by kind: read, mention, user, post, url_post, summoned."""
        return {
            kind: self.meter.count(kind)
            for kind in ("read", "mention", "user", "post", "url_post", "summoned")
        }

    @property
    def connection_count(self) -> int:
        return len(self.hub.connections)

    @property
    def rule_values(self) -> dict[str, str | None]:
        """The stream rules on the server: value to tag."""
        return {rule.value: rule.tag for rule in self.hub.rules.values()}

    def stream_error(self, kind: str = "operational-disconnect") -> None:
        """An error inside the stream, which then ends."""
        detail = "This stream has been disconnected for operational reasons."
        entry = {"title": kind, "disconnect_type": "OperationalDisconnect", "detail": detail}
        body = json_answer({"errors": [entry | {"type": PROBLEMS + kind}]}).body + b"\r\n"
        with self.lock:
            if self.rule("X-73"):
                self.hub.send(Piece(body, ends=True))

    def stream_raw(self, data: str | bytes) -> None:
        """Bytes into the stream as they are."""
        with self.lock:
            self.hub.send(Piece(data.encode() if isinstance(data, str) else data))

    def stream_cut(self, data: str | bytes = b"") -> None:
        """Breaks every stream connection, after some last bytes."""
        with self.lock:
            self.hub.send(Piece(data.encode() if isinstance(data, str) else data, cuts=True))

    def expire_tokens(self) -> None:
        """Every user token is over (refresh tokens stay good)."""
        with self.lock:
            self._put_bot_token(ALL_SCOPES, self.now() - timedelta(seconds=1))
            for name, token in list(self.tokens.known.items()):
                if token.expires_at is not None:
                    self.tokens.known[name] = replace(token, expires_at=self.now())

    def issue_code(self, *, scopes: Iterable[str] = ALL_SCOPES, challenge: str = "") -> str:
        """An authorization code, as the consent page would give."""
        with self.lock:
            return x_auth.issue_code(self, tuple(scopes), challenge)

    def _put_bot_token(self, scopes: tuple[str, ...], expires_at: datetime | None = None) -> None:
        self.tokens.known[self.bot_token] = Token(x_auth.USER, self.bot_id, scopes, expires_at)


if __name__ == "__main__":
    run(XServer)
