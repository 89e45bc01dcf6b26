"""The soak: a day of a campaign at 20 times its speed, with faults. Nothing is lost and nothing grows.

HOMEWARD_SOAK_HOURS are the simulated hours (24: 72 minutes); HOMEWARD_RELIABILITY is where the report goes.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chaos.ledger import put
from tests.soak.run import BEGIN, END, MOST_MEMORY_MB, SLACK, SPEED, soak, words_of


@pytest.mark.soak
def test_a_day_of_campaign_traffic_with_faults_loses_nothing_and_stays_flat(tmp_path: Path) -> None:
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("memory is read from /proc, which this system does not have")
    hours = float(os.environ.get("HOMEWARD_SOAK_HOURS", "24"))
    report = soak(tmp_path / "soak", 60 * hours / SPEED)
    file = os.environ.get("HOMEWARD_RELIABILITY")
    if file:
        put(Path(file), BEGIN, END, words_of(report, datetime.now(UTC)))
    assert not report.died
    assert (report.lost, report.doubled, report.answered_twice, report.unanswered) == (0, 0, 0, 0)
    assert report.set_aside == 0
    assert len(report.faults) >= 8 or hours < 2, f"too few kinds of faults befell: {report.faults}"
    assert report.peak_daemon_mb < MOST_MEMORY_MB and report.peak_all_mb < MOST_MEMORY_MB
    grown = {name: each for name, each in report.slopes.items() if not each.is_flat(SLACK[name])}
    assert not grown
