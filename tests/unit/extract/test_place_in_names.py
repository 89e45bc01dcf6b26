"""A station or hall called after a large town says in which town it lies, if nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.extract.sighting import read
from store.records.post import Author, Platform, Post
from store.records.sighting import PlaceKind
from tests.unit.extract.fake_gazetteer import FakeGazetteer, place

AT = datetime(2026, 11, 21, 14, tzinfo=UTC)


@pytest.fixture
def gazetteer() -> FakeGazetteer:
    big = place(1, "Chengdu", PlaceKind.CITY, 30.0, 104.0, "CN", "Asia/Shanghai", population=9_000_000)
    small = place(2, "Victoria", PlaceKind.CITY, 10.0, 122.0, "PH", "Asia/Manila", population=20_000)
    return FakeGazetteer(((big, ("chengdu",)), (small, ("victoria",))))


def where(text: str, gazetteer: FakeGazetteer) -> tuple[str, float | None]:
    post = Post("x:1", Platform.X, Author("1"), text, AT, created_at=AT, language="en")
    best = read(post, [], gazetteer).where.best
    assert best is not None
    return best.name, best.lat


def test_a_station_named_after_a_large_town_lies_there(gazetteer: FakeGazetteer) -> None:
    name, lat = where("Saw a boy outside Chengdu East railway station just now", gazetteer)
    assert "Chengdu East railway station" in name and lat == 30.0


def test_a_small_town_lends_its_name_to_places_far_away(gazetteer: FakeGazetteer) -> None:
    _, lat = where("Saw a boy outside Victoria Station just now", gazetteer)
    assert lat is None
