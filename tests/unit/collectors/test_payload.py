"""Tolerant reading: JSON that a database can keep, times, languages, fields, boxes on the map."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import geo
from collectors.payload import (
    MAX_DEPTH,
    Fields,
    bio_signs,
    decode_json,
    from_micros,
    language,
    parse_time,
    sample,
    to_micros,
    unescape_basic,
)
from store.records.post import AuthorSign


def test_unstorable_characters_are_replaced() -> None:
    assert decode_json(rb'{"a\u0000": "x\ud800y\u0000"}') == {"a\ufffd": "x\ufffdy\ufffd"}


def test_a_byte_order_mark_and_other_encodings_are_read() -> None:
    assert decode_json(b"\xef\xbb\xbf[1]") == [1]
    assert decode_json('{"a": "宝"}'.encode("utf-16")) == {"a": "宝"}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"NaN", b"[1,]", b"\xff\xfe\xfd", b"[" * 100_000, b"[" * 80 + b"]" * 80]
)
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode_json(data)


def test_numbers_out_of_range_become_nothing_and_the_rest_stays() -> None:
    assert decode_json(b'{"a": 1e999, "b": 2}') == {"a": None, "b": 2}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_value_error(data: bytes) -> None:
    try:
        value = decode_json(data)
    except ValueError:
        return
    json.dumps(value, allow_nan=False).encode()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=20
    )
)
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    assert decode_json(json.dumps(value, ensure_ascii=False).encode()) == json.loads(
        json.dumps(value).replace("\\u0000", "\\ufffd")
    )


def test_depth_is_limited() -> None:
    depth = MAX_DEPTH
    assert decode_json(b"[" * depth + b"]" * depth)
    with pytest.raises(ValueError, match="deeper"):
        decode_json(b"[" * (depth + 1) + b"]" * (depth + 1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-07T12:00:00.5Z", datetime(2026, 2, 7, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-02-07T21:00:00+09:00", datetime(2026, 2, 7, 12, 0, tzinfo=UTC)),
        ("2026-02-07 12:00", datetime(2026, 2, 7, 12, 0, tzinfo=UTC)),
        ("0001-01-01T00:00:00+09:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_with_their_zone(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_there_and_back(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_microseconds_outside_the_calendar_are_nothing() -> None:
    assert from_micros(10**30) is None and from_micros(-(10**30)) is None


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("ZH-cn", "zh-CN"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("und", ""),
        ("qme", ""),
        ("iw", "he"),
        ("english!", ""),
        ("", ""),
    ],
)
def test_languages_get_their_usual_spelling(tag: str, name: str) -> None:
    assert language(tag) == name


def test_only_the_basic_entities_are_unescaped_and_only_once() -> None:
    assert unescape_basic("&amp;lt; &lt;b&gt; &copy; &#39;x&#39;") == "&lt; <b> &copy; 'x'"


@pytest.mark.parametrize(
    ("bio", "signs"),
    [
        ("please #NoBot", {AuthorSign.NO_BOT}),
        ("＃nobots。", {AuthorSign.NO_BOT}),
        ("#noindex", {AuthorSign.NO_BOT, AuthorSign.NO_INDEX}),
        ("#nobotany club", set()),
        ("no bots", set()),
    ],
)
def test_an_author_can_ask_to_be_left_alone(bio: str, signs: set[AuthorSign]) -> None:
    assert bio_signs(bio) == signs


def test_wrong_types_are_named_without_their_values() -> None:
    problems: list[str] = []
    fields = Fields({"a": 5, "b": ["secret", {}], "c": "x" * 3000, "d": True}, problems, "top.")
    assert fields.text("a") == "" and fields.ident("a") == "5" and fields.ident("c") == ""
    assert fields.ident("d") == "" and len(fields.objs("b")) == 1 and fields.text("gone", needed=True) == ""
    assert any(problem.startswith("top.a: expected text, found int") for problem in problems)
    assert "top.gone: missing" in problems and not any("secret" in problem for problem in problems)


def test_samples_are_short_and_printable() -> None:
    assert sample(b"a\n\x00b" + b"x" * 1000).startswith("a  b") and len(sample(b"x" * 1000)) == 120


def test_a_box_is_its_middle_and_the_way_to_its_corner() -> None:
    found = geo.box([-89.8, 39.6, -89.5, 39.9], "S")
    assert (
        found and (round(found.lat, 2), round(found.lon, 2)) == (39.75, -89.65) and 20 < found.radius_km < 22
    )
    pacific = geo.box([179.0, -1.0, -179.0, 1.0])
    assert pacific and abs(pacific.lon) == 180 and pacific.radius_km < 200


@pytest.mark.parametrize("edges", [[1, 2, 3], [0, 50, 1, 40], [0, 0, 0, "x"], [0, 0, 200, 1], [None] * 4])
def test_what_is_no_box_is_nothing(edges: list[object]) -> None:
    assert geo.box(edges) is None


@given(st.floats(), st.floats())
def test_points_are_on_earth_or_nothing(lat: float, lon: float) -> None:
    found = geo.point(lat, lon)
    assert found is None or (abs(found.lat) <= 90 and abs(found.lon) <= 180)
