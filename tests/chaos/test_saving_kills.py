"""kill -9 while a backup is made, brought back, the database migrated, or anything deleted: the same end."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.pipeline import backing_up, backup_file
from store import migrate
from tests import makers
from tests.chaos import saving
from tests.chaos.conftest import Zygote
from tests.chaos.dump import dump
from tests.chaos.ledger import Faults, Patience
from tests.integration.test_upgrading import at_schema

pytestmark = pytest.mark.servers

KINDS = ("back-up", "restore", "retention", "purge", "upgrade")
WORDS = {
    "back-up": "kill -9 while a backup is made",
    "restore": "kill -9 while a backup is brought back",
    "retention": "kill -9 while the clock deletes",
    "purge": "kill -9 while the campaign is purged",
    "upgrade": "kill -9 while the database is migrated",
}
OLD = "0014"
# What a finished restore, backup or upgrade says of itself has other numbers after a second try.
OWN = ("audit ", "counters ", "notices ")


@pytest.fixture(scope="module")
def ready(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a folder in which the order may be given: filled, backed up, a post deleted since."""
    base = tmp_path_factory.mktemp("saving")

    def order(name: str, folder: Path) -> None:
        assert zygote.order("saving", name, str(folder))["code"] == 0

    (base / "filled").mkdir()
    order("fill", base / "filled")
    shutil.copytree(base / "filled", base / "saved")
    order("back-up", base / "saved")
    order("forget-one", base / "saved")
    old = base / "old" / "data"
    old.mkdir(parents=True)
    revision = next(each.revision for each in migrate.scripts() if each.revision.startswith(OLD))
    at_schema(old, revision).close()
    numbers = iter(range(10**6))

    def make(kind: str) -> Path:
        template = {"restore": "saved", "upgrade": "old"}.get(kind, "filled")
        folder = base / f"run-{next(numbers)}"
        shutil.copytree(base / template, folder)
        return folder

    return make


def lines(folder: Path) -> list[str]:
    """What is there, without what the work says of itself."""
    return [line for line in dump(folder / "data") if not line.startswith(OWN)]


def points(steps: dict[str, int]) -> list[tuple[str, int]]:
    return [(name, n) for name, times in steps.items() for n in range(1, times + 1)]


def killed_then_whole(zygote: Zygote, kind: str, folder: Path, kills: list[tuple[str, int]]) -> int:
    """Kills at these points, then a whole run; how many struck."""
    struck = sum(bool(zygote.order("saving", kind, str(folder), kill=kill)["killed"]) for kill in kills)
    assert zygote.order("saving", kind, str(folder))["code"] == 0, f"{kind} after kills at {kills}"
    return struck


def examine(kind: str, folder: Path) -> None:
    """What must hold whatever befell."""
    if kind == "restore":
        assert not saving.has(folder, makers.post(7).key), "what was forgotten came back"
        assert not list(folder.glob(".data.restoring"))
    if kind == "back-up":
        home = saving.home_of(folder)
        for path in (folder / "backups").glob("homeward-*.age"):
            backup_file.verify(path, backup_file.keys_of(home.backup_key, ""), folder / "again")
        assert not (home.folder / "backup-work").exists()
        assert (folder / "backups" / backing_up.LEDGER).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_each_step_it_comes_to_the_same_end(
    kind: str, zygote: Zygote, ready: Callable[[str], Path], faults: Faults
) -> None:
    whole = ready(kind)
    told = zygote.order("saving", kind, str(whole))
    assert told["code"] == 0
    wanted, found = lines(whole), points(told["steps"])
    assert found, f"{kind} has no step"
    chosen = [found[i * len(found) // 8] for i in range(8)]
    for kill in dict.fromkeys(chosen):
        folder = ready(kind)
        struck = killed_then_whole(zygote, kind, folder, [kill])
        faults.compared(WORDS[kind], struck, wanted, lines(folder))
        examine(kind, folder)
        shutil.rmtree(folder)


def test_a_migration_that_was_killed_leaves_the_database_whole_and_as_it_was(
    zygote: Zygote, ready: Callable[[str], Path], faults: Faults
) -> None:
    folder = ready("upgrade")
    before = _rows(folder)
    assert zygote.order("saving", "upgrade", str(folder), kill=("migrate.applied", 2))["killed"]
    faults.compared("kill -9 while the database is migrated", 1, before, _rows(folder))


def _rows(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "homeward.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [f"{name} {row}" for name in sorted(names) for row in db.execute(f"SELECT * FROM {name}")]


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_many_kills_come_to_the_same_end(
    kind: str, zygote: Zygote, ready: Callable[[str], Path], faults: Faults
) -> None:
    whole = ready(kind)
    told = zygote.order("saving", kind, str(whole))
    wanted, found = lines(whole), points(told["steps"])
    draw, struck = random.Random(f"saving {kind}"), 0
    patience = Patience(1 / 10)
    while patience.lasts(struck):
        folder = ready(kind)
        kills = [draw.choice(found) for _ in range(draw.choice((1, 2, 3, 5)))]
        times = killed_then_whole(zygote, kind, folder, kills)
        faults.compared(WORDS[kind], times, wanted, lines(folder))
        examine(kind, folder)
        shutil.rmtree(folder)
        struck += times
