"""More into the made-up installation: a lead, a case file, a referral, a search, a report, a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pyrage

from bot.pipeline import counting, tag_counting
from bot.rules.casefiles import Authority, CaseFilePlan
from bot.rules.finding import Query
from bot.rules.leads import Said
from bot.rules.life import LifePlan
from bot.rules.referral import Body, ReferralPlan
from bot.services import (
    bench_drafts,
    casefile,
    finding,
    leads,
    leads_making,
    people,
    referrals,
    registering,
    reporting,
    review,
    safeguarding,
)
from store import campaign, case_teams, matches
from store.records.lead import LeadState
from store.records.match import Verdict
from store.records.post import Platform
from store.records.referral import Danger, Details
from store.records.registry import SourcePermission
from tests import tag_world
from tests.browser.furnished import EVERYTHING
from tests.integration.console.test_finding_by_hand import AREA, Places
from tests.integration.console.world import CASE, ON_X, UNNAMED, Clock, World, make_road

POLICE = Authority(
    "Example police 示例警方", "CN", str(pyrage.x25519.Identity.generate().to_public()), "by telephone"
)
LONE = "mastodon:https://social.example/statuses/95"
PURPOSE = "the mother heard of a child near the market"


def empty_world(folder: Path) -> World:
    """An installation on its first day: one account, nothing read, nothing registered."""
    clock = Clock()
    road = replace(make_road(folder, clock), faces=cast(Any, lambda: SimpleNamespace(digest="model-digest")))
    people.add(road, EVERYTHING, people.ROLES, by="tests")
    return World(road, clock)


def furnish_field(world: World, who: str) -> dict[str, str]:
    """All of it, seen by `who`; gives the pages that came of it, by what they show."""
    road = world.road
    road.life = LifePlan("UTC", public_numbers=True)
    road.gazetteer = lambda: cast(Any, Places())
    with road.store.transaction() as tx:
        case_teams.join(tx, CASE, who, by="vera", at=world.clock())
    pages = {**_lead(world), **_hashtags(world, who)}
    pages["referral"] = f"/referral?id={_referral(world)}"
    world.add_post(LONE, Platform.MASTODON)
    pages["a new referral"] = f"/referral/new?{urlencode({'post': LONE})}"
    pages["what was found"] = f"/finding/search?id={_search(world, who)}"
    pages["report"] = f"/campaign/report?number={_report(world, who)}"
    pages["report in Chinese"] = pages["report"] + "&language=zh"
    task = safeguarding.hand_over(road, "mastodon:https://social.example/statuses/35", by="rob")
    pages["safeguarding task"] = f"/safeguarding/task?reference={task}"
    registering.permit_source(
        road, SourcePermission("registry.example", search=True, basis="letter of 3 May"), by="rita"
    )
    return pages


def _lead(world: World) -> dict[str, str]:
    """Two people say possible of one candidate: a lead, a step on it, and a case file of it."""
    road = world.road
    road.rules = replace(road.rules, second_look=True)
    with road.store.reading() as tx:
        key = matches.of_post(tx, UNNAMED)[0].match.key
    for name in ("rob", "sam"):
        review.decide(road, key, Verdict.POSSIBLE, by=name)
    lead = leads_making.lead_id(road, key)
    said = Said("told on the telephone", "PSB Chengdu", "A 17", date(2026, 5, 25))
    leads.take(road, lead, LeadState.REPORTED, said, by="lena")
    road.case_files = replace(
        road.case_files, plan=CaseFilePlan((POLICE,), base_url="http://127.0.0.1:8780", responsible="Tests")
    )
    expires = world.clock() + timedelta(days=10)
    made = casefile.prepare(
        road, key, by="rob", authority=POLICE.name, purpose="to look for the missing child",
        why="asked by telephone today", expires_at=expires,
    )  # fmt: skip
    return {"lead": f"/lead?id={lead}", "case file": f"/case-file-of/{made.file.number}"}


def _hashtags(world: World, who: str) -> dict[str, str]:
    with world.road.store.transaction() as tx:
        block = {"name": "Tests", "hashtags": ["Home"], "sources": []}
        campaign.put(tx, block, author="t", reason="as agreed", at=world.clock())
        for number in range(6):
            tag_world.put(tx, tag_world.post(number, ["Home", "Ｈｏｍｅ🙏"], author=number))
    tag_counting.round_of(world.road)
    wish = replace(bench_drafts.in_force(world.road), hashtags=("Home", "Find"))
    draft = bench_drafts.make(world.road, wish, by=who, why="both are in use")
    return {"draft": f"/hashtags/preview?draft={draft.number}", "hashtag": "/hashtags/tag?tag=Home"}


def _referral(world: World) -> str:
    world.road.referrals = ReferralPlan((Body("Child Office", "No. 17", "https://office.example"),))
    seen = Details("A man hit the child twice near the fountain.", "Jinjiang", world.clock().date(), "girl")
    made = referrals.prepare(world.road, ON_X, "Child Office", frozenset({Danger.HIT}), seen, by="rob")
    return str(made.referral.id)


def _search(world: World, who: str) -> str:
    now = world.clock()
    query = Query(AREA.name, AREA.lat, AREA.lon, 10, now - timedelta(days=30), now + timedelta(days=1))
    return str(finding.search(world.road, CASE, PURPOSE, query, by=who).search.id)


def _report(world: World, who: str) -> int:
    counting.rebuild(world.road)
    return reporting.make(world.road, date(2026, 5, 18), date(2026, 5, 24), by=who).number
