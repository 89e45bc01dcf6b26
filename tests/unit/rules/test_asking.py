"""Who is asked for day and district, what counts as an answer, and how exact places are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import asking, exact
from bot.rules.optout import wish_of
from store.records.reply import Purpose, ReplyState
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    PlaceKind,
    Sighting,
    When,
    WhenCandidate,
    Where,
    WhereCandidate,
    Who,
)
from tests import makers

AT = datetime(2026, 5, 25, 12, tzinfo=UTC)
TEXT = Evidence(EvidenceKind.TEXT, "r")
PLACE = WhereCandidate("Camden", PlaceKind.DISTRICT, 0.8, TEXT, 51.5, -0.1, 5.0)
TIME = WhenCandidate(AT - timedelta(hours=6), AT, 0.8, TEXT)


def sighting(
    place: WhereCandidate | None = PLACE, time: WhenCandidate | None = TIME, **changes: Any
) -> Sighting:
    where, when = Where((place,) if place else ()), When((time,) if time else ())
    return replace(Sighting("x:1", where, when, Who(), FirstHand.OWN), **changes)


@pytest.mark.parametrize(
    ("claim", "lacks"),
    [
        (sighting(), (False, False)),
        (sighting(place=None), (True, False)),
        (sighting(time=None), (False, True)),
        (sighting(replace(PLACE, kind=PlaceKind.PROVINCE, radius_km=300.0)), (True, False)),
        (sighting(replace(PLACE, kind=PlaceKind.CITY, radius_km=30.0)), (True, False)),
        (sighting(replace(PLACE, kind=PlaceKind.CITY, radius_km=4.0)), (False, False)),
        (sighting(replace(PLACE, kind=PlaceKind.STREET, radius_km=30.0)), (False, False)),
        (sighting(replace(PLACE, lat=None, lon=None)), (True, False)),
        (sighting(time=replace(TIME, start=AT - timedelta(days=3))), (False, True)),
        (sighting(time=replace(TIME, evidence=Evidence(EvidenceKind.POSTED, "r"))), (False, True)),
    ],
)
def test_a_place_wider_than_a_district_or_a_time_wider_than_a_day_is_missing(
    claim: Sighting, lacks: tuple[bool, bool]
) -> None:
    gap = asking.gap_of(claim)
    assert (gap.where, gap.when) == lacks


def test_what_was_drafted_once_stays_so_that_nobody_gets_two_messages() -> None:
    vague, receipt, question = sighting(place=None), Purpose.RECEIPT, Purpose.QUESTION

    def of(claim: Sighting | None, *held: object, lately: bool = False) -> Purpose:
        return asking.purpose_of(claim, held, asked_lately=lately)  # type: ignore[arg-type]

    assert of(vague) is question and of(sighting()) is receipt and of(None) is receipt
    assert of(vague, lately=True) is receipt
    assert of(sighting(place=None, first_hand=FirstHand.PASSED_ON)) is receipt
    assert of(sighting(place=None, is_sighting=False)) is receipt
    for state in (ReplyState.REFUSED, ReplyState.SENT, ReplyState.CANCELLED):
        assert of(vague, makers.reply(state=state)) is receipt, "never asked after the receipt"
    asked = makers.reply(purpose=question, state=ReplyState.SENT)
    assert of(vague, asked) is question
    by_hand = replace(asked, state=ReplyState.CANCELLED, why="no")
    assert of(vague, by_hand) is question, "a person stopped it: no second row is made"
    assert of(sighting(), replace(by_hand, why=asking.COMPLETED)) is receipt


@pytest.mark.parametrize(
    ("text", "nothing", "stop"),
    [
        ("no", True, False), ("@homeward@b.example don’t know, sorry", True, False), ("不知道", True, False),
        ("STOP", True, True), ("退订", True, True), ("不要再联系我，谢谢", True, True), ("", True, False),
        ("yesterday, Camden", False, False), ("昨天下午，朝阳区", False, False),
        ("no, it was in Camden", False, False), ("bus stop in Camden", False, False),
    ],
)  # fmt: skip
def test_a_no_and_a_stop_are_no_answer(text: str, nothing: bool, stop: bool) -> None:
    assert (asking.says_nothing(text), bool(wish_of(text))) == (nothing, stop)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert asking.says_nothing(text) in (True, False)


@pytest.mark.parametrize(
    ("reply_to", "address", "same"),
    [
        ("mastodon:b.example#7", "https://b.example/@h/7", True),
        ("mastodon:c.example#7", "https://b.example/@h/7", False),
        ("mastodon:https://b.example/users/h/statuses/7", "https://b.example/@h/7", True),
        ("x:7", "https://x.com/h/status/7", True),
    ],
)
def test_an_id_of_another_server_is_another_post(reply_to: str, address: str, same: bool) -> None:
    assert "7" in asking.ids_in(reply_to)
    assert asking.is_same_server(reply_to, address, ()) is same


@settings(max_examples=60, deadline=None)
@given(st.floats(-89.9, 89.9), st.floats(-180, 180))
def test_the_circle_that_is_shown_holds_the_point_and_is_the_same_all_over_its_cell(
    lat: float, lon: float
) -> None:
    from bot.extract.placewords import distance_km

    gps = Evidence(EvidenceKind.EXIF, "GPS", quote="", photo="a")
    at = WhereCandidate("p", PlaceKind.POINT, 0.9, gps, lat, lon, 0.05, district="D")
    (shown,) = exact.coarse(Where((at, PLACE))).candidates[:1]
    assert shown.lat is not None and shown.lon is not None and shown.name == "D"
    assert distance_km(lat, lon, shown.lat, shown.lon) <= (shown.radius_km or 0)
    assert not exact.is_exact(shown)


def test_words_of_the_text_stay_as_exact_as_they_are() -> None:
    assert exact.coarse(Where((PLACE,))).candidates == (PLACE,)


def test_a_payload_loses_its_points_at_any_depth_and_keeps_names() -> None:
    raw = {"a": [{"Geo": 1, "name": "x", "user": {"lat": 1, "LON": 2, "city": "y"}}], "coordinates": [1, 2]}
    assert exact.without_points(raw) == {"a": [{"name": "x", "user": {"city": "y"}}]}
