"""From a probe face and the gallery's hits to matches: tiers by honest rule, reasons in words.

Pure: it knows no gallery, model, clock or database. It proposes; people decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.match import explain, weighing
from bot.match.ages import Seen, age_in_photo, oldest_in_photo, seen_when
from bot.match.hashes import near
from bot.match.inputs import Cohort, Hit, Probe, Registered, Thresholds
from bot.match.normalise import NEIGHBOURS, likely_age
from bot.match.normalise import looks as looks_of
from bot.match.travel import assess
from bot.match.weighing import Pair
from store.records.match import Dropped, Label, Match, Reason, Tier
from store.records.photo import FaceQuality

_SMALLEST_SD = 1e-4
_ORDER = {Tier.ALERT: 0, Tier.REVIEW: 1, Tier.SET_ASIDE: 2}
# What keeps a resemblance from being looked at first, whatever it weighs.
_HELD_BACK = frozenset({"quality", "young", "untested"})


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a probe's hits: matches, those to be looked at first first, and pairs that cannot be.

    `looks` is the group of likely ages that the probe's thresholds are of; `score` the best normalised
    score that it reached with any case, None where there are too few.
    """

    matches: tuple[Match, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    looks: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class _Scored:
    """A hit with what its tier depends on: passes review, passes alert, normalised score, share."""

    review: bool
    alert: bool
    normalised: float | None
    fpir: float | None
    basis: str


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
    """The matches of `judge`, as a list."""
    judged = judge(
        probe, hits, registered, cohort=cohort, gallery_size=gallery_size, model=model, thresholds=thresholds
    )
    return list(judged.matches)


def judge(
    probe: Probe,
    hits: Sequence[Hit],
    registered: Mapping[str, Registered],
    *,
    cohort: Cohort,
    gallery_size: int,
    model: str,
    thresholds: Thresholds | None = None,
    told: Mapping[str, tuple[int, int]] | None = None,
) -> Judged:
    """Turn the hits of one probe face into matches: those to be looked at first, then the others.

    `registered` holds the active cases of the hits by id; hits of others are left out, since the
    gallery may lag behind. `cohort` (`cohort_size` + 1 cases) and `gallery_size` (in cases) come from
    the same gallery as the hits. Hits below the review threshold give nothing: "nobody" is the
    ordinary answer. Copies of registered pictures are set aside; what cannot be the child, by its birth
    or by the age in the post, is dropped with the reason.

    `told` gives, by case, the rank and the number of cases that people are shown, where these are not those
    of the gallery: what counts hidden cases would say that they are there. Shares stay those of the gallery.

    The alert tier given here is by likeness alone: it still wants a second sign (bot/match/signs.py).
    """
    limits = thresholds or Thresholds()
    if probe.face.quality is FaceQuality.UNUSABLE:
        return Judged()
    looks = _looks(hits, registered)
    best = max((normalised(hit.similarity, cohort, limits) or 0.0 for hit in hits), default=0.0)
    score = best if gallery_size >= limits.min_cases_normalised and best > 0 else None
    judging = _Judging(probe, seen_when(probe), looks, cohort, gallery_size, model, limits, told or {})
    matches, dropped = judging.all(hits, registered)
    ordered = sorted(matches, key=lambda match: (_ORDER[match.tier], match.rank))
    return Judged(tuple(ordered), tuple(dropped), looks, score)


def normalised(similarity: float, cohort: Cohort, thresholds: Thresholds) -> float | None:
    """(similarity - mean) / deviation of the best other cases, None when there are too few of them."""
    mean, deviation, count = cohort.others(similarity, thresholds.cohort_size)
    if count < thresholds.min_cases_normalised - 1 or deviation < _SMALLEST_SD:
        return None
    return (similarity - mean) / deviation


def expected_fpir(
    score: float, gallery_size: int, thresholds: Thresholds, looks: str | None = None
) -> float | None:
    """The share of unrelated probes that reached the nearest measured score below this one.

    A bound, never less than what was measured; None below all measured scores and at other sizes. With
    `looks`, that of probes of this group of likely ages; None where it was never measured.
    """
    low, high = thresholds.measured_cases
    points = thresholds.measured if looks is None else thresholds.points(looks)
    reached = [point.fpir for point in points if score >= point.score]
    return min(reached) if reached and low <= gallery_size <= high else None


def cosine_threshold(age_years: float | None, thresholds: Thresholds) -> float:
    """The plain cosine for review by the age in the registered photo; unknown counts as 6 to 12."""
    if age_years is None:
        return thresholds.review_cosine_6_to_12
    if age_years >= 13:
        return thresholds.review_cosine_from_13
    return thresholds.review_cosine_6_to_12 if age_years >= 6 else thresholds.review_cosine_to_5


def _looks(hits: Sequence[Hit], registered: Mapping[str, Registered]) -> str:
    """The group of likely ages of a probe, by the registered ages of the cases most like it."""
    ages: list[float | None] = []
    for hit in hits[:NEIGHBOURS]:
        case = registered.get(hit.case_id)
        photo = case.photo(hit.photo_key) if case is not None else None
        ages.append(None if case is None or photo is None else age_in_photo(case, photo))
    return looks_of(likely_age(ages))


@dataclass(frozen=True, slots=True)
class _Judging:
    """One probe on its way to matches."""

    probe: Probe
    seen: Seen | None
    looks: str
    cohort: Cohort
    gallery_size: int
    model: str
    limits: Thresholds
    told: Mapping[str, tuple[int, int]]

    def all(
        self, hits: Sequence[Hit], registered: Mapping[str, Registered]
    ) -> tuple[list[Match], list[Dropped]]:
        """Every hit that passes: a match, or why it cannot be the child."""
        matches, dropped = list[Match](), list[Dropped]()
        scored = {
            hit.case_id: (hit, *self._pair(hit, registered))
            for hit in hits
            if self._is_there(hit, registered)
        }
        shown = [case for case, (hit, pair, made) in scored.items() if self._is_copy(hit, pair.case, made)]
        for hit, pair, made in scored.values():
            is_shown = hit.case_id in shown
            if not made.review and not is_shown:
                continue
            why = weighing.impossible(pair)
            # A poster is one whatever age its post speaks of; before the birth there was no poster either.
            if why is not None and not (is_shown and why[0] != "before_birth"):
                face, post = self.probe.face.key, self.probe.post_key
                dropped.append(Dropped(face, post, hit.case_id, hit.plain, *why))
                continue
            matches.append(self._match(hit, pair, made, shown))
        return matches, dropped

    @staticmethod
    def _is_there(hit: Hit, registered: Mapping[str, Registered]) -> bool:
        case = registered.get(hit.case_id)
        return case is not None and case.photo(hit.photo_key) is not None

    def _pair(self, hit: Hit, registered: Mapping[str, Registered]) -> tuple[Pair, _Scored]:
        case = registered[hit.case_id]
        photo, sighting = case.photo(hit.photo_key), self.probe.sighting
        assert photo is not None
        travel = assess(case.case, sighting.where if sighting is not None else None, self.seen)
        pair = Pair(self.probe, case, photo, self.seen, travel)
        return pair, self._scored(hit, pair)

    def _scored(self, hit: Hit, pair: Pair) -> _Scored:
        limits, size = self.limits, self.gallery_size
        score = (
            normalised(hit.similarity, self.cohort, limits) if size >= limits.min_cases_normalised else None
        )
        if score is None:
            floor = cosine_threshold(oldest_in_photo(pair.case, pair.photo), limits)
            return _Scored(hit.plain >= floor, False, None, None, limits.basis)
        band, basis = limits.band(self.looks), limits.basis
        alert: float | None = limits.alert_normalised
        if limits.bands:
            alert = band.alert if band is not None else None
        if band is not None:
            basis = f"measured here with {band.probes} unrelated photos that look {self.looks} years old"
        elif any(each.looks == self.looks for each in limits.by_looks):
            basis = f"{basis}; faces that look {self.looks} years old"
        # Faces of low quality are among no measurement.
        is_low = self.probe.face.quality is FaceQuality.LOW
        share = None if is_low else expected_fpir(score, size, limits, self.looks)
        return _Scored(
            review=score >= limits.review_score(self.looks),
            alert=alert is not None and share is not None and score >= alert and share <= self._most_false,
            normalised=score,
            fpir=share,
            basis=basis,
        )

    @property
    def _most_false(self) -> float:
        # Accepted bands were made for the wish: their own threshold says it.
        return 1.0 if self.limits.bands else self.limits.most_false

    def _is_copy(self, hit: Hit, case: Registered, made: _Scored) -> bool:
        """Does the probe show one of the case's registered photos, whole or as a face in a poster?"""
        limits, probe = self.limits, self.probe
        if hit.case_id in probe.shows and made.review:
            return True
        crop_bits = -1
        if hit.plain >= limits.alike_cosine:
            crop_bits = limits.alike_bits
        elif hit.plain >= limits.copy_cosine:
            crop_bits = limits.copy_bits
        return any(
            near(probe.face.crop_hash, photo.crop_hash, crop_bits)
            or near(probe.photo_phash, photo.phash, limits.same_photo_bits)
            for photo in case.photos
        )

    def _match(self, hit: Hit, pair: Pair, made: _Scored, shown: Sequence[str]) -> Match:
        """The finished match; `shown` names the cases whose registered photo the probe is."""
        beside = weighing.parts(pair, hit.plain, self.limits)
        if self.limits.bands and made.normalised is not None and (made.fpir is None or not self._may_alert()):
            beside.insert(0, explain.untested(self.looks))
        rank, size = self.told.get(hit.case_id, (hit.rank, self.gallery_size))
        first = explain.resemblance(hit.plain, rank, size, made.normalised, made.alert, made.fpir, made.basis)
        tier, label, reasons = self._tier(made, beside), Label.SIGHTING, [first, *beside]
        if shown:
            tier, label = Tier.SET_ASIDE, Label.POSTER
            reasons = [explain.same_picture(hit.case_id in shown), *reasons]
        return Match(
            key=f"{self.probe.face.key}|{hit.case_id}",
            face_key=self.probe.face.key,
            post_key=self.probe.post_key,
            case_id=hit.case_id,
            case_photo=pair.photo.digest,
            similarity=hit.plain,
            rank=rank,
            gallery_size=size,
            tier=tier,
            label=label,
            model=self.model,
            fpir=made.fpir,
            age_gap_years=pair.gap_years,
            travel=pair.travel.words,
            reasons=tuple(reasons),
            score=made.normalised,
            looks=self.looks,
        )

    def _may_alert(self) -> bool:
        band = self.limits.band(self.looks)
        return band is not None and band.alert is not None

    @staticmethod
    def _tier(made: _Scored, beside: Sequence[Reason]) -> Tier:
        """First are only good faces of older children without a strong reason against, as measured."""
        for reason in beside:
            if reason.name in _HELD_BACK or reason.weight <= explain.STRONG_AGAINST:
                return Tier.REVIEW
        return Tier.ALERT if made.alert else Tier.REVIEW
