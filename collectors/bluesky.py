"""Live collector for Bluesky: Jetstream for what is posted; search, mentions and lookup over XRPC.

The stream and the lookup need no account, search and mentions do. Keeps nothing durable: the cursor of
the stream is an instant in Unix microseconds, which every host and both wire formats understand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from collectors import bluesky_mentions as mentioned
from collectors import bluesky_search as past
from collectors.base import Checked, Collector, NotSupported, SourceSpec
from collectors.bluesky_api import Xrpc
from collectors.bluesky_authors import Authors
from collectors.bluesky_follow import Follower, StreamRules
from collectors.bluesky_home import Homes
from collectors.bluesky_record import read_views
from collectors.bluesky_settings import NO_ACCOUNT, OPTIONS, SECRETS, Account, account_of, addresses, rules_of
from collectors.checking import checked
from collectors.context import Context
from collectors.hashtags import wanted
from collectors.http import Answer, Http, Limits, budget
from collectors.payload import Fields, to_micros
from collectors.session import MemoryVault, Sessions
from collectors.session_ways import BlueskyWay
from store.errors import BadPayload, NeedsPerson
from store.records.page import Gap, Page, SetAside, Span, TagQuery
from store.records.post import Author, Gone, Platform, Post

URIS_AT_ONCE = 25
STREAM_TIMEOUT_S = 4.0  # of one question that a stream waits for
_POSTS = "app.bsky.feed.getPosts"
_ACCEPT_400 = frozenset({400})

SPEC = SourceSpec(
    kind="bluesky",
    platform=Platform.BLUESKY,
    streams=True,
    polls=False,
    lookback=timedelta(hours=36),
    docs="docs/platforms/bluesky.md",
    options=OPTIONS,
    secrets=SECRETS,
)


def build(name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector from checked options. Raises ConfigError."""
    rules, account = rules_of(name, options), account_of(name, options, context)
    appview, service, plc = addresses(name, options)
    clients: list[Http] = []

    def client(address: str, timeout_s: float) -> Http:
        clients.append(Http(name, address, context, limits=Limits(timeout_s, deadline_s=2 * timeout_s)))
        return clients[-1]

    sessions = None
    if account.is_complete:
        http = client(service, rules.timeout_s)
        way = BlueskyWay(name, http, account.identifier, account.password, context.clock)
        sessions = Sessions(name, way, context.vault or MemoryVault(context.clock), context.clock)

    def asker(timeout_s: float) -> tuple[Xrpc, Authors]:
        xrpc = Xrpc(name, appview, service, sessions, lambda address: client(address, timeout_s))
        homes = None
        if options["originals"]:
            homes = Homes(client(plc, timeout_s), context.fetch, context.monotonic_s)
        return xrpc, Authors(xrpc, homes, context.monotonic_s)

    # A stream has a thread of its own, and a client belongs to one thread.
    live = asker(min(rules.timeout_s, STREAM_TIMEOUT_S))
    return BlueskyCollector(
        name, rules, account, asker(rules.timeout_s), live[1], context, clients, int(options["search_cap"])
    )


class BlueskyCollector:
    """Follows the post commits of the whole network and keeps those that a query wants."""

    def __init__(
        self,
        name: str,
        rules: StreamRules,
        account: Account,
        asker: tuple[Xrpc, Authors],
        live: Authors,
        context: Context,
        clients: Sequence[Http],
        search_cap: int,
    ) -> None:
        self.name = name
        # With an account the search reaches behind the stream's look-back.
        self.spec = replace(SPEC, lookback=None) if account.is_complete else SPEC
        self._account = account
        self._xrpc, self._authors = asker
        self._clients = clients
        self._context = context
        self._search_cap = search_cap
        self._follower = Follower(name, rules, context, live.completed_soon)

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Pages of wanted posts, of all deletions and account changes until `stop` is set.

        The cursor moves with time. Raises Unreachable when no host goes on (the next call begins with
        another one), RateLimited, NeedsPerson, BadPayload. What came before the end is yielded first.
        """
        place = min(self._micros(cursor), to_micros(self._context.clock()))
        yield from self._follower.follow(queries, place, stop)

    def _micros(self, cursor: str) -> int:
        if not cursor:
            return 0
        if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
            raise BadPayload(self.name, "the kept cursor is no time in microseconds; forget it to begin anew")
        return int(cursor)

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """Not there: posts come by `follow`."""
        raise NotSupported(f"{self.name}: Bluesky is followed, not polled")

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """One page of what the search still has of `span`, newest first, text by text.

        What it holds back is a gap that ends where the oldest post was seen. Raises NotSupported
        without an account.
        """
        self._need_account("search")
        texts = past.texts(query)
        if not texts:
            raise NotSupported(f"{self.name}: a query without hashtag or phrase cannot be searched for")
        place = past.load(cursor, self.name)
        text = texts[min(place.part, len(texts) - 1)]
        params = past.params(query, text, span, place.native)
        # A cursor that led too deep is refused; a first page that is refused is a mistake of ours.
        accept = _ACCEPT_400 if place.native else frozenset()
        value, answer = self._xrpc.ours(past.METHOD, params, accept=accept)
        if answer.status == 400:
            words = f"the search refuses to go on after {place.seen} posts"
            goes_on, now = False, place
            gap: Gap | None = past.rest(place, span, words)
            page = Page(budget=budget(answer.headers, self._context.clock()))
        else:
            page, now, hits = self._found(value, answer, query, place)
            goes_on, gap = past.verdict(place, now, hits, span, self._search_cap)
        more = goes_on or now.part + 1 < len(texts)
        place = now if goes_on else past.Place(now.part + 1)
        return replace(page, cursor=past.dump(place) if more else None, gap=gap, more=more)

    def _found(
        self, value: dict[str, Any], answer: Answer, query: TagQuery, place: past.Place
    ) -> tuple[Page, past.Place, float | None]:
        views = self._xrpc.listed(value, "posts", past.METHOD)
        page = self._page({"posts": views}, answer)
        times = [post.created_at for post in page.posts if post.created_at]
        top = Fields(value, [])
        now = past.after(place, views=len(views), oldest=min(times, default=None), native=top.text("cursor"))
        kept = tuple(post for post in page.posts if wanted(query, post))
        return replace(page, posts=self._authors.completed(kept)), now, top.number("hitsTotal")

    def _page(self, value: dict[str, Any], answer: Answer | None) -> Page:
        now = self._context.clock()
        reading = read_views(value, now, where=self.name)
        left = budget(answer.headers, now) if answer is not None else Page().budget
        return Page(posts=reading.posts, gone=reading.gone, set_aside=reading.set_aside, budget=left)

    def mentions(self, cursor: str) -> Page:
        """The posts behind one page of our notifications. Raises NotSupported without an account."""
        self._need_account("mentions")
        now = self._context.clock()
        place = mentioned.load(cursor, self.name, now)
        accept = _ACCEPT_400 if place.native else frozenset()
        value, answer = self._xrpc.ours(mentioned.METHOD, mentioned.params(place), accept=accept)
        if answer.status == 400:  # The network's cursor has run out: the walk begins anew.
            place = replace(place, native="")
            value, answer = self._xrpc.ours(mentioned.METHOD, mentioned.params(place))
        items = self._xrpc.listed(value, "notifications", mentioned.METHOD)
        step = mentioned.step(place, items, Fields(value, []).text("cursor"), now)
        found = self._views(step.uris)
        shown = {post.native_id for post in found.posts}
        missing = "named in a notification, not shown by the network"
        aside = tuple(SetAside(uri, missing) for uri in step.uris if uri not in shown)
        left = replace(budget(answer.headers, now), warning=self._warning())
        return replace(
            found,
            posts=self._authors.completed(found.posts),
            set_aside=(*found.set_aside, *aside),
            cursor=mentioned.dump(step.place),
            more=step.more,
            budget=left,
        )

    def _warning(self) -> str:
        return self._xrpc.sessions.warning() if self._xrpc.sessions is not None else ""

    def _need_account(self, what: str) -> None:
        if not self._xrpc.has_account:
            raise NotSupported(f"{self.name}: {what} on Bluesky needs an account: {self._account.missing}")

    def _views(self, uris: Sequence[str]) -> Page:
        """The posts that the network shows of these addresses, asked for 25 at once."""
        posts: list[Post] = []
        aside: list[SetAside] = []
        for start in range(0, len(uris), URIS_AT_ONCE):
            asked = [("uris", uri) for uri in uris[start : start + URIS_AT_ONCE]]
            value = self._asked(_POSTS, asked)
            page = self._page({"posts": self._xrpc.listed(value, "posts", _POSTS)}, None)
            posts += page.posts
            aside += page.set_aside
        return Page(posts=tuple(posts), set_aside=tuple(aside))

    def _asked(self, method: str, params: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """As our account, or as anybody when the account is refused: a deletion has to be noticed."""
        try:
            return self._xrpc.read(method, params)
        except NeedsPerson:
            if not self._xrpc.has_account:
                raise
            return self._xrpc.public(method, params)

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each post by its at:// address, in the order of `ids`; what the network leaves out is gone.

        Asked without account, so that an author who blocks us does not count as having deleted.
        """
        now, found = self._context.clock(), dict[str, Post]()
        for start in range(0, len(ids), URIS_AT_ONCE):
            value = self._xrpc.public(_POSTS, [("uris", uri) for uri in ids[start : start + URIS_AT_ONCE]])
            page = self._page({"posts": self._xrpc.listed(value, "posts", _POSTS)}, None)
            found |= {post.native_id: post for post in self._authors.completed(page.posts)}
        return [found.get(uri) or _lost(uri, now) for uri in ids]

    def authors(self, ids: Sequence[str]) -> list[Author]:
        """The authors with these DIDs as their profiles show them now; those not shown are left out."""
        return list(self._authors.of(ids).values())

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """Tries stream, AppView, login, search and notifications, with one or two requests each."""
        found = [checked("stream", self._follower.tried), checked("AppView", self._try_appview)]
        if not self._account.is_wanted:
            words = f"no account is set: {NO_ACCOUNT}; to change that, {self._account.missing}"
            return [*found, Checked("login", True, words)]
        if not self._account.is_complete:
            return [*found, Checked("login", False, "the account has no password", self._account.missing)]
        found.append(checked("login", self._try_login))
        if not found[-1].ok:
            return found
        found.append(checked("search", self._try_search))
        return [*found, checked("notifications", self._try_notifications)]

    def _try_appview(self) -> str:
        uri = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/0"
        self._xrpc.listed(self._xrpc.public(_POSTS, [("uris", uri)]), "posts", _POSTS)
        return "the AppView answers, so posts can be looked up again"

    def _try_login(self) -> str:
        assert self._xrpc.sessions is not None
        self._xrpc.sessions.current()
        return f"signed in as {self._account.identifier}"

    def _try_search(self) -> str:
        now = self._context.clock()
        span = Span(now - timedelta(minutes=2), now)
        params = past.params(TagQuery(), "#homewardcheck", span, "")
        self._xrpc.listed(self._xrpc.ours(past.METHOD, params)[0], "posts", past.METHOD)
        return "the search answers, so gaps can be filled"

    def _try_notifications(self) -> str:
        value, _ = self._xrpc.ours(mentioned.METHOD, mentioned.params(mentioned.Place()))
        self._xrpc.listed(value, "notifications", mentioned.METHOD)
        return "posts that name us can be read"

    def close(self) -> None:
        """Give back connections. Safe to call twice. A stream ends with its generator."""
        for client in self._clients:
            client.close()


def _lost(uri: str, now: datetime) -> Gone:
    return Gone(f"bluesky:{uri}", Platform.BLUESKY, "not shown by the AppView any more", now)
