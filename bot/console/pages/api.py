"""`/api/v1`: what the console shows, as JSON, for programs with a token and for the session of a browser.

The same services and rights underneath; docs/api.md tells how to use it. Confirms nothing: that takes two
people who look at both pictures.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from bot.console.auth import Right, Viewer, asks, check_word, needs
from bot.console.here import Here
from bot.console.pages import api_models as out
from bot.console.pages.api_make import (
    alarm_out,
    candidate_out,
    case_detail_out,
    case_out,
    coverage_out,
    hashtag_out,
    reply_out,
    sighting_out,
)
from bot.services import alarms, cases, clusters, overview, replies, review, sightings
from bot.services import coverage as looking
from bot.services.clusters import Scope as Gathered
from bot.services.tokens import Scope
from store.errors import UsageError
from store.records.case import CaseStatus
from store.records.match import Tier, Verdict
from store.records.reply import ReplyState

router = APIRouter(prefix="/api/v1", tags=["v1"])
Limit = Annotated[int, Query(ge=1, le=100, description="items on a page")]
Cursor = Annotated[
    str, Query(max_length=1000, pattern=r"^[A-Za-z0-9_=-]*$", description="`next` of the page before")
]
Key = Annotated[str, Query(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _api(right: Right, scope: Scope) -> Any:
    return Depends(needs(right, scope))


Numbers = Annotated[Viewer, _api(Right.LOOK, Scope.NUMBERS)]
Alarms = Annotated[Viewer, _api(Right.LOOK, Scope.ALARMS)]
Sightings = Annotated[Viewer, _api(Right.SIGHTINGS, Scope.SIGHTINGS)]
Candidates = Annotated[Viewer, _api(Right.REVIEW, Scope.CANDIDATES)]
Cases = Annotated[Viewer, _api(Right.CASES, Scope.CASES)]
Outbox = Annotated[Viewer, _api(Right.OUTBOX, Scope.OUTBOX)]


def _decider() -> Any:
    may = needs(Right.REVIEW, Scope.DECIDE)

    def check(request: Request) -> Viewer:
        viewer = may(request)
        if viewer.scopes is None:  # A browser's cookie comes by itself; its word does not.
            check_word(viewer, request.headers.get("x-csrf", ""))
        return viewer

    return Depends(asks(Right.REVIEW, check))


Decider = Annotated[Viewer, _decider()]


def _read(cursor: str, *kinds: type) -> list[Any] | None:
    """The values of a cursor of ours. Raises UsageError for another one."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if len(values) != len(kinds):
            raise ValueError
        return [_value(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise UsageError("cursor", "is not one that a page gave; begin without one") from error


def _value(kind: type, value: Any) -> Any:
    """One value of a cursor, such as a database can be asked for. Raises ValueError and what Python does."""
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)
    made = kind(value)
    if isinstance(made, str):
        made.encode()  # A lone surrogate is no text.
    if (isinstance(made, str) and "\0" in made) or made != made:
        raise ValueError(value)
    return made


def _moment(cursor: str) -> tuple[datetime, str] | None:
    found = _read(cursor, datetime, str)
    if found is None:
        return None
    return found[0], found[1]


def _write(values: Sequence[Any] | None) -> str | None:
    if values is None:
        return None
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()


@router.get("/overview")
def overview_now(here: Here, viewer: Numbers) -> out.OverviewOut:
    """How Homeward is doing."""
    return out.OverviewOut.model_validate(overview.overview(here.road).as_json())


@router.get("/health")
def health(here: Here, viewer: Numbers) -> out.HealthOut:
    """Whether every source answers, how far behind each is, what waits."""
    return out.HealthOut.model_validate(overview.overview(here.road).as_json())


@router.get("/sightings")
def seen(here: Here, viewer: Sightings, limit: Limit = 50, cursor: Cursor = "") -> out.Page[out.SightingOut]:
    """Stored posts, newest first. A page may hold fewer than `limit`, since reposts are left out."""
    views, after = sightings.page(here.road, before=_moment(cursor), most=limit, viewer=viewer.name)
    return out.Page(items=[sighting_out(view) for view in views], next=_write(after))


@router.get("/sighting")
def one_seen(here: Here, viewer: Sightings, key: Key) -> out.SightingOut:
    """One post."""
    return sighting_out(sightings.one(here.road, key, viewer=viewer.name))


@router.get("/candidates")
def candidates(
    here: Here, viewer: Candidates, state: out.State = out.State.OPEN, limit: Limit = 50, cursor: Cursor = ""
) -> out.Page[out.CandidateOut]:
    """Candidates of a state: those to be looked at first, then the others, each by what stands out most."""
    found = _read(cursor, Tier, float, str)
    after = (found[0], found[1], found[2]) if found else None
    if after is not None and after[0] not in (Tier.ALERT, Tier.REVIEW):
        raise UsageError("cursor", "is not one that a page gave; begin without one")
    cards, last = review.page(here.road, state=state.value, after=after, most=limit, viewer=viewer.name)
    return out.Page(items=[candidate_out(card) for card in cards], next=_write(last))


@router.post("/candidates/decide")
def decide(here: Here, viewer: Decider, body: out.DecisionIn) -> out.DecidedOut:
    """Turn a candidate down, or put it off; the same face beside the same child in copies goes along."""
    act = clusters.turn_down if body.verdict == Verdict.NOT_THIS_CHILD else clusters.put_off
    cluster = act(here.road, body.key, Gathered.COPIES, by=viewer.name, note=body.note)
    return out.DecidedOut(keys=list(cluster.keys), verdict=body.verdict)


@router.get("/cases")
def case_list(
    here: Here, viewer: Cases, status: CaseStatus | None = None, limit: Limit = 50, cursor: Cursor = ""
) -> out.Page[out.CaseOut]:
    """Cases by id."""
    found = _read(cursor, str)
    after = found[0] if found else ""
    if "\0" in after:
        raise UsageError("cursor", "is not one that a page gave; begin without one")
    rows = cases.listing(here.road, status=status, after=after, most=limit, viewer=viewer.name)
    last = _write([rows[-1].case.id]) if len(rows) == limit else None
    return out.Page(items=[case_out(row) for row in rows], next=last)


@router.get("/case")
def case_one(here: Here, viewer: Cases, id: Key) -> out.CaseDetailOut:
    """One case with photos and steps; photos for who may see faces."""
    view = cases.show(here.road, id, viewer=viewer.name)
    return case_detail_out(view, shows_faces=viewer.may(Right.FACES))


@router.get("/outbox")
def outbox(
    here: Here, viewer: Outbox, state: ReplyState | None = None, limit: Limit = 50, cursor: Cursor = ""
) -> out.Page[out.ReplyOut]:
    """Rows of the outbox, newest draft first."""
    rows = replies.listing(here.road, state=state, before=_moment(cursor), most=limit)
    last = _write([rows[-1].drafted_at, rows[-1].key]) if len(rows) == limit else None
    return out.Page(items=[reply_out(row) for row in rows], next=last)


@router.get("/coverage")
def coverage(here: Here, viewer: Numbers) -> list[out.CoverageOut]:
    """For each source and hashtag: which spans of time were read completely, and which not."""
    return [coverage_out(tag) for tag in looking.report(here.road).tags]


@router.get("/hashtags")
def hashtags(here: Here, viewer: Numbers) -> list[out.HashtagOut]:
    """How many posts each hashtag brought in the last two days, by the hour."""
    return [hashtag_out(tag) for tag in looking.report(here.road).tags]


@router.get("/alarms")
def alarm_list(here: Here, viewer: Alarms) -> list[out.AlarmOut]:
    """Alarms that stand, those that nobody has seen first."""
    return [alarm_out(each) for each in alarms.standing(here.road, viewer=viewer.name)]
