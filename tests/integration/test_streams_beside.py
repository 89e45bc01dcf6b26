"""A stream beside polls, over a platform in memory: what it brings, asks for, and leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.pipeline import beside, collect, schedule, work
from bot.pipeline.beside import ABSENT_PAUSE, CALM, Beside
from bot.pipeline.source import MENTIONS, Source
from bot.wiring import Built
from collectors.base import NotSupported
from store import campaign, coverage, hourly, matches, photos, posts, sources
from store import tables as t
from store.errors import NeedsPerson, RateLimited, SourceError, Unreachable
from store.records.campaign import SourceHealth, SourceState
from store.records.page import Budget, Page, SetAside, TagQuery
from store.records.post import Gone, Platform
from store.records.work import Stage
from tests import makers
from tests.integration.ready import rows
from tests.stores import Clock
from tests.timeline import SPEC, Timeline

BOTH = replace(SPEC, streams=True, polls=True)
BROKEN = Unreachable("timeline", "the server closed the stream")
ABSENT = NotSupported("timeline: this server has no streaming (404)")


class Brook(Timeline):
    """A timeline whose stream gives its pages and then ends as a test wants."""

    ends: SourceError | NotSupported | None = None

    def follow(self, queries: Sequence[TagQuery], cursor: str, stop: threading.Event) -> Iterator[Page]:
        assert cursor == ""
        yield from self.stream
        if self.ends is not None:
            raise self.ends


class World:
    """An installation with one such source, and its stream as the daemon follows it."""

    def __init__(self, built: Built, clock: Clock) -> None:
        self.built, self.road, self.clock = built, built.road, clock
        self.brook = Brook(clock, spec=BOTH)
        queries = tuple(TagQuery(any=(tag,)) for tag in ("Tag", "Other"))
        self.source = Source(self.brook, queries, timedelta(seconds=60))
        collect.in_force(self.road, {"timeline": self.source})
        schedule.arm(self.road, {"timeline": self.source})
        self.stream = Beside(self.road, self.source)

    def follow(self, *pages: Page, ends: SourceError | NotSupported | None = None) -> timedelta:
        self.brook.stream, self.brook.ends = list(pages), ends
        return self.stream.follow(threading.Event())

    def asked(self) -> set[str]:
        query = sa.select(t.jobs.c.key).where(t.jobs.c.stage == Stage.COLLECT.value)
        return {row.key.partition("\x1f")[2] for row in rows(self.built, query)}

    def poll(self) -> None:
        work.work_off(self.road, work.arrows(lambda: {"timeline": self.source}), [Stage.COLLECT])

    def health(self) -> SourceHealth:
        with self.road.store.reading() as tx:
            found = sources.health(tx, "timeline")
        assert found is not None
        return found

    def notice(self) -> str:
        with self.road.store.reading() as tx:
            return campaign.notices(tx).get("stream:timeline", "")

    def stored(self) -> set[str]:
        query = sa.select(t.posts.c.key).where(t.posts.c.gone_at.is_(None))
        return {row.key for row in rows(self.built, query)}

    def gone(self, native_id: str, host: str = "home.example") -> Page:
        gone = Gone(f"mastodon:{host}#{native_id}", Platform.MASTODON, "deleted", self.clock())
        return Page(gone=(gone,))


@pytest.fixture
def world(build: Callable[..., Built], config: Callable[..., Config]) -> World:
    clock = Clock()
    return World(build(config(tag="Tag"), clock=clock), clock)


def test_an_open_stream_has_every_hashtag_polled_once_and_moves_no_cursor(world: World) -> None:
    post = world.brook.publish()
    assert world.follow(Page(), Page(posts=(post,)), Page()) == CALM
    assert world.asked() == {"Tag", "Other", MENTIONS}
    assert world.stored() == {post.key}
    with world.road.store.reading() as tx:
        assert [seen.tag for seen in posts.observations_of(tx, post.key)] == ["Tag"]
        assert {sources.cursor(tx, "timeline", tag) for tag in ("Tag", "Other", "*")} == {""}
        assert coverage.rows(tx) == []
    world.poll()
    with world.road.store.reading() as tx:
        assert sources.cursor(tx, "timeline", "Tag") == "1"
        now = world.clock()
        counts = hourly.counts(tx, "timeline", since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    assert world.stored() == {post.key} and sum(counts.values()) == 1, "both brought it, it was new once"


def test_what_was_written_between_the_answer_and_the_subscription_is_polled_a_little_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "SETTLED_S", 0.0)
    written = []

    def pages() -> Iterator[Page]:
        yield Page()
        world.poll()
        assert world.asked() == set()
        written.append(world.brook.publish())
        yield Page()
        yield Page()

    world.brook.stream = pages()  # type: ignore[assignment]
    world.stream.follow(threading.Event())
    assert world.asked() == {"Tag", "Other", MENTIONS}
    world.poll()
    assert world.stored() == {post.key for post in written}


def test_tags_that_rest_or_are_off_are_not_asked_by_the_stream(world: World) -> None:
    schedule.switch_off(world.road, "timeline", MENTIONS, "no token")
    schedule.rest(world.road, "timeline", "Other", timedelta(hours=1), "refused")
    world.follow(Page())
    assert world.asked() == {"Tag"}


@pytest.mark.parametrize(
    ("ends", "pause", "words"),
    [
        (ABSENT, ABSENT_PAUSE, "this server has no streaming (404)"),
        (NeedsPerson("timeline", "streams are refused (401)"), collect.PERSON_PAUSE, "refused (401)"),
        (RateLimited("timeline", "wait", timedelta(seconds=77)), timedelta(seconds=77), ""),
        (BROKEN, CALM, ""),
    ],
)
def test_a_stream_that_is_not_to_be_had_leaves_the_polls_and_says_what_lasts(
    world: World, ends: SourceError | NotSupported, pause: timedelta, words: str
) -> None:
    world.poll()
    post = world.brook.publish()
    assert world.follow(ends=ends) == pause
    assert world.asked() == {"Tag", "Other", MENTIONS}, "the polls take over at once"
    world.poll()
    health = world.health()
    assert health.state is SourceState.OK and health.failures == 0 and world.stored() == {post.key}
    assert words in health.detail and words in world.notice() and bool(world.notice()) is bool(words)
    world.follow(Page())
    world.poll()
    assert world.notice() == world.health().detail == "", "an open stream takes it back"


def test_a_break_is_nothing_to_show_but_three_in_a_row_are(world: World) -> None:
    pauses = [world.follow(Page(), ends=BROKEN) for _ in range(2)]
    assert world.notice() == "" and pauses == [CALM, timedelta(seconds=5)]
    world.follow(ends=BROKEN)
    assert world.notice() == "timeline: posts come by polls alone: the server closed the stream"
    world.stream.close()
    assert world.notice() == ""


def test_a_page_of_the_stream_does_not_cut_short_what_the_polls_wait_for(world: World) -> None:
    collect.failed(world.road, world.source, RateLimited("timeline", "wait 300 s", timedelta(seconds=300)))
    before = world.health()
    world.follow(Page(), Page(posts=(world.brook.publish(),)))
    after = world.health()
    assert (after.state, after.next_try_at, after.failures) == (before.state, before.next_try_at, 1)
    assert after.last_post_at is not None and before.last_post_at is None


def test_a_deletion_by_the_servers_own_id_reaches_the_stored_post(world: World) -> None:
    streamed, polled = world.brook.publish(), world.brook.publish()
    world.follow(Page(posts=(streamed,)))
    fresh = Beside(world.road, world.source)  # A restart: it remembers nothing.
    with world.road.store.transaction() as tx:
        collect.enqueue_poll(world.road, tx, "timeline", "Tag")
    world.poll()
    assert world.stored() == {streamed.key, polled.key}
    world.stream = fresh
    world.follow(world.gone("1"), world.gone("2"), world.gone("99"))
    assert world.stored() == set()
    assert {row.post_key for row in rows(world.built, sa.select(t.tombstones.c.post_key))} == {
        streamed.key,
        polled.key,
    }


def test_a_post_and_its_deletion_in_one_page_leave_nothing(world: World) -> None:
    post = world.brook.publish()
    world.follow(replace(world.gone("1"), posts=(post,)))
    assert world.stored() == set()


def test_what_people_were_shown_and_another_server_wrote_is_left_to_the_second_look(world: World) -> None:
    shown, other = world.brook.publish(), world.brook.publish()
    world.follow(Page(posts=(shown, other)))
    with world.road.store.transaction() as tx:
        photo = makers.photo("a")
        photos.put(tx, photo, world.clock())
        photos.put_faces(tx, [makers.face(photo)])
        matches.put(tx, makers.match(makers.face(photo), shown.key), world.clock())
    world.follow(world.gone("1", host="relay.example"), world.gone("2", host="relay.example"))
    assert world.stored() == {shown.key}
    world.follow(world.gone("1", host="home.example"))
    assert world.stored() == set(), "the word of the server where it was written is enough"


def test_what_could_not_be_read_is_kept_aside_and_what_is_left_out_is_said(world: World) -> None:
    first = Page(budget=Budget(warning="mentions come by polls alone: refused (403)"))
    world.follow(first, Page(set_aside=(SetAside("stream #tag update", "not JSON", "{"),)))
    (row,) = rows(world.built, sa.select(t.set_aside))
    assert row.reason == "not JSON" and "mentions come by polls alone" in world.notice()
