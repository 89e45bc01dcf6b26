"""The file STOP in the data folder: while it is there, this installation sends nothing. Needs no database.

Whoever can write into the folder can stop; taking the file away by hand is not enough to go on
(bot/pipeline/brake.py).
"""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

NAME = "STOP"
_MOST_CHARS = 2000


class StopFile:
    """The file, and beside it a mark in memory for the case that it cannot be written.

    Without a path only the memory counts. Safe from any thread and from a signal handler.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory = threading.Event()

    @property
    def is_on(self) -> bool:
        """Whether sending is stopped. One look at the folder; a folder that cannot be read stops too."""
        if self._memory.is_set():
            return True
        if self.path is None:
            return False
        try:
            self.path.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def stop(self, *, by: str, why: str, at: datetime) -> bool:
        """Stop at once. False if the file could not be written: then it holds for this process alone."""
        self._memory.set()
        if self.path is None:
            return True
        text = json.dumps({"by": by, "why": why, "at": at.isoformat()})
        draft = self.path.with_name(f".{NAME}.{os.getpid()}")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            log.error("stop_file_not_written", reason=error.strerror)
            return False
        self._memory.clear()
        return True

    def said(self) -> tuple[str, str]:
        """(by, why) as the file says, or that it is there."""
        found: object = {}
        try:
            if self.path is not None:
                with self.path.open(encoding="utf-8", errors="replace") as file:
                    found = json.loads(file.read(_MOST_CHARS))
        except (OSError, ValueError):
            found = {}
        told = found if isinstance(found, dict) else {}
        return str(told.get("by") or "somebody"), str(told.get("why") or f"the file {NAME} is there")

    def release(self) -> None:
        """Let go of file and memory. Raises OSError when the file cannot be removed."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self._memory.clear()
