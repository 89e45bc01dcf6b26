"""Trying an X source out with its real credentials: search or rules, mentions, compliance, the budget.

What is asked for is free or costs next to nothing. Nothing is changed at X.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import tweepy

from collectors.base import Checked
from collectors.x_ask import iso
from collectors.x_books import Books
from collectors.x_budget import LEAST_PAGE
from collectors.x_http import Caller
from collectors.x_query import RECENT_CHARS, RULE_CHARS, compose
from collectors.x_settings import Rules
from store.errors import RateLimited, SourceError, UsageError
from store.records.page import TagQuery


class Checking:
    """One look at all parts of a source. `value_of` raises what an answer without posts means."""

    def __init__(
        self,
        rules: Rules,
        caller: Caller,
        books: Books,
        clock: Callable[[], datetime],
        value_of: Callable[[Any], Any],
    ) -> None:
        self._rules = rules
        self._caller = caller
        self._books = books
        self._clock = clock
        self._value_of = value_of

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        """A line for each part."""
        client = self._caller.client
        recent = {"max_results": LEAST_PAGE, "start_time": iso(self._clock() - timedelta(minutes=2))}
        found = []
        if self._rules.mode == "stream":
            rules, _ = self._caller.streaming(tweepy.StreamingClient)
            found.append(self._tried("rules", "the stream's rules can be read", rules.get_rules))
            found.append(self._query(queries, RULE_CHARS))
        else:
            ask, text = client.search_recent_tweets, "#homewardcheck -is:retweet"
            found.append(self._tried("search", "recent search answers", ask, text, **recent))
            found.append(self._query(queries, RECENT_CHARS))
        if self._rules.account_id:
            ask, ours = client.get_users_mentions, self._rules.account_id
            found.append(self._tried("mentions", "the mentions of our account answer", ask, ours, **recent))
        if self._rules.compliance_every is not None:
            ask, works = client.get_compliance_jobs, "compliance jobs are there"
            found.append(self._tried("compliance", works, ask, "tweets"))
        return [*found, self._budget()]

    def _tried(self, part: str, works: str, ask: Callable[..., Any], *args: Any, **asked: Any) -> Checked:
        try:
            self._value_of(self._caller.call(ask, *args, **asked))
        except SourceError as error:
            words, _, way_out = error.detail.partition("; ")
            return Checked(part, False, words, way_out or ("" if not error.retry else "try again later"))
        return Checked(part, True, works)

    def _query(self, queries: Sequence[TagQuery], limit: int) -> Checked:
        try:
            texts = [text for query in queries for text in compose(query, limit)]
        except UsageError as error:
            return Checked("query", False, error.detail, "change the campaign's hashtags or words")
        return Checked("query", True, f"asks X for {'; '.join(texts)}" if texts else "no hashtag to ask for")

    def _budget(self) -> Checked:
        try:
            self._books.page_size(LEAST_PAGE)
        except RateLimited as error:
            return Checked("budget", False, error.detail, "wait, or raise the limits of this source")
        left = self._books.budget({})
        return Checked("budget", True, f"about {left.remaining} of {left.limit} posts are left this month")
