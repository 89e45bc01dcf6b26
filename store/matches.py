"""Matches, the decisions of people about them, and alerts to the case team, as rows. Judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import case_teams, counters, tag_marks, veils
from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.match import Decision, Label, Match, Reason, Tier, Verdict
from store.records.reply import Alert, AlertState

OPEN, LATER, POSSIBLE, REJECTED, WITHDRAWN = "open", "later", "possible", "rejected", "withdrawn"
HIDDEN = "hidden"
"""Of a post that only the safeguarding lead may see: in no queue and no count."""
STANDING = (OPEN, LATER, POSSIBLE, HIDDEN)
STATE_OF = {Verdict.POSSIBLE: POSSIBLE, Verdict.NOT_THIS_CHILD: REJECTED}


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match and where its review stands: open, later, possible, rejected or withdrawn (with why)."""

    match: Match
    state: str
    state_why: str
    found_at: datetime


def was_shown(row: MatchRow) -> bool:
    """Whether people were shown it and it still stands: in the queue, or called possible."""
    return row.state == POSSIBLE or (row.state in (OPEN, LATER) and row.match.tier is not Tier.SET_ASIDE)


def put(tx: Transaction, match: Match, at: datetime) -> bool:
    """Keep a match. True when it is new or stands again. A rejected pair stays rejected.

    A decided one keeps its state. A face that several posts show belongs to the first of them. One
    that was withdrawn because its permit went is open again: its permit must have come back.
    """
    row, state = _values(match), HIDDEN if veils.kinds_of(tx, match.post_key) else OPEN
    if insert_new(tx, t.matches, {"key": match.key, **row, "state": state, "state_why": "", "found_at": at}):
        _count(tx, match.tier, int(state == OPEN))
        return True
    hold(tx, match.key)
    held = get(tx, match.key)
    if state == HIDDEN:
        return False
    if held.state == HIDDEN and held.match.post_key != match.post_key:
        # Another post shows the same face: what is for the lead alone must not keep it from people.
        _count(tx, match.tier, +1)
        tx.execute(sa.update(t.matches).where(t.matches.c.key == match.key).values(**row, state=OPEN))
        return True
    if held.state == WITHDRAWN:
        _count(tx, match.tier, +1)
        back = {**row, "state": OPEN, "state_why": ""}
        tx.execute(sa.update(t.matches).where(t.matches.c.key == match.key).values(**back))
        return True
    if held.state in (OPEN, LATER) and held.match.post_key == match.post_key:
        _count(tx, held.match.tier, -1)
        _count(tx, match.tier, +1)
        tx.execute(sa.update(t.matches).where(t.matches.c.key == match.key).values(**row))
    return False


def _values(match: Match) -> dict[str, Any]:
    names = (
        "face_key post_key case_id case_photo similarity rank gallery_size model fpir age_gap_years travel"
        " score looks"
    )
    row = {name: getattr(match, name) for name in names.split()}
    row |= {"tier": match.tier.value, "label": match.label.value, "reasons": to_json(match.reasons)}
    return row | {"stands_out": standing_out(match)}


def standing_out(match: Match) -> float:
    """What queues are ordered by: the normalised score, alike at all ages, or else the similarity."""
    return match.similarity if match.score is None else match.score


def _count(tx: Transaction, tier: Tier, amount: int) -> None:
    counters.add(tx, f"waiting:{tier.value}", amount)


def get(tx: Transaction, key: str) -> MatchRow:
    """A match. Raises Missing."""
    row = tx.execute(sa.select(t.matches).where(t.matches.c.key == key)).first()
    if row is None:
        raise Missing(key, "is not a known match")
    return _row(row)


def hold(tx: Transaction, *keys: str) -> None:
    """Let nobody else decide these matches until the transaction ends; what is read from now on stands."""
    query = sa.select(t.matches.c.key).where(t.matches.c.key.in_(keys)).order_by(t.matches.c.key)
    tx.execute(query.with_for_update()).all()


def read(tx: Transaction, query: sa.Select[Any]) -> list[MatchRow]:
    """What a query for whole rows of matches finds, in its order."""
    return [_row(row) for row in tx.execute(query)]


def _row(row: Any) -> MatchRow:
    plain = {name: getattr(row, name) for name in Match.__dataclass_fields__}
    plain |= {"tier": Tier(row.tier), "label": Label(row.label)}
    plain["reasons"] = from_json(tuple[Reason, ...], row.reasons, subject=row.key)
    return MatchRow(Match(**plain), row.state, row.state_why, row.found_at)


def full_key(tx: Transaction, start: str, *, viewer: str = case_teams.NOBODY) -> str:
    """The one key that begins so, of those that the viewer may know. Raises Missing for none, Conflict for
    several."""
    m = t.matches.c.key
    shown = ~case_teams.of_hidden(t.matches.c.case_id, viewer)
    # A whole key is looked up; only the beginning of one is worth reading all of them.
    if tx.execute(sa.select(m).where(m == start, shown)).first() is not None:
        return start
    query = sa.select(m).where(m.startswith(start, autoescape=True), shown).limit(2)
    keys = list(tx.execute(query).scalars())
    if not keys:
        raise Missing(start, "is the beginning of no match's key; `matches list` shows them")
    if len(keys) > 1:
        raise Conflict(start, "is the beginning of several keys; give more of it")
    return str(keys[0])


def queue(
    tx: Transaction,
    tier: Tier | None = None,
    *,
    state: str = OPEN,
    before: tuple[float, str] | None = None,
    most: int = 50,
    viewer: str = case_teams.NOBODY,
    but: Sequence[sa.ColumnElement[bool]] = (),
) -> list[MatchRow]:
    """Matches of a state that the viewer may know of, those that stand out most first; none of `but`.

    By `standing_out`, the keyset is (that value, key).
    """
    m = t.matches.c
    query = (
        sa.select(t.matches)
        .where(m.state == state, ~veils.of_veiled(m.post_key), ~case_teams.of_hidden(m.case_id, viewer))
        .where(*(~each for each in but))
        .order_by(m.stands_out.desc(), m.key.desc())
        .limit(most)
    )
    if tier is not None:
        query = query.where(m.tier == tier.value)
    if before is not None:
        query = query.where(sa.tuple_(m.stands_out, m.key) < sa.tuple_(*map(sa.literal, before)))
    return [_row(row) for row in tx.execute(query)]


def of_post(tx: Transaction, post_key: str, *, viewer: str | None = None) -> list[MatchRow]:
    """All matches of a post, most similar first; for a viewer, those of cases that this one may know of."""
    m = t.matches.c
    query = sa.select(t.matches).where(m.post_key == post_key).order_by(m.similarity.desc(), m.key)
    if viewer is not None:
        query = query.where(~case_teams.of_hidden(m.case_id, viewer))
    return [_row(row) for row in tx.execute(query)]


def listing(tx: Transaction, *, most: int = 200, viewer: str = case_teams.NOBODY) -> list[MatchRow]:
    """All matches that are not hidden: open ones first, the set-aside tier last, most similar first."""
    m = t.matches.c
    tiers = sa.case((m.tier == Tier.ALERT.value, 0), (m.tier == Tier.REVIEW.value, 1), else_=2)
    order = (sa.case((m.state == OPEN, 0), else_=1), tiers, m.similarity.desc(), m.key)
    shown = (~veils.of_veiled(m.post_key), ~case_teams.of_hidden(m.case_id, viewer))
    query = sa.select(t.matches).where(*shown).order_by(*order).limit(most)
    return [_row(row) for row in tx.execute(query)]


def waiting(tx: Transaction) -> dict[str, int]:
    """How many matches of each tier wait for a person (open or later); but for sealed cases."""
    m = t.matches.c
    of_few = m.case_id.in_(sa.select(t.cases.c.id).where(t.cases.c.sealed))
    query = sa.select(m.tier, sa.func.count()).where(of_few, m.state.in_((OPEN, LATER))).group_by(m.tier)
    few: dict[str, int] = {row[0]: row[1] for row in tx.execute(query)}
    return {tier.value: counters.value(tx, f"waiting:{tier.value}") - few.get(tier.value, 0) for tier in Tier}


def decide(tx: Transaction, decision: Decision) -> None:
    """Keep a verdict and move the match. Raises Conflict when it was decided meanwhile."""
    hold(tx, decision.match_key)
    held = get(tx, decision.match_key)
    if held.state not in (OPEN, LATER):
        raise Conflict(decision.match_key, f"is already {held.state}; undo that first")
    to = STATE_OF.get(decision.verdict, LATER)
    if held.state in (OPEN, LATER) and to not in (OPEN, LATER):
        _count(tx, held.match.tier, -1)
    row = {"match_key": decision.match_key, "verdict": decision.verdict.value, "by": decision.by}
    tx.execute(sa.insert(t.decisions).values(**row, note=decision.note, undone=False, at=decision.at))
    _set_state(tx, decision.match_key, to, "")
    tag_marks.put(tx, held.match.post_key)


def undo(tx: Transaction, match_key: str) -> Decision:
    """Take the last standing decision back; the match is open again if its face is still kept.

    Raises Conflict if there is no such decision or the match was withdrawn.
    """
    hold(tx, match_key)
    d = t.decisions.c
    query = sa.select(t.decisions).where(d.match_key == match_key, ~d.undone).order_by(d.id.desc()).limit(1)
    row = tx.execute(query).first()
    if row is None:
        raise Conflict(match_key, "has no decision that could be undone")
    held = get(tx, match_key)
    if held.state == WITHDRAWN:
        raise Conflict(match_key, f"was withdrawn meanwhile ({held.state_why}); there is nothing to decide")
    tx.execute(sa.update(t.decisions).where(d.id == row.id).values(undone=True))
    stands = tx.execute(sa.select(t.faces.c.key).where(t.faces.c.key == held.match.face_key)).first()
    waited = held.state in (OPEN, LATER)
    _count(tx, held.match.tier, (stands is not None) - waited)
    to, why = (OPEN, "") if stands else (WITHDRAWN, "its picture was forgotten after it was decided")
    _set_state(tx, match_key, to, why)
    tag_marks.put(tx, held.match.post_key)
    return Decision(match_key, Verdict(row.verdict), row.by, row.at, row.note, undone=True)


def withdraw_of_photo(tx: Transaction, digest: str, why: str, *, post_key: str | None = None) -> int:
    """Take undecided matches of a photo off the queue, of one post alone if `post_key` names it."""
    of_photo = t.matches.c.face_key.in_(sa.select(t.faces.c.key).where(t.faces.c.photo == digest))
    return _withdraw(tx, of_photo if post_key is None else of_photo & (t.matches.c.post_key == post_key), why)


def withdraw_of_post(tx: Transaction, post_key: str, why: str) -> int:
    """Take undecided matches of a post off the queue."""
    return _withdraw(tx, t.matches.c.post_key == post_key, why)


def withdraw_of_former_models(
    tx: Transaction, post_key: str, face_keys: Sequence[str], model: str, *, found: Sequence[str]
) -> int:
    """Take a post's undecided matches of these faces off the queue that only another model found."""
    m = t.matches.c
    which = (m.post_key == post_key) & m.face_key.in_(face_keys) & (m.model != model) & m.key.not_in(found)
    return _withdraw(tx, which, "the face model was changed, and the new one sees no resemblance")


def withdraw_pair(tx: Transaction, key: str, why: str) -> int:
    """Take one undecided match off the queue: it cannot be, or another face of the photo took its place."""
    return _withdraw(tx, t.matches.c.key == key, why)


def withdraw_of_case_photo(tx: Transaction, digest: str, why: str) -> int:
    """Take undecided matches with a registered photo off the queue (it may not be shown)."""
    return _withdraw(tx, t.matches.c.case_photo == digest, why)


def withdraw_of_case(tx: Transaction, case_id: str, why: str) -> int:
    """Take undecided matches with a case off the queue (it ended)."""
    return _withdraw(tx, t.matches.c.case_id == case_id, why)


def forget_case(tx: Transaction, case_id: str) -> int:
    """Delete every match of a case with its decisions and alerts (the case is destroyed). How many went."""
    m = t.matches.c
    withdraw_of_case(tx, case_id, "the case is destroyed")
    tag_marks.of_matches(tx, m.case_id == case_id)
    keys = sa.select(m.key).where(m.case_id == case_id)
    tx.execute(sa.delete(t.decisions).where(t.decisions.c.match_key.in_(keys)))
    tx.execute(sa.delete(t.alerts).where(t.alerts.c.match_key.in_(keys)))
    tx.execute(sa.delete(t.assignments).where(t.assignments.c.match_key.in_(keys)))
    tx.execute(sa.delete(t.match_drops).where(t.match_drops.c.case_id == case_id))
    return tx.execute(sa.delete(t.matches).where(m.case_id == case_id)).rowcount


def hide_of_post(tx: Transaction, post_key: str) -> None:
    """Take undecided matches of a post out of every queue and count: they are for a few people alone."""
    for row in _undecided(tx, t.matches.c.post_key == post_key):
        _count(tx, Tier(row.tier), -(row.state != HIDDEN))
        _set_state(tx, row.key, HIDDEN, "")


def states(tx: Transaction) -> dict[str, tuple[str, Tier]]:
    """State and tier of every match, by key."""
    m = t.matches.c
    return {row.key: (row.state, Tier(row.tier)) for row in tx.execute(sa.select(m.key, m.state, m.tier))}


def _undecided(tx: Transaction, which: Any) -> Sequence[Any]:
    m = t.matches.c
    query = sa.select(m.key, m.tier, m.state).where(which, m.state.in_((OPEN, LATER, HIDDEN)))
    return tx.execute(query.order_by(m.key).with_for_update()).all()


def _withdraw(tx: Transaction, which: Any, why: str) -> int:
    rows = _undecided(tx, which)
    for row in rows:
        _count(tx, Tier(row.tier), -(row.state != HIDDEN))
        _set_state(tx, row.key, WITHDRAWN, why)
    return len(rows)


def _set_state(tx: Transaction, key: str, state: str, why: str) -> None:
    tx.execute(sa.update(t.matches).where(t.matches.c.key == key).values(state=state, state_why=why))


def decisions_of(tx: Transaction, match_key: str) -> list[Decision]:
    """All decisions about a match, oldest first, undone ones marked."""
    query = sa.select(t.decisions).where(t.decisions.c.match_key == match_key).order_by(t.decisions.c.id)
    return [
        Decision(r.match_key, Verdict(r.verdict), r.by, r.at, r.note, r.undone) for r in tx.execute(query)
    ]


def check(tx: Transaction, key: str, viewer: str) -> None:
    """Raises Missing for a match whose case the viewer must not know of, as if there were none."""
    m = t.matches.c
    hidden = case_teams.of_hidden(m.case_id, viewer)
    if tx.execute(sa.select(m.key).where(m.key == key, hidden)).first() is not None:
        raise Missing(key, "is not a known match")


def last_decision_by(tx: Transaction, by: str) -> str | None:
    """The match that this person decided last and has not undone."""
    d = t.decisions.c
    return tx.execute(
        sa.select(d.match_key).where(d.by == by, ~d.undone).order_by(d.id.desc()).limit(1)
    ).scalar()


def raise_alert(tx: Transaction, alert: Alert) -> bool:
    """Keep an alert. True when it is new, or was taken back before: one alert per match."""
    names = ("key", "match_key", "reference", "raised_at", "acknowledged_by")
    row = {name: getattr(alert, name) for name in names}
    if insert_new(tx, t.alerts, {**row, "state": alert.state.value, "sends": 0, "last_result": ""}):
        return True
    return _set_alert(tx, alert.key, AlertState.TAKEN_BACK, AlertState.OPEN)


def take_back_alert(tx: Transaction, match_key: str) -> bool:
    """The verdict behind an alert was undone: it stands no longer. False if there is no open one."""
    return _set_alert(tx, match_key, AlertState.OPEN, AlertState.TAKEN_BACK)


def _set_alert(tx: Transaction, key: str, before: AlertState, after: AlertState) -> bool:
    where = (t.alerts.c.key == key) & (t.alerts.c.state == before.value)
    return tx.execute(sa.update(t.alerts).where(where).values(state=after.value)).rowcount == 1


def alert(tx: Transaction, key: str) -> Alert:
    """An alert. Raises Missing."""
    row = tx.execute(sa.select(t.alerts).where(t.alerts.c.key == key)).first()
    if row is None:
        raise Missing(key, "is not an alert")
    return _alert(row)


def find_alert(tx: Transaction, key: str) -> Alert | None:
    """The alert of a match, None if none was raised."""
    row = tx.execute(sa.select(t.alerts).where(t.alerts.c.key == key)).first()
    return _alert(row) if row else None


def _alert(row: Any) -> Alert:
    return Alert(
        row.key, row.match_key, row.reference, AlertState(row.state), row.raised_at, row.acknowledged_by
    )


def alerts(tx: Transaction, *, most: int = 100, viewer: str | None = None) -> Sequence[Alert]:
    """Alerts, newest first; for a viewer, those about cases that this one may know of."""
    query = sa.select(t.alerts).order_by(t.alerts.c.raised_at.desc(), t.alerts.c.key).limit(most)
    if viewer is not None:
        m = t.matches.c
        hidden = case_teams.of_hidden(m.case_id, viewer)
        query = query.where(~sa.exists().where(m.key == t.alerts.c.match_key, hidden))
    return [_alert(row) for row in tx.execute(query)]


def alert_sends(tx: Transaction, key: str) -> int:
    """How often an alert was sent."""
    return int(tx.execute(sa.select(t.alerts.c.sends).where(t.alerts.c.key == key)).scalar() or 0)


def note_alert(tx: Transaction, key: str, result: str) -> int:
    """Keep how an alert's sending went; gives how often it was sent by now."""
    values = {"sends": t.alerts.c.sends + 1, "last_result": result}
    update = sa.update(t.alerts).where(t.alerts.c.key == key).values(**values)
    return int(tx.execute(update.returning(t.alerts.c.sends)).scalar_one())


def acknowledge(tx: Transaction, key: str, by: str) -> None:
    """Say that somebody has taken the alert."""
    values = {"state": AlertState.ACKNOWLEDGED.value, "acknowledged_by": by}
    tx.execute(sa.update(t.alerts).where(t.alerts.c.key == key).values(**values))
