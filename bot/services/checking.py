"""Looking over everything that is stored, and mending what can be mended without losing anything.

Database, photos by digest, vectors, outbox, audit chain. A damaged file is moved aside, never deleted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from bot.home import Home
from bot.pipeline.road import Road
from store import audit, integrity, migrate
from store.db import Store
from store.errors import HomewardError, Missing
from store.records.work import Stage

log = structlog.get_logger(__name__)

DAMAGED = "damaged"
MOST_NAMED = 20


class Part(StrEnum):
    """What is looked at."""

    DATABASE = "database"
    PHOTOS = "photos"
    VECTORS = "vectors"
    OUTBOX = "outbox"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, what, and what becomes of it with `--repair`."""

    part: Part
    subject: str
    what: str
    way_out: str


@dataclass(slots=True)
class Checked:
    """What was looked at (how many of each) and what was found; `mended` is what a repair did."""

    looked_at: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    mended: int = 0


def check(road: Road, home: Home, *, repair: bool = False, by: str = "homeward") -> Checked:
    """Look at every part. With `repair` what can be mended is: nothing that is whole is touched.

    A photo that is missing or damaged is fetched again by its posts; a case's photo has to be given
    again by hand, and is named. Bytes that nothing refers to are moved aside.
    """
    done = Checked()
    for part, look in _PARTS.items():
        found = 0
        for finding, mend in look(road, home, done):
            found += 1
            done.findings.append(finding)
            if repair and mend is not None:
                mend()
                done.mended += 1
        log.info("checked", part=part.value, found=found)
    if repair and done.mended:
        with road.store.transaction() as tx:
            audit.write(tx, road.clock(), by, "check.repaired", home.folder.name, mended=done.mended)
    return done


Found = Iterator[tuple[Finding, Callable[[], None] | None]]


def _database(road: Road, _home: Home, done: Checked) -> Found:
    """Every page, every index, every reference; the schema is this version's."""
    held = migrate.present(road.store)
    done.looked_at["tables"] = len(integrity.table_names())
    if held != migrate.head():
        yield (
            _found(Part.DATABASE, "schema", f"is {held}, not {migrate.head()}", "`run_bot.py upgrade`"),
            None,
        )
    try:
        said = integrity.of_database(road.store)
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        said = [str(getattr(error, "orig", error)).splitlines()[0]]
    for words in said[:MOST_NAMED]:
        yield _found(Part.DATABASE, "database", words, "`run_bot.py restore` brings the last backup"), None


def _photos(road: Road, home: Home, done: Checked) -> Found:
    """Every file that is referred to is there with its digest; no file is there that nothing refers to."""
    with road.store.reading() as tx:
        needed = integrity.needed_blobs(tx)
    done.looked_at["photos"] = len(needed)
    for blob in sorted(needed):
        what = _wrong_with(road, blob)
        if what:
            posts_of, cases_of = _who_shows(road.store, blob)
            way_out = (
                "fetched again" if posts_of else "give the photo again" if cases_of else "looked at again"
            )
            subject = blob[:16] if not cases_of else f"{blob[:16]} (a case's photo)"
            yield _found(Part.PHOTOS, subject, what, way_out), _refetch(road, home, blob, posts_of)
    if not home.photos.is_dir():
        return
    for path in _files(home.photos):
        if path.name not in needed and not _is_needed_now(road, path.name):
            finding = _found(Part.PHOTOS, path.name[:16], "nothing refers to this file", "moved aside")
            yield finding, _aside(home, path)


def _wrong_with(road: Road, blob: str) -> str:
    try:
        road.blobs.get(blob)
    except Missing:
        return "the file is not there"
    except (HomewardError, OSError) as error:
        return str(getattr(error, "detail", error))
    return ""


def _who_shows(store: Store, blob: str) -> tuple[list[str], list[str]]:
    with store.reading() as tx:
        return integrity.posts_with_blob(tx, blob), integrity.cases_with_blob(tx, blob)


def _refetch(road: Road, home: Home, blob: str, post_keys: list[str]) -> Callable[[], None]:
    def mend() -> None:
        path = home.photos / blob[:2] / blob[2:4] / blob
        if path.exists():
            _aside(home, path)()
        with road.store.transaction() as tx:
            integrity.forget_fetched(tx, blob)
            for key in post_keys:
                road.engine.enqueue(tx, Stage.LOOK, key)

    return mend


def _is_needed_now(road: Road, blob: str) -> bool:
    """Asked again: a photo may have been kept since the list was made."""
    with road.store.reading() as tx:
        return integrity.is_needed(tx, blob)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("??/??/*")):
        if path.is_file() and len(path.name) == 64:
            yield path


def _aside(home: Home, path: Path) -> Callable[[], None]:
    def mend() -> None:
        folder = home.folder / DAMAGED
        folder.mkdir(mode=0o700, exist_ok=True)
        path.replace(folder / path.name)

    return mend


def _vectors(road: Road, _home: Home, done: Checked) -> Found:
    """Every vector is of its model's length, finite, and of length one; of a face that there is."""
    with road.store.reading() as tx:
        count, wrong = integrity.bad_vectors(tx)
    done.looked_at["vectors"] = count
    for key, model, what in wrong:
        finding = _found(
            Part.VECTORS, f"{key[:24]} ({model[:12]})", what, "forgotten, and made again by its post"
        )
        yield finding, _drop_vector(road, key, model)


def _drop_vector(road: Road, key: str, model: str) -> Callable[[], None]:
    def mend() -> None:
        with road.store.transaction() as tx:
            for post in integrity.drop_vector(tx, key, model):
                road.engine.enqueue(tx, Stage.LOOK, post)

    return mend


def _outbox(road: Road, _home: Home, done: Checked) -> Found:
    """Every row that was sent has a receipt, every row under way has a job that brings it on."""
    with road.store.reading() as tx:
        count, wrong = integrity.bad_replies(tx)
    done.looked_at["replies"] = count
    for key, what, is_stuck in wrong:
        way_out = "its work is put into the queue again" if is_stuck else "a person has to look: `reply show`"
        yield _found(Part.OUTBOX, key[:40], what, way_out), (_requeue(road, key) if is_stuck else None)


def _requeue(road: Road, key: str) -> Callable[[], None]:
    def mend() -> None:
        with road.store.transaction() as tx:
            road.engine.enqueue(tx, Stage.SEND, key)

    return mend


def _audit(road: Road, _home: Home, done: Checked) -> Found:
    """The chain holds from the first row to the last."""
    with road.store.reading() as tx:
        done.looked_at["audit rows"] = audit.last(tx)
        broken = audit.first_break(tx)
    if broken is not None:
        words = "was changed or taken out after it was written"
        yield _found(Part.AUDIT, f"row {broken}", words, "compare with a backup; it cannot be mended"), None


def _found(part: Part, subject: str, what: str, way_out: str) -> Finding:
    return Finding(part, subject, what, way_out)


_PARTS: dict[Part, Callable[[Road, Home, Checked], Any]] = {
    Part.DATABASE: _database,
    Part.PHOTOS: _photos,
    Part.VECTORS: _vectors,
    Part.OUTBOX: _outbox,
    Part.AUDIT: _audit,
}
