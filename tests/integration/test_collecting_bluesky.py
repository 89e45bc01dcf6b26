"""Collecting from a small Bluesky on loopback through the whole wiring: holes, mentions, accounts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.home import Home
from bot.pipeline import authors as authors_round
from bot.pipeline import collect, schedule, work
from bot.wiring import Built
from collectors.payload import to_micros
from store import coverage, hidden, posts, sources
from store import tables as t
from store.records.coverage import CoverState
from store.records.post import AuthorSign
from store.records.work import Stage
from tests.contract.collectors.bluesky_network import DID, HANDLE, OURS, PASSWORD
from tests.contract.collectors.bluesky_server import BlueskyV2
from tests.contract.collectors.harness import START
from tests.integration.ready import rows

CONFIG = """
campaign:
  hashtags: ["found"]
  sources:
    - {{name: sky, kind: bluesky, hosts: ["ws://127.0.0.1:{port}"], appview: "{net}", service: "{net}",
        plc: "{net}", flush_s: 0.05, timeout_s: 5}}
  schedule: {{jitter_s: 0}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  bluesky: {{handle: {handle}, did: "{did}"}}
"""


@pytest.fixture
def sky() -> Iterator[BlueskyV2]:
    harness = BlueskyV2()
    harness.start()
    yield harness
    harness.stop()


@pytest.fixture
def built(sky: BlueskyV2, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Built]:
    made = wired(sky, data, tmp_path, monkeypatch)
    yield made
    made.close()


def wired(sky: BlueskyV2, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    monkeypatch.setenv("HOMEWARD_BLUESKY_APP_PASSWORD", PASSWORD)
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG.format(port=sky.port, net=sky.network.url, handle=HANDLE, did=OURS))
    made = wiring.build(load(file), Home(data, False), clock=lambda: sky.now)
    wiring.put_in_force(made)
    return made


def follow(built: Built, sky: BlueskyV2) -> dict[str, Any]:
    """Read the stream up to what is there now."""
    active: dict[str, Any] = built.sources_of(built.config)
    stop = threading.Event()

    def until_now() -> None:
        for _ in range(400):
            with built.road.store.reading() as tx:
                cursor = sources.cursor(tx, "sky", "*")
            if cursor and int(cursor) >= to_micros(sky.now):
                break
            threading.Event().wait(0.02)
        stop.set()

    watcher = threading.Thread(target=until_now)
    watcher.start()
    collect.follow(built.road, active["sky"], stop)
    watcher.join()
    return active


def begin(built: Built) -> None:
    with built.road.store.transaction() as tx:
        sources.set_cursor(tx, "sky", "*", str(to_micros(START)), START)


def work_off(built: Built, active: dict[str, Any], *stages: Stage) -> None:
    with built.road.store.transaction() as tx:
        tx.execute(sa.update(t.jobs).values(not_before=built.road.clock()))
    assert work.work_off(built.road, work.arrows(lambda: active), stages) == 0


def standing(built: Built) -> set[str]:
    return {row.key for row in rows(built, sa.select(t.posts.c.key).where(t.posts.c.gone_at.is_(None)))}


def test_a_hole_that_the_stream_left_is_filled_by_search_by_itself(built: Built, sky: BlueskyV2) -> None:
    begin(built)
    published = set(sky.publish(2))
    follow(built, sky)
    sky.now += timedelta(hours=2)
    published |= set(sky.publish(130))
    sky.now += timedelta(hours=38)
    sky.floor_us = to_micros(sky.now)
    published |= set(sky.publish(1))
    active = follow(built, sky)
    with built.road.store.reading() as tx:
        assert [row.state for row in coverage.rows(tx, source="sky", tag="*")].count(CoverState.GAP) == 1
    assert len(standing(built)) < 10
    work_off(built, active, Stage.BACKFILL)
    assert standing(built) == published
    with built.road.store.reading() as tx:
        assert {row.state for row in coverage.rows(tx, source="sky", tag="*")} == {CoverState.COMPLETE}


def test_who_names_us_without_the_hashtag_is_read_and_drafted_a_receipt(built: Built, sky: BlueskyV2) -> None:
    text = "@homeward.example I saw a child"
    span = {"byteStart": 0, "byteEnd": 17}
    facet = {"index": span, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": OURS}]}
    sky.event("3kmention", record=sky.record(text) | {"facets": [facet]})
    (view,) = sky.views()
    told = {"uri": view["uri"], "reason": "mention", "indexedAt": view["indexedAt"]}
    sky.network.notifications.append(told)
    active: dict[str, Any] = built.sources_of(built.config)
    schedule.arm(built.road, active, at_start=True)
    schedule.tick(built.road, active)
    work_off(built, active, Stage.COLLECT, Stage.REPLY)
    drafted = {row.post_key for row in rows(built, sa.select(t.replies.c.post_key))}
    assert drafted == {f"bluesky:{view['uri']}"}


def test_an_author_learnt_later_decides_the_permit_anew(built: Built, sky: BlueskyV2) -> None:
    begin(built)
    sky.network.is_without_profiles = True
    (key,) = sky.publish(1)
    active = follow(built, sky)
    with built.road.store.reading() as tx:
        assert posts.get(tx, key).author.signs == {AuthorSign.NOT_YET_KNOWN}
        assert not posts.permit_of(tx, key).may_match
    assert authors_round.complete(built.road, active) == 0
    sky.network.is_without_profiles = False
    assert authors_round.complete(built.road, active) == 1
    with built.road.store.reading() as tx:
        assert posts.get(tx, key).author.handle == "demo.example"
        assert posts.permit_of(tx, key).may_match
    assert authors_round.complete(built.road, active) == 0


def test_an_author_who_turns_out_to_want_no_bots_is_forgotten(built: Built, sky: BlueskyV2) -> None:
    begin(built)
    sky.network.is_without_profiles = True
    (key,) = sky.publish(1)
    active = follow(built, sky)
    sky.network.is_without_profiles = False
    sky.network.profiles[DID]["description"] = "#nobot"
    authors_round.complete(built.road, active)
    with built.road.store.reading() as tx:
        assert posts.is_gone(tx, key) and posts.get(tx, key).text == ""


def test_posts_of_an_account_that_rests_are_hidden_and_come_back_with_it(
    built: Built, sky: BlueskyV2
) -> None:
    begin(built)
    published = set(sky.publish(2))
    sky.news("account", active=False, status="deactivated")
    follow(built, sky)
    assert standing(built) == set()
    with built.road.store.reading() as tx:
        assert hidden.count(tx) == 2 and {posts.get(tx, key).text for key in published} == {""}
    sky.news("identity", handle="renamed.example")
    sky.news("account", active=True)
    follow(built, sky)
    assert standing(built) == published
    with built.road.store.reading() as tx:
        assert hidden.count(tx) == 0 and "#found" in posts.get(tx, min(published)).text
    looks = rows(built, sa.select(t.jobs.c.key).where(t.jobs.c.stage == Stage.LOOK.value))
    assert published <= {row.key for row in looks}


def test_a_deleted_account_takes_all_its_posts_with_it_hidden_ones_too(built: Built, sky: BlueskyV2) -> None:
    begin(built)
    sky.publish(2)
    sky.news("account", active=False, status="suspended")
    follow(built, sky)
    sky.news("account", active=False, status="deleted")
    sky.news("account", active=True)
    follow(built, sky)
    assert standing(built) == set()
    with built.road.store.reading() as tx:
        assert hidden.count(tx) == 0


def test_posts_that_stay_hidden_are_forgotten_in_time(built: Built, sky: BlueskyV2) -> None:
    begin(built)
    sky.publish(1)
    sky.news("account", active=False, status="takendown")
    active = follow(built, sky)
    sky.now += timedelta(days=15)
    authors_round.complete(built.road, active)
    with built.road.store.reading() as tx:
        assert hidden.count(tx) == 0


def test_the_session_is_kept_sealed_and_used_again_after_a_restart(
    built: Built, sky: BlueskyV2, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.sources_of(built.config)["sky"].collector.mentions("")
    (row,) = rows(built, sa.select(t.sessions))
    assert row.account == f"bluesky:{HANDLE}" and b"refresh-1" not in row.sealed
    again = wired(sky, data, tmp_path, monkeypatch)
    again.sources_of(again.config)["sky"].collector.mentions("")
    assert sky.network.logins == 1
    again.close()
