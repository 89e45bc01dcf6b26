"""An X source in a whole installation, over the stand-in server: spending, coverage, compliance jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.config import load
from bot.daemon import Daemon
from bot.extract import sighting as extract
from bot.pipeline import batch, collect, sealing, work
from bot.wiring import Built
from store import campaign, coverage, posts, sightings, sources
from store import tables as t
from store.records.campaign import SourceHealth, SourceState
from store.records.work import Stage
from tests.servers.x import XServer

CONFIG = """
campaign:
  hashtags: ["found"]
  sources:
    - name: birds
      kind: x
      base_url: {url}
      page_size: 10
      day_burst: 31
      {more}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
"""
Change = Callable[[str], None]


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as running:
        yield running


class World:
    """An installation that reads the server; nothing runs by itself."""

    def __init__(self, server: XServer, file: Path, build: Callable[..., Built]) -> None:
        self.server, self.file = server, file
        self.write("spend_ceiling_usd: 1000")
        self.built = build(load(file), clock=server.now)
        self.road = self.built.road
        self.daemon = Daemon(self.road, self.built.home, self.built.config, self.built.sources_of)

    def write(self, more: str) -> None:
        self.file.write_text(CONFIG.format(url=self.server.base_url, more=more))

    def begin(self, more: str = "spend_ceiling_usd: 1000") -> None:
        self.write(more)
        self.daemon.switch(load(self.file), at_start=True)

    def do(self, *stages: Stage) -> int:
        ways = work.arrows(lambda: self.daemon.active)
        return work.work_off(self.road, ways, stages or (Stage.COLLECT, Stage.RECHECK))

    def poll(self) -> None:
        with self.road.store.transaction() as tx:
            collect.enqueue_poll(self.road, tx, "birds", "found")
        assert self.do(Stage.COLLECT) == 0

    def health(self) -> SourceHealth:
        with self.road.store.reading() as tx:
            found = sources.health(tx, "birds")
        assert found is not None
        return found

    def stored(self) -> set[str]:
        with self.road.store.reading() as tx:
            query = sa.select(t.posts.c.native_id).where(t.posts.c.gone_at.is_(None))
            return set(tx.execute(query).scalars())

    def notices(self) -> dict[str, str]:
        with self.road.store.reading() as tx:
            return campaign.notices(tx)


@pytest.fixture
def world(
    server: XServer, tmp_path: Path, build: Callable[..., Built], monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("HOMEWARD_X_BEARER", server.app_token)
    return World(server, tmp_path / "x.yaml", build)


def publish(server: XServer, count: int, **values: Any) -> list[str]:
    made = []
    for number in range(count):
        server.skip_time(1)
        made.append(server.add_post(f"seen #found {number}", **values))
    server.skip_time(31)
    return made


def test_a_raised_spending_ceiling_starts_the_source_again_without_waiting(world: World) -> None:
    made = publish(world.server, 120)
    world.begin("spend_ceiling_usd: 1")
    world.poll()
    waiting = world.health()
    assert waiting.state is SourceState.BACKING_OFF and "spend_ceiling_usd" in waiting.detail
    assert waiting.next_try_at and waiting.next_try_at > world.server.now() + timedelta(hours=1)
    before = world.stored()
    assert 0 < len(before) < len(made)
    world.daemon.reload()
    assert world.health().next_try_at == waiting.next_try_at
    world.write("spend_ceiling_usd: 1000")
    world.daemon.reload()
    assert world.health().next_try_at is None and world.health().failures == 0
    world.do()
    assert world.stored() == set(made) and world.health().state is SourceState.OK


def test_a_limit_that_x_itself_set_stands_when_nothing_was_changed(world: World) -> None:
    world.begin()
    world.server.add_fault(path="/2/tweets/search", status=429, headers={"Retry-After": "500"})
    world.poll()
    until = world.health().next_try_at
    world.daemon.switch(load(world.file), at_start=True)
    assert until and world.health().next_try_at == until


def test_the_ledger_says_how_far_a_hashtag_is_complete(world: World) -> None:
    world.begin()
    publish(world.server, 25)
    world.poll()
    first = world.server.now()
    world.server.skip_time(600)
    publish(world.server, 5)
    world.poll()
    last = world.server.now()
    with world.road.store.reading() as tx:
        rows = coverage.rows(tx, source="birds", tag="found")
        until = sources.read_until(tx, "birds", "found")
    settled = timedelta(seconds=30)
    assert until is not None and abs(until - (last - settled)) < timedelta(seconds=2)
    (row,) = rows
    assert row.state.value == "complete" and row.span.end == until
    assert abs(row.span.start - (first - settled)) < timedelta(seconds=2)


def test_a_compliance_job_reaches_every_stored_post(world: World) -> None:
    place = world.server.add_place("Pier", "DE", [9.9, 53.5, 10.1, 53.6])
    kept, gone, edited = publish(world.server, 3, place_id=place)
    hidden = publish(world.server, 1, author="shy")[0]
    later = world.server.edit(edited, "edited #found")
    world.server.skip_time(31)
    world.begin("compliance: true")
    world.poll()
    assert world.stored() == {kept, gone, later, hidden}
    assert batch.ask(world.road, world.daemon.active) == 1
    world.server.delete(gone)
    world.server.protect("shy")
    for _ in range(6):
        world.do(Stage.RECHECK)
        world.server.skip_time(61)
    assert world.stored() == {kept, later}
    with world.road.store.reading() as tx:
        stones = {row.post_key: row.why for row in tx.execute(sa.select(t.tombstones))}
    assert stones == {f"x:{gone}": "deleted, says X", f"x:{hidden}": "protected, says X"}
    assert batch.ask(world.road, world.daemon.active) == 0
    world.server.delete(kept)
    world.server.skip_time(12 * 3600)
    assert batch.ask(world.road, world.daemon.active) == 1
    for _ in range(6):
        world.do(Stage.RECHECK)
        world.server.skip_time(61)
    assert world.stored() == {later}


def test_a_plan_without_compliance_jobs_is_said_and_stops_nothing(world: World) -> None:
    made = publish(world.server, 2)
    world.begin("compliance: true")
    problem = '{"type":"https://api.twitter.com/2/problems/client-forbidden","title":"Client Forbidden"}'
    world.server.add_fault(path="/2/compliance/jobs", status=403, body=problem)
    world.poll()
    batch.ask(world.road, world.daemon.active)
    assert world.do() == 0 and world.stored() == set(made)
    assert "compliance: false" in world.notices()["batch:birds"]
    assert batch.ask(world.road, world.daemon.active) == 0
    world.server.skip_time(12 * 3600 + 1)
    batch.ask(world.road, world.daemon.active)
    world.do(Stage.RECHECK)
    assert not world.notices().get("batch:birds")


def test_a_place_that_its_author_took_back_leaves_the_stored_post(world: World) -> None:
    place = world.server.add_place("Pier", "DE", [9.9, 53.5, 10.1, 53.6])
    ident = publish(world.server, 1, place_id=place, coordinates=[10.0, 53.55])[0]
    world.begin()
    world.poll()
    world.server.world.posts[ident].place_id = None
    world.server.world.posts[ident].coordinates = None
    (now,) = world.daemon.active["birds"].collector.lookup([ident])
    with world.road.store.transaction() as tx:
        held = sealing.whole(world.road, tx, posts.get(tx, f"x:{ident}"))
        assert held.geotag and "geo" in str(held.raw)
        assert posts.withdraw_place(tx, now) and not posts.withdraw_place(tx, now)  # type: ignore[arg-type]
        held = sealing.whole(world.road, tx, posts.get(tx, f"x:{ident}"))
    assert held.geotag is None and held.place_tag is None and "53.5" not in str(held.raw)


def test_the_place_of_an_x_post_stays_with_its_post(world: World) -> None:
    place = world.server.add_place("Chengdu", "CN", [103.9, 30.5, 104.2, 30.8])
    publish(world.server, 1, place_id=place, coordinates=[104.06, 30.66])
    world.begin()
    world.poll()
    with world.road.store.reading() as tx:
        (key,) = tx.execute(sa.select(t.posts.c.key)).scalars()
        post = sealing.whole(world.road, tx, posts.get(tx, key))
    assert post.geotag and post.place_tag
    assert world.do(Stage.LOOK, Stage.PLACE, Stage.MATCH) == 0
    with world.road.store.reading() as tx:
        sighting = sightings.get(tx, key)
    assert sighting is not None and sighting.where.candidates == ()
    assert "104.0" not in repr(sighting) and "Chengdu" not in repr(sighting)
    told = extract.read(post, (), world.road.gazetteer())
    assert told.where.candidates  # on a platform that lets it, the tag is read
