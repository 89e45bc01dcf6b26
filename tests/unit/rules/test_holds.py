"""A legal hold: two people, a basis, an end; and what it gives a deleted post at each moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.rules import holds
from bot.rules.holds import BY_CLOCK, Cover
from store.records.hold import Hold, HoldState
from tests.stores import START

WAITS, DAY = timedelta(hours=24), timedelta(days=1)
HOLD = Hold("H", "court order 3 Js 12/27", "ana", START, START + 30 * DAY, ("mastodon:1",))
CONFIRMED = replace(HOLD, confirmed_by="ben", confirmed_at=START + timedelta(hours=1))
LAPSED = replace(HOLD, ended_by=BY_CLOCK, ended_at=START + WAITS)


def refusal(**changes: Any) -> str:
    given: dict[str, Any] = {
        "basis": "court order 3 Js 12/27", "posts": ["mastodon:1"], "until": START + DAY, "now": START,
        "longest": 365 * DAY, "platform_permission": "",
    }  # fmt: skip
    return holds.refusal(**given | changes)


def test_a_hold_with_basis_posts_and_end_can_be_placed() -> None:
    assert refusal() == ""
    assert refusal(posts=["x:1"], platform_permission="letter of 2027-01-05") == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"basis": "  because "}, "basis"),
        ({"posts": []}, "between one and"),
        ({"posts": [f"mastodon:{n}" for n in range(201)]}, "between one and"),
        ({"until": START}, "before it begins"),
        ({"until": START + 366 * DAY}, "365 days"),
        ({"posts": ["mastodon:1", "x:9"]}, "--platform-permission"),
        ({"posts": ["x:9"], "platform_permission": "  "}, "own permission"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(**changes)


@pytest.mark.parametrize(
    ("hold", "after", "state"),
    [
        (HOLD, timedelta(), HoldState.WAITING),
        (HOLD, WAITS, HoldState.LAPSED),
        (replace(HOLD, until=START + timedelta(hours=2)), timedelta(hours=3), HoldState.LAPSED),
        (CONFIRMED, 2 * DAY, HoldState.ACTIVE),
        (CONFIRMED, 30 * DAY, HoldState.EXPIRED),
        (LAPSED, 2 * DAY, HoldState.LAPSED),
        (replace(CONFIRMED, ended_by=BY_CLOCK, ended_at=START + 30 * DAY), 31 * DAY, HoldState.EXPIRED),
        (replace(CONFIRMED, ended_by="ana", ended_at=START + DAY), 2 * DAY, HoldState.RELEASED),
    ],
)
def test_a_hold_stands_where_its_times_put_it(hold: Hold, after: timedelta, state: HoldState) -> None:
    assert holds.state(hold, START + after, WAITS) is state


def test_nobody_confirms_their_own_hold_or_one_that_does_not_wait() -> None:
    def why(hold: Hold, by: str, after: timedelta = timedelta()) -> str:
        return holds.may_not_confirm(hold, by, START + after, WAITS)

    assert why(HOLD, "ben") == ""
    assert "two different people" in why(HOLD, " Ana ")
    assert "active" in why(CONFIRMED, "cia", DAY)
    assert "lapsed" in why(HOLD, "ben", WAITS)


def test_a_waiting_hold_freezes_and_a_confirmed_one_keeps() -> None:
    assert holds.cover([], START, WAITS) is Cover.NONE
    assert holds.cover([HOLD], START, WAITS) is Cover.PROVISIONAL
    assert holds.cover([CONFIRMED], START + 2 * DAY, WAITS) is Cover.FULL
    assert holds.cover([HOLD], START + WAITS, WAITS) is Cover.NONE
    assert holds.cover([CONFIRMED], START + 30 * DAY, WAITS) is Cover.NONE


@pytest.mark.parametrize("spent", [LAPSED, replace(HOLD, ended_by="ana", ended_at=START)])
def test_no_single_person_puts_a_deletion_off_again_and_again(spent: Hold) -> None:
    later = START + WAITS + timedelta(hours=1)
    again = replace(HOLD, id="H2", placed_at=later)
    assert holds.cover([again, spent], later, WAITS) is Cover.NONE
    confirmed = replace(again, confirmed_by="ben", confirmed_at=later)
    assert holds.cover([confirmed, spent], later, WAITS) is Cover.FULL


def test_a_second_waiting_hold_takes_nothing_from_the_first() -> None:
    other = replace(HOLD, id="H2", placed_by="ben")
    assert holds.cover([HOLD, other], START, WAITS) is Cover.PROVISIONAL


def test_only_its_two_people_and_an_admin_may_know_of_it() -> None:
    assert holds.is_privy(CONFIRMED, "Ana", is_admin=False) and holds.is_privy(
        CONFIRMED, "ben", is_admin=False
    )
    assert holds.is_privy(CONFIRMED, "cia", is_admin=True)
    assert not holds.is_privy(CONFIRMED, "cia", is_admin=False)
    assert not holds.is_privy(HOLD, "", is_admin=False)
