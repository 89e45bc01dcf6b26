"""The operator's hash lists as files: read when they change, kept in memory, asked about each photo.

Reads what `abuse_lists:` in config.yaml names and nothing else. A list that was never read stops the looking
at photos rather than letting them pass.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.match.hashlists import HashList, Hit, IndexedList, Terms, parse
from store.errors import PhotoUnavailable
from store.records.quarantine import PhotoPrint

log = structlog.get_logger(__name__)

NO_LISTS = "none"
MAX_LIST_MB = 512.0
VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that the operator named: its terms, where it lies, and after how many days it is old."""

    terms: Terms
    path: Path
    max_age_days: float = 30.0


@dataclass(frozen=True, slots=True)
class ListHealth:
    """How a list stands: entries in use, lines that could not be used, when its file was written, trouble.

    `trouble` is "" while the file can be read; a list that was read before stays in use.
    """

    file: ListFile
    version: str = ""
    size: int = 0
    bad_lines: int = 0
    problems: tuple[tuple[int, str], ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    written_at: datetime | None = None
    trouble: str = ""

    def is_old(self, now: datetime) -> bool:
        """Whether the supplier's file is older than the operator allows."""
        limit = timedelta(days=self.file.max_age_days)
        return self.written_at is not None and now - self.written_at > limit


@dataclass(frozen=True, slots=True)
class ListSet:
    """The lists in use at one moment. `id` changes whenever one of them does."""

    id: str
    lists: tuple[HashList, ...]

    def hits(self, photo: PhotoPrint) -> list[Hit]:
        """One hit for each list that the photo is on."""
        return [hit for each in self.lists if (hit := each.matches(photo)) is not None]


@dataclass(slots=True)
class _Held:
    stamp: tuple[int, int, int]
    loaded: IndexedList | None
    health: ListHealth


class HashLists:
    """The lists of an installation. Safe to share between threads; `current` reads changed files again."""

    def __init__(self, files: Sequence[ListFile] = (), further: Sequence[HashList] = ()) -> None:
        self._files, self._further = tuple(files), tuple(further)
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._set: ListSet | None = None

    def current(self) -> ListSet:
        """The lists as their files stand now.

        Raises PhotoUnavailable when one of them could never be read: no photo passes unchecked.
        """
        with self._lock:
            changed = [file for file in self._files if self._refresh(file)]
            missing = [file.terms.name for file in self._files if self._held[file.terms.name].loaded is None]
            if missing:
                raise PhotoUnavailable(
                    "abuse_lists", f"{', '.join(missing)} cannot be read, so photos wait; see `doctor`"
                )
            if self._set is None or changed:
                self._set = self._joined()
            return self._set

    def health(self) -> list[ListHealth]:
        """How each list stands, those that cannot be read included."""
        with self._lock:
            for file in self._files:
                if self._refresh(file):
                    self._set = None
            return [self._held[file.terms.name].health for file in self._files]

    def _joined(self) -> ListSet:
        loaded: list[HashList] = [held.loaded for held in self._held.values() if held.loaded is not None]
        lists = (*loaded, *self._further)
        if not lists:
            return ListSet(NO_LISTS, ())
        names = sorted(_signature(each) for each in lists)
        return ListSet(hashlib.sha256("\n".join(names).encode()).hexdigest()[:VERSION_DIGITS], lists)

    def _refresh(self, file: ListFile) -> bool:
        """Read the file if it changed since. True if another content is in use now."""
        name = file.terms.name
        held = self._held.get(name)
        try:
            found = file.path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if held is not None and held.stamp == stamp:
                return False
            written = datetime.fromtimestamp(found.st_mtime, tz=UTC)
            loaded, health = _read(file, found.st_size, written)
        except (OSError, UnicodeDecodeError) as error:
            self._held[name] = _in_trouble(file, held, error)
            return False
        self._held[name] = _Held(stamp, loaded, health)
        log.info(
            "hash_list_read",
            list=name,
            version=health.version,
            entries=health.size,
            bad_lines=health.bad_lines,
        )
        return held is None or held.loaded is None or held.loaded.version != loaded.version


def _signature(each: HashList) -> str:
    terms = each.terms if isinstance(each, IndexedList) else ""
    return f"{each.name}|{each.kind}|{each.version}|{terms}"


def _read(file: ListFile, size: int, written: datetime) -> tuple[IndexedList, ListHealth]:
    if size > MAX_LIST_MB * 1_000_000:
        raise OSError(0, f"is larger than {MAX_LIST_MB:g} MB")
    data = file.path.read_bytes()
    version = hashlib.sha256(data).hexdigest()[:VERSION_DIGITS]
    text = io.StringIO(data.decode("utf-8-sig"), newline=None)
    loaded = IndexedList(
        file.terms, version, parse(text, file.terms.kind, least_quality=file.terms.least_quality)
    )
    problems = tuple((problem.line, problem.reason) for problem in loaded.problems)
    if not loaded.size:
        first = f" (line {problems[0][0]}: {problems[0][1]})" if problems else ""
        raise OSError(0, f"holds no usable hash{first}")
    health = ListHealth(
        file, version, loaded.size, loaded.bad_lines, problems, loaded.left_out, written_at=written
    )
    return loaded, health


def _in_trouble(file: ListFile, held: _Held | None, error: OSError | UnicodeDecodeError) -> _Held:
    why = "is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else (error.strerror or str(error))
    words = f"{file.path}: {why}"
    if held is None:
        return _Held((0, 0, 0), None, ListHealth(file, trouble=words))
    if held.health.trouble != words:
        log.warning("hash_list_trouble", list=file.terms.name, reason=why)
    # What was read before stays in use; the stamp is forgotten so that the file is tried again.
    return _Held((0, 0, 0), held.loaded, replace(held.health, trouble=words))
