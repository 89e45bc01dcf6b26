"""Leads as the people of the field work on them: the board, one lead, its steps, who works on it.

Each sees what the role needs (bot/rules/leads.py); of a sealed case its team alone knows anything. Every
step is a person's, is written down and is never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.pipeline import lead_rounds
from bot.pipeline.road import Road
from bot.rules import leads as rules
from bot.rules.leads import Field, Offer, Part, Said
from bot.services import lead_documents as documents
from bot.services import leads_making, leads_people
from bot.services.lead_documents import DocumentView
from store import audit, case_teams, cases, leads
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.lead import LeadPerson, LeadRow, LeadState, LeadStep, StepKind, Topic
from store.steps import step as crash_point


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A lead on the board: as it stands, who works on it, how many documents. `child`: its name, "" for
    whom that is not."""

    lead: LeadRow
    people: tuple[str, ...]
    is_mine: bool
    is_due: bool
    child: str = ""


@dataclass(frozen=True, slots=True)
class StepView:
    """A row of a lead's life; `said` None where its words are for others or nothing was written."""

    step: LeadStep
    said: Said | None
    is_sealed: bool
    documents: tuple[DocumentView, ...] = ()
    given_to: str = ""
    taken_from: str = ""


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead as this account sees it, and what this account may do with it."""

    lead: LeadRow
    fields: frozenset[Field]
    people: tuple[LeadPerson, ...]
    steps: tuple[StepView, ...]
    next: tuple[LeadState, ...]
    back: tuple[LeadState, ...]
    topics: tuple[Topic, ...]
    may_assign: bool
    is_due: bool
    offer: Offer | None = None
    child: str = ""

    def sees(self, name: str) -> bool:
        """Whether a field is shown, by its name."""
        return Field(name) in self.fields


def board(
    road: Road, *, by: str, states: Sequence[LeadState] | None = None, mine: bool = False, most: int = 500
) -> list[BoardRow]:
    """The leads that an account sees, what is due first, then the newest. Raises NotAllowed, Missing."""
    with road.store.reading() as tx:
        parts = leads_people.parts(tx, by)
        of = by if mine or not parts - rules.ASSIGNED_ONLY else None
        rows = leads.listing(tx, viewer=by, states=states, of=of, most=most)
        people = leads.people(tx, [row.id for row in rows])
        found = [_board_row(road, tx, row, people.get(row.id, []), parts, by) for row in rows]
    return sorted(found, key=lambda each: (not each.is_due, -each.lead.made_at.timestamp(), each.lead.id))


def _board_row(
    road: Road, tx: Transaction, row: LeadRow, people: Sequence[LeadPerson], parts: frozenset[Part], by: str
) -> BoardRow:
    accounts = tuple(person.account for person in people)
    seen = rules.fields(parts, is_assigned=by in accounts)
    return BoardRow(row, accounts, by in accounts, _is_due(road, row), _child(tx, row, seen))


def _is_due(road: Road, row: LeadRow) -> bool:
    return row.due_at is not None and row.due_at <= road.clock()


def _child(tx: Transaction, row: LeadRow, seen: frozenset[Field]) -> str:
    if Field.CASE not in seen or not cases.has(tx, row.case_id):
        return ""
    return cases.get(tx, row.case_id).case.full_name


def show(road: Road, lead_id: str, *, by: str) -> LeadView:
    """One lead. Raises Missing, in the same words for one that this account must not know of."""
    with road.store.reading() as tx:
        return _view(road, tx, seen(tx, lead_id, by), by)


def seen(tx: Transaction, lead_id: str, by: str) -> LeadRow:
    """A lead that this account may see. Raises Missing, NotAllowed for who has nothing to do with leads."""
    parts = leads_people.parts(tx, by)
    row = leads.seen(tx, lead_id, by)
    if not rules.sees_lead(parts, is_assigned=leads_people.is_assigned(tx, row, by)):
        raise Missing(lead_id[:40], leads.NONE)
    return row


def fields_of(tx: Transaction, row: LeadRow, by: str) -> frozenset[Field]:
    """What an account sees of a lead."""
    assigned = leads_people.is_assigned(tx, row, by)
    return rules.fields(leads_people.parts(tx, by), is_assigned=assigned)


def need_field(tx: Transaction, row: LeadRow, by: str, field: Field) -> None:
    """Raises NotAllowed where a field of a lead is not for this account."""
    if field not in fields_of(tx, row, by):
        raise NotAllowed(row.id, f"shows {field.value.replace('_', ' ')} to other roles only")


def _view(road: Road, tx: Transaction, row: LeadRow, by: str) -> LeadView:
    parts, shown = leads_people.parts(tx, by), fields_of(tx, row, by)
    life, kept = leads.steps(tx, row.id), documents.of_lead(road, tx, row.id, shown)
    status = cases.get(tx, row.case_id).status.value if cases.has(tx, row.case_id) else ""
    may_back = bool(rules.TAKES.get(row.state, frozenset()) & parts)
    return LeadView(
        lead=row,
        fields=shown,
        people=tuple(leads.people(tx, [row.id]).get(row.id, [])),
        steps=tuple(_step_view(road, each, shown, kept) for each in life),
        next=rules.next_steps(row.state, parts),
        back=rules.back_to(life, row.state) if may_back else (),
        topics=rules.note_topics(parts),
        may_assign=bool(parts & rules.ASSIGNS),
        is_due=_is_due(road, row),
        offer=rules.offer([row.state], status) if Field.CASE in shown else None,
        child=_child(tx, row, shown),
    )


def _step_view(road: Road, row: LeadStep, shown: frozenset[Field], kept: Sequence[DocumentView]) -> StepView:
    mine = tuple(each for each in kept if each.document.step == row.number)
    if row.kind is StepKind.ASSIGNED:  # Who works on a lead is no secret to who sees it.
        people = leads_making.open_words(road, row)
        return StepView(row, None, False, (), people.get("given_to", ""), people.get("taken_from", ""))
    if rules.FIELD_OF_TOPIC[row.topic] not in shown or row.sealed is None:
        return StepView(row, None, row.sealed is not None, mine)
    words = leads_making.open_words(road, row)
    said = Said(words.get("note", ""), words.get("office", ""), words.get("reference", ""), row.happened_on)
    return StepView(row, said, True, mine)


# ── what people do ───────────────────────────────────────────────────────────────────────────────


def take(
    road: Road, lead_id: str, to: LeadState, said: Said, *, by: str, files: Sequence[tuple[str, bytes]] = ()
) -> LeadView:
    """Move a lead on, with documents (name, bytes). All or nothing.

    Raises Missing, NotAllowed or UsageError with what is missing, PhotoRefused, Conflict.
    """
    now, ready = road.clock(), documents.prepare(road, files)
    with road.store.transaction(durable=True) as tx:
        row = seen(tx, lead_id, by)
        parts = leads_people.parts(tx, by)
        words = rules.refusal(row.state, to, parts, said, now)
        if words:
            raise _refused(row, to, parts, words)
        due = rules.due_at(road.leads, to, now, said.due_at)
        topic = rules.topic_of(to)
        moved = _add(road, tx, row, StepKind.STEP, to, topic, said, by=by, due_at=due)
        documents.put(road, tx, moved, topic, ready, by=by)
        crash_point("lead.half_moved")
        return _view(road, tx, moved, by)


def _refused(row: LeadRow, to: LeadState, parts: frozenset[Part], words: str) -> Exception:
    if to not in rules.NEXT[row.state]:
        return Conflict(row.id, words)
    return UsageError(row.id, words) if rules.TAKES[to] & parts else NotAllowed(row.id, words)


def back(road: Road, lead_id: str, to: LeadState, why: str, *, by: str) -> LeadView:
    """Go back to a state that the lead was in: a row of its own, with a reason; nothing is deleted.

    Raises Missing, UsageError, Conflict.
    """
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        row = seen(tx, lead_id, by)
        parts, life = leads_people.parts(tx, by), leads.steps(tx, row.id)
        words = rules.back_refusal(life, row.state, to, parts, why)
        if words:
            raise UsageError(row.id, words)
        due, topic = rules.due_at(road.leads, to, now), rules.topic_of(row.state)
        moved = _add(road, tx, row, StepKind.BACK, to, topic, Said(why), by=by, due_at=due)
        return _view(road, tx, moved, by)


def note(
    road: Road, lead_id: str, topic: Topic, words: str, *, by: str, files: Sequence[tuple[str, bytes]] = ()
) -> LeadView:
    """Add words and documents to a lead, for those who read of that topic.

    Raises Missing, NotAllowed, UsageError, PhotoRefused.
    """
    ready = documents.prepare(road, files)
    if not rules.LEAST_WORDS <= len(words.strip()) <= rules.MOST_CHARS:
        raise UsageError("note", f"has to have {rules.LEAST_WORDS} to {rules.MOST_CHARS} characters")
    with road.store.transaction() as tx:
        row = seen(tx, lead_id, by)
        need_topic(tx, row, topic, by)
        said = Said(words)
        moved = _add(road, tx, row, StepKind.NOTE, row.state, topic, said, by=by, due_at=row.due_at)
        documents.put(road, tx, moved, topic, ready, by=by)
        return _view(road, tx, moved, by)


def need_topic(tx: Transaction, row: LeadRow, topic: Topic, by: str) -> None:
    """Raises NotAllowed for who may write nothing about the topic."""
    if topic not in rules.note_topics(leads_people.parts(tx, by)):
        raise NotAllowed(row.id, f"takes words about {topic.value} from other roles only")


def set_due(road: Road, lead_id: str, due_at: datetime, why: str, *, by: str) -> LeadView:
    """Say by when the next step is due. Raises Missing, NotAllowed, UsageError, Conflict if it has ended."""
    with road.store.transaction() as tx:
        row = seen(tx, lead_id, by)
        if not leads_people.parts(tx, by) & (rules.WORKS | rules.ASSIGNS):
            raise NotAllowed(row.id, "is put off by who works on it or assigns it")
        if row.state in rules.ENDS:
            raise Conflict(row.id, f"has ended ({row.state.value}); nothing is due")
        if words := rules.wrong_dates(Said(due_at=due_at), road.clock()):
            raise UsageError("due", words)
        if len(why.strip()) < rules.LEAST_WORDS:
            raise UsageError("why", "say in words why it is due on another day")
        said, topic = Said(why), rules.topic_of(row.state)
        moved = _add(road, tx, row, StepKind.DUE, row.state, topic, said, by=by, due_at=due_at)
        return _view(road, tx, moved, by)


def assign(road: Road, lead_id: str, account: str, *, by: str, away: bool = False) -> LeadView:
    """Give a lead to an account, or (`away`) take it from one.

    Raises Missing for an unknown lead or account, NotAllowed for who does not assign, UsageError for an
    account that does not work on leads or is not of a sealed case's team.
    """
    with road.store.transaction() as tx:
        row = seen(tx, lead_id, by)
        if not leads_people.parts(tx, by) & rules.ASSIGNS:
            raise NotAllowed(row.id, f"is given out by: {', '.join(sorted(rules.ASSIGNS))}")
        if away:
            if not leads.leave(tx, row.id, account):
                raise Missing(account, "does not work on this lead")
        else:
            _need_worker(tx, row, account)
            if not leads.join(tx, LeadPerson(row.id, account, by, road.clock())):
                return _view(road, tx, row, by)
        number, said = row.steps + 1, {"taken_from" if away else "given_to": account}
        sealed = leads_making.seal_words(road, row.id, number, said)
        step = LeadStep(
            row.id, number, StepKind.ASSIGNED, row.state, row.state, Topic.POLICE, by, road.clock(),
            sealed=sealed, key_id=road.key.id,
        )  # fmt: skip
        moved = leads.move(tx, row, step, due_at=row.due_at)
        audit.write(tx, road.clock(), by, "lead.assigned", row.id, **said)
        return _view(road, tx, moved, by)


def _need_worker(tx: Transaction, row: LeadRow, account: str) -> None:
    if not rules.parts_of(leads_people.roles(tx, account)) & rules.WORKS:
        raise UsageError(account, f"does not work on leads; roles that do: {', '.join(sorted(rules.WORKS))}")
    if case_teams.is_hidden(tx, row.case_id, account):
        raise UsageError(account, "is not in this case's team; add them there first")


def workers(road: Road, *, by: str) -> list[str]:
    """Accounts to whom a lead can be given, by name. Raises NotAllowed."""
    with road.store.reading() as tx:
        leads_people.parts(tx, by)
        return leads_people.workers(tx)


def _add(
    road: Road,
    tx: Transaction,
    row: LeadRow,
    kind: StepKind,
    to: LeadState,
    topic: Topic,
    said: Said,
    *,
    by: str,
    due_at: datetime | None,
) -> LeadRow:
    now, number = road.clock(), row.steps + 1
    words = {"note": said.note, "office": said.office, "reference": said.reference}
    sealed = leads_making.seal_words(road, row.id, number, words)
    step = LeadStep(
        row.id, number, kind, row.state, to, topic, by, now, said.happened_on, sealed,
        road.key.id if sealed is not None else "",
    )  # fmt: skip
    moved = leads.move(tx, row, step, due_at=due_at)
    if kind is not StepKind.NOTE:
        lead_rounds.quiet(tx, row, by)
    audit.write(tx, now, by, f"lead.{kind.value}", row.id, to=to.value, number=number)
    return moved
