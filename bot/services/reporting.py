"""Reports of the campaign: numbers over days kept as a row, laid out in English or Chinese, as page or PDF.

No name, no photo, no place finer than a district is in them: they are made of numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from bot.pipeline import counting
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules.public_numbers import week_of
from bot.services import campaign_numbers as numbers
from bot.services import drawing, printing
from bot.services.printing import Heading, Paragraph, Part, Table
from bot.services.reporting_words import LANGUAGES, PLATFORMS
from store import audit, campaign, campaign_days, campaign_reports
from store.campaign_reports import FINAL, WEEKLY, CampaignReport
from store.errors import HomewardError, UsageError

MOST_PLACES = 40
_SHOWN = ("posts", "reposts", "has_photo", "is_sighting", "is_own", "has_where", "has_when")


def last_week(today: date) -> tuple[date, date]:
    """Monday and Sunday of the newest week that is over."""
    monday = week_of(today) - timedelta(days=7)
    return monday, monday + timedelta(days=6)


def round_of(road: Road, _sources: Mapping[str, Source] | None = None) -> CampaignReport | None:
    """Make the report of the week that is over, once, where that is switched on."""
    if not road.life.weekly_report:
        return None
    first, last = last_week(campaign_days.day_of(road.clock(), road.life.zone))
    with road.store.reading() as tx:
        there, days = campaign_reports.has(tx, WEEKLY, first), campaign_days.days(tx, first=first, last=last)
    return None if there or not days else make(road, first, last, by="homeward")


def make(road: Road, first: date, last: date, *, by: str, kind: str = WEEKLY) -> CampaignReport:
    """Count, and keep the report of these days (both included). Raises UsageError for no span of days."""
    if last < first or (last - first).days >= numbers.MAX_DAYS:
        raise UsageError(
            "days", f"are {first} to {last}; at most {numbers.MAX_DAYS} days, the first before the last"
        )
    counting.catch_up(road)
    with road.store.transaction() as tx:
        life = numbers.read(tx, road.life.zone, first, last)
        begin = campaign_days.bounds(first, life.zone)[0]
        end = campaign_days.bounds(last, life.zone)[1]
        version = campaign.current(tx)
        content = _content(road, life) | {
            "people": campaign_days.people_between(tx, begin, end),
            "campaign": str(version.content.get("name", "")) if version else "",
        }
        made = campaign_reports.add(
            tx, kind=kind, first=first, last=last, numbers=content, by=by, at=road.clock()
        )
        audit.write(tx, road.clock(), by, "campaign.report", str(made.number), kind=kind)
    return made


def final(road: Road, *, by: str) -> CampaignReport:
    """The report of the whole campaign, from its first post to today."""
    counting.catch_up(road)
    with road.store.reading() as tx:
        days = campaign_days.days(tx)
    today = campaign_days.day_of(road.clock(), road.life.zone)
    first = max(days[0][0], today - timedelta(days=numbers.MAX_DAYS - 1)) if days else today
    return make(road, first, today, by=by, kind=FINAL)


def listing(road: Road) -> list[CampaignReport]:
    """Reports, newest first."""
    with road.store.reading() as tx:
        return campaign_reports.listing(tx)


def show(road: Road, number: int) -> CampaignReport:
    """A report by its number. Raises Missing."""
    with road.store.reading() as tx:
        return campaign_reports.get(tx, number)


def _content(road: Road, life: numbers.Life) -> dict[str, Any]:
    return {
        "zone": life.zone,
        "people_all": life.people,
        "total": dict(life.total),
        "platforms": _platforms(life),
        "days": [{"day": each.day.isoformat(), **each.total} for each in life.days],
        "provinces": [
            {
                "country": each.country,
                "name": {code: _named(road, each, code) for code in LANGUAGES},
                "sightings": each.sightings,
                "own": each.own,
            }
            for each in life.provinces[:MOST_PLACES]
        ],
        "spread": asdict(life.spread),
        "waited": [asdict(each) for each in life.waited],
        "verdicts": dict(life.verdicts),
        "outcomes": dict(life.outcomes),
    }


def _platforms(life: numbers.Life) -> dict[str, dict[str, int]]:
    names = sorted({name for each in life.days for name in each.by_platform})
    return {
        name: {
            what: sum(each.by_platform.get(name, {}).get(what, 0) for each in life.days)
            for what in (*_SHOWN, "new_authors")
        }
        for name in names
    }


def _named(road: Road, province: numbers.Province, language: str) -> str:
    try:
        named = getattr(road.gazetteer(), "other_name", None)
        other = named(province.name, province.country, language) if named else ""
    except HomewardError:
        other = ""  # Without a gazetteer the place keeps the name under which it was found.
    return str(other) or province.name


# ── laid out ─────────────────────────────────────────────────────────────────────────────────────


def parts(report: CampaignReport, language: str) -> list[Part]:
    """The report as headings, paragraphs, tables and drawings. Raises UsageError for another language."""
    if language not in LANGUAGES:
        raise UsageError("language", f"is {language!r}; reports are made in {', '.join(LANGUAGES)}")
    say, content = LANGUAGES[language], report.numbers
    at = report.at.strftime("%Y-%m-%d %H:%M")
    span = say["span"].format(first=report.first_day, last=report.last_day, zone=content["zone"], at=at)
    made: list[Part] = [
        Heading(" · ".join(filter(None, (str(content["campaign"]), say[f"title.{report.kind}"]))), 1),
        Paragraph(span, "quiet"),
        Paragraph(say["promise"], "quiet"),
    ]
    return [*made, *_people(say, content, language), *_places(say, content, language), *_spread(say, content),
            *_took(say, content), *_came(say, content)]  # fmt: skip


def _people(say: Mapping[str, str], content: Mapping[str, Any], language: str) -> list[Part]:
    days, total = content["days"], content["total"]
    words = say["people.words"].format(
        week=_n(content["people"]), new=_n(total["new_authors"]), all=_n(content["people_all"])
    )
    head = (say["platform"], *(say[name] for name in _SHOWN), say["new_authors"])
    called = PLATFORMS[language]
    rows = [
        (called.get(name, name), *(_n(each[what]) for what in (*_SHOWN, "new_authors")))
        for name, each in content["platforms"].items()
    ]
    labels = [datetime.fromisoformat(each["day"]).strftime("%m-%d") for each in days]
    plot = drawing.columns(labels, [each["posts"] for each in days], caption=say["by_day"])
    by_day = tuple(
        (
            each["day"],
            _n(each["posts"]),
            _n(each["authors"]),
            _n(each["new_authors"]),
            _n(each["is_sighting"]),
        )
        for each in days
    )
    columns = (say["day"], say["posts"], say["authors"], say["new_authors"], say["is_sighting"])
    return [
        Heading(say["people"]), Paragraph(words),
        Table(head, tuple(rows), (1.3, 0.7, 1.0, 1.15, 1.15, 1.15, 0.9, 0.9, 1.0)),
        *([plot] if days else []), Table(columns, by_day),
    ]  # fmt: skip


def _places(say: Mapping[str, str], content: Mapping[str, Any], language: str) -> list[Part]:
    rows = tuple(
        (each["name"][language], each["country"], _n(each["sightings"]), _n(each["own"]))
        for each in content["provinces"]
    )
    if not rows:
        return [Heading(say["places"]), Paragraph(say["no_places"])]
    head = (say["province"], say["country"], say["sightings"], say["own"])
    return [Heading(say["places"]), Table(head, rows, (3, 1, 1, 1))]


def _spread(say: Mapping[str, str], content: Mapping[str, Any]) -> list[Part]:
    spread = content["spread"]
    words = say["spread.words"].format(
        top_1=_share(spread["top_1"]), top_10=_share(spread["top_10"]), half_by=_n(spread["half_by"]),
        once=_n(spread["once"]), people=_n(spread["people"]),
    )  # fmt: skip
    return [Heading(say["spread"]), Paragraph(words)]


def _took(say: Mapping[str, str], content: Mapping[str, Any]) -> list[Part]:
    posts = content["total"]["posts"] or 1
    words = say["stored.words"].format(
        minute=_share(content["total"]["stored_60s"] / posts),
        hour=_share(content["total"]["stored_3600s"] / posts),
    )
    rows = tuple(
        (say[each["name"]], _n(each["number"]), _lasting(each["median_s"]), _lasting(each["most_s"]))
        for each in content["waited"]
    )
    head = (say["step"], say["number"], say["median"], say["most"])
    return [Heading(say["waited"]), Paragraph(words), Table(head, rows, (3, 1, 1, 1))]


def _came(say: Mapping[str, str], content: Mapping[str, Any]) -> list[Part]:
    rows = [(say.get(f"verdict.{name}", name), _n(many)) for name, many in content["verdicts"].items()]
    rows += [(say.get(f"lead.{name}", name), _n(many)) for name, many in content["outcomes"].items() if many]
    shown: Part = (
        Table((say["what"], say["number"]), tuple(rows), (4, 1)) if rows else Paragraph(say["nothing"])
    )
    return [Heading(say["outcomes"]), Paragraph(say["outcomes.words"], "quiet"), shown]


def pdf(report: CampaignReport, language: str) -> bytes:
    """The report as a PDF: the same report and language give the same bytes."""
    laid_out, say = parts(report, language), LANGUAGES[language]
    title = f"{say[f'title.{report.kind}']} {report.first_day} – {report.last_day}"
    return printing.render(laid_out, title=title, footer=say["footer"], language=language)


def _n(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value * 100:.0f} %"


def _lasting(seconds: float | None) -> str:
    """Seconds as hours and minutes, in signs that both languages read."""
    if seconds is None:
        return "—"
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes >= 60 else f"{minutes} min"
