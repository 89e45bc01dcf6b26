"""What keeps a case file from being prepared, released and fetched, and what may leave in exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.rules import casefiles as rules
from store.records.case import CaseStatus
from store.records.casefile import CaseFile, CaseFileState, Delivery
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
FILE = CaseFile(
    7, "m", "p", "c", "City police", "age1x", "to look for the child", "asked today", START + 9 * DAY, False,
    "", CaseFileState.READY, "ana", START,
)  # fmt: skip
LINK = Delivery("d", 7, "c", "ben", START, START + DAY)
REASON = "looked at every page"


def why_not(**changes: Any) -> str:
    given: dict[str, Any] = {
        "status": CaseStatus.ACTIVE, "match_state": "possible", "purpose": "to look for the child",
        "why": "asked by telephone", "expires_at": START + DAY, "now": START, "longest": 90 * DAY,
    }  # fmt: skip
    return rules.why_not_prepared(**given | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": CaseStatus.LOCATED}, "active cases alone"),
        ({"match_state": "open"}, "nobody has confirmed"),
        ({"match_state": "rejected"}, "nobody has confirmed"),
        ({"purpose": "  short  "}, "purpose"),
        ({"why": ""}, "reason"),
        ({"expires_at": START}, "expired"),
        ({"expires_at": START + 91 * DAY}, "90 days"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in why_not(**changes) and why_not() == ""


def test_nobody_releases_what_they_prepared_whatever_way_they_write_their_name() -> None:
    waiting = replace(FILE, state=CaseFileState.PREPARED)
    assert rules.why_not_decided(waiting, "ben", REASON, START) == ""
    assert "by you" in rules.why_not_decided(waiting, " Ana ", REASON, START)
    assert "reason" in rules.why_not_decided(waiting, "ben", "ok", START)
    assert "expired" in rules.why_not_decided(waiting, "ben", REASON, FILE.expires_at)
    assert "already" in rules.why_not_decided(FILE, "ben", REASON, START)


@pytest.mark.parametrize(
    "changes",
    [
        {"used_at": START}, {"over_why": "newer"}, {"tries": 5}, {"expires_at": START},
    ],
)  # fmt: skip
def test_a_link_that_was_used_ended_tried_out_or_is_old_leads_nowhere(changes: dict[str, Any]) -> None:
    assert rules.is_open(LINK, FILE, START, 5)
    assert not rules.is_open(replace(LINK, **changes), FILE, START, 5)


@pytest.mark.parametrize("state", [state for state in CaseFileState if state is not CaseFileState.READY])
def test_a_link_leads_to_a_ready_file_alone(state: CaseFileState) -> None:
    assert not rules.is_open(LINK, replace(FILE, state=state), START, 5)
    assert not rules.is_open(LINK, replace(FILE, expires_at=START), START, 5)


def test_a_code_is_read_however_it_is_typed() -> None:
    assert rules.spoken("ABCDE23456") == "ABCDE-23456"
    assert rules.plain_code(" abcde 23456") == rules.plain_code("ABCDE-23456") == "ABCDE23456"


def test_no_list_of_the_operator_lets_out_a_home_a_contact_or_a_note() -> None:
    fields = {
        "person_record_id": "a/1",
        "full_name": "N",
        "home_street": "s",
        "author_phone": "1",
        "photo_url": "u",
    }
    wanted = frozenset({"full_name", "home_street", "home_city", "author_phone", "photo_url", "note"})
    assert set(rules.exchanged_fields(fields, wanted)) == {"person_record_id", "full_name"}
    assert rules.refused_fields(["sex", "home_street", "author_email"]) == ["home_street", "author_email"]


def test_only_an_active_case_that_is_agreed_to_let_out_and_not_sealed_is_exchanged() -> None:
    case, active = makers.case(), CaseStatus.ACTIVE
    assert rules.may_be_exchanged(case, active, agreed=True, publish=True)
    assert not rules.may_be_exchanged(replace(case, sealed=True), active, agreed=True, publish=True)
    assert not rules.may_be_exchanged(case, active, agreed=False, publish=True)
    assert not rules.may_be_exchanged(case, active, agreed=True, publish=False)
    assert not rules.may_be_exchanged(case, CaseStatus.CLOSED, agreed=True, publish=True)
