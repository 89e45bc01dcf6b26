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

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.console import tongue, words
from bot.console.told import told
from bot.console.tongue import Language
from store.records.sighting import WhenCandidate

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
_DAY = {Language.EN: "d MMM y", Language.ZH: "y年M月d日"}
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
    language = tongue.reader().language
    return format_date(moment.date(), _DAY[language], locale=language.locale)


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def _tag(moment: datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), shown)


def _here(value: datetime) -> tuple[datetime, str]:
    """A moment in the reader's zone with the zone's name; in UTC where the reader has none."""
    name = tongue.reader().zone
    zone = zone_of(name)
    return (value.astimezone(UTC), "UTC") if zone is None else (value.astimezone(zone), name)


def _beside(words_: str, zone: str) -> Markup:
    """A time in the zone where it was told, beside the reader's."""
    shown = escape(tongue.gettext("%(time)s at %(zone)s")) % {"time": words_, "zone": zone}
    return Markup(' <span class="beside">({})</span>').format(shown)


def moment(value: datetime | None, zone: str | int | None = None) -> Markup:
    """A moment in the reader's zone (UTC if none is set), with the original zone beside where it is known.

    `zone` is a name, ±HH:MM or minutes east.
    """
    if value is None:
        return escape(tongue.gettext("unknown"))
    here, name = _here(value)
    shown = _tag(here, f"{_day(here)}, {_clock(here)} {name}")
    there = _fixed(zone) if isinstance(zone, int) else zone_of(zone or "")
    if there is None:
        return shown
    local = value.astimezone(there)
    if local.utcoffset() == here.utcoffset():
        return shown
    original = local.strftime("%z") if isinstance(zone, int) else str(zone)
    if isinstance(zone, int):
        original = f"{original[:3]}:{original[3:]}"
    day = "" if local.date() == here.date() else f"{_day(local)}, "
    return shown + _beside(f"{day}{_clock(local)}", original)


def reading(candidate: WhenCandidate, zone: str = "") -> Markup:
    """A reading of a time: from, until, in the reader's zone, and in the zone of its words beside it."""
    (start, name), (end, _) = _here(candidate.start), _here(candidate.end)
    shown = _from_until(start, end) + Markup(" ") + escape(name)
    there = zone_of(zone)
    if there is None:
        return shown
    first, last = start.astimezone(there), end.astimezone(there)
    if first.utcoffset() == start.utcoffset() and last.utcoffset() == end.utcoffset():
        return shown
    is_same_day = first.date() == start.date() and last.date() == end.date()
    local = _from_until(first, last, with_day=not is_same_day or first.date() != last.date())
    return shown + _beside(local, zone)


def _from_until(start: datetime, end: datetime, *, with_day: bool = True) -> Markup:
    first = _tag(start, f"{_day(start)}, {_clock(start)}" if with_day else _clock(start))
    if end - start <= timedelta(minutes=2):
        return first
    shown = _clock(end) if start.date() == end.date() else f"{_day(end)}, {_clock(end)}"
    return first + Markup("–") + _tag(end, shown)


def number(value: float) -> str:
    """A number as the reader's language groups it."""
    return format_decimal(value, locale=tongue.reader().language.locale)


def share(value: float) -> str:
    """A share as a percentage, rounded."""
    return format_percent(value, locale=tongue.reader().language.locale)


def starting(text: str) -> str:
    """A sentence with a capital first letter."""
    return f"{text[:1].upper()}{text[1:]}"


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
        "number": number,
        "share": share,
        "starting": starting,
        "said": words.said,
        "told": told,
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
        reader = tongue.reader_of(request.headers)
        tongue.set_reader(reader)
        shown = self._env.get_template(template).render(
            **{
                **self._around(),
                "viewer": viewer,
                "path": path,
                "reader": reader,
                **context,
            }
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
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(tongue.gettext, tongue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(_filters())
    made.globals.update(words=words, link_to=link_to, version=_version(), tongues=list(Language))
    return made


def _version() -> str:
    """Changes when style or script change, so that browsers fetch them anew."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
