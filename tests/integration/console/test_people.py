"""Accounts with several roles, second factors, sessions, measures, canaries: as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bot.pipeline import wishing
from bot.services import alarms, canaries, exporting, metering, people, roles, totp
from store import cases as rows
from store import jobs, second_factors, users
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import Case, CaseStatus
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, World

SignIn = Callable[..., Browser]
STEP = timedelta(seconds=30)
HOW = TOTP(b"12345678901234567890", 8, SHA1(), 30)


def code_now(world: World, name: str, ahead: int = 0) -> str:
    """What an authenticator with this account's secret shows just now."""
    with world.road.store.reading() as tx:
        held = second_factors.get(tx, name)
    assert held is not None
    secret = world.road.key.open_bytes(held.sealed, row=f"second factor:{name}")
    at = int(world.clock().timestamp()) + ahead * 30
    return TOTP(secret, 6, SHA1(), 30).generate(at).decode()


def enrol(world: World, browser: Browser, name: str) -> list[str]:
    """Set a second factor up by the pages; gives the recovery codes."""
    browser.get("/me/second")
    assert browser.post("/me/second/begin").status_code == 303
    assert "<svg" in browser.get("/me/second").text
    page = browser.post("/me/second/confirm", {"code": code_now(world, name)}).text
    return re.findall(r"<li><code>([A-Z0-9-]+)</code></li>", page)


def access_alarms(world: World, viewer: str) -> list[str]:
    return [each.words for each in alarms.standing(world.road, viewer=viewer) if "Access:" in each.words]


# ── second factor ────────────────────────────────────────────────────────────────────────────────


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B.
    assert [HOW.generate(at).decode() for at in (59, 1111111109, 20000000000)] == [
        "94287082", "07081804", "65353130",
    ]  # fmt: skip


def test_a_live_campaign_asks_reviewers_for_a_second_factor_and_viewers_for_none(
    world: World, sign_in: SignIn
) -> None:
    people.add(world.road, "vic", "viewer", by="tests")
    live = world.app(asks_second_factor=lambda: True)
    rob, vic = sign_in("rob", live), sign_in("vic", live)
    assert rob.get("/review").headers["location"] == "/me/second"
    assert rob.get("/api/v1/candidates").status_code == 403
    assert vic.get("/").status_code == 200
    codes = enrol(world, rob, "rob")
    assert len(set(codes)) == totp.CODES
    assert rob.get("/review").status_code == 200, "the browser that set it up is in"


@pytest.mark.servers
def test_whoever_has_a_second_factor_shows_it_at_each_sign_in_and_no_code_opens_twice(
    world: World, sign_in: SignIn
) -> None:
    app = world.app()
    codes = enrol(world, sign_in("rob", app), "rob")
    browser = Browser(app)
    assert browser.post(f"/enter/{world.token_of('rob')}").status_code == 303
    assert browser.get("/review").headers["location"] == "/login/code?next=%2Freview"
    assert browser.get("/photo/" + "0" * 64).headers["location"].startswith("/login/code")
    browser.get("/login/code?next=/review")
    used = code_now(world, "rob")
    assert browser.post("/login/code", {"code": used}).status_code == 403, "it confirmed the set-up"
    world.clock.pass_by(STEP)
    entered = browser.post("/login/code", {"code": code_now(world, "rob"), "next": "/review"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/review")
    assert browser.get("/review").status_code == 200
    other = Browser(app)
    other.post(f"/enter/{world.token_of('rob')}")
    other.get("/login/code")
    assert other.post("/login/code", {"code": code_now(world, "rob")}).status_code == 403, "used already"
    assert other.post("/login/code", {"code": codes[0].lower()}).status_code == 303
    third = Browser(app)
    third.post(f"/enter/{world.token_of('rob')}")
    third.get("/login/code")
    assert third.post("/login/code", {"code": codes[0]}).status_code == 403, "a recovery code works once"


@pytest.mark.servers
def test_guessing_codes_is_limited(world: World, sign_in: SignIn) -> None:
    app = world.app()
    enrol(world, sign_in("rob", app), "rob")
    browser = Browser(app)
    browser.post(f"/enter/{world.token_of('rob')}")
    browser.get("/login/code")
    answers = [browser.post("/login/code", {"code": f"{n:06}"}).status_code for n in range(6)]
    assert answers[-1] == 429
    assert set(answers[:4]) == {403}


def test_a_code_of_another_account_or_an_old_one_does_not_open(world: World) -> None:
    for name in ("rob", "rita"):
        totp.begin(world.road, name)
    with pytest.raises(NotAllowed):
        totp.confirm(world.road, "rob", code_now(world, "rita"), "")
    with pytest.raises(NotAllowed):
        totp.confirm(world.road, "rob", code_now(world, "rob", ahead=-2), "")
    totp.confirm(world.road, "rob", code_now(world, "rob", ahead=-1), "")


@pytest.mark.servers
def test_an_admin_resets_a_lost_factor_and_everybody_in_charge_hears_of_it(
    world: World, sign_in: SignIn
) -> None:
    rob, root = sign_in("rob"), sign_in("root")
    enrol(world, rob, "rob")
    root.get("/people")
    assert root.post("/people/second", {"name": "rob"}).status_code == 303
    assert rob.get("/").status_code == 303, "signed out"
    assert any("second factor of rob" in words for words in access_alarms(world, "root"))
    assert access_alarms(world, "rob") == []
    with pytest.raises(NotAllowed, match="own account"):
        totp.reset(world.road, "root", by="root")


# ── roles ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.servers
def test_an_admin_adds_a_reviewer_whose_link_is_shown_once(world: World, sign_in: SignIn) -> None:
    root = sign_in("root")
    root.get("/people")
    page = root.post("/people/add", {"name": "nina", "role_reviewer": "yes"}).text
    link = re.search(r"http://127\.0\.0\.1:8780(/enter/\S+?)<", page)
    assert link is not None and link[1] not in root.get("/people").text
    nina = Browser(world.app())
    assert nina.post(link[1]).status_code == 303
    assert nina.get("/review").status_code == 200
    assert any("nina" in words for words in access_alarms(world, "root"))


@pytest.mark.servers
def test_whoever_loses_a_role_is_signed_out_and_can_do_less_from_then_on(
    world: World, sign_in: SignIn
) -> None:
    rob, root = sign_in("rob"), sign_in("root")
    root.get("/people")
    assert root.post("/people/roles", {"name": "rob", "role_viewer": "yes"}).status_code == 303
    assert rob.get("/review").status_code == 303
    assert sign_in("rob").get("/review").status_code == 403


@pytest.mark.servers
def test_no_admin_alone_becomes_somebody_who_sees_faces(world: World, sign_in: SignIn) -> None:
    root = sign_in("root")
    root.get("/people")
    form = {"name": "root", "role_admin": "yes", "role_reviewer": "yes"}
    assert root.post("/people/roles", form).status_code == 400, "a reason is needed"
    page = root.post("/people/roles", {**form, "why": "two reviewers are ill"})
    assert page.status_code == 200 and "Another administrator has to agree" in page.text
    assert root.get("/review").status_code == 403
    assert any("root asks for the role reviewer" in words for words in access_alarms(world, "ada"))
    (wish,) = roles.wishes(world.road)
    with pytest.raises(NotAllowed, match="another administrator"):
        roles.accept(world.road, wish.number, by="root")
    with pytest.raises(NotAllowed):
        roles.accept(world.road, wish.number, by="rob")
    with pytest.raises(Conflict):
        roles.change(world.road, "root", ("admin", "reviewer"), by="root", why="again")
    # However long it takes: while there is another administrator, time alone gives nothing.
    world.clock.pass_by(world.road.access.role_wait * 3)
    assert wishing.settle_due(world.road) == 0
    assert roles.accept(world.road, wish.number, by="ada").has("reviewer")
    assert sign_in("root").get("/review").status_code == 200


def test_the_only_admin_waits_and_can_take_it_back(world: World) -> None:
    roles.change(world.road, "ada", ("reviewer",), by="root")
    roles.change(world.road, "root", ("admin", "reviewer"), by="root", why="nobody else is here")
    (first,) = roles.wishes(world.road)
    roles.refuse(world.road, first.number, by="root")
    roles.change(world.road, "root", ("admin", "reviewer"), by="root", why="nobody else is here")
    world.clock.pass_by(world.road.access.role_wait - timedelta(minutes=1))
    assert wishing.settle_due(world.road) == 0
    world.clock.pass_by(timedelta(minutes=2))
    assert wishing.settle_due(world.road) == 1
    assert wishing.settle_due(world.road) == 0
    with world.road.store.reading() as tx:
        assert users.get(tx, "root").has("reviewer")


def test_there_is_always_an_administrator(world: World) -> None:
    roles.change(world.road, "ada", ("reviewer",), by="root")
    with pytest.raises(NotAllowed, match="last administrator"):
        roles.change(world.road, "root", ("viewer",), by="operator")
    with pytest.raises(NotAllowed, match="last administrator"):
        people.close(world.road, "root", by="operator")
    with pytest.raises(UsageError):
        roles.change(world.road, "rob", (), by="root")


@pytest.mark.servers
def test_a_closed_account_is_out_at_once_and_gets_no_link(world: World, sign_in: SignIn) -> None:
    rob, waiting = sign_in("rob"), world.token_of("rob")
    people.close(world.road, "rob", by="root")
    assert rob.get("/").status_code == 303
    assert Browser(world.app()).post(f"/enter/{waiting}").status_code == 410
    with pytest.raises(NotAllowed):
        people.link(world.road, "rob")
    people.open_again(world.road, "rob", by="root")
    assert sign_in("rob").get("/").status_code == 200


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.servers
def test_a_browser_that_nobody_uses_is_signed_out_and_a_page_left_open_keeps_none_awake(
    world: World, sign_in: SignIn
) -> None:
    used, left_open = sign_in("rob"), sign_in("rob")
    for _ in range(3):
        world.clock.pass_by(people.SESSION_IDLE - timedelta(minutes=30))
        assert used.get("/").status_code == 200
        left_open.get("/", **{"X-Homeward-Live": "1"})
    assert left_open.get("/").status_code == 303


@pytest.mark.servers
def test_sessions_are_listed_and_ended_by_their_owner_alone(world: World, sign_in: SignIn) -> None:
    here, elsewhere, rita = sign_in("rob"), sign_in("rob"), sign_in("rita")
    ids = re.findall(r'name="id" value="(\w{12})"', here.get("/me").text)
    assert len(ids) == 1, "one's own browser is not offered"
    rita.get("/me")
    assert rita.post("/me/sessions/end", {"id": ids[0]}).status_code == 404
    assert here.post("/me/sessions/end", {"id": ids[0]}).status_code == 303
    assert elsewhere.get("/").status_code == 303
    assert here.get("/").status_code == 200


# ── what is revealed ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.servers
def test_a_photo_shown_large_bears_the_viewers_name_and_the_stored_copy_does_not(
    world: World, sign_in: SignIn
) -> None:
    app, served = world.app(), world.served[1]
    stored = world.road.blobs.get(served)
    ada, rob = sign_in("ada", app), sign_in("rob", app)
    of_ada, of_rob = (each.get(f"/photo/{served}") for each in (ada, rob))
    assert len({of_ada.content, of_rob.content, stored}) == 3
    assert of_ada.content == ada.get(f"/photo/{served}").content, "made once for ten minutes"
    for answer in (of_ada, ada.get(f"/photo/{served}?view=small")):
        assert answer.headers["cache-control"] == "private, no-store"
    blurred = f"/photo/{served}?view=blurred"
    assert ada.get(blurred).content == rob.get(blurred).content
    assert world.road.blobs.get(served) == stored


@pytest.mark.servers
def test_photos_are_counted_once_a_day_each_and_too_many_raise_one_alarm(
    world: World, sign_in: SignIn
) -> None:
    world.road.access = replace(world.road.access, photos=1)
    rob = sign_in("rob")
    for served in (world.served[1], world.served[1], world.served[2], world.served[3]):
        assert rob.get(f"/photo/{served}").status_code == 200
    (day,) = metering.days(world.road)
    assert (day.user, day.counts, day.over) == ("rob", {metering.Kind.PHOTO: 3}, {metering.Kind.PHOTO})
    assert [words for words in access_alarms(world, "root") if "rob had more photos" in words]
    assert len(access_alarms(world, "root")) == 1
    assert access_alarms(world, "rob") == []


def test_an_export_is_counted(world: World) -> None:
    exporting.export(world.road, by="root", why="to the court, file 3", form="json")
    (day,) = metering.days(world.road)
    assert day.counts == {metering.Kind.EXPORT: 1}


def canary(world: World) -> str:
    with world.road.store.transaction() as tx:
        rows.add(tx, Case("registry.example/77", "Nobody"), by="rita", at=world.clock(), evidence="")
    canaries.place(world.road, "registry.example/77", by="root")
    return "registry.example/77"


@pytest.mark.servers
def test_opening_a_canary_tells_the_administrators_within_the_minute_and_nobody_else(
    world: World, sign_in: SignIn
) -> None:
    case_id = canary(world)
    rita = sign_in("rita")
    page = rita.get(f"/case?id={case_id}")
    assert page.status_code == 200 and "canary" not in page.text.casefold()
    assert "canary" not in rita.get("/alarms").text.casefold()
    with world.road.store.reading() as tx:
        assert jobs.waiting(tx)["alert"] == 1, "handed to the channels by the next worker"
    assert any(f"rita touched the canary {case_id}" in words for words in access_alarms(world, "root"))
    assert access_alarms(world, "rita") == []
    assert case_id in sign_in("root").get("/people").text
    rita.get(f"/case?id={case_id}")
    assert len(access_alarms(world, "root")) == 1, "once an hour for each person"


def test_a_canary_is_noticed_in_an_export_and_does_not_leave_with_it(world: World) -> None:
    case_id = canary(world)
    done = exporting.export(world.road, by="root", why="to the court", form="json", ids=[case_id, CASE])
    assert case_id not in done.text
    assert any("exported" in words for words in access_alarms(world, "ada"))


def test_only_a_draft_without_photos_becomes_a_canary(world: World) -> None:
    world.add_case("registry.example/8", CaseStatus.DRAFT, seed=51)
    for case_id in (CASE, "registry.example/8"):
        with pytest.raises(Conflict):
            canaries.place(world.road, case_id, by="root")
    with pytest.raises(NotAllowed):
        canaries.place(world.road, CASE, by="rob")
    with pytest.raises(Missing):
        canaries.lift(world.road, CASE, by="root")
