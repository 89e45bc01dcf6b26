"""A platform in memory that keeps the collector's contract: a list of posts and the faults a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from collectors.base import Checked, NotSupported, SourceSpec
from store.errors import SourceError
from store.records.page import Budget, Gap, Page, Span, TagQuery
from store.records.post import Author, Gone, Platform, Post

SPEC = SourceSpec("timeline", Platform.MASTODON, streams=False, polls=True)


@dataclass
class Timeline:
    """Posts by number; polls read on by number, searches walk back from the newest of a span."""

    clock: Callable[[], datetime]
    name: str = "timeline"
    spec: SourceSpec = SPEC
    page_size: int = 3
    searches: bool = True
    has_mentions: bool = True
    cap: int = 0
    budget: Budget = field(default_factory=Budget)
    fault: SourceError | None = None
    mention_fault: SourceError | None = None
    gap: Gap | None = None
    posts: list[Post] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    stream: list[Page] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    closed: bool = False
    host: str = "a.example"

    def publish(
        self, at: datetime | None = None, *, tag: str = "Tag", text: str = "seen", **changes: object
    ) -> Post:
        """One more post, written at that moment (default: now)."""
        number = len(self.posts) + 1
        written = at or self.clock()
        post = Post(
            key=f"mastodon:https://home.example/{number}",
            platform=Platform.MASTODON,
            author=Author("https://a.example/ana", "ana@a.example", "Ana"),
            text=f"{text} #{tag}",
            received_at=self.clock(),
            created_at=written,
            native_id=str(number),
            version="1",
            hashtags=(tag,),
            raw={"id": number},
        )
        post = replace(post, **changes)  # type: ignore[arg-type]
        self.posts.append(post)
        return post

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fault is not None:
            raise self.fault

    def _now(self, posts: Sequence[Post]) -> tuple[Post, ...]:
        return tuple(replace(p, received_at=self.clock()) for p in posts if p.native_id not in self.deleted)

    def poll(self, query: TagQuery, cursor: str) -> Page:
        self._ask(f"poll {query.tag}")
        start = int(cursor or 0)
        found = self.posts[start : start + self.page_size]
        mine = [post for post in found if set(query.any) & set(post.hashtags)]
        more = start + self.page_size < len(self.posts)
        gap, self.gap = self.gap, None
        return Page(self._now(mine), cursor=str(start + len(found)), budget=self.budget, more=more, gap=gap)

    def mentions(self, cursor: str) -> Page:
        if not self.has_mentions:
            raise NotSupported(f"{self.name}: no token")
        self._ask("mentions")
        if self.mention_fault is not None:
            raise self.mention_fault
        found = self.posts[int(cursor or 0) :]
        return Page(self._now([post for post in found if post.mentions]), cursor=str(len(self.posts)))

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        if not self.searches:
            raise NotSupported(f"{self.name}: has no search")
        self._ask(f"search {query.tag}")
        mine = [p for p in self.posts if set(query.any) & set(p.hashtags)]
        mine = [p for p in mine if p.created_at and span.start <= p.created_at < span.end]
        mine = sorted(mine, key=lambda p: p.created_at or self.clock(), reverse=True)
        gap = None
        if self.cap and len(mine) > self.cap:
            gap, mine = Gap(span, f"result cap of {self.cap} hit"), mine[: self.cap]
        start = int(cursor or 0)
        found, more = mine[start : start + self.page_size], start + self.page_size < len(mine)
        place = str(start + self.page_size) if more else None
        return Page(self._now(found), cursor=place, budget=self.budget, more=more, gap=None if more else gap)

    def lookup(self, ids: Sequence[str]) -> list[Post | Gone]:
        self._ask(f"lookup {len(ids)}")
        known = {post.native_id: post for post in self._now(self.posts)}
        lost = Gone("", Platform.MASTODON, "not shown any more", self.clock())
        return [known.get(i) or replace(lost, key=f"mastodon:{self.host}#{i}") for i in ids]

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: Event) -> Iterator[Page]:
        yield from self.stream
        if self.fault is not None:
            raise self.fault

    def check(self, queries: Sequence[TagQuery]) -> list[Checked]:
        return list(self.checks)

    def close(self) -> None:
        self.closed = True


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)
