"""The tag bench on a real store: previews equal a replay, gates and floods hold, drafts go live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.pipeline import floods as flooding
from bot.pipeline import tag_counting, tag_gate, tag_watch
from bot.pipeline.road import Road
from bot.services import bench_drafts, bench_floods, bench_numbers, bench_preview, bench_suggestions
from bot.services.bench_query import Selection
from collectors.hashtags import wanted
from store import campaign, floods, jobs, tag_drafts
from store.errors import Conflict, UsageError
from store.records.post import Author, Post
from store.records.work import Stage
from tests import stores, tag_world
from tests.stores import START, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def road(tmp_path: Path, clock: Clock) -> Iterator[Road]:
    store = stores.sqlite_store(tmp_path, clock)
    yield tag_world.road_on(store, clock)
    store.close()


NOW = Selection(("Home", "宝贝回家"))
THEN = [
    Selection(("Home", "寶貝回家"), none=("prize",)),
    Selection(("宝贝回家",), all=("Street",), langs=("zh",)),
    Selection(("Home", "宝贝回家"), not_authors=("@author1@a.example", "id2", "author3@A.example")),
    Selection(("Home",), phrases=("Old Station 3",), not_authors=("id5",)),
    Selection(("never seen",)),
]


def _by_hour(stream: list[Post], selection: Selection) -> Counter[Any]:
    """The stream again, post by post, as a collector hands it on."""
    hours = (
        post.written_at.replace(minute=0, second=0, microsecond=0)
        for post in stream
        if wanted(selection.query, post)
    )
    return Counter(hours)


def test_a_preview_equals_what_comes_in_when_the_stream_is_replayed(road: Road) -> None:
    stream = tag_world.fill(road.store, number=60, seed=5)
    tag_world.collect(road.store, *NOW.hashtags)
    tag_counting.count(road)
    before = _by_hour(stream, NOW)
    for then in THEN:
        found, after = bench_preview.preview(road, NOW, then), _by_hour(stream, then)
        both = [p for p in stream if wanted(NOW.query, p) and wanted(then.query, p)]
        assert found.before.hours == dict(before), then
        assert found.after.hours == dict(after), then
        assert found.gained.posts == after.total() - len(both)
        assert found.lost.posts == before.total() - len(both)
        gained = {p.key for p in stream if wanted(then.query, p) and not wanted(NOW.query, p)}
        assert {row.key for row in found.gained.sample} == gained or len(gained) > 50
        for line in found.lines:
            parts = set(line.word.split(", "))
            without = replace(
                then, **{line.what: tuple(w for w in getattr(then, line.what) if w not in parts)}
            )
            assert line.posts == _by_hour(stream, without).total() - after.total(), line


def test_a_tag_that_was_never_asked_for_is_said_to_be_seen_only_in_part(road: Road) -> None:
    tag_world.collect(road.store, "Home")
    found = bench_preview.preview(road, Selection(("Home",)), Selection(("Home", "New")))
    assert found.unseen == ("New",)


@pytest.mark.servers
def test_a_tag_that_is_hardly_ever_first_hand_feeds_no_faces_until_a_person_opens_it(road: Road) -> None:
    tag_world.collect(road.store, "Noisy", "Good")
    with road.store.transaction() as tx:
        for number in range(200):
            one = tag_world.post(number, ["Noisy"], author=number, media=(tag_world.makers.media(),))
            tag_world.put(tx, one)
            tag_world.sightings.put(tx, tag_world.claim(one.key, own=number < 9))
    tag_counting.round_of(road)
    noisy, mixed = tag_world.post(900, ["NOISY"]), tag_world.post(901, ["Noisy", "Good"])
    with road.store.reading() as tx:
        assert tag_gate.is_shut(tx, noisy)
        assert not tag_gate.is_shut(tx, mixed)
        assert not tag_gate.is_shut(tx, tag_world.post(902, ["Other"]))
    with pytest.raises(UsageError, match="say why"):
        tag_gate.hold_open(road, "Noisy", by="ana", why=" ")
    gate = tag_gate.hold_open(road, "#Noisy", by="ana", why="an appeal ran yesterday")
    tag_counting.round_of(road)
    with road.store.reading() as tx:
        assert not tag_gate.is_shut(tx, noisy)
        assert jobs.waiting(tx)[Stage.LOOK.value] == 200, "what was passed over is looked at now"
    assert (gate.by, gate.why) == ("ana", "an appeal ran yesterday")
    assert tag_gate.let_go(road, "Noisy", by="bea", why="it is over").closed


def _arrive(road: Road, post: Post) -> int:
    """A new post as the first arrow puts it into the queue; gives its priority."""
    with road.store.transaction() as tx:
        first = 10 if post.media and not post.repost_of else 0
        priority = first - flooding.step_back(road, tx, post)
        road.engine.enqueue(tx, Stage.LOOK, post.key, priority=priority)
    return priority


@pytest.mark.soak
def test_a_hundred_thousand_posts_of_one_text_do_not_hold_up_the_others(road: Road, clock: Clock) -> None:
    text, media = "Win a prize now, click here and share it with all", (tag_world.makers.media(),)
    with road.store.transaction() as tx:
        for number in range(100_000):
            flood = tag_world.post(number, ["Home"], author=number, text=text, media=media)
            back = flooding.step_back(road, tx, flood)
            road.engine.enqueue(tx, Stage.LOOK, flood.key, priority=10 - back)
    clock.tick(minutes=1)
    others = [
        tag_world.post(
            200_000 + n, ["Home"], author=200_000 + n, text=f"Seen {n} at the gate of the market", media=m
        )
        for n, m in ((1, media), (2, ()), (3, media))
    ]
    for other in others:
        _arrive(road, other)
    first = [job.key for job in road.engine.claim([Stage.LOOK], clock(), most=170)]
    assert {other.key for other in others} <= set(first)


def test_the_fiftieth_post_of_one_author_waits_behind_everybody(road: Road, clock: Clock) -> None:
    loud = [
        _arrive(road, tag_world.post(n, ["Home"], author=1, text=f"number {n} of many, all by me"))
        for n in range(50)
    ]
    other = tag_world.post(999, ["Home"], author=2)
    assert loud[0] == _arrive(road, other) == 0
    assert loud[-1] == -8
    clock.tick(minutes=1)
    keys = [job.key for job in road.engine.claim([Stage.LOOK], clock(), most=10)]
    assert other.key in keys


def test_one_text_from_many_new_accounts_is_noticed_and_an_old_round_is_not(road: Road) -> None:
    with road.store.transaction() as tx:
        for number in range(30):
            tag_world.put(
                tx, tag_world.post(number, ["Home"], author=number, text="Please share this prize with all")
            )
            tag_world.put(
                tx, tag_world.post(100 + number, [], author=500 + number, hours=90, text=f"old {number}")
            )
            again = tag_world.post(
                200 + number, [], author=500 + number, text="We meet on Sunday at the old gate"
            )
            tag_world.put(tx, again)
    tag_counting.round_of(road)
    found = bench_floods.watch(road).floods
    assert [(each.kind, each.authors, each.new_authors) for each in found] == [(floods.WORDS, 30, 30)]
    with road.store.reading() as tx:
        assert "1 texts or pictures" in campaign.notices(tx)[tag_watch.NOTICE]


def test_a_blocked_author_is_stored_and_looked_at_once_the_block_is_over(road: Road, clock: Clock) -> None:
    one = tag_world.post(1, ["Home"], author=1)
    with road.store.transaction() as tx:
        tag_world.put(tx, one)
    with pytest.raises(UsageError, match="why"):
        bench_floods.block(road, one.key, days=7, by="ana", why="")
    clock.tick(minutes=1)
    bench_floods.block(road, one.key, days=7, by="ana", why="prize posts")
    later = tag_world.post(2, ["Home"], author=1, received_at=clock.tick(hours=1))
    with road.store.transaction() as tx:
        assert flooding.is_blocked(road, tx, later)
        assert not flooding.is_blocked(road, tx, tag_world.post(3, [], author=2))
        assert not flooding.is_blocked(road, tx, replace(later, author=Author("", "author1@a.example")))
        tag_world.put(tx, later)
    clock.tick(days=8)
    flooding.lapse(road)
    with road.store.reading() as tx:
        assert not flooding.is_blocked(road, tx, later)
        assert jobs.waiting(tx) == {Stage.LOOK.value: 1}


def test_a_suggestion_becomes_a_draft_and_nothing_more(road: Road) -> None:
    tag_world.collect(road.store, "宝贝回家")
    with road.store.transaction() as tx:
        for number in range(5):
            tag_world.put(tx, tag_world.post(number, ["宝贝回家", "寶貝回家"], author=number))
    tag_counting.round_of(road)
    assert [(each.kind.value, each.tag) for each in bench_suggestions.suggestions(road)] == [
        ("variant", "寶貝回家")
    ]
    made = bench_suggestions.accept(road, "variant", "寶貝回家", by="ana")
    assert made.content == {"hashtags": ["宝贝回家", "寶貝回家"]}
    assert made.state == tag_drafts.OPEN
    assert bench_drafts.in_force(road).hashtags == ("宝贝回家",)


FILE = """campaign:
  name: Tests
  hashtags: ["Home"]   # ours
"""


def test_a_draft_goes_live_with_a_reason_and_an_earlier_version_comes_back(
    road: Road, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FILE)
    tag_world.collect(road.store, "Home")
    made = bench_drafts.make(road, Selection(("Home", "New"), none=("prize",)), by="ana", why="try")
    with pytest.raises(UsageError, match="reason"):
        bench_drafts.go_live(road, file, made.number, by="ana", why=" ")
    assert file.read_text() == FILE
    version = bench_drafts.go_live(road, file, made.number, by="ana", why="as agreed")
    assert (version.number, version.author, version.reason) == (2, "ana", "as agreed")
    assert "# ours" in file.read_text()
    with pytest.raises(Conflict, match="live already"):
        bench_drafts.go_live(road, file, made.number, by="ana", why="again")
    back = bench_drafts.of_version(road, 1, by="bea")
    bench_drafts.go_live(road, file, back.number, by="bea", why="it was hijacked")
    assert bench_drafts.in_force(road) == Selection(("Home",))
    assert "prize" not in file.read_text()


def test_a_draft_of_an_older_version_or_beside_a_changed_file_waits(road: Road, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FILE)
    tag_world.collect(road.store, "Home")
    one, two = (bench_drafts.make(road, Selection(("Home", tag)), by="ana", why="") for tag in ("A", "B"))
    file.write_text(FILE.replace('"Home"', '"Home", "Mine"'))
    with pytest.raises(Conflict, match="changed by hand"):
        bench_drafts.go_live(road, file, one.number, by="ana", why="now")
    file.write_text(FILE)
    bench_drafts.go_live(road, file, one.number, by="ana", why="now")
    with pytest.raises(Conflict, match="another counts by now"):
        bench_drafts.go_live(road, file, two.number, by="ana", why="now")


def test_a_refused_word_makes_no_draft(road: Road) -> None:
    tag_world.collect(road.store, "Home")
    with pytest.raises(UsageError, match="poverty"):
        bench_drafts.make(road, Selection(("Home", "乞讨儿童")), by="ana", why="")


def test_the_table_shows_each_collected_tag_with_its_intervals(road: Road) -> None:
    tag_world.collect(road.store, "Home", "Unused")
    stream = tag_world.fill(road.store, number=20)
    tag_counting.count(road)
    bench = bench_numbers.bench(road)
    home = next(line for line in bench.lines if (line.row.tag, line.row.source) == ("home", ""))
    assert home.row.posts == sum("Home" in post.hashtags for post in stream)
    assert home.photo.low <= (home.photo.share or 0) <= home.photo.high
    assert not home.photo.is_sure
    assert next(line for line in bench.lines if line.row.tag == "unused").row.posts == 0
    assert "prize" in [line.row.tag for line in bench.others]
    with pytest.raises(UsageError, match="period"):
        bench_numbers.bench(road, period="year")
    week = bench_numbers.series(
        road, "home", grain=bench_numbers.Grain.WEEK, days=60, until=START + timedelta(days=1)
    )
    assert sum(row.posts for row in week) == home.row.posts
