"""Pages from templates: one Jinja environment that escapes everything, and the filters templates use.

Templates hold no decision; what people wrote reaches a page only through autoescape.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.console import tongue, words
from store.records.sighting import WhenCandidate

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MAX_RAW_CHARS = 60_000
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)\Z")


def zone_of(name: str) -> tzinfo | None:
    """A zone by its IANA name or as ±HH:MM, None if it is neither."""
    offset = _OFFSET.match(name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return _fixed(-minutes if offset[1] == "-" else minutes)
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _fixed(minutes: int) -> tzinfo | None:
    return timezone(timedelta(minutes=minutes)) if abs(minutes) < 1440 else None


def _day(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def _tag(moment: datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), shown)


def moment(value: datetime | None, zone: str | int | None = None) -> Markup:
    """A moment in UTC, with the original zone (name, ±HH:MM or minutes east) beside where it is known."""
    if value is None:
        return Markup("unknown")
    utc = value.astimezone(UTC)
    shown = _tag(utc, f"{_day(utc)}, {_clock(utc)} UTC")
    there = _fixed(zone) if isinstance(zone, int) else zone_of(zone or "")
    if there is None:
        return shown
    local = utc.astimezone(there)
    if not local.utcoffset():
        return shown
    name = local.strftime("%z") if isinstance(zone, int) else zone
    if isinstance(zone, int):
        name = f"{str(name)[:3]}:{str(name)[3:]}"
    day = "" if local.date() == utc.date() else f"{_day(local)}, "
    return shown + Markup(' <span class="beside">({}{} at {})</span>').format(day, _clock(local), name)


def reading(candidate: WhenCandidate, zone: str = "") -> Markup:
    """A reading of a time: from, until, in UTC, and in the zone in which the words were read."""
    start, end = candidate.start.astimezone(UTC), candidate.end.astimezone(UTC)
    shown = _from_until(start, end) + Markup(" UTC")
    there = zone_of(zone)
    if there is None:
        return shown
    first, last = start.astimezone(there), end.astimezone(there)
    if not first.utcoffset() and not last.utcoffset():
        return shown
    is_same_day = first.date() == start.date() and last.date() == end.date()
    local = _from_until(first, last, with_day=not is_same_day or first.date() != last.date())
    return shown + Markup(' <span class="beside">({} at {})</span>').format(local, zone)


def _from_until(start: datetime, end: datetime, *, with_day: bool = True) -> Markup:
    first = _tag(start, f"{_day(start)}, {_clock(start)}" if with_day else _clock(start))
    if end - start <= timedelta(minutes=2):
        return first
    shown = _clock(end) if start.date() == end.date() else f"{_day(end)}, {_clock(end)}"
    return first + Markup("–") + _tag(end, shown)


def raw_json(value: Any) -> str:
    """JSON for people to read, cut where it is very long."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return (
        text if len(text) <= MAX_RAW_CHARS else f"{text[:MAX_RAW_CHARS]}\n… cut at {MAX_RAW_CHARS} characters"
    )


def lang(code: str) -> str:
    """A language tag that a page may carry; `und` where none is known."""
    return code if _LANG.match(code) else "und"


def link_to(path: str, **query: str | int | None) -> str:
    """A path of ours with a query; None leaves a parameter out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "moment": moment,
        "reading": reading,
        "raw_json": raw_json,
        "lang": lang,
        "years": words.years,
        "radius": words.radius,
        "lasting": words.lasting,
        "weight": words.weight,
        "web_address": words.web_address,
    }


class Renderer:
    """Renders the console's templates. `around` gives what every page shows (campaign, sample, …)."""

    def __init__(self, around: Callable[[], Mapping[str, Any]]) -> None:
        self._around = around
        self._env = _environment()

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """One page. `viewer` is who is signed in, None before."""
        viewer = request.scope.get("state", {}).get("viewer")
        path = request.url.path
        shown = self._env.get_template(template).render(
            **{**self._around(), "viewer": viewer, "path": path, **context}
        )
        return HTMLResponse(shown, status, dict(headers or {}))


@cache
def _environment() -> Environment:
    """The compiled templates, shared by all consoles of a process: they hold no state."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.add_extension("jinja2.ext.i18n")
    made.install_gettext_callables(tongue.gettext, tongue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(_filters())
    made.globals.update(words=words, link_to=link_to, version=_version())
    return made


def _version() -> str:
    """Changes when style or script change, so that browsers fetch them anew."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
