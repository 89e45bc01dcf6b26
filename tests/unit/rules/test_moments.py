"""A post's own time is believed only where it can be true."""

from __future__ import annotations

from dataclasses import replace
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
    early = datetime(2003, 5, 1, tzinfo=UTC)
    assert moments.doubt(makers.post(created_at=early, platform=Platform.WEIBO))
    assert moments.doubt(makers.post(created_at=early, platform=Platform.BLUESKY)) == "", "importers do that"


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize("year", [1, 1970, 1980, 1999])
def test_a_clock_that_was_never_set_is_doubted_everywhere(platform: Platform, year: int) -> None:
    post = makers.post(created_at=datetime(year, 1, 1, tzinfo=UTC), platform=platform)
    doubt = moments.doubt(post)
    assert str(year) in doubt
    marked = replace(post, problems=(doubt,))
    assert marked.has_doubtful_date and marked.written_at == START


def test_what_a_live_stream_dates_years_back_is_doubted_and_what_is_days_late_is_not() -> None:
    back = makers.post(created_at=START - timedelta(days=900))
    assert "900 days" in moments.doubt(back, live=True) and moments.doubt(back) == ""
    assert replace(back, problems=(moments.doubt(back, live=True),)).written_at == START
    assert moments.doubt(makers.post(created_at=START - timedelta(days=3)), live=True) == ""


def test_other_problems_of_a_post_are_no_doubt_of_its_date() -> None:
    post = makers.post(problems=("created_at: not a time that can be read", "geo: no point on Earth"))
    assert not post.has_doubtful_date and post.written_at == START


def test_an_unknown_time_is_no_lie() -> None:
    post = makers.post(created_at=None)
    assert moments.doubt(post) == "" and post.written_at == START
