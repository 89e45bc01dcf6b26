"""What was imported and what is stated about it: list, state, revoke. Reads no file of posts.

A statement says who gave an import and on what basis; without one nothing of it is compared or answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import config_yaml
from bot.pipeline import standing as reaching
from bot.pipeline.road import Road
from bot.rules import standing
from store import audit, imports
from store.errors import Conflict, UsageError
from store.records.imports import SCOPE, Basis, Import, ImportFile, Statement
from store.records.permit import Use

BASES = tuple(basis.value for basis in Basis)
WORDS = {word: use for use, word in standing.WORD_OF.items()}
SIDE_FILE = ".basis.yaml"
_KEYS = ("source", "basis", "grantor", "until", "scope")
_MOST_CHARS = 400


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as people see it: its files, and in one word where it stands now."""

    made: Import
    state: str
    files: tuple[ImportFile, ...]

    def as_json(self) -> dict[str, Any]:
        """One import of `imports --json`."""
        made, said = self.made, self.made.statement
        return {
            "id": made.id,
            "state": self.state,
            "named": made.named.splitlines(),
            "begun_at": made.begun_at.isoformat(),
            "begun_by": made.begun_by,
            "finished": made.finished_at is not None,
            "source": said.source if said else "",
            "basis": said.basis.value if said else "",
            "grantor": said.grantor if said else "",
            "until": said.until.isoformat() if said and said.until else None,
            "scope": scope_words(said.scope) if said else [],
            "stated_by": made.stated_by,
            "revoked_by": made.revoked_by,
            "files": [
                {"name": file.name, "file": file.file, "posts": file.posts, "set_aside": file.set_aside}
                for file in self.files
            ],
            **imports.totals(self.files),
        }


def scope_words(scope: Iterable[Use]) -> list[str]:
    """The uses of a statement in the words that people write: match, answer."""
    return [word for word, use in WORDS.items() if use in frozenset(scope)]


def listing(road: Road) -> list[ImportView]:
    """All imports, newest first."""
    now = road.clock()
    with road.store.reading() as tx:
        found = imports.listing(tx)
        return [ImportView(m, standing.state_of(m, now), tuple(imports.files_of(tx, m.id))) for m in found]


def one(road: Road, start: str) -> ImportView:
    """The import whose id begins so. Raises Missing or Conflict."""
    with road.store.reading() as tx:
        made = imports.get(tx, imports.full_id(tx, start))
        files = tuple(imports.files_of(tx, made.id))
    return ImportView(made, standing.state_of(made, road.clock()), files)


def state(road: Road, start: str, statement: Statement, *, by: str) -> tuple[ImportView, int]:
    """State who gave an import and on what basis; it reaches all of its posts at once. Gives how many.

    Raises Missing, Conflict, and UsageError for a statement whose time is over already.
    """
    now = road.clock()
    if statement.until is not None and statement.until <= now:
        raise UsageError("--until", f"{statement.until.isoformat()} is over; leave it out for no end")
    with road.store.transaction() as tx:
        import_id = imports.full_id(tx, start)
        imports.state(tx, import_id, statement, by=by, at=now)
        write_statement(road, import_id, statement, by, tx)
    reached = reaching.reach(road)
    return one(road, import_id), reached


def write_statement(road: Road, import_id: str, statement: Statement, by: str, tx: Any) -> None:
    """The audit's line of a statement: its basis, scope and end; never a name."""
    until = statement.until.isoformat() if statement.until else None
    detail = {"basis": statement.basis.value, "scope": scope_words(statement.scope), "until": until}
    audit.write(tx, road.clock(), by, "import.stated", import_id, **detail)


def revoke(road: Road, start: str, *, by: str) -> tuple[ImportView, int]:
    """Take a statement back: matches, faces and vectors made under it go. Gives how many posts it reached.

    An import without statement can be revoked too: it waits no more. Raises Missing, and Conflict if it
    is revoked already.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        import_id = imports.full_id(tx, start)
        if imports.get(tx, import_id).revoked_at is not None:
            raise Conflict(import_id, "is revoked already; `imports state` puts a new statement in force")
        imports.revoke(tx, import_id, by=by, at=now)
        audit.write(tx, now, by, "import.revoked", import_id)
    reached = reaching.reach(road)
    return one(road, import_id), reached


def statement(
    *, source: str, basis: str, grantor: str = "", until: str = "", scope: str | Iterable[str] = ""
) -> Statement | None:
    """A statement from people's words; None if neither source nor basis is given. Raises UsageError."""
    source, basis, grantor = source.strip(), basis.strip(), grantor.strip()
    if not source and not basis:
        if grantor or until or scope:
            raise UsageError("--source", "is missing: grantor, until and scope belong to source and basis")
        return None
    if not source or not basis:
        raise UsageError("--source, --basis", "belong together: who gave it, and on what basis")
    if basis not in BASES:
        raise UsageError("--basis", f"found {basis!r}; allowed: {', '.join(BASES)}")
    for name, words in (("--source", source), ("--grantor", grantor)):
        if len(words) > _MOST_CHARS or not words.isprintable():
            raise UsageError(name, f"is one line of at most {_MOST_CHARS} characters")
    return Statement(source, Basis(basis), grantor, moment(until, "--until"), _scope(scope))


def moment(words: str, name: str) -> datetime | None:
    """A day or moment in ISO 8601, UTC without a zone; None for no words. Raises UsageError."""
    if not words.strip():
        return None
    try:
        found = datetime.fromisoformat(words.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(name, f"found {words!r}; allowed: 2027-12-31 or 2027-12-31T08:00+08:00") from None


def _scope(scope: str | Iterable[str]) -> frozenset[Use]:
    words = scope.split(",") if isinstance(scope, str) else list(scope)
    words = [word.strip() for word in words if word.strip()]
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise UsageError("--scope", f"found {', '.join(unknown)}; allowed: {', '.join(WORDS)}")
    return frozenset(WORDS[word] for word in words) or SCOPE


def read_side_file(path: Path) -> Statement | None:
    """The statement of a side file in the inbox, `NAME.basis.yaml`. Raises UsageError with what is wrong."""
    document = config_yaml.read(path)
    if document.mistakes:
        raise UsageError(path.name, "; ".join(str(mistake) for mistake in document.mistakes[:3]))
    values = document.data
    if not isinstance(values, Mapping) or not values:
        raise UsageError(path.name, f"is a mapping with the keys {', '.join(_KEYS)}")
    unknown = [str(name) for name in values if name not in _KEYS]
    if unknown:
        raise UsageError(path.name, f"found {', '.join(unknown)}; allowed: {', '.join(_KEYS)}")
    plain = {name: values.get(name) or "" for name in ("source", "basis", "grantor", "until")}
    scope = values.get("scope") or ""
    scope = scope.split(",") if isinstance(scope, str) else scope
    words = [*plain.values(), *(scope if isinstance(scope, list) else [scope])]
    if not all(isinstance(word, str) for word in words):
        raise UsageError(path.name, "every value is text in one line; scope may be a list of words")
    try:
        return statement(**plain, scope=scope)
    except UsageError as error:
        raise UsageError(path.name, f"{error.subject.replace('--', '')}: {error.detail}") from None
