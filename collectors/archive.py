"""Posts from files: payloads as the platforms return them, and the platforms' own data exports.

Read piece by piece with flat memory. Broken files, lines and posts are set aside with their place and
reason; the rest goes on. Nothing here follows links inside a folder; only packed files are written, into
a folder of our own that goes again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collectors import archive_export, archive_packed
from collectors.archive_export import Beside
from collectors.archive_files import ArchiveLimits, Broken, Value, read_values
from collectors.archive_packed import PACKED_NAMES
from collectors.archive_photos import SIDECAR, PhotoShelf
from collectors.payload import Reading, refused
from collectors.shapes import iter_list, read_payload
from store.records.page import Page, SetAside
from store.records.post import Gone, Post

__all__ = ["ArchiveFile", "ArchiveLimits", "read_archive"]


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of an archive: where it is, the folder that `Media.local` counts from, its pages.

    `name` is what people know it by; of a packed file's member it begins with the packed file's name.
    `pages` is read once, lazily, before the next file is asked for; it never raises for what the file holds.
    """

    path: Path
    folder: Path
    pages: Iterator[Page]
    name: str = ""


def read_archive(
    paths: Iterable[Path],
    received_at: datetime,
    limits: ArchiveLimits | None = None,
    *,
    scratch: Path | None = None,
) -> Iterator[ArchiveFile]:
    """All files that hold posts under the given files and folders, in the order of their names.

    A folder is searched for payloads (JSON, JSON Lines, CSV, CAR, also with `.gz`), for the files of
    the platforms' exports, and for packed files; a file that is named is read whatever its ending.
    `received_at` is aware UTC, `scratch` the folder to unpack in (the system's own where it is None).
    Each file yields pages of at most `limits.page_posts` posts, in the order of the file, an original
    before its reposts.
    """
    walk = _Walk(received_at, limits or ArchiveLimits(), scratch)
    for path in paths:
        if path.is_dir():
            yield from walk.folder(path)
        else:
            yield from walk.file(path)


class _Folders:
    """What a folder says of its files; only the last folder is remembered, files come folder by folder."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._shelf: PhotoShelf | None = None
        self._beside: Beside | None = None

    def _turn_to(self, folder: Path) -> None:
        if folder != self._folder:
            self._folder, self._shelf, self._beside = folder, None, None

    def shelf(self, folder: Path) -> PhotoShelf:
        """The pictures of a folder by name."""
        self._turn_to(folder)
        self._shelf = self._shelf or PhotoShelf(folder)
        return self._shelf

    def beside(self, folder: Path) -> Beside:
        """Whose export lies in a folder."""
        self._turn_to(folder)
        self._beside = self._beside or Beside.of(folder)
        return self._beside


class _Walk:
    """Goes through files and folders; `shown` is what stands for a path where people read it."""

    def __init__(self, received_at: datetime, limits: ArchiveLimits, scratch: Path | None) -> None:
        self._received_at = received_at
        self._limits = limits
        self._scratch = scratch
        self._folders = _Folders()

    def folder(self, top: Path, shown: str = "", named: str = "") -> Iterator[ArchiveFile]:
        """The files of a folder and of those below it. `named`: the packed file that it was unpacked from."""
        shown, troubles = shown or str(top), list[OSError]()
        for place, folders, names in os.walk(top, onerror=troubles.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            everything = frozenset(name.lower() for name in names)
            for name in sorted(names):
                if name == SIDECAR or not (archive_export.is_wanted(name, everything) or _is_packed(name)):
                    continue
                path = Path(place, name)
                inner = path.relative_to(top)
                words = f"{shown}/{inner}" if named else str(path)
                if path.is_symlink():
                    yield _aside(path, words, "a symbolic link inside a folder is not followed")
                else:
                    yield from self.file(path, words, f"{named}/{inner}" if named else str(inner))
            while troubles:
                trouble = troubles.pop()
                where = str(trouble.filename or top)
                yield _aside(Path(where), where, f"cannot be read: {trouble.strerror}")

    def file(self, path: Path, shown: str = "", name: str = "") -> Iterator[ArchiveFile]:
        """One file: itself, or what it holds if it is packed."""
        shown, name = shown or str(path), name or path.name
        kind = archive_packed.kind_of(path) if path.is_file() else ""
        if kind:
            yield from self._packed(path, kind, shown, name)
            return
        folder = path.parent.absolute()
        yield ArchiveFile(path, folder, self._pages(path, folder, shown), name)

    def _packed(self, path: Path, kind: str, shown: str, name: str) -> Iterator[ArchiveFile]:
        """The files of a packed file, for as long as they are being read."""
        if self._scratch is not None:
            self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
            _forget_what_was_left(self._scratch)
        to = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._scratch))
        try:
            troubles = archive_packed.unpack(
                path, kind, to, self._limits, archive_export.is_needed, shown=shown
            )
            files = 0
            for file in self.folder(to, shown, name):
                files += 1
                yield file
            if not files and not troubles:
                troubles = [SetAside(shown, "holds no file of posts that we know")]
            if troubles:
                yield ArchiveFile(path, path.parent.absolute(), iter([Page(set_aside=tuple(troubles))]), name)
        finally:
            shutil.rmtree(to, ignore_errors=True)

    def _pages(self, path: Path, folder: Path, shown: str) -> Iterator[Page]:
        limits, shelf = self._limits, self._folders.shelf(folder)
        page, troubles = _PageUnderWay(limits.page_posts), 0
        for reading in self._readings(path, folder, shown):
            listed = reading.set_aside[: max(0, limits.listed_troubles - troubles)]
            troubles += len(reading.set_aside)
            items: list[Post | Gone | SetAside] = [shelf.attach(post) for post in reading.posts]
            for item in (*items, *reading.gone, *listed):
                page.add(item)
                if page.is_full:
                    yield page.taken()
        if troubles > limits.listed_troubles:
            page.add(SetAside(shown, f"{troubles - limits.listed_troubles} more could not be read"))
        if page.size:
            yield page.taken()

    def _readings(self, path: Path, folder: Path, shown: str) -> Iterator[Reading]:
        found = archive_export.readings(
            path, shown, self._received_at, self._limits, lambda: self._folders.beside(folder)
        )
        if found is not None:
            yield from found
            return
        for item in read_values(path, self._limits):
            where = f"{shown}{item.place}"
            if isinstance(item, Broken):
                yield refused(where, item.reason, item.head or None)
            elif isinstance(item, Value) and isinstance(item.value, list):
                yield from iter_list(item.value, self._received_at, where=where)
            else:
                yield read_payload(item.value, self._received_at, where=where)


def _is_packed(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(PACKED_NAMES)


def _aside(path: Path, shown: str, reason: str) -> ArchiveFile:
    page = Page(set_aside=(SetAside(shown, reason),))
    return ArchiveFile(path, path.parent.absolute(), iter([page]), path.name)


def _forget_what_was_left(scratch: Path) -> None:
    """What a process that is no more had unpacked."""
    for left in scratch.iterdir():
        number = left.name.partition("-")[0]
        if not number.isdecimal() or not left.is_dir():
            continue
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
        except (PermissionError, OverflowError):
            continue


class _PageUnderWay:
    """Collects what the next page holds; the same version of a post twice in it is one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._clear()

    def _clear(self) -> None:
        self._posts: dict[tuple[str, str], Post] = {}
        self._gone: list[Gone] = []
        self._aside: list[SetAside] = []

    @property
    def size(self) -> int:
        return len(self._posts) + len(self._gone) + len(self._aside)

    @property
    def is_full(self) -> bool:
        return self.size >= self._most

    def add(self, item: Post | Gone | SetAside) -> None:
        if isinstance(item, Post):
            self._posts.setdefault((item.key, item.version), item)
        elif isinstance(item, Gone):
            self._gone.append(item)
        else:
            self._aside.append(item)

    def taken(self) -> Page:
        page = Page(tuple(self._posts.values()), tuple(self._gone), set_aside=tuple(self._aside))
        self._clear()
        return page
