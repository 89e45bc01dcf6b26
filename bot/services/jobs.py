"""The queue for people: what waits and for how long, what was set aside, which processes work and lead what.

Work on cases that a viewer may not know of is left out, as everywhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.pipeline.road import Road
from store import cases, leases
from store.db import Transaction
from store.errors import Missing
from store.records.work import Stage

MOST = 1000


def look(road: Road, *, heard_of: timedelta) -> dict[str, Any]:
    """Everything about the queue, JSON-able. Processes are those heard of in the last `heard_of`."""
    now = road.clock()
    with road.store.reading() as tx:
        waiting, ages = road.engine.waiting(tx), road.engine.oldest_due_s(tx, now)
        since = leases.time_of(tx, road.clock) - heard_of
        leads = [lease for lease in leases.listing(tx) if lease.until > since + heard_of]
        workers = [
            {
                "id": member.id,
                "host": member.host,
                "roles": list(member.roles),
                "since": member.began_at.isoformat(timespec="seconds"),
                "leads": sorted(lease.name for lease in leads if lease.holder == member.id),
            }
            for member in leases.members(tx, since=since)
        ]
        stages = [
            {"stage": stage, "waiting": amount, "oldest_due_s": round(ages.get(stage, 0.0), 1)}
            for stage, amount in sorted(waiting.items())
        ]
        return {"stages": stages, "set_aside": _dead(road, tx), "workers": workers}


def _dead(road: Road, tx: Transaction) -> list[dict[str, Any]]:
    return [
        {"stage": row.stage, "key": row.key, "tries": row.attempt, "reason": row.reason}
        for row in road.engine.dead(tx, most=MOST)
        if not cases.is_of_hidden(tx, row.key)
    ]


def one(road: Road, stage: Stage, key: str) -> dict[str, Any]:
    """One set-aside job. Raises Missing."""
    with road.store.reading() as tx:
        for row in _dead(road, tx):
            if (row["stage"], row["key"]) == (stage.value, key):
                return row
    raise Missing(key, f"is no {stage.value} job that was set aside")


def retry(road: Road, stage: Stage | None, key: str = "") -> int:
    """Try set-aside jobs again: one, all of a stage, or all; gives how many."""
    with road.store.transaction() as tx:
        chosen = [
            row
            for row in _dead(road, tx)
            if stage is None or (row["stage"] == stage.value and key in ("", row["key"]))
        ]
        return sum(road.engine.revive(tx, Stage(row["stage"]), row["key"], road.clock()) for row in chosen)


def measure(road: Road) -> None:
    """Put how long and how old the queue is into the metrics."""
    now = road.clock()
    with road.store.reading() as tx:
        waiting, ages = road.engine.waiting(tx), road.engine.oldest_due_s(tx, now)
    for stage in Stage:
        road.metrics.queue_length.labels(stage.value).set(waiting.get(stage.value, 0))
    road.metrics.queue_age_s.set(max(ages.values(), default=0.0))
