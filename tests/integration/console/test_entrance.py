"""Who comes in, how, and what keeps others out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.services import people
from tests.integration.console import rights
from tests.integration.console.conftest import Browser
from tests.integration.console.world import NAMED, ORIGIN, World

SignIn = Callable[..., Browser]
PAGES = (
    "/", "/review", "/review?key=x", "/sightings", f"/sighting?key={NAMED}", "/cases", "/case?id=x",
    "/outbox", "/outbox/row?key=x", "/me", "/sample/leave", "/photo/" + "0" * 64, "/no/such/page",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_sends_somebody_without_a_session_to_the_login(stranger: Browser, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_no_route_is_open_by_mistake(world: World, stranger: Browser) -> None:
    table = rights.routes()
    asked = 0
    for path, methods in routes(world):
        for method in methods:
            if table[method, path] == "-" and path != "/api/v1/openapi.json":
                continue
            answer = stranger.http.request(
                method, path.replace("{digest}", "0" * 64), headers={"Origin": ORIGIN}
            )
            assert answer.status_code in (303, 401), (method, path)
            asked += 1
    assert asked > 20


def routes(world: World) -> list[tuple[str, set[str]]]:
    """(path, methods) of every route of the console."""
    found = []
    pending = list(world.app().routes)
    while pending:
        route = pending.pop()
        if hasattr(route, "path") and getattr(route, "methods", None):
            found.append((route.path, route.methods - {"HEAD"}))
        inner = getattr(route, "original_router", None)
        pending += list(inner.routes) if inner is not None else []
    return found


def test_opening_a_link_spends_nothing_and_pressing_its_button_does(world: World) -> None:
    token = world.token_of("ada")
    browser = Browser(world.app())
    for _ in range(3):
        page = browser.get(f"/enter/{token}")
        assert page.status_code == 200
        assert f'action="/enter/{token}" method="post"' in page.text
    entered = browser.post(f"/enter/{token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    assert browser.get("/").status_code == 200
    assert Browser(world.app()).post(f"/enter/{token}").status_code == 410


def test_an_old_link_no_longer_works(world: World, stranger: Browser) -> None:
    token = world.token_of("ada")
    world.clock.pass_by(people.LINK_VALID + timedelta(seconds=1))
    answer = stranger.post(f"/enter/{token}")
    assert answer.status_code == 410
    assert "user link NAME" in answer.text
    assert stranger.get("/").status_code == 303


def test_a_session_ends_by_itself_and_by_signing_out(world: World, sign_in: SignIn) -> None:
    ada, rob = sign_in("ada"), sign_in("rob")
    kept = dict(ada.http.cookies)
    assert ada.post("/logout").headers["location"] == "/login"
    ada.http.cookies.update(kept)
    assert ada.get("/").status_code == 303, "the session is over in the store too"
    assert rob.get("/").status_code == 200
    world.clock.pass_by(people.SESSION_VALID + timedelta(seconds=1))
    assert rob.get("/").status_code == 303


def test_the_cookie_is_secure_where_the_settings_say_so(world: World) -> None:
    browser = Browser(
        world.app(secure_cookies=True, allowed_hosts=("console.example",)), "https://console.example"
    )
    answer = browser.post(f"/enter/{world.token_of('ada')}", Origin="https://console.example")
    assert answer.headers["set-cookie"].startswith("__Host-homeward_")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]
    assert browser.get("/").status_code == 200


def test_a_password_is_set_once_inside_and_then_opens_the_door(world: World, sign_in: SignIn) -> None:
    ada = sign_in("ada")
    unlike = ada.post("/me/password", {"password": "a long enough one", "again": "another long one"})
    assert unlike.status_code == 400
    short = ada.post("/me/password", {"password": "short", "again": "short"})
    assert short.status_code == 400 and "at least 12" in short.text
    right = "correct horse battery"
    assert ada.post("/me/password", {"password": right, "again": right}).headers["location"].startswith("/me")
    browser = Browser(world.app())
    assert browser.post("/login", {"name": "ada", "password": "wrong horse battery"}).status_code == 403
    entered = browser.post("/login", {"name": "ada", "password": right, "next": "/cases?status=draft"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/cases?status=draft")
    assert browser.get("/cases").status_code == 200


def test_a_new_password_signs_out_every_other_browser_of_the_account(world: World, sign_in: SignIn) -> None:
    here, elsewhere, somebody = sign_in("ada"), sign_in("ada"), sign_in("rob")
    right = "correct horse battery"
    here.post("/me/password", {"password": right, "again": right})
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303
    assert somebody.get("/me").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(world: World, elsewhere: str) -> None:
    people.set_password(world.road, "ada", "correct horse battery")
    browser = Browser(world.app())
    answer = browser.post("/login", {"name": "ada", "password": "correct horse battery", "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_sixth_try_in_a_minute_is_refused_by_name_and_by_address(world: World, stranger: Browser) -> None:
    people.set_password(world.road, "ada", "correct horse battery")
    for _ in range(5):
        assert stranger.post("/login", {"name": "ada", "password": "guess"}).status_code == 403
    refused = stranger.post("/login", {"name": "ADA", "password": "correct horse battery"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert stranger.post("/login", {"name": "rob", "password": "guess"}).status_code == 429, "same address"
    world.clock.pass_by(timedelta(seconds=61))
    assert stranger.post("/login", {"name": "ada", "password": "correct horse battery"}).status_code == 303


def test_a_link_from_elsewhere_gets_one_step_of_our_own(stranger: Browser) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = stranger.get("/review?key=a%22b", **headers)
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text and 'href="/review?key=a%22b"' in page.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8780", 303), ("localhost:8780", 303), ("[::1]:8780", 303), ("desk.example", 303),
        ("desk.example:443", 303), ("127.0.0.1:9999", 400), ("127.0.0.1", 400), ("evil.example", 400),
        ("evil.example:8780", 400), ("127.0.0.1.evil.example:8780", 400), ("x@127.0.0.1:8780", 400),
        ("127.0.0.1:8780/x", 400), ("[::1", 400), ("", 400),
    ],
)  # fmt: skip
def test_only_names_of_this_console_are_answered(world: World, host: str, status: int) -> None:
    browser = Browser(world.app(allowed_hosts=("desk.example",)))
    assert browser.get("/", Host=host).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_forms_from_elsewhere_are_refused_even_with_the_right_word(
    sign_in: SignIn, headers: dict[str, str]
) -> None:
    ada = sign_in("ada")
    assert ada.post("/outbox/pause", {"to": "stop"}, **headers).status_code == 403
    assert "Sending is not stopped" in ada.get("/outbox").text


def test_every_form_needs_the_word_of_its_session(world: World, sign_in: SignIn) -> None:
    ada, rob = sign_in("ada"), sign_in("rob")
    asked = 0
    for path, methods in routes(world):
        if "POST" not in methods or rights.routes()["POST", path] == "-" or path.startswith("/api/"):
            continue
        for word in ("", "wrong", rob.csrf):
            answer = ada.post(path, {"key": "x", "to": "stop"}, csrf=word)
            assert answer.status_code == 403, path
            assert "not from this session" in answer.text
        asked += 1
    assert asked >= 12
    assert ada.get("/").status_code == 200, "nobody was signed out by it"


def test_a_form_that_is_too_large_is_refused(sign_in: SignIn) -> None:
    ada = sign_in("ada")
    assert ada.post("/review/decide", {"key": "x", "note": "n" * 100_000}).status_code == 413
    assert ada.post("/review/decide", {"key": "k" * 5000, "verdict": "later"}).status_code == 400


def test_forms_are_never_taken_by_get(world: World, sign_in: SignIn) -> None:
    ada = sign_in("ada", world.app(sample=True))
    for path in (
        "/review/decide",
        "/review/undo",
        "/outbox/pause",
        "/cases/verify",
        "/logout",
        "/me/password",
    ):
        assert ada.get(f"{path}?key=x&verdict=possible&csrf={ada.csrf}").status_code == 405
    assert ada.get("/sample/leave").status_code == 200
    assert world.left_by == []


ROLE_TABLE = {
    "/": {"admin", "reviewer", "registrar"},
    "/cases": {"admin", "reviewer", "registrar"},
    "/review": {"admin", "reviewer"},
    "/sightings": {"admin", "reviewer"},
    f"/sighting?key={NAMED}": {"admin", "reviewer"},
    "/outbox": {"admin", "reviewer"},
    "/api/v1/overview": {"admin", "reviewer", "registrar"},
    "/api/v1/candidates": {"admin", "reviewer"},
    "/api/v1/sightings": {"admin", "reviewer"},
}


@pytest.mark.parametrize(("name", "role"), [("ada", "admin"), ("rob", "reviewer"), ("rita", "registrar")])
def test_each_role_sees_what_it_may(sign_in: SignIn, name: str, role: str) -> None:
    browser = sign_in(name)
    for path, allowed in ROLE_TABLE.items():
        assert browser.get(path).status_code == (200 if role in allowed else 403), path


def test_a_registrar_sees_no_sighting_on_the_first_page(sign_in: SignIn) -> None:
    page = sign_in("rita").get("/").text
    assert "wei@social.example" not in page and "/photo/" not in page
    assert 'href="/review"' not in page


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("rita", "/review/decide"), ("rita", "/review/undo"), ("rita", "/outbox/pause"),
        ("rita", "/outbox/approve"),
        ("rob", "/cases/verify"), ("rob", "/cases/activate"), ("rob", "/cases/end"), ("rob", "/jobs/again"),
        ("rita", "/sample/leave"),
    ],
)  # fmt: skip
def test_each_role_does_what_it_may(sign_in: SignIn, name: str, path: str) -> None:
    answer = sign_in(name).post(path, {"key": "x", "to": "stop", "verdict": "later"})
    assert answer.status_code == 403
    assert "has the role" in answer.text
