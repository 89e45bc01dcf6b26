"""Which pages there are to walk: every path of the console without a part to fill in, and examples."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from bot.console.app import PARTS
from bot.services import cases, replies, review
from store.match_groups import photo_of
from tests.browser.furnished import EVERYTHING, POSTER
from tests.integration.console.world import CASE, NAMED, World

NO_PAGES = re.compile(r"^/(api|static|healthz|readyz|metrics|photo|openapi)|\.(json|csv|pdf|xml)$")


def paths_of(world: World) -> list[str]:
    """Every page, each once; those that need a word in their address with one that is there."""
    plain = {
        route.path
        for part in PARTS
        for route in part.router.routes
        if "GET" in (getattr(route, "methods", None) or ()) and "{" not in route.path
    }
    found = sorted(path for path in plain if not NO_PAGES.search(path))
    return found + examples(world)


def examples(world: World) -> list[str]:
    """Pages with something particular on them."""
    cards = review.queue(world.road, viewer=EVERYTHING)
    decided = review.queue(world.road, state="possible", viewer=EVERYTHING)
    reply = next(iter(replies.listing(world.road, most=1)), None)
    case_ids = [row.case.id for row in cases.listing(world.road, viewer=EVERYTHING)] or [CASE]
    pages = [
        *(link("/review", key=card.row.match.key) for card in cards[:2]),
        *(link("/review", key=card.row.match.key) for card in decided[:1]),
        *(link("/review", pile=pile, show=1) for pile in ("later", "possible", "aside", "mine")),
        *(link("/sighting", key=key, show=1) for key in (NAMED, POSTER)),
        *(link("/case", id=case_id) for case_id in case_ids[:3]),
        *([link("/outbox/row", key=reply.key)] if reply else []),
        link("/report-picture", picture=cards[0].photo.served),
        "/nowhere",
    ]
    assert all(photo_of(card.row.match.face_key) for card in cards)
    return pages


def link(path: str, **query: object) -> str:
    """A path with a query."""
    return f"{path}?{urlencode(query)}"


def name_of(path: str) -> str:
    """A file name for a page."""
    return re.sub(r"\W+", "_", path).strip("_")[:60] or "overview"
