"""Bringing a database to this version's schema: a copy first, all steps or none, the copy back on failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bot.home import Home
from store import migrate, snapshot, steps
from store.db import Store, sqlite_url
from store.errors import SchemaMismatch, StoreError

log = structlog.get_logger(__name__)

FOLDER = "before-upgrade"
KEPT = 3


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which schema to which, and where the database as it was lies (None if nothing was done)."""

    before: str
    after: str
    copy: Path | None = None


def upgrade(
    home: Home, url: str = "", *, now: datetime, step: Callable[[Store], object] = migrate.migrate
) -> Upgraded:
    """Upgrade the database of this folder, or the one at `url`. Nobody else may have it open.

    Raises SchemaMismatch for a newer database, StoreError when a step failed: the database is then as
    it was before. `step` is what brings it to the new schema.
    """
    store = Store(url or sqlite_url(home.database))
    try:
        before = migrate.present(store)
        if before is None or before == migrate.head():
            step(store)
            return Upgraded(before or migrate.head(), migrate.head())
        if not migrate.is_known(before):
            raise SchemaMismatch(
                str(home.database),
                f"has schema {before}, newer than this version; use the Homeward that made it",
            )
        copy = _copy(home, store, before, now)
        steps.step("upgrade.copied")
        step(store)
        steps.step("upgrade.migrated")
        if store.is_sqlite:
            snapshot.examine(home.database)
    except SchemaMismatch:
        raise
    except Exception as error:
        log.error("upgrade_failed", reason=type(error).__name__)
        store.close()
        words = "could not be upgraded and is as it was before"
        if not url and "copy" in locals():
            _put_back(home, copy)
        raise StoreError(str(home.database), f"{words} ({str(error).splitlines()[0][:300]})") from error
    finally:
        store.close()
    return Upgraded(before, migrate.head(), copy)


def _copy(home: Home, store: Store, schema: str, now: datetime) -> Path:
    """The database as it is, in a folder of its own; older copies than the last few go."""
    folder = home.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{schema}-{now:%Y%m%dT%H%M%SZ}.db"
    path.unlink(missing_ok=True)
    snapshot.write(store, path)
    for old in sorted(folder.glob("*.db"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return path


def _put_back(home: Home, copy: Path) -> None:
    for beside in ("-wal", "-shm"):
        home.database.with_name(home.database.name + beside).unlink(missing_ok=True)
    draft = home.database.with_suffix(".restored")
    shutil.copy2(copy, draft)
    draft.replace(home.database)
