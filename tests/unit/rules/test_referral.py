"""Welfare referrals: a seen danger, a licensed body, plain words; begging alone refers nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.rules import referral
from bot.rules.referral import Body, Language, ReferralPlan
from store.records.referral import Danger, Details, ReferralState

TODAY = date(2026, 11, 24)
PLAN = ReferralPlan((Body("Child Office", "No. 17", "https://office.example"),))
DETAILS = Details(
    "A man shouted and hit the child twice near the station.", "Jinjiang, Chengdu", TODAY, "girl, about 6",
    "a doctor",
)  # fmt: skip
HIT = frozenset({Danger.HIT})


def refusal(
    signs: frozenset[Danger] = HIT, details: Details = DETAILS, body: str = "Child Office", **more: object
) -> str:
    has = bool(more.get("has_candidate"))
    plan = more.get("plan", PLAN)
    assert isinstance(plan, ReferralPlan)
    return referral.refusal(signs, details, body, plan, has_candidate=has, today=TODAY)


def test_a_seen_danger_in_words_with_place_day_and_licensed_body_can_be_referred() -> None:
    assert refusal() == ""


def test_without_a_danger_from_the_list_nobody_is_referred_whatever_the_words_say() -> None:
    begging = replace(DETAILS, seen="The child begs at the crossing every day with a woman, it is cold.")
    assert "begs is none" in refusal(frozenset(), begging)
    names = " ".join(danger.value for danger in Danger)
    said = " ".join(word for pair in referral.DANGERS.values() for word in pair)
    assert "beg" not in names and "beg" not in said and "乞" not in said and "poor" not in said
    assert set(referral.DANGERS) == set(Danger)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seen": "hit"}, "at least 20"),
        ({"where": ""}, "district"),
        ({"day": None}, "district and the day"),
        ({"day": date(2026, 12, 24)}, "lies ahead"),
        ({"seen": "The suspect hit the child twice near the station."}, "suspect"),
        ({"seen": "在车站附近看到人贩子打了这个孩子两次，孩子在哭，需要帮助。"}, "人贩子"),
        ({"looks": "a Beggar of six"}, "Beggar".lower()),
        ({"needs": "call 0086 135 1234 5678"}, "number"),
        ({"where": "see https://x.example/1"}, "link"),
        ({"seen": "posted by @ana: the child was hit by an adult"}, "link"),
        ({"needs": "x" * 2001}, "more than"),
    ],
)
def test_what_is_missing_or_unfit_is_named(changes: dict[str, object], words: str) -> None:
    assert words in refusal(details=replace(DETAILS, **changes))  # type: ignore[arg-type]


def test_a_child_beside_a_registered_one_and_an_unlicensed_body_are_refused() -> None:
    assert "registered child" in refusal(has_candidate=True)
    assert "none of the licensed" in refusal(body="Aunt Li")
    assert "outcomes.bodies" in refusal(plan=ReferralPlan())


@pytest.mark.parametrize("language", Language)
def test_the_words_say_child_and_family_and_accuse_nobody(language: Language) -> None:
    text = referral.written("R1", HIT, DETAILS, language)
    assert DETAILS.seen in text and "2026-11-24" in text and "Jinjiang" in text and "R1" in text
    child, family = ("child", "family") if language is Language.EN else ("孩子", "家人")
    assert child in text and family in text
    assert (
        referral.unfit(replace(DETAILS, seen=text.replace(DETAILS.seen, "x").replace("2026-11-24", ""))) == ""
    )


def test_who_prepared_it_does_not_release_it_and_each_step_follows_its_arrow() -> None:
    prepared = ReferralState.PREPARED
    assert "by you" in referral.release_refusal(prepared, ReferralState.RELEASED, "Rob", "rob ")
    assert referral.release_refusal(prepared, ReferralState.RELEASED, "rob", "lena") == ""
    assert referral.release_refusal(prepared, ReferralState.WITHDRAWN, "rob", "rob") == ""
    for state in ReferralState:
        for to in ReferralState:
            refused = referral.release_refusal(state, to, "rob", "lena") != ""
            assert refused is (to not in referral.NEXT[state])
    assert ReferralState.HANDED_OVER not in referral.NEXT[prepared]
