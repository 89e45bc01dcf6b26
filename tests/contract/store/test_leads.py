"""Leads, referrals and searches by hand, as rows: what must hold on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from store import cases, lead_documents, leads, merges, posts, referrals, searches, sightings, veils
from store.db import Store, Transaction
from store.errors import Conflict, Missing
from store.records.case import CaseStatus, CaseStep
from store.records.lead import (
    LeadDocument,
    LeadPerson,
    LeadRow,
    LeadState,
    LeadStep,
    StepKind,
    Topic,
)
from store.records.referral import Danger, Referral, ReferralState
from store.records.sighting import FirstHand, Sighting, When, Where, Who
from store.searches import Saved, Search
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
CASE = "reg.example/1"
POST = makers.post(1).key


def a_lead(number: int = 1, **changes: object) -> LeadRow:
    made = LeadRow(
        f"L{number}", f"face{number}|{CASE}", makers.post(number).key, CASE, START, LeadState.CONFIRMED,
        START, 1, START + DAY,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def a_step(lead: LeadRow, to: LeadState, kind: StepKind = StepKind.STEP) -> LeadStep:
    return LeadStep(
        lead.id, lead.steps + 1, kind, lead.state, to, Topic.POLICE, "lena", START + DAY, None, b"x", "k"
    )


def put(tx: Transaction, lead: LeadRow, ways: tuple[tuple[str, str], ...] = (("mast", "Tag"),)) -> LeadRow:
    if not cases.has(tx, lead.case_id):
        cases.add(tx, makers.case(), by="ana", at=START, evidence="x")
    first = replace(a_step(lead, lead.state, StepKind.MADE), number=1)
    assert leads.add(tx, lead, first, ways)
    return lead


def test_a_lead_is_made_once_and_its_life_only_grows(store: Store) -> None:
    with store.transaction() as tx:
        lead = put(tx, a_lead())
        assert not leads.add(tx, lead, a_step(lead, lead.state), ())
        moved = leads.move(tx, lead, a_step(lead, LeadState.REPORTED), due_at=START + 3 * DAY)
        assert leads.get(tx, "L1") == moved == leads.of_match(tx, lead.match_key)
        assert (moved.state, moved.since, moved.steps) == (LeadState.REPORTED, START + DAY, 2)
        with pytest.raises(Conflict, match="meanwhile"):
            leads.move(tx, lead, a_step(lead, LeadState.RULED_OUT), due_at=None)
        assert [each.after for each in leads.steps(tx, "L1")] == [LeadState.CONFIRMED, LeadState.REPORTED]
        assert leads.steps(tx, "L1")[1].sealed == b"x"


def test_leads_of_sealed_cases_and_of_posts_for_the_safeguarding_lead_are_for_few(store: Store) -> None:
    with store.transaction() as tx:
        lead = put(tx, a_lead())
        veils.put(tx, lead.post_key, veils.SEALED, START)
        assert [row.id for row in leads.listing(tx)] == ["L1"], "a sealed copy of the post hides no lead"
        veils.put(tx, lead.post_key, veils.SAFEGUARDING, START)
        assert not leads.listing(tx) and not leads.count(tx) and leads.by_state(tx) == {}
        with pytest.raises(Missing, match="is not a lead"):
            leads.seen(tx, "L1", "ana")
        veils.lift(tx, lead.post_key, veils.SAFEGUARDING)
        cases.put(tx, replace(makers.case(), sealed=True))
        assert not leads.listing(tx) and not leads.listing(tx, viewer="ana") and not leads.count(tx)
        with pytest.raises(Missing, match="is not a lead"):
            leads.seen(tx, "L1", "ana")


def test_numbers_by_source_hashtag_week_and_state_equal_a_plain_count(store: Store) -> None:
    with store.transaction() as tx:
        put(tx, a_lead(1), (("mast", "Tag"), ("blue", "Tag")))
        put(tx, a_lead(2, made_at=START + 7 * DAY), (("mast", "Tag"),))
        put(tx, a_lead(3, state=LeadState.REUNITED))
        put(tx, a_lead(4, state=LeadState.TAKEN_BACK))
        found = {(c.source, c.tag, c.week, c.state): c.leads for c in leads.count(tx)}
        first, second = date(2026, 11, 16), date(2026, 11, 23)
        assert found == {
            ("blue", "Tag", first, LeadState.CONFIRMED): 1,
            ("mast", "Tag", first, LeadState.CONFIRMED): 1,
            ("mast", "Tag", first, LeadState.REUNITED): 1,
            ("mast", "Tag", second, LeadState.CONFIRMED): 1,
        }
        since = leads.count(tx, since=START + DAY)
        assert [(c.source, c.week) for c in since] == [("mast", second)]
        assert leads.count(tx, until=START) == []


def test_a_reminder_goes_out_once_a_date(store: Store) -> None:
    with store.transaction() as tx:
        lead = put(tx, a_lead())
        now = START + 2 * DAY
        assert leads.overdue(tx, START, again_before=START) == []
        assert leads.overdue(tx, now, again_before=now - DAY) == [lead]
        assert leads.reminded(tx, lead, now) and not leads.reminded(tx, lead, now)
        assert leads.overdue(tx, now, again_before=now - DAY) == []
        again = leads.overdue(tx, now + 2 * DAY, again_before=now)
        assert [row.id for row in again] == ["L1"]
        moved = leads.move(tx, again[0], a_step(again[0], LeadState.REPORTED), due_at=START + 9 * DAY)
        assert moved.reminded_at is None


def test_people_and_documents_of_a_lead_go_with_its_case(store: Store) -> None:
    with store.transaction() as tx:
        lead = put(tx, a_lead())
        assert leads.join(tx, LeadPerson("L1", "cai", "lena", START))
        assert not leads.join(tx, LeadPerson("L1", "cai", "lena", START))
        document = LeadDocument("L1-1-1", "L1", 1, Topic.DNA, "pdf", 5, "d" * 64, "cai", START)
        lead_documents.put(tx, document, name=b"n", sealed=b"bytes", key_id="k")
        assert lead_documents.of_lead(tx, "L1") == [(document, b"n")]
        assert lead_documents.get(tx, "L1-1-1") == (document, b"n", b"bytes")
        assert lead_documents.size_of_all(tx, "L1") == (1, 5)
        assert [row.id for row in leads.listing(tx, of="cai")] == ["L1"] and leads.listing(tx, of="ngo") == []
        merges.destroy(tx, lead.case_id)
        assert leads.listing(tx) == [] and lead_documents.size_of_all(tx, "L1") == (0, 0)
        assert leads.people(tx, ["L1"]) == {} and leads.steps(tx, "L1") == []


def test_a_referral_moves_once_from_each_state(store: Store) -> None:
    with store.transaction() as tx:
        made = Referral(
            "R1", POST, "Office", (Danger.HIT,), ReferralState.PREPARED, "rob", START, sealed=b"s"
        )
        assert referrals.add(tx, made) and not referrals.add(tx, made)
        assert referrals.get(tx, "R1") == made and referrals.of_post(tx, POST) == [made]
        referrals.move(tx, made, ReferralState.RELEASED, by="lena", at=START)
        with pytest.raises(Conflict, match="meanwhile"):
            referrals.move(tx, made, ReferralState.WITHDRAWN, by="rob", at=START)
        assert referrals.get(tx, "R1").decided_by == "lena" and referrals.waiting(tx) == 0
        veils.put(tx, POST, veils.SEALED, START)
        assert referrals.listing(tx) == []
        with pytest.raises(Missing):
            referrals.get(tx, "R1")


# ── searches by hand ─────────────────────────────────────────────────────────────────────────────


def a_search(account: str = "rob", **changes: object) -> Search:
    made = Search("", account, START.date(), 0, CASE, "find the child of case 1", {"place": "x"}, START, 0)
    return replace(made, **changes)  # type: ignore[arg-type]


TODAY = START.date()


def ids(account: str, day: date = TODAY) -> Callable[[int], str]:
    return lambda number: f"{account}-{day}-{number}"


def test_nobody_makes_more_searches_than_the_day_has_places_however_many_at_once(store: Store) -> None:
    most, done, lock = 3, [0], threading.Lock()

    def one() -> None:
        with store.transaction() as tx:
            placed = searches.take_place(tx, a_search(), most, ids("rob"))
        with lock:
            done[0] += placed is not None

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done[0] == most
    with store.transaction() as tx:
        assert searches.used(tx, "rob", START.date()) == most
        assert searches.take_place(tx, a_search("ben"), most, ids("ben")) is not None
        tomorrow = START.date() + DAY
        later = a_search(day=tomorrow, at=START + DAY)
        placed = searches.take_place(tx, later, most, ids("rob", tomorrow))
        assert placed is not None and placed.number == 1


def test_results_are_kept_in_order_and_a_hidden_post_is_none(store: Store) -> None:
    with store.transaction() as tx:
        placed = searches.take_place(tx, a_search(), 9, ids("rob"))
        assert placed is not None
        searches.put_results(tx, placed, ["p2", "p1"])
        assert [r.post_key for r in searches.results(tx, placed.id)] == ["p2", "p1"]
        assert searches.get(tx, placed.id).found == 2
        opened = searches.open_result(tx, placed.id, 2, "the jacket", START)
        assert opened.post_key == "p1"
        searches.open_result(tx, placed.id, 2, "again", START + DAY)
        assert searches.results(tx, placed.id)[1].opened_why == "the jacket"
        veils.put(tx, "p1", veils.SEALED, START)
        assert [r.number for r in searches.results(tx, placed.id)] == [1]
        with pytest.raises(Missing):
            searches.open_result(tx, placed.id, 2, "why", START)


def test_candidates_lie_in_box_and_span_and_say_the_words(store: Store) -> None:
    with store.transaction() as tx:
        for number, text in ((1, "女孩 red jacket"), (2, "boy in blue"), (3, "女孩 far away")):
            post = makers.post(number, text=text)
            posts.put(tx, post, makers.ALL, START)
            claim = Sighting(post.key, Where(), When(), Who(), FirstHand.OWN)
            sightings.put(tx, claim)
        t_rows = {1: (30.6, 104.0), 2: (30.61, 104.01), 3: (39.9, 116.4)}
        _place(tx, t_rows)
        box = (30.0, 31.0, 103.0, 105.0)
        span = (START - DAY, START + DAY)
        found = searches.candidates(tx, box, *span, [], most=10)
        assert {each.post_key for each in found} == {makers.post(1).key, makers.post(2).key}
        assert [c.post_key for c in searches.candidates(tx, box, *span, ["女孩", "RED"], most=10)] == [POST]
        assert searches.candidates(tx, box, *span, ["100%"], most=10) == []
        assert searches.candidates(tx, box, START + DAY, START + 2 * DAY, [], most=10) == []
        assert len(searches.candidates(tx, box, *span, [], most=1)) == 1
        veils.put(tx, POST, veils.SAFEGUARDING, START)
        assert POST not in {c.post_key for c in searches.candidates(tx, box, *span, [], most=10)}


def _place(tx: Transaction, at: dict[int, tuple[float, float]]) -> None:
    import sqlalchemy as sa

    from store import tables as t

    for number, (lat, lon) in at.items():
        where = t.sightings.c.post_key == makers.post(number).key
        tx.execute(sa.update(t.sightings).where(where).values(lat=lat, lon=lon))


def test_kept_searches_are_over_after_their_day_and_are_ones_own(store: Store) -> None:
    with store.transaction() as tx:
        saved = Saved("S1", "rob", "market", CASE, "find the child", {"a": 1}, START, START + DAY)
        assert searches.save(tx, saved) and not searches.save(tx, saved)
        assert searches.saved_of(tx, "rob", START) == [saved] and searches.saved_of(tx, "ben", START) == []
        assert not searches.drop_saved(tx, "S1", "ben")
        assert searches.saved_of(tx, "rob", START + DAY) == []
        assert searches.expire(tx, START + DAY) == 1


def test_each_week_is_drawn_once_and_each_drawn_search_is_looked_at_once(store: Store) -> None:
    monday = date(2026, 11, 16)
    with store.transaction() as tx:
        placed = searches.take_place(tx, a_search(), 9, ids("rob"))
        assert placed is not None
        assert searches.weeks_to_draw(tx, monday) == []
        assert searches.weeks_to_draw(tx, monday + 7 * DAY) == [monday]
        assert searches.of_week(tx, monday) == [placed.id]
        assert searches.put_draw(tx, monday, [placed.id], of=1, at=START)
        assert not searches.put_draw(tx, monday, [], of=1, at=START)
        assert searches.weeks_to_draw(tx, monday + 7 * DAY) == [] and searches.waiting_audits(tx) == 1
        ((audited, search),) = searches.audits(tx, viewer="ben")
        assert search.id == audited.search_id == placed.id and audited.done_at is None
        searches.audit(tx, placed.id, by="ben", was_right=True, words="fits", at=START)
        with pytest.raises(Conflict):
            searches.audit(tx, placed.id, by="ben", was_right=False, words="no", at=START)
        with pytest.raises(Missing):
            searches.audit(tx, "none", by="ben", was_right=True, words="x", at=START)
        assert searches.waiting_audits(tx) == 0


def test_a_destroyed_case_takes_purpose_and_results_of_its_searches_with_it(store: Store) -> None:
    with store.transaction() as tx:
        cases.add(tx, makers.case(), by="ana", at=START, evidence="x")
        for before, to in (("draft", "verified"), ("verified", "active")):
            step = CaseStep(CASE, CaseStatus(to), "ben", START, "x")
            cases.move(tx, step, expect=CaseStatus(before))
        placed = searches.take_place(tx, a_search(), 9, ids("rob"))
        assert placed is not None
        searches.put_results(tx, placed, ["p1"])
        merges.destroy(tx, CASE)
        held = searches.get(tx, placed.id)
        assert (held.purpose, dict(held.query)) == ("", {}) and searches.results(tx, placed.id) == []
        assert searches.used(tx, "rob", START.date()) == 1
