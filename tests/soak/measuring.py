"""What a process and its children take, read from /proc, and whether it grows: a slope with its interval.

Reads numbers and computes; starts and stops nothing. Linux only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

BLOCKS = 10
T_975 = 2.306
"""Student's t for 95 % and BLOCKS − 2 degrees of freedom."""
DECODER = "bot.photos.worker"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: megabytes (10^6) of memory, what is shared by share, of the decoder; handles, threads."""

    at_s: float
    memory_mb: float
    decoder_mb: float
    handles: int
    threads: int
    page_ms: float | None = None
    behind_s: float | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth of a series over the whole run: its mean, the change and the half width of its 95 % interval."""

    mean: float
    change: float
    plus_minus: float

    def is_flat(self, slack: float = 0.0) -> bool:
        """Whether no more growth is shown over the run than a twentieth of the mean, or than `slack`."""
        surely = self.change - self.plus_minus
        return surely <= max(0.05 * abs(self.mean), slack)


def slope(series: Sequence[tuple[float, float]]) -> Slope:
    """A line through the means of BLOCKS equal stretches: neighbours within one are no independent looks.

    `series` holds (seconds, value) in order of time. Needs at least 3 looks a stretch.
    """
    if len(series) < 3 * BLOCKS:
        raise ValueError(f"{len(series)} looks are too few for a slope")
    bounds = [i * len(series) // BLOCKS for i in range(BLOCKS + 1)]
    parts = [series[a:b] for a, b in pairwise(bounds)]
    xs = [sum(t for t, _ in part) / len(part) for part in parts]
    ys = [sum(v for _, v in part) / len(part) for part in parts]
    mid_x, mean = sum(xs) / BLOCKS, sum(ys) / BLOCKS
    spread = sum((x - mid_x) ** 2 for x in xs)
    rate = sum((x - mid_x) * (y - mean) for x, y in zip(xs, ys, strict=True)) / spread
    rest = sum((y - mean - rate * (x - mid_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    error = math.sqrt(rest / (BLOCKS - 2) / spread)
    whole = series[-1][0] - series[0][0]
    return Slope(mean, rate * whole, T_975 * error * whole)


def children(pid: int) -> list[int]:
    """The processes that this one started and that live, and theirs."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(word) for word in file.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *children(child)]
    return found


def decoders(pid: int) -> list[int]:
    """The photo decoders among them."""
    return [child for child in children(pid) if DECODER in _command(child)]


def look(pid: int, at_s: float) -> Sample:
    """What the process and its children hold now. Raises OSError when it is gone."""
    decoding = sum(_share_mb(child) for child in children(pid))
    status = Path(f"/proc/{pid}/status").read_text()
    threads = int(next(line.split()[1] for line in status.splitlines() if line.startswith("Threads:")))
    handles = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Sample(at_s, _share_mb(pid), decoding, handles, threads)


def peak_mb(pid: int) -> float:
    """The most memory that the process alone ever held (resident), in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1000


def _share_mb(pid: int) -> float:
    """Memory that counts for this process: its own, and its share of what several map."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))) / 1000


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
