"""The campaign's numbers by day, kept beside the posts: one narrow row a post, from which days are counted.

A post that is gone or hidden has no row. Brought up to date by `catch_up`; equal at any time to counting
all posts one by one, which tests do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from store import campaign_changes, letting_go, veils
from store import tables as t
from store.db import Transaction, upsert
from store.records.post import DATE_DOUBT

F, A, D = t.campaign_facts.c, t.campaign_authors.c, t.campaign_days.c
FLAGS = ("has_photo", "is_sighting", "is_own", "has_where", "has_when")
LAGS = {"stored_60s": 60, "stored_300s": 300, "stored_3600s": 3600}
"""Posts stored within so many seconds after they were written."""
_KEYS_AT_ONCE = 500
"""Bound values a statement: below every limit of both databases."""


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The moments (aware UTC) at which the day begins and ends in the zone."""
    there = ZoneInfo(zone)
    begin = datetime.combine(day, time(), there).astimezone(UTC)
    return begin, datetime.combine(day + timedelta(days=1), time(), there).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """The day on which the moment falls in the zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


# ── one row a post ───────────────────────────────────────────────────────────────────────────────


def fact_of(row: Any) -> dict[str, Any]:
    """The narrow row of a post that stands. `row` has the columns of `_standing`."""
    created, received = row["created_at"], row["received_at"]
    # What cannot be true was marked when it came; a year before any platform is not believed in any case.
    doubted = (
        created is None
        or created.year < 2000
        or any(str(each).startswith(DATE_DOUBT) for each in row["problems"])
    )
    candidates: Sequence[Mapping[str, str]] = (row["where"] or {}).get("candidates") or ({},)
    best, is_placed = candidates[0], row["lat"] is not None
    return {
        "written_at": received if doubted else min(created, received),
        "post_key": row["key"],
        "platform": row["platform"],
        "author": row["author_id"] or (f"@{row['author_handle']}" if row["author_handle"] else row["key"]),
        "of_key": row["repost_of"],
        "lag_s": 0 if doubted else max(0, int((received - created).total_seconds())),
        "has_photo": bool(row["photos"]),
        "is_sighting": bool(row["is_sighting"]),
        "is_own": bool(row["is_sighting"]) and row["first_hand"] == "own",
        "has_where": is_placed,
        "has_when": row["seen_from"] is not None,
        **{name: best.get(name, "") if is_placed else "" for name in ("country", "province", "city")},
    }


def _standing(keys: Sequence[str]) -> Any:
    p, s, m = t.posts.c, t.sightings.c, t.media.c
    photos = sa.select(sa.func.count()).where(m.post_key == p.key, m.kind == "photo").scalar_subquery()
    return (
        sa.select(
            p.key, p.platform, p.author_id, p.author_handle, p.created_at, p.received_at, p.problems,
            p.repost_of, photos.label("photos"), s.is_sighting, s.first_hand, s.where, s.lat, s.seen_from,
        )
        .select_from(t.posts.outerjoin(t.sightings, s.post_key == p.key))
        .where(p.key.in_(keys), p.gone_at.is_(None), ~veils.of_veiled(p.key))
    )  # fmt: skip


def _chunks(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[at : at + _KEYS_AT_ONCE] for at in range(0, len(keys), _KEYS_AT_ONCE))


def catch_up(tx: Transaction, zone: str, at: datetime, *, most: int = 5_000) -> int:
    """Take up to `most` marks and bring rows, authors and the marks of days into line. How many were taken.

    The days themselves are counted by `recount`, once for all their posts.
    """
    keys = campaign_changes.take(tx, most)
    bring(tx, keys, zone, at)
    return len(keys)


def bring(tx: Transaction, keys: Sequence[str], zone: str, at: datetime) -> None:
    """Bring rows, authors and marks of days into line with these posts; one that the clock took stays."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("LOCK TABLE campaign_facts IN SHARE ROW EXCLUSIVE MODE"))
    stay = {key for some in _chunks(keys) for key in letting_go.of(tx, some)}
    keys = [key for key in keys if key not in stay]
    old: list[Any] = []
    new: list[dict[str, Any]] = []
    for some in _chunks(keys):
        held = tx.execute(sa.select(t.campaign_facts).where(F.post_key.in_(some)))
        old += held.mappings().all()
        new += [fact_of(row) for row in tx.execute(_standing(some)).mappings()]
    before = {row["post_key"]: dict(row) for row in old}
    after = {row["post_key"]: dict(row) for row in new}
    changed = [key for key in keys if before.get(key) != after.get(key)]
    for some in _chunks([key for key in changed if key in before]):
        tx.execute(sa.delete(t.campaign_facts).where(F.post_key.in_(some)))
    added = [after[key] for key in changed if key in after]
    if added:
        tx.execute(sa.insert(t.campaign_facts), added)
    came = [after[key] for key in changed if key in after]
    went = [before[key] for key in changed if key in before]
    moments = {row["written_at"] for row in (*came, *went)} | _count_authors(tx, came, went)
    _mark_days(tx, {day_of(moment, zone) for moment in moments}, zone, at)


def _count_authors(tx: Transaction, came: Sequence[Any], went: Sequence[Any]) -> set[datetime]:
    """Count posts that came and went to their authors; the moments at which one began, or no longer did."""
    more, begun, fewer = Counter(map(_who, came)), dict[Any, datetime](), Counter(map(_who, went))
    ended = {(_who(row), row["written_at"]) for row in went}
    for row in came:
        begun[_who(row)] = min(row["written_at"], begun.get(_who(row), row["written_at"]))
    moments: set[datetime] = set()
    for some in _chunks(sorted(more.keys() | fewer.keys())):
        named = sa.tuple_(A.platform, A.author).in_(some)
        held = {(r.platform, r.author): r for r in tx.execute(sa.select(t.campaign_authors).where(named))}
        rows = []
        for who in some:
            was = held[who].first_at if who in held else None
            posts = (held[who].posts if who in held else 0) + more[who] - fewer[who]
            first = min((m for m in (was, begun.get(who)) if m is not None), default=None)
            if posts and (was is None or (who, was) in ended):
                first = _first_of(tx, who)
            if posts:
                rows.append({"platform": who[0], "author": who[1], "posts": posts, "first_at": first})
            else:
                first = None
                tx.execute(sa.delete(t.campaign_authors).where(A.platform == who[0], A.author == who[1]))
            if was != first:
                moments |= {moment for moment in (was, first) if moment is not None}
        upsert(tx, t.campaign_authors, rows)
    return moments


def _who(row: Any) -> tuple[str, str]:
    return row["platform"], row["author"]


def _first_of(tx: Transaction, who: tuple[str, str]) -> datetime | None:
    """When the author wrote the first post that stands."""
    first = sa.select(F.written_at).where(F.platform == who[0], F.author == who[1])
    found = tx.execute(first.order_by(F.written_at).limit(1)).scalar()
    return found if isinstance(found, datetime) else None


def _mark_days(tx: Transaction, days: Iterable[date], zone: str, at: datetime) -> None:
    rows = [{"day": day, "zone": zone, "stale": True, "numbers": {}, "at": at} for day in sorted(days)]
    upsert(tx, t.campaign_days, rows, update=("stale",))


# ── a row a day ──────────────────────────────────────────────────────────────────────────────────


def stale(tx: Transaction, zone: str) -> list[date]:
    """Days whose numbers have to be counted anew, in order."""
    return list(tx.execute(sa.select(D.day).where(D.stale | (D.zone != zone)).order_by(D.day)).scalars())


def is_other_zone(tx: Transaction, zone: str) -> bool:
    """Whether days are kept that were counted in another zone."""
    return tx.execute(sa.select(D.day).where(D.zone != zone).limit(1)).first() is not None


def rezone(tx: Transaction, zone: str, at: datetime) -> None:
    """Days of another zone go; those of this one that hold a post are marked."""
    tx.execute(sa.delete(t.campaign_days))
    tx.execute(sa.delete(t.campaign_places))
    _mark_all_days(tx, zone, at)


def _mark_all_days(tx: Transaction, zone: str, at: datetime) -> None:
    # Only days that hold posts are made: one wrong date must not make a thousand years of days.
    hours = [_moment(hour) for hour in tx.execute(sa.select(_hour(tx)).distinct()).scalars()]
    ends = [moment + timedelta(minutes=minutes) for moment in hours for minutes in (0, 59)]
    _mark_days(tx, {day_of(moment, zone) for moment in ends}, zone, at)


def clear(tx: Transaction, zone: str, at: datetime) -> None:
    """Forget all that was counted, and all marks; only posts that the clock took stay, and are counted."""
    for table in (t.campaign_changes, t.campaign_authors, t.campaign_days, t.campaign_places):
        tx.execute(sa.delete(table))
    tx.execute(sa.delete(t.campaign_facts).where(~letting_go.still_counts(F.post_key)))
    names = ["platform", "author", "posts", "first_at"]
    kept = sa.select(F.platform, F.author, sa.func.count(), sa.func.min(F.written_at))
    tx.execute(sa.insert(t.campaign_authors).from_select(names, kept.group_by(F.platform, F.author)))
    _mark_all_days(tx, zone, at)


def _hour(tx: Transaction) -> Any:
    if tx.dialect.name == "sqlite":
        return sa.func.strftime("%Y-%m-%d %H", F.written_at)
    return sa.func.to_char(sa.func.timezone("UTC", F.written_at), "YYYY-MM-DD HH24")


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)


def recount(tx: Transaction, day: date, zone: str, at: datetime) -> None:
    """Count a day anew from its rows; a day without posts is kept no longer."""
    begin, end = bounds(day, zone)
    within = (F.written_at >= begin) & (F.written_at < end)
    ones = [_ones(F[name]).label(name) for name in FLAGS]
    ones += [_ones(F.lag_s <= seconds).label(name) for name, seconds in LAGS.items()]
    query = sa.select(
        F.platform,
        sa.func.count().label("posts"),
        _ones(F.of_key != "").label("reposts"),
        sa.func.count(sa.distinct(F.author)).label("authors"),
        *ones,
    )
    rows = tx.execute(query.where(within).group_by(F.platform).order_by(F.platform)).mappings().all()
    began: dict[str, int] = dict(
        tx.execute(
            sa.select(A.platform, sa.func.count())
            .where(A.first_at >= begin, A.first_at < end)
            .group_by(A.platform)
        ).all()
    )
    tx.execute(sa.delete(t.campaign_places).where(t.campaign_places.c.day == day))
    if not rows:
        tx.execute(sa.delete(t.campaign_days).where(D.day == day))
        return
    numbers = {
        row["platform"]: {
            **{name: int(row[name]) for name in ("posts", "reposts", "authors", *FLAGS, *LAGS)},
            "new_authors": int(began.get(row["platform"], 0)),
        }
        for row in rows
    }
    upsert(tx, t.campaign_days, [{"day": day, "zone": zone, "stale": False, "numbers": numbers, "at": at}])
    _recount_places(tx, day, within)


def _recount_places(tx: Transaction, day: date, within: Any) -> None:
    where = within & F.is_sighting & F.has_where
    count, own = sa.func.count().label("sightings"), _ones(F.is_own).label("own")
    places = (F.country, F.province, F.city)
    found = tx.execute(sa.select(*places, count, own).where(where).group_by(*places)).mappings()
    upsert(tx, t.campaign_places, [{"day": day, **row, "own": int(row["own"])} for row in found])


def _ones(condition: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def days(tx: Transaction, *, first: date | None = None, last: date | None = None) -> list[tuple[date, Any]]:
    """(day, numbers by platform) in order, of the days that have posts."""
    query = sa.select(D.day, D.numbers).where(D.numbers.is_not(None)).order_by(D.day)
    if first is not None:
        query = query.where(D.day >= first)
    if last is not None:
        query = query.where(D.day <= last)
    return [(row.day, row.numbers) for row in tx.execute(query)]


def counted_at(tx: Transaction) -> datetime | None:
    """When a day was last counted."""
    found = tx.execute(sa.select(sa.func.max(D.at))).scalar()
    return found if isinstance(found, datetime) else None


def places(tx: Transaction, first: date, last: date) -> list[Mapping[str, Any]]:
    """Sightings by country, province and city over days, most first."""
    c = t.campaign_places.c
    total, own = sa.func.sum(c.sightings).label("sightings"), sa.func.sum(c.own).label("own")
    query = sa.select(c.country, c.province, c.city, total, own).where(c.day >= first, c.day <= last)
    query = query.group_by(c.country, c.province, c.city).order_by(
        total.desc(), c.country, c.province, c.city
    )
    return [
        {**row, "sightings": int(row["sightings"]), "own": int(row["own"])}
        for row in tx.execute(query).mappings()
    ]


def people(tx: Transaction) -> int:
    """How many distinct authors have a standing post."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.campaign_authors)).scalar_one())


def people_between(tx: Transaction, begin: datetime, end: datetime) -> int:
    """Distinct authors who wrote from `begin` up to but not at `end`."""
    inner = sa.select(F.platform, F.author).where(F.written_at >= begin, F.written_at < end).distinct()
    return int(tx.execute(sa.select(sa.func.count()).select_from(inner.subquery())).scalar_one())


def claims(tx: Transaction, begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """(author, "COUNTRY/province" or "") of every sighting written in the time, in its order."""
    query = sa.select(F.platform, F.author, F.country, F.province).where(
        F.written_at >= begin, F.written_at < end
    )
    rows = tx.execute(query.where(F.is_sighting).order_by(F.written_at, F.post_key))
    return [(f"{row[0]} {row[1]}", f"{row[2]}/{row[3]}" if row[3] else "") for row in rows]


def by_posts(tx: Transaction) -> dict[int, int]:
    """How many authors wrote how many posts."""
    query = sa.select(A.posts, sa.func.count()).group_by(A.posts).order_by(A.posts)
    return {int(posts): int(number) for posts, number in tx.execute(query)}


def first_post(tx: Transaction) -> tuple[datetime, str, str] | None:
    """(when, key, platform) of the first original post, None before there is one."""
    query = sa.select(F.written_at, F.post_key, F.platform).where(F.of_key == "")
    row = tx.execute(query.order_by(F.written_at, F.post_key).limit(1)).first()
    return (row[0], row[1], row[2]) if row else None


def carried(tx: Transaction, *, most: int = 5) -> list[tuple[str, int]]:
    """(key, reposts) of the posts that were reposted most."""
    number = sa.func.count().label("number")
    query = sa.select(F.of_key, number).where(F.of_key != "").group_by(F.of_key)
    return [(row[0], int(row[1])) for row in tx.execute(query.order_by(number.desc(), F.of_key).limit(most))]
