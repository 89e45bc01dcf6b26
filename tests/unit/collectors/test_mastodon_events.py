"""Bytes of an event stream: every way to cut and join them gives the same events, and none is invented."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.mastodon_events import Event, EventReader, read_event

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
STREAM = (
    ':)\n\nevent: update\ndata: {"content":"寻人 👋🏽"}\n\n:thump\r\n\r\nevent:delete\r\ndata:115\r\n\r\n'
    "id: 7\nretry: 10\nevent: status.update\ndata: {\ndata: }\n\ndata: nameless\n\nevent: filters_changed\n\n"
).encode()
EVENTS = [
    Event("update", '{"content":"寻人 👋🏽"}'.encode()),
    Event("delete", b"115"),
    Event("status.update", b"{\n}"),
    Event("", b"nameless"),
    Event("filters_changed", b""),
]


def fed(*chunks: bytes, most: int = 1000) -> list[Event]:
    reader = EventReader(most)
    return [event for chunk in chunks for event in reader.feed(chunk)]


def test_events_are_what_the_standard_says() -> None:
    assert fed(STREAM) == EVENTS
    assert fed(b"\xef\xbb\xbfevent: a\ndata:  two spaces\n\n") == [Event("a", b" two spaces")]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
@settings(max_examples=60)
def test_wherever_the_bytes_are_split_the_events_are_the_same(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(STREAM)]
    assert fed(*(STREAM[a:b] for a, b in itertools.pairwise(cuts))) == EVENTS


def test_cut_at_each_byte_only_whole_events_come_and_a_new_connection_begins_clean() -> None:
    for cut_at in range(len(STREAM)):
        before = fed(STREAM[:cut_at])
        assert before == EVENTS[: len(before)]
        assert fed(STREAM) == EVENTS


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_any_bytes_are_read_without_an_error_and_the_next_event_is_found(data: bytes) -> None:
    *_, last = fed(data, b"\n\nevent: update\ndata: {}\n\n")
    assert last == Event("update", b"{}")
    for event in fed(data, b"\n\n"):
        reading = read_event(event, NOW, host="harbour.example", where="stream")
        assert all(item.reason for item in reading.set_aside)


@pytest.mark.parametrize("flood", [b"data: " + b"x" * 5000, b"data: x\n" * 900, b"event: " + b"x" * 5000])
def test_an_event_beyond_the_limit_is_named_once_and_the_next_is_whole(flood: bytes) -> None:
    reader = EventReader(1000)
    found = [event for n in range(0, len(flood), 700) for event in reader.feed(flood[n : n + 700])]
    found += reader.feed(b"\n\nevent: delete\ndata: 1\n\n")
    assert [bool(event.trouble) for event in found] == [True, False] and found[1] == Event("delete", b"1")


def test_a_payload_of_json_within_json_is_read_like_any_other() -> None:
    data = b'"{\\"id\\":\\"1\\",\\"uri\\":\\"https://a.example/1\\",\\"content\\":\\"x\\",\\"visibility\\":\\"public\\"}"'
    (post,) = read_event(Event("update", data), NOW, host="a.example", where="stream").posts
    assert post.key == "mastodon:https://a.example/1"
