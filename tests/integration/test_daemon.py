"""The running daemon, with real threads, on a Mastodon server of our own: collecting, reloading, draining."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.daemon import Daemon, restart_blocks
from bot.home import Home
from bot.pipeline.collect import Source
from bot.services import campaign, importing, overview
from bot.wiring import Built
from collectors.base import NotSupported, SourceSpec
from store import posts
from store import tables as t
from store.db import utc_now
from store.errors import Unreachable
from store.records.campaign import SourceState
from store.records.page import Page, TagQuery
from store.records.photo import PhotoState
from store.records.post import Platform
from tests import makers
from tests.integration import ready
from tests.integration.conftest import SAMPLE
from tests.integration.ready import count, rows
from tests.servers.mastodon import MockMastodon

# The settings allow five seconds at least; a test does not want to wait so long.
POLL_EVERY = timedelta(seconds=0.3)

CONFIG = """
campaign:
  hashtags: {tags}
  sources: {sources}
{more}
{contact}
{legal}
limits: {{drain_s: 10, inbox_poll_s: 0.3}}
"""
LEGAL = "legal: {responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}"


def source(name: str, address: str) -> dict[str, Any]:
    return {"name": name, "kind": "mastodon", "enabled": True, "base_url": address}


def within(is_so: Callable[[], Any], seconds: float = 12.0) -> bool:
    """Whether it becomes so in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return bool(is_so())


def quickened(sources_of: Callable[[Any], dict[str, Source]]) -> Callable[[Any], dict[str, Source]]:
    def make(config: Any) -> dict[str, Source]:
        changes: dict[str, Any] = {"poll_every": POLL_EVERY, "backoff_first": POLL_EVERY}
        changes |= {"pace": None} if "pace" in Source.__dataclass_fields__ else {}
        return {name: replace(one, **changes) for name, one in sources_of(config).items()}

    return make


@dataclass
class Running:
    """A daemon on a config file that a test may edit."""

    built: Built
    daemon: Daemon
    file: Path

    def texts(self) -> list[str]:
        return [row.text for row in rows(self.built, sa.select(t.posts.c.text))]

    def has(self, words: str) -> bool:
        return any(words in text for text in self.texts())

    def health(self, name: str) -> Any:
        return next((s for s in overview.overview(self.built.road).sources if s.source == name), None)


def write(file: Path, **given: Any) -> None:
    """Replace the config file in one go, as careful editors do."""
    values = {
        "tags": ["HomewardTest"], "sources": [], "contact": "contact: {address: tests@homeward.example}",
        "legal": LEGAL, "more": "",
    } | given  # fmt: skip
    draft = file.with_suffix(".new")
    draft.write_text(CONFIG.format(**values))
    draft.replace(file)


@pytest.fixture
def start(tmp_path: Path, data: Path) -> Iterator[Callable[..., Running]]:
    """Starts daemons and drains them afterwards."""
    made: list[Running] = []

    def begin(*, allow: frozenset[str] = frozenset(), **given: Any) -> Running:
        file = tmp_path / "conf" / "config.yaml"
        file.parent.mkdir(exist_ok=True)
        write(file, **given)
        config = load(file, env={})
        built = ready.quick(wiring.build(config, Home(data, False), allow=allow))
        wiring.put_in_force(built)
        daemon = Daemon(built.road, built.home, config, quickened(built.sources_of))
        made.append(Running(built, daemon, file))
        daemon.start()
        return made[-1]

    yield begin
    for running in made:
        running.daemon.drain()
        running.built.close()


@pytest.fixture(scope="module")
def server() -> Iterator[MockMastodon]:
    with MockMastodon() as made:
        yield made


def test_a_post_written_on_the_server_is_stored_within_seconds(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    server.post("before the start #HomewardTest")
    running = start(sources=[source("home", server.base_url)])
    assert within(lambda: running.has("before the start"))
    server.post("after the start #HomewardTest")
    server.post("of no interest #SomethingElse")
    assert within(lambda: running.has("after the start"))
    health = running.health("home")
    assert (health.state, health.failures) == (SourceState.OK, 0)
    assert not running.has("of no interest")
    seen = overview.overview(running.built.road)
    assert seen.is_ready and overview.behind_s(health, utc_now()) < 5
    assert seen.as_json()["sources"][0]["behind_s"] < 5


def test_a_hashtag_added_to_the_file_takes_effect_and_makes_a_version(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    server.post("under the new tag #AddedLater")
    running = start(sources=[source("home", server.base_url)])
    assert within(lambda: running.health("home").state is SourceState.OK)
    (first,) = campaign.versions(running.built.road)
    before = dict(running.daemon.active)
    write(running.file, tags=["HomewardTest", "AddedLater"], sources=[source("home", server.base_url)])
    assert within(lambda: running.has("under the new tag"))
    second, one = campaign.versions(running.built.road)
    assert (second.number, one) == (2, first)
    assert second.content["hashtags"] == ["HomewardTest", "AddedLater"]
    assert first.content["hashtags"] == ["HomewardTest"]
    assert second.author and second.reason == "the file was changed" and second.at > first.at
    assert running.daemon.active["home"].collector is before["home"].collector, "the source goes on as it is"


def test_the_same_block_written_again_is_no_version(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    running = start(sources=[source("home", server.base_url)])
    running.daemon.reload()
    running.file.write_text(running.file.read_text() + "\n# a remark\n")
    running.daemon.reload()
    assert [version.number for version in campaign.versions(running.built.road)] == [1]


def test_an_invalid_edit_is_refused_with_its_line_and_the_old_stays_in_force(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    running = start(sources=[source("home", server.base_url)])
    assert within(lambda: running.health("home").state is SourceState.OK)
    write(
        running.file, tags=["HomewardTest"], sources=[source("home", server.base_url)], more="  hastags: [x]"
    )
    notices: dict[str, str] = {}

    def refused() -> bool:
        notices.update(overview.overview(running.built.road).notices)
        return campaign.REFUSED in notices

    assert within(refused)
    line = running.file.read_text().splitlines().index("  hastags: [x]") + 1
    words = notices[campaign.REFUSED]
    assert f"config.yaml:{line}" in words and "hashtags" in words and "stays in force" in words
    assert [version.number for version in campaign.versions(running.built.road)] == [1]
    server.post("still collected #HomewardTest")
    assert within(lambda: running.has("still collected"))
    write(running.file, tags=["HomewardTest", "Mended"], sources=[source("home", server.base_url)])
    assert within(lambda: campaign.REFUSED not in overview.overview(running.built.road).notices)
    assert campaign.versions(running.built.road)[0].number == 2


def test_an_edit_that_only_the_source_itself_refuses_is_refused_too(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    running = start(sources=[source("home", server.base_url)])
    assert within(lambda: running.health("home").state is SourceState.OK)
    write(running.file, sources=[source("home", server.base_url), source("far", "http://far.example")])
    running.daemon.reload()
    assert [version.number for version in campaign.versions(running.built.road)] == [1]
    assert "http" in overview.overview(running.built.road).notices[campaign.REFUSED]
    server.post("goes on after it #HomewardTest")
    assert within(lambda: running.has("goes on after it"))


def test_a_file_that_vanished_or_is_half_written_changes_nothing(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    running = start(sources=[source("home", server.base_url)])
    running.file.write_text("campaign: {hashtags: [")
    running.daemon.reload()
    running.file.unlink()
    running.daemon.reload()
    assert campaign.REFUSED in overview.overview(running.built.road).notices
    assert list(running.daemon.active) == ["home"]
    write(running.file, sources=[source("home", server.base_url)])
    running.daemon.reload()
    assert campaign.REFUSED not in overview.overview(running.built.road).notices


@pytest.mark.servers
def test_a_removed_source_stops_and_comes_back_when_it_is_entered_again(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    running = start(sources=[source("home", server.base_url)])
    assert within(lambda: running.health("home").state is SourceState.OK)
    write(running.file, sources=[])
    assert within(lambda: not running.daemon.active)
    assert within(lambda: running.health("home").state is SourceState.OFF)
    server.post("while it was away #HomewardTest")
    assert not within(lambda: running.has("while it was away"), 2)
    write(running.file, sources=[source("home", server.base_url)])
    assert within(lambda: running.has("while it was away")), "read from where it had stopped"
    assert within(lambda: running.health("home").state is SourceState.OK)


def test_sources_come_back_after_contact_was_taken_out_and_put_in_again(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    here = [source("home", server.base_url)]
    running = start(sources=here)
    assert within(lambda: running.health("home").state is SourceState.OK)
    write(running.file, sources=here, contact="")
    running.daemon.reload()
    assert running.daemon.active == {}
    write(running.file, sources=here)
    running.daemon.reload()
    server.post("with a contact again #HomewardTest")
    assert within(lambda: running.has("with a contact again"))


@pytest.mark.servers
def test_a_failing_source_backs_off_alone_and_says_how_far_it_is_behind(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    with MockMastodon() as other:
        running = start(sources=[source("home", server.base_url), source("other", other.base_url)])
        assert within(lambda: all(running.health(n).state is SourceState.OK for n in ("home", "other")))
    assert within(lambda: running.health("other").failures >= 2, 20)
    server.post("the other one goes on #HomewardTest")
    assert within(lambda: running.has("the other one goes on"))
    failing, fine = running.health("other"), running.health("home")
    assert (failing.state, fine.state) == (SourceState.BACKING_OFF, SourceState.OK)
    assert failing.next_try_at is not None and failing.detail
    seen = overview.overview(running.built.road)
    assert not seen.is_ready
    said = {each["source"]: each for each in seen.as_json()["sources"]}
    assert said["other"]["behind_s"] > said["home"]["behind_s"]
    assert said["other"]["detail"] and said["other"]["failures"] >= 2 and said["home"]["failures"] == 0
    write(running.file, sources=[source("home", server.base_url)])
    assert within(lambda: overview.overview(running.built.road).is_ready), "what is off holds nothing up"


@pytest.mark.parametrize(
    "more",
    ["  starts_at: 2099-01-01T00:00:00Z", "  ends_at: 2020-01-01T00:00:00Z"],
    ids=["not begun", "over"],
)
def test_outside_its_time_a_campaign_collects_nothing(
    start: Callable[..., Running], server: MockMastodon, more: str
) -> None:
    server.post("out of time #OutOfTime")
    running = start(tags=["OutOfTime"], sources=[source("home", server.base_url)], more=more)
    assert not within(running.texts, 1.5)
    write(running.file, tags=["OutOfTime"], sources=[source("home", server.base_url)])
    assert within(running.texts), "or this test proves nothing"


@pytest.mark.parametrize("lacking", [{"tags": []}, {"contact": ""}], ids=["hashtags", "contact"])
def test_without_hashtags_or_contact_no_source_is_built(
    start: Callable[..., Running], server: MockMastodon, lacking: dict[str, Any]
) -> None:
    running = start(**({"sources": [source("home", server.base_url)]} | lacking))
    assert running.daemon.active == {} and overview.overview(running.built.road).sources == ()


def test_without_the_legal_block_sources_collect_all_the_same(
    start: Callable[..., Running], server: MockMastodon
) -> None:
    server.post("no legal block #HomewardTest")
    running = start(sources=[source("home", server.base_url)], legal="")
    assert within(lambda: running.has("no legal block"))
    assert count(running.built, t.faces) == 0


def test_blocks_that_need_a_restart_are_named(start: Callable[..., Running], server: MockMastodon) -> None:
    running = start(sources=[source("home", server.base_url)])
    write(running.file, sources=[source("home", server.base_url)], legal="")
    running.daemon.reload()
    assert "legal:" in overview.overview(running.built.road).notices[campaign.RESTART]
    assert running.daemon.config.legal is not None, "it stays in force until then"
    write(running.file, sources=[source("home", server.base_url)])
    running.daemon.reload()
    assert campaign.RESTART not in overview.overview(running.built.road).notices
    assert restart_blocks(running.daemon.config, running.daemon.config) == []


# ── photos ───────────────────────────────────────────────────────────────────────────────────────


def with_photo(server: MockMastodon, words: str) -> None:
    server.post(words, **{"media_ids[]": server.upload(ready.PORTRAIT)})


@pytest.mark.parametrize("allowed", [True, False])
def test_photos_on_loopback_are_fetched_only_where_a_test_allows_it(
    start: Callable[..., Running], server: MockMastodon, allowed: bool
) -> None:
    with_photo(server, f"with a photo #WithPhoto{allowed}")
    host = server.base_url.removeprefix("http://")
    running = start(
        allow=frozenset({host}) if allowed else frozenset(),
        tags=[f"WithPhoto{allowed}"],
        sources=[source("home", server.base_url)],
    )
    wanted = PhotoState.KEPT if allowed else PhotoState.REFUSED

    def state() -> Any:
        found = rows(running.built, sa.select(t.media.c.state, t.media.c.why, t.media.c.photo))
        return found[0] if found else None

    assert within(lambda: state() is not None and state().state != PhotoState.WANTED.value, 20)
    assert state().state == wanted.value
    if allowed:
        assert within(lambda: count(running.built, t.faces) > 0)
    else:
        assert state().photo is None and "port" in state().why
        assert count(running.built, t.photos) == 0


# ── inbox, drain ─────────────────────────────────────────────────────────────────────────────────


def test_what_is_put_into_the_inbox_is_imported_and_one_bad_entry_holds_nothing_up(
    start: Callable[..., Running],
) -> None:
    running = start()
    inbox = running.built.home.inbox
    (inbox / "a-link-to-nowhere.json").symlink_to(inbox / "nowhere")
    (inbox / "b-broken.json").write_text("{")
    shutil.copytree(SAMPLE / "posts", inbox / "c-posts")
    assert within(lambda: (inbox / "done" / "c-posts").exists(), 20)
    assert count(running.built, t.posts) == 6
    assert within(lambda: (inbox / "done" / "b-broken.json").exists())
    assert (inbox / "a-link-to-nowhere.json").is_symlink(), "it stays where it is"
    assert count(running.built, t.set_aside) == 1
    assert within(lambda: not overview.overview(running.built.road).jobs, 20), "and worked off"


@pytest.mark.servers
def test_a_drain_ends_in_time_and_loses_nothing(start: Callable[..., Running], server: MockMastodon) -> None:
    for number in range(25):
        server.post(f"number {number} #Drained")
    running = start(tags=["Drained"], sources=[source("home", server.base_url)])
    assert within(running.texts)
    begun = time.monotonic()
    running.daemon.drain()
    took = time.monotonic() - begun
    assert took < running.daemon.config.limits.drain_s
    stored = len(running.texts())
    time.sleep(0.7)
    assert len(running.texts()) == stored, "nothing goes on after it"
    again = start(tags=["Drained"], sources=[source("home", server.base_url)])
    assert within(lambda: sum("number" in text for text in again.texts()) == 25)
    again.built.road.engine.free_all()
    assert within(lambda: not overview.overview(again.built.road).jobs, 30)
    assert overview.overview(again.built.road).dead_jobs == ()
    assert count(again.built, t.sightings) == 25


@pytest.mark.servers
def test_a_drain_in_the_middle_of_an_import_ends_after_the_page_and_goes_on_later(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    running = start()
    pages: list[int] = []
    halted = threading.Event()
    file = tmp_path / "many.json"
    statuses = [ready.mastodon_status(n) for n in range(600)]
    file.write_text(json.dumps(statuses))

    def stop(_name: str, stored: int) -> None:
        pages.append(stored)
        halted.set()

    road = running.built.road
    report = importing.import_paths(road, [file], by="test", progress=stop, halted=halted.is_set)
    assert 0 < report.stored < 600, "it ended after a page"
    whole = importing.import_paths(road, [file], by="test")
    assert whole.stored == 600 and whole.new == 600 - report.stored


# ── streams ──────────────────────────────────────────────────────────────────────────────────────


class Brook:
    """A stream that brings a post whenever it is asked, and falls over when it is told to."""

    spec = SourceSpec(kind="brook", platform=Platform.MASTODON, streams=True, polls=False)

    def __init__(self, name: str) -> None:
        self.name = name
        self.failing: Exception | None = None
        self.brought = 0
        self.asked: list[tuple[str, ...]] = []
        self.closed = False

    def follow(self, queries: Any, cursor: str, stop: threading.Event) -> Iterator[Page]:
        self.asked.append(tuple(tag for query in queries for tag in query.any))
        while not stop.is_set():
            if self.failing is not None:
                raise self.failing
            self.brought += 1
            post = makers.post(self.brought, received_at=utc_now(), created_at=utc_now())
            yield Page(posts=(post,), cursor=str(self.brought))
            stop.wait(0.05)

    def mentions(self, cursor: str) -> Page:
        raise NotSupported("a brook knows no mentions")

    def close(self) -> None:
        self.closed = True


@contextmanager
def streaming(tmp_path: Path, data: Path, *brooks: Brook, more: str = "") -> Iterator[Running]:
    file = tmp_path / "config.yaml"
    write(file, more=more)
    config = load(file, env={})
    built = ready.quick(wiring.build(config, Home(data, False)))

    def sources_of(config: Any) -> dict[str, Source]:
        query = (TagQuery(any=config.campaign.hashtags),)
        first = timedelta(seconds=0.3)
        return {b.name: Source(b, query, timedelta(seconds=60), backoff_first=first) for b in brooks}  # type: ignore[arg-type]

    wiring.put_in_force(built)
    daemon = Daemon(built.road, built.home, config, sources_of)
    daemon.start()
    try:
        yield Running(built, daemon, file)
    finally:
        daemon.drain()
        built.close()


def test_a_stream_that_falls_over_backs_off_alone_and_goes_on(tmp_path: Path, data: Path) -> None:
    good, bad = Brook("good"), Brook("bad")
    bad.failing = Unreachable("bad", "the connection broke")
    with streaming(tmp_path, data, good, bad) as running:
        assert within(lambda: running.health("bad") and running.health("bad").failures >= 2)
        seen = good.brought
        assert within(lambda: good.brought > seen + 3)
        assert running.health("good").state is SourceState.OK
        assert running.health("bad").state is SourceState.BACKING_OFF
        bad.failing = None
        assert within(lambda: running.health("bad").state is SourceState.OK)


def test_a_bug_in_a_stream_is_survived(tmp_path: Path, data: Path) -> None:
    brook = Brook("odd")
    brook.failing = ZeroDivisionError("a bug")
    with streaming(tmp_path, data, brook) as running:
        assert within(lambda: len(brook.asked) >= 1)
        brook.failing = None
        assert within(lambda: brook.brought > 0)
        assert within(running.texts)


def test_a_stream_is_asked_anew_when_hashtags_change_and_only_then(tmp_path: Path, data: Path) -> None:
    brook = Brook("brook")
    with streaming(tmp_path, data, brook) as running:
        assert within(lambda: brook.asked == [("HomewardTest",)])
        running.daemon.reload()
        time.sleep(0.3)
        assert brook.asked == [("HomewardTest",)]
        write(running.file, tags=["HomewardTest", "More"])
        running.daemon.reload()
        assert within(lambda: brook.asked[1:] == [("HomewardTest", "More")])
        with running.built.road.store.reading() as tx:
            assert posts.latest(tx, most=1)


@pytest.mark.servers
def test_a_stream_ends_when_the_campaign_does(tmp_path: Path, data: Path) -> None:
    ends = (utc_now() + timedelta(seconds=2)).isoformat(timespec="milliseconds")
    brook = Brook("brook")
    with streaming(tmp_path, data, brook, more=f"  ends_at: {ends}") as running:
        assert within(lambda: brook.brought > 0, 1.9)
        time.sleep(max(0.0, 2.8))
        stopped_at = brook.brought
        time.sleep(0.5)
        assert brook.brought == stopped_at
        assert running.has("A child at the station")


def test_a_drain_closes_every_stream(tmp_path: Path, data: Path) -> None:
    brooks = [Brook(f"b{n}") for n in range(3)]
    with streaming(tmp_path, data, *brooks) as running:
        assert within(lambda: all(b.brought for b in brooks))
        begun = time.monotonic()
        running.daemon.drain()
        assert time.monotonic() - begun < 5
        assert all(brook.closed for brook in brooks)
        before = [brook.brought for brook in brooks]
        time.sleep(0.3)
        assert [brook.brought for brook in brooks] == before
