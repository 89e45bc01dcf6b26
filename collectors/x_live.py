"""Live collector for X: recent search or the filtered stream, mentions of our account, posts by id.

Speaks through tweepy, whose host, limits and logging x_http sets right. Keeps nothing: a cursor holds
the walk and what has been used of the month. Never sleeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from collectors import x_walk as walk
from collectors.base import Checked, Collector, NotSupported, SourceSpec
from collectors.context import Context
from collectors.http import Answer, Limits, checked_base_url
from collectors.options import within
from collectors.payload import Fields
from collectors.x import read_answer
from collectors.x_ask import FIELDS, iso, paging, seen
from collectors.x_books import Books
from collectors.x_budget import LEAST_PAGE
from collectors.x_check import Checking
from collectors.x_compliance import Jobs
from collectors.x_http import Caller, invalid_parameters, problem_of, refusal
from collectors.x_ledger import SharedLedger
from collectors.x_query import ARCHIVE_CHARS, RECENT_CHARS, Rule, compose, digest, rules
from collectors.x_settings import OPTIONS, SECRETS, Rules, rules_of
from collectors.x_slot import Slot
from collectors.x_stream import Accounting, Pages, Stream, is_slot_taken
from store.errors import BadPayload, ConfigError, NeedsPerson, RateLimited, UsageError
from store.records.page import Page, Span, TagQuery
from store.records.post import Gone, Platform, Post

IDS_AT_ONCE = 100
ARCHIVE_PAGE = 5  # times the ordinary page: 500
ARCHIVE_EVERY_S = 1.0
MENTIONS, STREAM, LOOKUP, PAST = "mentions", "stream", "lookup", "past"
_LISTABLE = re.compile(r"[^\s,]+")
_MAY_BE_INVALID = frozenset({400})

SPEC = SourceSpec(
    kind="x",
    platform=Platform.X,
    streams=False,
    polls=True,
    poll_every_s=60.0,
    docs="docs/platforms/x.md",
    options=OPTIONS,
    secrets=SECRETS,
    lookback=walk.WINDOW,
)


def build(name: str, options: Mapping[str, Any], context: Context) -> Collector:
    """The collector from checked options. Raises ConfigError."""
    secret = options["token_secret"]
    token = context.secrets.get(secret, "")
    if not token or not (token.isascii() and token.isprintable()) or " " in token:
        found = f"{secret} is not set" if not token else f"{secret} holds no token"
        where = "X developer console, your app, Keys and tokens, Bearer token; put it into .env"
        raise ConfigError(f"{name}.token_secret", f"{found if secret else 'names no variable'}: {where}")
    chosen = rules_of(name, options)
    limits = Limits(
        timeout_s=within(options, name, "timeout_s", 0.2, 300),
        max_answer_mb=within(options, name, "max_answer_mb", 0.1, 100),
    )
    base_url = checked_base_url(options["base_url"], f"{name}.base_url")
    caller = Caller(name, token, base_url, context, limits, chosen.stream.heartbeat_s)
    return XCollector(name, chosen, caller, base_url, context)


class XCollector:
    """A cursor belongs to one query; the account that it carries belongs to the whole source."""

    def __init__(self, name: str, chosen: Rules, caller: Caller, base_url: str, context: Context) -> None:
        self.name = name
        streams, lookback = chosen.mode == "stream", None if chosen.full_archive else walk.WINDOW
        self.spec = replace(SPEC, streams=streams, polls=not streams, lookback=lookback)
        self._rules = chosen
        self._caller = caller
        self._client = caller.client
        self._clock = context.clock
        self._context = context
        shared = None
        if context.vault is not None:
            shared = SharedLedger(context.vault, context.accounts.get("x", ""), name, context.clock)
        self._books = Books(name, chosen.caps, chosen.prices, context.clock, shared)
        self._archive_at_s: float | None = None
        self._jobs = Jobs(caller, base_url, context.clock)
        self._slot = Slot(caller, context, is_allowed=chosen.frees_slot)

    def poll(self, query: TagQuery, cursor: str) -> Page:
        """One page of recent search, newest first; a walk is finished before the next one begins.

        A query too long for one search is walked text by text.
        """
        texts = self._composed(query, RECENT_CHARS)
        held = walk.for_texts(self._books.load(cursor), len(texts), digest(texts))

        def ask(place: walk.Place, size: int) -> Answer:
            asked = paging(place, size, "next_token")
            method = self._client.search_recent_tweets
            return self._caller.call(method, texts[held.at], accept=_MAY_BE_INVALID, **asked)

        return self._walked(held, digest([query.tag]), ask, window=walk.WINDOW)

    def mentions(self, cursor: str) -> Page:
        """Posts that name our account. Raises NotSupported where `account_id` is not set."""
        ours = self._rules.account_id
        if not ours:
            raise NotSupported(f"{self.name}: mentions need the number of our account (option account_id)")
        held = walk.for_texts(self._books.load(cursor), 1, MENTIONS)

        def ask(place: walk.Place, size: int) -> Answer:
            asked = paging(place, size, "pagination_token")
            return self._caller.call(self._client.get_users_mentions, ours, accept=_MAY_BE_INVALID, **asked)

        return self._walked(held, MENTIONS, ask, window=None, cap=walk.TIMELINE_POSTS)

    def _composed(self, query: TagQuery, limit: int) -> tuple[str, ...]:
        try:
            return compose(query, limit)
        except UsageError as error:
            raise NeedsPerson(self.name, f"the {error.subject} cannot be put to X: {error.detail}") from None

    def _walked(
        self,
        held: walk.Cursor,
        reader: str,
        ask: Callable[[walk.Place, int], Answer],
        *,
        window: timedelta | None,
        cap: int = 0,
    ) -> Page:
        """One page of the walk that the cursor is in; the texts of a query are walked in turn."""
        size, now = self._books.page_size(self._rules.page_size), self._clock()
        place, lost = walk.begin(held.parts[held.at], now, window=window, first=self._rules.first)
        answer = ask(place, size)
        if answer.status == 400:
            place = self._other_way(answer, place, now)
            answer = ask(place, size)
            if answer.status == 400:
                raise refusal(answer, now)
        value = self._value(answer)
        self._books.charge(reader, value, mentions=reader == MENTIONS)
        page = self._page(value, answer, now)
        begun = place.begun or now
        place, left = walk.moved(place, seen(value, page), cap)
        held, more = walk.stepped(held, place, begun, now)
        read_to = None if place.begun else min((p.read_to for p in held.parts if p.read_to), default=None)
        moved = self._books.dump(held)
        return replace(page, cursor=moved, gap=lost or left, more=more, complete_until=read_to)

    def _other_way(self, answer: Answer, place: walk.Place, now: datetime) -> walk.Place:
        """A page token that has run out begins its walk anew; for a refused id a time is asked."""
        wrong = invalid_parameters(answer).keys()
        if place.next_token and wrong & {"next_token", "pagination_token"}:
            return replace(place, next_token="", first_newest="", walked=0, begun=now - walk.SETTLED)
        if place.since_id and "since_id" in wrong:
            return walk.without_id(place, now)
        raise refusal(answer, now)

    def _value(self, answer: Answer) -> Any:
        value = answer.json()
        if isinstance(value, dict):
            data = value.get("data")
            if isinstance(data, list) or (data is None and isinstance(value.get("meta"), dict)):
                return value
        problem = problem_of(value)
        if problem == "resource-not-found":
            raise NeedsPerson(self.name, f"{answer.path}: X knows no such account; check account_id")
        named = f" ({problem})" if problem else ""
        raise BadPayload(self.name, f"{answer.path} answered neither posts nor their number{named}")

    def _page(self, value: Any, answer: Answer, now: datetime) -> Page:
        reading = read_answer(value, now, where=f"{self.name}{answer.path}")
        return Page(
            posts=reading.posts,
            gone=reading.gone,
            set_aside=reading.set_aside,
            budget=self._books.budget(answer.headers),
        )

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        """One page of what was posted within `span`, newest first.

        The last seven days come from recent search; what is older needs the option `full_archive`,
        else it is named as a gap. Raises NotSupported when all of the span is older.
        """
        now, held = self._clock(), self._books.load(cursor)
        floor = now - walk.WINDOW + walk.EDGE
        is_deep = self._rules.full_archive and span.start < floor and not held.shape.startswith("recent")
        if not is_deep and span.end <= floor:
            raise NotSupported(f"{self.name}: further back than seven days needs the option full_archive")
        texts = self._composed(query, ARCHIVE_CHARS if is_deep else RECENT_CHARS)
        shape = ("archive " if is_deep else "recent ") + digest(texts)
        if held.shape != shape or len(held.parts) != 1:
            held = walk.Cursor((walk.Place(),), shape=shape)
        place, lost = walk.window(held.parts[0], span, now, None if is_deep else floor)
        if held.at >= len(texts) or place is None:
            done = replace(held, at=len(texts))
            return Page(cursor=self._books.dump(done) if done != held else None, gap=lost)
        answer = self._past(texts[held.at], place, is_deep)
        if answer.status == 400:
            if not place.next_token or "next_token" not in invalid_parameters(answer):
                raise refusal(answer, now)
            held = walk.Cursor((replace(place, next_token=""),), held.at, shape=shape)
            return Page(cursor=self._books.dump(held), more=True)
        value = self._value(answer)
        self._books.charge(PAST, value)
        page = self._page(value, answer, now)
        token = Fields(value, []).obj("meta").text("next_token")
        token = "" if token == place.next_token else token
        parts = (replace(place, next_token=token),)
        held = replace(held, parts=parts, at=held.at if token else held.at + 1)
        return replace(page, cursor=self._books.dump(held), gap=lost, more=held.at < len(texts))

    def _past(self, text: str, place: walk.Place, is_deep: bool) -> Answer:
        assert place.start and place.begun
        asked: dict[str, Any] = {"start_time": iso(place.start), "end_time": iso(place.begun), **FIELDS}
        if place.next_token:
            asked["next_token"] = place.next_token
        if not is_deep:
            size = self._books.page_size(self._rules.page_size)
            recent = self._client.search_recent_tweets
            return self._caller.call(recent, text, accept=_MAY_BE_INVALID, max_results=size, **asked)
        size = self._books.page_size(ARCHIVE_PAGE * self._rules.page_size)
        seconds = self._context.monotonic_s()
        if self._archive_at_s is not None and seconds < self._archive_at_s + ARCHIVE_EVERY_S:
            wait = timedelta(seconds=self._archive_at_s + ARCHIVE_EVERY_S - seconds)
            raise RateLimited(self.name, "X's full archive may be asked once a second", wait)
        self._archive_at_s = seconds
        ask = self._client.search_all_tweets
        return self._caller.call(ask, text, accept=_MAY_BE_INVALID, max_results=size, **asked)

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        """Pages of the filtered stream until `stop` is set. Raises what ended the connection.

        X replays nothing: after a break a page carries the gap, for a search to close. Rules of others
        stay as they are.
        """
        held = self._books.load(cursor)
        wanted = self._stream_rules(queries)
        self._books.page_size(LEAST_PAGE)
        accounting = Accounting(
            charge=lambda value: self._books.charge(STREAM, value),
            cursor=lambda heard: self._books.dump(replace(held, heard=heard)),
            dressed=lambda page: replace(page, budget=self._books.budget({})),
            afford=lambda: self._books.page_size(LEAST_PAGE),
        )
        stream = Stream(self._caller, self._context)
        try:
            has_new_rules = stream.sync(wanted)
            stream.open(**FIELDS)
            pages = Pages(stream, self._context, self._rules.stream, accounting, held.heard)
            yield from pages.read(stop, has_new_rules=has_new_rules)
        except RateLimited as error:
            stream.close()
            raise (self._slot.answer(error) if is_slot_taken(error) else error) from None
        finally:
            stream.close()

    def _stream_rules(self, queries: Sequence[TagQuery]) -> tuple[Rule, ...]:
        try:
            return rules(queries)
        except UsageError as error:
            raise NeedsPerson(self.name, f"the {error.subject} cannot be put to X: {error.detail}") from None

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        """Each post by its id, in the order of `ids`. X names those that are gone or not to be shown."""
        found: list[Post | Gone] = []
        for start in range(0, len(ids), IDS_AT_ONCE):
            found.extend(self._looked_up(ids[start : start + IDS_AT_ONCE]))
        return found

    def _looked_up(self, ids: Sequence[str]) -> list[Post | Gone]:
        """X refuses a whole list for one malformed id and names it; the others are asked again."""
        now = self._clock()
        asked = [ident for ident in dict.fromkeys(ids) if _LISTABLE.fullmatch(ident)]
        answer = self._by_ids(asked) if asked else None
        if answer is not None and answer.status == 400:
            named = {ident for part in invalid_parameters(answer).get("ids", ()) for ident in part.split(",")}
            left = [ident for ident in asked if ident not in named]
            if len(left) == len(asked):
                raise refusal(answer, now)
            asked, answer = left, self._by_ids(left) if left else None
            if answer is not None and answer.status == 400:
                raise refusal(answer, now)
        found = self._answered(answer, now) if answer is not None else {}
        if set(asked) - found.keys():
            words = (
                f"a lookup of {len(asked)} posts was silent about {len(set(asked) - found.keys())} of them"
            )
            raise BadPayload(self.name, words)
        return [
            found.get(ident) or Gone(f"x:{ident}", Platform.X, "no id that X could have given", now)
            for ident in ids
        ]

    def _by_ids(self, ids: list[str]) -> Answer:
        # Deletions have to be honoured, so a lookup may use what today's part no longer has.
        self._books.page_size(LEAST_PAGE, spread=False)
        return self._caller.call(self._client.get_tweets, ids, accept=_MAY_BE_INVALID, **FIELDS)

    def _answered(self, answer: Answer, now: datetime) -> dict[str, Post | Gone]:
        value = answer.json()
        if not isinstance(value, dict) or not isinstance(value.get("data", value.get("errors")), list):
            raise BadPayload(self.name, f"{answer.path} answered no posts")
        self._books.charge(LOOKUP, value)
        reading = read_answer(value, now, where=f"{self.name}{answer.path}")
        gone = {item.key.removeprefix("x:"): item for item in reading.gone}
        return {**gone, **{post.native_id: post for post in reading.posts}}

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """What works and what is missing. What is asked for is free or costs next to nothing."""
        return Checking(self._rules, self._caller, self._books, self._clock, self._value).check(queries)

    @property
    def batch_every(self) -> timedelta | None:
        """How often all stored posts are checked by a compliance job; None where the plan has none."""
        return self._rules.compliance_every

    def check_batch(self, ids: Sequence[str], cursor: str) -> Page:
        """The next step of a compliance job. Raises NeedsPerson where the app's plan has none."""
        return self._jobs.step(ids, cursor, self.lookup)

    def close(self) -> None:
        """Give back connections. Safe to call twice; a stream ends with its generator."""
        self._caller.close()
