"""Bringing a backup back: what was forgotten since is forgotten again before anything is served or sent.

A backup is checked whole before a file of it reaches its place. Nothing goes out until a person lets it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
import structlog

from bot.home import Home
from bot.pipeline import (
    backing_up,
    backup_file,
    casework,
    erasing,
    forgetting,
    forgetting_people,
    ingest,
)
from bot.pipeline.backup_file import Contents, Keys
from bot.pipeline.road import Road
from bot.pipeline.stopfile import StopFile
from store import audit, campaign, cases, counters, forgotten, posts, snapshot
from store.codec import to_text
from store.db import Store, Transaction, sqlite_url
from store.errors import StoreError, UsageError
from store.forgotten import Ledger
from store.records.case import CaseStatus
from store.records.post import Gone, Post
from store.seal import load_key
from store.steps import step

log = structlog.get_logger(__name__)

LEDGERS = "restore-ledger-*.age"
NOTICE = "restore"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """A backup whose files are in their places, still to be settled; `before` is where the old data lies."""

    contents: Contents
    ledgers: int
    before: Path | None


@dataclass(slots=True)
class Settled:
    """What a restored installation forgot again, and what a person has to look at."""

    posts: int = 0
    cases_destroyed: int = 0
    cases_out_of_search: int = 0
    cases_sealed: int = 0
    wishes: int = 0
    audit_rows_lost: int = 0
    ledgers: int = 0
    keys: int = 0
    to_look_at: list[str] = field(default_factory=list)


def place(
    path: Path, home: Home, keys: Keys, *, key_given: str = "", ledger: Path | None = None, at: datetime
) -> Placed:
    """Check a backup and put its files where they belong; what lay there before is moved aside.

    `key_given` is the sealing key where the environment holds it, `ledger` the list of what was forgotten
    (the one beside the backup if none is named). Raises UsageError for a path that is no file,
    StoreError for a backup that is damaged or needs another key; then nothing has changed.
    """
    if not path.is_file():
        raise UsageError(str(path), "is no file; give a backup, homeward-….age")
    fresh = home.restoring
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        contents = backup_file.unpack(path, keys, fresh)
        _check_key(path, contents, key_given, fresh / home.key.name)
        ledgers = _ledgers(path, home, keys, ledger, fresh, key_given, at)
        for number, each in enumerate(ledgers):
            backup_file.write_text(fresh / LEDGERS.replace("*", str(number)), to_text(each), keys)
        _mark(fresh / home.unfinished.name, contents, at)
        settings = fresh / "config.yaml"
        if settings.exists():
            # The settings in force stay the operator's; those of the backup lie beside the data.
            settings.replace(fresh / "config.restored.yaml")
        why = f"restored from the backup of {contents.made_at:%Y-%m-%d %H:%M} UTC"
        StopFile(fresh / home.stop.name).stop(by=casework.HOUSE, why=why, at=at)
        _carry_over(home, fresh)
        step("restore.before_place")
        before = _make_room(home.folder, at)
        step("restore.room_made")
        fresh.replace(home.folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Placed(contents, len(ledgers), before)


def _check_key(path: Path, contents: Contents, given: str, file: Path) -> None:
    if not given and not file.exists():
        raise StoreError(str(path), f"needs the sealing key {contents.seal_key}; set HOMEWARD_SEAL_KEY")
    key = load_key(given or None, file)
    if key.id != contents.seal_key:
        words = f"needs the sealing key {contents.seal_key}, and {key.id} is here; set HOMEWARD_SEAL_KEY"
        raise StoreError(str(path), words)


def _mark(path: Path, contents: Contents, at: datetime) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump({"made_at": contents.made_at.isoformat(), "at": at.isoformat()}, file)
        file.flush()
        os.fsync(file.fileno())


def _carry_over(home: Home, fresh: Path) -> None:
    """What no backup holds and nobody would want to make again: the key of backups, places, map extracts."""
    for name in ("backup.key", "places.sqlite", "places-map.sqlite", "sample-left"):
        if (home.folder / name).is_file():
            shutil.copy2(home.folder / name, fresh / name)


def _make_room(folder: Path, at: datetime) -> Path | None:
    """Move what is there aside. It is never deleted by us: who restores may have been mistaken."""
    if not folder.exists():
        return None
    name = f"{folder.name}.before-{at:%Y%m%dT%H%M%SZ}"
    free = (folder.with_name(f"{name}{suffix}") for suffix in ("", *(f".{n}" for n in range(1, 100))))
    aside = next(path for path in free if not path.exists())
    folder.replace(aside)
    return aside


def _ledgers(
    path: Path, home: Home, keys: Keys, given: Path | None, fresh: Path, key_given: str, at: datetime
) -> list[Ledger]:
    """What was forgotten since: the ledger beside the backup, and the database that lies here now."""
    found: list[Ledger] = []
    beside = given or path.with_name(backing_up.LEDGER)
    if beside.is_file():
        found.append(backing_up.read_ledger(beside, keys))
    elif given is not None:
        raise UsageError(str(given), "is no file; the ledger is forgotten.age beside the backups")
    if home.unfinished.exists():
        # What the database before that restore knew is in its lists alone, and the one here knows less.
        found += [backing_up.read_ledger(each, keys) for each in sorted(home.folder.glob(LEDGERS))]
    elif home.database.is_file():
        store, key = Store(sqlite_url(home.database)), load_key(key_given or None, fresh / home.key.name)
        try:
            found.append(backing_up.ledger_of(store, key.digest, at))
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            # The usual reason to restore: it does not open any more. What it knew is in the ledger.
            log.warning("database_not_read", reason=type(error).__name__)
        finally:
            store.close()
    return found


def sweep(folder: Path) -> None:
    """Delete a folder of work with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def into_server(home: Home, store: Store) -> None:
    """Fill the PostgreSQL database of the settings from the restored file, which then goes.

    Raises StoreError unless that database is empty. Can be called again after an interruption.
    """
    if not home.database.exists():
        return
    if not snapshot.is_same(home.database, store):
        snapshot.read(home.database, store)
    home.database.unlink()


def finish(road: Road, home: Home, keys: Keys, *, by: str) -> Settled:
    """Forget again what the ledgers name, end sessions, and let the installation be used.

    Can be called again after an interruption. Raises UsageError if there is nothing to finish.
    """
    if not home.unfinished.exists():
        raise UsageError(str(home.folder), "was not restored, or its restore is finished")
    done, now = Settled(), road.clock()
    paths = sorted(home.folder.glob(LEDGERS))
    ledgers = sorted((backing_up.read_ledger(path, keys) for path in paths), key=lambda each: each.at)
    if ledgers:
        # The newest alone: an older list may still hold a key that was destroyed since.
        with road.store.transaction() as tx:
            done.keys = forgotten.bring_back_keys(tx, ledgers[-1])
    for ledger in ledgers:
        _apply(road, ledger, done)
    done.ledgers = len(paths)
    step("restore.before_settled")
    forgetting.forget(road)
    with road.store.transaction(durable=True) as tx:
        forgotten.end_sessions(tx)
        counters.add(tx, backing_up.RESTORED, int(now.timestamp()) - counters.value(tx, backing_up.RESTORED))
        words = "Restored from a backup. Sending is stopped until somebody lets it go on."
        if not paths:
            words += " No list of what was forgotten since was there: look for what must not be here."
            words += " Contacts and exact places cannot be opened: their keys are in that list."
        campaign.notice(tx, NOTICE, words, now)
        lost = done.audit_rows_lost
        audit.write(tx, now, by, "backup.restored", home.folder.name, posts=done.posts, lost=lost)
    home.unfinished.unlink()
    for path in paths:
        path.unlink()
    return done


def _apply(road: Road, ledger: Ledger, done: Settled) -> None:
    digest, names = road.key.digest, list[str]()
    with road.store.transaction(durable=True) as tx:
        done.wishes += forgotten.put_wishes(tx, ledger)
    while True:
        with road.store.transaction() as tx:
            keys = list(islice(forgotten.posts_to_forget(tx, ledger, digest), AT_ONCE))
            for key in keys:
                names += _names(road, tx, posts.get(tx, key))
                why = "forgotten before the backup was restored"
                ingest.take_gone(road, tx, Gone(key, posts.get(tx, key).platform, why, road.clock()))
        done.posts += len(keys)
        step("restore.forgotten")
        if len(keys) < AT_ONCE:
            break
    if names and road.backup is not None:
        # Imported files that the backup brought back hold whoever asked to be forgotten.
        forgetting_people.drop_files(road.backup.home.inbox / "done", names)
    with road.store.transaction(durable=True) as tx:
        done.audit_rows_lost = max(done.audit_rows_lost, ledger.audit[0] - audit.last(tx))
        for case_id, said in list(forgotten.cases_changed(tx, ledger, digest)):
            _settle_case(road, tx, case_id, said, done)


def _names(road: Road, tx: Transaction, post: Post) -> list[str]:
    """Under which names files hold the post's author, where the author asked to be forgotten."""
    if not erasing.is_forgotten(road, tx, post):
        return []
    return [post.key, post.author.id, post.author.handle.lstrip("@")]


def _settle_case(
    road: Road, tx: Transaction, case_id: str, said: tuple[str, bool] | None, done: Settled
) -> None:
    """One case of which the ledger knows more: gone, sealed, or out of the search since."""
    held = cases.get(tx, case_id)
    if said is None:
        casework.destroy(road, tx, case_id, by=casework.HOUSE)
        done.cases_destroyed += 1
        return
    status, is_sealed = CaseStatus(said[0]), said[1]
    if is_sealed and not held.case.sealed:
        forgotten.seal_case(tx, case_id)
        held = cases.get(tx, case_id)
        done.cases_sealed += 1
    if held.status is CaseStatus.ACTIVE and status is not CaseStatus.ACTIVE:
        words = f"was {status.value} before the backup was restored"
        casework.end(road, tx, held, status, casework.HOUSE, words)
        done.cases_out_of_search += 1
    elif held.status is not status:
        done.to_look_at.append(
            f"{casework.named(road, held.case)}: is {held.status.value}, was {status.value}"
        )
