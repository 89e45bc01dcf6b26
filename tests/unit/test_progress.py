"""How long work under way still takes, as people are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.services.progress import pace

BEGUN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_the_rate_so_far_says_how_long_the_rest_takes() -> None:
    assert pace(30, 90, BEGUN, BEGUN + timedelta(minutes=2)) == {"per_minute": 15, "left_s": 240}
    assert pace(90, 90, BEGUN, BEGUN + timedelta(minutes=2))["left_s"] == 0


def test_work_that_has_not_begun_has_no_rate_and_no_end() -> None:
    nothing = {"per_minute": None, "left_s": None}
    assert pace(0, 90, BEGUN, BEGUN) == nothing and pace(5, 90, BEGUN, BEGUN) == nothing
