"""Leads, the rows of their lives, who works on them and which posts they came from. Judges nothing.

Which step is possible is decided in bot/rules/leads.py. Rows of a life are added and never changed; they
go only with the whole case. What people wrote comes in sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import case_teams, tag_marks, veils
from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.lead import LeadCount, LeadPerson, LeadRow, LeadState, LeadStep, StepKind, Topic

_L = t.leads.c
NONE = "is not a lead"


def add(tx: Transaction, lead: LeadRow, first: LeadStep, ways: Iterable[tuple[str, str]]) -> bool:
    """Keep a new lead with its first row and the (source, hashtag) ways of its post. False if it is there."""
    if not insert_new(tx, t.leads, _values(lead)):
        return False
    _write(tx, first)
    rows = [{"lead_id": lead.id, "source": source, "tag": tag} for source, tag in sorted(set(ways))]
    upsert(tx, t.lead_ways, rows, update=())
    tag_marks.put(tx, lead.post_key)
    return True


def _values(lead: LeadRow) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in LeadRow.__dataclass_fields__} | {"state": lead.state.value}


def _row(row: Any) -> LeadRow:
    return LeadRow(**dict(row._mapping) | {"state": LeadState(row.state)})


def get(tx: Transaction, lead_id: str) -> LeadRow:
    """A lead, whoever asks. Raises Missing."""
    row = tx.execute(sa.select(t.leads).where(_L.id == lead_id)).first()
    if row is None:
        raise Missing(lead_id[:40], NONE)
    return _row(row)


def _shown(viewer: str) -> tuple[Any, ...]:
    """What a viewer may know of: not of hidden cases, nor of posts for the safeguarding lead alone."""
    v = t.veils.alias("lead_veils")
    kept_apart = sa.exists().where(v.c.post_key == _L.post_key, v.c.kind == veils.SAFEGUARDING)
    return (~case_teams.of_hidden(_L.case_id, viewer), ~kept_apart)


def seen(tx: Transaction, lead_id: str, viewer: str) -> LeadRow:
    """A lead as this viewer may know it. Raises Missing for a hidden one exactly as for none."""
    row = tx.execute(sa.select(t.leads).where(_L.id == lead_id, *_shown(viewer))).first()
    if row is None:
        raise Missing(lead_id[:40], NONE)
    return _row(row)


def of_match(tx: Transaction, match_key: str) -> LeadRow | None:
    """The lead of a candidate, None if there is none. Whether somebody may know of it, the caller asks."""
    row = tx.execute(sa.select(t.leads).where(_L.match_key == match_key)).first()
    return None if row is None else _row(row)


def listing(
    tx: Transaction,
    *,
    viewer: str = case_teams.NOBODY,
    states: Sequence[LeadState] | None = None,
    of: str | None = None,
    case_id: str | None = None,
    after: tuple[datetime, str] | None = None,
    most: int = 200,
) -> list[LeadRow]:
    """Leads that the viewer may know of, the newest first; `of`: those that an account works on.

    Keyset (made_at, id).
    """
    query = sa.select(t.leads).where(*_shown(viewer)).order_by(_L.made_at.desc(), _L.id).limit(most)
    if states is not None:
        query = query.where(_L.state.in_([state.value for state in states]))
    if of is not None:
        mine = sa.select(t.lead_people.c.lead_id).where(t.lead_people.c.account == of)
        query = query.where(_L.id.in_(mine))
    if case_id is not None:
        query = query.where(_L.case_id == case_id)
    if after is not None:
        at, lead_id = after
        query = query.where(sa.or_(_L.made_at < at, sa.and_(_L.made_at == at, _L.id > lead_id)))
    return [_row(row) for row in tx.execute(query)]


# ── their lives ──────────────────────────────────────────────────────────────────────────────────


def move(tx: Transaction, lead: LeadRow, step: LeadStep, *, due_at: datetime | None) -> LeadRow:
    """Add a row to a lead's life, as it was read. Raises Conflict when somebody added one meanwhile."""
    is_new_state = step.after is not lead.state
    since = step.at if is_new_state else lead.since
    values: dict[str, Any] = {"state": step.after.value, "since": since, "steps": step.number}
    values["due_at"] = due_at
    if due_at != lead.due_at:
        values["reminded_at"] = None
    where = (_L.id == lead.id) & (_L.steps == lead.steps)
    if tx.execute(sa.update(t.leads).where(where).values(**values)).rowcount != 1:
        raise Conflict(lead.id, "was changed by somebody else meanwhile; look at it again")
    _write(tx, step)
    reminded = None if due_at != lead.due_at else lead.reminded_at
    return replace(
        lead, state=step.after, since=since, steps=step.number, due_at=due_at, reminded_at=reminded
    )


def _write(tx: Transaction, step: LeadStep) -> None:
    row: dict[str, Any] = {name: getattr(step, name) for name in LeadStep.__dataclass_fields__}
    for name in ("kind", "before", "after", "topic"):
        row[name] = row[name].value
    tx.execute(sa.insert(t.lead_steps).values(**row))


def steps(tx: Transaction, lead_id: str) -> list[LeadStep]:
    """The life of a lead, oldest first."""
    s = t.lead_steps.c
    query = sa.select(t.lead_steps).where(s.lead_id == lead_id).order_by(s.number)
    return [_step(row) for row in tx.execute(query)]


def _step(row: Any) -> LeadStep:
    plain = dict(row._mapping)
    plain |= {"kind": StepKind(row.kind), "topic": Topic(row.topic)}
    plain |= {"before": LeadState(row.before), "after": LeadState(row.after)}
    return LeadStep(**plain)


def overdue(tx: Transaction, now: datetime, *, again_before: datetime, most: int = 500) -> list[LeadRow]:
    """Leads whose due date has passed and of which nobody was reminded since `again_before`."""
    where = (_L.due_at <= now) & sa.or_(_L.reminded_at.is_(None), _L.reminded_at <= again_before)
    query = sa.select(t.leads).where(where).order_by(_L.due_at, _L.id).limit(most)
    return [_row(row) for row in tx.execute(query)]


def reminded(tx: Transaction, lead: LeadRow, at: datetime) -> bool:
    """Say that a reminder went out. False if the lead moved or somebody else was quicker."""
    last = _L.reminded_at.is_(None) if lead.reminded_at is None else _L.reminded_at == lead.reminded_at
    where = (_L.id == lead.id) & (_L.steps == lead.steps) & last
    return tx.execute(sa.update(t.leads).where(where).values(reminded_at=at)).rowcount == 1


# ── who works on them ────────────────────────────────────────────────────────────────────────────


def join(tx: Transaction, person: LeadPerson) -> bool:
    """Give a lead to an account too. False if it had it."""
    return insert_new(tx, t.lead_people, {n: getattr(person, n) for n in LeadPerson.__dataclass_fields__})


def leave(tx: Transaction, lead_id: str, account: str) -> bool:
    """Take a lead from an account. False if it had it not."""
    p = t.lead_people.c
    gone = sa.delete(t.lead_people).where(p.lead_id == lead_id, p.account == account)
    return tx.execute(gone).rowcount > 0


def people(tx: Transaction, lead_ids: Sequence[str]) -> dict[str, list[LeadPerson]]:
    """Who works on these leads, by lead, in the order of names."""
    p = t.lead_people.c
    query = sa.select(t.lead_people).where(p.lead_id.in_(lead_ids)).order_by(p.account)
    found: dict[str, list[LeadPerson]] = {}
    for row in tx.execute(query):
        found.setdefault(row.lead_id, []).append(LeadPerson(**row._mapping))
    return found


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


def count(
    tx: Transaction, *, since: datetime | None = None, until: datetime | None = None
) -> list[LeadCount]:
    """Leads made from `since` (included) to `until` (not), by source, hashtag, week and present state.

    Leads of sealed cases count nowhere. These numbers are for the team: no public number holds them.
    """
    w = t.lead_ways.c
    query = sa.select(w.source, w.tag, _L.made_at, _L.state).join(t.leads, w.lead_id == _L.id)
    query = query.where(*_shown(case_teams.NOBODY), _L.state != LeadState.TAKEN_BACK.value)
    if since is not None:
        query = query.where(_L.made_at >= since)
    if until is not None:
        query = query.where(_L.made_at < until)
    totals: dict[tuple[str, str, date, str], int] = {}
    for row in tx.execute(query):
        key = (row.source, row.tag, week_of(row.made_at), row.state)
        totals[key] = totals.get(key, 0) + 1
    return [
        LeadCount(source, tag, week, LeadState(state), number)
        for (source, tag, week, state), number in sorted(totals.items())
    ]


def by_state(tx: Transaction, *, viewer: str = case_teams.NOBODY) -> dict[LeadState, int]:
    """How many leads are in each state, of those that the viewer may know of."""
    query = sa.select(_L.state, sa.func.count()).where(*_shown(viewer)).group_by(_L.state)
    return {LeadState(row[0]): int(row[1]) for row in tx.execute(query)}


def week_of(moment: datetime) -> date:
    """The Monday, in UTC, of the week that the moment is in."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def forget_case(tx: Transaction, case_id: str) -> int:
    """Delete every lead of a case with all that hangs on it: the case is destroyed. How many went."""
    ids = sa.select(_L.id).where(_L.case_id == case_id)
    for table in (t.lead_ways, t.lead_steps, t.lead_people, t.lead_documents):
        tx.execute(sa.delete(table).where(table.c.lead_id.in_(ids)))
    return tx.execute(sa.delete(t.leads).where(_L.case_id == case_id)).rowcount
