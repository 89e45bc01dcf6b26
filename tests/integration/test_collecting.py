"""Coverage, backfill, schedule, mentions, second looks and the silence alarm, over a platform in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.config import Config
from bot.pipeline import backfill, collect, recheck, schedule, silence, work
from bot.pipeline.source import MENTIONS, STREAM, Source
from bot.rules.pace import Pace
from bot.services import backfilling, overview
from bot.services import coverage as looking
from bot.wiring import Built
from collectors.base import Checked
from store import campaign, coverage, matches, photos, posts, sightings
from store import hourly as counts
from store import schedule as slots
from store import tables as t
from store.errors import NeedsPerson, RateLimited, Unreachable, UsageError
from store.records.coverage import BackfillState, CoverState
from store.records.match import Decision, Tier, Verdict
from store.records.page import Budget, Gap, Page, Span, TagQuery
from store.records.reply import AlertState
from store.records.work import Stage
from tests import makers
from tests.integration.ready import count, rows
from tests.stores import START, Clock
from tests.timeline import SPEC, Timeline

HOUR = timedelta(hours=1)
STREAMED = replace(SPEC, streams=True, polls=False)
AWAY = Unreachable("timeline", "does not answer")


class World:
    """An installation whose one source is a timeline in memory, with a clock that a test moves."""

    def __init__(self, built: Built, clock: Clock) -> None:
        self.built, self.road, self.clock = built, built.road, clock
        self.active: dict[str, Source] = {}
        self.timeline = self.add(Timeline(clock))

    def add(self, timeline: Timeline, *tags: str) -> Timeline:
        tags = tags or ("Tag",)
        joined = (TagQuery(any=tags),) if timeline.spec.streams else tuple(TagQuery(any=(x,)) for x in tags)
        pace = Pace(60, least_s=15, most_s=300, jitter_s=0)
        self.active[timeline.name] = Source(timeline, joined, timedelta(seconds=60), pace=pace)
        return timeline

    @property
    def source(self) -> Source:
        return self.active[self.timeline.name]

    def do(self, *stages: Stage) -> int:
        ways = work.arrows(lambda: self.active)
        return work.work_off(self.road, ways, stages or (Stage.COLLECT, Stage.BACKFILL, Stage.RECHECK))

    def poll(self, tag: str = "Tag") -> None:
        with self.road.store.transaction() as tx:
            collect.enqueue_poll(self.road, tx, self.timeline.name, tag)
        assert self.do(Stage.COLLECT) == 0

    def ledger(self, tag: str = "Tag", source: str = "timeline") -> list[tuple[float, float, str]]:
        with self.road.store.reading() as tx:
            found = coverage.rows(tx, source=source, tag=tag)
        return [(hour(r.span.start), hour(r.span.end), r.state.value) for r in found]

    def whys(self) -> list[str]:
        with self.road.store.reading() as tx:
            return [row.why for row in coverage.rows(tx) if row.why]

    def stored(self) -> set[str]:
        return {
            row.key for row in rows(self.built, sa.select(t.posts.c.key).where(t.posts.c.gone_at.is_(None)))
        }

    def notices(self) -> dict[str, str]:
        with self.road.store.reading() as tx:
            return campaign.notices(tx)


def hour(moment: datetime) -> float:
    return round((moment - START) / HOUR, 4)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def world(build: Callable[..., Built], config: Callable[..., Config]) -> World:
    clock = Clock()
    return World(build(config(tag="Tag"), clock=clock), clock)


# ── coverage ──────────────────────────────────────────────────────────────────────────────────


def test_polls_extend_what_is_complete_from_the_last_complete_moment(world: World) -> None:
    for _ in range(3):
        world.timeline.publish()
        world.poll()
        world.clock.tick(hours=1)
    assert world.ledger() == [(0, 2, "complete")]
    assert len(world.stored()) == 3


def test_an_outage_claims_nothing_and_is_closed_by_the_poll_that_reads_on(world: World) -> None:
    world.poll()
    world.clock.tick(hours=1)
    world.poll()
    world.timeline.fault = AWAY
    for _ in range(3):
        world.clock.tick(hours=1)
        world.timeline.publish()
        world.poll()
    assert world.ledger() == [(0, 1, "complete")]
    (tag,) = looking.report(world.road, tag="Tag").tags
    tail = tag.stretches[-1]
    assert tail.is_tail and tail.state is CoverState.GAP and "does not answer" in tail.why
    assert (hour(tail.span.start), hour(tail.span.end)) == (1, 4)
    world.timeline.fault = None
    world.clock.tick(hours=1)
    world.poll()
    assert world.ledger() == [(0, 5, "complete")] and len(world.stored()) == 3
    assert looking.report(world.road, tag="Tag").is_whole


def test_what_an_outage_left_beyond_the_look_back_is_lost_and_says_why(world: World) -> None:
    world.timeline.spec = replace(SPEC, lookback=timedelta(hours=36))
    world.poll()
    world.clock.tick(hours=1)
    world.poll()
    world.timeline.fault = AWAY
    world.clock.tick(hours=47)
    world.poll()
    world.timeline.fault = None
    world.clock.tick(hours=2)
    world.poll()
    assert world.ledger() == [(0, 1, "complete"), (1, 14, "lost"), (14, 50, "complete")]
    assert world.whys() == ["timeline: does not answer; the platform gives only the last 36 h"]


def test_a_walk_that_is_cut_short_claims_nothing_yet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "PAGES_A_POLL", 2)
    for _ in range(9):
        world.timeline.publish()
    world.poll()
    assert len(world.stored()) == 6 and world.ledger() == []
    world.clock.tick(minutes=1)
    world.poll()
    assert len(world.stored()) == 9
    world.clock.tick(hours=1)
    world.poll()
    assert world.ledger() == [(round(1 / 60, 4), round(1 + 1 / 60, 4), "complete")]


def test_a_gap_that_a_poll_reports_is_read_again_by_itself_and_merges(world: World) -> None:
    world.poll()
    world.clock.tick(hours=4)
    missed = world.timeline.publish(at(2))
    world.timeline.posts.pop()
    world.timeline.gap = Gap(Span(at(1), at(3)), "newest 200 only")
    world.poll()
    assert world.ledger() == [(0, 1, "complete"), (1, 3, "gap"), (3, 4, "complete")]
    world.timeline.posts.append(missed)
    assert world.do(Stage.BACKFILL) == 0
    assert world.ledger() == [(0, 4, "complete")] and missed.key in world.stored()


def test_a_gap_of_a_stream_is_filled_by_search_for_each_hashtag(world: World) -> None:
    stream = world.add(Timeline(world.clock, name="stream", spec=STREAMED), "A", "B")
    stream.publish(at(-3), tag="A")
    stream.publish(at(-2.5), tag="B")
    world.clock.tick(hours=1)
    gap = Gap(Span(at(-4), at(-1)), "its look-back is over")
    stream.stream = [Page(gap=gap, cursor="1", complete_until=at(0)), Page(cursor="2", complete_until=at(1))]
    collect.follow(world.road, world.active["stream"], _Never())
    assert world.ledger(STREAM, "stream") == [(-4, -1, "gap"), (-1, 1, "complete")]
    assert world.do(Stage.BACKFILL) == 0
    assert world.ledger(STREAM, "stream") == [(-4, 1, "complete")]
    assert stream.asked == ["search A", "search B"] and len(world.stored()) == 2


def test_a_stream_that_replays_claims_no_more_than_it_has_replayed(world: World) -> None:
    stream = world.add(Timeline(world.clock, name="stream", spec=STREAMED))
    stream.stream = [Page(cursor="1", complete_until=at(-20)), Page(cursor="2", complete_until=at(-19))]
    collect.follow(world.road, world.active["stream"], _Never())
    assert world.ledger(STREAM, "stream") == [(-20, -19, "complete")]
    with world.road.store.reading() as tx:
        from store import sources

        health = sources.health(tx, "stream")
    assert health is not None and health.behind_s == 19 * 3600


class _Never:
    """An event that is never set."""

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        return False


def test_a_gap_that_no_search_can_fill_is_shown_and_lost_after_the_look_back(world: World) -> None:
    world.timeline.searches = False
    world.timeline.spec = replace(SPEC, lookback=timedelta(hours=36))
    world.timeline.gap = Gap(Span(at(-30), at(-10)), "the stream broke")
    world.poll()
    assert world.do(Stage.BACKFILL) == 0
    assert world.ledger()[0] == (-30, -10, "gap"), "the platform might still give it"
    world.clock.tick(hours=16)
    backfill.sweep(world.road, world.active)
    assert world.do(Stage.BACKFILL) == 0
    assert world.ledger()[:2] == [(-30, -20, "lost"), (-20, -10, "gap")]
    assert any("36 h" in why and "has no search" in why for why in world.whys())


def test_a_gap_that_the_platform_itself_calls_lost_is_not_asked_for(world: World) -> None:
    world.timeline.gap = Gap(Span(at(-5), at(-1)), "older than seven days", recoverable=False)
    world.poll()
    assert world.ledger()[0] == (-5, -1, "lost")
    backfill.sweep(world.road, world.active)
    world.do(Stage.BACKFILL)
    assert world.timeline.asked == ["poll Tag"]


def test_the_campaigns_past_is_an_open_gap_when_a_hashtag_is_new(world: World) -> None:
    with world.road.store.transaction() as tx:
        content = {"starts_at": at(-6).isoformat()}
        campaign.put(tx, content, author="t", reason="t", at=START)
    old = world.timeline.publish(at(-5))
    world.timeline.posts.pop()
    world.poll()
    world.clock.tick(hours=1)
    world.poll()
    assert world.ledger() == [(-6, 0, "gap"), (0, 1, "complete")]
    world.timeline.posts.append(old)
    assert world.do(Stage.BACKFILL) == 0
    assert world.ledger() == [(-6, 1, "complete")] and old.key in world.stored()


# ── backfill ──────────────────────────────────────────────────────────────────────────────────


def wish(world: World, since: float = -10, until: float = 0, tag: str = "#tag") -> list[backfilling.Wish]:
    return backfilling.ask(
        world.road, world.active, tag=tag, since=at(since), until=at(until), source=None, by="ana"
    )


def test_a_backfill_goes_on_where_it_was_broken_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "PAGES_A_RUN", 2)
    for number in range(20):
        world.timeline.publish(at(-9.5 + number / 4))
    wishes = wish(world)
    assert world.do(Stage.BACKFILL) == 0
    (made,) = backfilling.state_of(world.road, wishes)
    assert (made.pages, made.posts, made.new, made.state) == (2, 6, 6, BackfillState.WAITING)
    assert 0 < (looking.progress(made) or 0) < 1
    assert wish(world) == wishes, "asked again it is the same wish"
    while not backfilling.is_over(backfilling.state_of(world.road, wishes)):
        world.clock.tick(seconds=2)
        assert world.do(Stage.BACKFILL) == 0
    (made,) = backfilling.state_of(world.road, wishes)
    assert (made.pages, made.posts, made.new, made.state) == (7, 20, 20, BackfillState.DONE)
    assert len(world.stored()) == 20 and world.ledger() == [(-10, 0, "complete")]
    assert world.timeline.asked.count("search Tag") == 7, "no page was read twice"


def test_a_cap_is_answered_by_halving_the_span_until_it_fits(world: World) -> None:
    world.timeline.cap, world.timeline.page_size = 5, 100
    for number in range(16):
        world.timeline.publish(at(-9.9 + number / 2))
    wishes = wish(world)
    assert world.do(Stage.BACKFILL) == 0
    found = backfilling.state_of(world.road, wishes)
    assert backfilling.is_over(found) and found[0].state is not BackfillState.WAITING
    assert len(world.stored()) == 16 and world.ledger() == [(-10, 0, "complete")]
    assert len(found) > 3


def test_a_cap_that_no_halving_escapes_is_lost_and_says_so(world: World) -> None:
    world.timeline.cap = 1
    for _ in range(3):
        world.timeline.publish(at(-5))
    wishes = wish(world)
    assert world.do(Stage.BACKFILL) == 0
    assert backfilling.is_over(backfilling.state_of(world.road, wishes))
    lost = [(start, end) for start, end, state in world.ledger() if state == "lost"]
    assert len(lost) == 1 and lost[0][0] <= -5 < lost[0][1] and lost[0][1] - lost[0][0] < 0.1
    assert "result cap of 1 hit" in world.whys()


def test_a_source_without_search_says_so_in_one_sentence_and_changes_no_coverage(world: World) -> None:
    world.timeline.searches = False
    (made,) = _done(world, wish(world))
    assert (made.state, made.why) == (BackfillState.IMPOSSIBLE, "timeline: has no search")
    assert world.ledger() == []


def _done(world: World, wishes: list[backfilling.Wish]) -> list[Any]:
    assert world.do(Stage.BACKFILL) == 0
    return backfilling.state_of(world.road, wishes)


def test_a_rate_limit_makes_the_backfill_wait_and_is_no_failure(world: World) -> None:
    world.timeline.publish(at(-5))
    wishes = wish(world)
    world.timeline.fault = RateLimited("timeline", "wait 60 s", timedelta(seconds=60))
    (made,) = _done(world, wishes)
    assert (made.state, made.why) == (BackfillState.WAITING, "wait 60 s")
    world.timeline.fault = None
    assert _done(world, wishes)[0].state is BackfillState.WAITING, "not before the minute is over"
    world.clock.tick(seconds=61)
    assert _done(world, wishes)[0].state is BackfillState.DONE


def test_the_past_waits_while_the_budget_is_needed_for_the_present(world: World) -> None:
    world.timeline.budget = Budget(10, 100, at(1))
    world.poll()
    world.timeline.publish(at(-5))
    (made,) = _done(world, wish(world))
    assert made.state is BackfillState.WAITING and "budget" in made.why
    assert world.timeline.asked == ["poll Tag"]
    world.clock.tick(hours=1.1)
    assert _done(world, wish(world))[0].state is BackfillState.DONE


def test_old_posts_wait_behind_new_ones_and_get_no_receipt(world: World) -> None:
    old = world.timeline.publish(at(-90), mentions=("homeward@sample.example",))
    young = world.timeline.publish(at(-5), mentions=("homeward@sample.example",))
    assert _done(world, wish(world, since=-100))[0].state is BackfillState.DONE
    waiting = rows(world.built, sa.select(t.jobs.c.stage, t.jobs.c.key, t.jobs.c.priority))
    assert {row.key for row in waiting if row.stage == "reply"} == {young.key}
    assert {row.priority for row in waiting if row.stage == "look"} == {-20} and old.key in world.stored()


@pytest.mark.parametrize(
    ("tag", "since", "source", "words"),
    [
        ("other", -5, None, "no hashtag of the campaign"),
        ("Tag", 5, None, "not before"),
        ("Tag", -5, "elsewhere", "is not on"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_what_can(
    world: World, tag: str, since: float, source: str | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        backfilling.ask(
            world.road, world.active, tag=tag, since=at(since), until=at(9), source=source, by="ana"
        )


@pytest.mark.parametrize("words", ["yesterday", "2026-13-01", "", "2026-01-01T99"])
def test_a_moment_that_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="allowed"):
        backfilling.moment(words, "--since")


# ── schedule ──────────────────────────────────────────────────────────────────────────────────


def slot(world: World, tag: str = "Tag") -> Any:
    with world.road.store.reading() as tx:
        return slots.get(tx, "timeline", tag)


def run(world: World, seconds: int, step: int = 1) -> None:
    for _ in range(0, seconds, step):
        world.clock.tick(seconds=step)
        schedule.tick(world.road, world.active)
        world.do(Stage.COLLECT)


def test_each_tag_is_polled_at_its_interval_and_mentions_too(world: World) -> None:
    world.timeline.spec = SPEC
    world.active["timeline"] = replace(world.source, pace=None)
    schedule.arm(world.road, world.active)
    run(world, 180)
    assert world.timeline.asked[:2] == ["poll Tag", "mentions"]
    assert [world.timeline.asked.count(each) for each in ("poll Tag", "mentions")] == [3, 3]


@pytest.mark.servers
def test_a_busy_tag_is_asked_more_often_and_a_quiet_one_less(world: World) -> None:
    schedule.arm(world.road, world.active)
    run(world, 65, step=5)
    for _ in range(8):
        for _ in range(60):
            world.timeline.publish()
        run(world, 100, step=5)
    busy = slot(world)
    assert busy.rate_per_h > 500 and 15 <= busy.interval_s <= 36
    world.timeline.posts.clear()
    run(world, 12_000, step=50)
    assert slot(world).interval_s == 300


def test_a_sleep_ends_with_one_poll_each_and_no_stampede(world: World) -> None:
    for number in range(20):
        world.add(Timeline(world.clock, name=f"t{number}", has_mentions=False))
    schedule.arm(world.road, world.active)
    run(world, 40)
    for source in world.active.values():
        source.collector.asked.clear()  # type: ignore[attr-defined]
    world.clock.tick(hours=8)
    schedule.tick(world.road, world.active)
    schedule.tick(world.road, world.active)
    waiting = rows(world.built, sa.select(t.jobs.c.key, t.jobs.c.not_before))
    starts = sorted(row.not_before for row in waiting)
    assert len(waiting) == 22, "21 hashtags and one mentions, each once"
    assert starts[0] == world.clock() and len(set(starts)) == 22
    assert starts[-1] - starts[0] <= timedelta(seconds=30)
    run(world, 40)
    for source in world.active.values():
        assert source.collector.asked.count("poll Tag") == 1  # type: ignore[attr-defined]


def test_a_clock_that_was_set_back_stops_no_poll(world: World) -> None:
    schedule.arm(world.road, world.active)
    run(world, 5)
    world.timeline.asked.clear()
    world.clock.tick(hours=-3)
    run(world, 5)
    assert "poll Tag" in world.timeline.asked


def test_a_source_that_rests_is_left_alone_and_asked_again_afterwards(world: World) -> None:
    world.active["timeline"] = replace(world.source, pace=None, poll_every=timedelta(seconds=10))
    world.timeline.fault = RateLimited("timeline", "wait", timedelta(seconds=100))
    schedule.arm(world.road, world.active)
    run(world, 90)
    assert len(world.timeline.asked) <= 2
    world.timeline.fault = None
    run(world, 30)
    assert "poll Tag" in world.timeline.asked[2:]


def test_arming_again_keeps_the_phase_drops_the_rest_and_a_restart_asks_at_once(world: World) -> None:
    schedule.arm(world.road, world.active)
    run(world, 10)
    before = slot(world)
    schedule.arm(world.road, world.active)
    assert slot(world).due_at == before.due_at
    world.clock.tick(seconds=20)
    schedule.arm(world.road, world.active, at_start=True)
    assert slot(world).due_at == world.clock()
    schedule.arm(world.road, {})
    assert slot(world) is None


def test_a_tag_with_unread_posts_is_asked_at_its_fastest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "PAGES_A_POLL", 1)
    for _ in range(50):
        world.timeline.publish()
    schedule.arm(world.road, world.active)
    run(world, 2)
    assert slot(world).interval_s == 15


# ── mentions ──────────────────────────────────────────────────────────────────────────────────


def test_who_names_us_without_a_hashtag_is_read_and_gets_a_receipt(world: World) -> None:
    post = world.timeline.publish(tag="elsewhere", mentions=("homeward@sample.example",))
    world.poll(MENTIONS)
    with world.road.store.reading() as tx:
        (seen,) = posts.observations_of(tx, post.key)
    assert seen.tag == MENTIONS and world.timeline.asked == ["mentions"]
    work.work_off(world.road, work.arrows(lambda: world.active), [Stage.REPLY])
    assert [row.post_key for row in rows(world.built, sa.select(t.replies.c.post_key))] == [post.key]
    world.clock.tick(hours=1)
    world.poll(MENTIONS)
    world.clock.tick(hours=1)
    world.poll(MENTIONS)
    assert world.ledger(MENTIONS) == [(0, 2, "complete")]


def test_a_source_without_mentions_is_asked_once_and_then_left_out(world: World) -> None:
    world.timeline.has_mentions = False
    schedule.arm(world.road, world.active)
    run(world, 3)
    assert slot(world, MENTIONS).off and "no token" in slot(world, MENTIONS).why
    assert {tag.tag for tag in looking.report(world.road).tags} == {"Tag"}


def test_mentions_that_are_refused_rest_and_do_not_stop_the_hashtags(world: World) -> None:
    schedule.arm(world.road, world.active)
    world.timeline.mention_fault = NeedsPerson("timeline", "the token lacks read:notifications")
    run(world, 130)
    assert world.timeline.asked.count("poll Tag") >= 2 and world.timeline.asked.count("mentions") == 1
    (words,) = world.notices().values()
    assert "read:notifications" in words and overview.overview(world.road).is_ready
    world.timeline.mention_fault = None
    run(world, 3700, step=50)
    assert world.notices() == {} and slot(world, MENTIONS).interval_s == 60


# ── post life ─────────────────────────────────────────────────────────────────────────────────


def matched(
    world: World, number: int = 1, *, tier: Tier = Tier.REVIEW, verdict: Verdict | None = None
) -> str:
    """A published, stored post with a photo, a face and a match."""
    post = world.timeline.publish(media=(makers.media(),))
    world.poll()
    seen = makers.photo("abcdef"[number])
    found = makers.match(makers.face(seen), post.key, tier=tier)
    with world.road.store.transaction() as tx:
        photos.put(tx, seen, START)
        photos.put_faces(tx, [makers.face(seen)])
        matches.put(tx, found, START)
        if verdict is not None:
            matches.decide(tx, Decision(found.key, verdict, "rita", START))
    return post.key


def recheck_now(world: World) -> None:
    world.clock.tick(hours=1.1)
    recheck.ask(world.road, world.active)
    assert world.do(Stage.RECHECK) == 0


def test_a_deleted_post_is_forgotten_and_the_case_team_is_told_once(world: World) -> None:
    key = matched(world)
    recheck_now(world)
    assert key in world.stored() and not world.notices()
    world.timeline.deleted.add("1")
    recheck_now(world)
    assert key not in world.stored() and count(world.built, t.tombstones) == 1
    (alert,) = rows(world.built, sa.select(t.alerts))
    assert (alert.key, alert.state) == (f"gone:{key}", AlertState.OPEN.value)
    (words,) = world.notices().values()
    assert alert.reference in words and "seen" not in words and "ana" not in words
    work.work_off(world.road, work.arrows(lambda: world.active), [Stage.ALERT])
    recheck_now(world)
    assert count(world.built, t.alerts) == 1 and overview.overview(world.road).jobs.get("alert") is None
    assert overview.overview(world.road).deletions.items() >= {"honoured": 1, "watched": 0, "late": 0}.items()
    world.clock.tick(days=8)
    recheck.ask(world.road, world.active)
    assert world.notices() == {}


def test_a_confirmed_match_is_told_too_but_one_that_nobody_was_shown_is_not(world: World) -> None:
    aside, confirmed = matched(world, 1, tier=Tier.SET_ASIDE), matched(world, 2, verdict=Verdict.POSSIBLE)
    world.timeline.deleted |= {"1", "2"}
    recheck_now(world)
    assert not world.stored() & {aside, confirmed}
    assert [row.key for row in rows(world.built, sa.select(t.alerts.c.key))] == [f"gone:{confirmed}"]


def test_an_edit_becomes_a_version_and_is_looked_at_again(world: World) -> None:
    key = matched(world)
    first = world.timeline.posts[0]
    world.timeline.posts[0] = replace(first, text="other words #Tag", version="2", edited_at=at(0.5))
    recheck_now(world)
    with world.road.store.reading() as tx:
        assert posts.get(tx, key).text == "other words #Tag" and posts.versions_of(tx, key) == ["1"]
        assert len(posts.observations_of(tx, key)) == 1, "a second look is no new observation"
    (row,) = rows(world.built, sa.select(t.rechecks))
    assert row.result == recheck.EDITED
    assert any(job.stage == "look" for job in rows(world.built, sa.select(t.jobs.c.stage)))


def test_an_author_who_asks_to_be_left_alone_is_forgotten(world: World) -> None:
    from store.records.post import AuthorSign

    key = matched(world)
    first = world.timeline.posts[0]
    author = replace(first.author, signs=frozenset({AuthorSign.NO_BOT}))
    world.timeline.posts[0] = replace(first, author=author)
    recheck_now(world)
    assert key not in world.stored()


def test_a_post_that_another_server_still_shows_stands(world: World) -> None:
    key = matched(world)
    other = world.add(Timeline(world.clock, name="other"))
    other.posts = list(world.timeline.posts)
    with world.road.store.transaction() as tx:
        collect.enqueue_poll(world.road, tx, "other", "Tag")
    world.do(Stage.COLLECT)
    world.timeline.deleted.add("1")
    recheck_now(world)
    assert key in world.stored()
    told = {row.source: row.result for row in rows(world.built, sa.select(t.rechecks))}
    assert told == {"timeline": recheck.UNSEEN, "other": recheck.STANDS}
    other.deleted.add("1")
    recheck_now(world)
    assert key not in world.stored()


def test_the_word_of_the_server_where_it_was_written_is_enough(world: World) -> None:
    key = matched(world)
    other = world.add(Timeline(world.clock, name="other"))
    other.posts = list(world.timeline.posts)
    with world.road.store.transaction() as tx:
        collect.enqueue_poll(world.road, tx, "other", "Tag")
    world.do(Stage.COLLECT)
    world.timeline.deleted.add("1")
    world.timeline.host = "home.example"
    recheck_now(world)
    assert key not in world.stored()


def test_a_failing_look_forgets_nothing_and_is_tried_again(world: World) -> None:
    key = matched(world)
    world.timeline.fault = AWAY
    world.clock.tick(hours=1.1)
    recheck.ask(world.road, world.active)
    assert world.do(Stage.RECHECK) == 1
    assert key in world.stored() and count(world.built, t.rechecks) == 0
    world.timeline.fault = None
    world.clock.tick(minutes=5)
    assert world.do(Stage.RECHECK) == 0 and count(world.built, t.rechecks) == 1


def test_a_post_nobody_looked_up_within_its_platforms_hours_is_called_late(world: World) -> None:
    matched(world)
    world.clock.tick(hours=25)
    assert overview.overview(world.road).deletions["late"] == 1
    recheck_now(world)
    assert overview.overview(world.road).deletions.items() >= {"honoured": 0, "watched": 1, "late": 0}.items()


def test_a_post_from_the_future_is_marked_and_its_words_are_read_from_receiving(world: World) -> None:
    lie = world.timeline.publish(at(24 * 300), text="At the station in Chengdu yesterday at 9 am")
    world.poll()
    work.work_off(world.road, work.arrows(lambda: world.active), [Stage.LOOK, Stage.PLACE])
    with world.road.store.reading() as tx:
        held, claim = posts.get(tx, lie.key), sightings.get(tx, lie.key)
    assert held.created_at == at(24 * 300) and any("created_at lies" in each for each in held.problems)
    assert claim is not None and claim.when.best is not None
    assert abs(claim.when.best.start - START) < timedelta(days=3)
    assert "lies after it was received" in claim.when.conflict


def test_a_permit_that_forbids_keeping_takes_what_is_stored_along(world: World) -> None:
    from bot.pipeline import ingest
    from store.records.post import Visibility

    post = world.timeline.publish()
    world.poll()
    assert post.key in world.stored()
    private = replace(post, visibility=Visibility.PRIVATE)
    ingest.take_page(world.road, "timeline", "Tag", Page(posts=(private,)))
    assert post.key not in world.stored()


# ── silence ───────────────────────────────────────────────────────────────────────────────────


def loud_past(world: World, posts_an_hour: int = 40, days: int = 7) -> None:
    with world.road.store.transaction() as tx:
        for day in range(1, days + 1):
            for hours in (0, 1, 2):
                counts.add(tx, "timeline", at(hours - 24 * day), posts_an_hour)


def test_a_source_quieter_than_its_past_raises_a_notice_with_causes_and_takes_it_down(world: World) -> None:
    loud_past(world)
    world.timeline.checks = [
        Checked("server", True, "answers"), Checked("token", False, "is refused", "make a new one"),
    ]  # fmt: skip
    world.poll()
    world.clock.tick(hours=1.2)
    world.poll()
    assert silence.listen(world.road, world.active) == ["timeline"]
    (words,) = world.notices().values()
    assert "brought 0 new posts between 08:00 and 09:00" in words
    assert "token: is refused (make a new one)" in words and "answers" not in words
    for _ in range(60):
        world.timeline.publish()
    world.poll()
    world.clock.tick(hours=0.5)
    assert silence.listen(world.road, world.active) == [] and world.notices() == {}


def test_a_source_that_was_not_read_raises_no_silence_alarm(world: World) -> None:
    loud_past(world)
    world.timeline.fault = NeedsPerson("timeline", "token revoked")
    world.poll()
    world.clock.tick(hours=2)
    assert silence.listen(world.road, world.active) == []


def test_causes_name_the_health_of_the_source_or_say_that_all_is_right(world: World) -> None:
    assert silence.likely_causes(world.source, None) == [
        "it answers; people may write under another hashtag, or write less"
    ]
    world.timeline.checks = [Checked("server", True, "answers"), Checked("timeline", True, "is shown")]
    (cause,) = silence.likely_causes(world.source, None)
    assert cause.startswith("server, timeline tried, all right")


def test_a_warning_of_the_platform_becomes_a_notice_and_goes_with_it(world: World) -> None:
    world.timeline.budget = Budget(warning="the token ends tomorrow")
    world.poll()
    assert world.notices() == {"source:timeline": "timeline: the token ends tomorrow"}
    world.timeline.budget = Budget(5, 10, at(1))
    world.poll()
    assert world.notices() == {}
