"""The watched inbox: what is put there is imported and moved to `done/`, with the statement beside it.

`NAME.basis.yaml` beside an entry `NAME` says who gave it and on what basis; without it nothing of it is
compared or answered until somebody states that. A mail (`.eml`) is a person's wish (mailed.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from bot.pipeline.road import Road
from bot.pipeline.room import Room
from bot.services import mailed
from bot.services.importing import ID_CHARS, digest, import_paths
from bot.services.imports import SIDE_FILE, read_side_file
from store import campaign
from store.errors import UsageError
from store.records.imports import Statement

log = structlog.get_logger(__name__)

NOTICE = "inbox"


def sweep(
    road: Road,
    inbox: Path,
    settled_s: float = 2.0,
    *,
    scratch: Path | None = None,
    halted: Callable[[], bool] = lambda: False,
) -> int:
    """Import what lies in the inbox and has not changed for `settled_s` seconds; move it to `done/`.

    Payloads stay beside their photos: a sub-folder is moved as a whole. Returns how many entries.
    What cannot be read (a link to nowhere) stays where it is and holds nothing else up.
    """
    if not inbox.is_dir() or road.space.room is Room.FULL:
        return 0  # What lies here is on the disk already; it is taken once there is room.
    now, taken = road.clock().timestamp(), 0
    entries = sorted(p for p in inbox.iterdir() if p.name != "done" and not p.name.startswith("."))
    _tell_of_lone_side_files(road, entries)
    for path in (entry for entry in entries if not entry.name.endswith(SIDE_FILE)):
        side = path.with_name(path.name + SIDE_FILE)
        try:
            if now - max(_changed(path), _changed(side) if side.exists() else 0) < settled_s:
                continue
            if path.suffix.lower() == mailed.SUFFIX and path.is_file():
                mailed.take(road, path)
                taken += 1
                continue
            said = _said(road, side)
            report = import_paths(road, [path], by="inbox", statement=said, scratch=scratch, halted=halted)
            if halted():
                break
            log.info("inbox_imported", entry=path.name, stored=report.stored, set_aside=len(report.set_aside))
            for each in (path, side):
                if each.exists():
                    _put_into_done(each, inbox / "done", int(now))
            taken += 1
        except OSError as error:
            log.warning("inbox_entry_left", entry=path.name, reason=error.strerror)
    return taken


def _said(road: Road, side: Path) -> Statement | None:
    """The statement beside an entry. One that cannot be read counts as none, and people are told."""
    if not side.is_file() or side.is_symlink():
        return None
    try:
        return read_side_file(side)
    except UsageError as error:
        log.warning("inbox_basis_unreadable", entry=side.name)
        words = f"{error}. What lay beside it was imported without a basis; `run_bot.py imports` shows it."
        with road.store.transaction() as tx:
            campaign.notice(tx, f"{NOTICE}: {side.name}", words, road.clock())
        return None


def _tell_of_lone_side_files(road: Road, entries: list[Path]) -> None:
    names = {entry.name for entry in entries}
    lone = [n for n in sorted(names) if n.endswith(SIDE_FILE) and n.removesuffix(SIDE_FILE) not in names]
    words = f"{', '.join(lone)}: nothing of that name lies beside it." if lone else ""
    with road.store.reading() as tx:
        known = campaign.notices(tx).get(NOTICE, "")
    if words != known:
        with road.store.transaction() as tx:
            campaign.notice(tx, NOTICE, words, road.clock())


def _put_into_done(path: Path, done: Path, now: int) -> None:
    done.mkdir(exist_ok=True)
    target = done / path.name
    if target.exists():
        mark = digest(path)[:ID_CHARS] if path.is_file() else now
        target = target.with_name(f"{target.stem}.{mark}{target.suffix}")
    path.replace(target)


def _changed(path: Path) -> float:
    """When anything in it was last written. A copy keeps the times of its original, its own change not."""
    entries = [path.stat()]
    if path.is_dir():
        entries += [child.lstat() for child in path.rglob("*")]
    return max(max(entry.st_mtime, entry.st_ctime) for entry in entries)
