"""Live collector for the public hashtag timelines of one server that speaks Mastodon's API.

Reads without an account; a token (optional) opens servers that show timelines to members only, mentions
and streams. Why this is written on HTTP and not on a client library: docs/decisions/0010-mastodon-reading.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from urllib.parse import quote, urlsplit

from collectors import mastodon_back as back
from collectors import mastodon_instance as instances
from collectors import mastodon_live as live
from collectors import mastodon_walk as walk
from collectors.archive_outbox import host_of, status_id
from collectors.base import Checked, Collector, NotSupported, Option, Secret, SourceSpec
from collectors.checking import checked
from collectors.context import Context
from collectors.hashtags import normalise, wanted
from collectors.http import Answer, Http, Limits, checked_base_url, error_of
from collectors.mastodon_status import read_status
from collectors.options import within
from collectors.payload import Fields, Reading, join, parse_time
from store.errors import BadPayload, ConfigError, NeedsPerson, UsageError
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Platform, Post

NAMES_THAT_COUNT = 4  # of any[], all[], none[]; more are ignored silently (app/models/tag_feed.rb)
IDS_AT_ONCE = 20
_ABSENT = frozenset({404, 410})
_BAD_REQUEST = 400  # in plain text, it is what Takahē says of a token that it does not know
_REFUSED = frozenset({_BAD_REQUEST, 422})  # 422: there is no user's token

SPEC = SourceSpec(
    kind="mastodon",
    platform=Platform.MASTODON,
    streams=True,
    polls=True,
    poll_every_s=60.0,
    docs="docs/platforms/mastodon.md",
    options=(
        Option("base_url", str, None, "address of the server, such as https://mastodon.example"),
        Option(
            "token_secret", str, "", "variable that holds this server's token; empty: read without account"
        ),
        Option("local_only", bool, False, "only posts written on this server"),
        Option("page_size", int, 40, "posts asked for at once, 1 to 40", minimum=1, maximum=40),
        Option(
            "backfill_pages", int, 2, "pages read back in time when a hashtag is new", minimum=0, maximum=1000
        ),
        Option(
            "rescan_every_s",
            float,
            3600.0,
            "seconds between second looks for late posts; 0: never",
            minimum=0,
            maximum=2_592_000,
        ),
        Option("rescan_hours", float, 48.0, "how far back a second look goes", minimum=1, maximum=720),
        Option("rescan_pages", int, 25, "most pages of one second look", minimum=1, maximum=1000),
        Option("timeout_s", float, 20.0, "seconds to wait for the server", minimum=1, maximum=300),
        Option("max_answer_mb", float, 8.0, "largest answer that is read", minimum=0.1, maximum=100),
        *live.OPTIONS,
    ),
    secrets=(
        Secret(
            "HOMEWARD_MASTODON_TOKEN",
            "access token of an account on that server (Preferences, Development, New application; "
            "scopes read:statuses and read:notifications); used where token_secret names it",
        ),
    ),
)


def build(name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector from checked options. Raises ConfigError."""
    rules = walk.WalkRules(
        page_size=within(options, name, "page_size", 1, 40),
        backfill_pages=within(options, name, "backfill_pages", 0, 1000),
        rescan_every=timedelta(seconds=within(options, name, "rescan_every_s", 0, 30 * 86400)),
        rescan_span=timedelta(hours=within(options, name, "rescan_hours", 1, 24 * 30)),
        rescan_pages=within(options, name, "rescan_pages", 1, 1000),
    )
    limits = Limits(
        timeout_s=within(options, name, "timeout_s", 1, 300),
        max_answer_mb=within(options, name, "max_answer_mb", 0.1, 100),
    )
    secret = options["token_secret"]
    token = context.secrets.get(secret, "") if secret else ""
    if secret and not token:
        raise ConfigError(
            f"{name}.token_secret", f"names {secret}, which is not set in the environment or .env"
        )
    base_url = checked_base_url(options["base_url"], f"{name}.base_url")
    http = Http(name, base_url, context, token=token, limits=limits)
    wishes = live.wishes(options, name)
    streaming = live.Streaming(name, base_url, context, token, limits, wishes)
    made = MastodonCollector(
        name, base_url, http, context, rules, bool(token), options["local_only"], streaming
    )
    made.spec = SPEC if wishes.is_on else replace(SPEC, streams=False)
    return made


class MastodonCollector:
    """Polls hashtag timelines, every cursor for one hashtag (or the mentions); streams make it faster."""

    spec: SourceSpec = SPEC

    def __init__(
        self,
        name: str,
        base_url: str,
        http: Http,
        context: Context,
        rules: walk.WalkRules,
        has_token: bool,
        local_only: bool,
        streaming: live.Streaming,
    ) -> None:
        self.name = name
        self._host = urlsplit(base_url).netloc.lower()
        self._http = http
        self._clock = context.clock
        self._rules = rules
        self._has_token = has_token
        self._local_only = local_only
        self._streaming = streaming
        self._access_checked = False
        self._has_bulk_lookup = True

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """One page of the timeline of `query.any[0]`, joined by up to four more names of `any`.

        The server decides which posts carry the tags (it folds accents, which we do not); the rest of
        the query is applied here.
        """
        path = f"/api/v1/timelines/tag/{quote(_path_tag(query, self.name), safe='')}"
        try:
            page = self._walked(path, self._tag_params(query), cursor, _statuses)
        except NeedsPerson as error:
            raise self._refused(error) from None
        if not page.posts and not page.more and not self._access_checked:
            self._check_access()
        return _only(page, _rest(query))

    def _tag_params(self, query: TagQuery) -> list[tuple[str, str]]:
        params = [("any[]", normalise(tag)) for tag in query.any[1:]]
        params += [("all[]", normalise(tag)) for tag in query.all[:NAMES_THAT_COUNT]]
        params += [("none[]", normalise(tag)) for tag in query.none[:NAMES_THAT_COUNT]]
        return [*params, ("local", "true")] if self._local_only else params

    def mentions(self, cursor: str) -> Page:
        """Posts that name the token's account. Raises NotSupported without a token."""
        if not self._has_token:
            raise NotSupported(f"{self.name}: mentions need a token (option token_secret)")
        return self._walked("/api/v1/notifications", [("types[]", "mention")], cursor, _notifications)

    def _walked(self, path: str, params: list[tuple[str, str]], cursor: str, read: Any) -> Page:
        place, now = self._load(cursor), self._clock()
        step = walk.next_step(place)
        answer = self._asked(path, params + walk.asks(place, step, self._rules))
        items = self._list(answer)
        seen = [_seen(item) for item in items]
        if items and not any(item.id for item in seen):
            raise BadPayload(self.name, f"{path} answered {len(items)} items without ids")
        reading = join(read(items, now, self._host))
        place, more, gap = walk.moved(place, step, seen, now, self._rules)
        moved_to = walk.dump(place)
        return Page(
            posts=reading.posts,
            cursor=moved_to if moved_to != cursor else None,
            gap=gap,
            budget=self._http.budget(answer),
            more=more,
            set_aside=reading.set_aside,
        )

    def _asked(self, path: str, params: list[tuple[str, str]]) -> Answer:
        """The answer to a request for a list. Raises NeedsPerson where it is for members."""
        answer = self._http.get(path, params, accept=_ABSENT | _REFUSED)
        if answer.status not in _REFUSED:
            return answer
        if answer.status == _BAD_REQUEST and (not self._has_token or _is_json(answer)):
            raise error_of(answer, self._clock())
        words = "the token is not taken as a user's" if self._has_token else "the server refuses this reader"
        raise NeedsPerson(self.name, f"{path} answered {answer.status}: {words}")

    def _load(self, cursor: str) -> walk.Place:
        try:
            return walk.load(cursor)
        except ValueError as error:
            words = f"the kept cursor cannot be read ({error}); forget it to begin this hashtag anew"
            raise BadPayload(self.name, words) from None

    def _list(self, answer: Answer) -> list[Any]:
        """A hashtag that the server has never seen is a 404 with a JSON body: an empty timeline."""
        value = answer.json()
        if answer.status in _ABSENT and isinstance(value, dict):
            return []
        if not isinstance(value, list):
            raise BadPayload(self.name, f"{answer.path} answered {type(value).__name__}, expected a list")
        return value

    def _refused(self, error: NeedsPerson) -> NeedsPerson:
        if self._has_token:
            return NeedsPerson(self.name, f"{error.detail}; the token may be revoked or lack read:statuses")
        words = "the server shows hashtag timelines to members only: make a token there and set token_secret"
        return NeedsPerson(self.name, f"{words} ({error.detail})")

    def _check_access(self) -> None:
        """Servers from 4.5 may answer a refused reader with an empty list, and say so elsewhere."""
        instance = instances.ask(self._http)
        refused = instances.refused_feed(instance, local_only=self._local_only, has_token=self._has_token)
        if refused is not None:
            feed, access = refused
            words = f"the server's setting for {feed} posts under hashtags is {access!r}, so nothing is shown"
            raise NeedsPerson(self.name, f"{words}; set token_secret or choose another server")
        self._access_checked = True

    def id_of(self, post_key: str, native_id: str) -> str:
        """The id in the address of a post that was written on this server; of others it is not known."""
        uri = post_key.removeprefix("mastodon:")
        return status_id(uri) if host_of(uri) == self._host else ""

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each status by its id on this server, in the order of `ids`, one result an id.

        A missing one is gone or hidden; since only its id is known, the key of its Gone is
        `mastodon:HOST#ID`, which the caller maps back by position.
        """
        found: list[Post | Gone] = []
        for start in range(0, len(ids), IDS_AT_ONCE):
            found.extend(self._looked_up(ids[start : start + IDS_AT_ONCE]))
        return found

    def _looked_up(self, ids: Sequence[str]) -> list[Post | Gone]:
        now = self._clock()
        posts = {post.native_id: post for item in self._fetched(ids) for post in self._post(item, now)}
        lost = "not shown by its server any more"
        return [
            posts.get(ident) or Gone(f"mastodon:{self._host}#{ident}", Platform.MASTODON, lost, now)
            for ident in ids
        ]

    def _post(self, item: Any, now: datetime) -> tuple[Post, ...]:
        reading = read_status(item, now, host=self._host)
        if not reading.posts:
            raise BadPayload(self.name, "a status of a lookup cannot be read")
        return reading.posts[-1:]

    def _fetched(self, ids: Sequence[str]) -> list[Any]:
        """Many at once from 4.3 on; older servers do not know the address and are asked one by one."""
        if self._has_bulk_lookup:
            params = [("id[]", ident) for ident in ids]
            answer = self._http.get("/api/v1/statuses", params, accept=frozenset({404, 405}))
            if answer.status == 200:
                return self._list(answer)
            self._has_bulk_lookup = False
        answers = [self._http.get(f"/api/v1/statuses/{quote(i, safe='')}", accept=_ABSENT) for i in ids]
        return [answer.json() for answer in answers if answer.status == 200]

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """One page of the hashtag's past within `span`, walked back with `max_id`.

        Full text is not searched: that needs an account and an index. Posts without a readable time are kept.
        """
        path = f"/api/v1/timelines/tag/{quote(_path_tag(query, self.name), safe='')}"
        try:
            place = back.load(cursor)
        except ValueError as error:
            raise BadPayload(self.name, f"the kept place in the past cannot be read ({error})") from None
        params = self._tag_params(query) + back.asks(place, self._rules.page_size)
        try:
            answer = self._asked(path, params)
        except NeedsPerson as error:
            raise self._refused(error) from None
        items, now = self._list(answer), self._clock()
        if not items and not cursor and not self._access_checked:
            self._check_access()
        reading, moved_to = join(_statuses(items, now, self._host)), back.moved(place, _all_seen(items), span)
        posts = tuple(p for p in reading.posts if p.created_at is None or _lies_in(span, p.created_at))
        page = Page(
            posts=posts,
            cursor=moved_to,
            budget=self._http.budget(answer),
            more=moved_to is not None,
            set_aside=reading.set_aside,
        )
        return _only(page, _rest(query))

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """The server's own page, one page of a timeline, a stream, and the token if there is one."""
        tried = [checked("server", self._try_server)]
        if tried[0].ok and queries:
            tried.append(checked("timeline", lambda: self._try_timeline(queries[0])))
            streamed = self._streaming.check(queries, local_only=self._local_only)
            tried += [streamed] if streamed else []
        if tried[0].ok and self._has_token:
            tried.append(checked("token", self._try_token))
        return tried

    def _try_server(self) -> str:
        return f"{self._host} answers ({instances.ask(self._http).version or 'other software'})"

    def _try_timeline(self, query: TagQuery) -> str:
        page = self.poll(query, "")
        return f"#{_path_tag(query, self.name)} is shown, {len(page.posts)} posts on its first page"

    def _try_token(self) -> str:
        try:
            self.mentions("")
        except NeedsPerson:
            words = "the token is refused: revoked, or without read:notifications; make a new one there"
            raise NeedsPerson(self.name, words) from None
        return "mentions can be read"

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Posts, edits and deletions as the server's streams bring them, without a cursor.

        Nothing is replayed: whoever follows polls each hashtag from its own cursor when the first page
        comes, which says that all streams are open. `cursor` is not used. Deletions name the status as
        `mastodon:HOST#ID`. Raises NotSupported where there are no streams that can be read.
        """
        return self._streaming.follow(queries, stop, local_only=self._local_only)

    def close(self) -> None:
        """Give back connections."""
        self._http.close()


def _path_tag(query: TagQuery, name: str) -> str:
    tag = normalise(query.any[0]) if query.any else ""
    if not tag:
        raise UsageError(name, "Mastodon reads by hashtag: the query names none in `any`")
    if len(query.any) > 1 + NAMES_THAT_COUNT:
        most = 1 + NAMES_THAT_COUNT
        raise UsageError(name, f"{len(query.any)} hashtags in one query, at most {most}: poll one at a time")
    return tag


def _is_json(answer: Answer) -> bool:
    try:
        answer.json()
    except BadPayload:
        return False
    return True


def _seen(item: Any) -> walk.Seen:
    fields = Fields(item, [])
    moment = parse_time(fields.text("created_at"))
    return walk.Seen(fields.ident("id"), moment.astimezone(UTC) if moment else None)


def _statuses(items: list[Any], now: datetime, host: str) -> Iterator[Reading]:
    for index, item in enumerate(items):
        yield read_status(item, now, host=host, where=f"{host}[{index}]")


def _notifications(items: list[Any], now: datetime, host: str) -> Iterator[Reading]:
    """Some servers ignore `types[]`, so the type is asked again here."""
    for index, item in enumerate(items):
        if isinstance(item, dict) and item.get("type") == "mention":
            yield read_status(item.get("status"), now, host=host, where=f"{host}[{index}].status")


def _all_seen(items: list[Any]) -> list[walk.Seen]:
    return [_seen(item) for item in items]


def _lies_in(span: Span, moment: datetime) -> bool:
    return span.start <= moment < span.end


def _rest(query: TagQuery) -> TagQuery:
    """What the server does not look at."""
    return TagQuery(
        (), query.all[NAMES_THAT_COUNT:], query.none, query.phrases, query.langs, query.not_authors
    )


def _only(page: Page, query: TagQuery) -> Page:
    """The page without the posts that the query does not want."""
    posts = tuple(post for post in page.posts if wanted(query, post))
    return replace(page, posts=posts)
