"""A host on loopback and the real road: what was sent is committed soon, and frames go the whole way."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stream.road import latency, memory
from collectors.jetstream import Wire

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("wire", list(Wire))
def test_posts_of_a_host_on_loopback_are_committed_within_seconds(wire: Wire, tmp_path: Path) -> None:
    took = latency(tmp_path / "a", wire, seconds=3.0, rate=300.0, wanted=0.05)
    assert len(took.seconds) > 10
    assert 0 < sorted(took.seconds)[len(took.seconds) // 2] < 3.0


def test_frames_from_memory_go_the_whole_road(tmp_path: Path) -> None:
    marks = memory(tmp_path / "b", events=2000, step=500)
    assert [number for number, _ in marks] == [500, 1000, 1500, 2000] and all(mb > 0 for _, mb in marks)
