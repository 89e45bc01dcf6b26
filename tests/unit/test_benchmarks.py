"""The benchmark of collecting runs, decides as the plain way does, and makes frames that a reader takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import collect
from benchmarks.stream import frames
from collectors.jetstream import Kind, Wire, peek
from collectors.sieve import Sieve
from tests.unit.collectors.make import NOW


def test_the_quick_run_measures_the_sieve_and_misses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["collect.py", "--quick", "--json", "--only", "sieve"])
    monkeypatch.setattr(collect, "recorded", lambda data, wire: [])
    assert collect.main() == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["rows"]) == 6 and all(", 0 missed" in row["measured"] for row in said["rows"])


@pytest.mark.parametrize("wire", list(Wire))
def test_made_up_frames_are_events_of_their_format_and_wanted_ones_are_found(wire: Wire) -> None:
    sieve = Sieve(collect.QUERIES, wire)
    maker = frames.Maker(3, wire)
    for number in range(30):
        tag = frames.WANTED[number % len(frames.WANTED)]
        data = maker.post(1_780_000_000_000_000 + number, (tag,))
        assert peek(data, wire).kind is Kind.POST and sieve.passes(data)
        (post,) = sieve.read(data, NOW, "here").posts
        assert tag in post.hashtags and not post.problems
    assert peek(maker.like(1_780_000_000_000_000), wire).kind is Kind.OTHER
    assert sieve.read(maker.deletion(1_780_000_000_000_000), NOW, "here").gone


def test_the_plain_way_decides_as_the_sieve_and_the_reader_do() -> None:
    sieve = Sieve(collect.QUERIES, Wire.V1)
    for data in frames.posts(5, Wire.V1, 300, wanted=0.3):
        found = bool(sieve.read(data, NOW, "here").posts)
        assert collect.plainly(data) is found
        assert sieve.passes(data) or not found


def test_recorded_frames_are_wrapped_for_the_second_format(tmp_path: Path) -> None:
    folder = tmp_path / "posts" / "bluesky"
    folder.mkdir(parents=True)
    event = frames.posts(1, Wire.V1, 1)[0]
    (folder / "jetstream-v1.jsonl").write_bytes(event + b'\n{"kind":"identity"}\n')
    (wrapped,) = collect.recorded(tmp_path, Wire.V2)
    assert peek(wrapped, Wire.V2).kind is Kind.POST
    assert collect.recorded(None, Wire.V1) == []
