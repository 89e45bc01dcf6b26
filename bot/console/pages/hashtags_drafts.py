"""Drafts of hashtags and query: form, preview, going live with a reason, versions and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Form, Looker, TuneForm, Tuner
from bot.console.here import Here
from bot.console.pages.hashtags import HEIGHT, WIDTH, number_of
from bot.console.rendering import link_to
from bot.services import bench_drafts, bench_preview, bench_query
from bot.services import campaign as versions
from bot.services.bench_query import Selection
from store.errors import UsageError

router = APIRouter(include_in_schema=False)
KINDS = ("weibo", "x", "mastodon", "bluesky")
DAYS = (0, 1, 7, 28)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the curve: where it stands, how tall it is now and then."""

    x: float
    width: float
    before: float
    after: float


@router.get("/hashtags/drafts")
def drafts(request: Request, here: Here, viewer: Tuner, draft: int = 0) -> Response:
    """All drafts, and a form that begins with what counts now or with an earlier draft."""
    now = bench_drafts.in_force(here.road)
    if draft:
        now = bench_query.selection_of(bench_drafts.get(here.road, draft).content)
    return here.pages.page(
        request, "hashtags_drafts.html", drafts=bench_drafts.listing(here.road), now=now,
        shown=[bench_query.shown(now, kind) for kind in KINDS],
    )  # fmt: skip


@router.post("/hashtags/draft")
def make(here: Here, form: TuneForm) -> Response:
    """Keep a draft and show what it would bring."""
    made = bench_drafts.make(here.road, _selection(form), by=form.viewer.name, why=form.get("why"))
    return see(link_to("/hashtags/preview", draft=made.number))


def _selection(form: Form) -> Selection:
    names = ("hashtags", "all", "none", "phrases", "langs", "not_authors")
    return Selection(**{name: _lines(form.get(name)) for name in names})


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@router.get("/hashtags/preview")
def preview(request: Request, here: Here, viewer: Tuner, draft: int, days: int = 0) -> Response:
    """What a draft would bring, tried on the stored posts."""
    if days not in DAYS:
        raise UsageError("days", f"is {days}; allowed are {', '.join(map(str, DAYS))}")
    held, now = bench_drafts.get(here.road, draft), bench_drafts.in_force(here.road)
    then = bench_query.selection_of(held.content)
    found = bench_preview.preview(here.road, now, then, days=days or None)
    hours = _hours(found.before.hours, found.after.hours)
    return here.pages.page(
        request, "hashtags_preview.html", draft=held, found=found, days=days, choices=DAYS,
        changes=bench_drafts.changes(now.content(), then.content()), hours=hours,
        shown=[bench_query.shown(then, kind) for kind in KINDS], width=int(WIDTH), height=int(HEIGHT),
        can_go_live=here.settings.config_file is not None,
    )  # fmt: skip


def _hours(before: Mapping[datetime, int], after: Mapping[datetime, int]) -> list[Hour]:
    """The posts of each hour of the day (UTC), all days together: when they come."""
    sums = [[0, 0] for _ in range(24)]
    for at, side in enumerate((before, after)):
        for hour, number in side.items():
            sums[hour.hour][at] += number
    most = max(max(pair) for pair in sums) or 1
    width = WIDTH / 24
    return [
        Hour(at * width, width * 0.42, HEIGHT * old / most, HEIGHT * new / most)
        for at, (old, new) in enumerate(sums)
    ]


@router.post("/hashtags/live")
def live(here: Here, form: TuneForm) -> Response:
    """Put a draft into force, or leave it aside."""
    number = number_of(form.need("draft"), "draft")
    if form.need("to") == "live":
        file = here.settings.config_file
        bench_drafts.go_live(here.road, file, number, by=form.viewer.name, why=form.need("why"))
        return see("/hashtags/versions")
    bench_drafts.drop(here.road, number, by=form.viewer.name, why=form.get("why"))
    return see("/hashtags/drafts")


@router.get("/hashtags/versions")
def history(request: Request, here: Here, viewer: Looker, one: int = 0, other: int = 0) -> Response:
    """All versions with their reasons; two of them beside each other."""
    held = versions.versions(here.road)
    newest = held[0].number if held else 0
    other = other or newest
    one = one or max(other - 1, 1)
    pair = [bench_drafts.version(here.road, number) for number in (one, other)] if held else []
    changes = bench_drafts.changes(pair[0].content, pair[1].content) if pair else []
    return here.pages.page(
        request, "hashtags_versions.html", versions=held, one=one, other=other, changes=changes, newest=newest
    )


@router.post("/hashtags/rollback")
def rollback(here: Here, form: TuneForm) -> Response:
    """Make a draft of an earlier version; it goes live like every other, with a reason."""
    number = number_of(form.need("number"), "number")
    made = bench_drafts.of_version(here.road, number, by=form.viewer.name)
    return see(link_to("/hashtags/preview", draft=made.number))
