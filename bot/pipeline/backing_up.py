"""Backups: database, photos, quarantine, waiting files and keys in one encrypted file that was read back.

Beside the backups lies the ledger of what was forgotten since, so that restoring an old one forgets it
again. What a restore does is in bot/services/restoring.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.home import Home
from bot.pipeline import backup_file, casework
from bot.pipeline.backup_file import Contents, Keys
from bot.pipeline.backup_plan import BackupPlan
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, campaign, counters, forgotten, snapshot
from store.codec import from_text, to_text
from store.db import Store
from store.errors import HomewardError, StoreError, UsageError
from store.forgotten import Ledger
from store.steps import step

log = structlog.get_logger(__name__)

LEDGER = "forgotten.age"
LAST, SAID = "backup:last", "backup:ledger"
"""Counters: when the last backup was made (seconds since 1970), what the ledger knew last."""
RESTORED = "restored:at"
"""Counter: when this installation was restored (seconds since 1970), 0 if it never was."""
NOTICE = "backup"
AFTER_FAILURE = timedelta(hours=1)
ABANDONED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written and, where our own key opens it, read back whole."""

    path: Path
    size_bytes: int
    contents: Contents
    verified: bool
    pruned: int


def make(road: Road, plan: BackupPlan, folder: Path, *, by: str) -> Made:
    """Write one backup into `folder` and read it back. What is being written meanwhile is not hindered.

    Raises UsageError for a folder inside of the data folder, StoreError where it cannot be written.
    """
    target = outside(plan.home, folder)
    now, keys = road.clock(), plan.keys()
    path = target / f"homeward-{now:%Y%m%dT%H%M%SZ}.age"
    draft = target / f".{path.name}.part"
    _sweep(target, draft, now - ABANDONED)
    try:
        with _work_folder(plan.home) as work:
            held = snapshot.write(road.store, work / backup_file.DATABASE, with_keys=False)
            step("backup.copied")
            contents = backup_file.write(draft, _files(plan, work), held, now, road.key.id, keys)
            step("backup.written")
            verified = keys.identity is not None
            if verified:
                backup_file.verify(draft, keys, work / "again")
        step("backup.before_place")
        draft.replace(path)
        step("backup.placed")
        _settle(target)
    except OSError as error:
        words = f"the backup could not be written ({error.strerror}); is there space?"
        raise StoreError(str(target), words) from error
    finally:
        draft.unlink(missing_ok=True)
    pruned = _prune(target, now - plan.keep, path)
    write_ledger(road, target, keys)
    step("backup.ledger_written")
    with road.store.transaction() as tx:
        counters.add(tx, LAST, int(now.timestamp()) - counters.value(tx, LAST))
        campaign.notice(tx, NOTICE, "", now)
        audit.write(tx, now, by, "backup.made", path.name, size=path.stat().st_size, pruned=pruned)
    return Made(path, path.stat().st_size, contents, verified, pruned)


def outside(home: Home, folder: Path) -> Path:
    """The folder, made if it is not there. Raises UsageError if it lies in what it is to save."""
    target = folder.expanduser().resolve()
    if target.is_relative_to(home.folder.resolve()):
        raise UsageError(str(folder), "lies inside of the data folder; a backup belongs elsewhere")
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(str(folder), f"cannot be made ({error.strerror})") from error
    return target


def _files(plan: BackupPlan, work: Path) -> Iterator[tuple[str, Path]]:
    """(name in the backup, file) of everything that is to be saved, the database first."""
    home = plan.home
    yield backup_file.DATABASE, work / backup_file.DATABASE
    folders = {"photos": home.photos, "quarantine": home.quarantine, "inbox": home.inbox}
    folders |= {"case-files": home.case_files}
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith((".", "tmp")):
                yield f"{name}/{path.relative_to(folder).as_posix()}", path
    keys = (("seal.key", home.key), ("signing.key", home.signing_key))
    for name, path in (*keys, ("config.yaml", plan.config_file)):
        if path.is_file():
            yield name, path


@contextmanager
def _work_folder(home: Home) -> Iterator[Path]:
    work = home.folder / "backup-work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _settle(folder: Path) -> None:
    """The folder's own entry on disk too: a power cut must not take the finished file away."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path, draft: Path, before: datetime) -> None:
    """Delete what a killed process left half written: this name's, and others that nobody writes any more."""
    draft.unlink(missing_ok=True)
    for path in folder.glob(".homeward-*.age.part"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)


def _prune(folder: Path, before: datetime, keep: Path) -> int:
    """Delete backups that are too old; what was forgotten meanwhile must not lie there for ever."""
    gone = 0
    for path in folder.glob("homeward-*.age"):
        if path != keep and path.name < f"homeward-{before:%Y%m%dT%H%M%SZ}.age":
            path.unlink(missing_ok=True)
            gone += 1
    return gone


# ── the ledger of what was forgotten ─────────────────────────────────────────────────────────────


def write_ledger(road: Road, folder: Path, keys: Keys) -> None:
    """Put down beside the backups what was forgotten, refused and ended until now."""
    with road.store.reading() as tx:
        ledger = forgotten.collect(tx, road.key.digest, road.clock())
        stand = forgotten.count(tx)
    draft = folder / f".{LEDGER}.part"
    backup_file.write_text(draft, to_text(ledger), keys)
    draft.replace(folder / LEDGER)
    _settle(folder)
    with road.store.transaction() as tx:
        counters.add(tx, SAID, stand - counters.value(tx, SAID))


def read_ledger(path: Path, keys: Keys) -> Ledger:
    """The ledger in a file. Raises StoreError where it cannot be opened or read."""
    return from_text(Ledger, backup_file.read_text(path, keys), subject=str(path))


def ledger_of(store: Store, digest: forgotten.Digest, at: datetime) -> Ledger:
    """The same from a database that is still there."""
    with store.reading() as tx:
        return forgotten.collect(tx, digest, at)


# ── by the clock ─────────────────────────────────────────────────────────────────────────────────


def round_of(road: Road, _active: Mapping[str, Source] | None = None) -> None:
    """Make a backup when it is due, and keep the ledger up to date. A failure is a notice, not an end."""
    plan = road.backup
    if plan is None or plan.folder is None:
        return
    now = road.clock()
    with road.store.reading() as tx:
        last, said, stand = counters.value(tx, LAST), counters.value(tx, SAID), forgotten.count(tx)
    try:
        if now.timestamp() - last >= plan.every.total_seconds():
            make(road, plan, plan.folder, by=casework.HOUSE)
        elif said != stand:
            write_ledger(road, outside(plan.home, plan.folder), plan.keys())
    except HomewardError as error:
        log.error("backup_failed", reason=str(error))
        again = int((now - plan.every + AFTER_FAILURE).timestamp())
        with road.store.transaction() as tx:
            counters.add(tx, LAST, max(0, again) - counters.value(tx, LAST))
            campaign.notice(tx, NOTICE, f"The backup failed: {error}", now)
