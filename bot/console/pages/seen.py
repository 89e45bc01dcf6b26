"""Sightings as a list, as a dense grid and on a map, with filters and a span of time; plain forms all.

Faces are blurred until asked for. One post with all that was made of it is in pages/seeing.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console.auth import SightingViewer
from bot.console.here import Console, Here
from bot.console.maps import Point, clusters, draw
from bot.console.rendering import link_to
from bot.services import sightings
from store.errors import UsageError
from store.records.post import Platform
from store.seen_posts import Choice

router = APIRouter(include_in_schema=False)
VIEWS = {"list": 30, "grid": 100, "map": 2000}
"""The ways to see them, and how many at once."""
SPANS = (0, 1, 3, 7, 30)
"""Days that a span of time may hold; 0 for all."""
MOST_BACK = 60


@router.get("/sightings")
def listing(
    request: Request,
    here: Here,
    viewer: SightingViewer,
    before: str = "",
    key: str = "",
    show: int = 0,
    view: str = "list",
    platform: str = "",
    span: int = 0,
    back: int = 0,
    own: int = 0,
    photo: int = 0,
    place: int = 0,
    candidate: int = 0,
) -> Response:
    """Stored posts, newest first, page by page; or where they are."""
    if view not in VIEWS:
        raise UsageError("view", f"is {view[:20]!r}; allowed are {', '.join(VIEWS)}")
    flags = {"own": own == 1, "photo": photo == 1, "place": place == 1, "candidate": candidate == 1}
    choice = _choice(here, platform, span, back, flags)
    asked = {"platform": platform, "span": span or None, "back": back or None}
    asked |= {name: 1 if is_on else None for name, is_on in flags.items()}
    context: dict[str, Any] = {
        "view": view, "views": VIEWS, "choice": choice, "span": span, "spans": SPANS, "back": back,
        "most_back": MOST_BACK, "platforms": list(Platform), "asked": asked, "flags": flags,
        "is_filtered": any(asked.values()), "show": show == 1, "first": not before,
    }  # fmt: skip
    if view == "map":
        return _map(request, here, choice, viewer.name, context)
    most = VIEWS[view]
    seen = sightings.chosen(here.road, choice, before=_place(before, key), most=most, viewer=viewer.name)
    last = seen[-1].post if len(seen) == most else None
    older = "" if last is None else link_to(
        "/sightings", before=last.received_at.isoformat(), key=last.key, show=1 if show == 1 else None,
        view=view, **asked,
    )  # fmt: skip
    return here.pages.page(request, "sightings.html", seen=seen, map=None, spots=[], older=older, **context)


def _map(request: Request, here: Console, choice: Choice, viewer: str, context: dict[str, Any]) -> Response:
    spots = sightings.spots(here.road, choice, most=VIEWS["map"], viewer=viewer)
    points = [Point(each.lat, each.lon, each.radius_km, each.name, each.count) for each in spots]
    drawn = draw(clusters(points), here.road.gazetteer)
    return here.pages.page(
        request, "sightings.html", seen=[], map=drawn, spots=spots[:50], older="", **context
    )


def _choice(here: Console, platform: str, span: int, back: int, flags: dict[str, bool]) -> Choice:
    if platform and platform not in set(Platform):
        raise UsageError("platform", f"is {platform[:20]!r}; allowed are {', '.join(Platform)}")
    if span not in SPANS or not 0 <= back <= MOST_BACK:
        raise UsageError("span", f"holds {span} days, {back} ago; choose them in the form of the page")
    chosen = Choice(
        platform, own=flags["own"], photo=flags["photo"], place=flags["place"], candidate=flags["candidate"]
    )
    if not span:
        return chosen
    until = here.road.clock() - timedelta(days=back)
    return replace(chosen, since=until - timedelta(days=span), until=until if back else None)


def _place(before: str, key: str) -> tuple[datetime, str] | None:
    if not before:
        return None
    try:
        moment = datetime.fromisoformat(before)
    except ValueError:
        raise UsageError("before", f"is {before[:40]!r}, no moment; begin at the first page") from None
    if moment.tzinfo is None:
        raise UsageError("before", "has no time zone; begin at the first page")
    return moment, key
