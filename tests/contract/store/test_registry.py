"""Teams, standing, further fields, notes, merges, removals and links: what must hold on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from store import case_profiles, case_teams, cases, family_links, matches, merges
from store.case_profiles import NoteRow, ProfileRow
from store.db import Store
from store.errors import Conflict, Missing
from store.family_links import Upload
from store.records.case import CasePhoto, CaseStatus
from store.records.registry import (
    AuthorityKind,
    LinkKind,
    Merge,
    MergeKind,
    Relation,
    Removal,
    Risk,
    SourcePermission,
    Standing,
    Tombstone,
)
from tests import makers
from tests.stores import START

DAY = timedelta(days=1)
ONE, TWO = makers.case(1).id, makers.case(2).id


def furnish(store: Store) -> None:
    """Case one is sealed and ana's, case two is open; both have a match."""
    with store.transaction() as tx:
        cases.add(tx, makers.case(1, sealed=True), by="ana", at=START, evidence="")
        cases.add(tx, makers.case(2), by="ana", at=START, evidence="")
        case_teams.join(tx, ONE, "ana", by="ana", at=START)
        for case_id, letter in ((ONE, "a"), (TWO, "b")):
            face = makers.face(makers.photo(letter))
            matches.put(tx, makers.match(face, makers.post(1).key, case_id), START)


def test_a_sealed_case_is_there_for_its_team_and_nobody_else(store: Store) -> None:
    furnish(store)
    with store.transaction() as tx:
        for viewer, seen in (("ana", [ONE, TWO]), ("ben", [TWO]), ("", [TWO])):
            assert [row.case.id for row in cases.listing(tx, viewer=viewer)] == seen
            assert {row.match.case_id for row in matches.queue(tx, viewer=viewer)} == set(seen)
            assert {row.match.case_id for row in matches.listing(tx, viewer=viewer)} == set(seen)
            assert {r.match.case_id for r in matches.of_post(tx, makers.post(1).key, viewer=viewer)} == set(
                seen
            )
        assert cases.counts(tx) == {"draft": 1}
        assert matches.waiting(tx)["review"] == 1
        assert cases.seen(tx, ONE, "ana").case.sealed
        with pytest.raises(Missing) as hidden:
            cases.seen(tx, ONE, "ben")
        with pytest.raises(Missing) as never:
            cases.seen(tx, "reg.example/none", "ben")
        assert str(hidden.value).replace(ONE, "") == str(never.value).replace("reg.example/none", "")
        assert case_teams.join(tx, ONE, "ben", by="ana", at=START)
        assert not case_teams.join(tx, ONE, "ben", by="ana", at=START)
        assert case_teams.members(tx, ONE) == ["ana", "ben"] and cases.seen(tx, ONE, "ben")
        assert case_teams.leave(tx, ONE, "ben") and not case_teams.leave(tx, ONE, "ben")


def test_a_match_of_a_sealed_case_is_found_by_no_beginning_of_its_key(store: Store) -> None:
    furnish(store)
    key = f"{'a' * 64}:0|{ONE}"
    with store.transaction() as tx:
        assert matches.full_key(tx, "aaa", viewer="ana") == key
        with pytest.raises(Missing):
            matches.full_key(tx, "aaa", viewer="ben")
        with pytest.raises(Missing):
            matches.check(tx, key, "ben")
        matches.check(tx, key, "ana")
        assert matches.forget_case(tx, ONE) == 1
        assert matches.waiting(tx)["review"] == 1


def test_a_removed_case_is_hidden_from_everybody_until_it_is_brought_back(store: Store) -> None:
    furnish(store)
    removal = Removal(TWO, "by mistake", "ana", START, START + DAY)
    with store.transaction() as tx:
        assert merges.remove(tx, removal) and not merges.remove(tx, removal)
        assert case_teams.is_hidden(tx, TWO, "ana") and cases.counts(tx) == {}
        assert merges.removal(tx, TWO) == removal and merges.removals(tx) == [removal]
        assert merges.due(tx, START) == [] and merges.due(tx, START + DAY) == [TWO]
        assert merges.bring_back(tx, TWO) and not merges.bring_back(tx, TWO)
        assert not case_teams.is_hidden(tx, TWO, "")


def test_standing_comes_back_as_it_was_kept(store: Store) -> None:
    full = Standing(
        ONE, AuthorityKind.COURT, "Court of X", "3 Js 12", "reg", "77", Relation.GUARDIAN, "paper", "aunt",
        date(2026, 1, 2), (Risk.VIOLENCE, Risk.PROTECTION_ORDER), "they know", "ben", "adult", "ana", START,
    )  # fmt: skip
    with store.transaction() as tx:
        assert case_profiles.standing(tx, ONE) == Standing(ONE)
        for standing in (full, Standing(ONE)):
            case_profiles.put_standing(tx, standing)
            assert case_profiles.standing(tx, ONE) == standing


def test_fields_notes_and_tombstones_come_back_and_are_sealed_anew_once(store: Store) -> None:
    profile = ProfileRow({"age": "7"}, b"sealed", "old", "pfif-1.4")
    note = NoteRow("n/1", ONE, START, b"note", "old")
    with store.transaction() as tx:
        case_profiles.put_profile(tx, ONE, profile)
        case_profiles.put_profile(tx, TWO, ProfileRow({}, None, "", ""))
        case_profiles.put_note(tx, note)
        cases.put_contact(tx, ONE, b"contact", key_id="old", at=START)
        assert case_profiles.profile(tx, ONE) == profile and case_profiles.profile(tx, "none") is None
        assert case_profiles.notes_of(tx, ONE) == case_profiles.waiting_notes(tx) == [note]
        found = case_profiles.sealed_with_other_key(tx, "new")
        assert {(kind, sealed) for kind, _, sealed in found} == {
            ("contact", b"contact"), ("profile", b"sealed"), ("note", b"note"),
        }  # fmt: skip
        for kind, key, sealed in found:
            assert not case_profiles.reseal(tx, kind, key, b"x", before=b"changed", key_id="new")
            assert case_profiles.reseal(tx, kind, key, b"x" + sealed, before=sealed, key_id="new")
        assert case_profiles.sealed_with_other_key(tx, "new") == []
        assert case_profiles.contact(tx, ONE) == b"xcontact"
        stone = Tombstone("r/1", "a", "b", "c")
        case_profiles.put_tombstone(tx, stone)
        assert case_profiles.tombstone(tx, "r/1") == stone and case_profiles.tombstones(tx) == [stone]


def test_merges_have_a_history_and_are_taken_back_once(store: Store) -> None:
    with store.transaction() as tx:
        first = merges.add(tx, Merge(0, ONE, TWO, MergeKind.SAME, "papers", "ana", START, {"photos": ["a"]}))
        other = merges.add(tx, Merge(0, ONE, "r/3", MergeKind.DIFFERENT, "asked", "ana", START))
        assert merges.merged_into(tx, TWO) == ONE and merges.merged_into(tx, "r/3") == ""
        assert merges.get(tx, first).before == {"photos": ["a"]}
        assert [each.id for each in merges.standing(tx)] == [first, other]
        merges.undo(tx, first, by="ben", at=START)
        with pytest.raises(Conflict):
            merges.undo(tx, first, by="ben", at=START)
        with pytest.raises(Missing):
            merges.get(tx, 999)
        assert merges.merged_into(tx, TWO) == "" and [each.id for each in merges.standing(tx)] == [other]
        assert [each.undone_by for each in merges.of_case(tx, ONE)] == ["ben", ""]


def test_photos_go_over_and_back_and_a_destroyed_case_leaves_no_row(store: Store) -> None:
    furnish(store)
    with store.transaction() as tx:
        cases.put_photos(tx, [CasePhoto(ONE, "a" * 64, 3.0), CasePhoto(TWO, "b" * 64, 4.0)])
        cases.put_photos(tx, [CasePhoto(TWO, "a" * 64, 5.0)])
        assert merges.take_photos(tx, ONE, TWO) == ["b" * 64]
        assert [p.photo.age_years for p in cases.photos_of(tx, ONE)] == [3.0, 4.0]
        merges.drop_photos(tx, ONE, ["b" * 64])
        assert merges.destroy(tx, ONE) == ["a" * 64]
        assert not cases.has(tx, ONE) and cases.steps(tx, ONE) == [] and case_teams.members(tx, ONE) == []
        assert cases.get(tx, TWO).status is CaseStatus.DRAFT


def test_links_are_spent_once_and_known_by_their_secret_alone(store: Store) -> None:
    with store.transaction() as tx:
        token = family_links.make(tx, LinkKind.REGISTER, language="en", by="ana", at=START, until=START + DAY)
        link = family_links.find(tx, token)
        assert link is not None and token not in str(link) and family_links.find(tx, token + "x") is None
        assert family_links.spend(tx, link.digest, case_id=ONE, at=START)
        assert not family_links.spend(tx, link.digest, case_id=TWO, at=START)
        assert [each.case_id for each in family_links.listing(tx)] == [ONE]
        assert (
            family_links.prune(tx, before=START) == 0 and family_links.prune(tx, before=START + 2 * DAY) == 1
        )


def test_a_source_permits_nothing_until_somebody_wrote_it_down(store: Store) -> None:
    with store.transaction() as tx:
        assert family_links.permission(tx, "s") == SourcePermission("s")
        given = SourcePermission("s", True, False, True, "letter", "ana", START)
        family_links.put_permission(tx, given)
        assert family_links.permission(tx, "s") == given and family_links.permissions(tx) == [given]


def test_uploads_are_kept_until_they_are_taken_or_old(store: Store) -> None:
    with store.transaction() as tx:
        for number in (1, 2):
            assert family_links.put_upload(
                tx, Upload(f"t{number}", "a.csv", b"s", "ana", START + number * DAY)
            )
        family_links.drop_uploads(tx, token="t1")
        with pytest.raises(Missing):
            family_links.upload(tx, "t1")
        assert family_links.upload(tx, "t2").sealed == b"s"
        family_links.drop_uploads(tx, before=START + 3 * DAY)
        with pytest.raises(Missing):
            family_links.upload(tx, "t2")
