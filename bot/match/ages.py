"""Ages and times of a sighting beside a case: when it can have been, how old the child would be.

Pure arithmetic on dates. What is unknown stays None and is never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.match.inputs import Probe, Registered, RegisteredPhoto

DAYS_A_YEAR = 365.2425
_BIRTH = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")
# A calendar day begins up to 14 hours before it does in UTC and ends up to 12 hours after.
_EARLIEST_ZONE = timedelta(hours=14)
_LATEST_ZONE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Seen:
    """When a sighting was: an interval in aware UTC. `guessed` when only the post's own time is known."""

    start: datetime
    end: datetime
    guessed: bool = False


def seen_when(probe: Probe) -> Seen | None:
    """The widest interval over all readings of the sighting's time, else up to the post's own time."""
    candidates = probe.sighting.when.candidates if probe.sighting is not None else ()
    if candidates:
        return Seen(min(c.start for c in candidates), max(c.end for c in candidates))
    if probe.posted_at is not None:
        return Seen(probe.posted_at, probe.posted_at, guessed=True)
    return None


def born_between(date_of_birth: str) -> tuple[date, date] | None:
    """The first and last day that YYYY[-MM[-DD]] can mean, None when it cannot be read."""
    found = _BIRTH.match(date_of_birth)
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
        if day is not None:
            return first, first
        after = date(year + 1, 1, 1) if month is None or month == 12 else date(year, month + 1, 1)
    except ValueError:
        return None
    return first, after - timedelta(days=1)


def ends_before(seen: Seen, day: date) -> bool:
    """Is the sighting over before this day has begun anywhere on Earth?"""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - _EARLIEST_ZONE
    return seen.end < begins


def longest_since(day: date, seen: Seen) -> timedelta:
    """The longest time that can lie between this day and the sighting; may be negative."""
    return seen.end - (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EARLIEST_ZONE)


def years_between(earlier: date, later: date) -> float:
    """Years from one day to another."""
    return (later - earlier).days / DAYS_A_YEAR


def age_in_photo(case: Registered, photo: RegisteredPhoto) -> float | None:
    """The child's age in a registered photo: as registered, else from its day and the birth."""
    if photo.age_years is not None:
        return photo.age_years
    born = born_between(case.case.date_of_birth)
    if born is None or photo.taken_on is None:
        return None
    return max(0.0, (years_between(born[0], photo.taken_on) + years_between(born[1], photo.taken_on)) / 2)


def oldest_in_photo(case: Registered, photo: RegisteredPhoto) -> float | None:
    """An age that the child cannot exceed in a registered photo, taken before it was last seen."""
    known = age_in_photo(case, photo)
    born = born_between(case.case.date_of_birth)
    if known is not None or born is None or case.case.last_seen_on is None:
        return known
    return max(0.0, years_between(born[0], case.case.last_seen_on))


def age_when_seen(case: Registered, photo: RegisteredPhoto, seen: Seen | None) -> tuple[float, float] | None:
    """Between which ages the child would be at the sighting, in years, None if unknown."""
    if seen is None:
        return None
    born = born_between(case.case.date_of_birth)
    if born is not None:
        low, high = years_between(born[1], seen.start.date()), years_between(born[0], seen.end.date())
    elif photo.age_years is not None and photo.taken_on is not None:
        low = photo.age_years + years_between(photo.taken_on, seen.start.date())
        # An age in whole years stands for the year that follows it.
        high = photo.age_years + 1 + years_between(photo.taken_on, seen.end.date())
    else:
        return None
    return max(0.0, low), max(0.0, high)


def age_gap(case: Registered, photo: RegisteredPhoto, seen: Seen | None) -> float | None:
    """The child's age at the sighting minus that in the registered photo, in years, None if unknown."""
    in_photo, now = age_in_photo(case, photo), age_when_seen(case, photo, seen)
    if now is None:
        return None
    if photo.taken_on is not None and seen is not None:
        return round(years_between(photo.taken_on, seen.end.date()), 1)
    return None if in_photo is None else round((now[0] + now[1]) / 2 - in_photo, 1)
