"""What scoring is given: a probe face with its sighting, gallery hits, registered children, thresholds.

Values only. Pure: no gallery, model or database is known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean, pstdev

from store.records.case import Case
from store.records.photo import Face
from store.records.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Hit:
    """One case of the gallery beside a probe, by its best photo.

    `similarity` is the cosine in [-1, 1]; `rank` counts cases from 1, the most similar first.
    `photo_key` is what the photo's vector was put into the gallery under. `cosine` is that of the two
    photos where the gallery ranks by another one: without age (bot/match/ageing.py), or of a mean of photos.
    """

    case_id: str
    photo_key: str
    similarity: float
    rank: int
    cosine: float | None = None

    @property
    def plain(self) -> float:
        """How alike the probe and the case's most similar photo are, as the model sees it."""
        return self.similarity if self.cosine is None else self.cosine


@dataclass(frozen=True, slots=True)
class Cohort:
    """How alike a probe is to the cases nearest to it: similarities, greatest first, one a case.

    Each is that of the case's best photo. Ask the gallery for one more than `Thresholds.cohort_size`.
    """

    best: tuple[float, ...] = ()

    def others(self, similarity: float, most: int) -> tuple[float, float, int]:
        """Mean, standard deviation (of the whole) and number of the `most` best other cases.

        The case being scored, told by its similarity, is left out: a mate among a hundred would
        widen the deviation by which it is measured.
        """
        left = list(self.best)
        if similarity in left:
            left.remove(similarity)
        left = left[:most]
        if not left:
            return 0.0, 0.0, 0
        return fmean(left), pstdev(left), len(left)


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

    `posted_at` (aware UTC) bounds the time when the sighting itself names none. `shows` names the cases
    of which a registered photo was found again in the picture: a crop, a screenshot, a poster in it.
    """

    face: Face
    post_key: str
    photo_phash: str = ""
    sighting: Sighting | None = None
    posted_at: datetime | None = None
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured point: at this normalised score, this share of unrelated probes scored higher."""

    score: float
    fpir: float


@dataclass(frozen=True, slots=True)
class Band:
    """Thresholds for faces of one group of likely ages (bot/match/normalise.py, `looks`), as measured.

    `review` and `alert` are normalised scores; `alert` is None where too few unrelated faces were seen to
    promise what was wished: untested, it cannot alert. `measured` are points of the same measurement,
    `probes` how many unrelated photos it had.
    """

    looks: str
    review: float
    alert: float | None = None
    measured: tuple[Measured, ...] = ()
    probes: int = 0


@dataclass(frozen=True, slots=True)
class LooksMeasured:
    """What was measured elsewhere for faces of one group of likely ages, where one threshold serves all."""

    looks: str
    points: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How alike different photos of one person get at most, with at least so many years between them."""

    from_gap_years: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants of the tiers: rare false alerts, no more reviews a day than people can do."""

    photos_per_false_alert: int = 10_000
    reviews_per_day: int = 20


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a resemblance is worth a person's look, and when it is looked at first.

    From `min_cases_normalised` cases on, normalised scores rule: the probe's similarity to a case
    minus the mean of its similarities to the `cohort_size` best other cases, in their standard
    deviations. Measured with YuNet and SFace on a gallery of 714 photos of children and young people
    and about 700 unrelated probes, thresholds fixed on other people (`measured`; undeclared photos of
    the same child among the probes taken out by eye, without which the last share is .03 to .04). At
    120 and 300 cases the shares were lower, so they are given as a bound within `measured_cases`.

    Below that, plain cosines by the age in the registered photo: .363 is the model's own threshold
    (strangers above it: adults .06 %, 13-18 years .5 %, 6-12 years 3.3 %, 3-5 years 26 %, 0-2 years
    70 % of pairs); .495 and .584 are where, against 714 photos, unrelated probes of 6-12 years
    reached 10.9 % and .4 %, of 3-5 years 61 % and 15 %. No share was measured for small galleries.

    A face is a copy of a registered one when the hashes of the crops differ in at most
    `copy_bits` and the cosine is at least `copy_cosine`, or `alike_bits` and `alike_cosine`. Measured
    on 66 photos and 16 edits (smaller, JPEG 10 and 30, writing across, in a poster at 30 to 60 % of its
    width, turned, photographed askew, darker, brighter, blurred, grey, cut, mirrored): 88 to 100 %
    found; of 7,713 pairs of different photos of one person (3,809 photos, 1,010 people) at most .6 %,
    of 7.2 million pairs of strangers 5, some of them one person under two names. `same_photo_bits` is
    for the whole picture: there the same edits, unless cut or pasted, stay within 6 bits in 98 %; of
    103,740 pairs of different pictures 3 do.

    `reach`: above it a likeness is suspicious, not better. With SFace none of 1,832 pairs of a childhood
    photo and an adult one (most more than ten years apart, 406 people) reached .75; of 548 pairs of two
    photos of one person's youth 2 % passed .85, and those that were looked at were one picture.

    `bands` are what was measured with the operator's own registry and accepted by a person; with them a
    face whose group has none, or no `alert`, cannot alert. Without them one threshold serves all ages.
    `by_looks` tells the shares apart by group all the same; a group that is not in it has those of all.
    `start` are review scores by group, measured elsewhere, lest a new installation show a flood of chance.
    `takes_age` says whether half of what age does to vectors is taken out (bot/match/ageing.py).
    `most_false` is the largest FPIR at which anything is looked at first: what was wished. `basis` says in
    words on what `measured` rests.
    """

    review_normalised: float = 3.8
    alert_normalised: float = 5.9
    min_cases_normalised: int = 100
    cohort_size: int = 100
    review_cosine_from_13: float = 0.363
    review_cosine_6_to_12: float = 0.495
    review_cosine_to_5: float = 0.584
    young_years: float = 5.0
    copy_bits: int = 14
    copy_cosine: float = 0.75
    alike_bits: int = 20
    alike_cosine: float = 0.85
    same_photo_bits: int = 6
    measured: tuple[Measured, ...] = (Measured(3.8, 0.358), Measured(4.55, 0.125), Measured(5.86, 0.014))
    measured_cases: tuple[int, int] = (100, 1400)
    reach: tuple[Reach, ...] = (Reach(10.0, 0.75), Reach(0.0, 0.85))
    bands: tuple[Band, ...] = ()
    by_looks: tuple[LooksMeasured, ...] = ()
    start: tuple[tuple[str, float], ...] = ()
    takes_age: bool = True
    most_false: float = 1.0
    basis: str = "measured with about 700 children of mixed ages"

    def band(self, looks: str) -> Band | None:
        """The band of a group of likely ages, None if it was never measured."""
        return next((band for band in self.bands if band.looks == looks), None)

    def points(self, looks: str) -> tuple[Measured, ...]:
        """The measured points that count for a group of likely ages; none where it was never measured."""
        if self.bands:
            band = self.band(looks)
            return () if band is None else band.measured
        return next((each.points for each in self.by_looks if each.looks == looks), self.measured)

    def review_score(self, looks: str) -> float:
        """From which normalised score a face of this group is shown."""
        band = self.band(looks)
        return dict(self.start).get(looks, self.review_normalised) if band is None else band.review

    @property
    def least_review_score(self) -> float:
        """The lowest normalised score from which anything is shown."""
        starts = (score for _, score in self.start)
        return min([self.review_normalised, *starts, *(band.review for band in self.bands)])

    def reach_at(self, gap_years: float | None) -> float:
        """The cosine that genuine pairs with this gap stay below; of an unknown gap, the greatest."""
        if gap_years is None:
            return max(each.cosine for each in self.reach)
        able = [each.cosine for each in self.reach if abs(gap_years) >= each.from_gap_years]
        return min(able) if able else max(each.cosine for each in self.reach)
