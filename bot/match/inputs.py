"""What scoring is given: a probe face with its sighting, gallery hits, registered children, thresholds.

Values only. Pure: no gallery, model or database is known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from store.records.case import Case
from store.records.photo import Face
from store.records.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Hit:
    """One case of the gallery beside a probe, by its best photo.

    `similarity` is the cosine in [-1, 1]; `rank` counts cases from 1, the most similar first.
    `photo_key` is what the photo's vector was put into the gallery under.
    """

    case_id: str
    photo_key: str
    similarity: float
    rank: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """How a probe's best similarities lie: mean and standard deviation of the `n` most similar cases.

    One similarity a case, that of its best photo, the probe's mate (if it has one) among them: so
    the thresholds were measured.
    """

    mean: float
    sd: float
    n: int


@dataclass(frozen=True, slots=True)
class RegisteredPhoto:
    """One registered photo of a case: what its vectors were put into the gallery under, and its marks.

    `digest` is the photo's, `phash` its whole-picture hash, `crop_hash` that of the child's face.
    `age_years` is the child's age in it and `taken_on` its day, None if unknown.
    """

    photo_key: str
    digest: str
    phash: str = ""
    crop_hash: str = ""
    age_years: float | None = None
    taken_on: date | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """An active case with its photos."""

    case: Case
    photos: tuple[RegisteredPhoto, ...]

    def photo(self, photo_key: str) -> RegisteredPhoto | None:
        """The photo that was put into the gallery under this key, None if the case has no such one."""
        return next((photo for photo in self.photos if photo.photo_key == photo_key), None)


@dataclass(frozen=True, slots=True)
class Probe:
    """A face of a sighting: the face, its post, the whole photo's hash, what the post claims.

    `posted_at` (aware UTC) bounds the time when the sighting itself names none.
    """

    face: Face
    post_key: str
    photo_phash: str = ""
    sighting: Sighting | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured point: at this normalised score, this share of unrelated probes scored higher."""

    score: float
    fpir: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a resemblance is worth a person's look, and when it is looked at first.

    Normalised scores (probe's similarity minus the mean of its 100 best, in their standard
    deviations) rule from `min_cases_normalised` cases on. Measured with YuNet and SFace on a mixed
    gallery of 714 children's and young people's photos and about 700 unrelated probes, thresholds
    fixed on other people: `measured`. They hold for galleries of about that size; outside
    `measured_cases` the share is given as unknown.

    Below that, plain cosines by the age in the registered photo: .363 is the model's own threshold
    (strangers above it: adults .06 %, 13-18 years .5 %, 6-12 years 3.3 %, 3-5 years 26 %, 0-2 years
    70 % of pairs); .495 and .584 are where, against 714 photos, unrelated probes of 6-12 years
    reached 10.9 % and .4 %, of 3-5 years 61 % and 15 %. No share was measured for small galleries.

    `same_crop_bits` and `same_photo_bits`: hashes as near as this are of the same picture.
    """

    review_normalised: float = 3.8
    alert_normalised: float = 5.9
    min_cases_normalised: int = 100
    cohort_size: int = 100
    review_cosine_from_13: float = 0.363
    review_cosine_6_to_12: float = 0.495
    review_cosine_to_5: float = 0.584
    young_years: float = 5.0
    same_crop_bits: int = 12
    same_photo_bits: int = 8
    measured: tuple[Measured, ...] = (Measured(3.82, 0.358), Measured(4.55, 0.125), Measured(5.86, 0.014))
    measured_cases: tuple[int, int] = (350, 1400)
