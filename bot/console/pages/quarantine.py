"""Reporting a picture, for everybody; the tasks in quarantine, for the officer alone. Shows no picture.

What a report or a step sets in motion is decided in bot/services/quarantine.py.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Officer, OfficerForm, PictureReport, Reporter
from bot.console.here import Here
from bot.console.rendering import link_to
from bot.services import quarantine
from store.errors import UsageError

router = APIRouter(include_in_schema=False)


@router.get("/report-picture")
def ask(request: Request, here: Here, viewer: Reporter, picture: str = "", done: str = "") -> Response:
    """Ask once more before a picture is taken away; afterwards, say under which reference it is gone."""
    return here.pages.page(request, "report_picture.html", picture=picture, reference=done)


@router.post("/report-picture")
def report(here: Here, form: PictureReport) -> Response:
    """Take the picture away everywhere, at once."""
    picture, note = form.need("picture"), form.get("note")
    reference = quarantine.report(here.road, picture, by=form.viewer.name, note=note)
    return see(link_to("/report-picture", done=reference))


@router.get("/quarantine")
def tasks(request: Request, here: Here, viewer: Officer, closed: int = 0) -> Response:
    """The tasks by reference, those due first."""
    items = quarantine.tasks(here.road, by=viewer.name, closed=closed == 1)
    health, progress = quarantine.lists(here.road)
    return here.pages.page(
        request, "quarantine.html", items=items, closed=closed == 1, now=here.road.clock(),
        lists=health, progress=progress,
    )  # fmt: skip


@router.get("/quarantine/task")
def task(request: Request, here: Here, viewer: Officer, reference: str) -> Response:
    """One task: why, where, what has to be preserved and reported."""
    found = quarantine.show(here.road, reference, by=viewer.name)
    return here.pages.page(
        request, "quarantine_task.html", task=found, item=found.item, now=here.road.clock()
    )


@router.post("/quarantine/reported")
def reported(here: Here, form: OfficerForm) -> Response:
    """It was reported: to whom, under which reference, preserved until when."""
    item = quarantine.mark_reported(
        here.road, form.need("reference"), by=form.viewer.name, to=form.get("to"),
        report_reference=form.get("report_reference"), preserve_until=_day(form.get("preserve_until")),
    )  # fmt: skip
    return _back(item.reference)


@router.post("/quarantine/release")
def release(here: Here, form: OfficerForm) -> Response:
    """A false positive: an ordinary picture again."""
    reference = form.need("reference")
    quarantine.release(here.road, reference, by=form.viewer.name, why=form.get("why"))
    return _back(reference)


@router.post("/quarantine/bar")
def bar(here: Here, form: OfficerForm) -> Response:
    """Not reportable, but it stays out."""
    reference = form.need("reference")
    quarantine.bar(here.road, [reference], by=form.viewer.name, why=form.get("why"))
    return _back(reference)


def _back(reference: str) -> Response:
    return see(link_to("/quarantine/task", reference=reference))


def _day(value: str) -> datetime | None:
    """The end of a day in UTC; None for an empty field."""
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(hour=23, minute=59, tzinfo=UTC)
    except ValueError:
        raise UsageError("preserve_until", f"is {value[:20]!r}; write it as YYYY-MM-DD") from None
