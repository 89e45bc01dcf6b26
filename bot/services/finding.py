"""Finding by hand: a member of an active case's team looks through sightings by place, time and words.

Each search takes a place in its person's day and stands in the audit chain; what it finds is shown
blurred, and opened one by one with a reason. No face is searched with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.match.travel import distance_km
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules import compose
from bot.rules import finding as rules
from bot.rules.finding import Query
from bot.services import canaries, leads_people
from bot.services.sightings import served_photo
from store import audit, case_teams, cases, photos, posts, searches, sightings, users, veils
from store.cases import CaseRow
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.records.case import CaseStatus
from store.records.place import PlaceEntry
from store.records.post import Post
from store.records.sighting import PlaceKind, Sighting
from store.searches import Result, Saved, Search

FINDERS = frozenset({users.REVIEWER})
AREAS = frozenset({PlaceKind.CITY, PlaceKind.DISTRICT, PlaceKind.TOWN})
MOST_CANDIDATES = 4000
LEAST_WHY = 4
MOST_PLACES = 12


@dataclass(frozen=True, slots=True)
class Found:
    """One result as it is shown: what was read from the post, never its words, until it is opened."""

    result: Result
    sighting: Sighting | None
    has_photo: bool
    is_gone: bool


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search with what it found."""

    search: Search
    query: Query
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What somebody can search for today: active cases of their teams, searches left, what they keep."""

    cases: tuple[CaseRow, ...]
    left: int
    per_day: int
    saved: tuple[Saved, ...]
    made: tuple[Search, ...]


@dataclass(frozen=True, slots=True)
class OpenedResult:
    """A result that was opened: the post and what was read from it, for the case of its search."""

    search: Search
    number: int
    post: Post
    sighting: Sighting | None
    has_photo: bool


def desk(road: Road, *, by: str) -> Desk:
    """What this account can search. Raises NotAllowed for one that does not review, Missing."""
    with road.store.reading() as tx:
        leads_people.need_role(tx, by, FINDERS, "find by hand")
        mine = tuple(cases.get(tx, each) for each in searches.cases_of(tx, by))
        used = searches.used(tx, by, searches.day_of(road.clock()))
        return Desk(
            mine,
            max(0, road.finding.per_day - used),
            road.finding.per_day,
            tuple(searches.saved_of(tx, by, road.clock())),
            tuple(searches.of_account(tx, by, viewer=by, most=40)),
        )


def areas(road: Road, name: str) -> list[PlaceEntry]:
    """Districts, towns and cities of a name, the most populous first. Raises UsageError, Missing."""
    if not name.strip():
        raise UsageError("place", "is empty; name a district, town or city")
    found = [each for each in road.gazetteer().lookup(name.strip()) if each.kind in AREAS]
    if not found:
        raise Missing(name.strip()[:60], "is no district, town or city that the gazetteer knows")
    return found[:MOST_PLACES]


def area(road: Road, place: int | str) -> PlaceEntry:
    """The one area meant, by name or by the gazetteer's number. Raises UsageError where several have it."""
    if isinstance(place, int):
        found = road.gazetteer().entry(place)
        if found.kind not in AREAS:
            raise UsageError("place", "is no district, town or city")
        return found
    several = areas(road, place)
    if len(several) > 1:
        named = "; ".join(f"{each.id} {each.name} ({each.city or each.province})" for each in several)
        raise UsageError("place", f"is the name of several; give the number of one: {named}")
    return several[0]


def search(road: Road, case_id: str, purpose: str, query: Query, *, by: str) -> SearchView:
    """Search for an active case of one's team, with a purpose.

    Raises Missing for a case that this account must not know of, UsageError for a query or purpose that
    will not do, NotAllowed for who is not of its team or has used up the day.
    """
    if words := rules.purpose_refusal(purpose):
        raise UsageError("purpose", words)
    if words := rules.refusal(query):
        raise UsageError("search", words)
    canaries.looked(road, [case_id], by, "searched for by hand")
    with road.store.transaction(durable=True) as tx:
        held = _need_case(tx, case_id, by)
        placed = _take_place(road, tx, held, purpose, query, by)
    with road.store.reading() as tx:
        keys = _matching(tx, query, road.finding.results)
    with road.store.transaction(durable=True) as tx:
        searches.put_results(tx, placed, keys)
        audit.write(tx, road.clock(), by, "finding.found", placed.id, found=len(keys))
    return show(road, placed.id, by=by)


def _need_case(tx: Transaction, case_id: str, by: str) -> CaseRow:
    leads_people.need_role(tx, by, FINDERS, "find by hand")
    held = cases.seen(tx, case_id, by)
    if by not in case_teams.members(tx, case_id):
        raise NotAllowed(case_id, "is not assigned to you: its team can search for it")
    if held.status is not CaseStatus.ACTIVE:
        raise NotAllowed(case_id, f"is {held.status.value}; only for active cases anything is searched")
    return held


def _take_place(road: Road, tx: Transaction, held: CaseRow, purpose: str, query: Query, by: str) -> Search:
    now = road.clock()
    day, secret = searches.day_of(now), road.key.derived("search")
    kept = rules.as_kept(query)
    wanted = Search("", by, day, 0, held.case.id, purpose.strip(), kept, now, 0)

    def id_of(number: int) -> str:
        key = f"{by}|{day.isoformat()}|{number}"
        return compose.reference(secret, key) + compose.reference(secret, f"{key}#")

    placed = searches.take_place(tx, wanted, road.finding.per_day, id_of)
    if placed is None:
        raise NotAllowed(by, f"has made {road.finding.per_day} searches today; more are possible tomorrow")
    asked = road.key.digest("search", json.dumps([purpose.strip(), kept], sort_keys=True))
    case = named(road, held.case)
    audit.write(tx, now, by, "finding.searched", placed.id, case=case, number=placed.number, asked=asked)
    return placed


def _matching(tx: Transaction, query: Query, most: int) -> list[str]:
    found: list[str] = []
    for each in searches.candidates(
        tx, rules.box(query), query.since, query.until, query.words, most=MOST_CANDIDATES
    ):
        if distance_km(query.lat, query.lon, each.lat, each.lon) > query.radius_km:
            continue
        if not rules.asks_for_looks(query) or rules.is_like(query, each.who):
            found.append(each.post_key)
        if len(found) == most:
            break
    return found


def show(road: Road, search_id: str, *, by: str) -> SearchView:
    """One's own search with its results. Raises Missing, for somebody else's too."""
    with road.store.reading() as tx:
        made = _own(tx, search_id, by)
        found = tuple(_found(tx, each) for each in searches.results(tx, search_id))
        return SearchView(made, rules.from_kept(made.query), found)


def _own(tx: Transaction, search_id: str, by: str) -> Search:
    made = searches.get(tx, search_id)
    if made.account != by or case_teams.is_hidden(tx, made.case_id, by) or not made.query:
        raise Missing(search_id[:40], searches.NONE)
    return made


def _found(tx: Transaction, result: Result) -> Found:
    is_gone = posts.is_gone(tx, result.post_key)
    claim = None if is_gone else sightings.get(tx, result.post_key)
    return Found(result, claim, not is_gone and bool(_served(tx, result.post_key)), is_gone)


def _served(tx: Transaction, post_key: str) -> str:
    kept = next((row.photo for row in posts.media_of(tx, post_key) if row.photo), None)
    return photos.get(tx, kept).served if kept else ""


def picture(road: Road, search_id: str, number: int, *, by: str) -> tuple[str, bytes, bool]:
    """(digest, JPEG, whether the result was opened) of a result's first picture. Raises Missing."""
    with road.store.reading() as tx:
        _own(tx, search_id, by)
        result = next((each for each in searches.results(tx, search_id) if each.number == number), None)
        served = _served(tx, result.post_key) if result is not None else ""
    if result is None or not served:
        raise Missing(f"{search_id[:40]}/{number}", "is not a picture that may be shown")
    return served, served_photo(road, served, viewer=by), result.opened_at is not None


def open_result(road: Road, search_id: str, number: int, why: str, *, by: str) -> OpenedResult:
    """See a result as it is, with a reason; written down each time.

    Raises Missing, UsageError without a reason, NotAllowed once the case is not active or not one's own.
    """
    if len(why.strip()) < LEAST_WHY:
        raise UsageError("why", "is missing; say for what this sighting is opened")
    with road.store.transaction(durable=True) as tx:
        made = _own(tx, search_id, by)
        _need_case(tx, made.case_id, by)
        result = searches.open_result(tx, search_id, number, why.strip(), road.clock())
        veils.check(tx, result.post_key)
        post = posts.get(tx, result.post_key)
        audit.write(tx, road.clock(), by, "finding.opened", made.id, number=number)
        claim, has_photo = sightings.get(tx, post.key), bool(_served(tx, post.key))
    return OpenedResult(made, number, post, claim, has_photo)


# ── saved queries ────────────────────────────────────────────────────────────────────────────────


def save(road: Road, search_id: str, name: str, *, by: str) -> Saved:
    """Keep a search's query for a while, to make it again. Raises Missing, UsageError."""
    if not 0 < len(name.strip()) <= 80:
        raise UsageError("name", "has to have 1 to 80 characters")
    now = road.clock()
    with road.store.transaction() as tx:
        made = _own(tx, search_id, by)
        if len(searches.saved_of(tx, by, now)) >= road.finding.saved_most:
            raise UsageError("name", f"is one too many: {road.finding.saved_most} searches can be kept")
        kept = Saved(
            f"{made.id}-s", by, name.strip(), made.case_id, made.purpose, made.query, now,
            now + road.finding.saved,
        )  # fmt: skip
        if not searches.save(tx, kept):
            raise UsageError("name", "this search is kept already")
        audit.write(tx, now, by, "finding.saved", made.id, until=kept.expires_at.isoformat())
    return kept


def forget_saved(road: Road, saved_id: str, *, by: str) -> None:
    """Keep a query no longer. Raises Missing."""
    with road.store.transaction() as tx:
        if not searches.drop_saved(tx, saved_id, by):
            raise Missing(saved_id[:40], "is no search that you keep")


def again(road: Road, saved_id: str, *, by: str) -> SearchView:
    """Make a kept search again; it counts like any other. Raises as `search` does."""
    with road.store.reading() as tx:
        kept = next((s for s in searches.saved_of(tx, by, road.clock()) if s.id == saved_id), None)
    if kept is None:
        raise Missing(saved_id[:40], "is no search that you keep, or it is over")
    return search(road, kept.case_id, kept.purpose, rules.from_kept(kept.query), by=by)
