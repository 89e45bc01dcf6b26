"""A post whose own time is doubted: its words are read by the time of receiving, as wide as the doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.extract.sighting import read
from bot.rules import moments
from store.records.sighting import EvidenceKind, When
from tests import makers
from tests.stores import START
from tests.unit.extract.fake_gazetteer import FakeGazetteer


def when(created: datetime, text: str = "a boy begging at the station", *, live: bool = False) -> When:
    post = makers.post(text=text, created_at=created)
    doubt = moments.doubt(post, live=live)
    return read(replace(post, problems=(doubt,) if doubt else ()), (), FakeGazetteer()).when


@pytest.mark.parametrize(
    ("created", "live"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (START + timedelta(days=400), False),
        (START - timedelta(days=800), True),
    ],
    ids=["1970", "future", "set back"],
)
def test_the_reading_that_rests_on_posting_alone_is_as_wide_as_the_doubt(
    created: datetime, live: bool
) -> None:
    found = when(created, live=live)
    (posted,) = [c for c in found.candidates if c.evidence.kind is EvidenceKind.POSTED]
    assert posted.end == START and posted.start <= START - timedelta(days=30)
    assert posted.start == min(START - timedelta(days=30), created) or created.year < 2000 or created > START
    assert "own time" in found.conflict and "doubted" in posted.evidence.rule


def test_words_of_a_doubted_post_are_counted_from_its_receiving() -> None:
    best = when(datetime(1970, 1, 1, tzinfo=UTC), "saw a boy begging yesterday at 3pm").best
    assert best is not None and best.start.date() == (START - timedelta(days=1)).date()


def test_a_date_that_can_be_true_changes_nothing() -> None:
    found = when(START - timedelta(hours=2))
    (posted,) = [c for c in found.candidates if c.evidence.kind is EvidenceKind.POSTED]
    assert posted.end == START - timedelta(hours=2) and found.conflict == ""
