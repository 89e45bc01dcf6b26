"""Polls with a gap, backfills, a cap, deletions and second looks, as a program that can be killed.

The platform is a timeline in memory that answers the same in every process. Run again after a kill it
goes on where it was; run twice it changes nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import collect, recheck, schedule, work
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules.pace import Pace
from bot.services import backfilling
from store import matches, photos, posts
from store.records.page import Gap, Page, Span, TagQuery
from store.records.post import Post
from store.records.work import Stage
from tests import makers
from tests.chaos.road import KEY
from tests.timeline import Timeline
from tests.unit.extract.fake_gazetteer import FakeGazetteer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CAP = 4

CONFIG = """
campaign: {hashtags: ["Tag"]}
contact: {address: tests@homeward.example}
legal: {responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}
"""


class Gappy(Timeline):
    """Its first poll says that hours are missing; searches also find an archive that polls never bring."""

    def __init__(self, clock: Callable[[], datetime], cap: int) -> None:
        super().__init__(clock, cap=cap)
        self.archive: list[Post] = []

    def search(self, query: TagQuery, span: Span, cursor: str) -> Page:
        polled, self.posts = self.posts, [*self.posts, *self.archive]
        try:
            return super().search(query, span, cursor)
        finally:
            self.posts = polled

    def poll(self, query: TagQuery, cursor: str) -> Page:
        page = super().poll(query, cursor)
        span = Span(NOW - timedelta(hours=30), NOW - timedelta(hours=20))
        return replace(page, gap=Gap(span, "newest 200 only")) if not cursor else page


def run(folder: str) -> None:
    """Collect, match, read the gap and an asked span back, look again, forget what was deleted."""
    home = Home(Path(folder), False)
    home.prepare()
    home.key.write_text(base64.urlsafe_b64encode(KEY.secret).decode())
    file = Path(folder) / "config.yaml"
    file.write_text(CONFIG)
    built = wiring.build(load(file, env={}), home, clock=lambda: NOW)
    road, platform = built.road, _platform()
    road.gazetteer = FakeGazetteer
    query = (TagQuery(any=("Tag",)),)
    source = Source(
        platform, query, timedelta(minutes=1), pace=Pace(60, jitter_s=0), recheck_every=timedelta(0)
    )
    active = {source.name: source}
    ways = work.arrows(lambda: active)
    try:
        road.engine.free_all()
        schedule.arm(road, active)
        with road.store.transaction() as tx:
            collect.enqueue_poll(road, tx, source.name, "Tag")
        assert work.work_off(road, ways, [Stage.COLLECT]) == 0
        _match(road, platform)
        _ask(road, active)
        assert work.work_off(road, ways, [Stage.BACKFILL]) == 0
        platform.deleted |= {"1", "2"}
        road.clock = lambda: NOW + timedelta(seconds=1)
        recheck.ask(road, active)
        assert work.work_off(road, ways, [Stage.RECHECK]) == 0
    finally:
        built.close()


def _platform() -> Timeline:
    """Recent posts that polls bring, and old ones that only a search brings, more of them than its cap."""
    made = Gappy(lambda: NOW, cap=CAP)
    for number in range(5):
        made.publish(NOW - timedelta(hours=number), media=(makers.media(f"{number}.jpg"),))
    old = Timeline(lambda: NOW)
    for number in range(20):
        made.archive.append(
            replace(old.publish(NOW - timedelta(hours=21 + 2 * number)), key=f"mastodon:old/{number}")
        )
    return made


def _match(road: Road, platform: Timeline) -> None:
    """The first three posts have been shown to people."""
    for post, letter in zip(platform.posts[:3], "abc", strict=True):
        with road.store.transaction() as tx:
            if posts.is_gone(tx, post.key):
                continue
            seen = makers.photo(letter)
            photos.put(tx, seen, NOW)
            photos.put_faces(tx, [makers.face(seen)])
            matches.put(tx, makers.match(makers.face(seen), post.key), NOW)


def _ask(road: Road, active: dict[str, Source]) -> None:
    """The operator asks once."""
    wish = backfilling.Wish("timeline", "Tag", Span(NOW - timedelta(hours=60), NOW - timedelta(hours=40)))
    if not backfilling.state_of(road, [wish]):
        span = wish.span
        backfilling.ask(road, active, tag="Tag", since=span.start, until=span.end, source=None, by="operator")
