"""Exchange of records: agreed cases alone, the named fields alone, and the word that one is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from defusedxml.ElementTree import fromstring

from bot.pipeline.road import Road
from bot.rules.casefiles import CaseFilePlan
from bot.services import exchange
from store import case_profiles, cases, users
from store import tables as t
from store.case_profiles import ProfileRow
from store.errors import Missing, NotAllowed, UsageError
from store.records.case import CaseStatus, CaseStep
from tests import makers
from tests.desk import Desk, open_desk
from tests.stores import START

pytestmark = pytest.mark.servers
NS = "{http://zesty.ca/pfif/1.4}"
WHY, EVIDENCE = "weekly, to the tracing service", "letter of 3 May"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two active cases with a home under seal, a registrar and an administrator; exchange switched on."""
    made = open_desk(tmp_path)
    road = made.road
    fields = frozenset({"full_name", "sex", "date_of_birth"})
    road.case_files = replace(road.case_files, plan=CaseFilePlan(exchange=True, exchange_fields=fields))
    with road.store.transaction() as tx:
        users.add(tx, "ana", "registrar", START)
        users.add(tx, "ada", "admin", START)
        for number in (1, 2):
            case = makers.case(
                number, sex="female", date_of_birth="2014", description="a dimple", source_name=""
            )
            cases.add(tx, case, by="ana", at=START, evidence="")
            sealed = road.contacts.seal(
                '{"home_street": "Secret Lane 5", "author_phone": "555"}', row=f"profile:{case.id}"
            )
            case_profiles.put_profile(tx, case.id, ProfileRow({}, sealed, road.contacts.id, "family"))
            for held, to in (
                (CaseStatus.DRAFT, CaseStatus.VERIFIED),
                (CaseStatus.VERIFIED, CaseStatus.ACTIVE),
            ):
                cases.move(tx, CaseStep(case.id, to, "ben", START, "police"), expect=held)
    yield made
    road.store.close()


def agree(road: Road, number: int = 1) -> str:
    case_id = makers.case(number).id
    exchange.agree(road, case_id, by="ana", agreed_by="her mother", evidence=EVIDENCE)
    return case_id


def records(road: Road) -> dict[str, dict[str, str]]:
    """What the file says, by record id."""
    text = exchange.make(road, by="ada", why=WHY).text
    return {
        person.findtext(f"{NS}person_record_id"): {child.tag.removeprefix(NS): child.text for child in person}
        for person in fromstring(text)
    }


def test_only_agreed_cases_stand_in_it_with_the_named_fields_and_dates(desk: Desk) -> None:
    case_id = agree(desk.road)
    found = records(desk.road)
    assert set(found) == {case_id}
    assert set(found[case_id]) == {
        "person_record_id", "full_name", "sex", "date_of_birth", "source_date", "expiry_date",
    }  # fmt: skip
    assert found[case_id]["expiry_date"] == "2027-01-20T08:00:00Z"


@pytest.mark.parametrize("end", ["withdrawn", "closed", "sealed", "destroyed"])
def test_a_record_that_may_not_stand_in_it_any_more_is_told_as_gone_by_its_id_alone(
    desk: Desk, end: str
) -> None:
    road, case_id = desk.road, agree(desk.road)
    assert "full_name" in records(road)[case_id]
    desk.clock.tick(days=1)
    if end == "withdrawn":
        exchange.withdraw(road, case_id, by="ana")
    else:
        changed = {"status": "closed"} if end == "closed" else {"sealed": True}
        with road.store.transaction() as tx:
            if end == "destroyed":
                tx.execute(sa.delete(t.cases).where(t.cases.c.id == case_id))
            else:
                tx.execute(sa.update(t.cases).where(t.cases.c.id == case_id).values(**changed))
    stone = records(road)[case_id]
    assert set(stone) == {"person_record_id", "source_date", "entry_date", "expiry_date"}
    assert stone["expiry_date"] == stone["source_date"] == "2026-11-22T08:00:00Z"
    desk.clock.tick(days=1)
    assert records(road)[case_id] == stone, "told again, with the same dates"
    desk.clock.tick(days=70)
    assert records(road) == {}


def test_a_sealed_case_never_goes_out_and_is_unknown_to_who_may_not_know_it(desk: Desk) -> None:
    road, case_id = desk.road, makers.case(2).id
    with road.store.transaction() as tx:
        tx.execute(sa.update(t.cases).where(t.cases.c.id == case_id).values(sealed=True))
    with pytest.raises(Missing):
        agree(road, 2)
    assert records(road) == {}


def test_it_is_off_by_default_and_for_administrators_with_a_reason(desk: Desk) -> None:
    road = desk.road
    agree(road)
    with pytest.raises(NotAllowed, match="administrator"):
        exchange.make(road, by="ana", why=WHY)
    with pytest.raises(UsageError):
        exchange.make(road, by="ada", why=" ")
    with pytest.raises(NotAllowed, match="registrar"):
        exchange.agree(road, makers.case(2).id, by="ada", agreed_by="her mother", evidence=EVIDENCE)
    with pytest.raises(UsageError, match="no agreement"):
        exchange.withdraw(road, makers.case(2).id, by="ana")
    road.case_files = replace(road.case_files, plan=CaseFilePlan())
    with pytest.raises(NotAllowed, match="is off"):
        exchange.make(road, by="ada", why=WHY)


def test_no_home_contact_description_or_reason_of_ours_leaves(desk: Desk) -> None:
    agree(desk.road)
    desk.clock.now = START + timedelta(hours=1)
    text = exchange.make(desk.road, by="ada", why=WHY).text
    for words in ("Secret Lane", "555", "dimple", EVIDENCE, "mother", WHY):
        assert words not in text
