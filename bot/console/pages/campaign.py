"""The campaign from day to day: numbers, map, spread; the checklist of the first day; reports.

Shows what services say. No person is named and no place finer than a city is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words_campaign
from bot.console.answers import see
from bot.console.auth import CampaignForm, CampaignViewer
from bot.console.campaign_drawings import COLUMN_HEIGHT, WIDTH, columns, country_map, svg_marks
from bot.console.here import Console, Here
from bot.services import campaign_life, campaign_numbers, reporting
from bot.services.campaign_numbers import Life
from bot.services.drawing import Drawing
from bot.services.reporting_words import LANGUAGES
from store.errors import HomewardError, UsageError

router = APIRouter(include_in_schema=False)
DAYS = (1, 7, 21, 0)
"""Spans to choose from; 0 is the whole campaign."""


@router.get("/campaign")
def every_day(request: Request, here: Here, viewer: CampaignViewer, days: int = 21) -> Response:
    """Who takes part, what came, where, who carries it, how long things took."""
    if days not in DAYS:
        raise UsageError("days", f"is {days}; allowed are {', '.join(map(str, DAYS))}")
    life = _life(here, days)
    return here.pages.page(
        request, "campaign.html", life=life, days=days, choices=DAYS, columns=columns(life.days),
        width=WIDTH, height=COLUMN_HEIGHT, map=_map(here, life), say=words_campaign,
    )  # fmt: skip


def _life(here: Console, days: int) -> Life:
    """Up to today, or up to the last day that has posts where that is longer ago than the span."""
    life = campaign_numbers.life(here.road, days=days or None)
    if days and not life.total["posts"] and life.people:
        last = campaign_numbers.last_day(here.road)
        life = campaign_numbers.life(here.road, days=days, last=last)
    return life


def _map(here: Console, life: Life) -> Any:
    try:
        gazetteer = here.road.gazetteer()
    except HomewardError:
        return None
    around: Callable[..., Any] | None = getattr(gazetteer, "within", None)
    return country_map(life.provinces, gazetteer.lookup, around)


@router.get("/campaign/start")
def start(request: Request, here: Here, viewer: CampaignViewer) -> Response:
    """What has to be done before the campaign goes live, and the texts to copy."""
    items = campaign_life.checklist(here.road)
    profile, call = campaign_life.texts(here.road)
    return here.pages.page(
        request, "campaign_start.html", items=items, todo=[each for each in items if not each.is_done],
        profile=profile, call=call, say=words_campaign, most=campaign_life.MAX_NOTE_CHARS,
    )  # fmt: skip


@router.post("/campaign/start/tick")
def tick(here: Here, form: CampaignForm) -> Response:
    """Say that something was done, or take that back."""
    if form.get("back"):
        campaign_life.untick(here.road, form.need("name"), by=form.viewer.name)
    else:
        campaign_life.tick(here.road, form.need("name"), note=form.get("note"), by=form.viewer.name)
    return see("/campaign/start")


@router.get("/campaign/reports")
def reports(request: Request, here: Here, viewer: CampaignViewer) -> Response:
    """All reports, and making one."""
    last = campaign_numbers.last_day(here.road)
    first, until = reporting.last_week(last)
    return here.pages.page(
        request, "campaign_reports.html", reports=reporting.listing(here.road), first=first, last=until,
        languages_of=tuple(LANGUAGES), is_weekly=here.road.life.weekly_report,
    )  # fmt: skip


@router.post("/campaign/reports/make")
def make_report(here: Here, form: CampaignForm) -> Response:
    """Make the report of some days."""
    first, last = _day("first", form.need("first")), _day("last", form.need("last"))
    made = reporting.make(here.road, first, last, by=form.viewer.name)
    return see(f"/campaign/report?number={made.number}")


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(name, f"is {text[:20]!r}; write a day as 2026-11-23") from error


@router.get("/campaign/report")
def report(
    request: Request, here: Here, viewer: CampaignViewer, number: int, language: str = "en"
) -> Response:
    """A report as a page, in one of its languages."""
    found = reporting.show(here.road, number)
    parts = [
        (type(each).__name__.lower(), each, svg_marks(each) if isinstance(each, Drawing) else ())
        for each in reporting.parts(found, language)
    ]
    return here.pages.page(
        request, "campaign_report.html", report=found, parts=parts, language=language,
        languages_of=tuple(LANGUAGES),
    )  # fmt: skip


@router.get("/campaign/report.pdf")
def report_pdf(here: Here, viewer: CampaignViewer, number: int, language: str = "en") -> Response:
    """The same as PDF."""
    found = reporting.show(here.road, number)
    name = f"report-{found.number}-{language}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(reporting.pdf(found, language), media_type="application/pdf", headers=headers)
