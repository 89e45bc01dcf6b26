"""A candidate that two people called possible becomes a lead, in the transaction of the second verdict.

No machine makes one: only standing verdicts of different persons count, as many as the installation asks
for (two, unless config.yaml says that one is enough), and nothing but a person's verdict calls this.
"""

from __future__ import annotations

import json
from datetime import datetime

from bot.pipeline.road import Road
from bot.rules import compose
from bot.rules import leads as rules
from store import audit, leads, matches, posts
from store.db import Transaction
from store.records.lead import LeadRow, LeadState, LeadStep, StepKind, Topic
from store.records.match import Verdict
from store.steps import step

_MACHINES = frozenset({"", "homeward"})


def follow(road: Road, tx: Transaction, match_key: str, *, by: str) -> LeadRow | None:
    """After a verdict or an undo on a match: its lead is made, brought back or taken back. None: no lead.

    Can be called again: what is right already stays as it is.
    """
    held, needed = leads.of_match(tx, match_key), 2 if road.rules.second_look else 1
    if len(confirmed_by(tx, match_key)) >= needed:
        if held is None:
            return _make(road, tx, match_key, by)
        if held.state is LeadState.TAKEN_BACK:
            return _move(road, tx, held, LeadState.CONFIRMED, by, "two people confirmed it anew")
        return held
    if held is None or held.state is LeadState.TAKEN_BACK:
        return held
    if held.state is LeadState.CONFIRMED:
        return _move(road, tx, held, LeadState.TAKEN_BACK, by, "a reviewer took a confirmation back")
    # It is with the authorities already: they are told by people, and nothing is undone here.
    return _move(road, tx, held, held.state, by, "a reviewer took a confirmation back: tell the office")


def confirmed_by(tx: Transaction, match_key: str) -> frozenset[str]:
    """The different persons whose standing verdict calls the match possible, by folded name."""
    said = (each for each in matches.decisions_of(tx, match_key) if not each.undone)
    names = {each.by.strip().casefold() for each in said if each.verdict is Verdict.POSSIBLE}
    return frozenset(names - _MACHINES)


def lead_id(road: Road, match_key: str) -> str:
    """The reference of a match's lead: the same each time, and it tells nothing to who has no key."""
    secret = road.key.derived("lead")
    return compose.reference(secret, match_key) + compose.reference(secret, f"{match_key}#")[:2]


def _make(road: Road, tx: Transaction, match_key: str, by: str) -> LeadRow:
    now, match = road.clock(), matches.get(tx, match_key).match
    made = LeadRow(
        lead_id(road, match_key), match_key, match.post_key, match.case_id, now, LeadState.CONFIRMED, now, 1,
        rules.due_at(road.leads, LeadState.CONFIRMED, now),
    )  # fmt: skip
    ways = [(seen.source, seen.tag) for seen in posts.observations_of(tx, match.post_key)]
    first = LeadStep(
        made.id, 1, StepKind.MADE, LeadState.CONFIRMED, LeadState.CONFIRMED, Topic.POLICE, by, now
    )
    leads.add(tx, made, first, ways)
    audit.write(tx, now, by, "lead.made", made.id)
    step("lead.half_made")
    return made


def _move(road: Road, tx: Transaction, held: LeadRow, to: LeadState, by: str, words: str) -> LeadRow:
    now, number = road.clock(), held.steps + 1
    kind = StepKind.NOTE if to is held.state else StepKind.STEP
    sealed = seal_words(road, held.id, number, {"note": words})
    row = LeadStep(
        held.id, number, kind, held.state, to, Topic.POLICE, by, now, sealed=sealed, key_id=road.key.id
    )
    moved = leads.move(tx, held, row, due_at=_due(road, held, to, now))
    audit.write(tx, now, by, f"lead.{to.value}", held.id, kind=kind.value)
    return moved


def _due(road: Road, held: LeadRow, to: LeadState, now: datetime) -> datetime | None:
    return held.due_at if to is held.state else rules.due_at(road.leads, to, now)


def seal_words(road: Road, lead: str, number: int, words: dict[str, str]) -> bytes | None:
    """What people wrote at a step, sealed to its row; None if they wrote nothing."""
    kept = {name: text.strip() for name, text in words.items() if text.strip()}
    if not kept:
        return None
    return road.key.seal(json.dumps(kept, ensure_ascii=False), row=f"lead:{lead}:{number}")


def open_words(road: Road, row: LeadStep) -> dict[str, str]:
    """What was written at a step, by name. Raises Sealed."""
    if row.sealed is None:
        return {}
    found = json.loads(road.key.open(row.sealed, row=f"lead:{row.lead_id}:{row.number}"))
    return {str(name): str(text) for name, text in found.items()}
