"""Bringing archives in: files and folders of payloads, by command or through the watched inbox.

A file is read page by page, each page committed with its place; a second run goes on behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.pipeline import ingest
from bot.pipeline.ingest import Taken
from bot.pipeline.road import Road
from collectors import archive
from store import audit, sources
from store.errors import UsageError
from store.records.page import SetAside
from store.steps import step

log = structlog.get_logger(__name__)

SOURCE = "archive"
WHOLE = "!"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `found` counts distinct posts; each is stored, set aside or not kept by a rule."""

    found: int
    stored: int
    new: int
    set_aside: tuple[SetAside, ...]
    not_kept: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The answer of `import --json`."""
        aside = [{"where": item.where, "reason": item.reason} for item in self.set_aside]
        return {"found": self.found, "stored": self.stored, "set_aside": aside, "not_kept": self.not_kept}


def check_paths(paths: Sequence[Path]) -> None:
    """Raises UsageError for a path that does not exist."""
    for path in paths:
        if not path.exists():
            raise UsageError(str(path), "does not exist; give a file or folder of payloads")


def import_paths(
    road: Road,
    paths: Sequence[Path],
    *,
    by: str,
    progress: Callable[[str, int], None] | None = None,
    halted: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Import files and folders. Raises UsageError for a path that does not exist.

    Once `halted` says so it ends after the page in hand; the next import goes on behind it.
    """
    check_paths(paths)
    total = Taken()
    for file in archive.read_archive(paths, road.clock()):
        if halted():
            break
        total.add(_take_file(road, file, by, progress, halted))
    return _report(total)


def _take_file(
    road: Road,
    file: archive.ArchiveFile,
    by: str,
    progress: Callable[[str, int], None] | None,
    halted: Callable[[], bool],
) -> Taken:
    """One file: pages before the committed place are read again without counting twice."""
    tag = _digest(file.path)
    with road.store.reading() as tx:
        place = sources.cursor(tx, SOURCE, tag)
    done = int(place.removesuffix(WHOLE) or 0)
    taken = Taken()
    for number, page in enumerate(file.pages, 1):
        again = number <= done
        with_place = ingest.at_place(page, place if again else str(number))
        taken.add(ingest.take_page(road, SOURCE, tag, with_place, folder=file.folder, again=again))
        if progress is not None:
            progress(file.path.name, len(taken.stored))
        if halted():
            return taken
    if not place.endswith(WHOLE):
        _close_file(road, tag, by, taken)
    return taken


def _close_file(road: Road, tag: str, by: str, taken: Taken) -> None:
    """The file was read to its end for the first time: say so once, in the audit."""
    now = road.clock()
    with road.store.transaction() as tx:
        place = sources.cursor(tx, SOURCE, tag) or "0"
        sources.set_cursor(tx, SOURCE, tag, place.removesuffix(WHOLE) + WHOLE, now)
        audit.write(
            tx, now, by, "archive.imported", tag, posts=len(taken.stored), set_aside=len(taken.set_aside)
        )
        step("import.before_commit")
    step("import.after_commit")


def _digest(path: Path) -> str:
    """The file's own name in the cursor table: the same content again is the same file."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError:
        return str(path)  # It will be set aside with its reason by the reader.
    return digest.hexdigest()


def _report(taken: Taken) -> ImportReport:
    not_kept = {rule: len(keys - taken.stored) for rule, keys in sorted(taken.not_kept.items())}
    found = len(taken.stored.union(*taken.not_kept.values()))
    return ImportReport(found, len(taken.stored), len(taken.new), tuple(taken.set_aside), not_kept)


def sweep_inbox(
    road: Road, inbox: Path, settled_s: float = 2.0, *, halted: Callable[[], bool] = lambda: False
) -> int:
    """Import what lies in the inbox and has not changed for `settled_s` seconds; move it to `done/`.

    Payloads stay beside their photos: a sub-folder is moved as a whole. Returns how many entries.
    What cannot be read (a link to nowhere) stays where it is and holds nothing else up.
    """
    if not inbox.is_dir():
        return 0
    now = road.clock().timestamp()
    entries = sorted(p for p in inbox.iterdir() if p.name != "done" and not p.name.startswith("."))
    taken = 0
    for path in entries:
        try:
            if now - _changed(path) < settled_s:
                continue
            report = import_paths(road, [path], by="inbox", halted=halted)
            if halted():
                break
            log.info("inbox_imported", entry=path.name, stored=report.stored, set_aside=len(report.set_aside))
            _put_into_done(path, inbox / "done", int(now))
            taken += 1
        except OSError as error:
            log.warning("inbox_entry_left", entry=path.name, reason=error.strerror)
    return taken


def _put_into_done(path: Path, done: Path, now: int) -> None:
    done.mkdir(exist_ok=True)
    target = done / path.name
    if target.exists():
        mark = _digest(path)[:12] if path.is_file() else now
        target = target.with_name(f"{target.stem}.{mark}{target.suffix}")
    path.replace(target)


def _changed(path: Path) -> float:
    """When anything in it was last written. A copy keeps the times of its original, its own change not."""
    entries = [path.stat()]
    if path.is_dir():
        entries += [child.lstat() for child in path.rglob("*")]
    return max(max(entry.st_mtime, entry.st_ctime) for entry in entries)
