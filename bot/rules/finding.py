"""Finding by hand: what a search may ask, how much of it anybody may do, and which ones are looked at again.

Pure: the query, the counts and the secret are arguments. No face is searched with, here or anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from store.records.sighting import Who

LEAST_RADIUS_KM, MOST_RADIUS_KM = 5.0, 100.0
MOST_DAYS = 366
LEAST_PURPOSE = 12
MOST_CHARS = 500
MOST_WORDS = 5
LEAST_WORD = 2
AUDIT_SHARE = 10
"""One search of so many is looked at by somebody else."""
KM_PER_DEGREE = 111.32
SEXES = ("", "female", "male")


@dataclass(frozen=True, slots=True)
class FindingPlan:
    """How much finding by hand this installation allows. None of it can be set above the house's limits."""

    per_day: int = 20
    results: int = 50
    saved: timedelta = timedelta(days=14)
    saved_most: int = 20


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a circle around a known place (WGS-84 degrees, km), a span, words, appearance.

    `since` and `until` are aware UTC and both needed. `words` have all to stand in the post. The child as
    the words of the post describe it: `sex` "female", "male" or ""; ages in years.
    """

    place: str
    lat: float
    lon: float
    radius_km: float
    since: datetime
    until: datetime
    words: tuple[str, ...] = ()
    sex: str = ""
    age_from: float | None = None
    age_to: float | None = None
    marks: str = ""


def refusal(query: Query) -> str:
    """Why such a search is not made, in words; "" when it can be."""
    if not LEAST_RADIUS_KM <= query.radius_km <= MOST_RADIUS_KM:
        limits = f"{LEAST_RADIUS_KM:g} to {MOST_RADIUS_KM:g} km"
        return f"the radius is {query.radius_km:g} km; {limits} can be searched"
    if not (-90 <= query.lat <= 90 and -180 <= query.lon <= 180):
        return "the place lies nowhere on earth"
    if not query.since < query.until <= query.since + timedelta(days=MOST_DAYS):
        return f"the time has to have a beginning and an end after it, at most {MOST_DAYS} days apart"
    if len(query.words) > MOST_WORDS or any(len(word) < LEAST_WORD for word in query.words):
        return f"at most {MOST_WORDS} words, each of at least {LEAST_WORD} characters"
    if query.sex not in SEXES:
        return f"the sex is {query.sex!r}; female, male or nothing"
    ages = [age for age in (query.age_from, query.age_to) if age is not None]
    if any(not 0 <= age <= 120 for age in ages) or (len(ages) == 2 and ages[0] > ages[1]):
        return "the ages have to lie between 0 and 120, the first not above the second"
    long = any(len(text) > MOST_CHARS for text in (query.place, query.marks, *query.words))
    return f"a text is longer than {MOST_CHARS} characters" if long else ""


def purpose_refusal(purpose: str) -> str:
    """Why a purpose will not do, in words; "" when it does."""
    if not LEAST_PURPOSE <= len(purpose.strip()) <= MOST_CHARS:
        return f"say for what this is searched, in {LEAST_PURPOSE} to {MOST_CHARS} characters"
    return ""


def box(query: Query) -> tuple[float, float, float, float]:
    """(south, north, west, east) degrees that enclose the circle."""
    high = query.radius_km / KM_PER_DEGREE
    wide = high / max(math.cos(math.radians(min(abs(query.lat) + high, 89.0))), 0.01)
    return query.lat - high, query.lat + high, query.lon - wide, query.lon + wide


def asks_for_looks(query: Query) -> bool:
    """Whether a search asks how the child looks at all."""
    return bool(query.sex or query.marks) or query.age_from is not None or query.age_to is not None


def is_like(query: Query, who: Who) -> bool:
    """Whether the words of a post describe such a child; what they leave open speaks for nothing."""
    if query.sex and who.sex and who.sex != query.sex:
        return False
    if query.age_from is not None and who.age_high is not None and who.age_high < query.age_from:
        return False
    if query.age_to is not None and who.age_low is not None and who.age_low > query.age_to:
        return False
    wanted = query.marks.casefold().split()
    return not wanted or any(word in mark.casefold() for word in wanted for mark in who.marks)


# ── the audit ────────────────────────────────────────────────────────────────────────────────────


def week_of(moment: datetime) -> date:
    """The Monday, UTC, of the week that the moment is in."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def drawn(secret: bytes, week: date, searches: Iterable[str]) -> list[str]:
    """The searches of a week that somebody else looks at: a tenth, one at least, by a keyed draw.

    Without the secret nobody knows which; with it the draw is the same each time.
    """
    ids = sorted(set(searches), key=lambda each: _ticket(secret, week, each))
    return sorted(ids[: -(-len(ids) // AUDIT_SHARE)])


def _ticket(secret: bytes, week: date, search: str) -> bytes:
    return hmac.new(secret, f"search audit {week.isoformat()} {search}".encode(), hashlib.sha256).digest()


def may_not_audit(auditor: str, searcher: str) -> str:
    """Why this account cannot look at a search of that one, in words; "" when it can."""
    if auditor.strip().casefold() == searcher.strip().casefold():
        return "is a search of your own; somebody else looks at it"
    return ""


# ── as it is kept ────────────────────────────────────────────────────────────────────────────────


def as_kept(query: Query) -> dict[str, Any]:
    """A query as JSON-able values."""
    kept: dict[str, Any] = {name: getattr(query, name) for name in Query.__dataclass_fields__}
    kept |= {"since": query.since.isoformat(), "until": query.until.isoformat(), "words": list(query.words)}
    return kept


def from_kept(kept: Mapping[str, Any]) -> Query:
    """The query again."""
    plain = dict(kept)
    plain["since"] = datetime.fromisoformat(plain["since"])
    plain["until"] = datetime.fromisoformat(plain["until"])
    return Query(**plain | {"words": tuple(plain["words"])})


def words_of(text: str) -> tuple[str, ...]:
    """The words that somebody typed, one after the other."""
    return tuple(text.split())
