"""Silence by hashtag, what gaps need, and alarms that somebody has seen; over a platform in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.config import Config
from bot.pipeline import collect, silence, work
from bot.pipeline.road import Road
from bot.pipeline.source import STREAM, Source
from bot.services import alarms, overview
from bot.services import coverage as looking
from bot.wiring import Built
from collectors.base import Checked
from store import acknowledgements, campaign, coverage, hourly, matches
from store.errors import Missing, UsageError
from store.records.coverage import CoverState
from store.records.page import Page, Span, TagQuery
from store.records.reply import Alert, AlertState
from store.records.work import Stage
from tests.stores import START, Clock
from tests.timeline import SPEC, Timeline

HOUR = timedelta(hours=1)
NAME = "silence:timeline #Busy"


class Place:
    """An installation with one polled source of two hashtags, and a clock that a test moves."""

    def __init__(self, road: Road, clock: Clock) -> None:
        self.road, self.clock, self.timeline = road, clock, Timeline(clock)
        self.tags = ("Busy", "Calm")
        queries = tuple(TagQuery(any=(tag,)) for tag in self.tags)
        self.source = Source(self.timeline, queries, timedelta(seconds=60))
        self.active = {"timeline": self.source}

    def poll(self) -> None:
        with self.road.store.transaction() as tx:
            for tag in self.tags:
                collect.enqueue_poll(self.road, tx, "timeline", tag)
        assert work.work_off(self.road, work.arrows(lambda: self.active), (Stage.COLLECT,)) == 0

    def past(self, busy: int = 30, calm: int = 100) -> None:
        """A week in which both hashtags were loud at this hour."""
        with self.road.store.transaction() as tx:
            for day in range(1, 8):
                for hours in range(3):
                    moment = START + timedelta(hours=hours, days=-day)
                    hourly.add(tx, "timeline", moment, busy + calm, {"Busy": busy, "Calm": calm})

    def counts(self, tag: str = "") -> list[int]:
        with self.road.store.reading() as tx:
            since, until = START - HOUR, START + 9 * HOUR
            return list(hourly.counts(tx, "timeline", since=since, until=until, tag=tag).values())

    def listen(self) -> list[str]:
        return silence.listen(self.road, self.active)


@pytest.fixture
def place(build: Callable[..., Built], config: Callable[..., Config]) -> Place:
    clock = Clock()
    return Place(build(config(tag="Busy"), clock=clock).road, clock)


def test_new_posts_are_counted_for_each_hashtag_that_they_carry(place: Place) -> None:
    for _ in range(3):
        place.timeline.publish(tag="Busy")
    place.timeline.publish(tag="Calm", hashtags=("Calm", "ＢUSY"))
    place.poll()
    place.poll()
    assert place.counts("Busy") == [4] and place.counts("Calm") == [1] and place.counts() == [4]


def test_a_stream_counts_all_its_hashtags_at_once(place: Place) -> None:
    timeline = Timeline(place.clock, spec=SPEC)
    posts = (timeline.publish(tag="Busy"), timeline.publish(tag="Other"))
    joined = Source(timeline, (TagQuery(any=place.tags),), timedelta(seconds=60))
    timeline.stream = [Page(posts=posts, cursor="1"), Page(cursor="2")]
    collect.follow(place.road, joined, silence_stop())
    assert place.counts() == [2] and place.counts("Busy") == [1] and place.counts("Calm") == [0]


def silence_stop() -> collect.Event:
    return collect.Event()


def test_one_silent_hashtag_raises_its_own_alarm_with_the_causes_tried(place: Place) -> None:
    place.past()
    place.timeline.checks = [Checked("rule", False, "is not set for #Busy", "run doctor")]
    place.poll()
    place.clock.tick(hours=1.2)
    with place.road.store.transaction() as tx:
        hourly.add(tx, "timeline", START, 95, {"Busy": 0, "Calm": 95})
    assert place.listen() == ["timeline #Busy"]
    (alarm,) = alarms.waiting(place.road)
    assert alarm.name == NAME and "rule: is not set for #Busy (run doctor)" in alarm.words
    assert alarm.words.startswith("timeline #Busy on 20")


def test_a_source_that_is_silent_as_a_whole_raises_one_alarm(place: Place) -> None:
    place.past()
    place.poll()
    place.clock.tick(hours=1.2)
    assert place.listen() == ["timeline"]


def test_hashtags_with_little_past_raise_nothing(place: Place) -> None:
    place.past(busy=2)
    place.poll()
    place.clock.tick(hours=1.2)
    with place.road.store.transaction() as tx:
        hourly.add(tx, "timeline", START, 100, {"Busy": 0, "Calm": 100})
    assert place.listen() == []


def raise_one(place: Place, words: str = "too quiet") -> None:
    with place.road.store.transaction() as tx:
        campaign.notice(tx, NAME, words, place.clock())


def test_a_seen_alarm_waits_for_nobody_and_stays_in_the_history(place: Place) -> None:
    raise_one(place)
    assert [each.name for each in alarms.waiting(place.road)] == [NAME]
    alarms.acknowledge(place.road, NAME, by="ana", note="  server move ")
    again = alarms.acknowledge(place.road, NAME, by="ben", note="me too")
    assert again.seen is not None and again.seen.by == "ana", "the first one stands"
    assert alarms.waiting(place.road) == []
    state = overview.overview(place.road)
    assert NAME in state.notices and state.seen == {NAME}
    (kept,) = alarms.history(place.road)
    assert (kept.by, kept.note, kept.at, kept.ended_at) == ("ana", "server move", place.clock(), None)


def test_an_alarm_that_comes_again_or_says_something_new_has_to_be_seen_again(place: Place) -> None:
    raise_one(place)
    alarms.acknowledge(place.road, NAME, by="ana")
    raise_one(place, "quieter still")
    assert [each.words for each in alarms.waiting(place.road)] == ["quieter still"]
    raise_one(place, "too quiet")
    assert alarms.waiting(place.road) == []
    raise_one(place, "")
    raise_one(place, "too quiet")
    assert [each.words for each in alarms.waiting(place.road)] == ["too quiet"]
    (kept,) = alarms.history(place.road)
    assert kept.ended_at == place.clock()


def test_an_alert_to_the_team_is_taken_and_repeated_no_more(place: Place) -> None:
    with place.road.store.transaction() as tx:
        for key in ("m1", "safeguarding:R", "quarantine:Q"):
            matches.raise_alert(tx, Alert(key, key, f"REF{key[0]}", AlertState.OPEN, place.clock()))
    (alarm,) = alarms.waiting(place.road)
    assert alarm.name == "alert:m1" and "REFm" in alarm.words, "what is for one role alone is not here"
    alarms.acknowledge(place.road, alarm.name, by="ana", note="called the police")
    with place.road.store.reading() as tx:
        taken = matches.alert(tx, "m1")
        assert acknowledgements.standing(tx) == {}
    assert (taken.state, taken.acknowledged_by) == (AlertState.ACKNOWLEDGED, "ana")
    assert alarms.waiting(place.road) == [] and alarms.history(place.road)[0].note == "called the police"


def test_an_unknown_alarm_and_an_endless_note_are_refused(place: Place) -> None:
    with pytest.raises(Missing, match="no alarm that stands"):
        alarms.acknowledge(place.road, "silence:nobody", by="ana")
    raise_one(place)
    with pytest.raises(UsageError, match="501 characters"):
        alarms.acknowledge(place.road, NAME, by="ana", note="x" * 501)


def test_each_span_that_is_missing_says_what_it_needs(place: Place) -> None:
    place.poll()
    with place.road.store.transaction() as tx:
        coverage.paint(tx, "timeline", "Calm", span(-9, -6), CoverState.LOST, "window passed")
        coverage.paint(tx, "timeline", "Calm", span(-6, -3), CoverState.GAP, "outage")
        coverage.paint(tx, "timeline", "Calm", span(-3, 0), CoverState.COMPLETE)
    place.clock.tick(hours=5)
    (calm,) = (tag for tag in looking.report(place.road).tags if tag.tag == "Calm")
    lost, gap, _, tail = calm.stretches
    assert lost.needs.startswith("nothing brings it back")
    assert gap.needs == (
        "run_bot.py backfill --source timeline --tag Calm "
        f"--since {at(-6):%Y-%m-%dT%H:%MZ} --until {at(-3):%Y-%m-%dT%H:%MZ}"
    )
    assert tail.needs == "read as soon as the source answers"
    assert calm.complete_until == START and calm.as_json()["new_posts_by_hour"]
    assert {STREAM, "Calm"} & {tag.tag for tag in looking.report(place.road).tags} == {"Calm"}


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))
