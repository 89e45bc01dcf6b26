"""Finding by hand and welfare referrals: who may, how often, what is shown, and what others look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.pipeline import lead_rounds
from bot.rules.finding import FindingPlan, Query
from bot.rules.referral import Body, ReferralPlan
from bot.services import finding, finding_audit, people, referrals, review
from bot.services.alarms import standing
from store import audit, case_teams, cases, matches, searches, sightings, veils
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.match import Verdict
from store.records.place import NameHit, PlaceEntry
from store.records.referral import Danger, Details, ReferralState
from store.records.sighting import PlaceKind, Who
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, ON_X, START, UNNAMED, World

pytestmark = pytest.mark.servers
PURPOSE = "the mother heard of a child near the market"
AREA = PlaceEntry(
    7, "Jinjiang", PlaceKind.DISTRICT, 30.657, 104.08, 8, "CN", "Sichuan", "Chengdu", "Jinjiang"
)
SHOP = replace(AREA, id=8, name="Shop", kind=PlaceKind.SHOP)
TWIN = replace(AREA, id=9, city="Elsewhere")
HIT = frozenset({Danger.HIT})
DETAILS = Details("A man hit the child twice near the fountain.", "Jinjiang", START.date(), "girl, about 6")


class Places:
    """A gazetteer of three places."""

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        known = {"Jinjiang": (AREA,), "Shop": (SHOP,), "Twin": (AREA, TWIN)}
        return known.get(name, ())

    def entry(self, place_id: int) -> PlaceEntry:
        found = next((each for each in (AREA, SHOP, TWIN) if each.id == place_id), None)
        if found is None:
            raise Missing(str(place_id), "is not a place")
        return found

    def find(self, text: str) -> list[NameHit]:
        return []

    def nearest(self, lat: float, lon: float, within_km: float) -> PlaceEntry | None:
        return None

    def zone_at(self, lat: float, lon: float) -> str:
        return ""


def a_query(**changes: Any) -> Query:
    made = Query("Jinjiang", AREA.lat, AREA.lon, 10, START - timedelta(days=30), START + timedelta(days=1))
    return replace(made, **changes)


@pytest.fixture
def desk(world: World) -> World:
    """`rob` reviews and is of the case's team; `rex` only reviews."""
    for name, role in (("rex", "reviewer"), ("ann", "organiser"), ("lena", "liaison"), ("nora", "ngo")):
        people.add(world.road, name, role, by="tests")
    world.road.gazetteer = lambda: Places()
    with world.road.store.transaction() as tx:
        case_teams.join(tx, CASE, "rob", by="vera", at=START)
    return world


def found_by(world: World, query: Query, by: str = "rob") -> Sequence[str]:
    view = finding.search(world.road, CASE, PURPOSE, query, by=by)
    return sorted(each.result.post_key for each in view.found)


def test_a_search_finds_by_circle_span_words_and_appearance(desk: World) -> None:
    all_three = sorted((NAMED, UNNAMED, ON_X))
    assert found_by(desk, a_query()) == all_three
    assert found_by(desk, a_query(lat=31.5)) == []
    assert found_by(desk, a_query(until=START - timedelta(days=2))) == []
    assert found_by(desk, a_query(words=("fountain",))) == all_three
    assert found_by(desk, a_query(words=("fountain", "river"))) == []
    with desk.road.store.transaction() as tx:
        claim = sightings.get(tx, NAMED)
        assert claim is not None
        sightings.put(tx, replace(claim, who=Who(sex="male", age_low=9, age_high=10)))
    assert found_by(desk, a_query(sex="female")) == sorted((UNNAMED, ON_X))
    assert found_by(desk, a_query(age_to=8.0)) == sorted((UNNAMED, ON_X))


def test_a_hidden_post_is_found_by_nobody(desk: World) -> None:
    with desk.road.store.transaction() as tx:
        veils.put(tx, NAMED, veils.SAFEGUARDING, START)
    assert NAMED not in found_by(desk, a_query())


def test_only_a_reviewer_of_the_team_of_an_active_case_searches(desk: World) -> None:
    for name in ("root", "ann", "lena", "nora", "rita"):
        with pytest.raises(NotAllowed, match="reviewer"):
            finding.search(desk.road, CASE, PURPOSE, a_query(), by=name)
    with pytest.raises(NotAllowed, match="not assigned"):
        finding.search(desk.road, CASE, PURPOSE, a_query(), by="rex")
    with pytest.raises(Missing):
        finding.search(desk.road, "registry.example/none", PURPOSE, a_query(), by="rob")
    with pytest.raises(UsageError, match="for what"):
        finding.search(desk.road, CASE, "look", a_query(), by="rob")
    with pytest.raises(UsageError, match="5 to 100"):
        finding.search(desk.road, CASE, PURPOSE, a_query(radius_km=1), by="rob")
    with desk.road.store.transaction() as tx:
        from store.records.case import CaseStep

        cases.move(tx, CaseStep(CASE, CaseStatus.LOCATED, "vera", START, "x"), expect=CaseStatus.ACTIVE)
    with pytest.raises(NotAllowed, match="located"):
        finding.search(desk.road, CASE, PURPOSE, a_query(), by="rob")
    assert finding.desk(desk.road, by="rob").left == 20, "what was refused counts for nothing"


def test_of_a_sealed_case_nobody_else_learns_anything(desk: World) -> None:
    with desk.road.store.transaction() as tx:
        cases.put(tx, replace(cases.get(tx, CASE).case, sealed=True))
    with pytest.raises(Missing, match="is not a registered case"):
        finding.search(desk.road, CASE, PURPOSE, a_query(), by="rex")
    assert found_by(desk, a_query()) != []
    with desk.road.store.reading() as tx:
        assert not any(CASE in str((e.subject, e.detail)) for e in audit.entries(tx) if "finding" in e.action)


def test_the_day_has_its_number_of_searches_over_every_door(
    desk: World, sign_in: Callable[..., Browser]
) -> None:
    desk.road.finding = FindingPlan(per_day=2)
    found_by(desk, a_query())
    browser = sign_in("rob")
    browser.get("/finding")
    form = {
        "case": CASE, "purpose": PURPOSE, "place": "Jinjiang", "radius_km": "10", "since": "2026-05-01",
        "until": "2026-05-25",
    }  # fmt: skip
    assert browser.post("/finding", form).status_code == 303
    refused = browser.post("/finding", form)
    assert refused.status_code == 403 and "tomorrow" in refused.text
    with pytest.raises(NotAllowed, match="2 searches today"):
        found_by(desk, a_query())
    desk.clock.pass_by(timedelta(days=1))
    assert found_by(desk, a_query()) != []


def test_at_most_so_many_results_are_shown(desk: World) -> None:
    desk.road.finding = FindingPlan(results=2)
    assert len(found_by(desk, a_query())) == 2


def test_every_search_and_every_opened_result_is_in_the_audit_chain_without_its_words(desk: World) -> None:
    view = finding.search(desk.road, CASE, PURPOSE, a_query(words=("fountain",)), by="rob")
    finding.open_result(desk.road, view.search.id, 1, "the red jacket", by="rob")
    with desk.road.store.reading() as tx:
        mine = [each for each in audit.entries(tx) if each.subject == view.search.id]
        assert audit.first_break(tx) is None
    assert [each.action for each in mine] == ["finding.searched", "finding.found", "finding.opened"]
    text = str(mine)
    assert "fountain" not in text and "market" not in text and "Jinjiang" not in text and "jacket" not in text


def test_results_are_blurred_until_opened_and_only_ones_own(
    desk: World, sign_in: Callable[..., Browser]
) -> None:
    view = finding.search(desk.road, CASE, PURPOSE, a_query(), by="rob")
    browser, search = sign_in("rob"), view.search.id
    page = browser.get(f"/finding/search?id={search}").text
    assert "fountain</" not in page and "wei@social.example" not in page and page.count("<article") == 3
    number = next(each.result.number for each in view.found if each.result.post_key == NAMED)
    path = f"/finding/photo/{search}/{number}"
    blurred = browser.get(f"{path}?view=clear")
    assert blurred.status_code == 200
    form = {"id": search, "number": str(number), "why": ""}
    assert browser.post("/finding/open", form).status_code == 400
    opened = browser.post("/finding/open", form | {"why": "the jacket fits"})
    assert "near the fountain" in opened.text
    assert len(browser.get(f"{path}?view=clear").content) > len(blurred.content)
    other = sign_in("rex")
    assert other.get(f"/finding/search?id={search}").status_code == 404
    assert other.get(path).status_code == 404
    with pytest.raises(Missing):
        finding.open_result(desk.road, search, number, "the jacket", by="rex")


def test_an_area_is_a_district_town_or_city_and_a_name_of_several_is_asked_about(
    desk: World, sign_in: Callable[..., Browser]
) -> None:
    browser = sign_in("rob")
    browser.get("/finding")
    form = {
        "case": CASE, "purpose": PURPOSE, "place": "Twin", "radius_km": "10", "since": "2026-05-01",
        "until": "2026-05-25", "words": "fountain",
    }  # fmt: skip
    asked = browser.post("/finding", form)
    assert asked.status_code == 200 and 'name="place_id" value="9"' in asked.text and "fountain" in asked.text
    with desk.road.store.reading() as tx:
        assert searches.used(tx, "rob", START.date()) == 0
    assert browser.post("/finding", form | {"place_id": "9"}).status_code == 303
    for wrong in (
        {"place": "Shop"},
        {"place": "Nowhere"},
        {"place_id": "8"},
        {"place_id": "x"},
        {"place_id": "9", "until": "x"},
    ):
        assert browser.post("/finding", form | wrong).status_code in (400, 404)


def test_a_kept_search_is_over_after_its_days_and_counts_when_made_again(desk: World) -> None:
    view = finding.search(desk.road, CASE, PURPOSE, a_query(), by="rob")
    kept = finding.save(desk.road, view.search.id, "market", by="rob")
    assert kept.expires_at == START + timedelta(days=14)
    finding.again(desk.road, kept.id, by="rob")
    assert finding.desk(desk.road, by="rob").left == 18
    desk.clock.pass_by(timedelta(days=14))
    with pytest.raises(Missing, match="over"):
        finding.again(desk.road, kept.id, by="rob")
    lead_rounds.draw(desk.road)
    assert finding.desk(desk.road, by="rob").saved == ()


def test_a_tenth_of_a_week_is_looked_at_by_somebody_else_once(
    desk: World, sign_in: Callable[..., Browser]
) -> None:
    for _ in range(11):
        found_by(desk, a_query())
    assert lead_rounds.draw(desk.road) == 0, "the week is not over"
    desk.clock.pass_by(timedelta(days=7))
    assert lead_rounds.draw(desk.road) == 2 and lead_rounds.draw(desk.road) == 0
    assert any("2 searches by hand" in each.words for each in standing(desk.road))
    first, second = (each.search.id for each in finding_audit.listing(desk.road, by="rex"))
    with pytest.raises(NotAllowed, match="your own"):
        finding_audit.done(desk.road, first, by="rob", was_right=True, words="it was fine")
    with pytest.raises(NotAllowed, match="admin"):
        finding_audit.listing(desk.road, by="nora")
    browser = sign_in("ann")
    page = browser.get("/finding/audit").text
    assert first in page and PURPOSE in page
    form = {"id": first, "right": "no", "words": "purpose and place do not fit"}
    assert browser.post("/finding/audit", form).status_code == 303
    assert any(first in each.words for each in standing(desk.road))
    with pytest.raises(Conflict):
        finding_audit.done(desk.road, first, by="rex", was_right=True, words="it was fine")
    finding_audit.done(desk.road, second, by="rex", was_right=True, words="it was fine")
    lead_rounds.draw(desk.road)
    assert not any("searches by hand wait" in each.words for each in standing(desk.road))


# ── referrals ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def licensed(desk: World) -> World:
    desk.road.referrals = ReferralPlan((Body("Child Office", "No. 17", "https://office.example"),))
    return desk


def prepared(world: World, post: str = ON_X) -> str:
    made = referrals.prepare(world.road, post, "Child Office", HIT, DETAILS, by="rob")
    return made.referral.id


def test_a_referral_is_prepared_by_one_released_by_another_and_handed_over_by_hand(licensed: World) -> None:
    road, made = licensed.road, prepared(licensed)
    with pytest.raises(NotAllowed, match="by you"):
        referrals.step(road, made, ReferralState.RELEASED, by="rob")
    with pytest.raises(Conflict):
        referrals.step(road, made, ReferralState.HANDED_OVER, by="lena", why="by hand to Ms Li")
    for name in ("root", "nora", "rita", "ann"):
        with pytest.raises(NotAllowed):
            referrals.step(road, made, ReferralState.RELEASED, by=name)
    assert ReferralState.RELEASED in referrals.show(road, made, by="lena").next
    referrals.step(road, made, ReferralState.RELEASED, by="lena")
    handed = referrals.step(road, made, ReferralState.HANDED_OVER, by="lena", why="by hand to Ms Li")
    assert handed.referral.answer_due_at == START + timedelta(days=3)
    done = referrals.step(road, made, ReferralState.ANSWERED, by="lena", why="the child is with family")
    assert done.details.answer == "the child is with family" and done.next == ()
    with road.store.reading() as tx:
        chain = [e for e in audit.entries(tx) if e.subject == made]
    assert [e.action.partition(".")[2] for e in chain] == ["prepared", "released", "handed_over", "answered"]
    assert "fountain" not in str(chain)


def test_what_goes_to_the_body_names_no_author_post_or_other_child(licensed: World) -> None:
    view = referrals.show(licensed.road, prepared(licensed), by="rob")
    for text in view.words.values():
        for secret in ("wei", "Wei", "social.example", ON_X, CASE, "Seven", "rob", "http"):
            assert secret not in text


def test_a_post_beside_a_registered_child_is_no_referral_then_or_later(licensed: World) -> None:
    made = prepared(licensed, NAMED)
    with licensed.road.store.reading() as tx:
        key = matches.of_post(tx, NAMED)[0].match.key
    review.decide(licensed.road, key, Verdict.POSSIBLE, by="rex")
    with pytest.raises(NotAllowed, match="as a lead"):
        referrals.step(licensed.road, made, ReferralState.RELEASED, by="lena")
    referrals.step(licensed.road, made, ReferralState.WITHDRAWN, by="rob", why="it is a lead now")
    with pytest.raises(UsageError, match="registered child"):
        prepared(licensed, NAMED)


def test_a_post_is_referred_once_and_a_body_that_lost_its_licence_gets_nothing(licensed: World) -> None:
    made = prepared(licensed)
    with pytest.raises(Conflict, match="already"):
        prepared(licensed)
    licensed.road.referrals = ReferralPlan()
    with pytest.raises(UsageError, match="no longer"):
        referrals.step(licensed.road, made, ReferralState.RELEASED, by="lena")


def test_the_forms_of_a_referral_work_plainly_and_begging_alone_is_refused(
    licensed: World, sign_in: Callable[..., Browser]
) -> None:
    browser = sign_in("rob")
    page = browser.get(f"/referral/new?post={ON_X}").text
    assert (
        "no reason" in page
        and 'name="sign_hit"' in page
        and "beg" not in re.sub(r"begs is no reason", "", page)
    )
    form = {
        "post": ON_X, "body": "Child Office", "seen": "The child begs at the crossing all day long.",
        "where": "Jinjiang", "day": "2026-05-25",
    }  # fmt: skip
    refused = browser.post("/referral/new", form)
    assert refused.status_code == 400 and "begs is none" in refused.text
    answer = browser.post("/referral/new", form | {"sign_hit": "1", "seen": DETAILS.seen})
    assert answer.status_code == 303
    lena = sign_in("lena")
    path = answer.headers["location"]
    assert "孩子" in lena.get(path).text and "https://office.example" in lena.get(path).text
    step = {"id": path.partition("=")[2], "to": "released"}
    assert lena.post("/referral/step", step).status_code == 303
    assert "released" in lena.get("/referrals").text
    assert sign_in("nora").get("/referrals").status_code == 403


def test_words_of_a_referral_lie_sealed(licensed: World) -> None:
    made = prepared(licensed)
    with licensed.road.store.reading() as tx:
        from store import referrals as rows

        kept = rows.get(tx, made)
    assert kept.sealed is not None and b"fountain" not in kept.sealed
    assert isinstance(kept.prepared_at, datetime) and isinstance(DETAILS.day, date)
