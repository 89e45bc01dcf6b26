"""How much room the installation takes and has, measured. Frees nothing: bot/pipeline/space.py does.

Counts files under the data folder; where photos lie in an object store, only what is here is counted.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

GB = 1_000_000_000
TIGHT = 0.9
"""From this share of the limit on, copies for showing give way."""
EASED = 0.85
"""Until the use is below this share."""
COSTS_AT_MOST = 50
"""Between two measurements lies so many times what one takes: a large folder is counted seldom."""


class Room(StrEnum):
    """What may still be written."""

    ENOUGH = "enough"
    TIGHT = "tight"
    FULL = "full"


@dataclass(slots=True)
class Space:
    """The room of one installation. `max_bytes` 0: no limit of its own; `min_free_bytes` stays for posts.

    `folder` None (tests, memory): there is always enough.
    """

    folder: Path | None = None
    max_bytes: int = 0
    min_free_bytes: int = 0
    used_bytes: int = 0
    free_bytes: int = 0
    room: Room = Room.ENOUGH
    timer: Callable[[], float] = time.monotonic
    _not_before: float = field(default=float("-inf"))

    def measure(self, *, anew: bool = False) -> Room:
        """Count again if it is time to (or `anew`); gives what may be written. OSError for no folder."""
        if self.folder is None:
            return self.room
        begun = self.timer()
        if anew or begun >= self._not_before:
            self.used_bytes = used(self.folder) if self.max_bytes else 0
            took = self.timer() - begun
            self._not_before = begun + took * COSTS_AT_MOST
        self.free_bytes = shutil.disk_usage(self.folder).free
        self.room = self._judged()
        return self.room

    def freed(self, count: int) -> None:
        """So many bytes were given back since the last measurement."""
        self.used_bytes = max(0, self.used_bytes - count)

    def wanted_bytes(self) -> int:
        """How much should give way: 0 unless it is tight."""
        over = self.used_bytes - int(EASED * self.max_bytes) if self.max_bytes else 0
        low = 2 * self.min_free_bytes - self.free_bytes
        return max(0, over, low) if self.room is not Room.ENOUGH else 0

    def words(self) -> str:
        """For people: what is used and free."""
        free = f"{self.free_bytes / GB:.1f} GB free"
        if not self.max_bytes:
            return free
        return f"{self.used_bytes / GB:.1f} of {self.max_bytes / GB:.1f} GB used, {free}"

    def _judged(self) -> Room:
        share = self.used_bytes / self.max_bytes if self.max_bytes else 0.0
        if share >= 1 or self.free_bytes < self.min_free_bytes:
            return Room.FULL
        if share >= TIGHT or self.free_bytes < 2 * self.min_free_bytes:
            return Room.TIGHT
        return Room.ENOUGH


def used(folder: Path) -> int:
    """Bytes that the files below this folder take on the disk; what vanishes meanwhile counts nothing."""
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += _size(entry, waiting)
        except FileNotFoundError:
            continue
    return total


def _size(entry: os.DirEntry[str], waiting: list[str]) -> int:
    if entry.is_dir(follow_symlinks=False):
        waiting.append(entry.path)
        return 0
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return 0
