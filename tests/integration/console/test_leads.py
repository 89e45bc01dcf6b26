"""Leads from the second confirmation to the end, as each role of the field sees and moves them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli.app import main
from bot.cli.context import DONE, WRONG_USE, Doors
from bot.pipeline import casework, lead_rounds, quarantining
from bot.rules.leads import Said
from bot.services import alarms, lead_sights, leads, leads_making, people, review
from store import audit, case_teams, cases, matches
from store import leads as rows
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.lead import LeadState, StepKind, Topic
from store.records.match import Verdict
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, UNNAMED, World

pytestmark = pytest.mark.servers
FIELD = {"lena": "liaison", "cai": "civil-affairs", "nora": "ngo", "olaf": "organiser", "rex": "reviewer"}
REPORTED = Said("told on the telephone", "PSB Chengdu", "A 17", date(2026, 5, 25))


@pytest.fixture
def field(world: World) -> World:
    for name, role in FIELD.items():
        people.add(world.road, name, role, by="tests")
    world.road.rules = replace(world.road.rules, second_look=True)
    return world


def key_of(world: World, post: str = NAMED) -> str:
    with world.road.store.reading() as tx:
        return matches.of_post(tx, post)[0].match.key


def confirm(world: World, *names: str, post: str = NAMED) -> str:
    """Say possible, one after the other; gives the lead's reference."""
    key = key_of(world, post)
    for name in names:
        review.decide(world.road, key, Verdict.POSSIBLE, by=name)
    return leads_making.lead_id(world.road, key)


def lead_of(world: World) -> str:
    return confirm(world, "rob", "rex")


def actions(world: World, subject: str) -> list[str]:
    with world.road.store.reading() as tx:
        return [each.action for each in audit.entries(tx) if each.subject == subject]


# ── how one is made ──────────────────────────────────────────────────────────────────────────────


def test_two_people_make_a_lead_and_one_alone_makes_none(field: World) -> None:
    lead = confirm(field, "rob")
    with field.road.store.reading() as tx:
        assert rows.listing(tx) == []
    confirm(field, "rex")
    with field.road.store.reading() as tx:
        (row,) = rows.listing(tx)
        (count,) = rows.count(tx)
    assert (row.id, row.state, row.case_id) == (lead, LeadState.CONFIRMED, CASE)
    assert (count.source, count.tag, count.leads) == ("mastodon", "HomewardTag", 1)
    assert row.due_at == field.clock() + timedelta(days=1)
    assert actions(field, lead) == ["lead.made"] and lead not in CASE


def test_an_undone_confirmation_takes_a_fresh_lead_back_and_a_new_one_brings_it_again(field: World) -> None:
    lead = lead_of(field)
    review.undo(field.road, key_of(field), by="rex")
    assert leads.show(field.road, lead, by="olaf").lead.state is LeadState.TAKEN_BACK
    assert leads.show(field.road, lead, by="lena").next == ()
    confirm(field, "rex")
    again = leads.show(field.road, lead, by="lena")
    assert again.lead.state is LeadState.CONFIRMED and len(again.steps) == 3


def test_what_is_with_the_police_is_not_undone_and_they_read_that_a_reviewer_changed_their_mind(
    field: World,
) -> None:
    lead = lead_of(field)
    leads.take(field.road, lead, LeadState.REPORTED, REPORTED, by="lena")
    review.undo(field.road, key_of(field), by="rex")
    view = leads.show(field.road, lead, by="lena")
    assert view.lead.state is LeadState.REPORTED and view.steps[-1].step.kind is StepKind.NOTE
    assert view.steps[-1].said is not None and "tell the office" in view.steps[-1].said.note


def test_a_machines_verdict_never_counts(field: World) -> None:
    key = key_of(field)
    with field.road.store.transaction() as tx:
        from store.records.match import Decision

        matches.decide(tx, Decision(key, Verdict.LATER, "rob", field.clock()))
        assert leads_making.follow(field.road, tx, key, by="homeward") is None


# ── its way ──────────────────────────────────────────────────────────────────────────────────────


def test_the_whole_way_home_leaves_every_step_with_who_and_when(field: World) -> None:
    road, lead = field.road, lead_of(field)
    leads.take(road, lead, LeadState.REPORTED, REPORTED, by="lena")
    with pytest.raises(Missing):
        leads.show(road, lead, by="cai")
    assert leads.assign(road, lead, "cai", by="olaf").steps[-1].given_to == "cai"
    leads.take(road, lead, LeadState.LOCATED, Said("found at school"), by="lena")
    arranged = Said("both parents", "Civil affairs, Jinjiang")
    leads.take(road, lead, LeadState.DNA_ARRANGED, arranged, by="cai")
    field.clock.pass_by(timedelta(days=9))
    leads.take(road, lead, LeadState.DNA_SUPPORTS, Said("laboratory 7"), by="cai")
    view = leads.take(road, lead, LeadState.REUNITED, Said("met on Friday"), by="lena")
    states = [row.step.after for row in view.steps if row.step.kind is StepKind.STEP]
    assert states == [
        LeadState.REPORTED, LeadState.LOCATED, LeadState.DNA_ARRANGED, LeadState.DNA_SUPPORTS,
        LeadState.REUNITED,
    ]  # fmt: skip
    assert view.next == () and view.lead.due_at is None and view.offer is not None
    with field.road.store.reading() as tx:
        assert cases.get(tx, CASE).status is CaseStatus.ACTIVE, "offered, never forced"
    dna = next(row for row in view.steps if row.step.after is LeadState.DNA_ARRANGED)
    assert dna.said is None and dna.is_sealed, "the liaison reads no words of the test"
    assert actions(field, lead).count("lead.step") == 5


def test_nobody_skips_a_step_or_takes_one_of_another_role(field: World) -> None:
    road, lead = field.road, lead_of(field)
    with pytest.raises(Conflict, match="reported, ruled_out"):
        leads.take(road, lead, LeadState.REUNITED, Said("they are home"), by="lena")
    for name in ("rex", "olaf", "root", "rita"):
        with pytest.raises(NotAllowed, match="liaison"):
            leads.take(road, lead, LeadState.REPORTED, REPORTED, by=name)
    with pytest.raises(UsageError, match="office"):
        leads.take(road, lead, LeadState.REPORTED, Said(), by="lena")
    assert len(leads.show(road, lead, by="lena").steps) == 1


def test_a_step_back_is_a_new_row_and_deletes_nothing(field: World) -> None:
    road, lead = field.road, lead_of(field)
    leads.take(road, lead, LeadState.REPORTED, REPORTED, by="lena")
    leads.take(road, lead, LeadState.RULED_OUT, Said("another child, said the office"), by="lena")
    view = leads.back(road, lead, LeadState.REPORTED, "they mixed up two files", by="lena")
    assert view.lead.state is LeadState.REPORTED and len(view.steps) == 4
    assert [row.said.note for row in view.steps if row.said][-1] == "they mixed up two files"


def test_notes_lie_sealed_in_the_database(field: World) -> None:
    lead = lead_of(field)
    leads.take(field.road, lead, LeadState.REPORTED, REPORTED, by="lena")
    with field.road.store.reading() as tx:
        kept = rows.steps(tx, lead)[-1].sealed
        entries = [str(each) for each in audit.entries(tx)]
    assert kept is not None and b"PSB" not in kept and b"A 17" not in kept
    assert not any("PSB" in entry or "A 17" in entry for entry in entries)


# ── sealed cases, destroyed cases ────────────────────────────────────────────────────────────────


def test_of_a_sealed_case_its_team_alone_knows_a_lead_whatever_the_role(field: World) -> None:
    lead = lead_of(field)
    with field.road.store.transaction() as tx:
        cases.put(tx, replace(cases.get(tx, CASE).case, sealed=True))
    for name in (*FIELD, "root", "rita"):
        for call in (leads.show, lead_sights.around):
            with pytest.raises((Missing, NotAllowed)) as caught:
                call(field.road, lead, by=name)
            assert caught.value.detail == "is not a lead"
        if name not in ("cai", "nora"):
            assert leads.board(field.road, by=name) == []
    with field.road.store.transaction() as tx:
        case_teams.join(tx, CASE, "lena", by="vera", at=field.clock())
    assert leads.show(field.road, lead, by="lena").lead.id == lead
    with pytest.raises(UsageError, match="team"):
        leads.assign(field.road, lead, "cai", by="lena")


def test_leads_go_with_a_destroyed_case(field: World) -> None:
    lead_of(field)
    with field.road.store.transaction() as tx:
        casework.destroy(field.road, tx, CASE, by="homeward")
        assert rows.listing(tx) == []


# ── reminders ────────────────────────────────────────────────────────────────────────────────────


def test_a_lead_past_its_date_raises_one_alarm_by_reference_and_again_after_a_while(field: World) -> None:
    road, lead = field.road, lead_of(field)
    assert lead_rounds.remind(road) == 0
    field.clock.pass_by(timedelta(days=1, minutes=1))
    assert lead_rounds.remind(road) == 1 and lead_rounds.remind(road) == 0
    words = [each.words for each in alarms.standing(road) if "due date" in each.words]
    assert words == [f"Alert {lead} to the case team: a lead is past its due date."]
    field.clock.pass_by(timedelta(days=3))
    assert lead_rounds.remind(road) == 1
    leads.take(road, lead, LeadState.REPORTED, REPORTED, by="lena")
    assert not [each for each in alarms.standing(road) if "due date" in each.words]


def test_somebody_can_say_that_it_takes_longer(field: World) -> None:
    road, lead = field.road, lead_of(field)
    later = field.clock() + timedelta(days=20)
    leads.set_due(road, lead, later, "the office is closed", by="lena")
    field.clock.pass_by(timedelta(days=19))
    assert lead_rounds.remind(road) == 0
    with pytest.raises(UsageError, match="ahead"):
        leads.set_due(road, lead, field.clock() - timedelta(days=1), "too late", by="lena")


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def test_a_document_is_sealed_counted_and_handed_out_as_a_file_alone(field: World) -> None:
    road, lead = field.road, lead_of(field)
    text = b"receipt <script>alert(1)</script>"
    view = leads.note(road, lead, Topic.POLICE, "the receipt", by="lena", files=[("../a/<b>.html", text)])
    (document,) = view.steps[-1].documents
    assert document.name == "b.txt" and document.document.size_bytes == len(text)
    opened = lead_sights.open_document(road, document.document.id, by="lena")
    assert opened.data == text
    assert actions(field, document.document.id) == ["lead.document", "lead.document_opened"]
    for name in ("rex", "olaf", "nora", "cai"):
        with pytest.raises((NotAllowed, Missing)):
            lead_sights.open_document(road, document.document.id, by=name)


@pytest.mark.parametrize("data", [b"", b"MZ\x90\x00binary\x00", b"\xff\xfe\x00text", b"PK\x03\x04\x00\x00"])
def test_what_is_no_pdf_picture_or_text_is_not_kept(field: World, data: bytes) -> None:
    lead = lead_of(field)
    with pytest.raises(UsageError):
        leads.note(field.road, lead, Topic.POLICE, "a file", by="lena", files=[("x.pdf", data)])
    assert len(leads.show(field.road, lead, by="lena").steps) == 1


def test_documents_have_limits(field: World) -> None:
    road, lead = field.road, lead_of(field)
    road.leads = replace(road.leads, max_document_mb=0.0001, max_documents=1)
    with pytest.raises(UsageError, match="larger"):
        leads.note(road, lead, Topic.POLICE, "a file", by="lena", files=[("x.txt", b"x" * 101)])
    leads.note(road, lead, Topic.POLICE, "a file", by="lena", files=[("x.txt", b"x")])
    with pytest.raises(UsageError, match="one too many"):
        leads.note(road, lead, Topic.POLICE, "a file", by="lena", files=[("x.txt", b"x")])


def test_a_picture_goes_through_the_gate_before_it_is_kept(field: World, monkeypatch: Any) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(quarantining, "admit", lambda road, data: seen.append(data))
    lead = lead_of(field)
    jpeg = b"\xff\xd8\xff\xe0rest"
    leads.note(field.road, lead, Topic.POLICE, "a photo", by="lena", files=[("x.png", jpeg)])
    assert seen == [jpeg]


# ── the pages ────────────────────────────────────────────────────────────────────────────────────


def test_the_board_and_a_lead_are_moved_by_plain_forms(field: World, sign_in: Callable[..., Browser]) -> None:
    lead = lead_of(field)
    browser = sign_in("lena")
    board = browser.get("/leads").text
    assert lead in board and "confirmed in review" in board
    page = browser.get(f"/lead?id={lead}").text
    assert "Child &lt;b&gt;Seven" in page and "春熙路" in page
    sent = {"id": lead, "to": "reported", "office": "PSB", "reference": "A 17", "happened_on": "2026-05-25"}
    assert browser.post("/lead/step", sent).status_code == 303
    assert "reported to the police" in browser.get("/leads").text
    back = {"id": lead, "to": "confirmed", "why": "wrong office"}
    assert browser.post("/lead/back", back).status_code == 303
    assert "wrong office" in browser.get(f"/lead?id={lead}").text
    assert browser.post("/lead/step", {"id": lead, "to": "nonsense"}).status_code == 400


def test_each_role_reads_on_the_page_what_is_for_it_and_nothing_else(
    field: World, sign_in: Callable[..., Browser]
) -> None:
    road, lead = field.road, lead_of(field)
    leads.take(road, lead, LeadState.REPORTED, REPORTED, by="lena")
    for name in ("cai", "nora"):
        leads.assign(road, lead, name, by="olaf")
    leads.note(road, lead, Topic.WELFARE, "needs winter shoes", by="nora")
    leads.note(road, lead, Topic.DNA, "laboratory seven", by="cai")
    marks = {
        "child": "Child &lt;b&gt;Seven", "place": "春熙路", "police": "PSB Chengdu",
        "dna": "laboratory seven", "welfare": "winter shoes", "photos": "/lead/photo/",
    }  # fmt: skip
    sees = {
        "lena": {"child", "place", "police", "photos"}, "cai": {"child", "police", "dna"},
        "nora": {"welfare"}, "olaf": set(), "root": set(), "rex": {"place", "photos"}, "rita": {"child"},
    }  # fmt: skip
    for name, wanted in sees.items():
        answer = sign_in(name).get(f"/lead?id={lead}")
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        assert {what for what, mark in marks.items() if mark in answer.text} == wanted, name


def test_a_picture_of_a_lead_is_blurred_by_itself_and_refused_to_other_roles(
    field: World, sign_in: Callable[..., Browser]
) -> None:
    lead = lead_of(field)
    browser = sign_in("lena")
    served = re.findall(r"/lead/photo/(\S+?)\?view=blurred", browser.get(f"/lead?id={lead}").text)
    assert len(served) == 2
    blurred = browser.get(f"/lead/photo/{served[0]}")
    clear = browser.get(f"/lead/photo/{served[0]}?view=clear")
    assert blurred.status_code == clear.status_code == 200 and len(blurred.content) < len(clear.content)
    for name in ("olaf", "root", "rita"):
        assert sign_in(name).get(f"/lead/photo/{served[0]}").status_code in (403, 404)
    other = browser.get(f"/lead/photo/{lead}/{field.served[2]}")
    assert other.status_code == 404, "a picture of another post"


def test_the_familys_contact_opens_for_civil_affairs_with_a_reason_and_is_written_down(
    field: World, sign_in: Callable[..., Browser]
) -> None:
    from bot.services.cases import seal_contact

    road, lead = field.road, lead_of(field)
    with road.store.transaction() as tx:
        seal_contact(road, tx, CASE, {"phone": "117-0"})
    leads.assign(road, lead, "cai", by="olaf")
    browser = sign_in("cai")
    page = browser.get(f"/lead?id={lead}").text
    assert "117-0" not in page and "/lead/contact" in page
    assert browser.post("/lead/contact", {"id": lead, "why": ""}).status_code == 400
    shown = browser.post("/lead/contact", {"id": lead, "why": "to arrange the test"})
    assert "117-0" in shown.text and shown.headers["cache-control"] == "no-store"
    assert actions(field, CASE)[-1] == "case.contact_opened"
    lena = sign_in("lena")
    lena.get(f"/lead?id={lead}")
    assert lena.post("/lead/contact", {"id": lead, "why": "to call them"}).status_code == 403


def test_a_document_leaves_as_a_download_whatever_it_is(
    field: World, sign_in: Callable[..., Browser]
) -> None:
    lead = lead_of(field)
    browser = sign_in("lena")
    browser.get(f"/lead?id={lead}")
    html = b"<html><script>alert(1)</script></html>"
    answer = browser.http.post(
        "/lead/note", data={"csrf": browser.csrf, "id": lead, "topic": "police", "note": "their letter"},
        files={"document": ("x.html", html, "text/html")}, headers={"Origin": str(browser.http.base_url)},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    document = re.findall(r'name="document" value="([^"]+)"', browser.get(f"/lead?id={lead}").text)[0]
    got = browser.post("/lead/document", {"document": document})
    assert got.content == html and got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"


def test_who_confirmed_later_makes_no_second_lead(field: World) -> None:
    lead_of(field)
    confirm(field, "rob", "rex", post=UNNAMED)
    with field.road.store.reading() as tx:
        assert len(rows.listing(tx)) == 2
        assert len({row.id for row in rows.listing(tx)}) == 2


# ── the command line ─────────────────────────────────────────────────────────────────────────────


def command(world: World, folder: Path, *arguments: str) -> int:
    file = folder / "config.yaml"
    file.write_text("campaign: {hashtags: [Tag]}\n", "utf-8")
    home = SimpleNamespace(is_sample=False)
    built: Any = SimpleNamespace(road=world.road, home=home, config=None, close=lambda: None)
    doors = Doors(open=lambda *_, **__: built, run=lambda *_: 0, once=lambda *_: {})
    return main(doors, ["--config", str(file), "--data", str(folder), "leads", *arguments])


def test_leads_are_moved_from_the_command_line_by_the_same_rules(
    field: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = lead_of(field)
    assert command(field, tmp_path, "list", "--json", "--by", "lena") == DONE
    (row,) = json.loads(capsys.readouterr().out)
    assert row["id"] == lead and row["state"] == "confirmed" and row["child"]
    letter = tmp_path / "letter.txt"
    letter.write_text("dear colleagues", "utf-8")
    step = ("step", lead, "reported", "--office", "PSB", "--reference", "A17", "--on", "2026-05-25")
    assert command(field, tmp_path, *step, "--document", str(letter), "--json", "--by", "lena") == DONE
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "reported" and said["steps"][-1]["office"] == "PSB"
    assert len(said["steps"][-1]["documents"]) == 1
    for wrong in (
        ("step", lead, "reported", "--by", "lena"),
        ("step", lead, "nonsense", "--by", "lena"),
        ("step", lead, "located", "--on", "yesterday", "--by", "lena"),
        ("step", lead, "located", "--by", "rex"),
        ("show", lead, "--by", "cai"),
        ("show", "NONE", "--by", "lena"),
        ("list", "--by", "nobody"),
        ("due", lead, "2020-01-01", "--why", "too early", "--by", "lena"),
    ):
        assert command(field, tmp_path, *wrong) == WRONG_USE, wrong
    assert command(field, tmp_path, "assign", lead, "cai", "--by", "lena") == DONE
    assert command(field, tmp_path, "show", lead, "--by", "cai") == DONE
    out = capsys.readouterr().out
    assert "[reported]" in out and "A17" in out
