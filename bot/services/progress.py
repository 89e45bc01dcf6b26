"""How far long work on stored faces has come, for people: new cases searched back, another model prepared."""

from __future__ import annotations

from typing import Any

from store import case_searches, case_teams, face_models
from store.db import Transaction


def under_way(tx: Transaction) -> list[dict[str, Any]]:
    """Each piece of work with what it is about, `done` of `total` faces and what was found so far.

    Searches of sealed cases are left out.
    """
    rows = [
        {"about": f"case {each.case_id}", "done": each.done, "total": each.total, "found": each.found}
        for each in case_searches.running(tx)
        if not case_teams.is_hidden(tx, each.case_id, case_teams.NOBODY)
    ]
    rows += [
        {"about": f"face model {each.name}", "done": each.done, "total": each.total, "found": 0}
        for each in face_models.listing(tx, face_models.NEXT)
    ]
    return [{**row, "words": words(row)} for row in rows]


def words(row: dict[str, Any]) -> str:
    """One line for `status` and the console."""
    percent = 100 * row["done"] // max(1, row["total"])
    found = f", {row['found']} possible resemblances" if row["found"] else ""
    return f"{row['about']}: {row['done']} of {row['total']} stored faces ({percent} %){found}"
