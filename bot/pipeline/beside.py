"""A stream beside polls: it brings posts sooner, the polls complete them. Moves no cursor, proves nothing.

Such a stream replays nothing. So when all of it is open, and whenever it failed, every hashtag is polled
from its own cursor; a stream that is not to be had leaves the polls, and the source's health, untouched.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Event

import structlog

from bot.pipeline import collect, early, ingest, ledger, recheck, schedule
from bot.pipeline.road import Road
from bot.pipeline.source import STREAM, Source, stream_notice
from collectors.base import NotSupported
from collectors.hashtags import normalise
from store import campaign, posts, rechecks, sources
from store import schedule as slots
from store.db import Transaction
from store.errors import NeedsPerson, RateLimited, SourceError
from store.records.campaign import SourceState
from store.records.page import Page
from store.records.post import Gone, Post
from store.steps import step

log = structlog.get_logger(__name__)

CALM = timedelta(seconds=1)
ABSENT_PAUSE = timedelta(hours=1)
SETTLED_S = 5.0
"""A server answers before it listens to what is written: the polls look once more when that must be over."""
GOOD_AFTER_S = 60.0
FAILURES_TO_SAY = 3
KNOWN_IDS = 10_000


class Beside:
    """The stream of one source. Keeps only what is cheap to lose: failures in a row, ids it saw lately."""

    def __init__(self, road: Road, source: Source) -> None:
        self._road, self._source, self._name = road, source, source.name
        self._tags = {normalise(tag): tag for tag in source.tags}
        self._failures = 0
        self._keys: OrderedDict[str, str] = OrderedDict()

    def follow(self, stop: Event) -> timedelta:
        """Follow until the stream ends or `stop` is set; gives how long to wait before the next attempt.

        Raises no SourceError: what is wrong with the stream is logged and shown beside the source.
        """
        begun = time.monotonic()
        try:
            opened_at, has_settled = None, False
            for page in self._source.collector.follow(self._source.queries, "", stop):
                if opened_at is None:
                    opened_at = time.monotonic()
                    self._opened(page)
                elif not has_settled and time.monotonic() - opened_at >= SETTLED_S:
                    has_settled = True
                    self._settled()
                self._take(page)
                if stop.is_set():
                    break
            return CALM
        except (SourceError, NotSupported) as error:
            if time.monotonic() - begun > GOOD_AFTER_S:
                self._failures = 0
            return self._failed(error)

    def close(self) -> None:
        """The stream is not followed any more: nothing is said of it."""
        with self._road.store.transaction() as tx:
            campaign.notice(tx, stream_notice(self._name), "", self._road.clock())

    def _opened(self, page: Page) -> None:
        """All streams are open: what was written before is for the polls."""
        log.info("stream_open", source=self._name)
        self._say(page.budget.warning)

    def _settled(self) -> None:
        with self._road.store.transaction() as tx:
            self._ask_polls(tx)

    def _say(self, words: str) -> None:
        """Show what of the stream is missing ("" when nothing is), and have every hashtag polled."""
        road, said = self._road, f"{self._name}: {words}" if words else ""
        with road.store.transaction() as tx:
            campaign.notice(tx, stream_notice(self._name), said, road.clock())
            held = sources.health(tx, self._name)
            if held is not None and held.state is SourceState.OK:
                sources.report(tx, replace(held, detail=words))
            self._ask_polls(tx)
            step("beside.before_commit")

    def _ask_polls(self, tx: Transaction) -> None:
        for tag in schedule.tags_of(self._source):
            slot = slots.get(tx, self._name, tag)
            if slot is None or not (slot.off or slot.why):
                collect.enqueue_poll(self._road, tx, self._name, tag)

    def _take(self, page: Page) -> None:
        for tag, found in self._by_tag(page.posts).items():
            self._store(tag, Page(posts=tuple(found)))
        if page.set_aside:
            self._store(STREAM, Page(set_aside=page.set_aside))
        step("beside.half_taken")
        if page.gone:
            gone = self._known(page.gone)
            self._remember(page.gone)
            if gone:
                self._store(STREAM, Page(gone=gone))

    def _by_tag(self, found: Sequence[Post]) -> dict[str, list[Post]]:
        """Posts by the hashtag of the campaign under which a poll would have brought them."""
        by_tag: dict[str, list[Post]] = {}
        for post in found:
            spelt = (self._tags.get(normalise(tag)) for tag in post.hashtags)
            by_tag.setdefault(next(filter(None, spelt), STREAM), []).append(post)
        return by_tag

    def _store(self, tag: str, page: Page) -> None:
        road = self._road

        def within(tx: Transaction, taken: ingest.Taken) -> None:
            held = sources.health(tx, self._name)
            if not taken.new:
                return
            ledger.counted(tx, road, self._source, tag, page, taken.new)
            if held is not None:
                # Only that: when a poll may be tried again is not for the stream to say.
                sources.report(tx, replace(held, last_post_at=road.clock()))

        taken = ingest.take_page(road, self._name, tag, page, within=within)
        for post in page.posts:
            if post.key in taken.stored and post.native_id:
                self._keys[post.native_id] = post.key
        while len(self._keys) > KNOWN_IDS:
            self._keys.popitem(last=False)

    def _remember(self, found: Sequence[Gone]) -> None:
        """Their posts may still come, from another server too; for posts that are here it changes nothing."""
        with self._road.store.transaction() as tx:
            early.remember(self._road, tx, self._name, found)

    def _known(self, found: Sequence[Gone]) -> tuple[Gone, ...]:
        """The deletions of stored posts, by the posts' own keys.

        A post that people were shown, and that was written on another server, may only be hidden here: it
        is left to the second look, which asks the other servers that delivered it, within the hour.
        """
        ids = {gone.key.partition("#")[2]: gone for gone in found}
        keys = {ident: [self._keys[ident]] for ident in ids if ident in self._keys}
        kept: list[Gone] = []
        with self._road.store.reading() as tx:
            unseen = [ident for ident in ids if ident not in keys]
            keys |= posts.known_as(tx, self._name, unseen) if unseen else {}
            for ident, known in keys.items():
                for key in known:
                    if not recheck.is_of_origin(ids[ident], key) and rechecks.is_watched(tx, key):
                        log.info("deletion_left_to_second_look", source=self._name)
                        continue
                    kept.append(replace(ids[ident], key=key))
        return tuple(kept)

    def _failed(self, error: SourceError | NotSupported) -> timedelta:
        self._failures += 1
        is_lasting = isinstance(error, NeedsPerson | NotSupported)
        said = error.detail if isinstance(error, SourceError) else str(error)
        reason = said.removeprefix(f"{self._name}: ")
        pause = self._pause_after(error)
        log.warning(
            "stream_failed",
            source=self._name,
            reason=reason,
            failures=self._failures,
            pause_s=pause.total_seconds(),
        )
        # A connection breaks now and then, and the next one mends it: only what lasts is shown.
        is_shown = is_lasting or self._failures >= FAILURES_TO_SAY
        self._say(f"posts come by polls alone: {reason}" if is_shown else "")
        return pause

    def _pause_after(self, error: SourceError | NotSupported) -> timedelta:
        if isinstance(error, NotSupported):
            return ABSENT_PAUSE
        if isinstance(error, RateLimited | NeedsPerson):
            return collect.pause_after(self._source, error, self._failures)
        if self._failures == 1:
            return CALM
        return collect.pause_after(self._source, error, self._failures - 1)
