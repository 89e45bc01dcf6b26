"""`/api/v1` as programs use it: tokens, scopes, pages, errors; and that it does what its description says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.services import people, roles, tokens
from bot.services.tokens import Scope
from store.errors import UsageError
from store.records.post import Platform
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, UNNAMED, World

SignIn = Callable[..., Browser]
ALL = tuple(Scope)


class Program:
    """A program with a token, which keeps no cookie."""

    def __init__(self, world: World, name: str, *scopes: Scope) -> None:
        self.world = world
        self.token, self.held = tokens.make(world.road, name, "tests", scopes or ALL, days=30)
        self.http = Browser(world.app()).http

    def get(self, path: str, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.get(f"/api/v1/{path}", params=params, headers=headers)

    def post(self, path: str, body: Any) -> Any:
        return self.http.post(f"/api/v1/{path}", json=body, headers={"Authorization": f"Bearer {self.token}"})


def is_problem(answer: Any, status: int) -> bool:
    said = answer.json()
    return bool(
        answer.status_code == status == said["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "detail"} <= set(said)
    )


def test_a_token_opens_what_its_scopes_and_its_account_allow_and_nothing_else(world: World) -> None:
    program = Program(world, "rob", Scope.SIGHTINGS)
    assert {each["key"] for each in program.get("sightings").json()["items"]} >= {NAMED, UNNAMED}
    assert is_problem(program.get("candidates"), 403), "another scope"
    registrar = Program(world, "rita")
    assert is_problem(registrar.get("sightings"), 403), "every scope, but not the right"
    assert registrar.get("cases").json()["items"][0]["id"] == CASE


def test_a_token_is_kept_as_a_digest_ends_by_time_and_by_being_revoked(world: World) -> None:
    program = Program(world, "rob")
    assert program.get("health").status_code == 200
    with world.road.store.engine.connect() as connection:
        held = connection.exec_driver_sql("SELECT * FROM api_tokens").all()
    assert program.token not in str(held)
    tokens.revoke(world.road, "rob", program.held.id, by="rob")
    assert is_problem(program.get("health"), 401)
    second = Program(world, "rob")
    world.clock.pass_by(timedelta(days=31))
    assert is_problem(second.get("health"), 401)
    for wrong in ("", "Bearer", "Bearer guess", "Basic cm9iOng=", "Bearer " + "x" * 300):
        assert second.http.get("/api/v1/health", headers={"Authorization": wrong}).status_code == 401
    for bad in ({"days": 0}, {"days": 9999}, {"scopes": ["all"]}, {"scopes": []}, {"name": " "}):
        given = {"name": "n", "scopes": ["alarms:read"], "days": 1} | bad
        with pytest.raises(UsageError):
            tokens.make(world.road, "rob", given["name"], given["scopes"], days=given["days"])


@pytest.mark.servers
def test_a_token_loses_what_its_account_loses_and_opens_no_page(world: World) -> None:
    program = Program(world, "rob")
    assert (
        program.http.get("/review", headers={"Authorization": f"Bearer {program.token}"}).status_code == 303
    )
    roles.change(world.road, "rob", ("viewer",), by="root")
    assert program.get("candidates").status_code == 403
    assert program.get("health").status_code == 200
    people.close(world.road, "rob", by="root")
    assert program.get("health").status_code == 401


@pytest.mark.servers
def test_a_token_of_a_reviewer_waits_for_the_second_factor_once_the_campaign_is_live(world: World) -> None:
    program = Program(world, "rob")
    program.http = Browser(world.app(asks_second_factor=lambda: True)).http
    assert is_problem(program.get("health"), 403)


@pytest.mark.servers
def test_pages_follow_each_other_without_a_gap_or_a_repetition(world: World) -> None:
    for number in range(9):
        world.add_post(f"mastodon:https://social.example/statuses/{100 + number}", Platform.MASTODON)
        world.clock.pass_by(timedelta(seconds=number % 2))
    program, found, cursor = Program(world, "rob"), [], ""
    for _ in range(20):
        page = program.get("sightings", limit=2, cursor=cursor).json()
        found += [each["key"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 12
    one = program.get("candidates", limit=1).json()
    two = program.get("candidates", limit=1, cursor=one["next"]).json()
    assert [each["items"][0]["similarity"] for each in (one, two)] == [0.61, 0.55]
    for wrong in ("x", "AAAA", "WyIiXQ==", "W10=", "bnVsbA==", "WyIyMDI2IiwgIngiXQ=="):
        for resource in ("sightings", "candidates", "cases", "outbox"):
            assert program.get(resource, cursor=wrong).status_code in (200, 400), (resource, wrong)
    assert is_problem(program.get("sightings", cursor="AAAA"), 400)
    assert is_problem(program.get("sightings", limit=0), 400)


@pytest.mark.servers
def test_a_program_turns_down_and_puts_off_but_cannot_confirm(world: World) -> None:
    program = Program(world, "rob")
    first, second = program.get("candidates").json()["items"]
    assert program.post("candidates/decide", {"key": first["key"], "verdict": "possible"}).status_code == 400
    done = program.post("candidates/decide", {"key": first["key"], "verdict": "later", "note": "dark"})
    assert done.status_code == 200 and first["key"] in done.json()["keys"]
    assert program.get("candidates", state="later").json()["items"][0]["key"] == first["key"]
    assert program.post(
        "candidates/decide", {"key": second["key"], "verdict": "not_this_child"}
    ).status_code == 200  # fmt: skip
    assert is_problem(program.post("candidates/decide", {"key": "nothing", "verdict": "later"}), 404)
    reader = Program(world, "rob", Scope.CANDIDATES)
    assert is_problem(reader.post("candidates/decide", {"key": "x", "verdict": "later"}), 403)


@pytest.mark.servers
def test_a_browsers_cookie_alone_decides_nothing(world: World, sign_in: SignIn) -> None:
    rob = sign_in("rob")
    key = rob.get("/api/v1/candidates").json()["items"][0]["key"]
    body = {"key": key, "verdict": "later"}
    assert rob.http.post("/api/v1/candidates/decide", json=body).status_code == 403
    sent = rob.http.post("/api/v1/candidates/decide", json=body, headers={"X-CSRF": rob.csrf})
    assert sent.status_code == 200


@pytest.mark.servers
def test_every_resource_answers_in_its_described_shape(world: World) -> None:
    program = Program(world, "ada")
    for path in ("overview", "health", "sightings", "candidates", "cases", "outbox", "coverage", "hashtags",
                 "alarms"):  # fmt: skip
        assert program.get(path).status_code == 200, path
    assert program.get("case", id=CASE).json()["photos"][0]["served"]
    assert program.get("sighting", key=NAMED).json()["where"]["name"] == "春熙路"
    assert is_problem(program.get("case", id="nobody"), 404)
    described = program.get("openapi.json").json()
    assert "/api/v1/candidates/decide" in described["paths"]
    assert all(path.startswith("/api/v1/") for path in described["paths"]), "pages are not described"


@pytest.mark.servers
def test_tokens_are_made_shown_once_and_ended_on_ones_own_page(world: World, sign_in: SignIn) -> None:
    rob = sign_in("rob")
    rob.get("/me/tokens")
    page = rob.post("/me/tokens/make", {"name": "statistics", "scope_numbers:read": "yes", "days": "7"})
    token = page.text.split(">hw_")[1].split("<")[0]
    assert token not in rob.get("/me/tokens").text
    http = Browser(world.app()).http
    sent = {"Authorization": f"Bearer hw_{token}"}
    assert http.get("/api/v1/health", headers=sent).status_code == 200
    (held,) = tokens.listing(world.road, "rob")
    assert rob.post("/me/tokens/revoke", {"id": held.id}).status_code == 303
    assert http.get("/api/v1/health", headers=sent).status_code == 401
