"""Streams of Mastodon against a server that others wrote: nothing is lost or doubled however it is cut."""

from __future__ import annotations

import random
import select
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.config import load
from bot.daemon import Daemon
from bot.home import Home
from bot.pipeline import collect, schedule, work
from bot.pipeline.beside import Beside
from bot.pipeline.source import MENTIONS, Source
from bot.wiring import Built
from collectors import registry
from collectors.context import Context
from store import campaign, hourly, posts, sources
from store import tables as t
from store.db import utc_now
from store.records.campaign import SourceState
from store.records.page import TagQuery
from store.records.work import Stage
from tests.contract.collectors.mastodon_sse import Following, following
from tests.servers.mastodon import BOT, MockMastodon

CUTS, STATUSES = 30, 150
SECRET = "HOMEWARD_MASTODON_TOKEN"
CONFIG = """
campaign:
  hashtags: ["found", "seen"]
  sources:
    - {{name: home, kind: mastodon, base_url: "{server}", page_size: 40, backfill_pages: 0,
        token_secret: HOMEWARD_MASTODON_TOKEN, poll_every_s: 600}}
  schedule: {{jitter_s: 0, backoff_first_s: 1, backoff_max_s: 1}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
console: {{port: 0}}
"""


class Cutter:
    """Passes bytes between a collector and a server, until it is told to break every connection at once."""

    def __init__(self, target: str) -> None:
        self._target = ("127.0.0.1", int(target.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._draws = random.Random(4)
        self._cut_after: int | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with suppress(OSError), near, socket.create_connection(self._target) as far:
            with self._lock:
                self._pairs.append((near, far))
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data if end is near else self._kept(data))

    def _kept(self, data: bytes) -> bytes:
        """Of what the server says, only so many bytes more once a cut is under way."""
        with self._lock:
            if self._cut_after is None:
                return data
            kept, self._cut_after = data[: self._cut_after], max(0, self._cut_after - len(data))
            return kept

    def cut(self, *, away_s: float = 0.05) -> None:
        """Let a few bytes more through, then break everything; what comes meanwhile meets a closed door."""
        with self._lock:
            self._cut_after = self._draws.randrange(900)
        time.sleep(away_s)
        with self._lock:
            pairs, self._pairs, self._cut_after = self._pairs, [], None
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Give the port back."""
        self._listener.close()
        self.cut()


@pytest.fixture(scope="module")
def server() -> Iterator[MockMastodon]:
    with MockMastodon() as running:
        yield running


@pytest.fixture
def cutter(server: MockMastodon) -> Iterator[Cutter]:
    running = Cutter(server.base_url)
    yield running
    running.stop()


@contextmanager
def installed(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, token: str) -> Iterator[Built]:
    monkeypatch.setenv(SECRET, token)
    (folder / "data").mkdir()
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(server=url))
    built = wiring.build(load(file), Home(folder / "data", False))
    wiring.put_in_force(built)
    yield built
    built.close()


@contextmanager
def beside(built: Built) -> Iterator[Source]:
    """The stream of the source as the daemon follows it, and a worker for the polls that it asks for.

    The clock asks for none: whatever a break swallowed comes from the poll after it or not at all.
    """
    (source,) = built.sources_of(built.config).values()
    active, stop = {source.name: source}, threading.Event()
    collect.in_force(built.road, active)
    schedule.arm(built.road, active)
    ways = work.arrows(lambda: active)
    stream = Beside(built.road, source)

    def follow() -> None:
        while not stop.is_set():
            stream.follow(stop)
            stop.wait(0.02)

    def poll() -> None:
        while not stop.is_set():
            work.work_off(built.road, ways, [Stage.COLLECT])
            stop.wait(0.02)

    threads = [threading.Thread(target=follow), threading.Thread(target=poll)]
    for thread in threads:
        thread.start()
    try:
        yield source
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
        source.collector.close()


def rows(built: Built, query: Any) -> list[Any]:
    with built.road.store.reading() as tx:
        return list(tx.execute(query).all())


def stored(built: Built) -> dict[str, str]:
    query = sa.select(t.posts.c.key, t.posts.c.text).where(t.posts.c.gone_at.is_(None))
    return {row.key: row.text for row in rows(built, query)}


def until(condition: Callable[[], Any], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def is_open(built: Built) -> bool:
    """Both hashtags were polled, which happens when the stream is open."""
    with built.road.store.reading() as tx:
        return all(sources.cursor(tx, "home", tag) for tag in ("found", "seen"))


def test_nothing_is_lost_or_taken_twice_over_thirty_random_cuts(
    server: MockMastodon, cutter: Cutter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    draws = random.Random(11)
    with installed(tmp_path, cutter.url, monkeypatch, server.bot_token) as built, beside(built):
        until(lambda: is_open(built))
        ended = threading.Event()

        def cut() -> None:
            for _ in range(CUTS):
                time.sleep(draws.uniform(0.02, 0.4))
                cutter.cut(away_s=draws.uniform(0.0, 0.08))
            ended.set()

        cuts = threading.Thread(target=cut)
        cuts.start()
        while len(written) < STATUSES or not ended.is_set():
            tags = draws.choice(["#found", "#seen", "#found #seen"])
            made = server.post(f"{len(written)} at the pier {tags}", visibility="public")
            written.append(f"mastodon:{made['uri']}")
            time.sleep(draws.uniform(0, 0.06))
        cuts.join()
        until(lambda: set(written) <= set(stored(built)), 30)
        assert len(stored(built)) == len(set(written)) == len(written) >= STATUSES
        now = utc_now()
        with built.road.store.reading() as tx:
            counted = hourly.counts(tx, "home", since=now - timedelta(hours=2), until=now)
        assert sum(counted.values()) == len(written), "each was new once"


def test_a_new_post_leaves_the_stream_within_a_second(
    server: MockMastodon, record_property: Callable[[str, object], None]
) -> None:
    context = Context("tests@homeward.example", {SECRET: server.bot_token}, utc_now)
    options = {"base_url": server.base_url, "token_secret": SECRET}
    collector = registry.build("mastodon", "mock", options, context)
    came: dict[str, float] = {}
    taken: list[float] = []

    class Timed(Following):
        def _run(self, collector: Any, queries: Any) -> None:
            for page in collector.follow(queries, "", self.stop):
                came.update({post.key: time.monotonic() for post in page.posts})
                with self._came:
                    self.pages.append(page)
                    self._came.notify_all()

    heard = Timed(collector, [TagQuery(any=("quick",))])
    heard.thread.start()
    heard.wait(lambda: heard.pages)
    for number in range(60):
        begun = time.monotonic()
        key = f"mastodon:{server.post(f'{number} #quick', visibility='public')['uri']}"
        until(partial(came.__contains__, key), 5)
        taken.append(came[key] - begun)
    heard.stop.set()
    heard.thread.join(5)
    collector.close()
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    record_property("stream_p50_ms", round(p50 * 1000, 1))
    record_property("stream_p95_ms", round(p95 * 1000, 1))
    assert p50 < 1.0, f"p50 {p50:.3f} s, p95 {p95:.3f} s"


def test_posts_edits_deletions_and_mentions_reach_the_store_without_a_poll(
    server: MockMastodon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installed(tmp_path, server.base_url, monkeypatch, server.bot_token) as built, beside(built):
        until(lambda: is_open(built))
        kept, lost = (server.post(f"{name} #found", visibility="public") for name in ("kept", "lost"))
        named = server.post(f"@{BOT} no hashtag here", visibility="public")
        keys = [f"mastodon:{made['uri']}" for made in (kept, lost, named)]
        until(lambda: set(keys) <= set(stored(built)))
        server.edit(kept["id"], "other words #found")
        until(lambda: stored(built)[keys[0]] == "other words #found")
        server.delete(lost["id"])
        until(lambda: keys[1] not in stored(built))
        with built.road.store.reading() as tx:
            assert posts.is_gone(tx, keys[1]) and posts.versions_of(tx, keys[0]) == [""]
            assert {seen.tag for seen in posts.observations_of(tx, keys[0])} == {"found"}
        assert {row.key for row in rows(built, sa.select(t.tombstones.c.post_key.label("key")))} == {keys[1]}


def test_a_post_written_before_the_stream_was_open_and_deleted_later_is_forgotten(
    server: MockMastodon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = server.post("early #seen", visibility="public")
    key = f"mastodon:{early['uri']}"
    with installed(tmp_path, server.base_url, monkeypatch, server.bot_token) as built, beside(built):
        until(lambda: key in stored(built))
        server.delete(early["id"])
        until(lambda: key not in stored(built))


# ── the daemon ────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def running(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, token: str) -> Iterator[Built]:
    with installed(folder, url, monkeypatch, token) as built:
        daemon = Daemon(built.road, built.home, built.config, built.sources_of)
        daemon.start()
        try:
            yield built
        finally:
            daemon.drain()


def said(built: Built) -> tuple[str, str, SourceState]:
    """The standing notice on the stream, and what the source's state says."""
    with built.road.store.reading() as tx:
        health = sources.health(tx, "home")
        notices = campaign.notices(tx)
    assert health is not None
    return notices.get("stream:home", ""), health.detail, health.state


def test_the_daemon_follows_the_stream_while_polls_are_ten_minutes_apart(
    server: MockMastodon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, server.base_url, monkeypatch, server.bot_token) as built:
        until(lambda: is_open(built))
        until(lambda: said(built)[2] is SourceState.OK)
        time.sleep(1.5)  # The polls of the start are over.
        begun = time.monotonic()
        key = f"mastodon:{server.post('quick #found', visibility='public')['uri']}"
        until(lambda: key in stored(built), 5)
        assert time.monotonic() - begun < 5
        assert said(built)[:2] == ("", "")
        slots = {row.tag: row.interval_s for row in rows(built, sa.select(t.schedule))}
        assert set(slots) == {"found", "seen", MENTIONS} and slots["found"] >= 600


def test_without_streaming_the_polls_carry_on_and_the_source_says_why(
    server: MockMastodon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fault("GET", "/api/v1/streaming/*", count=50, type="status", status=404)
    key = f"mastodon:{server.post('polled #found', visibility='public')['uri']}"
    try:
        with running(tmp_path, server.base_url, monkeypatch, server.bot_token) as built:
            until(lambda: key in stored(built))
            until(lambda: said(built)[0] != "" and said(built)[2] is SourceState.OK)
            until(lambda: "polls alone" in said(built)[1])
            assert "home: posts come by polls alone: this server has no streaming (404)" in said(built)[0]
        assert "stream:home" not in _notices(built), "nothing is said of what is not followed"
    finally:
        server.heal()


def _notices(built: Built) -> dict[str, str]:
    with built.road.store.reading() as tx:
        return campaign.notices(tx)


def test_a_server_that_refuses_streams_says_how_to_be_let_in(server: MockMastodon) -> None:
    server.fault("GET", "/api/v1/streaming/*", count=50, type="status", status=401)
    context = Context("tests@homeward.example", {SECRET: server.bot_token}, utc_now)
    try:
        for options, is_ok in (({}, True), ({"token_secret": SECRET}, False)):
            options = {"base_url": server.base_url, **options}
            collector = registry.build("mastodon", "mock", options, context)
            (line,) = [each for each in collector.check([TagQuery(any=("found",))]) if each.part == "stream"]  # type: ignore[attr-defined]
            assert line.ok is is_ok and "token with read:statuses" in line.words
            collector.close()
    finally:
        server.heal()


def test_the_stream_of_the_mock_is_followed_through_a_proxy_that_cuts_in_mid_event(
    server: MockMastodon, cutter: Cutter
) -> None:
    context = Context("tests@homeward.example", {SECRET: server.bot_token}, utc_now)
    collector = registry.build("mastodon", "mock", {"base_url": cutter.url}, context)
    with following(collector, [TagQuery(any=("found",))]) as heard:
        server.post("whole #found", visibility="public")
        heard.wait(lambda: heard.texts)
        cutter.cut()
        assert heard.end() is not None and heard.texts == ["whole #found"]
