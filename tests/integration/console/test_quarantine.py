"""A reported picture answers on every way as if it did not exist; the officer's pages show no picture."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot.services import people, quarantine
from store import quarantine as rows_of
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, UNNAMED, World

SignIn = Callable[..., Browser]
VIEWS = ("clear", "small", "blurred")
PAGES = (
    "/", "/sightings", "/sightings?show=1", "/review", "/review?pile=possible", "/review?pile=rejected",
    f"/sighting?key={UNNAMED}", f"/case?id={CASE}", "/cases", "/outbox", "/api/v1/sightings",
    "/api/v1/candidates", "/api/v1/candidates?state=possible", "/api/v1/overview",
)  # fmt: skip


@pytest.fixture
def reported(world: World) -> tuple[str, str]:
    """Digests of original and served copy of a picture that was seen, and then reported."""
    people.add(world.road, "olga", "officer", by="tests")
    original, served = world.originals[1], world.served[1]
    return original, served


def plain(page: str) -> str:
    """The page without the number of its request."""
    return re.sub(r"Request [0-9a-f]+", "Request", page)


def test_no_route_gives_a_byte_or_a_name_of_a_reported_picture(
    world: World, sign_in: SignIn, reported: tuple[str, str]
) -> None:
    original, served = reported
    ada = sign_in()
    assert all(ada.get(f"/photo/{served}?view={view}").status_code == 200 for view in VIEWS)
    assert served in ada.get("/review").text and served in ada.get("/api/v1/sightings").text
    reference = quarantine.report(world.road, served, by="ada")
    unknown = ada.get("/photo/" + "e" * 64)
    for digest in (served, original):
        for view in VIEWS:
            answer = ada.get(f"/photo/{digest}?view={view}")
            assert answer.status_code == 404
            assert plain(answer.text).replace(digest[:16], "e" * 16) == plain(unknown.text)
    for name in ("rita", "olga"):
        assert sign_in(name).get(f"/photo/{served}").status_code in (403, 404)
    for page in PAGES:
        text = ada.get(page).text
        assert served not in text and original not in text, page
    assert ada.get(f"/sighting?key={NAMED}").status_code == 404
    assert ada.get(f"/sighting?key={UNNAMED}").status_code == 200
    assert reference not in ada.get("/").text


def test_every_page_with_a_photo_has_a_way_to_report_it(world: World, sign_in: SignIn) -> None:
    ada = sign_in()
    key = re.search(r'/review\?key=([^"]+)"', ada.get("/review").text)
    assert key is not None
    pages = ("/sightings", "/review", f"/sighting?key={NAMED}", f"/case?id={CASE}", f"/review?key={key[1]}")
    for page in pages:
        text = ada.get(page).text
        assert "/photo/" in text
        assert 'action="/report-picture"' in text and "Report this picture" in text, page


def test_a_reviewer_reports_by_form_and_is_told_a_reference_alone(
    world: World, sign_in: SignIn, reported: tuple[str, str]
) -> None:
    original, served = reported
    rob = sign_in("rob")
    asked = rob.get(f"/report-picture?picture={served}")
    assert asked.status_code == 200 and "<img" not in asked.text
    assert rob.post("/report-picture", {"picture": served}, csrf="wrong").status_code == 403
    assert rob.get(f"/photo/{served}").status_code == 200
    rob.get(f"/report-picture?picture={served}")
    sent = rob.post("/report-picture", {"picture": served, "note": "<b>look</b>"})
    assert sent.status_code == 303
    done = rob.get(sent.headers["location"])
    with world.road.store.reading() as tx:
        reference = rows_of.get(tx, original).reference
    assert reference in done.text and served not in done.text
    rob.get(f"/report-picture?picture={served}")
    assert rob.post("/report-picture", {"picture": served}).status_code == 404


def test_only_the_officer_sees_the_tasks_and_even_there_is_no_picture(
    world: World, sign_in: SignIn, reported: tuple[str, str]
) -> None:
    _, served = reported
    reference = quarantine.report(world.road, served, by="ada", note="<script>x</script>")
    for name in ("ada", "rob", "rita", "vera"):
        browser = sign_in(name)
        assert "/quarantine" not in browser.get("/").text
        for page in ("/quarantine", f"/quarantine/task?reference={reference}"):
            assert browser.get(page).status_code == 403
        for form in ("reported", "release", "bar"):
            assert browser.post(f"/quarantine/{form}", {"reference": reference}).status_code == 403
    olga = sign_in("olga")
    assert 'href="/quarantine"' in olga.get("/").text
    page, task = olga.get("/quarantine"), olga.get(f"/quarantine/task?reference={reference}")
    assert reference in page.text
    for text in (page.text, task.text):
        assert "<img" not in text and "<image" not in text and "/photo/" not in text
        assert "<script>x" not in text
    assert "INHOPE" in task.text and NAMED in task.text
    told = {"reference": reference, "to": "hotline", "report_reference": "7"}
    assert olga.post("/quarantine/reported", told).status_code == 400
    assert olga.post("/quarantine/reported", told | {"preserve_until": "soon"}).status_code == 400
    done = olga.post("/quarantine/reported", told | {"preserve_until": "2027-01-31"})
    assert done.status_code == 303
    assert "31 Jan 2027" in olga.get(done.headers["location"]).text
    assert olga.post("/quarantine/bar", {"reference": reference, "why": "no"}).status_code == 409
    assert olga.get("/quarantine/task?reference=NONE22").status_code == 404


def test_the_officer_can_bar_and_release_by_form(
    world: World, sign_in: SignIn, reported: tuple[str, str]
) -> None:
    _, served = reported
    reference = quarantine.report(world.road, served, by="ada")
    olga = sign_in("olga")
    olga.get(f"/quarantine/task?reference={reference}")
    assert olga.post("/quarantine/bar", {"reference": reference}).status_code == 400
    assert (
        olga.post("/quarantine/bar", {"reference": reference, "why": "an advertisement"}).status_code == 303
    )
    assert "barred" in olga.get("/quarantine?closed=1").text
    assert olga.post("/quarantine/release", {"reference": reference, "why": "wrong"}).status_code == 303
    assert sign_in().get(f"/sighting?key={NAMED}").status_code == 200
