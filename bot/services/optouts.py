"""Opt-outs and wishes to be erased as people see them: how many, remove one, add one, what is due."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline import erasing
from bot.pipeline import optouts as pipeline
from bot.pipeline.road import Road
from store import audit, optouts
from store.db import Transaction
from store.errors import UsageError
from store.records.post import Author, Platform
from store.records.replying import Erasure, OptOut

MIN_WHY_CHARS = 8


@dataclass(frozen=True, slots=True)
class ErasureView:
    """A wish to be erased with who asked, and whether it is late."""

    erasure: Erasure
    handle: str
    author_id: str
    message: str
    is_late: bool


def listing(road: Road) -> list[OptOut]:
    """One row a person, newest first. Nobody can tell from it who they are."""
    with road.store.reading() as tx:
        return optouts.listing(tx)


def count(road: Road) -> int:
    """How many people want no messages."""
    with road.store.reading() as tx:
        return optouts.count(tx)


def add(road: Road, platform: Platform, handle: str, *, everywhere: bool, by: str, why: str) -> bool:
    """Somebody asked by another way, such as by phone. False if it was known. Raises UsageError."""
    plain = handle.strip().lstrip("@＠")
    if not plain:
        raise UsageError("handle", "is missing")
    if len(why.strip()) < MIN_WHY_CHARS:
        raise UsageError("why", "is missing; say in words how the person asked")
    with road.store.transaction(durable=True) as tx:
        words = f"added by {by}: {why.strip()}"
        return pipeline.put(road, tx, platform, Author("", plain), everywhere=everywhere, why=words)


def remove(road: Road, person: str, *, by: str, why: str) -> None:
    """The person wants messages again and told us so. Raises Missing, UsageError without a reason."""
    if len(why.strip()) < MIN_WHY_CHARS:
        raise UsageError("why", "is missing; say in words how the person asked to be written to again")
    with road.store.transaction(durable=True) as tx:
        optouts.remove(tx, person.strip())
        audit.write(tx, road.clock(), by, "author.opted_in", person.strip()[:16], why=why.strip())


def erasures(road: Road) -> list[ErasureView]:
    """Wishes to be erased, what is due first on top."""
    with road.store.reading() as tx:
        return [_view(road, tx, each) for each in optouts.erasures(tx)]


def _view(road: Road, tx: Transaction, erasure: Erasure) -> ErasureView:
    who = erasing.who_of(road, tx, erasure)
    is_late = erasure.done_at is None and erasure.due_at < road.clock()
    return ErasureView(erasure, who.handle, who.id, who.message, is_late)


def done(road: Road, reference: str, *, by: str, note: str) -> None:
    """Say that somebody was erased. Raises Missing, Conflict, UsageError without a note."""
    if len(note.strip()) < MIN_WHY_CHARS:
        raise UsageError("note", "is missing; say in words what was deleted")
    with road.store.transaction(durable=True) as tx:
        optouts.erasure(tx, reference)
        optouts.finish_erasure(tx, reference, by=by, note=note.strip(), at=road.clock())
        audit.write(tx, road.clock(), by, "erasure.done", reference)
