"""`make fuzz`: read many bad inputs with each parser, one process a parser, and print a table.

Usage: python -m tests.fuzz [--count 100000] [--seed 1] [--only NAME] [--jobs 1] [--list] [--keep]
The exit code is 1 if anything was found; `--keep` writes what was found into tests/fuzz/corpus.
"""

# ruff: noqa: E501, T201  (it prints a table)
from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz import running
from tests.fuzz.all_targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).resolve().parents[2]
SILENT_S = 3600.0


def child(name: str, count: int, seed: int, folder: Path) -> int:
    """Run one parser in this process, with a cap on its memory; what came of it is written beside the scratch."""
    running.cap_memory(running.MORE_MEMORY_MB)
    outcome = running.run(TARGETS[name], folder, count=count, seed=seed, at_hand=folder.parent / "at-hand")
    found = [{"data": each.data.hex(), "how": each.how} for each in outcome.findings]
    told = {
        "inputs": outcome.inputs, "values": outcome.values, "refusals": dict(outcome.refusals), "found": found,
        "longest_ms": outcome.longest_ms, "took_s": outcome.took_s, "grown_mb": outcome.grown_mb,
    }  # fmt: skip
    (folder.parent / "outcome.json").write_text(json.dumps(told))
    return 0


def parent(name: str, count: int, seed: int) -> tuple[str, list[tuple[bytes, str]]]:
    """The row of one parser, and what was found."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as top:
        scratch = Path(top, "scratch")
        scratch.mkdir()
        command = [
            sys.executable,
            "-m",
            "tests.fuzz",
            "--child",
            name,
            "--count",
            str(count),
            "--seed",
            str(seed),
        ]
        done = subprocess.run(
            [*command, "--folder", str(scratch)], cwd=ROOT, capture_output=True, check=False,
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        )  # fmt: skip
        outcome = Path(top, "outcome.json")
        if not outcome.exists():
            at_hand = Path(top, "at-hand")
            data = at_hand.read_bytes() if at_hand.exists() else b""
            how = (
                f"the process ended with {done.returncode}: {done.stderr[-1500:].decode('utf-8', 'replace')}"
            )
            return f"| {name} | - | - | - | - | - | ENDED |", [(data, how)]
        told = json.loads(outcome.read_text())
    refused = sum(told["refusals"].values())
    numbers = f"{told['inputs']:,} | {told['values']:,} | {refused:,} | {told['longest_ms']:.0f} | {told['grown_mb']:.0f}"
    found = [(bytes.fromhex(each["data"]), each["how"]) for each in told["found"]]
    return (
        f"| {name} | {TARGETS[name].what} | {numbers} | {len(found) or '0'} | {told['took_s']:.0f} s",
        found,
    )


def rows(
    names: Sequence[str], count: int, seed: int, jobs: int
) -> Iterator[tuple[str, str, list[tuple[bytes, str]]]]:
    """Name, row, findings of each parser, in their order, as they come."""
    with ThreadPoolExecutor(jobs) as pool:
        for name, (row, found) in zip(
            names, pool.map(lambda each: parent(each, count, seed), names), strict=True
        ):
            yield name, row, found


def keep(name: str, data: bytes) -> Path:
    """Write an input into the corpus, named by its digest."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 1 if anything was found."""
    reader = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz every parser of outside bytes."
    )
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--only", action="append", default=[])
    reader.add_argument("--jobs", type=int, default=1)
    reader.add_argument("--list", action="store_true")
    reader.add_argument("--keep", action="store_true")
    reader.add_argument("--child", default="", help=argparse.SUPPRESS)
    reader.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = reader.parse_args(arguments)
    if asked.child:
        return child(asked.child, asked.count, asked.seed, asked.folder)
    names = [name for name in TARGETS if not asked.only or name in asked.only]
    if asked.list:
        print("\n".join(f"{name}: {TARGETS[name].what}" for name in names))
        return 0
    print("| parser | what | inputs | values | refusals | longest ms | MB more | found | took")
    print("|---|---|---|---|---|---|---|---|---", flush=True)
    total = 0
    for name, row, found in rows(names, asked.count, asked.seed, asked.jobs):
        print(row, flush=True)
        for data, how in found:
            total += 1
            place = f" (kept as {keep(name, data).relative_to(ROOT)})" if asked.keep else f" {data[:120]!r}"
            print(f"  {name}: {how}{place}", flush=True)
    print(f"{len(names)} parsers, {total} found")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
