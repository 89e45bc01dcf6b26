"""Posts from files: payloads as the platforms return them, read piece by piece with flat memory.

Broken files, lines and posts are set aside with their place and reason; the rest goes on. Nothing
here follows links inside a folder or writes anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collectors.archive_files import ArchiveLimits, Broken, Value, is_payload_name, read_values
from collectors.archive_photos import SIDECAR, PhotoShelf
from collectors.payload import Reading, refused
from collectors.shapes import iter_list, read_payload
from store.records.page import Page, SetAside
from store.records.post import Gone, Post

__all__ = ["ArchiveFile", "ArchiveLimits", "read_archive"]


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of an archive: where it is, the folder that `Media.local` counts from, its pages.

    `pages` is read once, lazily; it never raises for what the file holds.
    """

    path: Path
    folder: Path
    pages: Iterator[Page]


def read_archive(
    paths: Iterable[Path], received_at: datetime, limits: ArchiveLimits | None = None
) -> Iterator[ArchiveFile]:
    """All payload files under the given files and folders, in the order of their names.

    A folder is searched for `.json`, `.jsonl`, `.ndjson` and the same with `.gz`; a file that is named
    is read whatever its ending. `received_at` is aware UTC. Each file yields pages of at most
    `limits.page_posts` posts, in the order of the file, an original before its reposts.
    """
    limits = limits or ArchiveLimits()
    shelves = _Shelves()
    for path in paths:
        if path.is_dir():
            yield from _folder(path, received_at, limits, shelves)
        else:
            yield _file(path, received_at, limits, shelves)


class _Shelves:
    """Photos by folder; only the last folder is remembered, files come folder by folder."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._shelf: PhotoShelf | None = None

    def of(self, folder: Path) -> PhotoShelf:
        if self._shelf is None or folder != self._folder:
            self._folder, self._shelf = folder, PhotoShelf(folder)
        return self._shelf


def _folder(
    top: Path, received_at: datetime, limits: ArchiveLimits, shelves: _Shelves
) -> Iterator[ArchiveFile]:
    troubles: list[OSError] = []
    for place, folders, names in os.walk(top, onerror=troubles.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if name == SIDECAR or not is_payload_name(name):
                continue
            if path.is_symlink():
                yield _aside(path, "a symbolic link inside a folder is not followed")
            else:
                yield _file(path, received_at, limits, shelves)
        while troubles:
            trouble = troubles.pop()
            yield _aside(Path(trouble.filename or top), f"cannot be read: {trouble.strerror}")


def _aside(path: Path, reason: str) -> ArchiveFile:
    page = Page(set_aside=(SetAside(str(path), reason),))
    return ArchiveFile(path, path.parent.absolute(), iter([page]))


def _file(path: Path, received_at: datetime, limits: ArchiveLimits, shelves: _Shelves) -> ArchiveFile:
    folder = path.parent.absolute()
    return ArchiveFile(path, folder, _pages(path, folder, received_at, limits, shelves))


def _pages(
    path: Path, folder: Path, received_at: datetime, limits: ArchiveLimits, shelves: _Shelves
) -> Iterator[Page]:
    shelf = shelves.of(folder)
    page = _PageUnderWay(limits.page_posts)
    troubles = 0
    for reading in _readings(path, received_at, limits):
        listed = reading.set_aside[: max(0, limits.listed_troubles - troubles)]
        troubles += len(reading.set_aside)
        items: list[Post | Gone | SetAside] = [shelf.attach(post) for post in reading.posts]
        for item in (*items, *reading.gone, *listed):
            page.add(item)
            if page.is_full:
                yield page.taken()
    if troubles > limits.listed_troubles:
        page.add(SetAside(str(path), f"{troubles - limits.listed_troubles} more could not be read"))
    if page.size:
        yield page.taken()


def _readings(path: Path, received_at: datetime, limits: ArchiveLimits) -> Iterator[Reading]:
    for item in read_values(path, limits):
        where = f"{path}{item.place}"
        if isinstance(item, Broken):
            yield refused(where, item.reason, item.head or None)
        elif isinstance(item, Value) and isinstance(item.value, list):
            yield from iter_list(item.value, received_at, where=where)
        else:
            yield read_payload(item.value, received_at, where=where)


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
