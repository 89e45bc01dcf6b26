"""What one more verdict comes to, and who may know what was said before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.rules.verdicts import Outcome, is_secret, outcome
from store.records.match import Decision, Verdict

AT = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)
YES, NO, LATER, UNSURE = Verdict.POSSIBLE, Verdict.NOT_THIS_CHILD, Verdict.LATER, Verdict.UNSURE


def said(*pairs: tuple[str, Verdict], undone: bool = False) -> list[Decision]:
    return [Decision("m", verdict, by, AT, undone=undone) for by, verdict in pairs]


@pytest.mark.parametrize(
    ("before", "by", "verdict", "needed", "comes_to"),
    [
        ((), "rob", YES, 1, Outcome.SETTLED),
        ((), "rob", YES, 2, Outcome.WAITS),
        ((), "rob", NO, 2, Outcome.SETTLED),
        ((("rob", YES),), "sam", YES, 2, Outcome.SETTLED),
        ((("rob", YES),), "Rob ", YES, 2, Outcome.SAID),
        ((("rob", YES),), "rob", NO, 2, Outcome.SAID),
        ((("rob", YES),), "sam", NO, 2, Outcome.DISPUTED),
        ((("rob", YES), ("sam", NO)), "tia", NO, 2, Outcome.SETTLED),
        ((("rob", YES), ("sam", NO)), "sam", NO, 2, Outcome.DISPUTED),
        ((("rob", YES), ("sam", NO)), "tia", YES, 2, Outcome.SETTLED),
        ((("rob", YES),), "sam", LATER, 2, Outcome.SETTLED),
        ((("rob", LATER),), "sam", YES, 2, Outcome.WAITS),
        ((("rob", UNSURE),), "sam", NO, 2, Outcome.SETTLED),
    ],
)
def test_a_possible_resemblance_needs_two_and_a_quarrel_a_third(
    before: tuple[tuple[str, Verdict], ...], by: str, verdict: Verdict, needed: int, comes_to: Outcome
) -> None:
    assert outcome(said(*before), by, verdict, needed=needed) is comes_to


def test_what_was_taken_back_counts_no_more() -> None:
    assert outcome(said(("rob", YES), undone=True), "sam", YES, needed=2) is Outcome.WAITS


def test_the_first_answer_is_kept_from_the_second_person_alone() -> None:
    first = said(("rob", YES))
    assert is_secret(first, "sam") and not is_secret(first, "rob")
    assert not is_secret(said(("rob", YES), ("sam", NO)), "tia"), "a third person sees the quarrel"
    assert not is_secret(said(("rob", LATER)), "sam") and not is_secret([], "sam")
