"""Which step of a lead may follow which, who may take it, when the next is due, and who sees what of it.

Values in, values out; time is an argument. Nothing here is ever done by a machine: a lead moves when a
person says so, and what was stays on record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from store.records.lead import LeadState, LeadStep, StepKind, Topic

_S = LeadState


class Part(StrEnum):
    """What somebody is to a lead: the roles of the field, as accounts carry them."""

    LIAISON = "liaison"
    CIVIL_AFFAIRS = "civil-affairs"
    NGO = "ngo"
    REVIEWER = "reviewer"
    REGISTRAR = "registrar"
    ORGANISER = "organiser"
    ADMIN = "admin"


class Field(StrEnum):
    """A thing that can be seen of a lead."""

    STATE = "state"
    """State, since when, what is due, who works on it, the row of every step without its words."""
    CASE = "case"
    """Which child: the case's id, name and fields."""
    CASE_PHOTOS = "case_photos"
    SIGHTING_PHOTOS = "sighting_photos"
    PLACE = "place"
    """Where and when it was seen, as far as that is open to reviewers."""
    EXACT = "exact"
    """The exact place, opened with a reason and written down."""
    CONTACT = "contact"
    """The family's contact, opened with a reason and written down."""
    POLICE = "police"
    """Words and documents of the steps with the police: office, reference, notes."""
    DNA = "dna"
    """Words and documents of the DNA test."""
    WELFARE = "welfare"
    """What the child needs, in words and documents."""


_F = Field
FIELDS: Mapping[Part, frozenset[Field]] = {
    Part.LIAISON: frozenset(
        {_F.STATE, _F.CASE, _F.CASE_PHOTOS, _F.SIGHTING_PHOTOS, _F.PLACE, _F.EXACT, _F.POLICE}
    ),
    # Who arranges a test needs the police's reference and the family, not where the child was seen.
    Part.CIVIL_AFFAIRS: frozenset({_F.STATE, _F.CASE, _F.CONTACT, _F.POLICE, _F.DNA}),
    # Who cares for a child needs no other person's name.
    Part.NGO: frozenset({_F.STATE, _F.WELFARE}),
    Part.REVIEWER: frozenset({_F.STATE, _F.CASE_PHOTOS, _F.SIGHTING_PHOTOS, _F.PLACE}),
    Part.REGISTRAR: frozenset({_F.STATE, _F.CASE}),
    Part.ORGANISER: frozenset({_F.STATE}),
    Part.ADMIN: frozenset({_F.STATE}),
}
FIELD_OF_TOPIC = {Topic.POLICE: _F.POLICE, Topic.DNA: _F.DNA, Topic.WELFARE: _F.WELFARE}
ASSIGNED_ONLY = frozenset({Part.CIVIL_AFFAIRS, Part.NGO})
"""Parts that see a lead only once it was given to them."""
ASSIGNS = frozenset({Part.LIAISON, Part.ORGANISER, Part.ADMIN})
WORKS = frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS, Part.NGO})
"""Parts to whom a lead can be given."""

NEXT: Mapping[LeadState, frozenset[LeadState]] = {
    _S.CONFIRMED: frozenset({_S.REPORTED, _S.RULED_OUT}),
    _S.TAKEN_BACK: frozenset(),
    _S.REPORTED: frozenset({_S.LOCATED, _S.RULED_OUT, _S.DECEASED}),
    # The authority may know who the person is without a test.
    _S.LOCATED: frozenset(
        {_S.DNA_ARRANGED, _S.REUNITED, _S.RULED_OUT, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT}
    ),
    _S.DNA_ARRANGED: frozenset(
        {_S.DNA_SUPPORTS, _S.DNA_EXCLUDES, _S.DNA_UNCLEAR, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT}
    ),
    _S.DNA_SUPPORTS: frozenset({_S.REUNITED, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT}),
    _S.DNA_EXCLUDES: frozenset({_S.RULED_OUT}),
    _S.DNA_UNCLEAR: frozenset({_S.DNA_ARRANGED, _S.RULED_OUT, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT}),
    _S.REUNITED: frozenset(),
    _S.RULED_OUT: frozenset(),
    _S.DECEASED: frozenset(),
    _S.NO_FAMILY: frozenset(),
    _S.NO_CONTACT: frozenset(),
}
ENDS = frozenset({_S.TAKEN_BACK, _S.REUNITED, _S.RULED_OUT, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT})
TAKES: Mapping[LeadState, frozenset[Part]] = {
    _S.REPORTED: frozenset({Part.LIAISON}),
    _S.LOCATED: frozenset({Part.LIAISON}),
    _S.DNA_ARRANGED: frozenset({Part.CIVIL_AFFAIRS}),
    _S.DNA_SUPPORTS: frozenset({Part.CIVIL_AFFAIRS}),
    _S.DNA_EXCLUDES: frozenset({Part.CIVIL_AFFAIRS}),
    _S.DNA_UNCLEAR: frozenset({Part.CIVIL_AFFAIRS}),
    _S.REUNITED: frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS}),
    _S.RULED_OUT: frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS}),
    _S.DECEASED: frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS}),
    _S.NO_FAMILY: frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS}),
    _S.NO_CONTACT: frozenset({Part.LIAISON, Part.CIVIL_AFFAIRS}),
}
TOPIC_OF: Mapping[LeadState, Topic] = {
    _S.DNA_ARRANGED: Topic.DNA,
    _S.DNA_SUPPORTS: Topic.DNA,
    _S.DNA_EXCLUDES: Topic.DNA,
    _S.DNA_UNCLEAR: Topic.DNA,
}
"""All other states are about the police."""
LOCATES = frozenset({_S.LOCATED, _S.DNA_ARRANGED, _S.DNA_UNCLEAR, _S.DNA_SUPPORTS})
CLOSES = frozenset({_S.REUNITED, _S.DECEASED, _S.NO_FAMILY, _S.NO_CONTACT})
LEAST_WORDS = 4
MOST_CHARS = 4000
MOST_DUE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class LeadPlan:
    """How long a lead may stand in a state before somebody is reminded, and what documents may be.

    `reminder` is the pause between two reminders; states that are not named are never due.
    """

    due: Mapping[LeadState, timedelta] = field(
        default_factory=lambda: {
            _S.CONFIRMED: timedelta(hours=24),
            _S.REPORTED: timedelta(days=14),
            _S.LOCATED: timedelta(days=14),
            _S.DNA_ARRANGED: timedelta(days=30),
            _S.DNA_SUPPORTS: timedelta(days=30),
            _S.DNA_EXCLUDES: timedelta(days=7),
            _S.DNA_UNCLEAR: timedelta(days=14),
        }
    )
    reminder: timedelta = timedelta(days=3)
    max_document_mb: float = 10.0
    max_documents: int = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What comes with a step: the day on which it happened, and words. `due_at` None: the usual time.

    `office` and `reference` are those of the authority that acts.
    """

    note: str = ""
    office: str = ""
    reference: str = ""
    happened_on: date | None = None
    due_at: datetime | None = None


def parts_of(roles: Collection[str]) -> frozenset[Part]:
    """The parts that an account's roles give it."""
    return frozenset(part for part in Part if part.value in roles)


def sees_lead(parts: Collection[Part], *, is_assigned: bool) -> bool:
    """Whether somebody sees that a lead exists; of a sealed case only its team is asked here at all."""
    return any(is_assigned or part not in ASSIGNED_ONLY for part in parts)


def fields(parts: Collection[Part], *, is_assigned: bool) -> frozenset[Field]:
    """What somebody sees of a lead: what any of the parts needs that they have in it."""
    counted = [part for part in parts if is_assigned or part not in ASSIGNED_ONLY]
    return frozenset().union(*(FIELDS[part] for part in counted))


def topic_of(state: LeadState) -> Topic:
    """What the words of a step to this state are about."""
    return TOPIC_OF.get(state, Topic.POLICE)


def note_topics(parts: Collection[Part]) -> tuple[Topic, ...]:
    """About what somebody may add a note."""
    own = {Part.LIAISON: Topic.POLICE, Part.CIVIL_AFFAIRS: Topic.DNA, Part.NGO: Topic.WELFARE}
    return tuple(topic for part, topic in own.items() if part in parts)


def next_steps(state: LeadState, parts: Collection[Part]) -> tuple[LeadState, ...]:
    """The states to which somebody with these parts may move a lead, in their usual order."""
    return tuple(to for to in LeadState if to in NEXT[state] and TAKES[to] & frozenset(parts))


def refusal(state: LeadState, to: LeadState, parts: Collection[Part], said: Said, now: datetime) -> str:
    """Why a step cannot be taken, in words with the way out; "" when it can."""
    if to not in NEXT[state]:
        allowed = (
            ", ".join(each.value for each in LeadState if each in NEXT[state]) or "nothing: it has ended"
        )
        return f"is {state.value}; what can follow: {allowed}"
    if not TAKES[to] & frozenset(parts):
        who = ", ".join(sorted(part.value for part in TAKES[to]))
        return f"the step to {to.value} is taken by: {who}"
    return _wrong_words(state, to, said) or wrong_dates(said, now)


def _wrong_words(state: LeadState, to: LeadState, said: Said) -> str:
    if to is _S.REPORTED and not (said.office.strip() and said.reference.strip()):
        return "needs the police's office and its reference"
    if to is _S.REPORTED and said.happened_on is None:
        return "needs the day on which it was reported"
    if to is _S.DNA_ARRANGED and not said.office.strip():
        return "needs the office that takes the sample"
    if to is _S.REUNITED and state is _S.LOCATED and not (said.office.strip() and said.reference.strip()):
        return "without a DNA result needs the office that established who it is, and its reference"
    if to in ENDS and len(said.note.strip()) < LEAST_WORDS:
        return "ends the lead; say in words on what that rests"
    long = [n for n in ("note", "office", "reference") if len(getattr(said, n)) > MOST_CHARS]
    return f"{long[0]} is longer than {MOST_CHARS} characters" if long else ""


def wrong_dates(said: Said, now: datetime) -> str:
    """Why the dates of a step will not do, in words; "" when they do."""
    if said.happened_on is not None and said.happened_on > now.date() + timedelta(days=1):
        return "the day lies in the future; a step is written down once it has happened"
    if said.due_at is not None and not now < said.due_at <= now + MOST_DUE:
        return f"the due date has to lie ahead, by at most {MOST_DUE.days} days"
    return ""


def back_to(steps: Sequence[LeadStep], state: LeadState) -> tuple[LeadState, ...]:
    """The states that a lead was in before the present one, to which it may go back, in their order."""
    been = {step.after for step in steps if step.kind in (StepKind.MADE, StepKind.STEP)}
    return tuple(each for each in LeadState if each in been and each not in (state, _S.TAKEN_BACK))


def back_refusal(
    steps: Sequence[LeadStep], state: LeadState, to: LeadState, parts: Collection[Part], why: str
) -> str:
    """Why a step cannot be taken back, in words; "" when it can. Who may take a step may take it back."""
    if state is _S.TAKEN_BACK:
        return "was taken back by a reviewer; only two new confirmations bring it back"
    if to not in back_to(steps, state):
        return f"was never {to.value} before; it can go back to a state that it was in"
    if not TAKES.get(state, frozenset()) & frozenset(parts):
        who = ", ".join(sorted(part.value for part in TAKES.get(state, frozenset())))
        return f"only who may take the step to {state.value} may take it back ({who})"
    return "" if len(why.strip()) >= LEAST_WORDS else "needs a reason in words"


def due_at(
    plan: LeadPlan, state: LeadState, now: datetime, wished: datetime | None = None
) -> datetime | None:
    """By when the next step is due, None if nothing is."""
    if state in ENDS:
        return None
    usual = plan.due.get(state)
    return wished or (None if usual is None else now + usual)


class Offer(StrEnum):
    """What the registry could say of the case; a registrar decides, nothing follows by itself."""

    LOCATED = "located"
    CLOSED = "closed"


def offer(states: Collection[LeadState], case_status: str) -> Offer | None:
    """What the leads of a case suggest for it: `case_status` is its present status. None: nothing."""
    if case_status in ("active", "located") and any(state in CLOSES for state in states):
        return Offer.CLOSED
    if case_status == "active" and any(state in LOCATES for state in states):
        return Offer.LOCATED
    return None
