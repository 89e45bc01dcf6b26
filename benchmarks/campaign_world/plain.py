"""The campaign's numbers by the slow, obviously right way: every post is looked at, in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

LAGS = {"stored_60s": 60, "stored_300s": 300, "stored_3600s": 3600}
FLAGS = ("has_photo", "is_sighting", "is_own", "has_where", "has_when")


def written_at(row: Any) -> Any:
    """When a post was written, as far as that can be trusted."""
    if row.created_at is None or any(p.startswith("created_at ") for p in row.problems):
        return row.received_at
    return min(row.created_at, row.received_at)


def count(tx: Transaction, zone: str) -> dict[str, Any]:
    """All that `store/campaign_days.py` keeps: by day and platform, places by day, people, carriers."""
    hidden = set(tx.execute(sa.select(t.veils.c.post_key)).scalars())
    photos = set(tx.execute(sa.select(t.media.c.post_key).where(t.media.c.kind == "photo")).scalars())
    claims: dict[str, Any] = {row.post_key: row for row in tx.execute(sa.select(t.sightings))}
    days: dict[date, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    writers: dict[tuple[date, str], set[str]] = defaultdict(set)
    firsts: dict[tuple[str, str], datetime] = {}
    posts_of: Counter[tuple[str, str]] = Counter()
    places: dict[date, Counter[tuple[str, str, str]]] = defaultdict(Counter)
    carried: Counter[str] = Counter()
    p = t.posts.c
    columns = (
        p.key,
        p.platform,
        p.author_id,
        p.created_at,
        p.received_at,
        p.problems,
        p.repost_of,
        p.gone_at,
    )
    for row in tx.execute(sa.select(*columns)):
        if row.gone_at is not None or row.key in hidden:
            continue
        at = written_at(row)
        claim: Any = claims.get(row.key)
        day, who = at.astimezone(ZoneInfo(zone)).date(), (row.platform, row.author_id)
        mine = days[day][row.platform]
        is_seen = claim is not None and bool(claim.is_sighting)
        flags = (
            row.key in photos,
            is_seen,
            is_seen and claim.first_hand == "own",
            claim is not None and claim.lat is not None,
            claim is not None and claim.seen_from is not None,
        )
        lag_s = 0 if at == row.received_at else int((row.received_at - row.created_at).total_seconds())
        lags = {name: int(lag_s <= most) for name, most in LAGS.items()}
        mine.update(
            {
                "posts": 1,
                **lags,
                "reposts": int(bool(row.repost_of)),
                **dict(zip(FLAGS, map(int, flags), strict=True)),
            }
        )
        writers[day, row.platform].add(row.author_id)
        posts_of[who] += 1
        firsts[who] = min(at, firsts.get(who, at))
        if row.repost_of:
            carried[row.repost_of] += 1
        if is_seen and flags[3]:
            best = claim.where["candidates"][0]
            places[day][best["country"], best["province"], best["city"]] += 1
    for (day, platform), people in writers.items():
        days[day][platform]["authors"] = len(people)
    for (platform, _), at in firsts.items():
        days[at.astimezone(ZoneInfo(zone)).date()][platform]["new_authors"] += 1
    return {
        "days": {
            day: {name: dict(numbers) for name, numbers in found.items()} for day, found in days.items()
        },
        "places": {day: dict(found) for day, found in places.items()},
        "people": len(posts_of),
        "by_posts": dict(Counter(posts_of.values())),
        "carried": carried,
    }
