"""Finding, referrals and exchange on the command line; what a page says of alarms; case files of a lead."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.cli.app import main
from bot.cli.cases_more import _need_partners
from bot.cli.context import DONE, WRONG_USE
from bot.console.alarm_words import heading
from bot.rules.casefiles import Authority, CaseFilePlan
from bot.rules.referral import Body, ReferralPlan
from bot.services import casefile, exchange, people
from store import case_teams
from store.errors import NotAllowed, UsageError
from store.records.registry import AuthorityKind, Relation, Standing
from tests.integration.console.conftest import Browser
from tests.integration.console.test_finding_by_hand import Places
from tests.integration.console.test_leads import key_of, lead_of
from tests.integration.console.world import CASE, UNNAMED, World
from tests.stores import START

OFFICE = Body("Child Welfare Office", "No. 17", "https://office.example")


class Line:
    """Commands over the made world; gives the exit code and what was said."""

    def __init__(self, world: World, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.options = capsys, ["--config", str(folder / "c.yaml"), "--data", str(folder)]
        (folder / "c.yaml").write_text("campaign: {hashtags: [Tag]}\n")
        (folder / "homeward.db").touch()
        home = SimpleNamespace(is_sample=False)
        built = SimpleNamespace(road=world.road, home=home, config=None, close=lambda: None)
        self.doors = cast(Any, SimpleNamespace(open=lambda *_, **__: built))

    def __call__(self, *words: str) -> tuple[int, Any]:
        self.capsys.readouterr()
        code = main(self.doors, [*self.options, *words])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return code, json.loads(said.out) if "--json" in words and code == DONE else said.out + said.err


@pytest.fixture
def line(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    for name, role in (("rex", "reviewer"), ("lena", "liaison"), ("olaf", "organiser")):
        people.add(world.road, name, role, by="tests")
    return Line(world, tmp_path, capsys)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"authority_reference": "A1"}, "--authority"),
        ({"authority": AuthorityKind.POLICE}, "--reference"),
        ({"photo_consent_by": "her mother"}, "--photo-consent-on"),
        ({"photo_consent_on": START.date()}, "--photo-consent-by"),
        ({"relation": Relation.PARENT}, "--relation-evidence"),
        ({"registry_record": "7"}, "--trusted-registry"),
    ],
)
def test_half_of_a_pair_asks_for_its_partner_by_name(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(UsageError, match=f"stands alone; give {missing} as well"):
        _need_partners(replace(Standing("home/1"), **given), given)
    # What the case has already, or what is taken away, asks for nothing.
    full = Standing(
        "home/1", authority=AuthorityKind.POLICE, authority_reference="A1", relation=Relation.PARENT,
        relation_evidence="paper", photo_consent_by="her mother", photo_consent_on=START.date(),
        registry="r", registry_record="7",
    )  # fmt: skip
    _need_partners(replace(full, **given), given)
    _need_partners(Standing("home/1"), {"authority_reference": ""})


def test_an_alarm_is_called_by_words_and_a_short_number_never_by_its_key() -> None:
    key = "alert:mastodon:https://social.example/1|9f3c|home/1"
    said = heading(key)
    assert said.startswith("Possible resemblance ") and len(said.split()[-1]) == 4
    assert said == heading(key) != heading(key + "2")
    for start, what in (
        ("alert:gone:", "a.example"),
        ("alert:lead:", "K7M2"),
        ("registry:expires:", "home/1"),
    ):
        shown = heading(start + what)
        assert what not in shown and ":" not in shown, shown
    assert heading("backup") == "backup" and heading("flood:") == "flood"


@pytest.mark.servers
def test_finding_by_hand_from_the_command_line_keeps_the_limits_of_the_console(
    world: World, line: Line
) -> None:
    world.road.gazetteer = lambda: Places()
    with world.road.store.transaction() as tx:
        case_teams.join(tx, CASE, "rob", by="vera", at=START)
    code, desk = line("finding", "desk", "--by", "rob", "--json")
    assert code == DONE and desk["cases"] == [CASE] and desk["left"] == 20
    purpose = ("--purpose", "seen at the fountain on Monday?")
    search = ("finding", "search", CASE, *purpose, "--place", "Jinjiang", "--by", "rob")
    code, found = line(*search, "--json")
    assert code == DONE and len(found["found"]) == 3
    assert "fountain" not in str(found["found"]), "the words of a post are not shown before it is opened"
    assert line(*search, "--radius-km", "1")[0] == WRONG_USE
    assert "several" in line(*search[:-4], "--place", "Twin", "--by", "rob")[1]
    assert line("finding", "open", found["id"], "1", "--why", "x", "--by", "rob")[0] == WRONG_USE
    code, opened = line(
        "finding", "open", found["id"], "1", "--why", "the same place", "--by", "rob", "--json"
    )
    assert code == DONE and "fountain" in opened["text"]
    assert line("finding", "show", found["id"], "--by", "rex")[0] == WRONG_USE, "somebody else's search"
    assert line("finding", "desk", "--by", "rob", "--json")[1]["left"] == 19
    assert line("finding", "audit", "--by", "olaf", "--json") == (DONE, [])
    assert line("finding", "check", found["id"], "maybe", "--by", "olaf")[0] == WRONG_USE


@pytest.mark.servers
def test_a_referral_goes_its_way_on_the_command_line(world: World, line: Line) -> None:
    world.road.referrals = ReferralPlan((OFFICE,))
    code, draft = line("referrals", "draft", UNNAMED, "--by", "rob", "--json")
    assert code == DONE and draft["bodies"] == [OFFICE.name] and "begging" not in draft["signs"]
    seen = ("--seen", "The child lies on the ground and does not wake up", "--where", "Jinjiang")
    prepare = (
        "referrals",
        "prepare",
        UNNAMED,
        "--to",
        OFFICE.name,
        *seen,
        "--day",
        "2026-05-25",
        "--by",
        "rob",
    )
    assert "one of" in line(*prepare, "--sign", "begs")[1], "that a child begs is no danger of the list"
    code, made = line(*prepare, "--sign", "ill", "--json")
    assert code == DONE and made["state"] == "prepared", made
    step = ("referrals", "step", made["id"])
    own = line(*step, "released", "--by", "rob")
    assert own[0] == WRONG_USE and "somebody else" in own[1]
    assert line(*step, "released", "--by", "lena", "--json")[1]["state"] == "released"
    assert line(*step, "handed_over", "--by", "lena")[0] == WRONG_USE, "to whom is asked"
    code, over = line(*step, "handed_over", "--why", "Ms Lin, at the office", "--by", "lena", "--json")
    assert code == DONE and over["answer_due_at"]
    assert [row["id"] for row in line("referrals", "list", "--by", "rex", "--json")[1]] == [made["id"]]


@pytest.mark.servers
def test_the_exchange_is_listed_for_registrars_and_admins_on_both_doors(
    world: World, line: Line, sign_in: Callable[..., Browser]
) -> None:
    exchange.agree(world.road, CASE, by="rita", agreed_by="her mother", evidence="letter of 3 May")
    code, found = line("exchange", "list", "--by", "rita", "--json")
    assert code == DONE and found["enabled"] is False
    assert found["records"] == [
        {"case": CASE, "state": "agreed", "agreed_by": "her mother", "by": "rita", "last_out": ""}
    ]
    with pytest.raises(NotAllowed, match="neither registrar nor administrator"):
        exchange.listing(world.road, by="rob")
    page = sign_in("rita").get("/exchange").text
    assert CASE in page and "her mother" in page and "/exchange/write" not in page


@pytest.mark.servers
def test_the_page_of_a_lead_lists_its_case_files_for_who_handles_them(
    world: World, line: Line, sign_in: Callable[..., Browser]
) -> None:
    police = Authority("Example police", "CN", "age1" + "q" * 58, "by telephone")
    plan = CaseFilePlan((police,), base_url="http://127.0.0.1:8780", responsible="Tests")
    world.road.case_files = replace(world.road.case_files, plan=plan)
    world.road.rules = replace(world.road.rules, second_look=True)
    lead = lead_of(world)
    made = casefile.prepare(
        world.road, key_of(world), by="rob", authority="Example police", purpose="to look for the child",
        why="asked by telephone", expires_at=world.clock() + timedelta(days=9),
    )  # fmt: skip
    link = f"/case-file-of/{made.file.number}"
    assert link in sign_in("lena").get(f"/lead?id={lead}").text
    assert link not in sign_in("olaf").get(f"/lead?id={lead}").text
