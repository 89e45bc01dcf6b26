"""kill -9 at every step of collecting: no post lost or taken twice, no span claimed that was not read."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store import tables as t
from store.db import Store, sqlite_url
from tests.chaos.conftest import Zygote
from tests.chaos.dump import dump
from tests.chaos.ledger import Faults, Patience

pytestmark = pytest.mark.servers

ARROWS = ("collect", "ingest", "backfill", "recheck")
KILLS_AN_ARROW = 5


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a kill reaches and leaves."""

    steps: dict[str, int]
    lines: list[str]
    folder: Path


@pytest.fixture(scope="module")
def undisturbed(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    told = zygote.order("collecting", str(folder))
    assert told["code"] == 0
    return Undisturbed(told["steps"], dump(folder), folder)


def points(arrow: str, steps: dict[str, int]) -> list[tuple[str, int]]:
    """Every (step, n-th time) of an arrow."""
    found = [(name, n) for name, times in steps.items() for n in range(1, times + 1)]
    return [(name, n) for name, n in found if name.startswith(f"{arrow}.")]


def read(folder: Path, query: Any) -> list[Any]:
    store = Store(sqlite_url(folder / "homeward.db"))
    try:
        with store.reading() as tx:
            return list(tx.execute(query).all())
    finally:
        store.close()


def test_the_undisturbed_run_does_what_the_kills_are_to_disturb(undisturbed: Undisturbed) -> None:
    assert all(points(arrow, undisturbed.steps) for arrow in ARROWS)
    states = {row.state for row in read(undisturbed.folder, sa.select(t.coverage.c.state))}
    assert states == {"complete"}, "the gap was read back"
    backfilled = {row.state for row in read(undisturbed.folder, sa.select(t.backfills.c.state))}
    assert backfilled == {"done", "split"}, "the cap was hit and halved"
    assert len(read(undisturbed.folder, sa.select(t.tombstones))) == 2
    assert len(read(undisturbed.folder, sa.select(t.alerts))) == 2
    assert len(read(undisturbed.folder, sa.select(t.posts.c.key))) == 5 + 15


def test_a_second_run_changes_nothing(zygote: Zygote, undisturbed: Undisturbed) -> None:
    assert zygote.order("collecting", str(undisturbed.folder))["code"] == 0
    assert dump(undisturbed.folder) == undisturbed.lines


@pytest.mark.parametrize("arrow", ARROWS)
def test_kills_lose_and_repeat_nothing(
    arrow: str, zygote: Zygote, tmp_path: Path, undisturbed: Undisturbed, faults: Faults
) -> None:
    found = points(arrow, undisturbed.steps)
    chosen = [found[at * len(found) // KILLS_AN_ARROW] for at in range(KILLS_AN_ARROW)]
    struck = 0
    for number, kill in enumerate(dict.fromkeys(chosen)):
        folder = tmp_path / str(number)
        times = sum(
            zygote.order("collecting", str(folder), kill=kill)["killed"] for _ in range(1 + number % 2)
        )
        assert zygote.order("collecting", str(folder))["code"] == 0
        faults.compared(f"kill -9 at {arrow} (collecting)", times, undisturbed.lines, dump(folder))
        struck += times
    assert struck >= min(len(found), KILLS_AN_ARROW)


@pytest.mark.soak
def test_many_kills_anywhere_in_collecting_lose_and_repeat_nothing(
    zygote: Zygote, tmp_path: Path, undisturbed: Undisturbed, faults: Faults
) -> None:
    found = [point for arrow in ARROWS for point in points(arrow, undisturbed.steps)]
    draw, struck, patience = random.Random("collecting"), 0, Patience(1 / 2)
    while patience.lasts(struck):
        folder = tmp_path / "run"
        kills = [draw.choice(found) for _ in range(draw.choice((1, 2, 3, 5, 8)))]
        times = sum(zygote.order("collecting", str(folder), kill=kill)["killed"] for kill in kills)
        assert zygote.order("collecting", str(folder))["code"] == 0
        faults.compared("kill -9 anywhere in collecting", times, undisturbed.lines, dump(folder))
        shutil.rmtree(folder)
        struck += times
