"""Frames of Jetstream into pages: what is wanted, where the cursor lies, gaps, notices. No socket."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.bluesky_stream import MAX_ITEMS, Batch
from collectors.jetstream import Kind, Wire, address, peek
from collectors.payload import to_micros
from store.errors import BadPayload, Unreachable
from store.records.page import TagQuery
from tests.unit.collectors.make import NOW, fixture

QUERY = TagQuery(any=("found",))
DID = "did:plc:demo234567demo234567demo"
US = to_micros(NOW)


def v1(rkey: str, text: str = "", us: int = US, operation: str = "create") -> bytes:
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-02-08T11:59:00Z"}
    commit: dict[str, Any] = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": rkey}
    if operation != "delete":
        commit |= {"record": record, "cid": "bafyreidemo"}
    return json.dumps(
        {"did": DID, "time_us": us, "kind": "commit", "commit": commit}, separators=(",", ":")
    ).encode()


def v2(payload: dict[str, Any], fragment: str = "commit") -> bytes:
    kind = f"network.bsky.jetstream.subscribeEvents#{fragment}"
    return json.dumps({"$type": "message", "payload": {"$type": kind, **payload}}).encode()


def batch(wire: Wire = Wire.V1, place: int = 0) -> Batch:
    return Batch("src", "ws://host", wire, [QUERY], place, 300_000_000)


def test_only_wanted_posts_and_all_deletions_come_out() -> None:
    under_way = batch()
    for frame in (
        v1("1", "a #Found child"),
        v1("2", "nothing"),
        v1("3", operation="delete"),
        v1("4", "#lost"),
    ):
        under_way.add(frame, NOW)
    page = under_way.taken(NOW)
    assert [post.native_id.rpartition("/")[2] for post in page.posts] == ["1"]
    assert [gone.key.rpartition("/")[2] for gone in page.gone] == ["3"]
    assert page.cursor == str(US) and not page.more and page.gap is None


def test_the_cursor_moves_with_what_is_passed_over_and_never_back_or_ahead_of_now() -> None:
    under_way = batch(place=US - 10)
    under_way.add(v1("1", "nothing", US - 5), NOW)
    assert under_way.taken(NOW).cursor == str(US - 5)
    under_way.add(v1("2", "nothing", US - 8), NOW)
    assert under_way.taken(NOW).cursor is None
    under_way.add(v1("3", "nothing", US + 10**12), NOW)
    assert under_way.taken(NOW).cursor == str(US)


def test_a_first_event_long_after_the_cursor_is_a_gap_once() -> None:
    began = US - 3_600_000_000
    under_way = batch(place=began)
    under_way.add(v1("1", "nothing", US), NOW)
    gap = under_way.taken(NOW).gap
    assert gap and gap.span.end == NOW and gap.span.start == NOW - timedelta(hours=1) and gap.recoverable
    under_way.add(v1("2", "nothing", US), NOW)
    assert under_way.taken(NOW).gap is None


@pytest.mark.parametrize("place", [0, US - 1_000_000])
def test_a_beginning_or_an_event_soon_after_the_cursor_is_no_gap(place: int) -> None:
    under_way = batch(place=place)
    under_way.add(v1("1"), NOW)
    assert under_way.taken(NOW).gap is None


def test_the_host_can_say_that_it_begins_later_than_asked() -> None:
    under_way = batch(Wire.V2, US - 60_000_000)
    under_way.add(v2({"name": "OutdatedCursor", "message": "from 5"}, "info"), NOW)
    under_way.add(
        v2({"time": "2026-02-08T12:00:00.000000Z", "did": DID, "collection": "app.bsky.feed.post"}), NOW
    )
    assert under_way.taken(NOW).gap is not None


def test_the_witnessed_time_is_the_place_to_read_on() -> None:
    data = v2({"time": "2020-01-01T00:00:00.000000Z", "witnessedAt": "2026-02-08T12:00:00.000000Z"})
    assert peek(data, Wire.V2).micros == US


@pytest.mark.parametrize(
    ("error", "kind"), [("ConsumerTooSlow", Unreachable), ("SomethingNew", BadPayload), ("", BadPayload)]
)
def test_an_error_frame_ends_the_stream_with_its_name(error: str, kind: type[Exception]) -> None:
    under_way = batch(Wire.V2)
    under_way.add(json.dumps({"$type": "error", "error": error}).encode(), NOW)
    assert type(under_way.trouble) is kind and error in str(under_way.trouble)


@pytest.mark.parametrize("data", [b"", b"{", b"5", b'{"time_us":"x"}', b"\xff", b'{"commit":[]}'])
def test_a_broken_frame_is_set_aside_and_the_next_is_read(data: bytes) -> None:
    under_way = batch()
    under_way.add(data, NOW)
    under_way.add(v1("1", "#found"), NOW)
    page = under_way.taken(NOW)
    assert len(page.set_aside) == 1 and len(page.posts) == 1
    assert page.set_aside[0].where.startswith("ws://host@")


def test_a_page_is_full_before_it_grows_large() -> None:
    under_way = batch()
    for number in range(MAX_ITEMS):
        assert not under_way.is_full
        under_way.add(v1(str(number), "#found"), NOW)
    assert under_way.is_full


@given(st.binary(max_size=60) | st.sampled_from([v1("1", "#found"), v2({"time": "x"}), v2({}, "info")]))
def test_no_frame_makes_a_batch_raise(data: bytes) -> None:
    for wire in Wire:
        under_way = batch(wire, US)
        under_way.add(data, NOW)
        under_way.taken(NOW)


def test_fixture_frames_are_told_apart() -> None:
    kinds = [
        peek(json.dumps(frame).encode(), Wire.V1).kind for frame in fixture("bluesky/jetstream-v1.jsonl")
    ]
    assert [kind is Kind.POST for kind in kinds] == [True, False, True, False, False, True, True, True]
    kinds = [
        peek(json.dumps(frame).encode(), Wire.V2).kind for frame in fixture("bluesky/jetstream-v2.jsonl")
    ]
    assert kinds == [Kind.CLAMPED, Kind.POST, Kind.POST, Kind.ERROR]


@pytest.mark.parametrize(
    ("wire", "start", "url"),
    [
        (Wire.V1, 0, "wss://h/subscribe?wantedCollections=app.bsky.feed.post"),
        (Wire.V1, US, f"wss://h/subscribe?wantedCollections=app.bsky.feed.post&cursor={US}"),
        (
            Wire.V2,
            US,
            "wss://h/xrpc/network.bsky.jetstream.subscribeEvents"
            f"?kinds=commit&kinds=account&kinds=identity&collections=app.bsky.feed.post&cursor={US}",
        ),
    ],
)
def test_each_format_has_its_own_parameters(wire: Wire, start: int, url: str) -> None:
    assert address("wss://h", wire, start) == url
