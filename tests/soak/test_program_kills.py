"""kill -9 of the whole program under traffic, at any moment: every post is stored once and answered once."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.chaos.bad_wire import BadWire
from tests.chaos.ledger import Faults, Patience
from tests.servers.mastodon import spawned
from tests.soak.installation import TAG
from tests.soak.run import Program, Report, compare, lay_places, settled
from tests.soak.traffic import PEOPLE, Traffic

PER_MIN = 60


@pytest.mark.soak
def test_the_program_killed_at_any_moment_loses_and_repeats_nothing(tmp_path: Path, faults: Faults) -> None:
    folder, draw, struck = tmp_path / "killed", random.Random("program"), 0
    (folder / "data").mkdir(parents=True)
    lay_places(folder)
    with BadWire() as wire, spawned(further=PEOPLE, domain=wire.netloc) as desk:
        wire.to = int(desk.base_url.rpartition(":")[2])
        traffic, patience = Traffic(desk, wire.netloc, TAG, PER_MIN, 7), Patience(1 / 50)
        program = Program(folder, wire)
        traffic.start()
        while patience.lasts(struck):
            time.sleep(draw.uniform(1, 8))
            program.kill()
            struck += 1
            program = Program(folder, wire)
        time.sleep(5)
        traffic.stop()
        report = Report(0)
        settled(program, traffic)
        compare(report, desk, program, traffic)
        program.stop()
    faults.befell(
        "kill -9 of the whole program",
        struck,
        lost=report.lost + report.unanswered + report.set_aside,
        doubled=report.doubled + report.answered_twice,
    )
