"""What config.yaml says of backups, as the plan that is handed to whoever makes them. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.home import Home
from bot.pipeline.backup_file import Keys


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Where backups go, how often, how long they are kept, and who can open them.

    `keys` makes our own key where there is none yet; `folder` None: by hand alone.
    """

    home: Home
    config_file: Path
    keys: Callable[[], Keys]
    folder: Path | None = None
    every: timedelta = timedelta(hours=24)
    keep: timedelta = timedelta(days=30)
