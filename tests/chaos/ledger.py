"""The table of faults: what befell how often, and what was lost or doubled by it. Printed after every run.

Each test says what it let befall; a fault that did not happen fails its test. With HOMEWARD_RELIABILITY (the
path of a Markdown file) the table is also put there, dated, between its two marks.
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

PROPERTY = "chaos"
BEGIN, END = "<!-- faults: written by make soak -->", "<!-- faults: end -->"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Row:
    """One fault: how often it befell, how much was lost, how much is there twice."""

    times: int = 0
    lost: int = 0
    doubled: int = 0


class Patience:
    """How long a soaking test goes on: until so many faults befell, or until its time is over.

    HOMEWARD_SOAK_KILLS is the number (1,000), HOMEWARD_SOAK_MINUTES the most minutes of each test (no bound).
    """

    def __init__(self, share: float = 1.0) -> None:
        self.wanted = max(1, round(int(os.environ.get("HOMEWARD_SOAK_KILLS", "1000")) * share))
        self._end = time.monotonic() + 60 * float(os.environ.get("HOMEWARD_SOAK_MINUTES", "inf"))

    def lasts(self, struck: int) -> bool:
        """Whether to go on after so many faults. At least one befalls."""
        return struck < self.wanted and (not struck or time.monotonic() < self._end)


class Faults:
    """What one test let befall."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def befell(self, fault: str, times: int = 1, *, lost: int = 0, doubled: int = 0) -> None:
        """Say that a fault really befell so often, and what came of it."""
        row = self.rows.setdefault(fault, Row())
        row.times, row.lost, row.doubled = row.times + times, row.lost + lost, row.doubled + doubled

    def compared(self, fault: str, times: int, before: Iterable[str], after: Iterable[str]) -> None:
        """Say it by two dumps: what is missing is lost, what came in addition is doubled."""
        was, now = list(before), list(after)
        self.befell(fault, times, lost=len(_without(was, now)), doubled=len(_without(now, was)))
        assert _without(was, now) == [], f"lost after {fault}"
        assert _without(now, was) == [], f"doubled after {fault}"


def _without(some: list[str], others: list[str]) -> list[str]:
    left = list(others)
    return [line for line in some if not (line in left and not left.remove(line))]


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Iterator[Faults]:
    """What this test lets befall. It fails where nothing did, or where anything was lost or doubled."""
    made = Faults()
    yield made
    for name, row in made.rows.items():
        request.node.user_properties.append((PROPERTY, [name, row.times, row.lost, row.doubled]))
    assert made.rows, "no fault befell"
    for name, row in made.rows.items():
        assert row.times, f"{name} did not happen"
        assert (row.lost, row.doubled) == (0, 0), f"{name}: {row}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table, and write it where it was asked for."""
    found: dict[str, Row] = {}
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", "") != "teardown":
                continue
            for name, value in report.user_properties:
                if name == PROPERTY:
                    row = found.setdefault(value[0], Row())
                    row.times += value[1]
                    row.lost += value[2]
                    row.doubled += value[3]
    if not found:
        return
    terminalreporter.section("faults")
    width = max(map(len, found))
    terminalreporter.write_line(f"{'fault':{width}}  times  lost  doubled")
    for name, row in sorted(found.items()):
        terminalreporter.write_line(f"{name:{width}}  {row.times:5}  {row.lost:4}  {row.doubled:7}")
    file = os.environ.get("HOMEWARD_RELIABILITY")
    if file:
        write(Path(file), found, datetime.now(UTC))


def write(file: Path, rows: dict[str, Row], at: datetime) -> None:
    """Put the table between its marks; what stands around them stays."""
    put(file, BEGIN, END, table(rows, at))


def put(file: Path, begin: str, end: str, words: str) -> None:
    """Put words between two marks of a file; what stands around them stays."""
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    file.write_text(f"{before}{begin}\n{words}{end}{after}", encoding="utf-8")


def table(rows: dict[str, Row], at: datetime) -> str:
    """The table as Markdown, with when, on which commit and on which machine."""
    kills = sum(row.times for name, row in rows.items() if name.startswith("kill -9"))
    lines = [f"{at:%Y-%m-%d %H:%M} UTC, commit {commit()}, {machine()}; {kills:,} kills.", ""]
    lines += ["| fault | times | lost | doubled |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {row.times:,} | {row.lost} | {row.doubled} |" for name, row in sorted(rows.items())
    ]
    return "\n".join(lines) + "\n"


def commit() -> str:
    """The commit that is checked out, shortened, and whether files differ from it."""

    def ask(*words: str) -> str:
        said = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return said.stdout.strip()

    changed = " with changes" if ask("status", "--porcelain", "--untracked-files=no") else ""
    return (ask("rev-parse", "--short", "HEAD") or "unknown") + changed


def machine() -> str:
    """What this ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {system}"
