"""From hits to matches: tiers by honest rule, reasons in words, and nobody accused."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.inputs import (
    Band,
    Cohort,
    Hit,
    LooksMeasured,
    Measured,
    Probe,
    Registered,
    RegisteredPhoto,
    Thresholds,
)
from bot.match.score import Judged, cosine_threshold, expected_fpir, normalised, rank
from bot.match.score import judge as judge_all
from store.records.case import Case
from store.records.match import Label, Match, Tier
from store.records.photo import Face, FaceBox, FaceQuality
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    PlaceKind,
    Sighting,
    When,
    WhenCandidate,
    Where,
    WhereCandidate,
    Who,
)

EVIDENCE = Evidence(EvidenceKind.TEXT, "test")
SEEN = datetime(2026, 5, 24, 10, tzinfo=UTC)
CROP, OTHER_CROP = "f0f0a5a53c3c9696", "0f5a3ca5c3699669"
# A hundred others around .1, so that a cosine of .1 + z * .05 is z deviations above them.
OTHERS = tuple(0.15 if n % 2 else 0.05 for n in range(100))


def face(quality: FaceQuality = FaceQuality.GOOD, crop: str = CROP) -> Face:
    return Face(
        "photo:0", "photo", FaceBox(0, 0, 50, 50, (), 0.9), quality, "the face is 28 pixels wide", crop
    )


def when(at: datetime = SEEN, lasting: timedelta = timedelta(hours=2)) -> When:
    return When(candidates=(WhenCandidate(at, at + lasting, 1.0, EVIDENCE),))


def where(lat: float, lon: float) -> Where:
    return Where(candidates=(WhereCandidate("x", PlaceKind.CITY, 1.0, EVIDENCE, lat, lon, 5.0),))


def sighting(**fields: Any) -> Sighting:
    base = {"where": Where(), "when": when(), "who": Who(), "first_hand": FirstHand.OWN}
    return Sighting("weibo:1", **(base | fields))


def probe(**fields: Any) -> Probe:
    return replace(Probe(face(), "weibo:1", "", sighting()), **fields)


def registered(case_id: str = "a", *, photo: dict[str, Any] | None = None, **fields: Any) -> Registered:
    base: dict[str, Any] = {"date_of_birth": "2012", "sex": "female", "last_seen_on": date(2024, 3, 1)}
    shape: dict[str, Any] = {"age_years": 11.0, "crop_hash": OTHER_CROP, "phash": ""}
    photos = (RegisteredPhoto(f"{case_id}-photo", f"{case_id}-digest", **(shape | (photo or {}))),)
    return Registered(Case(case_id, "A Name", **(base | fields)), photos)


def judge(
    similarity: float, case: Registered | None = None, given: Probe | None = None, size: int = 700
) -> list[Match]:
    case = case or registered()
    hit = Hit(case.case.id, case.photos[0].photo_key, similarity, 1)
    return rank(
        given or probe(),
        [hit],
        {case.case.id: case},
        cohort=Cohort((similarity, *OTHERS)),
        gallery_size=size,
        model="model",
    )


def only(matches: list[Match]) -> Match:
    (match,) = matches
    return match


def names(match: Match) -> set[str]:
    return {reason.name for reason in match.reasons}


def at(deviations: float) -> float:
    return 0.1 + 0.05 * deviations


# Tiers by normalised score


@pytest.mark.parametrize(
    ("deviations", "tier", "fpir"),
    [
        (3.81, Tier.REVIEW, 0.358),
        (4.6, Tier.REVIEW, 0.125),
        (5.87, Tier.REVIEW, 0.014),
        (5.91, Tier.ALERT, 0.014),
    ],
)
def test_the_tier_follows_the_distance_from_the_nearest_hundred(
    deviations: float, tier: Tier, fpir: float
) -> None:
    match = only(judge(at(deviations)))
    assert (match.tier, match.fpir, match.label) == (tier, fpir, Label.SIGHTING)


def test_nobody_is_the_ordinary_answer() -> None:
    assert judge(at(3.79)) == []
    assert rank(probe(), [], {}, cohort=Cohort(), gallery_size=0, model="m") == []


def test_the_scored_case_is_no_part_of_what_it_is_measured_by() -> None:
    limits = Thresholds()
    assert normalised(at(6), Cohort((at(6), *OTHERS)), limits) == pytest.approx(6)
    assert normalised(at(6), Cohort(OTHERS), limits) == pytest.approx(6)
    assert normalised(at(6), Cohort((at(6), *OTHERS[:98])), limits) is None
    assert normalised(0.5, Cohort((0.5,) * 101), limits) is None, "no deviation, no distance"


def test_a_share_is_given_only_where_it_was_measured() -> None:
    limits = Thresholds()
    assert expected_fpir(7.0, 700, limits) == 0.014
    assert expected_fpir(7.0, 99, limits) is None
    assert expected_fpir(7.0, 5000, limits) is None
    assert expected_fpir(3.0, 700, limits) is None
    match = only(judge(at(6.5), size=5000))
    assert match.fpir is None and "never measured with 5000 children" in match.reasons[0].words


def test_everything_of_the_match_comes_from_its_face_and_case() -> None:
    match = only(judge(at(4)))
    assert match.key == "photo:0|a"
    assert (match.face_key, match.post_key, match.case_id) == ("photo:0", "weibo:1", "a")
    assert (match.case_photo, match.model, match.rank, match.gallery_size) == ("a-digest", "model", 1, 700)
    assert match.similarity == at(4) and match.age_gap_years == 2.9


# Small galleries


@pytest.mark.parametrize(
    ("age", "floor"),
    [(30, 0.363), (13, 0.363), (12.9, 0.495), (6, 0.495), (5.9, 0.584), (0, 0.584), (None, 0.495)],
)
def test_in_a_small_gallery_the_cosine_asked_for_depends_on_the_age(age: float | None, floor: float) -> None:
    assert cosine_threshold(age, Thresholds()) == floor
    case = registered(photo={"age_years": age}, date_of_birth="", last_seen_on=None)
    assert judge(floor - 0.001, case, size=12) == []
    match = only(judge(floor + 0.001, case, size=12))
    assert match.tier is Tier.REVIEW and match.fpir is None
    assert "never measured with 12 children" in match.reasons[0].words


def test_in_a_small_gallery_nothing_is_looked_at_first() -> None:
    assert only(judge(0.74, size=99)).tier is Tier.REVIEW


def test_a_child_last_seen_at_four_is_young_in_a_photo_of_unknown_age() -> None:
    case = registered(photo={"age_years": None}, date_of_birth="2020", last_seen_on=date(2024, 3, 1))
    assert judge(0.55, case, size=12) == []
    assert "young" in names(only(judge(0.6, case, size=12)))


# What holds a resemblance back


@pytest.mark.parametrize(
    ("name", "case", "given"),
    [
        ("quality", registered(), probe(face=face(FaceQuality.LOW))),
        ("young", registered(photo={"age_years": 5.5}), probe()),
        ("young", registered(date_of_birth="2022", last_seen_on=None, photo={"age_years": None}), probe()),
        ("young", registered(), probe(sighting=sighting(who=Who(age_low=4, age_high=6)))),
        ("sex_written", registered(), probe(sighting=sighting(who=Who(children=1, sex="male")))),
        ("age_written", registered(), probe(sighting=sighting(who=Who(age_low=22, age_high=24)))),
        (
            "before_last_seen",
            registered(),
            probe(sighting=sighting(when=when(datetime(2023, 1, 1, tzinfo=UTC)))),
        ),
        (
            "travel",
            registered(last_seen_on=date(2026, 5, 24), last_seen_lat=40.0, last_seen_lon=116.0),
            probe(
                sighting=sighting(where=where(-34.0, -64.0), when=when(datetime(2026, 5, 23, 14, tzinfo=UTC)))
            ),
        ),
    ],
)
def test_a_strong_reason_against_keeps_a_resemblance_from_the_first_tier(
    name: str, case: Registered, given: Probe
) -> None:
    match = only(judge(at(7), case, given))
    assert match.tier is Tier.REVIEW
    assert name in names(match)
    assert only(judge(at(7))).tier is Tier.ALERT, "without it, it would be there"


def test_a_face_that_must_not_be_compared_gives_nothing() -> None:
    assert judge(at(9), given=probe(face=face(FaceQuality.UNUSABLE))) == []


def test_weak_reasons_inform_and_hold_nothing_back() -> None:
    case = registered(last_seen_lat=30.66, last_seen_lon=104.06, photo={"age_years": 7.0})
    given = probe(sighting=sighting(where=where(31.23, 121.47), first_hand=FirstHand.NOTICE))
    match = only(judge(at(7), case, given))
    assert match.tier is Tier.ALERT
    assert {"travel", "age_gap", "notice"} <= names(match)
    assert match.travel == "1,700 km in 2 years: possible"


def test_the_words_of_a_post_about_several_children_contradict_nobody() -> None:
    given = probe(sighting=sighting(who=Who(children=2, sex="male", age_low=30)))
    assert not {"sex_written", "age_written"} & names(only(judge(at(7), given=given)))


@pytest.mark.parametrize(("low", "high"), [(9, 12), (10, 10), (None, 12), (16, None), (None, None)])
def test_ages_that_people_could_well_mistake_contradict_nobody(low: float | None, high: float | None) -> None:
    given = probe(sighting=sighting(who=Who(age_low=low, age_high=high)))
    assert "age_written" not in names(only(judge(at(7), given=given)))


# Birth, time


def test_a_sighting_before_the_birth_is_dropped() -> None:
    early = probe(sighting=sighting(when=when(datetime(2011, 12, 1, tzinfo=UTC))))
    assert judge(at(9), given=early) == []


def test_a_sighting_that_may_be_after_the_birth_is_kept() -> None:
    in_the_year = probe(sighting=sighting(when=when(datetime(2012, 3, 1, tzinfo=UTC))))
    assert len(judge(at(9), given=in_the_year)) == 1
    wide = probe(sighting=sighting(when=when(datetime(2010, 3, 1, tzinfo=UTC), timedelta(days=900))))
    assert len(judge(at(9), given=wide)) == 1


def test_a_platform_that_lies_about_a_post_drops_nobody() -> None:
    given = probe(sighting=None, posted_at=datetime(2001, 1, 1, tzinfo=UTC))
    match = only(judge(at(9), given=given))
    assert "before_last_seen" in names(match)


def test_without_any_claim_of_a_sighting_the_faces_alone_are_compared() -> None:
    match = only(judge(at(7), given=Probe(face(), "weibo:1")))
    assert match.tier is Tier.ALERT and match.age_gap_years is None
    assert match.travel == "where it was seen is not known well enough to compare"


# Copies of registered pictures


def test_a_face_in_a_poster_is_set_aside() -> None:
    match = only(judge(0.93, registered(photo={"crop_hash": CROP})))
    assert (match.tier, match.label) == (Tier.SET_ASIDE, Label.POSTER)
    assert match.reasons[0].words == "this is the registered photo itself or a copy of it, not a new picture"


def test_the_whole_registered_picture_is_set_aside() -> None:
    match = only(
        judge(0.6, registered(photo={"phash": "1234567890abcdef"}), probe(photo_phash="1234567890abcdee"))
    )
    assert (match.tier, match.label) == (Tier.SET_ASIDE, Label.POSTER)


def test_a_copy_is_told_by_any_photo_of_the_case() -> None:
    case = registered()
    case = replace(case, photos=(*case.photos, RegisteredPhoto("second", "d2", crop_hash=CROP)))
    assert only(judge(0.9, case)).tier is Tier.SET_ASIDE


def test_a_copy_in_a_small_gallery_is_set_aside_too() -> None:
    assert only(judge(0.95, registered(photo={"crop_hash": CROP}), size=3)).label is Label.POSTER


def test_a_near_crop_of_a_face_that_is_not_alike_is_no_copy() -> None:
    assert only(judge(0.7, registered(photo={"crop_hash": CROP}))).label is Label.SIGHTING


def test_faces_that_are_as_alike_as_copies_are_pointed_out() -> None:
    match = only(judge(0.9))
    assert match.label is Label.SIGHTING and "very_alike" in names(match)


def test_who_resembles_another_childs_poster_is_set_aside_with_it() -> None:
    mine, other = registered("a", photo={"crop_hash": CROP}), registered("b")
    hits = [Hit("a", "a-photo", 0.95, 1), Hit("b", "b-photo", 0.75, 2)]
    matches = rank(
        probe(),
        hits,
        {"a": mine, "b": other},
        cohort=Cohort((0.95, 0.75, *OTHERS)),
        gallery_size=700,
        model="m",
    )
    assert [(match.case_id, match.tier) for match in matches] == [
        ("a", Tier.SET_ASIDE),
        ("b", Tier.SET_ASIDE),
    ]
    assert "another child" in matches[1].reasons[0].words


# Lists


def test_those_to_be_looked_at_first_come_first_and_unknown_cases_are_left_out() -> None:
    cases = {name: registered(name) for name in "abc"}
    cases["a"] = registered("a", photo={"age_years": 4.0})
    hits = [
        Hit("a", "a-photo", at(15), 1),
        Hit("gone", "gone-photo", at(14.5), 2),
        Hit("b", "b-photo", at(14), 3),
        Hit("c", "no-such-photo", at(13.9), 4),
    ]
    found = rank(
        probe(),
        hits,
        cases,
        cohort=Cohort((at(15), at(14.5), at(14), *OTHERS)),
        gallery_size=700,
        model="m",
        thresholds=Thresholds(),
    )
    assert [(match.case_id, match.rank) for match in found] == [("b", 3), ("a", 1)]


def test_stricter_thresholds_can_be_given() -> None:
    case = registered()
    found = rank(
        probe(),
        [Hit("a", "a-photo", at(5), 1)],
        {"a": case},
        cohort=Cohort((at(5), *OTHERS)),
        gallery_size=700,
        model="m",
        thresholds=Thresholds(review_normalised=5.5),
    )
    assert found == []


# Words

BANNED = re.compile(
    r"match|abduct|kidnap|suspect|identif|traffick|stolen|thief|criminal|found the child", re.I
)


def every_kind_of_match() -> list[Match]:
    cases = [
        registered(),
        registered(photo={"age_years": 3.0}),
        registered(photo={"age_years": None, "crop_hash": CROP}),
        registered(
            date_of_birth="2005", last_seen_on=date(2026, 5, 24), last_seen_lat=0.0, last_seen_lon=0.0
        ),
    ]
    probes = [
        probe(),
        probe(face=face(FaceQuality.LOW)),
        probe(sighting=sighting(who=Who(sex="male", age_low=40), first_hand=FirstHand.NOTICE)),
        probe(sighting=sighting(where=where(0.0, 170.0), when=when(datetime(2026, 5, 23, 12, tzinfo=UTC)))),
        probe(sighting=sighting(when=when(datetime(2013, 1, 1, tzinfo=UTC)))),
    ]
    return [
        match
        for case, given, score, size in itertools.product(cases, probes, (0.5, 0.9), (20, 700))
        for match in judge(score, case, given, size)
    ]


def test_no_words_accuse_anybody_or_claim_more_than_a_possible_resemblance() -> None:
    matches = every_kind_of_match()
    words = [reason.words for match in matches for reason in match.reasons] + [
        match.travel for match in matches
    ]
    assert len({reason.name for match in matches for reason in match.reasons}) >= 11
    for line in words:
        assert line and not BANNED.search(line), line
        assert line[0].islower() or line[0].isdigit(), line
    for match in matches:
        assert any(reason.words.startswith("possible resemblance") for reason in match.reasons)


def test_no_words_name_the_child() -> None:
    for match in every_kind_of_match():
        assert "A Name" not in repr(match)


@given(
    st.floats(-1, 1),
    st.lists(st.floats(-1, 1), max_size=130),
    st.integers(0, 3000),
    st.one_of(st.none(), st.floats(0, 90)),
    st.sampled_from(["", "2012", "2012-02-30", "nonsense", "1990-05-05"]),
    st.sampled_from(list(FaceQuality)),
)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_in_comes_out_as_sound_matches_or_nothing(
    similarity: float,
    others: list[float],
    size: int,
    age: float | None,
    born: str,
    quality: FaceQuality,
) -> None:
    case = registered(photo={"age_years": age}, date_of_birth=born)
    found = rank(
        probe(face=face(quality)),
        [Hit("a", "a-photo", similarity, 1)],
        {"a": case},
        cohort=Cohort(tuple(sorted(others, reverse=True))),
        gallery_size=size,
        model="m",
    )
    for match in found:
        assert quality is not FaceQuality.UNUSABLE
        assert match.tier is not Tier.ALERT or (quality is FaceQuality.GOOD and (age is None or age >= 6))
        assert match.fpir is None or 0 < match.fpir < 1
        assert all(reason.words for reason in match.reasons)


# Why not, and what is shown of every part


def judged(similarity: float, case: Registered, given: Probe, **limits: Any) -> Judged:
    return judge_all(
        given,
        [Hit(case.case.id, case.photos[0].photo_key, similarity, 1)],
        {case.case.id: case},
        cohort=Cohort((similarity, *OTHERS)),
        gallery_size=700,
        model="m",
        thresholds=Thresholds(**limits),
    )


def test_what_cannot_be_the_child_is_dropped_with_the_reason() -> None:
    early = probe(sighting=sighting(when=when(datetime(2011, 12, 1, tzinfo=UTC))))
    (dropped,) = judged(at(9), registered(), early).dropped
    assert (dropped.case_id, dropped.name) == ("a", "before_birth") and "born (2012)" in dropped.words
    old = probe(sighting=sighting(who=Who(children=1, age_low=40, age_high=45)))
    found = judged(at(9), registered(), old)
    assert found.matches == () and found.dropped[0].name == "age_impossible"
    assert "40 to 45 years; this one would be 14" in found.dropped[0].words


def test_what_is_not_alike_is_not_listed_as_dropped() -> None:
    old = probe(sighting=sighting(who=Who(children=1, age_low=40)))
    assert judged(at(2), registered(), old).dropped == ()


def test_a_poster_stays_a_poster_whatever_age_its_post_speaks_of() -> None:
    old = probe(sighting=sighting(who=Who(children=1, age_low=40)))
    assert judged(0.93, registered(photo={"crop_hash": CROP}), old).matches[0].label is Label.POSTER


def test_a_registered_photo_found_again_in_the_picture_is_never_looked_at_first() -> None:
    match = only(judge(at(9), given=probe(shows=("a",))))
    assert (match.tier, match.label) == (Tier.SET_ASIDE, Label.POSTER)
    assert judge(at(2), given=probe(shows=("a",))) == [], "somebody else in that picture is no poster"
    assert only(judge(at(9), given=probe(shows=("b",)))).label is Label.SIGHTING


def test_every_part_is_shown_with_its_weight_also_where_nothing_is_known() -> None:
    known = probe(
        sighting=sighting(
            who=Who(children=1, sex="female", age_low=13, age_high=15), where=where(30.6, 104.0)
        )
    )
    case = registered(last_seen_lat=30.66, last_seen_lon=104.06, photo={"age_years": 11.0})
    weights = {reason.name: reason.weight for reason in only(judge(at(7), case, known)).reasons}
    assert weights["sex_words"] > 0 and weights["age_words"] > 0
    assert weights["first_hand"] > 0 and weights["travel"] > 0
    unknown = {reason.name: reason.weight for reason in only(judge(at(7))).reasons}
    assert unknown["sex_words"] == unknown["age_words"] == unknown["travel"] == 0


@pytest.mark.parametrize(("gap", "suspicious"), [(15, True), (2, False)])
def test_more_alike_than_genuine_pairs_of_such_a_gap_is_suspicious(gap: int, suspicious: bool) -> None:
    born = str(2026 - 11 - gap)
    case = registered(date_of_birth=born, photo={"age_years": 11.0}, last_seen_on=None)
    match = only(judge(0.8, case))
    assert ("very_alike" in names(match)) is suspicious
    assert match.tier is (Tier.REVIEW if suspicious else Tier.ALERT)


BANDS = (Band("9-12", 4.0, 6.0, (Measured(4.0, 0.3), Measured(6.0, 0.001)), 900), Band("13+", 5.0, None))


def test_a_band_has_its_own_thresholds_and_an_untested_one_cannot_alert() -> None:
    ages = [registered(f"c{n}", photo={"age_years": 10.0}) for n in range(6)]

    def found(years: float, deviations: float) -> list[Match]:
        cases = {
            case.case.id: replace(case, photos=(replace(case.photos[0], age_years=years),)) for case in ages
        }
        score = at(deviations)
        hits = [Hit(c.case.id, c.photos[0].photo_key, score if n == 0 else 0.1, n + 1)
                for n, c in enumerate(cases.values())]  # fmt: skip
        return rank(probe(), hits, cases, cohort=Cohort((score, *OTHERS)), gallery_size=700, model="m",
                    thresholds=Thresholds(bands=BANDS))  # fmt: skip

    assert only(found(10.0, 6.5)).tier is Tier.ALERT and only(found(10.0, 6.5)).fpir == 0.001
    assert only(found(10.0, 4.5)).fpir == 0.3 and found(10.0, 3.9) == []
    assert found(15.0, 4.9) == []
    untested = only(found(15.0, 9.0))
    assert untested.tier is Tier.REVIEW and untested.fpir is None
    assert "untested" in names(untested)
    assert only(found(6.5, 9.0)).tier is Tier.REVIEW, "a group without a band"


def test_a_size_or_a_quality_that_was_never_measured_cannot_alert() -> None:
    assert only(judge(at(9), size=5000)).tier is Tier.REVIEW
    match = only(judge(at(9), given=probe(face=face(FaceQuality.LOW))))
    assert match.tier is Tier.REVIEW and match.fpir is None


def test_a_share_is_told_by_likely_age_and_only_what_keeps_the_wish_alerts() -> None:
    young = LooksMeasured("9-12", (Measured(3.8, 0.44), Measured(5.86, 0.03)))

    def found(most_false: float) -> Match:
        cases = {f"c{n}": registered(f"c{n}") for n in range(6)}
        hits = [Hit(c, f"{c}-photo", at(6.5) if n == 0 else 0.1, n + 1) for n, c in enumerate(cases)]
        limits = Thresholds(by_looks=(young,), most_false=most_false)
        return only(rank(probe(), hits, cases, cohort=Cohort((at(6.5), *OTHERS)), gallery_size=700, model="m",
                         thresholds=limits))  # fmt: skip

    assert found(1.0).fpir == 0.03 and found(1.0).tier is Tier.ALERT
    assert "faces that look 9-12 years old" in found(1.0).reasons[0].words
    assert found(0.02).tier is Tier.REVIEW
