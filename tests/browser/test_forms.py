"""The same work without a script and with keys alone: discard, undo, put off, confirm, another language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from bot.services import review, turns
from store.records.match import Verdict
from tests.browser.conftest import Served

Open = Callable[..., Any]


@pytest.fixture
def card(served: Served) -> str:
    """The path of a card that nobody else looks at."""
    key = turns.waiting(served.world.road, by="alma")
    assert key, "the installation has open candidates"
    return f"/review?key={quote(key, safe='')}"


def key_of(path: str) -> str:
    return str(re.search(r"key=([^&]+)", path)[1])  # type: ignore[index]


def state_of(served: Served, path: str) -> str:
    return review.card(served.world.road, unquote(key_of(path)), viewer="alma").row.state


def back_at(page: Any, card: str) -> None:
    """Wait until the page is at the card again: every card has the same form, so only the address tells."""
    page.wait_for_url(lambda url: "key=" in url and key_of(url) == key_of(card))
    page.locator("form.decide").wait_for()


def test_without_a_script_a_candidate_is_discarded_and_taken_back(
    open_browser: Open, served: Served, card: str
) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto(card)
    page.locator('button[value="not_this_child"]').click()
    page.locator("form.said").wait_for()
    assert state_of(served, card) == "rejected"
    page.locator("form.said button").click()
    back_at(page, card)
    assert state_of(served, card) == "open"


def test_without_a_script_a_candidate_is_put_off_and_found_again(
    open_browser: Open, served: Served, card: str
) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto(card)
    page.locator('button[value="later"]').click()
    page.locator("form.said").wait_for()
    page.goto("/review?pile=later")
    assert page.locator("[data-card]").count() >= 1
    page.locator("[data-card] [data-open]").first.click()
    page.locator("form.decide").wait_for()
    review.undo(served.world.road, None, by="alma")
    assert state_of(served, card) == "open"


def test_without_a_script_both_pictures_are_looked_at_alike(open_browser: Open, card: str) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto(card)
    before = page.locator("svg.face").first.get_attribute("viewBox")
    page.select_option('[name="zoom"]', "2")
    page.check('[name="flip"]')
    page.locator("[data-apply]").click()
    page.locator("svg.face.flip").first.wait_for()
    assert page.locator("svg.face.flip").count() == 2
    assert page.locator("svg.face").first.get_attribute("viewBox") != before


def test_one_key_discards_and_one_takes_it_back(open_browser: Open, served: Served, card: str) -> None:
    page = open_browser()
    page.goto(card)
    page.keyboard.press("1")
    page.locator("form.said").wait_for()
    assert state_of(served, card) == "rejected"
    page.keyboard.press("z")
    back_at(page, card)
    assert state_of(served, card) == "open"


def test_a_script_changes_both_pictures_at_once(open_browser: Open, card: str) -> None:
    page = open_browser()
    page.goto(card)
    assert page.locator("[data-apply]").is_hidden()
    page.select_option('[name="zoom"]', "2")
    page.select_option('[name="light"]', "150")
    boxes = [face.get_attribute("viewBox") for face in page.locator("svg.face").all()]
    assert page.locator("svg.face.light-150").count() == 2
    assert all(
        box != face.get_attribute("data-face")
        for box, face in zip(boxes, page.locator("svg.face").all(), strict=True)
    )


def test_a_possible_resemblance_takes_both_pictures_and_every_question(
    open_browser: Open, served: Served, card: str
) -> None:
    page = open_browser()
    page.goto(card)
    page.keyboard.press("2")
    page.wait_for_url(re.compile("/review/confirm"))
    send = page.locator("form.checks button.main")
    send.click()
    assert "/review/confirm" in page.url, "the browser asks for what is missing"
    for box in ("seen_post", "seen_case"):
        page.check(f'[name="{box}"]')
    for name in ("age", "marks", "place"):
        page.check(f'[name="{name}"][value="yes"]')
    send.click()
    assert state_of(served, card) == "open", "one question is not answered yet"
    page.check('[name="poster"][value="yes"]')
    send.click()
    page.locator("section.result.possible").wait_for()
    assert state_of(served, card) == "open", "it counts once a second person has said the same"
    said = review.card(served.world.road, unquote(key_of(page.url)), viewer="alma").decisions
    assert said[-1].verdict is Verdict.POSSIBLE and "place: yes" in said[-1].note
    page.keyboard.press("z")
    back_at(page, card)


def test_the_language_is_changed_on_the_page_and_stays(open_browser: Open) -> None:
    page = open_browser("", java_script_enabled=False, locale="en-GB")
    page.goto("/login")
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator('.tongue button[value="zh-Hans"]').click()
    page.locator('html[lang="zh-Hans"]').wait_for()
    assert page.url.endswith("/login") and "登录" in page.title()
    page.goto("/enter/over")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.locator('.tongue button[value="en"]').click()
    page.locator('html[lang="en"]').wait_for()


def test_sightings_are_filtered_and_mapped_without_a_script(open_browser: Open) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto("/sightings")
    whole = page.locator("[data-card]").count()
    page.select_option('[name="platform"]', "x")
    page.locator(".filters button").click()
    page.wait_for_url(re.compile("platform=x"))
    assert 0 < page.locator("[data-card]").count() < whole
    page.goto("/sightings?view=map")
    assert page.locator(".map svg").count() == 1
    assert page.locator("tbody tr").count() >= 1
    page.goto("/sightings?view=grid")
    assert page.locator(".dense [data-card] img.blurred").count() > 0, "blurred until asked for"
