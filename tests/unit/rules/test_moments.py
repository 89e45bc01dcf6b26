"""A post's own time is believed only where it can be true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.rules import moments
from store.records.post import Platform
from tests import makers
from tests.stores import START


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=4), -timedelta(days=400)])
def test_an_ordinary_time_is_believed(late: timedelta) -> None:
    post = makers.post(created_at=START + late)
    assert moments.doubt(post) == ""
    assert post.written_at == min(START + late, START)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(timedelta(minutes=30), "30 min"), (timedelta(hours=7), "7 h"), (timedelta(days=90), "90 d")],
)
def test_a_time_after_receiving_is_a_lie_and_the_time_of_receiving_stands_in(
    ahead: timedelta, words: str
) -> None:
    post = makers.post(created_at=START + ahead)
    assert words in moments.doubt(post)
    assert post.written_at == START


def test_a_time_before_the_platform_began_is_doubted_where_the_platform_dates_its_posts() -> None:
    old = datetime(1970, 1, 1, tzinfo=UTC)
    assert "1970" in moments.doubt(makers.post(created_at=old, platform=Platform.X))
    assert moments.doubt(makers.post(created_at=old, platform=Platform.BLUESKY)) == "", "importers do that"


def test_an_unknown_time_is_no_lie() -> None:
    post = makers.post(created_at=None)
    assert moments.doubt(post) == "" and post.written_at == START
