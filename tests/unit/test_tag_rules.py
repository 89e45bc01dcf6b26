"""What hashtags count as, which are refused, what numbers suggest: pure rules of the tag bench."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import fairness, flooding, tag_gates, tag_numbers, tag_variants, tag_words
from bot.rules.suggesting import DayCounts, Suggested, TagCounts, suggest
from bot.rules.tag_variants import Variant
from bot.rules.tag_words import Kind

FEW = settings(max_examples=25, deadline=None)
AT = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("维吾尔族儿童", Kind.ETHNICITY),
        ("#Roma_Children", Kind.ETHNICITY),
        ("MuslimKids", Kind.RELIGION),
        ("穆斯林", Kind.RELIGION),
        ("聋哑儿童", Kind.DISABILITY),
        ("聾啞孩子", Kind.DISABILITY),
        ("DisabledChildren", Kind.DISABILITY),
        ("乞讨儿童", Kind.POVERTY),
        ("BeggingChildren2026", Kind.POVERTY),
        ("ＢＥＧＧＡＲ", Kind.POVERTY),
    ],
)
def test_a_tag_that_names_a_kind_of_people_alone_is_refused_with_a_reason(tag: str, kind: Kind) -> None:
    assert tag_words.refused(tag) is kind
    assert tag_words.why(tag) == tag_words.WHY[kind]


@pytest.mark.parametrize(
    "tag",
    [
        "宝贝回家",
        "随手拍照解救乞讨儿童",
        "BringThemHome",
        "儿童",
        "寻找聋哑儿童小明",
        "BlackForest",
        "",
        "🙏",
        "2026",
    ],
)
def test_a_tag_that_says_more_or_names_nobody_is_taken(tag: str) -> None:
    assert tag_words.refused(tag) is None
    assert tag_words.why(tag) == ""


TERMS = st.sampled_from(sorted(tag_words._KINDS))
FILLERS = st.lists(st.sampled_from(sorted(tag_words._ALL_FILLERS)), max_size=3)


@FEW
@given(TERMS, FILLERS, FILLERS, st.sampled_from(["", "_", "·", " "]))
def test_every_listed_word_is_refused_however_it_is_dressed(
    term: str, before: list[str], behind: list[str], sign: str
) -> None:
    assert tag_words.refused(sign.join([*before, term.upper(), *behind]))


@FEW
@given(FILLERS, FILLERS, TERMS, st.sampled_from(["寻找", "missing", "bringhome", "小明"]))
def test_a_word_of_its_own_makes_it_another_tag(
    before: list[str], behind: list[str], term: str, more: str
) -> None:
    assert tag_words.refused("".join([*before, more, *behind])) is None
    assert tag_words.refused(f"{term}{more}x") is None


@FEW
@given(st.text(max_size=60))
def test_any_text_at_all_gets_an_answer(text: str) -> None:
    assert tag_words.refused(text) in (None, *Kind)
    assert isinstance(tag_numbers.fingerprint(text), str)


@FEW
@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_shrinks_with_the_number(hits: int, more: int) -> None:
    number = hits + more
    low, high = tag_numbers.wilson(hits, number)
    assert 0 <= low <= high <= 1
    if number:
        assert low <= hits / number <= high
        wide = tag_numbers.wilson(hits * 4, number * 4)
        assert wide[1] - wide[0] < high - low


def test_the_interval_is_the_one_of_the_textbook() -> None:
    low, high = tag_numbers.wilson(3, 20)
    assert (round(low, 3), round(high, 3)) == (0.052, 0.360)
    assert tag_numbers.wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="3 of 2"):
        tag_numbers.wilson(3, 2)


def test_copies_have_one_fingerprint_and_short_texts_none() -> None:
    one = tag_numbers.fingerprint("我在火车站看到一个孩子很像他，请转发！ #宝贝回家 https://a.example/1")
    assert one == tag_numbers.fingerprint("@b 我在火车站看到一个孩子很像他 请转发 #别的")
    assert one
    assert tag_numbers.fingerprint("求助！#宝贝回家") == ""


def test_a_place_or_time_too_wide_is_not_usable() -> None:
    assert tag_numbers.is_placed(30.6, 2.0)
    assert not tag_numbers.is_placed(30.6, 300.0)
    assert not tag_numbers.is_placed(None, 2.0)
    assert tag_numbers.is_timed(AT, AT + timedelta(hours=5))
    assert not tag_numbers.is_timed(AT, AT + timedelta(days=9))
    assert not tag_numbers.is_timed(None, None)


def test_a_reviewer_away_for_lunch_did_not_look_at_the_candidate_all_the_time() -> None:
    assert tag_numbers.review_s([None, 20.0, 3600.0]) == 60 + 20 + 300


def test_the_gate_closes_below_five_percent_of_two_hundred_and_not_before() -> None:
    assert tag_gates.is_closed(200, 9)
    assert not tag_gates.is_closed(200, 10)
    assert not tag_gates.is_closed(199, 0)
    assert "9 of 200" in tag_gates.words(200, 9)


@FEW
@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_more_alike_never_come_sooner(number: int, more: int) -> None:
    assert fairness.step_back(number) <= fairness.step_back(number + more) <= fairness.LONGEST_STEP


def test_a_few_posts_of_one_person_wait_no_longer_than_others() -> None:
    assert fairness.step_back(5) == 0
    assert 10 - fairness.step_back(160) < 0, "behind first posts without a photo"
    assert 10 - fairness.step_back(10**6) > -20 + 10, "before what was asked for from the past"


def test_many_new_accounts_with_one_text_are_arranged_and_old_friends_are_not() -> None:
    assert flooding.is_coordinated(30, 25)
    assert not flooding.is_coordinated(30, 5)
    assert not flooding.is_coordinated(5, 5)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("寻找走失的孩子", "尋找走失的孩子", Variant.SCRIPT),
        ("宝贝回家", "宝贝回家🙏", Variant.SIGNS),
        ("bringthemhome", "bring_them_home", Variant.SIGNS),
        ("bringthemhome", "bringthemhom", Variant.SLIP),
        ("bringthemhome", "birngthemhome", Variant.SLIP),
        ("宝贝回家", "宝贝在家", None),
        ("bringthemhome", "bringthemhome", None),
    ],
)
def test_spellings_of_one_tag_are_told_from_other_tags(one: str, other: str, kind: Variant | None) -> None:
    assert tag_variants.difference(one, other) is kind
    assert tag_variants.difference(other, one) is kind


def test_the_other_script_is_proposed_and_words_alike_in_both_are_left() -> None:
    assert tag_variants.spellings("宝贝回家") == ("寶貝回家",)
    assert tag_variants.spellings("寶貝回家") == ("宝贝回家",)
    assert tag_variants.spellings("BringThemHome") == ()


OWN = TagCounts("宝贝回家", 5000, 900, 4000, 900, 800, 9, 5000)


def _found(
    *counts: TagCounts, left_out: tuple[str, ...] = (), days: tuple[DayCounts, ...] = ()
) -> dict[str, Suggested]:
    found = suggest([OWN, *counts], collected=["宝贝回家"], left_out=left_out, days=days)
    return {each.tag: each.kind for each in found}


def test_tags_beside_ours_are_taken_in_or_left_out_by_what_they_bring() -> None:
    good = TagCounts("街头见到的孩子", 400, 300, 300, 200, 100, 2, 400)
    bad = TagCounts("转发抽奖", 900, 800, 800, 2, 0, 0, 900)
    found = _found(good, bad, TagCounts("早安", 20, 20, 20, 0, 0, 0, 20))
    assert found["街头见到的孩子"] is Suggested.TAKE_IN
    assert found["转发抽奖"] is Suggested.LEAVE_OUT
    assert "早安" not in found, "too few to say anything"
    assert "转发抽奖" not in _found(bad, left_out=("转发抽奖",))


def test_a_tag_that_names_a_kind_of_people_is_never_offered() -> None:
    found = suggest(
        [OWN, TagCounts("乞讨儿童", 900, 300, 800, 700, 500, 3, 900)], collected=["宝贝回家"], left_out=[]
    )
    refused = next(each for each in found if each.tag == "乞讨儿童")
    assert refused.kind is Suggested.REFUSED
    assert not refused.can_be_accepted


def test_a_collected_tag_that_brings_nothing_is_offered_to_be_dropped() -> None:
    found = suggest([TagCounts("宝贝回家", 900, 9, 800, 3, 0, 0, 900)], collected=["宝贝回家"], left_out=[])
    assert [each.drops for each in found if each.kind is Suggested.DROP] == [("宝贝回家",)]


def test_a_tag_that_new_accounts_use_for_something_else_is_named_a_hijack() -> None:
    day = DayCounts("宝贝回家", 800, 60.0, 500, 480, 10, 600, "glow")
    assert _found(days=(day,))["宝贝回家"] is Suggested.HIJACK
    busy = DayCounts("宝贝回家", 800, 60.0, 500, 480, 10, 20, "glow")
    assert "宝贝回家" not in _found(days=(busy,)), "a busy day alone is none"
