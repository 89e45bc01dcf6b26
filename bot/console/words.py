"""The console's words: what states, numbers and reasons mean to a person. Values in, words out.

Never says "match found": a machine finds what looks alike, people decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from urllib.parse import urlsplit

from store.records.match import Label, Match, Tier, Verdict
from store.records.photo import FaceQuality, PhotoState
from store.records.reply import ReplyState
from store.records.sighting import EvidenceKind, FirstHand, Sighting, WhereCandidate


class _Names(dict[str, str]):
    """Names by word; one that is not listed is called by its own word."""

    def __missing__(self, word: str) -> str:
        return word.capitalize()


PLATFORMS: Mapping[str, str] = _Names(weibo="Weibo", x="X", mastodon="Mastodon", bluesky="Bluesky")
TIERS: Mapping[Tier, str] = {
    Tier.ALERT: "look first",
    Tier.REVIEW: "look when you can",
    Tier.SET_ASIDE: "below the line",
}
LABELS: Mapping[Label, str] = {
    Label.SIGHTING: "photo of a person",
    Label.POSTER: "photo of a poster",
    Label.KNOWN_PICTURE: "a picture we already know",
}
MATCH_STATES: Mapping[str, str] = {
    "open": "waits for a person",
    "later": "put off for later",
    "possible": "possible resemblance",
    "rejected": "not this child",
    "withdrawn": "withdrawn",
    "hidden": "for the safeguarding lead alone",
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.POSSIBLE: "possible resemblance",
    Verdict.NOT_THIS_CHILD: "not this child",
    Verdict.LATER: "later",
}
REPLY_STATES: Mapping[ReplyState, str] = {
    ReplyState.DRAFTED: "drafted: not sent",
    ReplyState.APPROVED: "approved: goes out at its time",
    ReplyState.SENDING: "being sent",
    ReplyState.SENT: "sent",
    ReplyState.UNKNOWN: "unknown: the platform is asked first",
    ReplyState.REFUSED: "refused by the platform",
    ReplyState.CANCELLED: "cancelled",
    ReplyState.EXPIRED: "expired: too late to be of use",
    ReplyState.REHEARSED: "rehearsed: nothing was sent",
    ReplyState.WITHDRAWING: "being withdrawn",
    ReplyState.WITHDRAWN: "withdrawn",
}
PHOTO_STATES: Mapping[PhotoState, str] = {
    PhotoState.WANTED: "not looked at yet",
    PhotoState.KEPT: "kept",
    PhotoState.REFUSED: "refused",
    PhotoState.UNAVAILABLE: "not available",
    PhotoState.QUARANTINED: "not available",
}
FIRST_HAND: Mapping[FirstHand, str] = {
    FirstHand.OWN: "seen by the author",
    FirstHand.PASSED_ON: "passed on from somebody else",
    FirstHand.NEWS: "from the press",
    FirstHand.NOTICE: "a notice, not a sighting",
    FirstHand.OTHER: "unclear who saw it",
}
EVIDENCE: Mapping[EvidenceKind, str] = {
    EvidenceKind.TEXT: "words of the post",
    EvidenceKind.GEOTAG: "the post's geotag",
    EvidenceKind.EXIF: "what the camera wrote",
    EvidenceKind.POSTED: "when it was posted",
    EvidenceKind.PROFILE: "the author's profile",
    EvidenceKind.PIXELS: "the picture itself",
    EvidenceKind.ANSWER: "the author's answer to our question",
}
QUALITIES: Mapping[FaceQuality, str] = {
    FaceQuality.GOOD: "good enough to compare",
    FaceQuality.LOW: "poor: read the similarity with care",
    FaceQuality.UNUSABLE: "cannot be compared",
}


def similarity(match: Match) -> str:
    """What the cosine and the rank say, in a sentence."""
    place = "the most similar" if match.rank == 1 else f"number {match.rank} by similarity"
    return (
        f"Cosine {match.similarity:.3f}, where the same picture gives 1; {place} of "
        f"{match.gallery_size} in the registry. "
        "Somebody is always the most similar, so this alone says little."
    )


def chance(match: Match) -> str:
    """How often unrelated faces score as high, as far as it was ever measured."""
    if match.fpir is None:
        return (
            "How often two unrelated people score as high was never measured for these ages, "
            "so take it as a hint and no more."
        )
    if match.fpir <= 0:
        return f"In no test did an unrelated face score as high ({match.gallery_size} registered)."
    if match.fpir >= 0.5:
        return f"Most unrelated faces score as high in a registry of {match.gallery_size}."
    return (
        f"About 1 in {round(1 / match.fpir):,} unrelated faces scores as high in a registry of "
        f"{match.gallery_size} (FPIR {match.fpir:.2g})."
    )


def years(value: float | None) -> str:
    """An age or a gap in words."""
    if value is None:
        return "unknown"
    if 0 < value < 2:
        months = round(value * 12)
        return f"{months} month{'s' if months != 1 else ''}"
    number = f"{value:.1f}".removesuffix(".0")
    return f"{number} year{'s' if number != '1' else ''}"


def age_on(born: str, day: date) -> float | None:
    """Age in years by a PFIF birth date (YYYY[-MM[-DD]]); half a unit is added where it is coarse."""
    parts = [int(part) for part in born.split("-") if part.isdigit()]
    if not parts or not 1 <= parts[0] <= 9999:
        return None
    month, day_of_month = ([*parts, 7, 1] if len(parts) == 1 else [*parts, 15])[1:3]
    try:
        age = (day - date(parts[0], month, day_of_month)).days / 365.2425
    except ValueError:
        return None
    return max(0.0, age if len(parts) > 2 else float(round(age)))


def radius(where: WhereCandidate) -> str:
    """How far off the place may be."""
    if where.lat is None or where.lon is None:
        return "named, but not a place we know: no point on the map"
    if where.radius_km is None:
        return "how far off is unknown"
    if where.radius_km < 1:
        return f"within {max(10, round(where.radius_km * 1000, -1)):.0f} m"
    return f"within {where.radius_km:.0f} km"


def lasting(seconds: float | None) -> str:
    """A span of time in its two largest units."""
    if seconds is None or seconds == float("inf"):
        return "unknown"
    whole = max(0, int(seconds))
    units = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        number, whole = divmod(whole, size)
        if number or (name == "s" and not parts):
            parts.append(f"{number} {name}{'s' if name == 'day' and number != 1 else ''}")
        elif parts:
            break
    return " ".join(parts[:2])


def interval(start: datetime, end: datetime) -> str:
    """How exact a time is."""
    seconds = (end - start).total_seconds()
    return "to the minute" if seconds <= 120 else f"some time within {lasting(seconds)}"


def weight(value: float) -> str:
    """A reading's weight as a rounded share."""
    return f"{value:.0%}"


def web_address(url: str) -> str:
    """`url` if it is an http(s) address that a link may carry, otherwise ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a post's text and what was read from it: any of "where", "when", "who"."""

    text: str
    read_as: tuple[str, ...]


def pieces(text: str, sighting: Sighting | None) -> list[Piece]:
    """The text cut where evidence begins and ends; joined again, it is the text."""
    spans = [(max(0, s), min(len(text), e), kind) for s, e, kind in _spans(sighting)]
    spans = [span for span in spans if span[0] < span[1]]
    cuts = sorted({0, len(text), *(edge for s, e, _ in spans for edge in (s, e))})
    found = []
    for start, end in pairwise(cuts):
        kinds = {kind for s, e, kind in spans if s <= start and end <= e}
        found.append(Piece(text[start:end], tuple(sorted(kinds))))
    return found


def _spans(sighting: Sighting | None) -> Iterator[tuple[int, int, str]]:
    if sighting is None:
        return
    for place in (c for c in sighting.where.candidates if not c.evidence.post):
        yield place.evidence.start, place.evidence.end, "where"
    for mention in sighting.where.mentions:
        yield mention.start, mention.end, "where"
    for time in (c for c in sighting.when.candidates if not c.evidence.post):
        yield time.evidence.start, time.evidence.end, "when"
    for piece in sighting.who.evidence:
        yield piece.start, piece.end, "who"
