"""Changing how far replies go by themselves: one person asks with a reason, another one accepts."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline import levels as pipeline
from bot.pipeline.road import Road
from bot.rules import levels as rules
from store import audit, levels, users
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.records.reply import Level
from store.records.replying import LevelChange

MAY = frozenset({users.ADMIN, users.ORGANISER, users.REVIEWER})


@dataclass(frozen=True, slots=True)
class Levels:
    """What is in force, the ceiling of the config, and all wishes, newest first."""

    in_force: Level
    ceiling: Level
    changes: tuple[LevelChange, ...]

    @property
    def waiting(self) -> tuple[LevelChange, ...]:
        """Wishes that nobody has decided yet."""
        return tuple(change for change in self.changes if change.decided_at is None)


def state(road: Road) -> Levels:
    """The level now, and how it came about."""
    with road.store.reading() as tx:
        return Levels(pipeline.in_force(road, tx), road.plan.level, tuple(levels.changes(tx)))


def ask(road: Road, level: Level, *, by: str, why: str) -> LevelChange:
    """First person. Raises NotAllowed for a role that may not, UsageError where such a change cannot be."""
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        _may(tx, by)
        words = rules.may_not_ask(level, pipeline.in_force(road, tx), road.plan.level, why)
        if words:
            raise UsageError(level.value, words)
        change = levels.ask(tx, level, by=by, why=why.strip(), at=now)
        audit.write(tx, now, by, "level.asked", str(change.number), level=level.value, why=why.strip())
    return change


def accept(road: Road, number: int, *, by: str) -> Level:
    """Second person: rows that are drafted from now on get the level. Gives the one that is in force then.

    Raises Missing, NotAllowed for the first person or a wrong role.
    """
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        _may(tx, by)
        change = levels.change(tx, number)
        words = rules.may_not_accept(change, by, now)
        if words:
            raise NotAllowed(str(number), words)
        levels.decide(tx, number, accepted=True, by=by, at=now)
        audit.write(tx, now, by, "level.accepted", str(number), level=change.level.value)
        return pipeline.in_force(road, tx)


def refuse(road: Road, number: int, *, by: str) -> None:
    """Somebody does not want the change; its own author may take it back so. Raises Missing, Conflict."""
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        _may(tx, by)
        levels.change(tx, number)
        levels.decide(tx, number, accepted=False, by=by, at=now)
        audit.write(tx, now, by, "level.refused", str(number))


def _may(tx: Transaction, by: str) -> None:
    user = users.get(tx, by)
    if not user.has(*MAY):
        raise NotAllowed(by, f"may not change the level; roles that may: {', '.join(sorted(MAY))}")
