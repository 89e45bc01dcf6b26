"""Backups: whole, encrypted, and what was forgotten since stays forgotten when one is brought back."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import main
from bot.config import Config
from bot.pipeline import backing_up, backup_file, casework, ingest, optouts
from bot.pipeline.backup_file import Keys
from bot.pipeline.backup_plan import BackupPlan
from bot.services import checking, people, restoring
from bot.services.checking import Part
from bot.wiring import Built
from store import cases, counters, photos, posts, snapshot
from store import tables as t
from store.db import Store, sqlite_url
from store.errors import ConfigError, HomewardError, StoreError, UsageError
from store.records.case import CaseStatus
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import Gone, Platform
from tests import makers, stores
from tests.integration import ready
from tests.integration.conftest import work_off
from tests.stores import START, Clock

pytestmark = pytest.mark.servers

PORTRAIT = ready.PORTRAIT.read_bytes()
WORDS = "Siebenundzwanzig herons at Marrowford lock"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config], clock: Clock) -> Built:
    """An installation with an active case, three posts, a photo with its vector, and people."""
    made = ready.quick(build(config(), clock=clock))
    ready.staff(made)
    ready.activate(made)
    found = [makers.post(number, text=f"{WORDS} {number}") for number in (1, 2)]
    ingest.take_page(made.road, "live", "Tag", Page(posts=tuple(found)))
    with_photo(made)
    return made


def with_photo(built: Built) -> str:
    post = makers.post(3, text=WORDS, media=(makers.media(),))
    ingest.take_page(built.road, "live", "Tag", Page(posts=(post,)))
    digest, served = built.road.blobs.put(PORTRAIT), built.road.blobs.put(b"a copy for pages")
    with built.road.store.transaction() as tx:
        photos.put(tx, makers.photo(digest=digest, served=served), START)
        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=digest)
    return post.key


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def plan_of(built: Built) -> BackupPlan:
    assert built.road.backup is not None
    return built.road.backup


def backed_up(built: Built, aside: Path) -> Path:
    return backing_up.make(built.road, plan_of(built), aside, by="test").path


def reopened(built: Built, build: Callable[..., Built]) -> Built:
    return ready.quick(build(built.config, clock=built.road.clock))


def brought_back(
    built: Built, path: Path, build: Callable[..., Built], **more: Any
) -> tuple[Built, restoring.Settled]:
    keys = plan_of(built).keys()
    built.close()
    restoring.place(path, built.home, keys, at=built.road.clock(), **more)
    again = reopened(built, build)
    return again, restoring.finish(again.road, again.home, keys, by="test")


def dump(store: Store) -> dict[str, list[str]]:
    """Every row of every table but what backing up and restoring write themselves."""
    left_out = {"audit", "counters", "notices", "web_sessions", "login_links", "campaign_changes"}
    with store.reading() as tx:
        return {
            table.name: sorted(str(tuple(row)) for row in tx.execute(sa.select(table)))
            for table in t.metadata.sorted_tables
            if table.name not in left_out
        }


def test_a_restored_installation_is_the_one_that_was_saved(
    built: Built, aside: Path, build: Callable[..., Built]
) -> None:
    before, key = dump(built.road.store), makers.post(1).key
    path = backed_up(built, aside)
    delete_everything = Gone(key, Platform.MASTODON, "gone", built.road.clock())
    again, _ = brought_back(built, path, build)
    assert dump(again.road.store) == before
    assert checking.check(again.road, again.home).findings == []
    assert again.road.stop_file.is_on, "nothing goes out until a person lets it"
    assert delete_everything.key in {row.key for row in again_posts(again)}


def again_posts(built: Built) -> Any:
    with built.road.store.reading() as tx:
        return posts.latest(tx)


def test_what_was_forgotten_after_the_backup_is_forgotten_again(
    built: Built, aside: Path, build: Callable[..., Built], clock: Clock
) -> None:
    path = backed_up(built, aside)
    clock.tick(hours=1)
    keys = [makers.post(number).key for number in (1, 3)]
    gone = tuple(Gone(key, Platform.MASTODON, "deleted by its author", clock()) for key in keys)
    ingest.take_page(built.road, "live", "Tag", Page(gone=gone))
    with built.road.store.transaction() as tx:
        stays = makers.post(2)
        optouts.put(built.road, tx, stays.platform, stays.author, everywhere=False, why="stop")
    backing_up.write_ledger(built.road, aside, plan_of(built).keys())
    plan_of(built).keys()
    built.close()
    shutil.rmtree(built.home.folder / "photos")
    built.home.database.write_bytes(b"no database any more")
    for beside in ("-wal", "-shm"):
        built.home.database.with_name(f"homeward.db{beside}").unlink(missing_ok=True)
    again, settled = brought_back(built, path, build)
    assert settled.posts == 2 and settled.wishes >= 1 and settled.ledgers == 1
    with again.road.store.reading() as tx:
        assert [posts.stands(tx, makers.post(number).key) for number in (1, 2, 3)] == [False, True, False]
        assert optouts.has_opted_out(again.road, tx, makers.post(2))
    held = b"".join(path.read_bytes() for path in again.home.folder.rglob("*") if path.is_file())
    assert WORDS.encode() + b" 1" not in held and PORTRAIT not in held
    assert checking.check(again.road, again.home).findings == []


def test_a_case_that_was_closed_sealed_or_destroyed_since_is_so_again(
    built: Built, aside: Path, build: Callable[..., Built], clock: Clock
) -> None:
    path = backed_up(built, aside)
    clock.tick(hours=1)
    with built.road.store.transaction() as tx:
        (held,) = [row for row in cases.listing(tx) if row.status is CaseStatus.ACTIVE][:1]
        casework.end(built.road, tx, held, CaseStatus.LOCATED, "ana", "found by her uncle")
        tx.execute(sa.update(t.cases).where(t.cases.c.id == held.case.id).values(sealed=True))
    again, settled = brought_back(built, path, build)
    assert (settled.cases_out_of_search, settled.cases_sealed) == (1, 1)
    with again.road.store.reading() as tx:
        now = cases.get(tx, held.case.id)
    assert now.status is CaseStatus.LOCATED and now.case.sealed
    with again.road.store.transaction() as tx:
        casework.destroy(again.road, tx, held.case.id, by="ana")
    third, settled = brought_back(again, path, build)
    assert settled.cases_destroyed == 1
    with third.road.store.reading() as tx:
        assert not cases.has(tx, held.case.id)


def test_no_session_or_link_of_the_past_comes_back_to_life(
    built: Built, aside: Path, build: Callable[..., Built]
) -> None:
    token = people.link(built.road, "rita")
    path = backed_up(built, aside)
    again, _ = brought_back(built, path, build)
    assert people.enter_by_link(again.road, token) is None


def test_an_unfinished_restore_is_not_served_and_can_be_finished(
    built: Built, aside: Path, build: Callable[..., Built], capsys: pytest.CaptureFixture[str]
) -> None:
    path, keys, home = backed_up(built, aside), plan_of(built).keys(), built.home
    built.close()
    restoring.place(path, home, keys, at=built.road.clock())
    line = ["--config", str(built.config.file), "--data", str(home.folder)]
    assert main.main([*line, "once"]) == 2
    assert "restore --finish" in capsys.readouterr().err
    assert main.main([*line, "restore", "--finish", "--json"]) == 0
    assert not home.unfinished.exists() and not list(home.folder.glob(restoring.LEDGERS))
    assert main.main([*line, "restore", "--finish"]) == 2


def test_what_is_damaged_or_not_ours_changes_nothing(built: Built, aside: Path, tmp_path: Path) -> None:
    path, keys, home = backed_up(built, aside), plan_of(built).keys(), built.home
    before, data = dump(built.road.store), path.read_bytes()
    rng = random.Random(7)
    bad = tmp_path / "bad" / path.name
    bad.parent.mkdir()
    for at in [0, 30, 200, len(data) - 1, *(rng.randrange(len(data)) for _ in range(40))]:
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(StoreError):
            restoring.place(bad, home, keys, at=START)
    for cut in (0, 10, len(data) // 2, len(data) - 1, len(data) - 20):
        bad.write_bytes(data[:cut])
        with pytest.raises(StoreError):
            restoring.place(bad, home, keys, at=START)
    stranger = backup_file.load_keys("", tmp_path / "other.key", ())
    with pytest.raises(StoreError):
        restoring.place(path, home, stranger, at=START)
    with pytest.raises(UsageError):
        restoring.place(tmp_path / "nothing.age", home, keys, at=START)
    assert dump(built.road.store) == before and not built.road.stop_file.is_on


def test_a_backup_holds_no_readable_word(built: Built, aside: Path) -> None:
    path = backed_up(built, aside)
    for file in aside.iterdir():
        data = file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0 and b"Marrowford" not in data and b"SQLite" not in data
    assert path.name in {file.name for file in aside.iterdir()}
    assert list(built.home.folder.glob("backup-work*")) == []


def test_a_backup_belongs_outside_and_its_key_has_to_be_one(built: Built, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside of the data folder"):
        backed_up(built, built.home.folder / "backups")
    (tmp_path / "k").write_text("not a key\n")
    with pytest.raises(ConfigError, match="age-keygen"):
        backup_file.load_keys("", tmp_path / "k", ())
    with pytest.raises(ConfigError, match="recipients"):
        backup_file.load_keys("", tmp_path / "new", ("age1nonsense",))
    with pytest.raises(UsageError, match="HOMEWARD_BACKUP_KEY"):
        backup_file.verify(
            backed_up(built, tmp_path / "b"), Keys(plan_of(built).keys().recipients), tmp_path / "w"
        )


def test_by_the_clock_backups_are_made_pruned_and_failures_told(
    built: Built, aside: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(built)
    built.road.backup = BackupPlan(plan.home, plan.config_file, plan.keys, folder=aside)
    backing_up.round_of(built.road)
    (first,) = aside.glob("homeward-*.age")
    backing_up.round_of(built.road)
    assert list(aside.glob("homeward-*.age")) == [first], "not before its time"
    said = (aside / backing_up.LEDGER).read_bytes()
    gone = Gone(makers.post(1).key, Platform.MASTODON, "deleted", clock())
    ingest.take_page(built.road, "live", "Tag", Page(gone=(gone,)))
    backing_up.round_of(built.road)
    assert (aside / backing_up.LEDGER).read_bytes() != said, "what was forgotten is written down soon"
    clock.tick(days=31)
    backing_up.round_of(built.road)
    assert [file.name for file in aside.glob("homeward-*.age")] == [f"homeward-{clock():%Y%m%dT%H%M%SZ}.age"]

    def full(*_: Any, **_more: Any) -> None:
        raise StoreError("disk", "is full")

    monkeypatch.setattr(snapshot, "write", full)
    clock.tick(days=1)
    backing_up.round_of(built.road)
    with built.road.store.reading() as tx:
        notice = tx.execute(
            sa.select(t.notices.c.words).where(t.notices.c.name == backing_up.NOTICE)
        ).scalar()
        assert notice and "is full" in notice
        assert clock().timestamp() - counters.value(tx, backing_up.LAST) < 86_400, "tried again in an hour"


def test_a_copy_is_taken_while_others_write(built: Built, aside: Path) -> None:
    store, number = built.road.store, 100

    def files(*_: Any) -> Iterator[tuple[str, Path]]:
        nonlocal number
        number += 1
        ingest.take_page(built.road, "live", "Tag", Page(posts=(makers.post(number),)))
        yield from ()

    before = dump(store)["posts"]
    target = aside / "copy.db"
    aside.mkdir()
    with store.reading():
        list(files())
        copied = snapshot.write(store, target)
    assert copied.rows["posts"] == len(before) + 1
    with pytest.raises(StoreError, match="there already"):
        snapshot.write(store, target)


def test_a_database_of_postgresql_is_saved_and_brought_back(tmp_path: Path, built: Built) -> None:
    file = tmp_path / "copy.db"
    snapshot.write(built.road.store, file)
    before = dump(built.road.store)
    with stores.postgres() as url:
        target = Store(url)
        snapshot.read(file, target)
        assert dump(target).keys() == before.keys()
        assert {name: len(rows) for name, rows in dump(target).items()} == {
            name: len(rows) for name, rows in before.items()
        }
        assert snapshot.is_same(file, target)
        with pytest.raises(StoreError, match="empty"):
            snapshot.read(file, target)
        back = tmp_path / "back.db"
        snapshot.write(target, back)
        held = Store(sqlite_url(back))
        assert dump(held) == before
        with target.transaction() as tx:
            cases.gallery_changed(tx, "reg.example/1", "", START)  # A number that the database gives.
        held.close()
        target.close()


# ── check ────────────────────────────────────────────────────────────────────────────────────────


def found(built: Built, *, repair: bool = False) -> set[Part]:
    return {each.part for each in checking.check(built.road, built.home, repair=repair).findings}


def test_check_finds_each_kind_of_damage_and_mends_what_it_can(built: Built) -> None:
    assert work_off(built) == 0
    checking.check(built.road, built.home, repair=True)  # The made-up copy for pages was made anew.
    shutil.rmtree(built.home.folder / checking.DAMAGED)
    assert checking.check(built.road, built.home).findings == []
    key = makers.post(3).key
    with built.road.store.reading() as tx:
        (row,) = posts.media_of(tx, key)
    assert row.photo
    path = built.home.photos / row.photo[:2] / row.photo[2:4] / row.photo
    path.write_bytes(b"bit rot")
    stray = built.road.blobs.put(b"nobody's")
    with built.road.store.transaction() as tx:
        tx.execute(sa.update(t.vectors).values(vector=b"\0\0\xc0\x7f" * 128))
    assert found(built) == {Part.PHOTOS, Part.VECTORS}
    checked = checking.check(built.road, built.home, repair=True)
    assert checked.mended == len(checked.findings) > 2
    assert {file.name for file in (built.home.folder / checking.DAMAGED).iterdir()} == {row.photo, stray}
    with built.road.store.reading() as tx:
        (wanted,) = posts.media_of(tx, key)
        assert wanted.state is PhotoState.WANTED and wanted.photo is None
    assert Part.VECTORS not in found(built)


def test_a_rewritten_audit_row_and_a_torn_page_are_found(built: Built) -> None:
    with built.road.store.transaction() as tx:
        tx.execute(sa.update(t.audit).where(t.audit.c.seq == 2).values(by="somebody else"))
    (finding,) = checking.check(built.road, built.home).findings
    assert (finding.part, finding.subject) == (Part.AUDIT, "row 2")
    built.road.store.empty_log()
    built.road.store.close()
    data = bytearray(built.home.database.read_bytes())
    data[4096 * 40 : 4096 * 41] = b"\x5a" * 4096
    built.home.database.write_bytes(data)
    try:
        parts = found(built)
    except (HomewardError, sa.exc.SQLAlchemyError):
        return
    assert Part.DATABASE in parts
