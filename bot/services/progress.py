"""How far long work on stored faces has come, for people: new cases searched back, another model prepared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from store import case_searches, case_teams, face_models
from store.db import Transaction


def under_way(tx: Transaction) -> list[dict[str, Any]]:
    """Each piece of work with what it is about, `done` of `total` faces and what was found so far.

    `per_minute` is how many faces it got through, `left_s` how many seconds are left at that rate; both None
    until the first step is done: then it waits for its turn. Searches of sealed cases are left out.
    """
    rows = [
        {"about": f"case {each.case_id}", "done": each.done, "total": each.total, "found": each.found}
        | pace(each.done, each.total, each.begun_at, each.moved_at)
        for each in case_searches.running(tx)
        if not case_teams.is_hidden(tx, each.case_id, case_teams.NOBODY)
    ]
    rows += [
        {"about": f"face model {each.name}", "done": each.done, "total": each.total, "found": 0}
        | pace(each.done, each.total, each.put_at, each.moved_at)
        for each in face_models.listing(tx, face_models.NEXT)
    ]
    return [{**row, "words": words(row)} for row in rows]


def pace(done: int, total: int, begun: datetime, moved: datetime) -> dict[str, float | None]:
    """How many a minute, and how many seconds are left at that rate; None where nothing is done yet."""
    took_s = (moved - begun).total_seconds()
    if done <= 0 or took_s <= 0:
        return {"per_minute": None, "left_s": None}
    return {"per_minute": 60 * done / took_s, "left_s": max(0, total - done) * took_s / done}


def words(row: dict[str, Any]) -> str:
    """One line for `status` and the console."""
    percent = 100 * row["done"] // max(1, row["total"])
    found = f", {row['found']} possible resemblances" if row["found"] else ""
    return f"{row['about']}: {row['done']} of {row['total']} stored faces ({percent} %){found}"
