"""kill -9 at every step of the road, then a second run: nothing is lost and nothing is there twice."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.conftest import Zygote
from tests.chaos.dump import dump
from tests.chaos.ledger import Faults, Patience

ARROWS = (
    "ingest",
    "import",
    "look",
    "place",
    "match",
    "enrol",
    "gallery",
    "reply",
    "send",
    "review",
    "alert",
)
QUICK = ("ingest", "send")
"""The two that must never fail are tried with every change; the others with the servers: 15 s each."""
KILLS_AN_ARROW = 5


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a kill reaches and leaves."""

    steps: dict[str, int]
    lines: list[str]
    answers: Path


@pytest.fixture(scope="module")
def undisturbed(zygote: Zygote, fresh: Callable[[], Path], tmp_path_factory: Any) -> Undisturbed:
    answers = tmp_path_factory.mktemp("answers") / "faces.pickle"
    folder = fresh()
    told = zygote.order("road", str(folder), str(answers))
    assert told["code"] == 0
    return Undisturbed(told["steps"], dump(folder / "sample"), answers)


def points(arrow: str, steps: dict[str, int]) -> list[tuple[str, int]]:
    """Every (step, n-th time) of an arrow."""
    return [
        (name, n)
        for name, times in steps.items()
        if name.startswith(f"{arrow}.")
        for n in range(1, times + 1)
    ]


def kills_for(arrow: str, steps: dict[str, int]) -> list[list[tuple[str, int]]]:
    """Five sequences of kills: spread over the arrow's points; where there are fewer, kills in a row."""
    found = points(arrow, steps)
    if len(found) >= KILLS_AN_ARROW:
        return [[found[i * len(found) // KILLS_AN_ARROW]] for i in range(KILLS_AN_ARROW)]
    doubles = [[one, one] for one in found]
    return ([[one] for one in found] + doubles)[:KILLS_AN_ARROW]


def killed_then_whole(
    zygote: Zygote, folder: Path, answers: Path, sequence: list[tuple[str, int]]
) -> tuple[int, list[str]]:
    """Run with each kill of the sequence, then to the end. How many kills struck, and what is left."""
    struck = sum(zygote.order("road", str(folder), str(answers), kill=kill)["killed"] for kill in sequence)
    assert zygote.order("road", str(folder), str(answers))["code"] == 0
    return struck, dump(folder / "sample")


def test_every_arrow_has_named_steps_at_which_it_can_be_killed(undisturbed: Undisturbed) -> None:
    for arrow in ARROWS:
        assert points(arrow, undisturbed.steps), f"{arrow} was never reached"


def test_a_second_run_without_a_kill_changes_nothing(
    zygote: Zygote, fresh: Callable[[], Path], undisturbed: Undisturbed
) -> None:
    folder = fresh()
    for _ in range(2):
        assert zygote.order("road", str(folder), str(undisturbed.answers))["code"] == 0
        assert dump(folder / "sample") == undisturbed.lines


@pytest.mark.parametrize(
    "arrow",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.servers) for each in ARROWS],
)
def test_five_kills_at_each_arrow_lose_and_repeat_nothing(
    arrow: str, zygote: Zygote, fresh: Callable[[], Path], undisturbed: Undisturbed, faults: Faults
) -> None:
    struck = 0
    for sequence in kills_for(arrow, undisturbed.steps):
        more, lines = killed_then_whole(zygote, fresh(), undisturbed.answers, sequence)
        faults.compared(f"kill -9 at {arrow}", more, undisturbed.lines, lines)
        struck += more
    assert struck >= KILLS_AN_ARROW, f"only {struck} kills struck at {arrow}"


@pytest.mark.soak
def test_a_thousand_kills_anywhere_lose_and_repeat_nothing(
    zygote: Zygote, fresh: Callable[[], Path], undisturbed: Undisturbed, faults: Faults
) -> None:
    draw = random.Random(20261124)
    everywhere = [point for arrow in ARROWS for point in points(arrow, undisturbed.steps)]
    struck, patience = 0, Patience()
    while patience.lasts(struck):
        sequence = [draw.choice(everywhere) for _ in range(draw.choice((1, 2, 3, 5, 8)))]
        folder = fresh()
        more, lines = killed_then_whole(zygote, folder, undisturbed.answers, sequence)
        faults.compared("kill -9 anywhere on the road", more, undisturbed.lines, lines)
        shutil.rmtree(folder)
        struck += more
