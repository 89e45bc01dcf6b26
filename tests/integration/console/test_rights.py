"""Roles × routes × fields: the console does what rights.py says, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from bot.console.auth import ROLES, Right, right_of
from bot.console.door import is_open
from bot.services import cases, people, sightings
from store import users
from store.records.case import CaseStatus
from tests.integration.console import rights
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, ORIGIN, World

SignIn = Callable[..., Browser]
HIDDEN_WORDS = {"{digest}": "0" * 64, "{number}": "1", "{id}": "x"}


def declared(app: Any) -> dict[tuple[str, str], str]:
    """(method, path) of every route of the application with the right that it asks for."""
    found = {}
    pending = list(app.routes)
    while pending:
        route = pending.pop()
        if hasattr(route, "path") and getattr(route, "methods", None):
            asked = {right for call in _calls(route) if (right := right_of(call)) is not None}
            assert len(asked) <= 1, route.path
            for method in route.methods - {"HEAD"}:
                found[method, route.path] = next(iter(asked)).name if asked else "-"
        inner = getattr(route, "original_router", None)
        pending += list(inner.routes) if inner is not None else []
    return found


def _calls(route: Any) -> Iterator[Any]:
    pending = [route.dependant] if hasattr(route, "dependant") else []
    while pending:
        each = pending.pop()
        yield each.call
        pending += each.dependencies


def test_every_route_is_in_the_table_with_the_right_it_asks_for(world: World) -> None:
    # A route that is not there: write it into rights.py, after thinking about who needs it.
    assert declared(world.app()) == rights.routes()


def test_every_right_belongs_to_the_roles_of_the_table_and_to_no_other() -> None:
    known = {right.name: set(roles) for right, roles in ROLES.items()}
    assert known == {name: set(roles.split()) for name, roles in rights.RIGHTS.items()}
    assert {right.name for right in Right} == set(rights.RIGHTS)
    assert set(people.ROLES) == set(rights.ROLES)


def test_a_route_without_a_right_is_open_to_all_on_purpose() -> None:
    behind_the_door = {"/api/v1/openapi.json"}
    for (_, path), right in rights.routes().items():
        if right == "-":
            assert is_open(path) or path in behind_the_door, path


def test_the_roles_keep_apart_what_must_not_come_together() -> None:
    for faces in ("FACES", "SIGHTINGS", "REVIEW", "FIND", "EXACT", "CASE_FILES"):
        assert not rights.may("admin", faces), f"administrators see no faces: {faces}"
    assert not rights.may("reviewer", "REGISTRY"), "reviewers open no contact of a family"
    for sighting in ("SIGHTINGS", "REVIEW", "EXACT", "FIND"):
        assert not rights.may("registrar", sighting), f"registrars see no sighting: {sighting}"
    # Whoever is shown photos is known as such: a second factor and the rule for oneself hang on it.
    shown = {
        role for name in ("FACES", "SIGHTINGS", "REVIEW", "FIND") for role in rights.RIGHTS[name].split()
    }
    assert shown == users.SEES_FACES <= users.NEEDS_FACTOR


@pytest.fixture
def staff(world: World, sign_in: SignIn) -> dict[str, Browser]:
    """A browser of each role, of people who have that role alone."""
    world.road.faces = lambda: SimpleNamespace(digest="model-digest")  # type: ignore[assignment,return-value]
    app, found = world.app(), {}
    for role in rights.ROLES:
        people.add(world.road, f"only-{role}", role, by="tests")
        found[role] = sign_in(f"only-{role}", app)
    return found


def ask(browser: Browser, method: str, path: str) -> Any:
    """A request as bare as the path allows, with the word of the session."""
    path = re.sub(r"\{\w+\}", lambda found: HIDDEN_WORDS.get(found[0], "x"), path)
    headers = {"Origin": ORIGIN, "X-CSRF": browser.csrf}
    if path.startswith("/api/") and method == "POST":
        return browser.http.post(path, json={"key": "x", "verdict": "later"}, headers=headers)
    data = {"csrf": browser.csrf} if method == "POST" else None
    return browser.http.request(method, path, data=data, headers=headers)


@pytest.mark.servers
def test_every_role_is_let_in_and_kept_out_at_every_route_as_the_table_says(
    staff: dict[str, Browser],
) -> None:
    wrong, asked = [], 0
    for (method, path), right in sorted(rights.routes().items(), key=lambda item: item[0][::-1]):
        if right == "-" or path == "/logout":
            continue
        for role, browser in staff.items():
            answer = ask(browser, method, path)
            refused = answer.status_code == 403 and "has the role" in answer.text
            asked += 1
            if refused == rights.may(role, right) or answer.status_code >= 500:
                wrong.append((method, path, role, answer.status_code))
    assert wrong == []
    assert asked > 1500


FIELDS = {
    # What is looked for, on which page, and who finds it there.
    "the place of a sighting": ("春熙路", f"/sighting?key={NAMED}", "reviewer liaison"),
    "the handle of an author": ("wei@social.example", "/", "reviewer liaison"),
    "the name of a child": ("Child &lt;b&gt;Seven", f"/case?id={CASE}", rights.RIGHTS["CASES"]),
    "a photo of a child": ('src="/photo/', f"/case?id={CASE}&show=1", rights.RIGHTS["FACES"]),
    "the form that opens a contact": ('action="/cases/contact"', f"/case?id={CASE}", "registrar"),
    "who works here": (">rob<", "/people", "admin"),
}


@pytest.mark.servers
def test_every_field_is_shown_to_the_roles_of_the_table_alone(staff: dict[str, Browser]) -> None:
    for what, (words, path, allowed) in FIELDS.items():
        for role, browser in staff.items():
            if role in ("officer", "safeguarding") and path == "/":
                continue
            assert (words in browser.get(path).text) == (role in allowed.split()), (what, role)


@pytest.mark.servers
def test_no_byte_of_a_photo_goes_to_who_sees_no_faces_and_none_of_a_sighting_to_registrars(
    world: World, staff: dict[str, Browser]
) -> None:
    registered = cases.show(world.road, CASE).served[0]
    seen = sightings.one(world.road, NAMED).photos[0].photo
    assert seen is not None
    for role, browser in staff.items():
        for view in ("clear", "small", "blurred"):
            of_case = browser.get(f"/photo/{registered}?view={view}").status_code
            of_post = browser.get(f"/photo/{seen.served}?view={view}").status_code
            assert (of_case == 200) == rights.may(role, "FACES"), (role, view)
            assert (of_post == 200) == rights.may(role, "SIGHTINGS"), (role, view)


@pytest.mark.servers
def test_the_api_leaves_photos_out_for_who_sees_no_faces(world: World, staff: dict[str, Browser]) -> None:
    world.add_case("registry.example/8", CaseStatus.DRAFT, seed=51)
    for role in rights.RIGHTS["CASES"].split():
        case = staff[role].get(f"/api/v1/case?id={CASE}").json()
        shown = all(photo["served"] for photo in case["photos"])
        assert shown == rights.may(role, "FACES"), role
        assert "contact" not in str(case).casefold()


@pytest.mark.servers
def test_somebody_with_two_roles_has_the_rights_of_both_and_of_no_third(
    world: World, sign_in: SignIn
) -> None:
    people.add(world.road, "both", ("admin", "registrar"), by="tests")
    browser = sign_in("both")
    assert browser.get("/people").status_code == 200
    assert browser.get("/cases/new").status_code == 200
    assert browser.get("/sightings").status_code == 403
