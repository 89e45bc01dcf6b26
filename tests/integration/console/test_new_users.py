"""What a new user stumbled over in the walk (docs/console-walk.md) stays mended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.config import ChecklistItem
from bot.services import people, review, turns
from store.records.case import CaseStatus
from store.records.match import Verdict
from tests.integration.console.conftest import Browser
from tests.integration.console.test_pages import card_path, key_of, words_of
from tests.integration.console.world import NAMED, World

SignIn = Callable[..., Browser]
pytestmark = pytest.mark.servers


def test_the_first_page_asks_for_a_password_until_there_is_one(world: World, sign_in: SignIn) -> None:
    rita = sign_in("rita")
    assert "You came in by a link and have no password yet." in words_of(rita.get("/").text)
    people.set_password(world.road, "rita", "a short sentence is good", token="")
    rita = sign_in("rita")
    assert "have no password yet" not in words_of(rita.get("/").text)


def test_lines_of_the_settings_are_shown_to_who_can_change_them_alone(world: World, sign_in: SignIn) -> None:
    world.checklist.append(
        ChecklistItem("legal", False, "who is responsible", "the legal: block in config.yaml")
    )
    assert "the legal: block" in words_of(sign_in("root").get("/").text)
    page = words_of(sign_in("rob").get("/").text)
    assert "the legal: block" not in page and "an administrator still has to enter 1 thing" in page


def test_who_registered_a_case_is_offered_no_button_that_would_be_refused(
    world: World, sign_in: SignIn
) -> None:
    case = world.add_case("registry.example/8", CaseStatus.DRAFT, seed=51)
    own = sign_in("rita").get(f"/case?id={case.id}").text
    assert 'action="/cases/verify"' not in own and "another person has to verify it" in words_of(own)
    assert 'href="#standing"' in own and 'id="standing"' in own
    assert 'action="/cases/verify"' in sign_in("vera").get(f"/case?id={case.id}").text


def test_from_what_two_people_agreed_on_a_link_leads_to_the_lead_and_it_is_counted(
    world: World, sign_in: SignIn
) -> None:
    key = key_of(world, NAMED)
    people.add(world.road, "sam", "reviewer", by="tests")
    people.add(world.road, "lia", "liaison", by="tests")
    assert "lead under way" not in words_of(sign_in("lia").get("/").text)
    review.decide(world.road, key, Verdict.POSSIBLE, by="rob")
    turns.confirm(world.road, key, by="sam")
    assert 'href="/lead?id=' in sign_in("sam").get(card_path(key)).text
    assert "1 lead under way" in words_of(sign_in("lia").get("/").text)
