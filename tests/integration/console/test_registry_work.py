"""Work on cases: sealing, merging, removal, keys, families, and what the clock ends."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.pipeline import casework
from bot.services import alarms, cases, exact, families, merging, overview, registering, review, sightings
from bot.services.families import FamilyForm
from store import audit, campaign, case_profiles, matches, photos, record_keys
from store import cases as rows
from store.errors import Conflict, HomewardError, Missing, NotAllowed, Sealed, UsageError
from store.records.case import Case, CasePhoto, CaseStatus, CaseType
from store.records.match import Verdict
from store.records.registry import AuthorityKind, Relation, Risk, Standing
from store.seal import KeyRing, SealKey, read_keys
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, World

SignIn = Callable[..., Browser]
FULL = Standing(
    CASE, AuthorityKind.POLICE, "Station 3", "ref. 12", relation=Relation.PARENT,
    relation_evidence="birth certificate", photo_consent_by="her father", photo_consent_on=date(2026, 5, 1),
)  # fmt: skip


def draft(world: World, number: int = 1, **changes: Any) -> str:
    given: dict[str, Any] = {"id": f"home/{number}", "full_name": f"Child {number}"}
    return cases.add(world.road, Case(**given | changes), [], by="rita").row.case.id


def status(world: World, case_id: str, viewer: str = "rita") -> CaseStatus:
    return cases.show(world.road, case_id, viewer=viewer).row.status


# ── sealed cases ─────────────────────────────────────────────────────────────────────────────────


def test_a_sealed_case_is_shown_to_nobody_who_knows_its_id(world: World) -> None:
    key = review.queue(world.road)[0].row.match.key
    registering.seal(world.road, CASE, by="rita", why="protection order")
    for viewer in ("", "ada", "rob", "vera"):
        with pytest.raises(Missing) as error:
            cases.show(world.road, CASE, viewer=viewer)
        assert error.value.detail == "is not a registered case"
        assert cases.listing(world.road, viewer=viewer) == []
        assert review.queue(world.road, viewer=viewer) == review.listing(world.road, viewer=viewer) == []
        assert sightings.one(world.road, NAMED, viewer=viewer).matches == ()
        with pytest.raises(Missing):
            review.card(world.road, key, viewer=viewer)
        if viewer:
            for call in (
                lambda v=viewer: review.decide(world.road, key, Verdict.POSSIBLE, by=v),
                lambda v=viewer: registering.unseal(world.road, CASE, by=v, why="x"),
                lambda v=viewer: registering.join_team(world.road, CASE, v, by=v),
                lambda v=viewer: cases.end(world.road, CASE, CaseStatus.CLOSED, by=v, evidence="x"),
                lambda v=viewer: registering.remove(world.road, CASE, by=v, why="x"),
                lambda v=viewer: registering.open_contact(world.road, CASE, by=v, why="because"),
            ):
                with pytest.raises(Missing):
                    call()
    state = overview.overview(world.road)
    assert state.cases == {} and state.waiting["review"] == 0
    assert len(review.queue(world.road, viewer="rita")) == 2


def test_who_is_taken_into_the_team_sees_it_and_who_leaves_does_not(world: World) -> None:
    registering.seal(world.road, CASE, by="rita", why="protection order")
    registering.join_team(world.road, CASE, "rob", by="rita")
    card = review.queue(world.road, viewer="rob")[0]
    review.decide(world.road, card.row.match.key, Verdict.POSSIBLE, by="rob")
    assert (
        len(alarms.standing(world.road, viewer="rob")) == 1
        and alarms.standing(world.road, viewer="ada") == []
    )
    with pytest.raises((NotAllowed, Missing)):
        exact.reveal(world.road, card.post.key, by="ada", why="a reason")
    registering.leave_team(world.road, CASE, "rob", by="rita")
    with pytest.raises(Missing):
        cases.show(world.road, CASE, viewer="rob")
    with pytest.raises(Missing):
        review.undo(world.road, None, by="rob")
    with pytest.raises(NotAllowed, match="last"):
        registering.leave_team(world.road, CASE, "rita", by="rita")


def test_a_photo_that_only_a_sealed_case_shows_is_served_to_its_team_alone(world: World) -> None:
    served = cases.show(world.road, CASE).served[0]
    registering.seal(world.road, CASE, by="rita", why="protection order")
    assert sightings.served_photo(world.road, served, viewer="rita")
    with pytest.raises(Missing):
        sightings.served_photo(world.road, served, viewer="ada")


def test_the_id_of_a_sealed_a_removed_and_a_withdrawn_case_is_refused_in_the_same_words(world: World) -> None:
    said = set()
    for number in (1, 2, 3):
        draft(world, number)
    registering.seal(world.road, "home/1", by="rita", why="order")
    registering.remove(world.road, "home/2", by="rita", why="mistake")
    registering.remove(world.road, "home/3", by="rita", why="withdrawn", keep_away=True)
    for number in (1, 2, 3):
        with pytest.raises(NotAllowed) as error:
            cases.add(world.road, Case(f"home/{number}", "Somebody"), [], by="vera")
        said.add(str(error.value).replace(f"home/{number}", ""))
    assert len(said) == 1


def test_a_sealed_case_is_named_in_no_audit_row_after_it_was_sealed(world: World) -> None:
    registering.seal(world.road, CASE, by="rita", why="order")
    registering.set_standing(world.road, FULL, by="rita")
    registering.renew(world.road, CASE, datetime(2030, 1, 1, tzinfo=UTC), by="rita", why="renewed")
    cases.end(world.road, CASE, CaseStatus.LOCATED, by="rita", evidence="police call")
    with world.road.store.reading() as tx:
        rows_ = [entry for entry in audit.entries(tx) if entry.action.startswith("case.")]
    assert len(rows_) == 4 and all(entry.subject.startswith("sealed:") for entry in rows_)


def test_an_expiry_notice_names_an_open_case_and_never_a_sealed_one(world: World) -> None:
    ends = world.clock() + timedelta(days=3)
    draft(world, 1, expires_at=ends)
    draft(world, 2, expires_at=ends, sealed=True)
    casework.lapse(world.road)
    with world.road.store.reading() as tx:
        said = " ".join(campaign.notices(tx).values())
    assert "home/1" in said and "home/2" not in said
    registering.renew(
        world.road, "home/1", ends + timedelta(days=300), by="rita", why="the source renewed it"
    )
    casework.lapse(world.road)
    with world.road.store.reading() as tx:
        assert campaign.notices(tx) == {}


# ── what the clock ends ──────────────────────────────────────────────────────────────────────────


def test_an_expired_case_leaves_search_and_review_by_itself(world: World) -> None:
    registering.renew(world.road, CASE, world.clock() + timedelta(days=1), by="rita", why="shortened")
    assert casework.lapse(world.road).expired == 0
    world.clock.pass_by(timedelta(days=1))
    assert casework.lapse(world.road).expired == 1
    assert status(world, CASE) is CaseStatus.CLOSED and review.queue(world.road) == []
    assert cases.show(world.road, CASE).photos[0].face_key == ""
    assert casework.lapse(world.road).expired == 0


def test_at_majority_the_vectors_go_unless_the_search_has_its_own_basis(world: World) -> None:
    world.clock.now = datetime(2032, 5, 31, 12, tzinfo=UTC)  # Born in May 2014.
    assert casework.lapse(world.road).of_age == 0
    world.clock.pass_by(timedelta(days=1))
    registering.set_standing(world.road, replace(FULL, adult_basis="she asked for it"), by="rita")
    assert casework.lapse(world.road).of_age == 0 and status(world, CASE) is CaseStatus.ACTIVE
    registering.set_standing(world.road, FULL, by="rita")
    assert status(world, CASE) is CaseStatus.VERIFIED, "held at once"
    with pytest.raises(NotAllowed, match="18 or older"):
        cases.activate(world.road, CASE, by="vera")
    assert cases.show(world.road, CASE).photos[0].face_key == "" and review.queue(world.road) == []


def test_the_round_itself_ends_the_search_for_who_came_of_age(world: World) -> None:
    world.clock.now = datetime(2032, 6, 1, tzinfo=UTC)
    assert casework.lapse(world.road).of_age == 1
    assert status(world, CASE) is CaseStatus.VERIFIED
    assert cases.show(world.road, CASE).photos[0].face_key == ""


def test_a_danger_that_becomes_known_takes_an_active_case_out_of_the_search(world: World) -> None:
    registering.set_standing(world.road, FULL, by="rita")
    assert status(world, CASE) is CaseStatus.ACTIVE
    registering.set_standing(world.road, replace(FULL, risks=(Risk.PROTECTION_ORDER,)), by="vera")
    assert status(world, CASE) is CaseStatus.VERIFIED and review.queue(world.road) == []
    assert "protection order" in cases.show(world.road, CASE).steps[-1].evidence


def test_photos_are_added_to_a_draft_alone(world: World) -> None:
    with pytest.raises(Conflict):
        registering.add_photos(world.road, CASE, [], by="rita")
    registering.reopen(world.road, CASE, by="rita", why="a better photo")
    assert status(world, CASE) is CaseStatus.DRAFT and review.queue(world.road) == []


# ── removal ──────────────────────────────────────────────────────────────────────────────────────


def test_a_removed_case_can_be_brought_back_as_a_draft_until_it_is_destroyed(world: World) -> None:
    done = registering.remove(world.road, CASE, by="rita", why="by mistake", keep_away=True)
    assert done.until == world.clock() + world.road.registry.bin
    assert cases.listing(world.road, viewer="rita") == [] and review.queue(world.road) == []
    assert [r.case_id for r in registering.removed(world.road, viewer="vera")] == [CASE]
    assert registering.bring_back(world.road, CASE, by="vera").row.status is CaseStatus.DRAFT
    registering.remove(world.road, CASE, by="rita", why="by mistake", keep_away=True)
    digest = world.originals[0]
    world.clock.pass_by(world.road.registry.bin)
    assert casework.lapse(world.road).destroyed == 1
    with world.road.store.reading() as tx:
        assert not rows.has(tx, CASE) and not photos.has(tx, digest)
        assert matches.listing(tx, viewer="rita") == [] and matches.waiting(tx)["review"] == 0
    assert not world.road.blobs.has(digest)
    with pytest.raises(Missing):
        registering.bring_back(world.road, CASE, by="rita")
    with pytest.raises(NotAllowed, match="suppression"):
        cases.add(world.road, Case(CASE, "Again"), [], by="vera")


def test_a_photo_that_another_case_shows_outlives_the_removed_one(world: World) -> None:
    other = draft(world, 1)
    digest = cases.show(world.road, CASE).photos[0].photo.digest
    with world.road.store.transaction() as tx:
        rows.put_photos(tx, [CasePhoto(other, digest, 4.0)])
        casework.destroy(world.road, tx, CASE, by="tests")
    assert world.road.blobs.has(digest) and cases.show(world.road, other).served


# ── merging ──────────────────────────────────────────────────────────────────────────────────────


def offered(world: World, viewer: str = "rita") -> set[tuple[str, str, bool]]:
    return {(p.one.case.id, p.other.case.id, p.strong) for p in merging.offered(world.road, viewer=viewer)}


def test_a_like_name_alone_is_never_offered(world: World) -> None:
    draft(world, 1, full_name="Lin Xiaoyu")
    draft(world, 2, full_name="Xiaoyu Lin")
    draft(world, 3, full_name="Xiaoyu  LIN", date_of_birth="2015")
    draft(world, 4, full_name="Lin, Xiaoyu", date_of_birth="2015-03", sex="female")
    draft(world, 5, full_name="Lin Xiaoyu", date_of_birth="2015-04", sex="female")
    draft(world, 6, full_name="Lin Xiaoyu", date_of_birth="2015-03", sex="male")
    assert {pair[:2] for pair in offered(world)} == {
        ("home/3", "home/4"), ("home/3", "home/5"), ("home/3", "home/6"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("José Núñez", "JOSE NUNEZ", True), ("Katherine Brown", "Catherine Brown", True),
        ("王伟", "王 伟", True),
        ("王伟", "王芳", False), ("Ana", "Ann", False), ("", "", False), ("John Smith", "Mary Smith", False),
    ],
)  # fmt: skip
def test_names_are_near_when_spellings_of_one_may_be(one: str, other: str, near: bool) -> None:
    assert merging.near_names(one, other) is near


def test_the_same_picture_or_source_id_is_offered_and_sealed_cases_to_their_team_alone(world: World) -> None:
    draft(world, 1, source_name="a.example", source_id="77")
    draft(world, 2, source_name="b.example", source_id="77")
    digest = cases.show(world.road, CASE).photos[0].photo.digest
    with world.road.store.transaction() as tx:
        rows.put_photos(tx, [CasePhoto("home/2", digest, 4.0)])
    assert offered(world) == {("home/1", "home/2", False), ("home/2", CASE, True)}
    registering.seal(world.road, CASE, by="rita", why="order")
    assert offered(world, "vera") == {("home/1", "home/2", False)} and len(offered(world)) == 2


def test_a_merge_takes_over_what_is_missing_and_gives_it_back(world: World) -> None:
    draft(world, 1, sex="female")
    draft(world, 2, sex="male", marks="scar", date_of_birth="2015")
    digest = cases.show(world.road, CASE).photos[0].photo.digest
    with world.road.store.transaction() as tx:
        rows.put_photos(tx, [CasePhoto("home/2", digest, 4.0)])
    with pytest.raises(UsageError):
        merging.merge(world.road, "home/1", "home/2", by="rita", why=" ")
    before = cases.show(world.road, "home/1").row.case
    view = merging.merge(world.road, "home/1", "home/2", by="rita", why="one police file names both")
    merged = view.row.case
    assert (merged.sex, merged.marks, merged.date_of_birth) == ("female", "scar", "2015")
    assert [p.photo.digest for p in view.photos] == [digest]
    gone = cases.show(world.road, "home/2")
    assert (gone.row.status, gone.merged_into) == (CaseStatus.CLOSED, "home/1")
    with pytest.raises(Conflict):
        registering.reopen(world.road, "home/2", by="rita", why="x")
    (said,) = merging.history(world.road, viewer="vera")
    merging.undo(world.road, said.id, by="vera", why="two children after all")
    assert cases.show(world.road, "home/1").row.case == before and not cases.show(world.road, "home/1").photos
    assert status(world, "home/2") is CaseStatus.DRAFT and cases.show(world.road, "home/2").photos
    assert merging.history(world.road, viewer="vera") == []
    with pytest.raises(Conflict):
        merging.undo(world.road, said.id, by="vera", why="again")


def test_a_searched_case_gains_no_photo_by_a_merge(world: World) -> None:
    draft(world, 1)
    merging.merge(world.road, CASE, "home/1", by="rita", why="papers")
    draft(world, 2)
    digest = world.add_photo(70).digest
    with world.road.store.transaction() as tx:
        rows.put_photos(tx, [CasePhoto("home/2", digest, 4.0)])
    with pytest.raises(Conflict, match="would gain photos"):
        merging.merge(world.road, CASE, "home/2", by="rita", why="papers")
    assert status(world, "home/2") is CaseStatus.DRAFT


def test_two_children_are_not_offered_again_until_that_is_taken_back(world: World) -> None:
    for number in (1, 2):
        draft(world, number, full_name="Li Na Wang", date_of_birth="2015")
    assert len(offered(world)) == 1
    number = merging.different(world.road, "home/1", "home/2", by="rita", why="cousins")
    assert offered(world) == set()
    merging.undo(world.road, number, by="rita", why="mistaken")
    assert len(offered(world)) == 1


# ── contacts and keys ────────────────────────────────────────────────────────────────────────────


def key_text(letter: bytes) -> str:
    return b64encode(letter * 32).decode()


def test_contacts_open_for_the_team_with_a_reason_and_survive_a_change_of_keys(world: World) -> None:
    registering.set_contact(world.road, CASE, {"contact_phone": "000 17"}, by="rita")
    world.road.contact_keys = read_keys(f"{key_text(b'b')}, {key_text(b'a')}", "X")
    registering.join_team(world.road, CASE, "rita", by="rita")
    assert registering.open_contact(world.road, CASE, by="rita", why="police ask") == {
        "contact_phone": "000 17"
    }
    with pytest.raises(UsageError):
        registering.open_contact(world.road, CASE, by="rita", why="")
    with pytest.raises(NotAllowed):
        registering.open_contact(world.road, CASE, by="vera", why="curious")
    with world.road.store.reading() as tx:
        before = case_profiles.contact(tx, CASE)
    assert registering.reseal(world.road, by="rita") >= 1 and registering.reseal(world.road, by="rita") == 0
    row = f"contact:{CASE}"
    with world.road.store.reading() as tx:
        sealed, wrapped = case_profiles.contact(tx, CASE), record_keys.wrapped(tx, row)
    assert sealed == before and wrapped is not None, "the key of the row is wrapped anew, the value stays"
    assert len(SealKey(b"b" * 32).open_bytes(wrapped, row=f"record-key:{row}")) == 32
    with pytest.raises(Sealed):
        KeyRing((SealKey(b"c" * 32),)).open_bytes(wrapped, row=f"record-key:{row}")
    world.road.contact_keys = (SealKey(b"c" * 32),)
    with pytest.raises(Sealed):
        registering.reseal(world.road, by="rita")


# ── families ─────────────────────────────────────────────────────────────────────────────────────

CONTACT = {"name": "Aunt Li", "phone": "000 555 0199", "email": ""}


def family(**changes: Any) -> FamilyForm:
    given: dict[str, Any] = {
        "full_name": "小雨", "contact": CONTACT, "relation": Relation.PARENT, "may_search": True,
        "may_use_photos": True, "sex": "female", "date_of_birth": "2016", "kind": CaseType.STRANGER,
    }  # fmt: skip
    return FamilyForm(**given | changes)


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def test_a_family_registers_once_a_draft_and_sees_what_is_kept(world: World) -> None:
    token = token_of(families.invite(world.road, "zh-Hans", by="rita"))
    second = families.take(world.road, token, family(risks=(Risk.VIOLENCE,), police_reference="77"))
    with pytest.raises(Missing):
        families.take(world.road, token, family())
    kept = families.kept(world.road, second)
    assert (kept.status, kept.case.full_name, kept.language) == (CaseStatus.DRAFT, "小雨", "zh-Hans")
    assert "555" not in json.dumps(kept.contact) and kept.contact["phone"].endswith("99")
    view = cases.show(world.road, kept.case.id)
    assert view.row.registered_by.startswith("family:") and view.standing.risks == (Risk.VIOLENCE,)
    assert {"rita"} < set(view.team) and view.origin == "family"
    assert (
        registering.open_contact(world.road, kept.case.id, by="rita", why="to call")["phone"]
        == "000 555 0199"
    )


WILL_NOT_DO: tuple[dict[str, Any], ...] = (
    {"may_search": False}, {"contact": {"name": "A"}}, {"full_name": " "}, {"sex": "girl"},
    {"date_of_birth": "long ago"}, {"marks": "x" * 5000}, {"full_name": "a\0b"},
)  # fmt: skip


def test_a_form_that_will_not_do_uses_no_link_up(world: World) -> None:
    token = token_of(families.invite(world.road, "en", by="rita"))
    for changes in WILL_NOT_DO:
        with pytest.raises(HomewardError):
            families.take(world.road, token, family(**changes))
    assert families.take(world.road, token, family())


def test_links_end_and_made_up_ones_are_told_nothing(world: World) -> None:
    token = token_of(families.invite(world.road, "en", by="rita"))
    world.clock.pass_by(world.road.registry.link)
    said = set()
    for wrong in (token, "made-up", ""):
        with pytest.raises(Missing) as error:
            families.take(world.road, wrong, family())
        said.add(str(error.value))
    assert len(said) == 1
    with pytest.raises(UsageError):
        families.invite(world.road, "tlh", by="rita")


def test_what_a_family_withdraws_is_destroyed_and_stays_away(world: World) -> None:
    second = families.take(world.road, token_of(families.invite(world.road, "en", by="rita")), family())
    case_id = families.kept(world.road, second).case.id
    assert families.withdraw(world.road, second) == world.clock()
    with world.road.store.reading() as tx:
        assert not rows.has(tx, case_id) and case_profiles.contact(tx, case_id) is None
    for call in (families.kept, families.withdraw):
        with pytest.raises(Missing):
            call(world.road, second)
    with pytest.raises(NotAllowed):
        again = Case(case_id, "小雨", source_name="family", source_id=case_id.rpartition("/")[2])
        cases.add(world.road, again, [], by="rita")


def test_a_case_that_an_authority_opened_is_hidden_at_once_and_nobody_brings_it_back(world: World) -> None:
    second = families.take(
        world.road, token_of(families.invite(world.road, "en", by="rita")), family(police_reference="77 X")
    )
    case_id = families.kept(world.road, second).case.id
    cases.verify(world.road, case_id, by="vera", evidence="called the station")
    assert families.withdraw(world.road, second) == world.clock() + world.road.registry.bin
    with pytest.raises(Missing):
        cases.show(world.road, case_id, viewer="rita")
    with pytest.raises(NotAllowed, match="withdrawn by the family"):
        registering.bring_back(world.road, case_id, by="rita")


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_a_family_goes_through_the_pages_in_its_language_without_an_account(
    world: World, sign_in: SignIn
) -> None:
    app = world.app()
    rita, stranger = sign_in("rita", app), Browser(app)
    rita.get("/cases/families")
    made = rita.post("/cases/families", {"language": "zh-Hant"}).text
    found = re.search(r"/family/([\w-]{20,})", made)
    assert found is not None
    path = f"/family/{found[1]}"
    page = stranger.get(path)
    assert page.status_code == 200 and "登記失蹤兒童" in page.text and 'lang="zh-Hant"' in page.text
    assert page.headers["referrer-policy"] == "same-origin" and page.headers["cache-control"] == "no-store"
    data = {
        "full_name": "小雨 <b>",
        "contact_name": "李",
        "contact_phone": "000 555 0199",
        "relation": "parent",
    }
    refused = stranger.post(path, data)
    assert refused.status_code == 400 and "尚未送出" in refused.text and "小雨 &lt;b&gt;" in refused.text
    done = stranger.post(path, {**data, "consent_search": "1"})
    assert done.status_code == 200
    kept = re.search(r'href="(/family/kept/[\w-]+)"', done.text)
    assert kept is not None
    shown = stranger.get(kept[1]).text
    assert "正在核對" in shown and "555" not in shown
    assert stranger.get(path).status_code == 410
    assert stranger.post(kept[1], {}).status_code == 400
    assert "全部內容已銷毀" in stranger.post(kept[1], {"sure": "1"}).text
    assert stranger.get(kept[1]).status_code in (410, 429)


def test_made_up_links_are_counted_by_address(stranger: Browser) -> None:
    answers = [stranger.get(f"/family/{number:030}").status_code for number in range(8)]
    assert answers[:5] == [410] * 5 and set(answers[5:]) == {429}


def test_forms_for_families_have_every_word_in_every_language() -> None:
    from bot.console.family_words import FAMILY_WORDS

    assert set(FAMILY_WORDS) == set(families.LANGUAGES)
    names = set(FAMILY_WORDS["en"])
    assert all(set(said) == names and all(said.values()) for said in FAMILY_WORDS.values())


def test_a_file_is_looked_through_before_it_is_taken(world: World, sign_in: SignIn) -> None:
    app = world.app()
    vera, rita = sign_in("vera", app), sign_in("rita", app)
    sheet = b"source_id,full_name,sex\n1,Ann Example,female\n2,Bo,boy\n"

    def send(browser: Browser, fields: dict[str, str], **files: Any) -> Any:
        return browser.http.post(
            "/cases/import",
            data={"csrf": browser.csrf, **fields},
            files=files,
            headers={"Origin": "http://127.0.0.1:8780"},
        )

    vera.get("/cases/import")
    look = send(vera, {"source": "reg.example"}, file=("C:\\x\\a.csv", sheet))
    assert "What would change" in look.text and "a.csv:3" in look.text and "reg.example/1" in look.text
    assert cases.listing(world.road)[0].case.id == CASE and len(cases.listing(world.road)) == 1
    token = re.search(r'name="token" value="([^"]+)"', look.text)
    assert token is not None
    rita.get("/cases/import")
    fields = {"source": "reg.example", "token": token[1], "take": "1"}
    assert send(rita, fields).status_code == 404, "another person's file"
    assert "What was changed" in send(vera, fields).text
    assert status(world, "reg.example/1") is CaseStatus.DRAFT
    assert send(vera, fields).status_code == 404
    assert send(vera, {}, file=("a.exe", b"MZ")).status_code == 400
    assert send(vera, {}, file=("a.xml", b"<html/>")).status_code == 400
    assert send(sign_in("rob", app), {}, file=("a.csv", sheet)).status_code == 403


def test_the_pages_of_the_registry_open_for_who_may_and_show_sealed_cases_to_the_team(
    world: World, sign_in: SignIn
) -> None:
    app = world.app()
    rita, vera, rob = sign_in("rita", app), sign_in("vera", app), sign_in("rob", app)
    for path in ("/cases/new", "/cases/import", "/cases/families"):
        assert rita.get(path).status_code == 200 and rob.get(path).status_code == 403, path
    for path in ("/cases/duplicates", "/cases/removed"):
        assert rita.get(path).status_code == rob.get(path).status_code == 200, path
    page = rita.get(f"/case?id={CASE}").text
    assert 'action="/cases/standing"' in page and 'action="/cases/seal"' in page
    assert rita.post("/cases/seal", {"id": CASE, "why": "order"}).status_code == 303
    assert rita.get(f"/case?id={CASE}").status_code == 200 and CASE in rita.get("/cases").text
    for browser in (vera, rob):
        hidden, never = browser.get(f"/case?id={CASE}"), browser.get("/case?id=registry.example/0")
        assert (hidden.status_code, never.status_code) == (404, 404)
        assert len(hidden.text) == len(never.text)
        for path in ("/", "/cases", "/cases/duplicates", "/cases/removed", "/alarms", "/api/v1/overview"):
            assert CASE not in browser.get(path).text, path
    assert rita.post("/cases/team", {"id": CASE, "add": "vera"}).status_code == 303
    assert vera.get(f"/case?id={CASE}").status_code == 200


def test_a_draft_is_registered_and_merged_by_forms(world: World, sign_in: SignIn) -> None:
    rita = sign_in("rita")
    rita.get("/cases/new")
    fields = {"full_name": "Li Na Wang", "date_of_birth": "2015", "type": "unknown", "contact_phone": "000 9"}
    for number in (1, 2):
        assert rita.post("/cases/new", {**fields, "id": f"home/{number}"}).status_code == 303
    assert rita.post("/cases/new", {**fields, "id": "home/1"}).status_code == 400
    page = rita.get("/cases/duplicates").text
    assert "home/1" in page and "a near name" in page
    given = {"one": "home/1", "other": "home/2", "choice": "other", "why": "one police file"}
    assert rita.post("/cases/merge", given).headers["location"] == "/case?id=home%2F2"
    assert "took in" in rita.get("/cases/duplicates").text
    assert rita.post("/cases/unmerge", {"number": "1", "why": "mistaken"}).status_code == 303
    assert rita.post("/cases/unmerge", {"number": "x", "why": "mistaken"}).status_code == 400
    opened = rita.post("/cases/contact", {"id": "home/1", "why": "to call"})
    assert "000 9" in opened.text and opened.headers["cache-control"] == "no-store"
    assert rita.post("/cases/remove", {"id": "home/1", "why": "mistake"}).status_code == 303
    assert "home/1" in rita.get("/cases/removed").text
    assert rita.post("/cases/bring-back", {"id": "home/1"}).status_code == 303
