"""The data folder: what lies where, whether it can be written, and the daemon's lock.

Real data lies in the folder itself, the sample's in `sample/` below it: the two never meet.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from store.errors import UsageError

SAMPLE_LEFT = "sample-left"


@dataclass(frozen=True, slots=True)
class Home:
    """Where one installation keeps its things; `is_sample` tells which of the two it is."""

    folder: Path
    is_sample: bool

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "homeward.db"

    @property
    def photos(self) -> Path:
        """The folder of blobs."""
        return self.folder / "photos"

    @property
    def quarantine(self) -> Path:
        """Sealed bytes of pictures that nobody may be shown."""
        return self.folder / "quarantine"

    @property
    def key(self) -> Path:
        """The sealing key, where the environment gives none."""
        return self.folder / "seal.key"

    @property
    def backup_key(self) -> Path:
        """The key that opens backups, where the environment gives none."""
        return self.folder / "backup.key"

    @property
    def signing_key(self) -> Path:
        """The key that signs case files, where the environment gives none."""
        return self.folder / "signing.key"

    @property
    def case_files(self) -> Path:
        """Encrypted case files that wait to be fetched."""
        return self.folder / "case-files"

    @property
    def stop(self) -> Path:
        """While this file is there nothing is sent."""
        return self.folder / "STOP"

    @property
    def unfinished(self) -> Path:
        """While this file is there, a restore is not finished and nothing may be served."""
        return self.folder / "restore-unfinished.json"

    @property
    def restoring(self) -> Path:
        """Where a restore makes everything ready before it takes the place of what is here."""
        return self.folder.with_name(f".{self.folder.name}.restoring")

    @property
    def inbox(self) -> Path:
        """Payloads put here are imported by the daemon."""
        return self.folder / "inbox"

    @property
    def scratch(self) -> Path:
        """Packed files that are being imported are unpacked here, and what was unpacked goes again."""
        return self.folder / "unpacked"

    @property
    def places(self) -> Path:
        """The gazetteer. It holds no data of people and is shared by sample and real data."""
        return (self.folder.parent if self.is_sample else self.folder) / "places.sqlite"

    def prepare(self) -> None:
        """Make the folders. Raises UsageError with one clear sentence when that cannot be."""
        with _writing(self.folder):
            if not self.folder.exists() and (self.restoring / self.unfinished.name).exists():
                # A restore was cut off between its two last steps: all that is missing is the name.
                self.restoring.replace(self.folder)
            for folder in (self.folder, self.photos, self.inbox):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = self.folder / f".write-test-{os.getpid()}"
            probe.touch()
            probe.unlink()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Whatever cannot be written here is one clear sentence."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            str(folder), f"cannot be written ({error.strerror}); choose another folder with --data"
        ) from error


def choose(root: Path, *, has_hashtags: bool, real: bool = False, sample: bool = False) -> Home:
    """The sample until real data begins: hashtags in the config, a real database, or the sample left."""
    is_real = real or has_hashtags or (root / SAMPLE_LEFT).exists() or (root / "homeward.db").exists()
    if sample or not is_real:
        return Home(root / "sample", True)
    return Home(root, False)


def leave_sample(root: Path) -> None:
    """Remember that the sample has been left; its data stays where it is, apart. Raises UsageError."""
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        (root / SAMPLE_LEFT).write_text("The sample was left; `run_bot.py sample enter` brings it back.\n")


def enter_sample(root: Path) -> None:
    """Show the sample again. Raises UsageError when real data has begun here."""
    if (root / "homeward.db").exists():
        raise UsageError(str(root), "holds real data; look at the sample in another folder with --data")
    with _writing(root):
        (root / SAMPLE_LEFT).unlink(missing_ok=True)


class DaemonLock:
    """The lock of the one process that works off the queue in this folder. Freed by its death."""

    def __init__(self, home: Home) -> None:
        self._path = home.folder / "daemon.lock"
        self._file: TextIOWrapper | None = None

    def take(self) -> None:
        """Take the lock. Raises UsageError naming the process that holds it."""
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise UsageError(
                str(self._path.parent),
                f"is in use by a running Homeward (process {holder}); stop it or give another --data",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None
