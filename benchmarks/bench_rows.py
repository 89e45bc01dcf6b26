"""What every benchmark says alike: rows with a value and its goal, and the machine they were measured on."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: a ratio ("x") or an amount, the goal in words, whether it is met."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    note: str = ""

    def words(self) -> str:
        """For people."""
        verdict = {True: "met", False: "NOT MET", None: "measured"}[self.met]
        goal = f", goal {self.goal}" if self.goal else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}: {self.value:.4g} {self.unit}{goal}: {verdict}{note}"


def machine() -> str:
    """What this was measured on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def tell(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the rows, for people or for the history."""
    if as_json:
        sys.stdout.write(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}) + "\n")
        return
    sys.stdout.write(machine() + "\n")
    for row in rows:
        sys.stdout.write(row.words() + "\n")
