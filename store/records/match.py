"""A match: one face of a sighting beside one case, with the reasons for and against in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tier(StrEnum):
    """Where a match goes. No tier does anything without a person."""

    ALERT = "alert"
    REVIEW = "review"
    SET_ASIDE = "set_aside"


class Label(StrEnum):
    """What kind of picture the probe seems to be."""

    SIGHTING = "sighting"
    POSTER = "poster"
    KNOWN_PICTURE = "known_picture"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `weight` > 0 speaks for a resemblance, < 0 against, 0 informs. Words are shown."""

    name: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Match:
    """A face of a sighting beside a case.

    `similarity` is the cosine in [-1, 1]. `fpir` is the estimated share of unrelated probes that
    would score as high at a gallery of `gallery_size`, None where that was never measured.
    `age_gap_years` is the age now minus the age in the registered photo, None if unknown.
    `score` is the similarity normalised against the registry (deviations above the nearest cases), None
    where it holds too few; `looks` names the group of likely ages whose thresholds counted, "" if none.
    """

    key: str
    face_key: str
    post_key: str
    case_id: str
    case_photo: str
    similarity: float
    rank: int
    gallery_size: int
    tier: Tier
    label: Label
    model: str
    fpir: float | None = None
    age_gap_years: float | None = None
    travel: str = ""
    reasons: tuple[Reason, ...] = ()
    score: float | None = None
    looks: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A pair that was not made a match though the faces are alike, and why, in words."""

    face_key: str
    post_key: str
    case_id: str
    similarity: float
    name: str
    words: str


class Verdict(StrEnum):
    """What a person says of a match."""

    POSSIBLE = "possible"
    NOT_THIS_CHILD = "not_this_child"
    LATER = "later"
    UNSURE = "unsure"
    """Looked at, and it cannot be told: somebody else looks again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with who and when. An undo is a decision of its own that names what it undoes."""

    match_key: str
    verdict: Verdict
    by: str
    at: datetime
    note: str = ""
    undone: bool = False
