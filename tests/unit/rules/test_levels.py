"""The level of replies: the config is the ceiling, two people agree, without them nothing is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules import levels
from store.records.reply import Level, Purpose
from store.records.replying import LevelChange
from tests.unit.rules.posts import NOW

DRY, CONFIRM, AUTO = Level.DRY_RUN, Level.CONFIRM, Level.AUTO


def change(level: Level = AUTO, **changes: object) -> LevelChange:
    return LevelChange(1, level, "the words are tried", "ana", NOW, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("ceiling", list(Level))
def test_without_two_people_nothing_is_sent_whatever_the_config_says(ceiling: Level) -> None:
    assert levels.in_force(ceiling, None) is DRY


@pytest.mark.parametrize(
    ("ceiling", "agreed", "found"),
    [
        (AUTO, AUTO, AUTO),
        (CONFIRM, AUTO, CONFIRM),
        (DRY, AUTO, DRY),
        (AUTO, CONFIRM, CONFIRM),
        (AUTO, DRY, DRY),
    ],
)
def test_the_lower_of_ceiling_and_agreement_counts(ceiling: Level, agreed: Level, found: Level) -> None:
    assert levels.in_force(ceiling, change(agreed)) is found


def test_at_auto_only_what_everybody_with_consent_gets_goes_by_itself() -> None:
    by_itself = {purpose for purpose in Purpose if levels.of_row(AUTO, purpose) is AUTO}
    assert by_itself == {Purpose.RECEIPT, Purpose.QUESTION, Purpose.HOTLINE_ONLY}
    assert all(levels.of_row(DRY, purpose) is DRY for purpose in Purpose)


def test_a_wish_needs_a_reason_a_difference_and_the_ceiling() -> None:
    assert "ceiling" in levels.may_not_ask(AUTO, DRY, CONFIRM, "a good reason")
    assert "already" in levels.may_not_ask(DRY, DRY, AUTO, "a good reason")
    assert "reason" in levels.may_not_ask(AUTO, DRY, AUTO, " short ")
    assert levels.may_not_ask(AUTO, DRY, AUTO, "a good reason") == ""


def test_only_a_second_person_accepts_and_only_for_a_day() -> None:
    assert "second person" in levels.may_not_accept(change(), "ana", NOW)
    assert levels.may_not_accept(change(), "ben", NOW + timedelta(hours=23)) == ""
    assert "day" in levels.may_not_accept(change(), "ben", NOW + timedelta(hours=25))
    assert "decided" in levels.may_not_accept(change(decided_by="cas", decided_at=NOW), "ben", NOW)
