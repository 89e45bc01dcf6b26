"""What one original post claims: where, when, who, first-hand or not, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EvidenceKind(StrEnum):
    """From what a value was read."""

    TEXT = "text"
    GEOTAG = "geotag"
    EXIF = "exif"
    POSTED = "posted"
    PROFILE = "profile"
    PIXELS = "pixels"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value came from: characters [start, end) of the text, or a photo's EXIF, and the rule.

    `start` and `end` are -1 where there is no text span. `photo` is a photo digest or "". `post` is the
    key of the post whose text is meant where that is another one: the author's answer to our question.
    """

    kind: EvidenceKind
    rule: str
    start: int = -1
    end: int = -1
    quote: str = ""
    photo: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class WhenCandidate:
    """One reading of the time: an interval in aware UTC, its weight in [0, 1], and its evidence."""

    start: datetime
    end: datetime
    weight: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class When:
    """The ranked readings of the time of a sighting, best first; empty when nothing is known.

    `zone` is the IANA name or ±HH:MM in which the words were read.
    """

    candidates: tuple[WhenCandidate, ...] = ()
    zone: str = ""
    conflict: str = ""

    @property
    def best(self) -> WhenCandidate | None:
        """The reading with the greatest weight, or None."""
        return self.candidates[0] if self.candidates else None


class PlaceKind(StrEnum):
    """How fine a place is; the words of shared sighting corpora."""

    COUNTRY = "country"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    TOWN = "town"
    STREET = "street"
    CROSSING = "crossing"
    STATION = "station"
    EXIT = "exit"
    LANDMARK = "landmark"
    SHOP = "shop"
    POINT = "point"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """Words of the text that name a place: characters [start, end), as written, and their kind."""

    start: int
    end: int
    text: str
    kind: PlaceKind


@dataclass(frozen=True, slots=True)
class WhereCandidate:
    """One reading of the place. WGS-84 degrees; `radius_km` encloses the true place if it is right.

    `lat`/`lon` are None when the words name a place that the gazetteer does not know.
    """

    name: str
    kind: PlaceKind
    weight: float
    evidence: Evidence
    lat: float | None = None
    lon: float | None = None
    radius_km: float | None = None
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """The ranked readings of the place, best first, and all words that name a place."""

    candidates: tuple[WhereCandidate, ...] = ()
    mentions: tuple[PlaceMention, ...] = ()
    conflict: str = ""

    @property
    def best(self) -> WhereCandidate | None:
        """The reading with the greatest weight, or None."""
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True, slots=True)
class Who:
    """The child or children as the words describe them; never guessed from a face.

    `age_low`/`age_high` in years, both ends included. `sex` is "female", "male" or "".
    """

    children: int | None = None
    sex: str = ""
    age_low: float | None = None
    age_high: float | None = None
    adult: str = ""
    marks: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class FirstHand(StrEnum):
    """Who saw it: the author, somebody else, the press; or it is a notice, or something else."""

    OWN = "own"
    PASSED_ON = "passed_on"
    NEWS = "news"
    NOTICE = "notice"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One original post's claim.

    `first_hand_weight` in [0, 1] is how surely `first_hand` was read; None where it was not kept.
    """

    post_key: str
    where: Where
    when: When
    who: Who
    first_hand: FirstHand
    first_hand_why: str = ""
    is_sighting: bool = True
    first_hand_weight: float | None = None
