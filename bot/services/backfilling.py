"""Asking for the past by hand: which spans of which sources, and how far their reading has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.pipeline import ledger, work
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, backfills
from store.errors import UsageError
from store.records.coverage import Backfill, BackfillState
from store.records.page import Span
from store.records.work import Stage

_OVER = (BackfillState.DONE, BackfillState.IMPOSSIBLE, BackfillState.SPLIT)


@dataclass(frozen=True, slots=True)
class Wish:
    """One span of one source and tag that somebody asked for."""

    source: str
    tag: str
    span: Span


def moment(words: str, name: str) -> datetime:
    """A day or a moment in ISO 8601; without a time zone it is UTC. Raises UsageError."""
    try:
        found = datetime.fromisoformat(words.strip())
    except ValueError:
        raise UsageError(name, f"found {words!r}; allowed: 2026-11-24 or 2026-11-24T08:00+08:00") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def ask(
    road: Road,
    active: Mapping[str, Source],
    *,
    tag: str,
    since: datetime,
    until: datetime,
    source: str | None,
    by: str,
) -> list[Wish]:
    """Put the span into the queue for one source or for all that are on. Asked again it goes on where it was.

    Raises UsageError for a tag that the campaign does not have, a source that is not on, an empty span.
    """
    until = min(until, road.clock())
    if since >= until:
        raise UsageError("--since", f"{since.isoformat()} is not before {until.isoformat()}")
    chosen = list(active.values()) if source is None else [s for s in active.values() if s.name == source]
    if not chosen:
        names = ", ".join(active) or "none; `doctor` says what is missing"
        raise UsageError("--source", f"{source or 'no source'} is not on (on: {names})")
    wishes = [Wish(s.name, _named(s, tag), Span(since, until)) for s in chosen]
    now = road.clock()
    with road.store.transaction() as tx:
        for wish in wishes:
            ledger.ask(road, tx, wish.source, wish.tag, wish.span, by=by)
            detail = {"since": since.isoformat(), "until": until.isoformat()}
            audit.write(tx, now, by, "backfill.asked", f"{wish.source} #{wish.tag}", **detail)
    return wishes


def _named(source: Source, tag: str) -> str:
    """The campaign's own spelling of the tag."""
    bare = tag.strip().strip("#＃").casefold()
    found = next((each for each in source.tags if each.casefold() == bare), None)
    if found is None:
        raise UsageError("--tag", f"#{bare} is no hashtag of the campaign ({', '.join(source.tags)})")
    return found


def state_of(road: Road, wishes: Sequence[Wish]) -> list[Backfill]:
    """How far the wishes are, with the parts that they were split into."""
    with road.store.reading() as tx:
        return [made for wish in wishes for made in backfills.within(tx, wish.source, wish.tag, wish.span)]


def is_over(found: Sequence[Backfill]) -> bool:
    """Whether nothing more will be read."""
    return all(made.state in _OVER for made in found)


def work_off(
    road: Road,
    active: Mapping[str, Source],
    wishes: Sequence[Wish],
    *,
    tell: Callable[[Sequence[Backfill]], None],
    wait: Callable[[float], object],
    patience_s: float = 5.0,
) -> list[Backfill]:
    """Read the wishes in this process until they are over, or would have to wait longer than `patience_s`.

    Only whoever holds the daemon's lock may call it. `tell` hears of the progress, `wait` sleeps.
    What is left over stays in the queue.
    """
    ways = work.arrows(lambda: active)
    while True:
        jobs = road.engine.claim([Stage.BACKFILL], road.clock(), most=1)
        for job in jobs:
            work.do(road, ways, job)
        found = state_of(road, wishes)
        tell(found)
        if is_over(found):
            return found
        if not jobs:
            due_s = road.engine.due_in(road.clock(), [Stage.BACKFILL])
            if due_s is None or due_s > patience_s:
                return found
            wait(max(due_s, 0.05))
