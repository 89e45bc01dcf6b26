"""On what a case may be verified and searched: every hold, alone and together, and the day of majority."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import registry as rules
from bot.rules.registry import Facts, RegistryPlan, holds_activating, holds_verifying, of_age_on
from store.records.case import Case, CaseType
from store.records.registry import AuthorityKind, Relation, Risk, SourcePermission, Standing

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PLAN = RegistryPlan(trusted=frozenset({"Trusted.example"}))
FULL = Standing(
    "c/1", authority=AuthorityKind.POLICE, authority_reference="ref. 12", relation=Relation.PARENT,
    relation_evidence="birth certificate", photo_consent_by="her mother", photo_consent_on=date(2026, 11, 1),
)  # fmt: skip
RECORD = {"authority": None, "authority_reference": "", "registry": "trusted.example", "registry_record": "7"}


def facts(*, standing: Standing = FULL, case: dict[str, Any] | None = None, **changes: Any) -> Facts:
    held = Case("c/1", "A Child", date_of_birth="2015", **(case or {}))
    given: dict[str, Any] = {"registrar": "ana", "by": "ben", "photos": 1, "now": NOW}
    return Facts(held, standing, **given | changes)


def held(found: tuple[rules.Hold, ...]) -> list[str]:
    return [hold.rule for hold in found]


def test_a_case_with_everything_is_held_by_nothing() -> None:
    assert holds_verifying(facts(), PLAN) == holds_activating(facts(), PLAN) == ()


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("second_person", {"by": " ANA "}),
        ("reference", {"standing": replace(FULL, authority_reference=" 1 ")}),
        ("reference", {"standing": replace(FULL, authority=None)}),
        ("reference", {"standing": replace(FULL, authority=AuthorityKind.OTHER)}),
        ("reference", {"standing": replace(FULL, **{**RECORD, "registry": "elsewhere.example"})}),
        ("reference", {"standing": replace(FULL, **{**RECORD, "registry_record": " "})}),
        ("relation", {"standing": replace(FULL, relation=None)}),
        ("relation", {"standing": replace(FULL, relation_evidence="yes")}),
        ("consent", {"standing": replace(FULL, photo_consent_by="")}),
        ("consent", {"standing": replace(FULL, photo_consent_on=None)}),
        ("consent", {"standing": replace(FULL, photo_consent_on=date(2027, 1, 1))}),
        ("photo", {"photos": 0}),
        ("source", {"is_imported": True}),
        ("source", {"is_imported": True, "permission": SourcePermission("s", display=True, publish=True)}),
        ("expiry", {"case": {"expires_at": NOW}}),
        ("of_age", {"case": {"date_of_birth": "2008-11-24"}}),
    ],
)  # fmt: skip
def test_each_thing_that_is_missing_holds_the_search_by_itself(rule: str, given: dict[str, Any]) -> None:
    case = given.pop("case", None)
    made = facts(**given)
    made = replace(made, case=replace(made.case, **case)) if case else made
    assert held(holds_activating(made, PLAN)) == [rule]
    assert all(len(hold.words) > 20 for hold in holds_activating(made, PLAN))


@pytest.mark.parametrize(
    "changes", [{"type": CaseType.FAMILY}, {"type": CaseType.RUNAWAY}, {"contested": True}]
)
def test_where_the_searcher_may_be_the_danger_only_an_authority_opens(changes: dict[str, Any]) -> None:
    risks = (Risk.CONTESTED_CUSTODY,) if changes.pop("contested", False) else ()
    standing = replace(FULL, risks=risks, cleared="they agree", cleared_by="ben")
    assert holds_activating(facts(standing=standing, case=changes), PLAN) == ()
    on_record = replace(standing, **RECORD)
    assert "authority_only" in held(holds_verifying(facts(standing=on_record, case=changes), PLAN))
    plain = facts(standing=replace(FULL, **RECORD))
    assert holds_activating(plain, PLAN) == (), "a trusted registry's record opens any other case"


@pytest.mark.parametrize("risk", list(Risk))
def test_a_known_danger_holds_until_an_authority_and_a_second_person_say_otherwise(risk: Risk) -> None:
    for lacking in (
        {}, {"cleared": "ok"}, {"cleared": "they agree"}, {"cleared": "they agree", "cleared_by": "Ana"},
        {"cleared": "they agree", "cleared_by": "ben", **RECORD},
    ):  # fmt: skip
        standing = replace(FULL, risks=(risk,), **lacking)  # type: ignore[arg-type]
        assert "risks" in held(holds_activating(facts(standing=standing), PLAN)), lacking
    agreed = replace(FULL, risks=(risk,), cleared="they agree", cleared_by="ben")
    assert holds_activating(facts(standing=agreed), PLAN) == ()


def test_an_adult_is_searched_for_on_a_basis_of_its_own() -> None:
    adult = facts(standing=replace(FULL, adult_basis="he asked for it"), case=None)
    adult = replace(adult, case=replace(adult.case, date_of_birth="1990"))
    assert holds_activating(adult, PLAN) == ()
    assert held(holds_activating(replace(adult, standing=FULL), PLAN)) == ["of_age"]


def test_an_authority_that_asks_itself_needs_no_further_paper() -> None:
    standing = replace(FULL, relation=Relation.AUTHORITY, relation_evidence="")
    assert holds_activating(facts(standing=standing), PLAN) == ()


@pytest.mark.parametrize(
    ("born", "day"),
    [
        ("2008", date(2027, 1, 1)), ("2008-12", date(2027, 1, 1)), ("2008-01", date(2026, 2, 1)),
        ("2008-11-24", date(2026, 11, 24)), ("2008-02-29", date(2026, 3, 1)), ("", None), ("9999", None),
    ],
)  # fmt: skip
def test_who_is_of_age_is_so_on_the_last_day_that_fits_the_date(born: str, day: date | None) -> None:
    assert of_age_on(born, 18) == day


@given(born=st.dates(date(1900, 1, 1), date(2100, 1, 1)), years=st.integers(14, 25))
def test_less_exact_dates_of_birth_never_end_a_search_earlier(born: date, years: int) -> None:
    text = born.isoformat()
    days = [of_age_on(text[:length], years) for length in (10, 7, 4)]
    assert all(day is not None for day in days)
    assert days == sorted(days)  # type: ignore[type-var]
    assert days[0] is not None and days[0] - born >= timedelta(days=years * 365)


def test_majority_goes_by_the_country_where_it_differs() -> None:
    plan = RegistryPlan(majority={"": 18, "TH": 20}, country="TH")
    assert plan.majority_years == 20 and replace(plan, country="DE").majority_years == 18
