"""The registry from draft to closed: who may take which step, what is searched, and what an import may do."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import Config
from bot.observe import set_up_logs
from bot.pipeline import gallery, record_sealing
from bot.services import case_files, registering, review
from bot.services import cases as registry
from bot.wiring import Built
from store import cases, matches, photos, steps
from store import tables as t
from store.columns import metadata
from store.errors import Conflict, Missing, NotAllowed, PhotoRefused, UsageError
from store.records.case import CaseStatus, CaseType
from store.records.match import Verdict
from store.records.registry import AuthorityKind, SourcePermission
from store.records.work import Stage
from tests.integration import ready
from tests.integration.conftest import work_off
from tests.integration.ready import activate, bring_in, case, count, mastodon_status, rows

PORTRAIT = ready.PORTRAIT.read_bytes()
EVIDENCE = "police ref. 12/345"


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    made = ready.quick(build(config()))
    ready.staff(made)
    return made


def sighting(built: Built, folder: Path, number: int = 1) -> str:
    """A post that shows the person of the registered photo."""
    status = mastodon_status(number, f"m{number}.jpg")
    bring_in(built, folder, f"m{number}", [status], **{f"m{number}": PORTRAIT})
    assert work_off(built) == 0
    return f"mastodon:{status['uri']}"


def add(built: Built, number: int = 1, *, stands: bool = True, **changes: Any) -> str:
    made = case(number, **changes)
    view = registry.add(
        built.road,
        made,
        [registry.read_photo(ready.REGISTERED, 31)],
        by="ana",
        standing=ready.standing(made.id) if stands else None,
    )
    return view.row.case.id


def search_everything_again(built: Built, folder: Path, number: int) -> None:
    """A new sighting, every stored one again, and the case's own jobs, as if somebody had asked for them."""
    sighting(built, folder, number)
    with built.road.store.transaction() as tx:
        for row in tx.execute(sa.select(t.posts.c.key)).all():
            built.road.engine.enqueue(tx, Stage.MATCH, row.key)
        for row in tx.execute(sa.select(t.cases.c.id)).all():
            for stage in (Stage.ENROL, Stage.GALLERY):
                built.road.engine.enqueue(tx, stage, row.id)
    assert work_off(built) == 0


def in_gallery(built: Built) -> set[str]:
    """What a search with the case's own vector would find."""
    road = built.road
    with road.gallery_lock, road.store.reading() as tx:
        gallery.follow(road, tx)
        faces = ready.model()
        found = photos.sighting_vectors(tx, faces.digest)
        return {hit.case_id for _, vector in found for hit in road.gallery.search(vector, 10)}


# ── only active cases are searched ───────────────────────────────────────────────────────────────


def test_only_an_active_case_is_searched_at_any_step_of_its_life(built: Built, tmp_path: Path) -> None:
    sighting(built, tmp_path / "in", 1)
    case_id = add(built)
    number = 2

    def searched() -> bool:
        nonlocal number
        number += 1
        search_everything_again(built, tmp_path / "in", number)
        waiting = [card.row.match.case_id for card in review.queue(built.road)]
        assert (case_id in in_gallery(built)) == (case_id in waiting)
        return bool(waiting)

    assert not searched()
    assert count(built, t.vectors, t.vectors.c.holder == "case") == 0, "a draft's faces are not even computed"
    registry.verify(built.road, case_id, by="ben", evidence=EVIDENCE)
    assert not searched()
    registry.activate(built.road, case_id, by="ben")
    assert searched()
    registry.end(built.road, case_id, CaseStatus.LOCATED, by="ben", evidence="police call")
    assert not searched()
    registry.end(built.road, case_id, CaseStatus.CLOSED, by="ben", evidence="police call")
    assert not searched()
    assert count(built, t.vectors, t.vectors.c.holder == "case") == 0


def test_a_newly_active_case_and_a_new_sighting_give_the_same_match(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path
) -> None:
    """The two orders, one after the other in one installation whose rows are taken away in between."""
    built = ready.quick(build(config()))
    ready.staff(built)

    def found() -> list[Any]:
        return [card.row.match for card in review.queue(built.road)]

    sighting(built, tmp_path / "in")
    activate(built)
    assert work_off(built) == 0
    sighting_first = found()
    with built.road.store.transaction() as tx:
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("users", "counters", "campaign_versions"):
                tx.execute(sa.delete(table))
        tx.execute(sa.delete(t.counters).where(t.counters.c.name.startswith("waiting")))
    built.road.gallery.remove(f"reg.example/1|{sighting_first[0].case_photo}")
    built.road.gallery_seq = 0
    activate(built)
    assert work_off(built) == 0
    sighting(built, tmp_path / "in")
    assert found() == sighting_first and len(sighting_first) == 1


def test_a_located_case_takes_its_open_matches_along(built: Built, tmp_path: Path) -> None:
    sighting(built, tmp_path / "in")
    case_id = activate(built)
    assert work_off(built) == 0
    (card,) = review.queue(built.road)
    registry.end(built.road, case_id, CaseStatus.LOCATED, by="ben", evidence="police call")
    assert review.queue(built.road) == []
    with pytest.raises(Conflict):
        review.decide(built.road, card.row.match.key, Verdict.POSSIBLE, by="rita")
    (row,) = rows(built, sa.select(t.matches.c.state, t.matches.c.state_why))
    assert (row.state, row.state_why) == (matches.WITHDRAWN, "the case is located")


def test_a_case_that_ends_while_it_is_being_compared_gets_no_match(built: Built, tmp_path: Path) -> None:
    case_id = activate(built)
    assert work_off(built) == 0
    ended: list[str] = []

    def end(name: str) -> None:
        if name == "match.before_transaction":
            steps.listen(None)
            registry.end(built.road, case_id, CaseStatus.LOCATED, by="ben", evidence="police call")
            ended.append(name)

    steps.listen(end)
    try:
        sighting(built, tmp_path / "in")
    finally:
        steps.listen(None)
    assert ended and count(built, t.matches) == 0


def test_closing_drops_the_vectors_and_says_so_at_the_photo(built: Built) -> None:
    case_id = activate(built)
    assert work_off(built) == 0
    assert count(built, t.vectors) == 1 and registry.show(built.road, case_id).photos[0].face_key
    registry.end(built.road, case_id, CaseStatus.CLOSED, by="ben", evidence="police call")
    assert count(built, t.vectors) == count(built, t.faces) == 0
    (photo,) = registry.show(built.road, case_id).photos
    assert (photo.face_key, photo.why) == ("", "the case is closed")
    assert built.road.gallery.size_cases == 1, "this process has not looked yet"
    assert in_gallery(built) == set() and built.road.gallery.size_cases == 0


def test_closing_one_of_two_cases_with_the_same_photo_leaves_the_other_searched(
    built: Built, tmp_path: Path
) -> None:
    first, second = activate(built, 1), activate(built, 2)
    assert work_off(built) == 0
    registry.end(built.road, first, CaseStatus.CLOSED, by="ben", evidence="entered twice")
    sighting(built, tmp_path / "in")
    assert [card.row.match.case_id for card in review.queue(built.road)] == [second]
    registry.end(built.road, second, CaseStatus.CLOSED, by="ben", evidence="police call")
    assert count(built, t.vectors, t.vectors.c.holder == "case") == 0


def test_a_photo_without_a_face_is_said_and_disturbs_no_search(built: Built, tmp_path: Path) -> None:
    case_id = activate(built, 1, photo=ready.STREET)
    assert work_off(built) == 0
    (photo,) = registry.show(built.road, case_id).photos
    assert photo.face_key == "" and "no face was found" in photo.why
    sighting(built, tmp_path / "in")
    assert review.queue(built.road) == []


# ── who may take which step ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["ana", "Ana", " ana "])
def test_who_registered_a_case_can_neither_verify_nor_activate_it(built: Built, name: str) -> None:
    case_id = add(built)
    with pytest.raises(NotAllowed):
        registry.verify(built.road, case_id, by=name, evidence=EVIDENCE)
    registry.verify(built.road, case_id, by="ben", evidence=EVIDENCE)
    with pytest.raises(NotAllowed):
        registry.activate(built.road, case_id, by=name)
    assert registry.show(built.road, case_id).row.status is CaseStatus.VERIFIED


@pytest.mark.parametrize("kind", [CaseType.FAMILY, CaseType.RUNAWAY])
def test_a_family_or_runaway_case_needs_an_authoritys_reference(built: Built, kind: CaseType) -> None:
    case_id = add(built, type=kind)
    record = {"authority": None, "registry": "ncmec.example", "registry_record": "7"}
    built.road.registry = replace(built.road.registry, trusted=frozenset({"ncmec.example"}))
    for lacking in (record, {"authority_reference": " "}, {"authority": AuthorityKind.OTHER}):
        registering.set_standing(built.road, ready.standing(case_id, **lacking), by="ana")
        with pytest.raises(NotAllowed, match="only an authority"):
            registry.verify(built.road, case_id, by="ben", evidence="Chengdu police and court, ref. 12/345")
    assert registry.show(built.road, case_id).row.status is CaseStatus.DRAFT
    registering.set_standing(built.road, ready.standing(case_id), by="ana")
    registry.verify(built.road, case_id, by="ben", evidence="seen on paper")


@pytest.mark.parametrize("evidence", ["", "  \n"])
def test_a_step_needs_evidence_in_words(built: Built, evidence: str) -> None:
    case_id = add(built)
    with pytest.raises(UsageError):
        registry.verify(built.road, case_id, by="ben", evidence=evidence)
    with pytest.raises(UsageError):
        registry.end(built.road, case_id, CaseStatus.CLOSED, by="ben", evidence=evidence)


def test_no_step_can_be_skipped_or_taken_twice(built: Built) -> None:
    case_id = add(built)
    with pytest.raises(Conflict):
        registry.activate(built.road, case_id, by="ben")
    with pytest.raises(Conflict):
        registry.end(built.road, case_id, CaseStatus.LOCATED, by="ben", evidence=EVIDENCE)
    with pytest.raises(UsageError):
        registry.end(built.road, case_id, CaseStatus.ACTIVE, by="ben", evidence=EVIDENCE)
    registry.verify(built.road, case_id, by="ben", evidence=EVIDENCE)
    with pytest.raises(Conflict):
        registry.verify(built.road, case_id, by="ben", evidence=EVIDENCE)
    registry.activate(built.road, case_id, by="ben")
    with pytest.raises(Conflict):
        registry.activate(built.road, case_id, by="ben")
    assert [step.status for step in registry.show(built.road, case_id).steps] == [
        CaseStatus.DRAFT, CaseStatus.VERIFIED, CaseStatus.ACTIVE,
    ]  # fmt: skip


def test_a_case_without_a_photo_is_never_active(built: Built) -> None:
    registry.add(built.road, case(), [], by="ana", standing=ready.standing(case().id))
    registry.verify(built.road, case().id, by="ben", evidence=EVIDENCE)
    with pytest.raises(UsageError, match="no photo"):
        registry.activate(built.road, case().id, by="ben")


def test_a_taken_id_is_refused_and_the_first_case_stays(built: Built) -> None:
    case_id = add(built)
    with pytest.raises(UsageError):
        add(built, full_name="Somebody else")
    assert registry.show(built.road, case_id).row.case.full_name == "Child 1"


NO_PFIF = (
    {"full_name": " "}, {"id": ""}, {"sex": "girl"}, {"date_of_birth": "12"}, {"date_of_birth": "2020-13"},
    {"date_of_birth": "2020-02-30"}, {"date_of_birth": "２０２０"}, {"full_name": "a\x00b"},
    {"full_name": "\ud800"},
)  # fmt: skip


def test_fields_that_are_no_pfif_are_refused(built: Built) -> None:
    for changes in NO_PFIF:
        with pytest.raises(UsageError):
            add(built, **changes)
    assert count(built, t.cases) == 0


def test_a_file_that_is_no_photo_is_refused(built: Built) -> None:
    with pytest.raises(PhotoRefused):
        registry.add(built.road, case(), [registry.PhotoFile(b"<svg/>", "a.svg")], by="ana")
    assert count(built, t.cases) == count(built, t.photos) == 0


# ── import ───────────────────────────────────────────────────────────────────────────────────────

Row = dict[str, Any]


def row(number: int = 1, **changes: Any) -> Row:
    given: Row = {"source_id": str(number), "full_name": f"Child {number}", "sex": "female"}
    return {**given, "date_of_birth": "2015-03", "photo": "face.jpg", "photo_age": "6"} | changes


class Files:
    """A folder with a photo and import files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "face.jpg").write_bytes(ready.REGISTERED.read_bytes())

    def as_csv(self, rows_: list[Row]) -> Path:
        out = io.StringIO(newline="")
        names = list(dict.fromkeys(name for row_ in rows_ for name in row_))
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows_)
        path = self.folder / "cases.csv"
        path.write_text("\ufeff" + out.getvalue(), encoding="utf-8")
        return path

    def as_json(self, rows_: Any) -> Path:
        path = self.folder / "cases.json"
        path.write_text(json.dumps(rows_))
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


def take(built: Built, path: Path, *, dry_run: bool = False) -> case_files.CaseImport:
    return case_files.import_file(built.road, path, by="ana", source_name="police.example", dry_run=dry_run)


def everything(built: Built) -> list[str]:
    with built.road.store.reading() as tx:
        return [str(row_) for table in metadata.sorted_tables for row_ in tx.execute(sa.select(table)).all()]


@pytest.mark.parametrize("form", ["csv", "json", "object"])
def test_an_import_makes_drafts_and_nothing_more(built: Built, files: Files, form: str) -> None:
    given_rows = [row(1), row(2)]
    path = files.as_csv(given_rows) if form == "csv" else files.as_json(
        given_rows if form == "json" else {"cases": given_rows}
    )  # fmt: skip
    report = take(built, path)
    assert (report.found, report.added, report.set_aside) == (
        2, ["police.example/1", "police.example/2"], [],
    )  # fmt: skip
    assert work_off(built) == 0
    view = registry.show(built.road, "police.example/1")
    assert (view.row.status, view.row.registered_by) == (CaseStatus.DRAFT, "ana")
    assert (view.row.case.date_of_birth, view.photos[0].photo.age_years) == ("2015-03", 6.0)
    assert count(built, t.vectors) == 0
    with pytest.raises(NotAllowed):
        registry.verify(built.road, "police.example/1", by="ana", evidence=EVIDENCE)


@pytest.mark.parametrize("status", ["active", "verified"])
def test_a_file_cannot_make_a_case_active(built: Built, files: Files, status: str) -> None:
    report = take(built, files.as_json([row(1, status=status)]))
    assert report.added == [] and "status" in report.set_aside[0]["reason"]


def test_a_dry_run_changes_nothing_and_says_what_would(built: Built, files: Files) -> None:
    take(built, files.as_json([row(1)]))
    before = everything(built)
    blobs = sorted(p.name for p in built.home.photos.rglob("*"))
    (files.folder / "broken.jpg").write_bytes(b"no photo")
    path = files.as_json(
        [row(1), row(1, full_name="Other"), row(2), row(3, photo="broken.jpg"), row(4, sex="x")]
    )
    report = take(built, path, dry_run=True)
    assert everything(built) == before
    assert sorted(p.name for p in built.home.photos.rglob("*")) == blobs
    assert (report.unchanged, report.changed, report.added) == (
        ["police.example/1"], ["police.example/1"], ["police.example/2"],
    )  # fmt: skip
    assert [item["where"] for item in report.set_aside] == ["cases.json[4]", "cases.json[5]"]


def test_the_same_file_twice_changes_nothing(built: Built, files: Files) -> None:
    path = files.as_csv([row(1), row(2)])
    take(built, path)
    before = everything(built)
    report = take(built, path)
    assert (report.added, report.changed, len(report.unchanged)) == ([], [], 2)
    assert everything(built) == before


def test_a_changed_row_changes_its_draft(built: Built, files: Files) -> None:
    take(built, files.as_csv([row(1)]))
    report = take(built, files.as_csv([row(1, full_name="Better name")]))
    assert report.changed == ["police.example/1"]
    assert registry.show(built.road, "police.example/1").row.case.full_name == "Better name"


def test_a_new_photo_for_a_draft_is_a_change(built: Built, files: Files) -> None:
    take(built, files.as_csv([row(1)]))
    (files.folder / "other.jpg").write_bytes(PORTRAIT)
    report = take(built, files.as_csv([row(1, photo="other.jpg")]))
    assert report.changed == ["police.example/1"]
    assert len(registry.show(built.road, "police.example/1").photos) == 2


def past_draft(built: Built, files: Files) -> str:
    take(built, files.as_csv([row(1)]))
    registering.set_standing(built.road, ready.standing("police.example/1"), by="ana")
    registry.verify(built.road, "police.example/1", by="ben", evidence=EVIDENCE)
    with pytest.raises(NotAllowed, match="permits a search"):
        registry.activate(built.road, "police.example/1", by="ben")
    letter = SourcePermission("police.example", search=True, basis="letter of 5 January")
    registering.permit_source(built.road, letter, by="ana")
    registry.activate(built.road, "police.example/1", by="ben")
    assert work_off(built) == 0
    return "police.example/1"


@pytest.mark.parametrize(
    "change",
    [{"full_name": "Other"}, {"photo": "other.jpg"}, {"photo_age": "9"}, {"date_of_birth": "2001"}],
)
def test_no_import_changes_a_case_that_somebody_verified(built: Built, files: Files, change: Row) -> None:
    case_id = past_draft(built, files)
    (files.folder / "other.jpg").write_bytes(PORTRAIT)
    before = registry.show(built.road, case_id)
    report = take(built, files.as_csv([row(1, **change)]))
    assert report.changed == [] and "only drafts" in report.set_aside[0]["reason"]
    assert registry.show(built.road, case_id) == before


def test_an_unchanged_row_of_an_active_case_is_no_problem(built: Built, files: Files) -> None:
    past_draft(built, files)
    report = take(built, files.as_csv([row(1)]))
    assert (report.unchanged, report.set_aside) == (["police.example/1"], [])


BAD_ROWS = {
    "no name": row(9, full_name=""), "no id": row(9, source_id=""), "day": row(9, last_seen_on="3 May"),
    "moment": row(9, expires_at="soon"), "sex": row(9, sex="girl"), "type": row(9, type="lost"),
    "birth": row(9, date_of_birth="2020-13-01"), "lat": row(9, last_seen_lat="91"),
    "nan": row(9, last_seen_lon="nan"), "age": row(9, photo_age="-1"), "missing": row(9, photo="nope.jpg"),
    "outside": row(9, photo="../../etc/passwd"), "absolute": row(9, photo="/etc/passwd"),
    "the folder": row(9, photo="."), "text": row(9, photo="cases.txt"),
}  # fmt: skip
JSON_ONLY: dict[str, Any] = {
    "unknown field": row(9, colour="red"), "no object": 7, "null": None, "list": row(9, full_name=["a"]),
    "photos as text": row(9, photos="face.jpg"), "half a character": row(9, full_name="\ud800"),
    "NUL": row(9, marks="a\x00b"), "NUL in a path": row(9, photo="a\x00.jpg"),
    "surrogate in a contact": row(9, contact_phone="\udfff"), "photo as object": row(9, photos=[{"age": 3}]),
    "deep": row(9, photos=[{"file": {"a": 1}}]),
}  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "json"])
def test_bad_rows_are_set_aside_with_number_and_reason_and_the_rest_goes_on(
    built: Built, files: Files, form: str
) -> None:
    (files.folder / "cases.txt").write_text("no photo")
    bad = BAD_ROWS if form == "csv" else BAD_ROWS | JSON_ONLY
    given_rows = [row(1), *bad.values(), row(2)]
    report = take(built, files.as_csv(given_rows) if form == "csv" else files.as_json(given_rows))
    assert report.added == ["police.example/1", "police.example/2"]
    # In CSV the header is line 1; in JSON items are counted from 1. The first row is a good one.
    name, first = ("cases.csv:{}", 3) if form == "csv" else ("cases.json[{}]", 2)
    expected = {what: name.format(first + at) for at, what in enumerate(bad)}
    found = {item["where"]: item["reason"] for item in report.set_aside}
    assert {what: where in found for what, where in expected.items()} == dict.fromkeys(bad, True)
    assert len(found) == len(bad)
    assert all(len(reason) > 10 for reason in found.values())
    assert count(built, t.cases) == 2


def test_a_column_that_is_no_field_sets_its_rows_aside(built: Built, files: Files) -> None:
    report = take(built, files.as_csv([row(1, colour="red"), row(2, colour="")]))
    assert [item["where"] for item in report.set_aside] == ["cases.csv:2", "cases.csv:3"]
    assert "colour" in report.set_aside[0]["reason"]


def test_a_link_out_of_the_folder_is_refused(built: Built, files: Files, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(PORTRAIT)
    (files.folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    report = take(built, files.as_json([row(1, photo="link.jpg")]))
    assert report.added == [] and "outside" in report.set_aside[0]["reason"]


def test_a_row_with_too_many_columns_is_set_aside(built: Built, files: Files) -> None:
    path = files.folder / "cases.csv"
    path.write_text("source_id,full_name\n1,A\n2,B,extra\n3,C\n")
    report = take(built, path)
    assert (report.found, len(report.added)) == (3, 2)
    assert report.set_aside[0]["where"] == "cases.csv:3"


UNREADABLE = (
    ("a.json", b"{"), ("b.json", b'{"people": []}'), ("c.json", b"[" * 100_000), ("d.json", b"3"),
    ("a.csv", b"\xff\xfe\x00"), ("a.txt", b"x"),
)  # fmt: skip


def test_a_file_that_cannot_be_read_at_all_is_one_usage_error(built: Built, files: Files) -> None:
    for name, content in UNREADABLE:
        (files.folder / name).write_bytes(content)
    (files.folder / "folder.json").mkdir()
    for name in (*(name for name, _ in UNREADABLE), "missing.json", "folder.json"):
        with pytest.raises(UsageError):
            take(built, files.folder / name)
    assert count(built, t.cases) == 0


def test_a_withdrawn_record_stays_away_whichever_door_it_comes_through(built: Built, files: Files) -> None:
    with built.road.store.transaction() as tx:
        gone = case(1, id="police.example/1", source_name="police.example", source_id="1")
        digest = registry.suppression_digest(built.road, gone)
        row_ = {"digest": digest, "why": "withdrawn", "by": "ana", "at": built.road.clock()}
        tx.execute(sa.insert(t.suppressions).values(**row_))
    report = take(built, files.as_json([row(1), row(2)]))
    assert report.added == ["police.example/2"]
    assert "suppression" in report.set_aside[0]["reason"]
    with pytest.raises(NotAllowed):
        registry.add(built.road, gone, [], by="ana")


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that goes to the logs, down to the finest level."""
    said, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level)
    set_up_logs(level="DEBUG", as_json=True, stream=said)
    try:
        yield said
    finally:
        root.handlers[:], root.level = before


def test_a_contact_is_in_no_table_in_clear_and_in_no_log(built: Built, files: Files) -> None:
    canary = "555-0100-CANARY"
    with logged() as said:
        given_rows = [
            row(1, contact_name="Name-CANARY", contact_phone=canary, contact_email="canary@CANARY.example"),
            row(2, contact_phone=canary, sex="wrong"),
        ]
        report = take(built, files.as_json(given_rows))
        registry.add(built.road, case(3), [], by="ana", contact={"contact_phone": canary})
        assert work_off(built) == 0
    assert len(report.added) == 1 and len(report.set_aside) == 1
    for text in (*everything(built), said.getvalue(), json.dumps(report.set_aside)):
        assert "CANARY" not in text
    for file in built.home.folder.rglob("*"):
        if file.is_file() and "photos" not in file.parts:
            assert b"CANARY" not in file.read_bytes(), file.name
    with built.road.store.reading() as tx:
        sealed = tx.execute(sa.select(t.case_contacts.c.sealed)).scalars().first()
        assert sealed is not None
        opened = record_sealing.open_text(built.road, tx, sealed, row="contact:police.example/1")
    assert json.loads(opened)["contact_phone"] == canary


def test_a_sealed_case_is_in_no_list(built: Built, files: Files) -> None:
    take(built, files.as_json([row(1, sealed="yes"), row(2)]))
    assert [r.case.id for r in registry.listing(built.road)] == ["police.example/2"]


def test_an_unknown_case_is_missing(built: Built) -> None:
    for call in (
        lambda: registry.show(built.road, "nobody"),
        lambda: registry.verify(built.road, "nobody", by="ben", evidence=EVIDENCE),
        lambda: registry.activate(built.road, "nobody", by="ben"),
        lambda: registry.end(built.road, "nobody", CaseStatus.CLOSED, by="ben", evidence=EVIDENCE),
    ):
        with pytest.raises(Missing):
            call()


ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
ANY_ROW = st.dictionaries(
    st.sampled_from([*case_files.CASE_FIELDS, *case_files.CONTACT_FIELDS, "photos", "photo_age"]),
    ANY_VALUE,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_=st.lists(ANY_ROW | ANY_VALUE, max_size=3))
def test_no_row_whatsoever_stops_an_import(built: Built, files: Files, rows_: list[Any]) -> None:
    report = take(built, files.as_json(rows_))
    done = len(report.added) + len(report.changed) + len(report.unchanged)
    assert report.found == len(rows_) == done + len(report.set_aside)


def test_the_store_agrees_that_only_active_cases_were_ever_enrolled(built: Built) -> None:
    add(built, 1)
    two = add(built, 2)
    registry.verify(built.road, two, by="ben", evidence=EVIDENCE)
    with built.road.store.transaction() as tx:
        for case_id in ("reg.example/1", two):
            built.road.engine.enqueue(tx, Stage.ENROL, case_id)
    assert work_off(built) == 0
    with built.road.store.reading() as tx:
        assert cases.gallery_changes(tx, after=0) == []
