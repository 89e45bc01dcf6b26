"""From a probe face and the gallery's hits to matches: tiers by honest rule, reasons in words.

Pure: it knows no gallery, model, clock or database. It proposes; people decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.match import explain
from bot.match.ages import (
    Seen,
    age_gap,
    age_in_photo,
    age_when_seen,
    born_between,
    ends_before,
    oldest_in_photo,
    seen_when,
)
from bot.match.hashes import near
from bot.match.inputs import Cohort, Hit, Probe, Registered, RegisteredPhoto, Thresholds
from bot.match.travel import Travel, assess
from store.records.match import Label, Match, Reason, Tier
from store.records.photo import FaceQuality
from store.records.sighting import FirstHand

_SMALLEST_SD = 1e-4
_AGE_MARGIN_YEARS = 2.0
_AGE_MARGIN_SHARE = 0.2
_ORDER = {Tier.ALERT: 0, Tier.REVIEW: 1, Tier.SET_ASIDE: 2}


@dataclass(frozen=True, slots=True)
class _Scored:
    """A hit with what its tier depends on: passes review, passes alert, normalised score, share."""

    review: bool
    alert: bool
    normalised: float | None
    fpir: float | None


def rank(
    probe: Probe,
    hits: Sequence[Hit],
    registered: Mapping[str, Registered],
    *,
    cohort: Cohort,
    gallery_size: int,
    model: str,
    thresholds: Thresholds | None = None,
) -> list[Match]:
    """Turn the hits of one probe face into matches: those to be looked at first, then the others.

    `registered` holds the active cases of the hits by id; hits of others are left out, since the
    gallery may lag behind. `cohort` (`cohort_size` + 1 cases) and `gallery_size` (in cases) come from
    the same gallery as the hits. Hits below the review threshold give nothing: "nobody" is the
    ordinary answer. Copies of registered pictures are set aside, sightings before the child's birth
    dropped.
    """
    limits = thresholds or Thresholds()
    if probe.face.quality is FaceQuality.UNUSABLE:
        return []
    seen = seen_when(probe)
    shown = [hit.case_id for hit in hits if _is_copy(probe, hit, registered.get(hit.case_id), limits)]
    matches: list[Match] = []
    for hit in hits:
        case = registered.get(hit.case_id)
        photo = case.photo(hit.photo_key) if case is not None else None
        if case is None or photo is None or _before_birth(case, seen):
            continue
        scored = _scored(hit, case, photo, cohort, gallery_size, limits)
        if not scored.review and hit.case_id not in shown:
            continue
        judged = _Judging(probe, hit, case, photo, seen, scored, limits)
        matches.append(judged.match(shown, gallery_size, model))
    return sorted(matches, key=lambda match: (_ORDER[match.tier], match.rank))


def normalised(similarity: float, cohort: Cohort, thresholds: Thresholds) -> float | None:
    """(similarity - mean) / deviation of the best other cases, None when there are too few of them."""
    mean, deviation, count = cohort.others(similarity, thresholds.cohort_size)
    if count < thresholds.min_cases_normalised - 1 or deviation < _SMALLEST_SD:
        return None
    return (similarity - mean) / deviation


def expected_fpir(score: float, gallery_size: int, thresholds: Thresholds) -> float | None:
    """The share of unrelated probes that reached the nearest measured score below this one.

    A bound, never less than what was measured; None below all measured scores and at other sizes.
    """
    low, high = thresholds.measured_cases
    reached = [point.fpir for point in thresholds.measured if score >= point.score]
    return min(reached) if reached and low <= gallery_size <= high else None


def cosine_threshold(age_years: float | None, thresholds: Thresholds) -> float:
    """The plain cosine for review by the age in the registered photo; unknown counts as 6 to 12."""
    if age_years is None:
        return thresholds.review_cosine_6_to_12
    if age_years >= 13:
        return thresholds.review_cosine_from_13
    return thresholds.review_cosine_6_to_12 if age_years >= 6 else thresholds.review_cosine_to_5


def _scored(
    hit: Hit, case: Registered, photo: RegisteredPhoto, cohort: Cohort, size: int, limits: Thresholds
) -> _Scored:
    score = normalised(hit.similarity, cohort, limits) if size >= limits.min_cases_normalised else None
    if score is not None:
        return _Scored(
            review=score >= limits.review_normalised,
            alert=score >= limits.alert_normalised,
            normalised=score,
            fpir=expected_fpir(score, size, limits),
        )
    floor = cosine_threshold(oldest_in_photo(case, photo), limits)
    return _Scored(review=hit.similarity >= floor, alert=False, normalised=None, fpir=None)


def _is_copy(probe: Probe, hit: Hit, case: Registered | None, limits: Thresholds) -> bool:
    """Does the probe show one of the case's registered photos, whole or as a face in a poster?"""
    if case is None:
        return False
    crop_bits = -1
    if hit.similarity >= limits.alike_cosine:
        crop_bits = limits.alike_bits
    elif hit.similarity >= limits.copy_cosine:
        crop_bits = limits.copy_bits
    return any(
        near(probe.face.crop_hash, photo.crop_hash, crop_bits)
        or near(probe.photo_phash, photo.phash, limits.same_photo_bits)
        for photo in case.photos
    )


def _before_birth(case: Registered, seen: Seen | None) -> bool:
    born = born_between(case.case.date_of_birth)
    # Only what the sighting itself says counts: a platform's date may lie.
    return born is not None and seen is not None and not seen.guessed and ends_before(seen, born[0])


@dataclass(frozen=True, slots=True)
class _Judging:
    """One hit on its way to a match."""

    probe: Probe
    hit: Hit
    case: Registered
    photo: RegisteredPhoto
    seen: Seen | None
    scored: _Scored
    limits: Thresholds

    def match(self, shown: Sequence[str], gallery_size: int, model: str) -> Match:
        """The finished match; `shown` names the cases whose registered photo the probe is."""
        travel = self._travel()
        against = self._against(travel)
        tier, label = self._tier(against), Label.SIGHTING
        reasons = [self._resemblance(gallery_size), *against]
        if shown:
            tier, label = Tier.SET_ASIDE, Label.POSTER
            reasons = [explain.same_picture(self.hit.case_id in shown), *reasons]
        return Match(
            key=f"{self.probe.face.key}|{self.hit.case_id}",
            face_key=self.probe.face.key,
            post_key=self.probe.post_key,
            case_id=self.hit.case_id,
            case_photo=self.photo.digest,
            similarity=self.hit.similarity,
            rank=self.hit.rank,
            gallery_size=gallery_size,
            tier=tier,
            label=label,
            model=model,
            fpir=self.scored.fpir,
            age_gap_years=age_gap(self.case, self.photo, self.seen),
            travel=travel.words,
            reasons=tuple(reasons),
        )

    def _tier(self, against: Sequence[Reason]) -> Tier:
        """First are only good faces of older children without a strong reason against."""
        held_back = {"quality", "young"}
        for reason in against:
            if reason.name in held_back or reason.weight <= explain.STRONG_AGAINST:
                return Tier.REVIEW
        return Tier.ALERT if self.scored.alert else Tier.REVIEW

    def _resemblance(self, gallery_size: int) -> Reason:
        return explain.resemblance(
            self.hit.similarity,
            self.hit.rank,
            gallery_size,
            self.scored.fpir,
            self.scored.normalised,
            self.scored.alert,
        )

    def _travel(self) -> Travel:
        sighting = self.probe.sighting
        return assess(self.case.case, sighting.where if sighting is not None else None, self.seen)

    def _against(self, travel: Travel) -> list[Reason]:
        """Everything that weakens or informs, in a fixed order."""
        found = [
            explain.low_quality(self.probe.face.quality_why)
            if self.probe.face.quality is FaceQuality.LOW
            else None,
            explain.nearly_same() if self.hit.similarity >= self.limits.alike_cosine else None,
            *self._ages(),
            *self._words(),
            self._time(),
            explain.way(travel) if travel.km is not None else None,
        ]
        return [reason for reason in found if reason is not None]

    def _ages(self) -> list[Reason | None]:
        in_photo = oldest_in_photo(self.case, self.photo)
        when_seen = age_when_seen(self.case, self.photo, self.seen)
        who = self.probe.sighting.who if self.probe.sighting is not None else None
        written = who.age_low if who is not None else None
        # An age of 5 lasts until the sixth birthday.
        limit = self.limits.young_years + 1
        small = in_photo if in_photo is not None and in_photo < limit else None
        others = [
            age for age in (when_seen[0] if when_seen else None, written) if age is not None and age < limit
        ]
        years = age_gap(self.case, self.photo, self.seen)
        return [
            explain.young(small, others[0] if others else None) if small is not None or others else None,
            explain.unknown_age() if age_in_photo(self.case, self.photo) is None else None,
            explain.gap(years) if years is not None else None,
        ]

    def _words(self) -> list[Reason | None]:
        """Where what the post says of the child contradicts the case."""
        sighting = self.probe.sighting
        if sighting is None:
            return []
        who, sex = sighting.who, self.case.case.sex
        found: list[Reason | None] = []
        # With several children in the post it is not known of whom it speaks.
        if who.children in (None, 1):
            if {who.sex, sex} == {"female", "male"}:
                found.append(explain.sex_contradiction(who.sex, sex))
            expected = age_when_seen(self.case, self.photo, self.seen)
            if expected is not None and _contradicts(who.age_low, who.age_high, expected):
                low = who.age_low if who.age_low is not None else who.age_high
                high = who.age_high if who.age_high is not None else low
                assert low is not None and high is not None
                found.append(explain.age_contradiction(low, high, expected))
        if sighting.first_hand is FirstHand.NOTICE:
            found.append(explain.notice())
        return found

    def _time(self) -> Reason | None:
        last_seen = self.case.case.last_seen_on
        if last_seen is None or self.seen is None or not ends_before(self.seen, last_seen):
            return None
        return explain.before_last_seen()


def _contradicts(low: float | None, high: float | None, expected: tuple[float, float]) -> bool:
    """Do the written ages miss the expected ones by more than people err about children's ages?"""
    margin = _AGE_MARGIN_YEARS + _AGE_MARGIN_SHARE * expected[1]
    too_old = low is not None and low > expected[1] + margin
    too_young = high is not None and high + 1 < expected[0] - margin
    return too_old or too_young
