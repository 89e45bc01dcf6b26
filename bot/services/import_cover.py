"""What an import says of the coverage of hashtags: complete only where somebody states so, open elsewhere."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.pipeline.road import Road
from collectors.hashtags import normalise
from store import audit, campaign, coverage, imports
from store.db import Transaction
from store.errors import UsageError
from store.records.coverage import CoverState
from store.records.page import Span
from store.records.post import Post

UNSTATED = "posts of an import; nobody stated that they are all of this time"
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's word that an import holds all posts of a hashtag within a span."""

    tag: str
    span: Span


@dataclass(slots=True)
class Seen:
    """The earliest and the latest post of each hashtag that an import brought, by the tag's one spelling."""

    spans: dict[str, Span] = field(default_factory=dict)

    def add(self, posts: Iterable[Post], stored: Container[str]) -> None:
        """Count the posts of a page that were stored."""
        for post in posts:
            if post.key in stored:
                for tag in post.hashtags:
                    self._widen(normalise(tag), post.written_at)

    def _widen(self, tag: str, moment: datetime) -> None:
        held = self.spans.get(tag)
        start = min(held.start, moment) if held else moment
        end = max(held.end, moment + _INSTANT) if held else moment + _INSTANT
        self.spans[tag] = Span(start, end)


def claims_of(tags: Sequence[str], since: datetime | None, until: datetime | None) -> list[Claim]:
    """The claims of a command. Raises UsageError unless both ends are given, in order."""
    if not tags:
        if since or until:
            raise UsageError("--covers", "is missing: which hashtag is covered from then to then?")
        return []
    if since is None or until is None or since >= until:
        raise UsageError("--covers", "needs --covers-since and a later --covers-until")
    return [Claim(tag.strip("#＃ "), Span(since, until)) for tag in tags]


def keep(road: Road, import_id: str, seen: Seen, claims: Sequence[Claim], *, unread: int, by: str) -> None:
    """Write into the ledger what is known, in one transaction.

    Where something of the files could not be read, a claim is kept as an open gap. Claims are of any
    hashtag; spans that nobody stated are noted for the campaign's own.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        for claim in claims:
            state = CoverState.GAP if unread else CoverState.COMPLETE
            why = f"stated by {by} of import {import_id}"
            why += f", but {unread} things in it could not be read" if unread else ""
            coverage.paint(tx, imports.SOURCE, claim.tag, claim.span, state, why)
            detail = {"since": claim.span.start.isoformat(), "until": claim.span.end.isoformat()}
            audit.write(tx, now, by, "import.covers", import_id, tag=claim.tag, **detail)
        for tag in _tags(tx):
            span = seen.spans.get(normalise(tag))
            if span is not None:
                coverage.fill(tx, imports.SOURCE, tag, span, CoverState.GAP, UNSTATED)


def _tags(tx: Transaction) -> list[str]:
    held = campaign.current(tx)
    return list(held.content.get("hashtags") or ()) if held else []
