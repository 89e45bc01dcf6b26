"""Registry files in and out: PFIF, Interpol's notices, folders; nothing is lost, bad rows are named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.services import case_files, cases, exporting, pfif_read, registering
from bot.services.case_files import CaseImport
from bot.services.exporting import Part
from store import case_profiles, merges
from store.errors import Missing, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.registry import SourcePermission
from tests.integration.console.world import World

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pfif"
OWN = sorted(path for path in FIXTURES.glob("persons-*.xml"))
ALL = frozenset(Part)


def shared() -> list[Path]:
    """PFIF files of other software, where the folder with them is there."""
    folder = os.environ.get("HOMEWARD_DATA", "")
    return sorted((Path(folder) / "pfif").glob("*.xml")) if folder else []


def take(world: World, path: Path, **options: Any) -> CaseImport:
    return case_files.import_file(world.road, path, by="rita", **options)


def let_out(world: World, *sources: str) -> None:
    for source in sources:
        registering.permit_source(
            world.road, SourcePermission(source, publish=True, search=True, basis="letter"), by="rita"
        )


def export(world: World, **options: Any) -> exporting.Export:
    return exporting.export(world.road, by="ada", why="a test", **{"parts": ALL, **options})


def as_read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """What a file says: persons by id with their fields and notes, and notes that lie in no person."""
    persons, notes = {}, {}
    for _, record in pfif_read.read(path):
        if isinstance(record, UsageError):
            continue
        if record.kind == "note":
            notes[record.fields["note_record_id"]] = record.fields
        else:
            inside = {note["note_record_id"]: note for note in record.notes}
            persons[record.fields["person_record_id"]] = (record.fields, inside)
    return persons, notes


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_pfif_file_comes_out_as_it_went_in(world: World, tmp_path: Path, path: Path) -> None:
    round_trip(world, tmp_path, path)


def test_pfif_files_of_other_software_come_out_as_they_went_in(world: World, tmp_path: Path) -> None:
    paths = shared()
    if not paths:
        pytest.skip("HOMEWARD_DATA does not name a folder with a pfif folder")
    for path in paths:
        if "badrecord" in path.name:
            bad = take(world, path, source_name="test.google.com", dry_run=True).set_aside
            assert len(bad) == 1 and "foo.google.com/person.666" in bad[0]["where"] + bad[0]["reason"]
            assert "person 2" in bad[0]["where"] and "another domain" in bad[0]["reason"]
        else:
            round_trip(world, tmp_path, path)
            with world.road.store.transaction() as tx:
                for case in cases.listing(world.road):
                    if case.case.id.startswith("test."):
                        merges.destroy(tx, case.case.id)
                for note in case_profiles.waiting_notes(tx):
                    merges.destroy(tx, note.case_id)


def round_trip(world: World, tmp_path: Path, path: Path) -> None:
    before = as_read(path)
    version = next(record.version for _, record in pfif_read.read(path) if not isinstance(record, UsageError))
    report = take(world, path)
    assert report.set_aside == [] and len(report.added) == len(before[0]) + len(before[1])
    domains = {ident.partition("/")[0] for ident in before[0]}
    let_out(world, *domains)
    held = [row.case.id for row in cases.listing(world.road)]
    for written in {version, "1.4"}:
        out = tmp_path / "out.xml"
        out.write_text(export(world, version=written).text)
        persons, notes = as_read(out)
        ours = {ident: found for ident, found in persons.items() if ident in before[0]}
        if version in ("1.1", "1.2") and written == "1.4":
            # The full name, which 1.4 wants, is made of its parts; a description leaves `other`.
            for ident, (fields, _) in ours.items():
                fields.pop("full_name")
                other = before[0][ident][0].get("other", "")
                if "hobby" not in other:
                    fields.setdefault("other", other)
        assert ours == before[0] and notes == before[1], written
    again = take(world, path)
    assert again.added == again.changed == [] and again.set_aside == []
    assert [row.case.id for row in cases.listing(world.road)] == held


def test_every_bad_record_is_named_with_place_and_reason_and_the_rest_is_taken(world: World) -> None:
    report = take(world, FIXTURES / "bad-records.xml")
    assert report.added == ["reg.example/1", "reg.example/14"] and report.found == 14
    named = {
        row["where"].split(" (")[0].removeprefix("bad-records.xml: "): row["reason"]
        for row in report.set_aside
    }
    words = {
        2: "another domain", 3: "domain/unique", 4: "full name", 5: "PFIF knows female", 6: "YYYY",
        7: "source_date", 8: "twice", 9: "years", 10: "ISO 3166", 11: "domain/unique", 12: "PFIF knows",
        13: "1.4",
    }  # fmt: skip
    assert set(named) == {f"person {number}" for number in words}
    for number, part in words.items():
        assert part in named[f"person {number}"], number


HOSTILE = {
    "entities": '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><pfif xmlns="http://zesty.ca/pfif/1.4">&c;</pfif>',
    "external": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><pfif xmlns="http://zesty.ca/pfif/1.4"/>',
    "deep": '<pfif xmlns="http://zesty.ca/pfif/1.4">' + "<person>" * 5000,
    "no pfif": "<html><body>person</body></html>", "empty": "", "no xml": "id,name\n1,A\n",
    "latin": "\udce9",
}  # fmt: skip


def test_a_file_that_is_no_pfif_is_one_clear_error(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    for what, content in HOSTILE.items():
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(UsageError) as error:
            take(world, path)
        assert "root:" not in str(error.value), what


def test_a_file_that_breaks_off_gives_what_came_before(world: World, tmp_path: Path) -> None:
    whole = (FIXTURES / "persons-1.4.xml").read_text()
    path = tmp_path / "cut.xml"
    path.write_text(whole[: whole.index("reg.example/n7")])
    report = take(world, path)
    assert report.added == ["reg.example/p1", "reg.example/p2"]
    assert "breaks off after 2 records" in report.set_aside[0]["reason"]


def test_private_fields_and_notes_are_in_no_table_in_clear(world: World) -> None:
    take(world, FIXTURES / "persons-1.4.xml")
    world.road.store.empty_log()
    raw = Path(world.road.store.url.removeprefix("sqlite+pysqlite:///")).read_bytes()
    for private in (
        b"Example Lane",
        b"clerk@reg.example",
        b"n@b.example",
        b"Seen at the market",
        b"shoe_size",
    ):
        assert private not in raw, private
    assert b"Wears a red" in raw


def test_home_author_and_notes_leave_only_when_they_are_named(world: World) -> None:
    take(world, FIXTURES / "persons-1.4.xml")
    let_out(world, "reg.example")
    text = export(world, parts=frozenset()).text
    assert "reg.example/p1" in text and "林小雨" in text
    for kept in ("Example Lane", "home_", "author_", "note", "shoe_size", "favourite"):
        assert kept not in text, kept
    assert "Example Lane" in export(world, parts=frozenset({Part.HOME})).text
    with_notes = export(world, parts=frozenset({Part.NOTES})).text
    assert "Seen at the market" in with_notes
    assert "n@b.example" not in with_notes and "f@b.example" not in with_notes


def test_only_an_administrator_lets_records_out_with_a_reason_and_it_is_written_down(world: World) -> None:
    from store import audit

    take(world, FIXTURES / "persons-1.4.xml")
    for by in ("rita", "rob"):
        with pytest.raises(NotAllowed):
            exporting.export(world.road, by=by, why="because")
    with pytest.raises(UsageError):
        exporting.export(world.road, by="ada", why=" ")
    done = export(world)
    assert {ident for ident, _ in done.held} == {"reg.example/p1", "reg.example/p2"}, (
        "its source did not permit it"
    )
    with world.road.store.reading() as tx:
        last = audit.entries(tx)[-1]
    assert (last.action, last.by, last.detail["why"]) == ("cases.exported", "ada", "a test")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_exports_for_spreadsheets_hold_the_same_fields_and_no_formula(world: World, form: str) -> None:
    view = cases.add(world.road, cases.Case("home/1", '=HYPERLINK("x")', description="ok"), [], by="rita")
    done = export(world, form=form, ids=[view.row.case.id])
    assert "home/1" in done.text and ("'=HYPERLINK" in done.text) == (form == "csv")


TOMBSTONE = """<pfif xmlns="http://zesty.ca/pfif/1.4"><person>
<person_record_id>reg.example/p1</person_record_id><source_date>2026-05-20T00:00:00Z</source_date>
<entry_date>2026-05-20T00:00:00Z</entry_date><expiry_date>2026-05-21T00:00:00Z</expiry_date>{rest}</person></pfif>"""


@pytest.mark.parametrize("rest", ["", "<full_name>Still Here</full_name>"])
def test_a_record_that_expired_at_its_source_ends_here_and_stays_away(
    world: World, tmp_path: Path, rest: str
) -> None:
    take(world, FIXTURES / "persons-1.4.xml")
    path = tmp_path / "gone.xml"
    path.write_text(TOMBSTONE.format(rest=rest))
    assert take(world, path, dry_run=True).ended == ["reg.example/p1"]
    assert cases.show(world.road, "reg.example/p1").row.status is CaseStatus.DRAFT
    assert take(world, path).ended == ["reg.example/p1"]
    with pytest.raises(Missing):
        cases.show(world.road, "reg.example/p1", viewer="rita")
    again = take(world, FIXTURES / "persons-1.4.xml")
    assert again.added == [] and len(again.set_aside) == 1
    let_out(world, "reg.example")
    assert "2026-05-21T00:00:00Z" in export(world).text, "the tombstone goes out as one"
    assert "Still Here" not in export(world).text


def notice(**changes: Any) -> dict[str, Any]:
    given = {
        "entity_id": "2026/1234", "forename": "AMA", "name": "EXAMPLE", "date_of_birth": "2015/04/30",
        "sex_id": "F", "nationalities": ["NG"], "date_of_event": "2024/02/01",
        "place": "Lagos", "country": "Nigeria",
        "distinguishing_marks": "scar", "_links": {"self": {"href": "https://ws.example/2026-1234"}},
    }  # fmt: skip
    return given | changes


@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: {"total": len(items), "_embedded": {"notices": items}},
        lambda items: {"notices": items},
        lambda items: items,
    ],
)
def test_yellow_notices_become_drafts_that_nothing_permits_to_search(
    world: World, tmp_path: Path, wrap: Callable[[list[Any]], Any]
) -> None:
    bad = [
        notice(entity_id=""),
        notice(entity_id="2", sex_id="X"),
        notice(entity_id="3", date_of_birth="30/4/15"),
        7,
    ]
    path = tmp_path / "yellow.json"
    path.write_text(json.dumps(wrap([notice(), *bad])))
    report = take(world, path)
    assert (report.format, report.added) == ("interpol", ["interpol.int/2026-1234"])
    assert [row["where"] for row in report.set_aside] == [f"yellow.json[{n}]" for n in (2, 3, 4, 5)]
    case = cases.show(world.road, "interpol.int/2026-1234").row.case
    assert (case.full_name, case.sex, case.date_of_birth) == ("AMA EXAMPLE", "female", "2015-04-30")
    assert (str(case.last_seen_on), case.last_seen_place) == ("2024-02-01", "Lagos, Nigeria")
    assert take(world, path).unchanged == ["interpol.int/2026-1234"]


def test_a_folder_of_children_is_read_with_ages_from_the_names(world: World, tmp_path: Path) -> None:
    from bot.services import case_formats

    folder = tmp_path / "children"
    (folder / "Li Na").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken" / "case.json").write_text("[1]")
    (folder / "Li Na" / "case.json").write_text('{"sex": "female", "date_of_birth": "2018"}')
    for name in ("4y.jpg", "summer 6岁.png", "notes.txt"):
        (folder / "Li Na" / name).write_bytes(b"x")
    (folder / "Bo (7).jpg").write_bytes(b"x")
    (folder / ".hidden.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    kind, rows = case_formats.rows(folder)
    found = dict(rows)
    assert kind == "folder" and set(found) == {
        "children/Li Na", "children/empty", "children/broken", "children/Bo (7).jpg",
    }  # fmt: skip
    child = found["children/Li Na"]
    assert isinstance(child, dict) and (child["full_name"], child["sex"]) == ("Li Na", "female")
    assert {photo["age"] for photo in child["photos"]} == {4.0, 6.0}
    assert found["children/Bo (7).jpg"]["full_name"] == "Bo"  # type: ignore[index]
    assert isinstance(found["children/empty"], UsageError) and isinstance(
        found["children/broken"], UsageError
    )


def test_a_new_note_reaches_a_case_that_is_past_draft_and_nothing_else_does(
    world: World, tmp_path: Path
) -> None:
    path = FIXTURES / "persons-1.4.xml"
    take(world, path)
    with world.road.store.transaction() as tx:
        held = cases.cases.get(tx, "reg.example/p1")
        cases.casework.move(world.road, tx, held, CaseStatus.VERIFIED, "vera", "a test")
    more = path.read_text().replace(
        "</pfif:note>\n  </pfif:person>",
        "</pfif:note><pfif:note><pfif:note_record_id>reg.example/n2</pfif:note_record_id>"
        "<pfif:text>More.</pfif:text></pfif:note></pfif:person>",
        1,
    )
    newer = tmp_path / "newer.xml"
    newer.write_text(more)
    report = take(world, newer)
    assert report.changes == {"reg.example/p1": ["notes"]}
    assert cases.show(world.road, "reg.example/p1").notes == 2
    newer.write_text(more.replace("Exampleville", "Otherville"))
    assert "only drafts" in take(world, newer).set_aside[0]["reason"]


def test_a_dry_run_names_the_fields_that_would_change(world: World, tmp_path: Path) -> None:
    path = FIXTURES / "persons-1.4.xml"
    take(world, path)
    other = tmp_path / "other.xml"
    other.write_text(path.read_text().replace("Exampleville", "Otherville").replace("8-10", "9"))
    report = take(world, other, dry_run=True)
    assert report.changes == {"reg.example/p1": ["age", "home_city"]}
    assert take(world, path).unchanged, "nothing was changed"


def test_imports_tell_how_far_they_are(world: World) -> None:
    told: list[int] = []
    case_files.import_file(world.road, FIXTURES / "persons-1.4.xml", by="rita", progress=told.append)
    assert told == [1, 2, 3]


def test_the_clock_of_a_record_decides_and_not_its_place_in_the_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "gone.xml"
    path.write_text(TOMBSTONE.format(rest=""))
    take(world, path)
    newer = (FIXTURES / "persons-1.4.xml").read_text().replace("2026-05-01T07:30:15Z", "2026-06-01T07:30:15Z")
    again = tmp_path / "newer.xml"
    again.write_text(newer)
    world.clock.pass_by(timedelta(days=30))
    assert "reg.example/p1" in take(world, again).added, "its source took it up again"
    assert replace(SourcePermission("s"), search=True).search
