"""The pages of a campaign in a browser without script; and what everybody may read without signing in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.pipeline import counting
from bot.rules.life import LifePlan
from store import campaign_steps

pytestmark = pytest.mark.servers
PAGES = (
    "/campaign",
    "/campaign?days=0",
    "/campaign/start",
    "/campaign/reports",
    "/campaign/public",
    "/campaign/end",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_and_without_posts(world: Any, sign_in: Any, path: str) -> None:
    ada = sign_in("ada")
    assert ada.get(path).status_code == 200
    counting.rebuild(world.road)
    page = ada.get(path)
    assert page.status_code == 200 and "<script>" not in page.text and " style=" not in page.text


def test_public_numbers_are_not_there_while_they_are_off(world: Any, stranger: Any) -> None:
    assert stranger.get("/public").status_code == 404
    assert stranger.get("/public/numbers.json").status_code == 404
    world.road.life = LifePlan("UTC", public_numbers=True)
    assert stranger.get("/public").status_code == 200
    assert stranger.get("/public/numbers.json").json()["weeks"] == []
    assert stranger.get("/campaign").status_code in (302, 303), "nothing else is open"
    world.road.life = replace(world.road.life, public_numbers=False)
    assert stranger.get("/public").status_code == 404


def test_a_thing_of_the_first_day_is_ticked_and_taken_back(world: Any, sign_in: Any) -> None:
    ada = sign_in("ada")
    ada.get("/campaign/start")
    ada.post("/campaign/start/tick", {"name": "authority", "note": "Ms Li, city police"})
    assert "Ms Li, city police" in ada.get("/campaign/start").text
    ada.post("/campaign/start/tick", {"name": "authority", "back": "1"})
    assert "Ms Li, city police" not in ada.get("/campaign/start").text
    assert ada.post("/campaign/start/tick", {"name": "nothing"}).status_code == 400


def test_a_report_is_made_read_and_printed_in_both_languages(world: Any, sign_in: Any) -> None:
    ada = sign_in("ada")
    counting.rebuild(world.road)
    ada.get("/campaign/reports")
    made = ada.post("/campaign/reports/make", {"first": "2026-05-18", "last": "2026-05-31"})
    assert made.headers["location"] == "/campaign/report?number=1"
    assert "Weekly report" in ada.get("/campaign/report?number=1").text
    assert "周报" in ada.get("/campaign/report?number=1&language=zh").text
    printed = ada.get("/campaign/report.pdf?number=1&language=zh")
    assert printed.content.startswith(b"%PDF") and printed.headers["content-type"] == "application/pdf"
    assert printed.content == ada.get("/campaign/report.pdf?number=1&language=zh").content
    assert ada.post("/campaign/reports/make", {"first": "x", "last": "2026-05-31"}).status_code == 400


def test_the_end_cannot_be_finished_by_one_person(world: Any, sign_in: Any) -> None:
    ada = sign_in("ada")
    ada.get("/campaign/end")
    for step, fields in (
        ("stop", {"why": "over"}),
        ("report", {}),
        ("hand-over", {"to": "City police", "basis": "file 3", "what": "leads"}),
    ):
        assert ada.post(f"/campaign/end/{step}", fields).status_code == 303
    assert ada.post("/campaign/end/hand-over-confirm").status_code == 403
    assert ada.post("/campaign/end/purge").status_code == 409
    assert ada.post("/campaign/end/nothing").status_code == 404
    with world.road.store.reading() as tx:
        held = campaign_steps.get(tx, "end.handover")
    assert held is not None and held.state == "waits"


@pytest.mark.parametrize("path", ["/campaign/public", "/campaign/end"])
def test_who_only_reviews_does_not_run_the_campaign(sign_in: Any, path: str) -> None:
    rob = sign_in("rob")
    assert rob.get("/campaign").status_code == 200
    assert rob.get(path).status_code == 403
