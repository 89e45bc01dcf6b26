"""Changing what is registered: by whom, with which reason, what is verified anew, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot.services import case_edits, cases, registering, review
from bot.services.case_edits import Edit
from store import case_profiles, photos
from store import cases as rows
from store.case_profiles import ProfileRow
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import CaseStatus, CaseType
from store.records.registry import AuthorityKind, Standing
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, World

SignIn = Callable[..., Browser]


def set_(world: World, by: str = "rita", why: str = "", **fields: str) -> cases.CaseView:
    return case_edits.change(world.road, CASE, Edit(fields, {}), by=by, why=why)


def test_a_change_that_matters_takes_an_active_case_out_of_the_search_and_is_kept(world: World) -> None:
    with pytest.raises(NotAllowed, match="only who registered it"):
        set_(world, by="vera", why="a typo", date_of_birth="2015")
    with pytest.raises(UsageError, match="why"):
        set_(world, date_of_birth="2015")
    assert set_(world, why="said by the family", description="tall").row.status is CaseStatus.ACTIVE
    view = set_(world, why="the police wrote it so", date_of_birth="2015", sex="")
    assert view.row.status is CaseStatus.DRAFT and review.queue(world.road) == []
    last = view.steps[-1]
    assert (last.by, last.status) == ("rita", CaseStatus.DRAFT)
    assert last.evidence.splitlines() == [
        "changed: the police wrote it so",
        "sex: female → (nothing)",
        "date_of_birth: 2014-05 → 2015",
    ]
    assert "description: (nothing) → tall" in "".join(step.evidence for step in view.steps)


def test_who_changes_a_draft_does_not_verify_it(world: World) -> None:
    registering.reopen(world.road, CASE, by="rita", why="a better photo")
    registering.set_standing(
        world.road, Standing(CASE, AuthorityKind.POLICE, authority_reference="ref. 12"), by="rita"
    )
    set_(world, by="vera", marks="a mole")
    assert "own_words" not in {hold.rule for hold in cases.show(world.road, CASE).holds}
    with pytest.raises(NotAllowed, match="was changed by vera"):
        cases.verify(world.road, CASE, by="vera", evidence="called them")
    assert cases.verify(world.road, CASE, by="ada", evidence="called them").row.status is CaseStatus.VERIFIED


def test_ages_change_and_a_wrong_photo_goes_with_its_bytes(world: World) -> None:
    registering.reopen(world.road, CASE, by="rita", why="a wrong photo")
    digest = cases.show(world.road, CASE).photos[0].photo.digest
    case_edits.change(world.road, CASE, Edit({}, {digest[:8]: 5.5}), by="rita")
    assert cases.show(world.road, CASE).photos[0].photo.age_years == 5.5
    for bad in (float("nan"), -1.0, 500.0):
        with pytest.raises(UsageError, match="age"):
            case_edits.change(world.road, CASE, Edit({}, {digest: bad}), by="rita")
    with pytest.raises(UsageError, match="no photo of the case"):
        case_edits.change(world.road, CASE, Edit({}, {}, ("0000",)), by="rita")
    view = case_edits.change(world.road, CASE, Edit({}, {}, (digest,)), by="rita")
    assert view.photos == () and not world.road.blobs.has(digest)
    with world.road.store.reading() as tx:
        assert not photos.has(tx, digest)


def test_what_will_not_do_changes_nothing(world: World) -> None:
    for fields in (
        {"sex": "?"}, {"date_of_birth": "2015-13"}, {"type": "lost"}, {"last_seen_on": "May"},
        {"last_seen_lat": "91"}, {"last_seen_lon": "nan"}, {"sealed": "1"}, {"marks": "a\0b"},
        {"full_name": " "},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            set_(world, why="x", **fields)
    before = cases.show(world.road, CASE)
    assert before.row.status is CaseStatus.ACTIVE and len(before.steps) == 3
    # The same words with a form's line ends are no change.
    set_(world, why="x", marks=" scar on the left hand\r\n")
    assert cases.show(world.road, CASE) == before


def test_a_sealed_case_is_changed_by_its_team_alone_and_where_a_record_came_from_stays(world: World) -> None:
    with world.road.store.transaction() as tx:
        case_profiles.put_profile(tx, CASE, ProfileRow({}, None, "", "pfif 1.4"))
    with pytest.raises(NotAllowed, match="was imported"):
        set_(world, why="x", source_name="police.example")
    registering.seal(world.road, CASE, by="rita", why="protection order")
    with pytest.raises(Missing, match="is not a registered case"):
        set_(world, by="vera", why="x", sex="male")
    with pytest.raises(Missing, match="is not a registered case"):
        case_edits.change(world.road, "home/9", Edit({"sex": "male"}, {}), by="vera")


def test_two_who_change_at_once_find_out(world: World) -> None:
    seen = case_edits.version(cases.show(world.road, CASE))
    set_(world, why="first", description="tall")
    with pytest.raises(Conflict, match="meanwhile"):
        case_edits.change(world.road, CASE, Edit({"sex": "male"}, {}), by="rita", why="second", seen=seen)


@pytest.mark.servers
def test_the_form_changes_what_differs_and_no_more(world: World, sign_in: SignIn) -> None:
    rita = sign_in("rita")
    page = rita.get(f"/cases/edit?id={CASE}").text
    found = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', page))
    assert found["date_of_birth"] == "2014-05" and found["age_0"] == "4" and "changed" not in page
    fields = {
        "id": CASE,
        "seen": found["seen"],
        "digest_0": found["digest_0"],
        "why": "a letter of the police",
    }
    fields |= {"type": "family", "age_0": "4,5", "sex": "female", "full_name": "Child <b>Seven</b>"}
    assert rita.post("/cases/edit", fields).headers["location"] == f"/case?id={CASE.replace('/', '%2F')}"
    with world.road.store.reading() as tx:
        held = rows.get(tx, CASE)
        assert (held.case.type, held.status) == (CaseType.FAMILY, CaseStatus.DRAFT)
        assert rows.photos_of(tx, CASE)[0].photo.age_years == 4.5
    shown = rita.get(f"/case?id={CASE}").text
    assert "type: stranger → family" in shown and "age in photo" in shown
    again = rita.post("/cases/edit", fields)
    assert again.status_code == 409 and "meanwhile" in again.text
    rob = sign_in("rob")
    assert rob.get(f"/cases/edit?id={CASE}").status_code == 403


@pytest.mark.servers
def test_the_form_says_who_may_change_a_case_that_is_searched(world: World, sign_in: SignIn) -> None:
    assert (
        "Only who registered this case changes it now" in sign_in("vera").get(f"/cases/edit?id={CASE}").text
    )
    registering.seal(world.road, CASE, by="rita", why="protection order")
    assert sign_in("vera").get(f"/cases/edit?id={CASE}").status_code == 404
