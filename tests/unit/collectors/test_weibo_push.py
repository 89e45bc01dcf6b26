"""Frames of the push: lines from bytes cut anywhere, what a frame holds, and what a break may have cost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.weibo_push import (
    Frame,
    Lines,
    Place,
    gap_at_start,
    heard,
    is_wanted,
    read_frame,
    sample_gap,
    wanted_of,
)
from store.records.page import TagQuery
from tests.unit.collectors.make import FIXTURES, NOW

QUERY = TagQuery(any=("宝贝回家",))
NOW_S = int(NOW.timestamp())


def line(**values: Any) -> bytes:
    """A frame with the given parts of its `text`."""
    status = {
        "idstr": "5200000000000007",
        "mid": "5200000000000007",
        "created_at": "Sat Feb 07 09:30:00 +0800 2026",
        "text": "#宝贝回家# 推送",
        "user": {"idstr": "9000000001", "screen_name": "甲"},
    }
    text = {"type": "status", "event": "add", "status": status, **values}
    return json.dumps({"id": 41, "text": text, "match_info": {"keyword": "宝贝回家"}}).encode()


def test_the_frames_of_the_fixture_are_read() -> None:
    lines = Lines().add((FIXTURES / "weibo" / "push.jsonl").read_bytes())
    frames = [read_frame(item, NOW, "push") for item in lines if item]
    assert [frame.id for frame in frames] == ["1", "2"] and frames[0].keyword == "宝贝回家"
    assert all(len(frame.reading.posts) == 1 and not frame.reading.set_aside for frame in frames)


@given(st.lists(st.integers(1, 40), max_size=30), st.sampled_from([b"\n", b"\r\n"]))
def test_lines_are_whole_wherever_the_bytes_are_cut(cuts: list[int], end: bytes) -> None:
    whole = [line(), b"", "中文".encode(), b"{}"]
    data, lines, found = b"".join(item + end for item in whole), Lines(), list[bytes]()
    for cut in cuts:
        found += lines.add(data[:cut])
        data = data[cut:]
    found += lines.add(data)
    assert found == whole and lines.held == 0


def test_a_deletion_is_honoured() -> None:
    (gone,) = read_frame(line(event="delete"), NOW, "push").reading.gone
    assert gone.key == "weibo:5200000000000007" and gone.seen_at == NOW


def test_a_pushed_comment_is_read_as_a_comment() -> None:
    comment = {"idstr": "77", "text": "看到了", "user": {"idstr": "1"}, "status": {"mid": "5"}}
    frame = read_frame(line(type="comment", comment=comment), NOW, "push")
    assert [post.key for post in frame.reading.posts] == ["weibo:comment/77"]


@pytest.mark.parametrize(
    "data",
    [
        b"not json",
        b"[]",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"[" * 5000,
        line(status=None),
        line(status=[1]),
        line(type="weather"),
        line(type=7, status="x"),
        b'{"id": 3, "text": null}',
    ],
)
def test_a_frame_that_cannot_be_read_is_set_aside(data: bytes) -> None:
    frame = read_frame(data, NOW, "push")
    assert frame.reading.posts == () and frame.reading.set_aside[0].reason and frame.code is None


@pytest.mark.parametrize("code", [21327, "21327"])
def test_an_error_among_the_frames_is_known(code: object) -> None:
    assert read_frame(json.dumps({"error_code": code, "error": "x"}).encode(), NOW, "push").code == 21327


def test_a_post_is_wanted_by_its_words_or_by_the_keyword_that_matched() -> None:
    frame = read_frame(line(), NOW, "push")
    cut = read_frame(
        line(status={"mid": "1", "text": "很长", "isLongText": True, "user": {"id": 1}}), NOW, "p"
    )
    other = Frame(id="1", keyword="别的", reading=cut.reading)
    assert is_wanted([QUERY], frame, frame.reading.posts[0])
    assert is_wanted([QUERY], cut, cut.reading.posts[0])
    assert not is_wanted([QUERY], other, cut.reading.posts[0])
    assert not is_wanted([TagQuery(any=("宝贝回家",), not_authors=("1",))], cut, cut.reading.posts[0])
    assert is_wanted([], other, cut.reading.posts[0])
    assert wanted_of([QUERY], other).posts == () and len(wanted_of([QUERY], cut).posts) == 1


def test_the_place_never_goes_back() -> None:
    place = heard(Place(frame="9"), [Frame(id="12"), Frame(id="10"), Frame(id="")], NOW)
    assert place == Place(frame="12", heard_s=NOW_S)


def test_a_break_is_a_gap_when_it_was_long() -> None:
    assert gap_at_start(Place(), NOW, 300) is None
    assert gap_at_start(Place("5", NOW_S - 200), NOW, 300) is None
    short = gap_at_start(Place("5", NOW_S - 3600), NOW, 300)
    long = gap_at_start(Place("5", NOW_S - 80 * 3600), NOW, 300)
    assert short and short.recoverable and "replays" in short.why and short.span.end == NOW
    assert long and "longer than Weibo replays" in long.why
    assert long.span.end - long.span.start == timedelta(hours=80)


def test_a_sample_is_owned_up_to_once_an_hour() -> None:
    place, gap = sample_gap(Place(), NOW, 1)
    assert gap is None and place.sample_s == NOW_S
    place, gap = sample_gap(place, NOW + timedelta(minutes=59), 1)
    assert gap is None
    later = NOW + timedelta(hours=1)
    place, gap = sample_gap(place, later, 1)
    assert gap and "1 % of the posts" in gap.why and (gap.span.start, gap.span.end) == (NOW, later)
    assert sample_gap(place, later, 1)[1] is None
    assert sample_gap(place, later + timedelta(hours=5), 100) == (Place(sample_s=0), None)
