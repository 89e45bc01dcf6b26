"""Leads: which step may follow which, who takes it, and what each role sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, product

import pytest

from bot.rules import leads
from bot.rules.leads import FIELDS, Field, LeadPlan, Offer, Part, Said
from store.records.lead import LeadState, LeadStep, StepKind, Topic

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ALL = frozenset(Part)
ENOUGH = Said("on the word of the office", "Office", "A 17", NOW.date())
S = LeadState

# Written down by hand: role by field. A change of the rule has to be a change here too.
TABLE = """
                 state case case_photos sighting_photos place exact contact police dna welfare
liaison          x     x    x           x               x     x     -       x      -   -
civil-affairs    x     x    -           -               -     -     x       x      x   -
ngo              x     -    -           -               -     -     -       -      -   x
reviewer         x     -    x           x               x     -     -       -      -   -
registrar        x     x    -           -               -     -     -       -      -   -
organiser        x     -    -           -               -     -     -       -      -   -
admin            x     -    -           -               -     -     -       -      -   -
"""


def written() -> dict[Part, frozenset[Field]]:
    head, *rows = TABLE.strip().splitlines()
    names = [Field(name) for name in head.split()]
    cells = {Part(row.split()[0]): row.split()[1:] for row in rows}
    return {
        part: frozenset(name for name, cell in zip(names, row, strict=True) if cell == "x")
        for part, row in cells.items()
    }


def test_each_role_sees_of_a_lead_exactly_what_the_table_says() -> None:
    assert dict(FIELDS) == written() and len(written()) == len(Part)
    assert {field for row in written().values() for field in row} == set(Field)
    for part in Part:
        assert leads.fields([part], is_assigned=True) == written()[part]


def test_several_roles_see_together_what_each_sees_and_no_more() -> None:
    for one, other in combinations(Part, 2):
        both = leads.fields([one, other], is_assigned=True)
        assert both == written()[one] | written()[other]


def test_civil_affairs_and_ngo_see_a_lead_only_once_it_is_theirs() -> None:
    for part in Part:
        waits = part in (Part.CIVIL_AFFAIRS, Part.NGO)
        assert leads.sees_lead([part], is_assigned=False) is not waits
        assert (leads.fields([part], is_assigned=False) == frozenset()) is waits
    mixed = leads.fields([Part.NGO, Part.ORGANISER], is_assigned=False)
    assert mixed == {Field.STATE}, "what another role gives is not what the first would"


def test_nobody_sees_the_familys_contact_and_the_place_of_a_sighting() -> None:
    for row in written().values():
        assert not (Field.CONTACT in row and row & {Field.PLACE, Field.EXACT, Field.SIGHTING_PHOTOS})
    assert written()[Part.ADMIN].isdisjoint({Field.CASE_PHOTOS, Field.SIGHTING_PHOTOS})


def test_a_step_is_possible_exactly_where_an_arrow_leads_and_a_role_takes_it() -> None:
    for state, to, part in product(LeadState, LeadState, Part):
        allowed = to in leads.NEXT[state] and part in leads.TAKES.get(to, ())
        assert (leads.refusal(state, to, [part], ENOUGH, NOW) == "") is allowed
        assert (to in leads.next_steps(state, [part])) is allowed


def test_every_state_is_reached_and_every_open_one_leads_to_an_end() -> None:
    reached, todo = {S.CONFIRMED}, [S.CONFIRMED]
    while todo:
        new = leads.NEXT[todo.pop()] - reached
        reached |= new
        todo += list(new)
    assert reached == set(LeadState) - {S.TAKEN_BACK}
    for state in set(LeadState) - leads.ENDS:
        assert leads.NEXT[state], state
    assert all(not leads.NEXT[state] for state in leads.ENDS)


@pytest.mark.parametrize(
    ("state", "to", "said", "words"),
    [
        (S.CONFIRMED, S.REPORTED, Said(office="PSB", happened_on=NOW.date()), "reference"),
        (S.CONFIRMED, S.REPORTED, Said(reference="A", happened_on=NOW.date()), "office"),
        (S.CONFIRMED, S.REPORTED, Said(office="PSB", reference="A"), "day"),
        (S.LOCATED, S.DNA_ARRANGED, Said(), "office"),
        (S.LOCATED, S.REUNITED, Said("they are home"), "DNA"),
        (S.DNA_SUPPORTS, S.REUNITED, Said(), "say in words"),
        (S.REPORTED, S.DECEASED, Said("no"), "say in words"),
        (S.REPORTED, S.LOCATED, Said("x" * 4001), "longer"),
        (S.REPORTED, S.LOCATED, Said(happened_on=NOW.date() + timedelta(days=3)), "future"),
        (S.REPORTED, S.LOCATED, Said(due_at=NOW), "ahead"),
        (S.REPORTED, S.LOCATED, Said(due_at=NOW + timedelta(days=400)), "ahead"),
    ],
)
def test_what_a_step_needs_is_asked_for(state: LeadState, to: LeadState, said: Said, words: str) -> None:
    assert words in leads.refusal(state, to, ALL, said, NOW)


def life(*states: LeadState) -> list[LeadStep]:
    made, before = [], states[0]
    for number, after in enumerate(states, 1):
        kind = StepKind.MADE if number == 1 else StepKind.STEP
        made.append(LeadStep("L", number, kind, before, after, Topic.POLICE, "lena", NOW))
        before = after
    return made


def test_a_lead_goes_back_only_to_a_state_that_it_was_in_and_with_a_reason() -> None:
    been = life(S.CONFIRMED, S.REPORTED, S.LOCATED, S.RULED_OUT)
    assert leads.back_to(been, S.RULED_OUT) == (S.CONFIRMED, S.REPORTED, S.LOCATED)
    lia = [Part.LIAISON]
    assert leads.back_refusal(been, S.RULED_OUT, S.LOCATED, lia, "two files were mixed up") == ""
    assert "reason" in leads.back_refusal(been, S.RULED_OUT, S.LOCATED, lia, " ")
    assert "never" in leads.back_refusal(been, S.RULED_OUT, S.DNA_ARRANGED, lia, "wrong file")
    assert "only who" in leads.back_refusal(been, S.RULED_OUT, S.LOCATED, [Part.NGO], "wrong file")
    back = life(S.CONFIRMED)
    assert "reviewer" in leads.back_refusal(back, S.TAKEN_BACK, S.CONFIRMED, ALL, "wrong file")


def test_something_is_due_in_every_open_state_and_nothing_after_an_end() -> None:
    plan = LeadPlan()
    for state in LeadState:
        due = leads.due_at(plan, state, NOW)
        assert (due is None) is (state in leads.ENDS), state
    wished = NOW + timedelta(days=2)
    assert leads.due_at(plan, S.REPORTED, NOW, wished) == wished
    assert leads.due_at(plan, S.REUNITED, NOW, wished) is None


def test_a_case_is_offered_a_step_and_never_takes_it_by_itself() -> None:
    assert leads.offer([S.LOCATED], "active") is Offer.LOCATED
    assert leads.offer([S.REUNITED, S.REPORTED], "active") is Offer.CLOSED
    assert leads.offer([S.DNA_SUPPORTS], "located") is None
    assert leads.offer([S.REUNITED], "closed") is None and leads.offer([S.RULED_OUT], "active") is None


def test_notes_are_about_what_their_writer_does() -> None:
    assert leads.note_topics([Part.NGO]) == (Topic.WELFARE,)
    assert leads.note_topics([Part.LIAISON, Part.CIVIL_AFFAIRS]) == (Topic.POLICE, Topic.DNA)
    assert leads.note_topics([Part.ADMIN, Part.REVIEWER]) == ()
    assert {leads.topic_of(state) for state in LeadState} == {Topic.POLICE, Topic.DNA}
