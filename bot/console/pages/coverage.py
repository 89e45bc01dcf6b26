"""What was read and what not, and the alarms: coverage, alarms, acknowledging one.

Shows what bot/services/coverage.py and bot/services/alarms.py say; draws nothing but geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from markupsafe import Markup, escape
from starlette.responses import Response

from bot.console import alarm_words
from bot.console.answers import see
from bot.console.auth import AlarmForm, Looker
from bot.console.here import Here
from bot.console.rendering import moment, number
from bot.console.strips import Bar, Piece, bars, strip
from bot.console.tongue import gettext
from bot.pipeline.silence import PREFIX
from bot.pipeline.source import MENTIONS, STREAM
from bot.services import alarms, overview
from bot.services import coverage as looking
from bot.services.coverage import TagCoverage
from store import imports
from store.errors import UsageError
from store.records.campaign import SourceHealth
from store.records.coverage import Backfill, CoverState

router = APIRouter(include_in_schema=False)
DAYS = (1, 7, 30)
_NAMES = {STREAM: "all hashtags at once (a stream)", MENTIONS: "posts that name us"}


@dataclass(frozen=True, slots=True)
class TagView:
    """One hashtag of a source, with its drawings; `misses` are its open and lost spans, newest first."""

    known: TagCoverage
    name: str
    start: datetime
    pieces: list[Piece]
    bars: list[Bar]
    backfills: tuple[Backfill, ...]

    @property
    def misses(self) -> list[looking.Stretch]:
        """What is not complete, newest first."""
        return [each for each in reversed(self.known.stretches) if each.state is not CoverState.COMPLETE]

    @property
    def hour_words(self) -> str | Markup:
        """The curve in words."""
        counted = dict(self.known.hours)
        if not counted:
            return gettext("nothing was counted in the last 48 hours")
        hour, most = max(counted.items(), key=lambda item: (item[1], item[0]))
        said = {
            "posts": number(sum(counted.values())), "hours": number(len(counted)),
            "most": number(most), "at": moment(hour),
        }  # fmt: skip
        return escape(gettext("%(posts)s in %(hours)s hours read; most %(most)s at %(at)s")) % said


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source: how it is doing, and its hashtags."""

    name: str
    health: SourceHealth | None
    tags: tuple[TagView, ...]


@router.get("/coverage")
def coverage(request: Request, here: Here, viewer: Looker, days: int = 7) -> Response:
    """For each source and hashtag: what is complete, open, lost and why, and what the gaps need."""
    if days not in DAYS:
        raise UsageError("days", f"is {days}; allowed are {', '.join(map(str, DAYS))}")
    report = looking.report(here.road)
    healths = {each.source: each for each in overview.overview(here.road).sources}
    silent = [each for each in alarms.standing(here.road) if each.name.startswith(PREFIX)]
    return here.pages.page(
        request, "coverage.html", report=report, views=_views(report, healths, days), silent=silent,
        days=days, choices=DAYS, progress=looking.progress, states=CoverState,
    )  # fmt: skip


def _views(report: looking.CoverageReport, healths: dict[str, SourceHealth], days: int) -> list[SourceView]:
    names = [*dict.fromkeys([*healths, *(tag.source for tag in report.tags)])]
    found = []
    for name in sorted(names, key=lambda name: (name == imports.SOURCE, name)):
        tags = [_view(tag, report, days) for tag in report.tags if tag.source == name]
        found.append(SourceView(name, healths.get(name), tuple(tags)))
    return found


def _view(tag: TagCoverage, report: looking.CoverageReport, days: int) -> TagView:
    known_since = min((each.span.start for each in tag.stretches), default=report.at)
    start = max(known_since, report.at - timedelta(days=days))
    mine = tuple(b for b in report.backfills if (b.source, b.tag) == (tag.source, tag.tag))
    name = _NAMES.get(tag.tag, tag.tag if tag.source == imports.SOURCE else f"#{tag.tag}")
    drawn = strip(tag.stretches, start, report.at)
    return TagView(tag, name, start, drawn, bars(tag.hours, report.at), mine)


@router.get("/alarms")
def listing(request: Request, here: Here, viewer: Looker) -> Response:
    """What waits for a person, what somebody has seen, and the history."""
    standing = alarms.standing(here.road, viewer=viewer.name)
    waiting: Sequence[alarms.Alarm] = [each for each in standing if each.seen is None]
    seen = [each for each in standing if each.seen is not None]
    return here.pages.page(
        request, "alarms.html", waiting=waiting, seen=seen, heading=alarm_words.heading,
        history=alarms.history(here.road, viewer=viewer.name), most=alarms.MAX_NOTE_CHARS,
    )  # fmt: skip


@router.post("/alarms/acknowledge")
def acknowledge(here: Here, form: AlarmForm) -> Response:
    """Say that one has seen an alarm."""
    alarms.acknowledge(here.road, form.need("name"), by=form.viewer.name, note=form.get("note"))
    return see("/alarms")
