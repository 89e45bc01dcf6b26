"""Numbers by hashtag, source and period, as rows that are kept up by differences. Judges nothing.

The tag "" is all posts, the source "" all sources together. Periods are UTC: the hour, the day, the week
from its Monday, and all time (`start` is `ALL_TIME` there).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert

COUNTS = (
    "posts", "originals", "photos", "read", "placed", "timed", "usable", "first_hand", "kept", "leads",
    "review_s",
)  # fmt: skip
"""What is counted, in the order of every tuple of counts."""
WHOLE = ""
ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_N, _A = t.tag_numbers.c, t.tag_authors.c
UNCOUNTED = -1
"""The `draw` of a post that the clock took while its row is not in the numbers."""
_DAY = timedelta(days=1)
_MONDAY = 3  # 1 January 1970 was a Thursday
_AT_ONCE = 400

Counts = tuple[int, ...]
Place = tuple[str, str, datetime]
"""Tag, source, hour."""
Member = tuple[str, str, int]
"""Tag, source, the author's digest."""


class Grain(StrEnum):
    """How long the periods of a row are."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers of one period. `review_s` is seconds of reviewers; `authors` is 0 for hours."""

    tag: str
    source: str
    start: datetime
    posts: int = 0
    authors: int = 0
    originals: int = 0
    photos: int = 0
    read: int = 0
    placed: int = 0
    timed: int = 0
    usable: int = 0
    first_hand: int = 0
    kept: int = 0
    leads: int = 0
    review_s: int = 0


def start_of(grain: Grain, moment: datetime) -> datetime:
    """The beginning of the period that holds the moment."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if grain is Grain.HOUR:
        return hour
    if grain is Grain.ALL:
        return ALL_TIME
    day = hour.replace(hour=0)
    return day if grain is Grain.DAY else day - timedelta(days=day.weekday())


def day_number(moment: datetime) -> int:
    """Days since 1970 of the moment's UTC day."""
    return (moment - ALL_TIME).days


def _start_of_day(day: int) -> datetime:
    return ALL_TIME + day * _DAY


def add(tx: Transaction, sums: Mapping[Place, Sequence[int]]) -> None:
    """Add differences by hour, and to the day, the week and all time around it."""
    grown: dict[tuple[str, str, str, datetime], list[int]] = {}
    for (tag, source, hour), counts in sums.items():
        if any(counts):
            for grain in Grain:
                place = (grain.value, tag, source, start_of(grain, hour))
                held = grown.get(place)
                grown[place] = (
                    list(counts) if held is None else [a + b for a, b in zip(held, counts, strict=True)]
                )
    rows = [
        {
            "grain": grain,
            "tag": tag,
            "source": source,
            "start": start,
            **dict(zip(COUNTS, counts, strict=True)),
        }
        for (grain, tag, source, start), counts in sorted(grown.items())
    ]
    _grow(tx, rows, COUNTS)
    _tidy(tx, grown)


def _grow(tx: Transaction, rows: Sequence[Mapping[str, object]], names: Sequence[str]) -> None:
    if rows:
        statement = insert(tx, t.tag_numbers)
        more = {name: _N[name] + statement.excluded[name] for name in names}
        keys = ["grain", "tag", "source", "start"]
        tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=more), rows)


def _tidy(tx: Transaction, grown: Mapping[tuple[str, str, str, datetime], Sequence[int]]) -> None:
    """Rows of periods that no post is in any more go."""
    for grain, tag, source, start in (place for place, counts in sorted(grown.items()) if counts[0] < 0):
        where = (_N.grain == grain) & (_N.tag == tag) & (_N.source == source) & (_N.start == start)
        tx.execute(sa.delete(t.tag_numbers).where(where, _N.posts <= 0))


def count_authors(tx: Transaction, changed: Mapping[tuple[Member, int], int]) -> None:
    """Posts more or less of authors, by (member, day): rows of days are kept, distinct ones counted.

    Comes before `add`, which drops the rows of periods that no post is in any more.
    """
    changed = {place: number for place, number in changed.items() if number}
    held = _days(tx, sorted({member for member, _ in changed}))
    rows: list[dict[str, object]] = []
    distinct: dict[tuple[str, str, str, datetime], int] = {}
    by_member: dict[Member, dict[int, int]] = {}
    for (member, day), number in changed.items():
        by_member.setdefault(member, {})[day] = number
    for member, days in sorted(by_member.items()):
        before = {day for day, posts in held.get(member, {}).items() if posts > 0}
        after = {**held.get(member, {})}
        for day, number in days.items():
            after[day] = after.get(day, 0) + number
            tag, source, author = member
            rows.append({"tag": tag, "source": source, "author": author, "day": day, "posts": number})
        _compare(distinct, member, before, {day for day, posts in after.items() if posts > 0})
    _keep_days(tx, rows)
    grown = [
        {"grain": grain, "tag": tag, "source": source, "start": start, "authors": number}
        for (grain, tag, source, start), number in sorted(distinct.items())
        if number
    ]
    _grow(tx, grown, ("authors",))


def _compare(
    distinct: dict[tuple[str, str, str, datetime], int], member: Member, before: set[int], after: set[int]
) -> None:
    tag, source, _ = member
    for days, sign in ((after - before, 1), (before - after, -1)):
        for day in days:
            place = (Grain.DAY.value, tag, source, _start_of_day(day))
            distinct[place] = distinct.get(place, 0) + sign
    weeks_before, weeks_after = ({(day + _MONDAY) // 7 for day in days} for days in (before, after))
    for weeks, sign in ((weeks_after - weeks_before, 1), (weeks_before - weeks_after, -1)):
        for week in weeks:
            place = (Grain.WEEK.value, tag, source, _start_of_day(week * 7 - _MONDAY))
            distinct[place] = distinct.get(place, 0) + sign
    if bool(before) != bool(after):
        place = (Grain.ALL.value, tag, source, ALL_TIME)
        distinct[place] = distinct.get(place, 0) + (1 if after else -1)


def _days(tx: Transaction, members: Sequence[Member]) -> dict[Member, dict[int, int]]:
    """Posts by day of each of these authors, by member."""
    found: dict[Member, dict[int, int]] = {}
    place = sa.tuple_(_A.tag, _A.source, _A.author)
    for first in range(0, len(members), _AT_ONCE):
        some = members[first : first + _AT_ONCE]
        for row in tx.execute(sa.select(t.tag_authors).where(place.in_(some))):
            found.setdefault((row.tag, row.source, row.author), {})[row.day] = row.posts
    return found


def _keep_days(tx: Transaction, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    statement = insert(tx, t.tag_authors)
    keys = ["tag", "source", "author", "day"]
    more = {"posts": _A.posts + statement.excluded.posts}
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=more), list(rows))
    for row in rows:
        if int(str(row["posts"])) < 0:
            where = sa.and_(*(_A[name] == row[name] for name in keys))
            tx.execute(sa.delete(t.tag_authors).where(where, _A.posts <= 0))


def read(
    tx: Transaction,
    grain: Grain,
    *,
    tags: Iterable[str] | None = None,
    source: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Row]:
    """Numbers of a grain by period, tag and source; `tags` and `source` narrow, None takes all."""
    query = sa.select(t.tag_numbers).where(_N.grain == grain.value)
    if tags is not None:
        query = query.where(_N.tag.in_(sorted(set(tags))))
    if source is not None:
        query = query.where(_N.source == source)
    if since is not None:
        query = query.where(_N.start >= since)
    if until is not None:
        query = query.where(_N.start < until)
    return [_row(row) for row in tx.execute(query.order_by(_N.start, _N.tag, _N.source))]


def busiest(tx: Transaction, *, least: int = 1, most: int = 200) -> list[Row]:
    """All-time numbers of the hashtags with most posts, of all sources together; not the row of all posts."""
    where = (_N.grain == Grain.ALL.value, _N.source == WHOLE, _N.tag != WHOLE, _N.posts >= least)
    query = sa.select(t.tag_numbers).where(*where).order_by(_N.posts.desc(), _N.tag).limit(most)
    return [_row(row) for row in tx.execute(query)]


def _row(row: sa.Row[tuple[object, ...]]) -> Row:
    held = dict(row._mapping)
    del held["grain"]
    return Row(**held)


def newcomers(tx: Transaction, authors: Iterable[int], *, since: datetime) -> int:
    """How many of these authors have no post before the UTC day of the moment."""
    wanted, known = sorted(set(authors)), 0
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        where = (_A.tag == WHOLE, _A.source == WHOLE, _A.author.in_(some), _A.day < day_number(since))
        known += int(tx.execute(sa.select(sa.func.count(_A.author.distinct())).where(*where)).scalar_one())
    return len(wanted) - known


def new_authors(tx: Transaction, tag: str, day: datetime) -> int:
    """How many authors of the hashtag on this UTC day had no post at all before it."""
    number, earlier = day_number(day), t.tag_authors.alias("earlier")
    known = sa.exists().where(
        earlier.c.tag == WHOLE,
        earlier.c.source == WHOLE,
        earlier.c.author == _A.author,
        earlier.c.day < number,
    )
    where = (_A.tag == tag, _A.source == WHOLE, _A.day == number, ~known)
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.tag_authors).where(*where)).scalar_one())


def last_start(tx: Transaction, grain: Grain) -> datetime | None:
    """The beginning of the last period of this grain that any post is in, None before the first."""
    where = (_N.grain == grain.value, _N.tag == WHOLE, _N.source == WHOLE)
    found: datetime | None = tx.execute(sa.select(sa.func.max(_N.start)).where(*where)).scalar()
    return found


def clear(tx: Transaction) -> None:
    """Forget all numbers and what each post counts as: everything is to be counted anew.

    Of posts that the clock took there is nothing else to count from: their rows stay, and wait to be added.
    """
    b = t.bench_posts.c
    tx.execute(sa.delete(t.tag_numbers))
    tx.execute(sa.delete(t.tag_authors))
    tx.execute(sa.delete(t.bench_posts).where(b.set_id > 0))
    tx.execute(sa.update(t.bench_posts).values(draw=UNCOUNTED))
    tx.execute(sa.delete(t.bench_sets).where(t.bench_sets.c.id.not_in(sa.select(-b.set_id))))
