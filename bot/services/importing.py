"""Bringing archives in: files and folders of payloads, by command or from the watched inbox.

A file is read page by page, each page committed with its place; a second run goes on behind it. What
was stated about an import is kept with it; without a statement its posts are stored and no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.pipeline import ingest
from bot.pipeline import standing as reaching
from bot.pipeline.ingest import Taken
from bot.pipeline.road import Road
from bot.services import import_cover
from bot.services.import_cover import Claim, Seen
from bot.services.imports import write_statement
from collectors import archive
from store import audit, imports, sources
from store.db import Transaction
from store.errors import UsageError
from store.imports import SOURCE as SOURCE
from store.records.imports import Import, ImportFile, Statement
from store.records.page import SetAside
from store.steps import step

log = structlog.get_logger(__name__)

WHOLE = "!"
ID_CHARS = 10


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `found` counts distinct posts; each is stored, set aside or not kept by a rule.

    `imports` are the ids under which its files are known, `waiting` those of which nobody stated a basis.
    """

    found: int
    stored: int
    new: int
    set_aside: tuple[SetAside, ...]
    not_kept: dict[str, int]
    imports: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The answer of `import --json`."""
        aside = [{"where": item.where, "reason": item.reason} for item in self.set_aside]
        counts = {"found": self.found, "stored": self.stored, "set_aside": aside, "not_kept": self.not_kept}
        return counts | {"imports": list(self.imports), "waiting_for_basis": list(self.waiting)}


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
    statement: Statement | None = None,
    claims: Sequence[Claim] = (),
    scratch: Path | None = None,
    progress: Callable[[str, int], None] | None = None,
    halted: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Import files and folders. Raises UsageError for a path that does not exist.

    `statement` says who gave them and on what basis, `claims` which spans of hashtags they cover whole.
    `scratch` is the folder in which packed files are unpacked. Once `halted` says so it ends after the
    page in hand; the next import goes on behind it.
    """
    check_paths(paths)
    delivery = _Delivery(road, by, statement, "\n".join(str(path.absolute()) for path in paths))
    total, seen = Taken(), Seen()
    for file in archive.read_archive(paths, road.clock(), scratch=scratch):
        if halted():
            break
        total.add(_take_file(road, file, delivery, seen, progress, halted))
    is_whole = not halted()
    delivery.close(is_whole)
    if is_whole:
        import_cover.keep(road, delivery.told_id, seen, claims, unread=len(total.set_aside), by=by)
    reaching.reach(road)
    return _report(road, total, delivery)


class _Delivery:
    """The import that a run makes: begun with the first file that has no import of this statement yet."""

    def __init__(self, road: Road, by: str, statement: Statement | None, named: str) -> None:
        self._road, self._statement, self._named = road, statement, named
        self.by = by
        self._id = ""
        self._found_known = False
        self.ids: dict[str, None] = {}

    @property
    def told_id(self) -> str:
        """The id to name where one import is spoken of; "" when nothing was read."""
        return self._id or next(iter(self.ids), "")

    def take(self, file: str, name: str) -> list[str]:
        """The imports to which this file belongs from now on."""
        with self._road.store.transaction() as tx:
            known = imports.of_file(tx, file)
            if known and any(self._says_enough(made) for made in known):
                held = [made.id for made in known]
            else:
                self._found_known = self._found_known or bool(known)
                held = [self._begun(tx, file)]
                imports.put_file(tx, ImportFile(held[0], file, name))
            step("import.file_known")
        self.ids.update(dict.fromkeys(held))
        return held

    def _says_enough(self, made: Import) -> bool:
        if self._statement is None:
            return True
        return made.statement == self._statement and made.revoked_at is None

    def _begun(self, tx: Transaction, file: str) -> str:
        """The import of this run: one of the same paths that was broken off, else a new one."""
        if self._id:
            return self._id
        now, said = self._road.clock(), self._statement
        broken_off = [m for m in imports.unfinished(tx, self._named) if m.statement == said]
        if broken_off:
            self._id = broken_off[0].id
            return self._id
        self._id = hashlib.sha256(f"{file}\x1f{said!r}".encode()).hexdigest()[:ID_CHARS]
        stated_by = self.by if said else ""
        made = Import(self._id, self._named, now, self.by, said, stated_by, now if said else None)
        if not imports.add(tx, made) and said is not None:
            imports.state(tx, self._id, said, by=self.by, at=now)  # It was revoked, and is stated again.
        if said is not None:
            write_statement(self._road, self._id, said, self.by, tx)
        return self._id

    def close(self, is_whole: bool) -> None:
        """The run is over; a statement about files that were known before has to reach their posts."""
        with self._road.store.transaction() as tx:
            for made in imports.unfinished(tx, self._named) if is_whole else ():
                if made.id in self.ids:
                    imports.finish(tx, made.id, self._road.clock())
            if self._id and self._found_known:
                imports.reach_anew(tx, self._id)


def _take_file(
    road: Road,
    file: archive.ArchiveFile,
    delivery: _Delivery,
    seen: Seen,
    progress: Callable[[str, int], None] | None,
    halted: Callable[[], bool],
) -> Taken:
    """One file: pages before the committed place are read again without counting twice."""
    tag = digest(file.path)
    held = delivery.take(tag, file.name)
    with road.store.reading() as tx:
        place = sources.cursor(tx, SOURCE, tag)
    done = int(place.removesuffix(WHOLE) or 0)
    taken = Taken()
    for number, page in enumerate(file.pages, 1):
        again = number <= done
        with_place = ingest.at_place(page, place if again else str(number))
        taken.add(ingest.take_page(road, SOURCE, tag, with_place, folder=file.folder, again=again))
        seen.add(page.posts, taken.stored)
        if progress is not None:
            progress(file.name, len(taken.stored))
        if halted():
            return taken
    _close_file(road, tag, held, file.name, delivery, taken, first=not place.endswith(WHOLE))
    return taken


def _close_file(
    road: Road, tag: str, held: Sequence[str], name: str, delivery: _Delivery, taken: Taken, *, first: bool
) -> None:
    """The file was read to its end: say so with its numbers, and the first time in the audit."""
    now, posts, aside = road.clock(), len(taken.stored), len(taken.set_aside)
    refused = len(set().union(*taken.not_kept.values()) - taken.stored)
    with road.store.transaction() as tx:
        for import_id in held:
            imports.put_file(tx, ImportFile(import_id, tag, name, posts, aside, refused, is_read=True))
        if first:
            place = sources.cursor(tx, SOURCE, tag) or "0"
            sources.set_cursor(tx, SOURCE, tag, place.removesuffix(WHOLE) + WHOLE, now)
            audit.write(tx, now, delivery.by, "archive.imported", tag, posts=posts, set_aside=aside)
        step("import.before_commit")
    step("import.after_commit")


def digest(path: Path) -> str:
    """The file's own name in the cursor table: the same content again is the same file."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError:
        return str(path)  # It will be set aside with its reason by the reader.
    return digest.hexdigest()


def _report(road: Road, taken: Taken, delivery: _Delivery) -> ImportReport:
    not_kept = {rule: len(keys - taken.stored) for rule, keys in sorted(taken.not_kept.items())}
    found = len(taken.stored.union(*taken.not_kept.values()))
    with road.store.reading() as tx:
        waiting = {made.id for made in imports.waiting(tx)}
    ids = tuple(delivery.ids)
    return ImportReport(
        found,
        len(taken.stored),
        len(taken.new),
        tuple(taken.set_aside),
        not_kept,
        imports=ids,
        waiting=tuple(each for each in ids if each in waiting),
    )
