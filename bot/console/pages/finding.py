"""Finding by hand: the form, a search with its blurred results, one that was opened, the weekly audit.

Limits and rights are in bot/services/finding.py; here nothing is searched with a face.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.answers import see
from bot.console.auth import Form, Right, Viewer, form_for, needs
from bot.console.here import Here
from bot.console.pages.leads import NO_STORE, day_of
from bot.console.pages.seeing import photo_answer
from bot.console.rendering import link_to
from bot.console.renditions import View
from bot.rules.finding import LEAST_RADIUS_KM, MOST_RADIUS_KM, Query, words_of
from bot.services import finding, finding_audit
from store.errors import UsageError
from store.records.place import PlaceEntry

FIELDS = ("purpose", "place", "radius_km", "words", "sex", "age_from", "age_to", "marks")

router = APIRouter(include_in_schema=False)
Finder = Annotated[Viewer, Depends(needs(Right.FIND))]
FindForm = Annotated[Form, Depends(form_for(Right.FIND))]
Auditor = Annotated[Viewer, Depends(needs(Right.FIND_AUDIT))]
AuditForm = Annotated[Form, Depends(form_for(Right.FIND_AUDIT))]


@router.get("/finding")
def desk(request: Request, here: Here, viewer: Finder, case: str = "") -> Response:
    """The form and what was searched before."""
    found = finding.desk(here.road, by=viewer.name)
    today = here.road.clock().date()
    span = ((today - timedelta(days=30)).isoformat(), today.isoformat())
    return here.pages.page(
        request, "finding.html", desk=found, case=case, span=span, places=[], asked=dict.fromkeys(FIELDS, ""),
        least_km=LEAST_RADIUS_KM, most_km=MOST_RADIUS_KM,
    )  # fmt: skip


@router.post("/finding")
def search(request: Request, here: Here, form: FindForm) -> Response:
    """Search; where several places have the name, the form asks which one, and nothing is counted."""
    number = form.get("place_id")
    several = [] if number else finding.areas(here.road, form.need("place"))
    if len(several) > 1:
        return _which(request, here, form, several)
    place = several[0] if several else finding.area(here.road, _whole("place_id", number))
    query = _query(form, place)
    by = form.viewer.name
    view = finding.search(here.road, form.need("case"), form.get("purpose"), query, by=by)
    return see(link_to("/finding/search", id=view.search.id))


def _which(request: Request, here: Here, form: Form, places: list[PlaceEntry]) -> Response:
    asked = {name: form.get(name) for name in FIELDS}
    found = finding.desk(here.road, by=form.viewer.name)
    return here.pages.page(
        request, "finding.html", desk=found, case=form.get("case"), places=places, asked=asked,
        span=(form.get("since"), form.get("until")), least_km=LEAST_RADIUS_KM, most_km=MOST_RADIUS_KM,
    )  # fmt: skip


def _query(form: Form, place: PlaceEntry) -> Query:
    since, until = day_of("since", form.need("since")), day_of("until", form.need("until"))
    assert since is not None and until is not None
    return Query(
        place.name, place.lat, place.lon, _number("radius_km", form.need("radius_km")),
        datetime.combine(since, time(tzinfo=UTC)),
        datetime.combine(until, time(tzinfo=UTC)) + timedelta(days=1),
        words_of(form.get("words")), form.get("sex"),
        _number("age_from", form.get("age_from")) if form.get("age_from") else None,
        _number("age_to", form.get("age_to")) if form.get("age_to") else None,
        form.get("marks"),
    )  # fmt: skip


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(name, f"is {text[:20]!r}; a number is needed") from None


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UsageError(name, "is no number of a place; choose one from the list")
    return int(text)


@router.get("/finding/search")
def results(request: Request, here: Here, viewer: Finder, id: str) -> Response:
    """One's own search with what it found."""
    view = finding.show(here.road, id, by=viewer.name)
    return here.pages.page(request, "finding_results.html", view=view, headers=NO_STORE)


@router.get("/finding/photo/{search_id}/{number}")
def photo(here: Here, viewer: Finder, search_id: str, number: int, view: View = View.BLURRED) -> Response:
    """A result's picture: blurred, until the result was opened with a reason."""
    digest, jpeg, is_open = finding.picture(here.road, search_id, number, by=viewer.name)
    return photo_answer(here, viewer, digest, jpeg, view if is_open else View.BLURRED)


@router.post("/finding/open")
def open_(request: Request, here: Here, form: FindForm) -> Response:
    """See a result as it is; written down."""
    number = _whole("number", form.need("number"))
    by = form.viewer.name
    found = finding.open_result(here.road, form.need("id"), number, form.get("why"), by=by)
    return here.pages.page(request, "finding_opened.html", found=found, headers=NO_STORE)


@router.post("/finding/save")
def save(here: Here, form: FindForm) -> Response:
    """Keep a search for a while."""
    finding.save(here.road, form.need("id"), form.get("name"), by=form.viewer.name)
    return see("/finding")


@router.post("/finding/saved")
def saved(here: Here, form: FindForm) -> Response:
    """Make a kept search again, or keep it no longer."""
    if form.get("to") == "forget":
        finding.forget_saved(here.road, form.need("id"), by=form.viewer.name)
        return see("/finding")
    view = finding.again(here.road, form.need("id"), by=form.viewer.name)
    return see(link_to("/finding/search", id=view.search.id))


@router.get("/finding/audit")
def audit(request: Request, here: Here, viewer: Auditor) -> Response:
    """What was drawn for somebody else to look at."""
    drawn = finding_audit.listing(here.road, by=viewer.name)
    return here.pages.page(request, "finding_audit.html", drawn=drawn)


@router.post("/finding/audit")
def audited(here: Here, form: AuditForm) -> Response:
    """Say whether a search was as it should be."""
    answer = form.get("right")
    if answer not in ("yes", "no"):
        raise UsageError("right", "is missing: say whether the search was as it should be")
    by, words = form.viewer.name, form.get("words")
    finding_audit.done(here.road, form.need("id"), by=by, was_right=answer == "yes", words=words)
    return see("/finding/audit")
