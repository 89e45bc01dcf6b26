"""The desk of requests and the page for emergencies, in a browser without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot.services import erasure, incidents
from tests.integration.console.conftest import Browser
from tests.integration.console.world import NAMED, World

SignIn = Callable[..., Browser]
pytestmark = pytest.mark.servers


def test_a_request_is_recorded_seen_by_two_decided_and_told_on_its_page(
    world: World, sign_in: SignIn
) -> None:
    ada = sign_in("ada")
    assert "Nobody has asked" in ada.get("/requests").text
    asked = ada.post("/requests/ask", {"kind": "guardian", "wants": "erase", "way": "mail", "posts": NAMED,
                                       "contact": "mother@mail.example"})  # fmt: skip
    assert asked.status_code == 303
    (wish,) = erasure.listing(world.road)
    page = ada.get(asked.headers["location"])
    assert "mother@mail.example" in page.text and wish.reference in page.text
    given = {"reference": wish.reference, "what": "birth certificate of the child"}
    assert ada.post("/requests/attest", given).status_code == 303
    assert "a second person has to see it too" in ada.get(asked.headers["location"]).text
    assert ada.post("/requests/attest", given).status_code == 403
    refused = ada.post("/requests/refuse", {"reference": wish.reference, "why": "not the mother"})
    assert refused.status_code == 303
    told = ada.post("/requests/told", {"reference": wish.reference, "how": "by mail on 9 May"})
    assert told.status_code == 303
    assert "mother@mail.example" not in ada.get(asked.headers["location"]).text


def test_everything_is_locked_in_two_steps_and_the_second_ends_the_session_itself(
    world: World, sign_in: SignIn
) -> None:
    ada = sign_in("ada")
    ada.get("/emergency")
    first = ada.post("/emergency/lock", {"why": "a laptop was stolen"})
    assert "Really?" in first.text and not incidents.is_locked(world.road)
    second = ada.post("/emergency/lock", {"why": "a laptop was stolen", "agreed": "lock"})
    assert "Everything is locked" in second.text and incidents.is_locked(world.road)
    assert ada.get("/emergency").status_code in (303, 401)


def test_an_incident_shows_its_clocks_and_is_closed(world: World, sign_in: SignIn) -> None:
    ada = sign_in("ada")
    ada.get("/emergency")
    made = ada.post("/emergency/incident", {"what": "a stolen laptop", "since": "2020-01-01T00:00"})
    assert made.status_code == 200 and "GDPR Art. 33" in made.text
    (reference,) = incidents.standing(world.road)
    assert re.search(reference, ada.get("/emergency").text)
    closed = ada.post("/emergency/close", {"reference": reference, "note": "authority told today"})
    assert closed.status_code == 303 and not incidents.standing(world.road)
    assert ada.post("/emergency/incident", {"what": "a stolen laptop", "since": "soon"}).status_code == 400
