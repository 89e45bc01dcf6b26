"""Live collector for Weibo, in the ways that Weibo grants: each is a mode of its own.

There is no open search. `mentions` and `comments` read what people address to the campaign account,
`lookup` reads posts again; the commercial modes need a contract and say so until one is stated.
Over plain HTTP: docs/decisions/0013-weibo-http.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any, TypeVar

from collectors import weibo_ids as ids
from collectors import weibo_push as push
from collectors import weibo_windows as windows
from collectors.base import Checked, Collector, NotSupported
from collectors.context import Context
from collectors.http import Http, Limits, checked_base_url
from collectors.options import within
from collectors.payload import Fields, Reading, join
from collectors.weibo import parse_date, read_status
from collectors.weibo_api import Refusal, Token, WeiboApi
from collectors.weibo_budget import Used
from collectors.weibo_comments import read_comment
from collectors.weibo_cursor import dump, load
from collectors.weibo_errors import GONE
from collectors.weibo_lookup import Lookup
from collectors.weibo_settings import (
    ACCOUNT_MODES,
    CONTRACT_MODES,
    SPEC,
    Mode,
    Rules,
    allowance_of,
    expiry_of,
    rules_of,
)
from collectors.weibo_terms import rest_of, shown, terms
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, UsageError
from store.records.page import Gap, Page, Span, TagQuery
from store.records.post import Gone, Post

__all__ = ["SPEC", "WeiboCollector", "build"]

P = TypeVar("P")
Wanted = Callable[[Post], bool]

_LISTS = {
    Mode.MENTIONS: ("/2/statuses/mentions.json", "statuses"),
    Mode.COMMENTS: ("/2/comments/to_me.json", "comments"),
}
_OWN_POST = "/2/comments/show.json"
_SEARCH_PATH = "/2/search/statuses/limited.json"
_HEARTBEAT_S = 10
_CONTRACT_WAY_OUT = (
    "sign a data contract (developer agreement 2.7.8; ask businessapi@staff.sina.com.cn) and write its "
    "number into the option contract, or use mode mentions, which needs none"
)


def build(name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector from checked options. Raises ConfigError. A missing contract or token is no mistake
    of the settings: every read says what is missing."""
    rules = rules_of(name, options)
    limits = Limits(
        timeout_s=within(options, name, "timeout_s", 1, 300),
        max_answer_mb=within(options, name, "max_answer_mb", 0.1, 100),
    )
    addresses = [checked_base_url(options[w], f"{name}.{w}") for w in ("base_url", "commercial_url")]
    token = Token(context.secrets.get(options["token_secret"], ""), expiry_of(name, options))
    api = WeiboApi(
        name,
        context,
        token,
        allowance_of(name, options, rules.mode),
        standard=Http(name, addresses[0], context, limits=limits),
        commercial=Http(name, addresses[1], context, limits=limits),
        ask_status=rules.mode not in CONTRACT_MODES,
    )
    return WeiboCollector(name, rules, api, context)


class WeiboCollector:
    """One mode of one account."""

    def __init__(self, name: str, rules: Rules, api: WeiboApi, context: Context) -> None:
        is_push = rules.mode is Mode.PUSH
        lookback = push.REPLAY if is_push else None
        self.spec = replace(SPEC, streams=is_push, polls=rules.mode is Mode.SEARCH, lookback=lookback)
        self.name = name
        self._rules = rules
        self._mode = rules.mode
        self._api = api
        self._clock = context.clock
        self._lookup = Lookup(name, api, context.clock, has_contract=rules.mode in CONTRACT_MODES)

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """One page of a window of time, forward from where the last one ended; `commercial_search` only."""
        self._open(Mode.SEARCH)
        now_s = int(self._clock().timestamp())
        used, place = self._load(cursor, windows.Place)
        self._api.recall(used)
        first_s = 0 if place.until else now_s - self._rules.backfill_s
        return self._searched(query, place, first_s, now_s)

    def mentions(self, cursor: str) -> Page:
        """What is addressed to the account, whatever its hashtags: posts that name it, or comments."""
        self._open(*ACCOUNT_MODES)
        return self._listed(cursor)

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """The past of one hashtag, in windows from the span's start on; Weibo names no limit of its own."""
        self._open(Mode.SEARCH)
        used, place = self._load(cursor, windows.Place)
        self._api.recall(used)
        last_s = -int(-span.end.timestamp() // 1)  # a second that has begun belongs to the span
        last_s = min(last_s, int(self._clock().timestamp()))
        if place.until >= last_s and not place.pending:
            return Page(budget=self._api.budget())
        return self._searched(query, place, int(span.start.timestamp()), last_s)

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Pages as the push brings them. Weibo ends a connection that is quiet or old; that is no error."""
        self._open(Mode.PUSH)
        return self._followed(queries, cursor, stop)

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each post (in mode `comments` each comment) as it is now or gone, in the order of `ids`."""
        self._open(*Mode)
        if self._mode is Mode.COMMENTS:
            return self._lookup.comments(ids)
        return self._lookup.statuses(ids)

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """Try the source with one request (search: for the first query) and say what works."""
        try:
            self._open(*Mode)
        except NeedsPerson as error:
            return [Checked("contract", False, error.detail, _CONTRACT_WAY_OUT)]
        try:
            words = self._tried(queries)
        except RateLimited as error:
            return [Checked("reading", True, f"the token works; {error.detail}")]
        except (SourceError, UsageError) as error:
            words, _, way_out = error.detail.partition("; ")
            return [Checked("reading", False, words, way_out)]
        warning = self._api.budget().warning
        found = [Checked("reading", True, words)]
        return [*found, Checked("token", False, *warning.split("; ", 1))] if warning else found

    def _tried(self, queries: Sequence[TagQuery]) -> str:
        if self._mode is Mode.LOOKUP:
            self._lookup.statuses(["1"])
        elif self._mode is Mode.PUSH:
            asked = [("subid", self._rules.subid)]
            with self._api.stream(self._rules.push_path, asked, 1, Event()) as (answer, _):
                self._api.check(answer)
        elif self._mode is Mode.SEARCH:
            query = queries[0] if queries else TagQuery()
            self.poll(query, "")
            return f"{self._mode} works for {shown(query, self.name)}"
        else:
            self.mentions("")
        return f"{self._mode} works"

    def close(self) -> None:
        """Give back connections."""
        self._api.close()

    def _open(self, *modes: Mode) -> None:
        """Raises NeedsPerson without the contract that the mode needs, NotSupported in another mode."""
        if self._mode in CONTRACT_MODES and not self._rules.contract:
            words = f"CONTRACT_REQUIRED: {self._mode} is off until a contract is stated; {_CONTRACT_WAY_OUT}"
            raise NeedsPerson(self.name, words)
        if self._mode not in modes:
            raise NotSupported(f"{self.name}: not in mode {self._mode}, only in {', '.join(sorted(modes))}")

    def _load(self, cursor: str, kind: type[P]) -> tuple[Used, P]:
        try:
            return load(cursor, self._mode, kind)
        except ValueError as error:
            words = f"the kept cursor cannot be read ({error}); forget it to begin anew"
            raise BadPayload(self.name, words) from None

    def _listed(self, cursor: str) -> Page:
        """One page of a list that is newest first, in the walk down to what was read before.

        The comments of several posts are several lists, read in turn.
        """
        used, lists = self._load(cursor, ids.Lists)
        self._api.recall(used)
        names = self._rules.own_posts if self._mode is Mode.COMMENTS and self._rules.own_posts else ("",)
        name = names[lists.turn % len(names)]
        place = lists.places.get(name, ids.Place())
        path, word = (_OWN_POST, "comments") if name else _LISTS[self._mode]
        asked = [*([("id", name)] if name else []), *ids.asks(place, self._rules.page_size)]
        value = self._api.get(self._api.standard, path, asked, expect=GONE if name else frozenset())
        # Under a post of ours that is gone there is nothing to read.
        items = [] if isinstance(value, Refusal) else self._items(value, path, word)
        idents = [_ident(item, ("idstr", "id", "mid")) for item in items]
        place, new, more = ids.moved(place, idents, self._rules.first_pages)
        lists, more = ids.turned(lists, names, name, place, more)
        read = read_comment if self._mode is Mode.COMMENTS else read_status
        return self._page(self._read(items, idents, new, read), lists, _any, more=more)

    def _searched(self, query: TagQuery, place: windows.Place, first_s: int, last_s: int) -> Page:
        """One page of one window."""
        asked = terms(query, self.name).params()
        rules = self._rules.windows
        place = windows.planned(place, first_s, last_s, rules)
        if not place.pending:
            return Page(budget=self._api.budget())
        value = self._api.get(self._api.commercial, _SEARCH_PATH, [*asked, *windows.asks(place, rules)])
        items = self._items(value, _SEARCH_PATH, "statuses")
        mids = [_ident(item, ("mid", "idstr", "id")) for item in items]
        found = [windows.Found(mid, _time_s(item)) for mid, item in zip(mids, items, strict=True)]
        new = windows.fresh(place, found)
        place, gap = windows.moved(place, found, _total(value), rules)
        more = bool(place.pending) or place.until < last_s
        reading = self._read(items, mids, new, read_status)
        page = self._page(reading, place, rest_of(query), more=more, gap=gap)
        return page if more else replace(page, complete_until=datetime.fromtimestamp(place.until, UTC))

    def _items(self, value: Any, path: str, word: str) -> list[Any]:
        """An answer without anything may be an empty list instead of an object."""
        items = value.get(word) if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise BadPayload(self.name, f"{path} answered {type(value).__name__} without a list of {word}")
        return items

    def _read(
        self, items: list[Any], idents: list[str], new: frozenset[str], read: Callable[..., Reading]
    ) -> Reading:
        """What is new among the items, each once; what has no id goes to the reader, which sets it aside."""
        now, done = self._clock(), set[str]()

        def readings() -> Iterator[Reading]:
            for index, (item, ident) in enumerate(zip(items, idents, strict=True)):
                if ident and (ident not in new or ident in done):
                    continue
                done.add(ident)
                yield read(item, now, where=f"{self._mode}[{index}]")

        return join(readings())

    def _page(
        self, reading: Reading, place: object, is_wanted: Wanted, *, more: bool, gap: Gap | None = None
    ) -> Page:
        return Page(
            posts=tuple(post for post in reading.posts if is_wanted(post)),
            gone=reading.gone,
            cursor=dump(self._mode, self._api.used, place),
            gap=gap,
            budget=self._api.budget(),
            more=more,
            set_aside=reading.set_aside,
        )

    def _followed(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        used, place = self._load(cursor, push.Place)
        self._api.recall(used)
        asked = [("subid", self._rules.subid)]
        if place.frame:
            asked.append(("since_id", place.frame))
        path, silence_s = self._rules.push_path, self._rules.silence_s
        with self._api.stream(path, asked, silence_s, stop) as (answer, chunks):
            self._api.check(answer)
            gap = push.gap_at_start(place, self._clock(), self._rules.gap_after_s)
            place = push.heard(place, (), self._clock())
            if gap is not None:
                yield self._page(Reading(), place, _any, more=False, gap=gap)
            yield from self._pushed(chunks, place, queries)

    def _pushed(
        self, chunks: Iterator[bytes], place: push.Place, queries: Sequence[TagQuery]
    ) -> Iterator[Page]:
        """A page for each chunk with whole frames, one now and then for the heartbeat, one at the end."""
        lines = push.Lines()
        for chunk in chunks:
            now = self._clock()
            frames = [push.read_frame(line, now, self._mode) for line in lines.add(chunk) if line]
            if lines.held > self._rules.max_line_bytes:
                raise BadPayload(self.name, "the push sent a frame without an end")
            if frames or now.timestamp() - place.heard_s >= _HEARTBEAT_S:
                place, page = self._heard(place, frames, queries)
                yield page
            code = next((frame.code for frame in frames if frame.code), None)
            if code is not None:
                raise self._api.refused(self._rules.push_path, code)
        yield self._heard(place, (), queries)[1]

    def _heard(
        self, place: push.Place, frames: Sequence[push.Frame], queries: Sequence[TagQuery]
    ) -> tuple[push.Place, Page]:
        now = self._clock()
        place, gap = push.sample_gap(push.heard(place, frames, now), now, self._rules.push_percent)
        reading = join(push.wanted_of(queries, frame) for frame in frames)
        return place, self._page(reading, place, _any, more=False, gap=gap)


def _any(post: Post) -> bool:
    return True


def _ident(item: Any, names: Sequence[str]) -> str:
    fields = Fields(item, [])
    return next((ident for name in names if (ident := fields.ident(name))), "")


def _time_s(item: Any) -> int | None:
    moment = parse_date(Fields(item, []).text("created_at"))
    return int(moment.timestamp()) if moment else None


def _total(value: Any) -> int | None:
    total = Fields(value, []).number("total_number")
    return int(total) if total is not None and total >= 0 else None
