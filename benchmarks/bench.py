"""All measurements with a goal, in one command, with their history: `make bench`.

    .venv/bin/python benchmarks/bench.py [--quick] [--only NAME,NAME] [--no-history]

Each runs as a process of its own and is a ratio within one run. What came out goes to
benchmarks/results/DATE-COMMIT.json, the table of the newest run to latest.md, and how each ratio stood in
every kept run beside its goal to history.svg. `--quick` is a smoke test: small numbers, nothing kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench_rows import Row, machine
from benchmarks.gallery import GOALS as GALLERY_GOALS

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
NEXT_CARD_MS, DEEPEST = 200.0, 1.5


@dataclass(frozen=True, slots=True)
class Bench:
    """A script, its arguments for a run that counts and for a smoke test, and how its answer is read."""

    name: str
    arguments: Sequence[str]
    quick: Sequence[str]
    read: Callable[[Mapping[str, Any]], list[Row]]


def rows(answer: Mapping[str, Any]) -> list[Row]:
    """The answer of a script that speaks in rows already."""
    return [Row(**row) for row in answer["rows"]]


def in_words(answer: Mapping[str, Any]) -> list[Row]:
    """Rows whose measurement is a sentence."""
    return [
        Row(row["name"], _first_number(row["measured"]), "", row["goal"], row["met"], row["measured"])
        for row in answer["rows"]
    ]


def _first_number(words: str) -> float:
    for part in words.replace(",", "").split():
        try:
            return float(part)
        except ValueError:
            continue
    return float("nan")


def gallery(answer: Mapping[str, Any]) -> list[Row]:
    """Exact search: each named ratio of each kind of vectors."""
    return [
        Row(f"{name}, {row['kind']} vectors", float(row[name]), "x", f">= {goal}", row[name] >= goal)
        for row in answer["rows"]
        for name, goal in GALLERY_GOALS.items()
        if name in row
    ]


def review(answer: Mapping[str, Any]) -> list[Row]:
    """The next card, and the deepest page beside the first."""
    deep = answer["deepest_page_ms"] / answer["first_page_ms"]
    found = [Row("deepest page of candidates beside the first", deep, "x", f"<= {DEEPEST}", deep <= DEEPEST)]
    for name, value in answer.items():
        if name.endswith("_ms") and "page" not in name:
            goal = f"<= {NEXT_CARD_MS:.0f}" if "p95" in name else ""
            found.append(
                Row(f"next card, {name}", value, "ms", goal, value <= NEXT_CARD_MS if goal else None)
            )
    return found


BENCHES = (
    Bench("collect", ["--only", "sieve,memory"], ["--quick", "--only", "sieve"], in_words),
    Bench("ingest", [], ["--posts", "300", "--rounds", "1", "--sizes", ""], rows),
    Bench("gallery", [], ["--quick"], gallery),
    Bench("review", [], ["--candidates", "800", "--cards", "5"], review),
)


def run(bench: Bench, *, quick: bool) -> list[Row]:
    """Run one script. Raises RuntimeError with its last words."""
    arguments = bench.quick if quick else bench.arguments
    command = [sys.executable, str(HERE / f"{bench.name}.py"), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{bench.name}: {(done.stderr or done.stdout).strip()[-600:]}")
    text = done.stdout
    return bench.read(json.loads(text[text.index("{") :]))


def commit() -> str:
    """The short name of the code that is measured, with `+` where something is not committed."""
    said = subprocess.run(
        ["git", "-C", str(HERE), "describe", "--always", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def table(found: Mapping[str, Sequence[Row]], head: str) -> str:
    """The run as Markdown."""
    lines = [f"# {head}", "", "| what | value | goal | met |", "|---|---|---|---|"]
    for of_bench in found.values():
        for row in of_bench:
            verdict = {True: "yes", False: "**no**", None: "–"}[row.met]
            note = f" ({row.note})" if row.note else ""
            lines.append(f"| {row.name} | {row.value:.4g} {row.unit}{note} | {row.goal or '–'} | {verdict} |")
    return "\n".join(lines) + "\n"


def history(folder: Path) -> dict[str, list[tuple[str, float]]]:
    """Each ratio with a goal over all kept runs, oldest first: (run, value beside its goal)."""
    found: dict[str, list[tuple[str, float]]] = {}
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        for row in (Row(**each) for each in kept["rows"]):
            sign, _, number = row.goal.partition(" ")
            if sign in (">=", "<=") and row.value > 0:
                goal = float(number)
                share = row.value / goal if sign == ">=" else goal / row.value
                found.setdefault(row.name, []).append((file.stem, share))
    return found


def drawn(found: Mapping[str, Sequence[tuple[str, float]]]) -> str:
    """A line for each ratio: how far it is from its goal (the middle line; to the right is better)."""
    left, width, step = 340, 420, 26
    height = 40 + step * len(found)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<line x1="{left + width / 2}" y1="24" x2="{left + width / 2}" y2="{height}" stroke="#777"/>',
        f'<text x="{left + width / 2}" y="16" text-anchor="middle">goal</text>',
    ]
    for place, (name, runs) in enumerate(found.items()):
        y = 40 + step * place
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(name[:52])}</text>')
        for number, (run_of, share) in enumerate(runs):
            x = left + width * min(1.0, share / 2)
            shade = "#1a5fb4" if number == len(runs) - 1 else "#b0c4de"
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{shade}"><title>{escape(run_of)}</title></circle>'
            )
        parts.append(f'<text x="{left + width + 8}" y="{y + 4}">{runs[-1][1]:.2f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def keep(found: Mapping[str, Sequence[Row]], now: datetime) -> Path:
    """Write the run, the table and the picture."""
    RESULTS.mkdir(exist_ok=True)
    name = f"{now:%Y-%m-%d}-{commit().replace('+', '-changed')}"
    flat = [asdict(row) for of_bench in found.values() for row in of_bench]
    document = {
        "at": now.isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "rows": flat,
    }
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    head = f"{now:%Y-%m-%d}, {commit()}, {machine()}"
    (RESULTS / "latest.md").write_text(table(found, head), encoding="utf-8")
    (RESULTS / "history.svg").write_text(drawn(history(RESULTS)), encoding="utf-8")
    return file


def main() -> int:
    """Measure all, print, keep; 1 if a script failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: small numbers, nothing kept")
    parser.add_argument("--only", default="", help=", ".join(bench.name for bench in BENCHES))
    parser.add_argument("--no-history", action="store_true")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name]
    found: dict[str, list[Row]] = {}
    failed = 0
    for bench in BENCHES:
        if wanted and bench.name not in wanted:
            continue
        print(f"{bench.name} …", flush=True)
        try:
            found[bench.name] = run(bench, quick=given.quick)
        except (RuntimeError, ValueError, KeyError) as error:
            failed += 1
            print(f"    failed: {error}")
            continue
        for row in found[bench.name]:
            print(f"    {row.words()}")
    if found and not (given.quick or given.no_history):
        print(f"kept in {keep(found, datetime.now(UTC)).relative_to(HERE.parent)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
