"""When the child was seen: ranked intervals in UTC with the words they came from.

Joins the words of the text, the photos' clocks and the time of posting. Pure: the moment of writing
and the zone are arguments. What other times a text names (missing since, born, news) is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.extract import calibration
from bot.extract.normal import Normal
from bot.extract.time_find import Found, find
from bot.extract.time_rank import Ranked, context_of, in_turn, ranked, score_of
from bot.extract.time_resolve import Reading
from bot.extract.time_stretch import resolve_stretch
from bot.extract.timewords import Expression, Role
from store.records.photo import Exif
from store.records.sighting import Evidence, EvidenceKind, When, WhenCandidate

__all__ = ["OPEN_PAST", "Found", "find", "kind_of", "language_of", "read", "zone_of"]

OPEN_PAST = timedelta(days=7)
"""A post that names no time is read as about its last week: a convention, not a measurement."""
_POSTED_WEIGHT = 0.15
_MOST = 6
_TWICE = "; seen twice"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WIDEST = timedelta(days=45)
_FIRST_YEAR, _LAST_YEAR = 1971, 2200


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name or ±HH:MM; UTC for anything else."""
    try:
        return _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    # The library remembers the last eight zones only and reads the others from the disk again.
    m = re.fullmatch(r"([+-])(\d{2}):(\d{2})", name)
    if m and int(m[2]) < 24 and int(m[3]) < 60:
        minutes = (int(m[2]) * 60 + int(m[3])) * (-1 if m[1] == "-" else 1)
        return timezone(timedelta(minutes=minutes))
    return ZoneInfo(name)


# --- reading ----------------------------------------------------------------------------------


def read(
    normal: Normal,
    found: Sequence[Found],
    *,
    written_at: datetime,
    zone: str,
    photos: Sequence[tuple[str, Exif]] = (),
) -> When:
    """The ranked readings. `written_at` is aware; `zone` the IANA name or ±HH:MM the words are read in.

    Candidates of the text come from its best expression first, the others after it with less
    weight; the time of posting closes the list, open to the past.
    """
    where = zone_of(zone)
    if not _FIRST_YEAR <= written_at.year <= _LAST_YEAR:
        return When(
            zone=zone, conflict=f"the post claims the year {written_at.year}; its words cannot be placed"
        )
    now = written_at.astimezone(where).replace(tzinfo=None)
    candidates = _from_text(normal, found, _Now(now, written_at, where))
    seen, conflict = _from_photos(photos, written_at, where)
    candidates, clash = _join_photos(candidates, seen)
    posted = WhenCandidate(
        written_at.astimezone(UTC) - OPEN_PAST, written_at.astimezone(UTC), _POSTED_WEIGHT,
        Evidence(EvidenceKind.POSTED, "posted; open to the past"),
    )  # fmt: skip
    candidates.append(posted)
    candidates.sort(key=lambda c: -c.weight)
    return When(tuple(candidates[:_MOST]), zone, "; ".join(filter(None, (conflict, clash))))


@dataclass(frozen=True, slots=True)
class _Now:
    """The moment of writing: by the wall clock of `where`, and as it was."""

    local: datetime
    written_at: datetime
    where: tzinfo

    def instant(self, local: datetime, *, elapsed: bool) -> datetime | None:
        """When a local time was, in UTC. Elapsed time and "now" are counted back, not read off a clock."""
        if elapsed or local == self.local:
            return self.written_at.astimezone(UTC) - (self.local - local)
        return _aware(local, self.where)


def _from_text(normal: Normal, found: Sequence[Found], moment: _Now) -> list[WhenCandidate]:
    now = moment.local
    usable = [f for f in found if not f.other]
    context = context_of(usable, now)
    scored: list[tuple[float, Found, list[Reading]]] = []
    for item in usable:
        has_day = any(word.days for word in item.expression.words)
        readings = resolve_stretch(item.expression, now, None if has_day else context(item))
        readings = [r for r in readings if r.end - r.start <= _WIDEST]
        if readings:
            scored.append((score_of(item, normal.text, readings[0], now), item, readings))
    entries = ranked(scored, normal.text)[:4]
    candidates: list[WhenCandidate] = []
    for entry, nth in in_turn(entries):
        candidate = _candidate(normal, entry, entry.readings[nth], moment)
        if candidate is not None and not any(_is_same(candidate, c) for c in candidates):
            candidates.append(candidate)
    return _weighed(candidates, entries, language_of(normal.text))


def language_of(text: str) -> str:
    """Which curves count: "zh" where the text has any Chinese characters, else "en"."""
    return "zh" if _HAN.search(text) else "en"


def _is_same(a: WhenCandidate, b: WhenCandidate) -> bool:
    return (a.start, a.end, a.evidence.start) == (b.start, b.end, b.evidence.start)


def _candidate(normal: Normal, entry: Ranked, reading: Reading, moment: _Now) -> WhenCandidate | None:
    item = entry.item
    first = moment.instant(reading.start, elapsed=reading.elapsed)
    last = moment.instant(reading.end, elapsed=reading.elapsed)
    if first is None or last is None or first >= last:
        return None
    start, end = normal.span(item.expression.start, item.expression.end)
    rule = item.expression.rule + ("" if item.own else "; passed on") + (_TWICE if entry.again else "")
    evidence = Evidence(EvidenceKind.TEXT, rule, start, end, normal.original[start:end])
    return WhenCandidate(
        first, last, round(entry.score * reading.weight / entry.readings[0].weight, 3), evidence
    )


_TAPER = (0.45, 0.25, 0.12, 0.08, 0.06, 0.04)
"""How what the first reading leaves over is shared among those after it, by their turn."""


def _weighed(
    candidates: list[WhenCandidate], entries: Sequence[Ranked], language: str
) -> list[WhenCandidate]:
    """The first with the hit rate of its kind and score, the others with at most what is left over.

    Two sightings of one post share the rate: either may be the one that is meant.
    """
    if not candidates:
        return []
    best = entries[0]
    sure = calibration.time_rate(language, kind_of(best.item.expression), best.sure)
    if best.again and len(candidates) > 1:
        both = [round(sure * 0.6, 3), round(sure * 0.4, 3)]
        rest = calibration.spread(1.0 - sure, _TAPER[: len(candidates) - 2])
        weights = [*both, *(min(w, both[1]) for w in rest)]
    else:
        weights = [sure, *calibration.spread(sure, _TAPER[: len(candidates) - 1])]
    return [replace(c, weight=w) for c, w in zip(candidates, weights, strict=False)]


def kind_of(expression: Expression) -> str:
    """The kind of evidence that an expression is, as calibration.py names it."""
    if expression.get(Role.CLOCK):
        return "clock"
    if expression.get(Role.BACK):
        return "ago" if expression.rule.startswith("time ago") else "now"
    return "part" if expression.get(Role.PART) else "day"


def _aware(local: datetime, where: tzinfo) -> datetime | None:
    try:
        return local.replace(tzinfo=where).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


# --- photos -----------------------------------------------------------------------------------


def _from_photos(
    photos: Sequence[tuple[str, Exif]], written_at: datetime, where: tzinfo
) -> tuple[list[WhenCandidate], str]:
    found, refused = [], []
    for digest, exif in photos:
        taken = exif.taken_at or (_aware(exif.taken_local, where) if exif.taken_local else None)
        if taken is None:
            continue
        if taken > written_at + timedelta(minutes=10):
            refused.append(f"a photo's clock says {taken:%Y-%m-%d %H:%M} UTC, after the post; set aside")
            continue
        known = exif.taken_at is not None
        slack = timedelta(minutes=2 if known else 5)
        evidence = Evidence(
            EvidenceKind.EXIF, "time taken" if known else "time taken, zone assumed", photo=digest
        )
        found.append(
            WhenCandidate(taken - slack, min(taken + slack, written_at), 0.65 if known else 0.5, evidence)
        )
    return found, "; ".join(refused)


def _join_photos(text: list[WhenCandidate], photos: list[WhenCandidate]) -> tuple[list[WhenCandidate], str]:
    """Text and photo that agree strengthen the finer one; when they do not, both stay and it is said.

    Of two sightings in the words the photo tells which one is shown.
    """
    if not text or not photos:
        return text + photos, ""
    best = max(text, key=lambda c: c.weight)
    for other in text:
        if (
            other.evidence.rule.endswith(_TWICE)
            and best.evidence.rule.endswith(_TWICE)
            and any(p.start <= other.end and other.start <= p.end for p in photos)
        ):
            text = [
                replace(c, weight=best.weight if c is other else other.weight if c is best else c.weight)
                for c in text
            ]
            best = next(c for c in text if c.evidence is other.evidence and c.weight == best.weight)
            break
    joined, clash = list(text), ""
    for photo in photos:
        if photo.start <= best.end and best.start <= photo.end:
            joined.append(replace(photo, weight=min(0.97, max(best.weight + 0.05, photo.weight + 0.2))))
        else:
            joined.append(replace(photo, weight=round(photo.weight * 0.6, 3)))
            clash = (
                f"the text says {best.start:%Y-%m-%d %H:%M} to {best.end:%Y-%m-%d %H:%M} UTC, "
                f"a photo was taken {photo.start:%Y-%m-%d %H:%M} UTC"
            )
    return joined, clash
