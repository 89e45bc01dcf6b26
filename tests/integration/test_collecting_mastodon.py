"""Collecting from a server that speaks Mastodon's API, by the real collector: past, mentions, deletions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.cli.app import main as cli_main
from bot.cli.context import Doors
from bot.config import load
from bot.home import Home
from bot.pipeline import recheck, schedule, work
from bot.pipeline.source import MENTIONS
from bot.wiring import Built
from store import matches, photos, posts
from store import tables as t
from store.records.work import Stage
from store.schedule import Slot
from tests import makers
from tests.integration.ready import rows
from tests.servers.mastodon import BOT, MockMastodon

pytestmark = pytest.mark.servers

CONFIG = """
campaign:
  hashtags: ["found"]
  sources:
    - {{name: home, kind: mastodon, base_url: "{server}", page_size: 5, backfill_pages: 0,
        token_secret: HOMEWARD_MASTODON_TOKEN}}
  schedule: {{jitter_s: 0}}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  mastodon: {{server: "{server}", handle: homeward}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MockMastodon]:
    with MockMastodon() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, server: MockMastodon, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOMEWARD_MASTODON_TOKEN", server.bot_token)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(server=server.base_url))
    return path


@pytest.fixture
def built(file: Path, data: Path) -> Iterator[Built]:
    made = wiring.build(load(file), Home(data, False))
    wiring.put_in_force(made)
    yield made
    made.close()


def collected(built: Built, *stages: Stage) -> dict[str, Any]:
    """Ask for everything that is due once and work it off; gives the active sources."""
    active: dict[str, Any] = built.sources_of(built.config)
    schedule.arm(built.road, active, at_start=True)
    _make_due(built)
    schedule.tick(built.road, active)
    _make_due(built)
    ways = work.arrows(lambda: active)
    assert work.work_off(built.road, ways, stages or (Stage.COLLECT, Stage.REPLY)) == 0
    return active


def _make_due(built: Built) -> None:
    """What is spread over a moment is due now."""
    with built.road.store.transaction() as tx:
        tx.execute(sa.update(t.jobs).values(not_before=built.road.clock()))
        tx.execute(sa.update(t.schedule).values(due_at=built.road.clock()))


def keys(built: Built) -> set[str]:
    return {row.key for row in rows(built, sa.select(t.posts.c.key).where(t.posts.c.gone_at.is_(None)))}


def test_a_post_that_names_us_without_the_hashtag_is_read_and_drafted_a_receipt(
    built: Built, server: MockMastodon
) -> None:
    status = server.post(f"@{BOT} I saw a child, no hashtag", visibility="public")
    collected(built)
    key = f"mastodon:{status['uri']}"
    with built.road.store.reading() as tx:
        assert [seen.tag for seen in posts.observations_of(tx, key)] == [MENTIONS]
    assert key in {row.post_key for row in rows(built, sa.select(t.replies.c.post_key))}


def test_deletions_and_edits_of_matched_posts_are_noticed_by_a_second_look(
    built: Built, server: MockMastodon
) -> None:
    kept, edited, deleted = (server.post(f"a child {n} #found", visibility="public") for n in range(3))
    active = collected(built)
    found = {name: f"mastodon:{s['uri']}" for name, s in zip("ked", (kept, edited, deleted), strict=True)}
    assert set(found.values()) <= keys(built)
    with built.road.store.transaction() as tx:
        for letter, key in zip("abc", found.values(), strict=True):
            seen = makers.photo(letter)
            photos.put(tx, seen, built.road.clock())
            photos.put_faces(tx, [makers.face(seen)])
            matches.put(tx, makers.match(makers.face(seen), key), built.road.clock())
    server.edit(edited["id"], "other words #found")
    server.delete(deleted["id"])
    for source in active.values():
        object.__setattr__(source, "recheck_every", timedelta(0))
    recheck.ask(built.road, active)
    assert work.work_off(built.road, work.arrows(lambda: active), [Stage.RECHECK]) == 0
    with built.road.store.reading() as tx:
        assert posts.get(tx, found["e"]).text.startswith("other words")
        assert posts.is_gone(tx, found["d"]) and not posts.is_gone(tx, found["k"])
    assert [row.key for row in rows(built, sa.select(t.alerts.c.key))] == [f"gone:{found['d']}"]


def command(file: Path, data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """One command as an operator runs it: (exit code, its JSON)."""
    doors = Doors(open=wiring.build, run=lambda *_: 0, once=lambda *_a, **_k: {})
    capsys.readouterr()
    code = cli_main(doors, ["--config", str(file), "--data", str(data), *words, "--json"])
    said = capsys.readouterr().out
    return code, json.loads(said) if said.strip() else None


def test_backfill_reads_the_past_and_coverage_shows_it(
    file: Path, data: Path, server: MockMastodon, capsys: pytest.CaptureFixture[str], built: Built
) -> None:
    published = {f"mastodon:{server.post(f'old {n} #found')['uri']}" for n in range(12)}
    day = f"{built.road.clock():%Y-%m-%d}"
    wish = ("backfill", "--tag", "#found", "--since", day)
    code, said = command(file, data, capsys, *wish)
    assert code == 0 and said["read_by"] == "this command"
    (made,) = said["backfills"]
    assert made["state"] == "done" and made["posts"] >= 12 and made["progress"] == 1
    assert published <= keys(built)
    code, said = command(file, data, capsys, "coverage", "--tag", "found", "--source", "home")
    (tag,) = said["tags"]
    assert code == 0 and tag["spans"][0]["state"] == "complete" and tag["spans"][0]["start"].startswith(day)
    code, said = command(file, data, capsys, "backfill", "--tag", "other", "--since", day)
    assert (code, said) == (2, None)


def test_a_running_homeward_is_handed_the_backfill(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str], built: Built
) -> None:
    from bot.home import DaemonLock

    lock = DaemonLock(built.home)
    lock.take()
    try:
        code, said = command(file, data, capsys, "backfill", "--tag", "found", "--since", "2026-01-01")
    finally:
        lock.release()
    assert code == 0 and said["read_by"] == "the running daemon"
    assert said["backfills"][0]["state"] == "waiting"
    assert [row.stage for row in rows(built, sa.select(t.jobs.c.stage))] == ["backfill"]


def test_doctor_tries_each_source_with_its_credentials_in_one_line(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str], built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line() -> dict[str, Any]:
        _, said = command(file, data, capsys, "doctor")
        (found,) = [check for check in said["checks"] if check["name"] == "source home"]
        return dict(found)

    works = line()
    assert works["ok"] and "answers" in works["words"] and "mentions can be read" in works["words"]
    monkeypatch.setenv("HOMEWARD_MASTODON_TOKEN", "wrong")
    broken = line()
    assert not broken["ok"] and "token is refused" in broken["words"]
    assert "make a new one" in broken["words"] and "wrong" not in broken["words"]


def test_the_sources_of_the_daemon_are_scheduled_with_their_mentions(built: Built) -> None:
    active = built.sources_of(built.config)
    schedule.arm(built.road, active)
    found = rows(built, sa.select(t.schedule).order_by(t.schedule.c.tag))
    slots = [Slot(**row._mapping) for row in found]
    assert [(slot.source, slot.tag, slot.interval_s) for slot in slots] == [
        ("home", MENTIONS, 60), ("home", "found", 60),
    ]  # fmt: skip
