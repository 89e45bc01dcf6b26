"""Which pages there are to walk: every path of the console without a part to fill in, and examples."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bot.console.app import PARTS
from bot.services import cases, families, replies, review
from store.match_groups import photo_of
from tests.browser.furnished import EVERYTHING, POSTER
from tests.integration.console.world import CASE, NAMED, World

NO_PAGES = re.compile(r"^/(api|static|healthz|readyz|metrics|photo|openapi)|\.(json|csv|pdf|xml)$")
PFIF = Path(__file__).parents[1] / "fixtures" / "pfif"
ONE_OF_TWO = ("/review/why",)
"""Paths that need one of two words, which their parameters do not tell."""
CLOSED = ("/public", "/sample/leave")
"""Paths that an ordinary installation does not answer on its first day."""
PILES = ("later", "possible", "aside", "mine")
OF_THEIR_LINK = "its link's own"
"""The language of pages that people without an account see."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to look at: who looks, the answer that is right, and what is done there before one looks."""

    path: str
    name: str
    who: str = EVERYTHING
    status: int = 200
    language: str = ""
    deed: Callable[[Any], None] | None = None


def plain_paths(*, whole: bool = True) -> list[str]:
    """Every path without a part to fill in, in the order of the alphabet.

    `whole` are those that need nothing beside; the others name a thing in the query, and without its name
    they answer with an error page.
    """
    found = {
        route.path
        for part in PARTS
        for route in part.router.routes
        if "GET" in (getattr(route, "methods", None) or ()) and "{" not in route.path
        if whole != (route.path in ONE_OF_TWO or _needs_words(route))
    }
    return sorted(path for path in found if not NO_PAGES.search(path))


def _needs_words(route: Any) -> bool:
    return any(each.field_info.is_required() for each in route.dependant.query_params)


def pages_of(world: World, made: dict[str, str]) -> list[Page]:
    """Every page of the furnished installation; `made` are those that furnishing gave addresses to."""
    plain = [Page(path, name_of(path)) for path in plain_paths()]
    missing = [Page(path, f"error {name_of(path)}", status=400) for path in plain_paths(whole=False)]
    given = [Page(path, name) for name, path in made.items()]
    return [*plain, *missing[:2], *examples(world), *given, *errors(), *deeds(), *of_families(world)]


def empty_pages() -> list[Page]:
    """The same paths where there is nothing yet: what they say must tell what to do next."""
    paths = plain_paths()
    return [Page(path, f"empty {name_of(path)}", status=404 if path in CLOSED else 200) for path in paths]


def examples(world: World) -> list[Page]:
    """Pages with something particular on them."""
    cards = review.queue(world.road, viewer=EVERYTHING)
    decided = review.queue(world.road, state="possible", viewer=EVERYTHING)
    reply = next(iter(replies.listing(world.road, most=1)), None)
    case_ids = [row.case.id for row in cases.listing(world.road, viewer=EVERYTHING)] or [CASE]
    assert all(photo_of(card.row.match.face_key) for card in cards)
    found = {
        "card": link("/review", key=cards[0].row.match.key),
        "card shown": link("/review", key=cards[1].row.match.key, show=1),
        "confirming": link("/review/confirm", key=cards[1].row.match.key),
        "why no match": link("/review/why", post=NAMED),
        **{f"decided {n}": link("/review", key=card.row.match.key) for n, card in enumerate(decided[:1])},
        **{f"pile {pile}": link("/review", pile=pile, show=1) for pile in PILES},
        **{f"sightings {view}": link("/sightings", view=view) for view in ("grid", "map")},
        **{f"sighting {n}": link("/sighting", key=key, show=1) for n, key in enumerate((NAMED, POSTER))},
        **{f"case {n}": link("/case", id=case_id) for n, case_id in enumerate(case_ids[:3])},
        "case edited": link("/cases/edit", id=case_ids[0]),
        **({"reply": link("/outbox/row", key=reply.key)} if reply else {}),
        "reporting a picture": link("/report-picture", picture=cards[0].photo.served),
    }  # fmt: skip
    return [Page(path, name) for name, path in found.items()]


def errors() -> list[Page]:
    """What somebody meets who is in the wrong place."""
    return [
        Page("/nowhere", "error not there", status=404),
        Page(link("/sighting", key="no such post"), "error no such post", status=404),
        Page("/people", "error not allowed", who="sam", status=403),
        Page("/coverage?days=x", "error wrong word", status=400),
    ]


def deeds() -> list[Page]:
    """Pages that only a form leads to."""
    return [
        Page("/cases/import", "import preview", deed=_import),
        Page("/me/tokens", "a token made", deed=_token),
        Page(link("/case", id=CASE), "case asked for an end", deed=_open_all),
    ]


def _import(page: Any) -> None:
    page.set_input_files("#file", sorted(PFIF.glob("persons-*.xml"))[0])
    page.locator("form:has(#file) button").first.click()
    page.locator("#report").wait_for()


def _token(page: Any) -> None:
    page.fill("#name", "a test")
    page.check('[name^="scope_"] >> nth=0')
    page.locator('form[action="/me/tokens/make"] button').click()
    page.locator('form[action="/me/tokens/revoke"]').first.wait_for()


def _open_all(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def of_families(world: World) -> list[Page]:
    """Pages that families see, by their link."""
    found = []
    for language in ("zh-Hans", "en"):
        path = families.invite(world.road, language, by="rita").removeprefix(world.road.registry.base_url)
        found.append(Page(path, f"family {language}", who="", language=OF_THEIR_LINK))
    over = Page("/family/over", "family over", who="", status=410, language=OF_THEIR_LINK)
    gone = Page("/case-file/over", "delivery over", who="", status=410, language=OF_THEIR_LINK)
    return [*found, over, gone, Page("/login", "sign in", who="")]


def link(path: str, **query: object) -> str:
    """A path with a query."""
    return f"{path}?{urlencode(query)}"


def name_of(path: str) -> str:
    """A file name for a page."""
    return re.sub(r"\W+", "_", path).strip("_")[:60] or "overview"
