"""Measure the collecting of a stream: the hashtag sieve against `json.loads`, sent-to-committed, memory.

Usage: python benchmarks/collect.py [--quick] [--strict] [--json] [--only PARTS] [--data FOLDER]
`--quick` is a smoke test of all parts in some seconds. FOLDER (or HOMEWARD_DATA) holds recorded frames in
posts/bluesky; without it only made-up ones are measured. Goals are printed with what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench_rows import machine
from benchmarks.stream import frames as made
from benchmarks.stream.road import latency, memory
from collectors.hashtags import extract, normalise
from collectors.jetstream import Wire
from collectors.sieve import Sieve
from store.records.page import TagQuery

QUERIES = (TagQuery(any=made.WANTED),)
NAMES = frozenset(normalise(tag) for tag in made.WANTED)
LEAST_SIEVE, MOST_P50_S, MOST_GROWTH_MB = 8.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, what is asked for ("" where nothing is), whether that is kept."""

    name: str
    goal: str
    measured: str
    met: bool | None = None


def plainly(data: bytes) -> bool:
    """The sieve's decision over `json.loads`, as plainly as it can be written."""
    event = json.loads(data)
    about = event["payload"] if "payload" in event else event["commit"]
    if about["operation"] == "delete":
        return bool(about["collection"] == made.POST)
    record = about["record"]
    tags = list(record.get("tags") or ())
    for facet in record.get("facets") or ():
        tags += [each["tag"] for each in facet["features"] if each["$type"] == f"{made.FACET}tag"]
    text = record.get("text", "")
    if "#" in text or "＃" in text:
        tags += extract(text)
    return any(normalise(tag) in NAMES for tag in tags)


def paired(events: Sequence[bytes], ways: Sequence[Callable[[bytes], Any]], rounds: int) -> list[list[float]]:
    """Processor time in nanoseconds an event of each way, all ways in turn in each round."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, spent in zip(ways, taken, strict=True):
            begun = time.thread_time_ns()
            for data in events:
                way(data)
            spent.append((time.thread_time_ns() - begun) / len(events))
    return taken


def sieve_row(name: str, events: Sequence[bytes], wire: Wire, rounds: int, *, is_goal: bool) -> Row:
    """The sieve beside `json.loads`, in one run; and that both decide the same."""
    passes = Sieve(QUERIES, wire).passes
    missed = sum(plainly(data) and not passes(data) for data in events)
    in_vain = sum(passes(data) and not plainly(data) for data in events)
    ours, theirs, alone = paired(events, (passes, plainly, json.loads), rounds)
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    over_loads = statistics.median(b / a for a, b in zip(ours, alone, strict=True))
    words = (
        f"{ratio:.1f} x json.loads with the same decision ({over_loads:.1f} x json.loads alone; "
        f"{statistics.median(ours):.0f} ns an event of {statistics.mean(map(len, events)):.0f} B, "
        f"{len(events)} events, {missed} missed, {in_vain} let through in vain)"
    )
    goal = f">= {LEAST_SIEVE:g} x, 0 missed" if is_goal else "0 missed"
    return Row(f"sieve {wire}, {name}", goal, words, missed == 0 and (not is_goal or ratio >= LEAST_SIEVE))


def sieve_rows(quick: bool, data: Path | None) -> list[Row]:
    """All mixes on both wires."""
    count, rounds = (400, 3) if quick else (4000, 25)
    rows = []
    for wire in Wire:
        everything = recorded(data, wire)
        rows.append(sieve_row("all that people do", made.network(1, wire, count), wire, rounds, is_goal=True))
        rows.append(sieve_row("posts alone", made.posts(2, wire, count), wire, rounds, is_goal=True))
        if everything:
            told = [frame for frame in everything if b'"collection":"app.bsky.feed.post"' in frame]
            rows.append(sieve_row("recorded, all", everything * 5, wire, rounds * 2, is_goal=True))
            rows.append(sieve_row("recorded, posts alone", told * 40, wire, rounds * 2, is_goal=True))
        worst = made.tagged(3, wire, count)
        rows.append(sieve_row("worst case, all tagged", worst, wire, rounds, is_goal=False))
    return rows


def recorded(data: Path | None, wire: Wire) -> list[bytes]:
    """Recorded commits as a host writes them: no spaces; for the second format in its envelope."""
    file = data / "posts" / "bluesky" / "jetstream-v1.jsonl" if data else None
    if file is None or not file.exists():
        return []
    found = []
    for line in file.read_bytes().splitlines():
        event = json.loads(line) if line.strip() else {}
        if event.get("kind") != "commit":
            continue
        if wire is Wire.V2:
            seen = datetime.fromtimestamp(event["time_us"] / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            kind = "network.bsky.jetstream.subscribeEvents#commit"
            head = {"$type": kind, "seq": 900_000_000, "did": event["did"], "time": seen}
            event = {"$type": "message", "payload": {**head, **event["commit"]}}
        found.append(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    return found


def latency_rows(quick: bool, folder: Path) -> list[Row]:
    """From sent to committed, through the real collector and the real store."""
    rows = []
    for wire in (Wire.V2,) if quick else tuple(Wire):
        seconds, rate = (3.0, 500.0) if quick else (30.0, 2000.0)
        took = latency(folder / wire.value, wire, seconds, rate, wanted=0.01)
        cuts = statistics.quantiles(took.seconds, n=20) if len(took.seconds) > 1 else [float("inf")] * 19
        words = (
            f"p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s, {len(took.seconds)} posts committed; "
            f"{took.events_per_s:.0f} events/s at {100 * took.cpu_share:.0f} % of a core"
        )
        rows.append(Row(f"sent to committed, {wire}", f"p50 < {MOST_P50_S:g} s", words, cuts[9] < MOST_P50_S))
    return rows


def memory_rows(quick: bool, folder: Path) -> list[Row]:
    """Resident memory while events go through follow, page, commit."""
    events, step = (6_000, 1_000) if quick else (1_000_000, 100_000)
    marks = memory(folder / "memory", events, step)
    behind = marks[len(marks) // 2 :]  # what comes before fills caches that have a limit
    slope = _slope([n / 1e5 for n, _ in behind], [mb for _, mb in behind])
    words = (
        f"{marks[0][1]:.0f} MB at {marks[0][0]:,} events, {marks[-1][1]:.0f} MB at {marks[-1][0]:,}; "
        f"{slope:+.2f} MB for each 100,000 over the second half"
    )
    goal = f"< {MOST_GROWTH_MB:g} MB for each 100,000"
    return [Row("memory over the stream", goal, words, None if quick else slope < MOST_GROWTH_MB)]


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    return statistics.linear_regression(xs, ys).slope


def main() -> int:
    """Measure and print; 1 if a goal is not met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: some seconds, small numbers")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a goal is not met")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--only", default="sieve,latency,memory", help="parts, with commas between")
    parser.add_argument("--data", type=Path, default=os.environ.get("HOMEWARD_DATA"))
    asked = parser.parse_args()
    parts = asked.only.split(",")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        if "sieve" in parts:
            rows += sieve_rows(asked.quick, asked.data)
        if "latency" in parts:
            rows += latency_rows(asked.quick, Path(folder))
        if "memory" in parts:
            rows += memory_rows(asked.quick, Path(folder))
    if asked.json:
        print(json.dumps({"machine": machine(), "quick": asked.quick, "rows": [asdict(row) for row in rows]}))
    else:
        print(machine())
        for row in rows:
            verdict = {True: "met", False: "NOT MET", None: "measured"}[row.met]
            print(f"{row.name}: {row.measured}\n    goal {row.goal}: {verdict}")
    is_short = any(row.met is False for row in rows)
    return 1 if asked.strict and is_short else 0


if __name__ == "__main__":
    raise SystemExit(main())
