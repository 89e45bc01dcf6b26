"""Read one post as a sighting: where, when, who, first-hand or not, each with its evidence.

The one door of the package. Pure: post, photos and gazetteer in, a value out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.extract import calibration, firsthand, person, place, time
from bot.extract.gazetteer import Gazetteer
from bot.extract.normal import normalise, parts
from bot.extract.place_tagger import Tagger
from store.records.photo import Exif
from store.records.post import Platform, Post
from store.records.sighting import EvidenceKind, Sighting, When, WhenCandidate, Where, WhereCandidate

_CHINA = "Asia/Shanghai"
_SURE_PLACE = 0.7
_SKEW = timedelta(minutes=5)  # clocks may differ by so much without lying
_DOUBT = timedelta(days=30)
_FIRST_POSTS = 2000


def read(
    post: Post, photos: Sequence[tuple[str, Exif]], gazetteer: Gazetteer, tagger: Tagger | None = None
) -> Sighting:
    """What the post claims. `photos` are (digest, EXIF), in the post's order. Never raises on any text.

    `tagger` finds names of places in English that no rule knows; without it the rules stand alone.
    """
    normal = normalise(post.text)
    pieces = parts(normal)
    found = time.find(normal, pieces)
    taken = [(f.expression.start, f.expression.end) for f in found]
    offset = post.zone_offset_min
    clocks = [(f.expression.start, f.expression.end) for f in found if f.expression.score > 0.45]
    known = place.hints(
        gazetteer, geotag=post.geotag, photos=photos, author_location=post.author.location,
        fits_clock=(lambda zone: _offset(zone, post) == offset) if offset else None,
    )  # fmt: skip
    names = place.find(normal, gazetteer, taken, known, tagger)
    where = place.read(normal, names, gazetteer, known)
    zone = _zone(post, where, known)
    where = calibrated(where, time.language_of(normal.text))
    when = time.read(normal, found, written_at=post.written_at, zone=zone, photos=photos)
    if post.created_at is None or post.created_at > post.received_at + _SKEW:
        own = "is unknown" if post.created_at is None else "lies after it was received"
        note = f"the post's own time {own}; the time of receiving stands in"
        when = When(when.candidates, when.zone, "; ".join(filter(None, (when.conflict, note))))
    if post.has_doubtful_date:
        when = _widened(post, when)
    verdict = firsthand.judge(
        normal, pieces,
        has_place=place.is_named(names) or bool(known.point),
        has_time=any(c.evidence.kind is not EvidenceKind.POSTED for c in when.candidates),
        has_photo=bool(photos or post.media),
    )  # fmt: skip
    who = person.read(normal, clocks)
    return Sighting(
        post.key, where, when, who,
        verdict.first_hand, verdict.why, verdict.is_sighting, round(verdict.weight, 3),
    )  # fmt: skip


def calibrated(where: Where, language: str) -> Where:
    """The readings of the place with the hit rates of their kind and score as weights, in the same order.

    What the first leaves over is shared among the others in the proportions of their scores. Only what rests
    on words is weighed so: of points that a device measured there are no posts with gold, and a guess by the
    author's profile stays a guess, however often it holds.
    """
    if not where.candidates or where.candidates[0].evidence.kind is not EvidenceKind.TEXT:
        return where
    first, *others = where.candidates
    sure = calibration.place_rate(language, place_kind(first), first.weight)
    rest = calibration.spread(sure, [c.weight for c in others])
    weighed = (
        replace(first, weight=sure),
        *(replace(c, weight=w) for c, w in zip(others, rest, strict=False)),
    )
    return replace(where, candidates=weighed)


_WIDE_KM = 8.0


def place_kind(candidate: WhereCandidate) -> str:
    """The kind of evidence that a reading of the place is, as calibration.py names it."""
    if candidate.radius_km is None:
        return "unplaced"
    return "wide" if candidate.radius_km >= _WIDE_KM else "fine"


def _widened(post: Post, when: When) -> When:
    """The reading that rests on the time of posting alone, where that time is doubted: as wide as the doubt.

    It reaches from the time that the post states, or a month back where that cannot be true, to receiving.
    """
    stated = post.created_at
    is_possible = stated is not None and stated.year >= _FIRST_POSTS and stated <= post.received_at
    least = min(stated, post.received_at - _DOUBT) if is_possible and stated else post.received_at - _DOUBT
    note = "the post's own time is doubted"
    candidates = tuple(
        replace(c, start=min(c.start, least), evidence=replace(c.evidence, rule=f"{c.evidence.rule}; {note}"))
        if c.evidence.kind is EvidenceKind.POSTED
        else c
        for c in when.candidates
    )
    is_said = "own time" in when.conflict
    conflict = when.conflict if is_said else "; ".join(filter(None, (when.conflict, note)))
    return When(candidates, when.zone, conflict)


def _zone(post: Post, where: Where, known: place.Hints) -> str:
    """The zone in which the post's words read the clock: place of the text or GPS, profile, platform."""
    offset = post.zone_offset_min
    for candidate in where.candidates:
        if candidate.evidence.kind is EvidenceKind.PROFILE or candidate.weight < 0.4 or not candidate.zone:
            continue
        # An unsure place whose clocks are not the post's is more often a namesake than a journey.
        sure = candidate.weight >= _SURE_PLACE or candidate.evidence.kind is EvidenceKind.EXIF
        if not offset or sure or _offset(candidate.zone, post) == offset:
            return candidate.zone
    for entry in known.profile:
        if entry.zone and (offset is None or offset == 0 or _offset(entry.zone, post) == offset):
            return entry.zone
    if offset is not None:
        return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    return _CHINA if post.platform is Platform.WEIBO or post.language.startswith("zh") else "UTC"


def _offset(zone: str, post: Post) -> int | None:
    at = post.written_at
    try:
        shift = at.astimezone(time.zone_of(zone)).utcoffset()
    except OverflowError:
        return None
    return int(shift / timedelta(minutes=1)) if shift is not None else None


# --- as JSON ----------------------------------------------------------------------------------


def as_json(sighting: Sighting, *, line_id: str = "") -> dict[str, Any]:
    """The sighting as one JSON-able object: id, sighting, firsthand, when, where, who.

    Spans are characters [start, end) of the post's text, times ISO 8601 in the zone they were read
    in, points WGS-84 degrees, radii km. `when` is null when only the time of posting is known.
    """
    return {
        "id": line_id or sighting.post_key,
        "sighting": sighting.is_sighting,
        "firsthand": sighting.first_hand.value,
        "firsthand_why": sighting.first_hand_why,
        "firsthand_weight": sighting.first_hand_weight,
        "when": _when_json(sighting.when) if sighting.is_sighting else None,
        "where": _where_json(sighting.where) if sighting.is_sighting else _NOWHERE,
        "who": {
            "children": sighting.who.children,
            "sex": sighting.who.sex or None,
            "age": None if sighting.who.age_low is None else [sighting.who.age_low, sighting.who.age_high],
            "adult": sighting.who.adult or None,
            "marks": list(sighting.who.marks),
        },
    }


_NOWHERE: dict[str, Any] = {"mentions": [], "point": None, "alternatives": [], "conflict": ""}


def _when_json(when: When) -> dict[str, Any] | None:
    known = [c for c in when.candidates if c.evidence.kind is not EvidenceKind.POSTED]
    if not known:
        return None
    first, *others = (_interval_json(c, when.zone) for c in known)
    return {**first, "zone": when.zone, "conflict": when.conflict, "alternatives": others}


def _interval_json(candidate: WhenCandidate, zone: str) -> dict[str, Any]:
    where, evidence = time.zone_of(zone), candidate.evidence
    return {
        "start": candidate.start.astimezone(where).isoformat(),
        "end": candidate.end.astimezone(where).isoformat(),
        "span": [evidence.start, evidence.end] if evidence.start >= 0 else None,
        "text": evidence.quote,
        "weight": candidate.weight,
        "source": evidence.kind.value,
        "rule": evidence.rule,
    }


def _where_json(where: Where) -> dict[str, Any]:
    points = [_point_json(c) for c in where.candidates]
    return {
        "mentions": [
            {"span": [m.start, m.end], "text": m.text, "kind": m.kind.value} for m in where.mentions
        ],
        "point": points[0] if points and points[0]["lat"] is not None else None,
        "alternatives": points[1:],
        "conflict": where.conflict,
    }


def _point_json(candidate: WhereCandidate) -> dict[str, Any]:
    return {
        "lat": candidate.lat,
        "lon": candidate.lon,
        "radius_km": candidate.radius_km,
        "name": candidate.name,
        "weight": candidate.weight,
        "country": candidate.country,
        "province": candidate.province,
        "city": candidate.city,
        "district": candidate.district,
        "source": candidate.evidence.kind.value,
        "rule": candidate.evidence.rule,
    }
