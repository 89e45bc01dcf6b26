"""Searches by hand, what they found, which are saved and which are audited, as rows. Decides no limit.

A search's place in its person's day is its key, so that nobody makes more than there are places, over
whatever door and however many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.codec import from_json
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.case import CaseStatus
from store.records.sighting import Who

_H, _R, _A = t.hand_searches.c, t.hand_results.c, t.search_audits.c
NONE = "is not a search"


@dataclass(frozen=True, slots=True)
class Search:
    """A search that was made. `query` is as bot/rules/finding.py keeps it; `number` its place in the day."""

    id: str
    account: str
    day: date
    number: int
    case_id: str
    purpose: str
    query: Mapping[str, Any]
    at: datetime
    found: int


@dataclass(frozen=True, slots=True)
class Result:
    """A post that a search found; `opened_at` None until somebody asked to see it."""

    search_id: str
    number: int
    post_key: str
    opened_at: datetime | None = None
    opened_why: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A query that an account keeps for a while."""

    id: str
    account: str
    name: str
    case_id: str
    purpose: str
    query: Mapping[str, Any]
    saved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Audited:
    """A search that was drawn for somebody else to look at; `done_at` None: nobody has yet."""

    search_id: str
    week: date
    drawn_at: datetime
    auditor: str = ""
    done_at: datetime | None = None
    was_right: bool = False
    words: str = ""


# ── searches ─────────────────────────────────────────────────────────────────────────────────────


def take_place(tx: Transaction, search: Search, most: int, id_of: Callable[[int], str]) -> Search | None:
    """Keep a search at the next free place of its person's day. None when all `most` places are taken.

    `id_of` gives the id of the search at a place. Two at once never share a place: the second waits for the
    first and takes the next.
    """
    made = {name: getattr(search, name) for name in Search.__dataclass_fields__}
    made["query"] = dict(search.query)
    for number in range(used(tx, search.account, search.day) + 1, most + 1):
        placed = made | {"number": number, "id": id_of(number)}
        if insert_new(tx, t.hand_searches, placed):
            return Search(**placed)
    return None


def used(tx: Transaction, account: str, day: date) -> int:
    """The highest place that is taken in an account's day."""
    query = sa.select(sa.func.max(_H.number)).where(_H.account == account, _H.day == day)
    return int(tx.execute(query).scalar() or 0)


def put_results(tx: Transaction, search: Search, posts: Sequence[str]) -> None:
    """Keep what a search found, in its order."""
    rows = [{"search_id": search.id, "number": at, "post_key": key} for at, key in enumerate(posts, 1)]
    upsert(tx, t.hand_results, [{**row, "opened_at": None, "opened_why": ""} for row in rows], update=())
    where = _H.id == search.id
    tx.execute(sa.update(t.hand_searches).where(where).values(found=len(posts)))


def get(tx: Transaction, search_id: str) -> Search:
    """A search. Raises Missing."""
    row = tx.execute(sa.select(t.hand_searches).where(_H.id == search_id)).first()
    if row is None:
        raise Missing(search_id[:40], NONE)
    return _search(row)


def _search(row: Any) -> Search:
    return Search(**{name: getattr(row, name) for name in Search.__dataclass_fields__})


def results(tx: Transaction, search_id: str) -> list[Result]:
    """What a search found and may still be shown, in its order."""
    query = sa.select(t.hand_results).where(_R.search_id == search_id, ~veils.of_veiled(_R.post_key))
    return [Result(**row._mapping) for row in tx.execute(query.order_by(_R.number))]


def open_result(tx: Transaction, search_id: str, number: int, why: str, at: datetime) -> Result:
    """Say that a result was opened; the first reason stands. Raises Missing."""
    found = next((each for each in results(tx, search_id) if each.number == number), None)
    if found is None:
        raise Missing(f"{search_id[:40]}/{number}", "is not a result of that search")
    where = (_R.search_id == search_id) & (_R.number == number) & _R.opened_at.is_(None)
    tx.execute(sa.update(t.hand_results).where(where).values(opened_at=at, opened_why=why))
    return found


def of_account(tx: Transaction, account: str, *, viewer: str, most: int = 100) -> list[Search]:
    """An account's searches, the newest first; those about cases that the viewer may know of."""
    shown = ~case_teams.of_hidden(_H.case_id, viewer)
    query = sa.select(t.hand_searches).where(_H.account == account, shown)
    rows = tx.execute(query.order_by(_H.at.desc(), _H.number.desc()).limit(most))
    return [_search(row) for row in rows]


def cases_of(tx: Transaction, account: str) -> list[str]:
    """Ids of active cases in whose team an account is."""
    c, m = t.cases.c, t.case_teams.c
    query = sa.select(c.id).join(t.case_teams, m.case_id == c.id).where(m.account == account)
    query = query.where(c.status == CaseStatus.ACTIVE.value, ~case_teams.of_hidden(c.id, account))
    return list(tx.execute(query.order_by(c.id)).scalars())


# ── the posts ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claimed sighting in a box: where it is, and the child as its words describe it, as it is kept."""

    post_key: str
    lat: float
    lon: float
    kept_who: Any

    @property
    def who(self) -> Who:
        """The child as the words describe it; read when asked for, since most are never asked."""
        return from_json(Who, self.kept_who, subject=self.post_key)


def candidates(
    tx: Transaction,
    box: tuple[float, float, float, float],
    since: datetime,
    until: datetime,
    words: Sequence[str],
    *,
    most: int,
) -> list[Candidate]:
    """Claimed sightings in a box of degrees (south, north, west, east) and a span.

    Newest first, at most `most`. A claim without a time counts by when it was posted. Posts that are hidden
    or gone are left out.
    """
    s, p = t.sightings.c, t.posts.c
    south, north, west, east = box
    start, end = sa.func.coalesce(s.seen_from, p.created_at), sa.func.coalesce(s.seen_until, p.created_at)
    query = (
        sa.select(s.post_key, s.lat, s.lon, s.who)
        .join(t.posts, p.key == s.post_key)
        .where(s.lat.between(south, north), s.lon.between(west, east), s.is_sighting)
        .where(start < until, end >= since)
        .where(p.gone_at.is_(None), p.repost_of == "", ~veils.of_veiled(s.post_key))
    )
    for word in words:
        query = query.where(p.text.icontains(word, autoescape=True))
    rows = tx.execute(query.order_by(end.desc(), s.post_key).limit(most))
    return [Candidate(row.post_key, row.lat, row.lon, row.who) for row in rows]


# ── saved ones ───────────────────────────────────────────────────────────────────────────────────


def save(tx: Transaction, saved: Saved) -> bool:
    """Keep a query. False when its id is taken."""
    row = {name: getattr(saved, name) for name in Saved.__dataclass_fields__}
    return insert_new(tx, t.saved_searches, row | {"query": dict(saved.query)})


def saved_of(tx: Transaction, account: str, now: datetime) -> list[Saved]:
    """What an account keeps and is not over, by name."""
    s = t.saved_searches.c
    query = sa.select(t.saved_searches).where(s.account == account, s.expires_at > now)
    query = query.where(~case_teams.of_hidden(s.case_id, account))
    return [Saved(**row._mapping) for row in tx.execute(query.order_by(s.name, s.id))]


def drop_saved(tx: Transaction, saved_id: str, account: str) -> bool:
    """Forget one. False if this account keeps none of that id."""
    s = t.saved_searches.c
    return tx.execute(sa.delete(t.saved_searches).where(s.id == saved_id, s.account == account)).rowcount > 0


def expire(tx: Transaction, now: datetime) -> int:
    """Forget saved queries that are over. How many went."""
    over = t.saved_searches.c.expires_at <= now
    return tx.execute(sa.delete(t.saved_searches).where(over)).rowcount


# ── the audit ────────────────────────────────────────────────────────────────────────────────────


def weeks_to_draw(tx: Transaction, before: date) -> list[date]:
    """Mondays of weeks before this one in which somebody searched and nothing was drawn yet."""
    drawn = set(tx.execute(sa.select(t.search_weeks.c.week)).scalars())
    first = max(drawn) if drawn else date.min
    query = sa.select(_H.day).where(_H.day < before, _H.day > first).distinct()
    weeks = {day - timedelta(days=day.weekday()) for day in tx.execute(query).scalars()}
    return sorted(weeks - drawn)


def of_week(tx: Transaction, week: date) -> list[str]:
    """Ids of the searches of a week."""
    query = sa.select(_H.id).where(_H.day >= week, _H.day < week + timedelta(days=7))
    return sorted(tx.execute(query).scalars())


def put_draw(tx: Transaction, week: date, ids: Sequence[str], *, of: int, at: datetime) -> bool:
    """Keep which searches of a week are looked at. False if the week was drawn already."""
    row = {"week": week, "searches": of, "drawn": len(ids), "drawn_at": at}
    if not insert_new(tx, t.search_weeks, row):
        return False
    blank = {"auditor": "", "done_at": None, "was_right": False, "words": ""}
    rows = [{"search_id": each, "week": week, "drawn_at": at, **blank} for each in ids]
    upsert(tx, t.search_audits, rows, update=())
    return True


def audits(tx: Transaction, *, viewer: str, most: int = 200) -> list[tuple[Audited, Search]]:
    """Searches that were drawn, those that nobody has looked at first; of cases the viewer may know of."""
    query = sa.select(t.search_audits, t.hand_searches).join(t.hand_searches, _H.id == _A.search_id)
    query = query.where(~case_teams.of_hidden(_H.case_id, viewer))
    query = query.order_by(_A.done_at.is_not(None), _A.week.desc(), _A.search_id).limit(most)
    found = []
    for row in tx.execute(query):
        audited = Audited(**{name: getattr(row, name) for name in Audited.__dataclass_fields__})
        found.append((audited, _search(row)))
    return found


def waiting_audits(tx: Transaction) -> int:
    """How many drawn searches nobody has looked at."""
    where = _A.done_at.is_(None)
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.search_audits).where(where)).scalar_one())


def audit(tx: Transaction, search_id: str, *, by: str, was_right: bool, words: str, at: datetime) -> None:
    """Say what somebody found. Raises Missing for one that was not drawn, Conflict for one that is done."""
    if tx.execute(sa.select(_A.search_id).where(_A.search_id == search_id)).first() is None:
        raise Missing(search_id[:40], "was not drawn for the audit")
    where = (_A.search_id == search_id) & _A.done_at.is_(None)
    values = {"auditor": by, "done_at": at, "was_right": was_right, "words": words}
    if tx.execute(sa.update(t.search_audits).where(where).values(**values)).rowcount != 1:
        raise Conflict(search_id[:40], "was looked at meanwhile by somebody else")


def day_of(moment: datetime) -> date:
    """The day, UTC, in which a search counts."""
    return moment.astimezone(UTC).date()


def forget_case(tx: Transaction, case_id: str) -> None:
    """A case is destroyed: what was searched for it and found goes; that somebody searched stays."""
    ids = sa.select(_H.id).where(_H.case_id == case_id)
    tx.execute(sa.delete(t.hand_results).where(_R.search_id.in_(ids)))
    tx.execute(sa.delete(t.saved_searches).where(t.saved_searches.c.case_id == case_id))
    blank: dict[str, Any] = {"purpose": "", "query": {}}
    tx.execute(sa.update(t.hand_searches).where(_H.case_id == case_id).values(**blank))
