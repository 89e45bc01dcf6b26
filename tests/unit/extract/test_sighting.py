"""One post read as a whole, as the pipeline and the command line use it."""

# ruff: noqa: E501  (tables, one case a line)
from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract.sighting import as_json, read
from store.records.photo import Exif
from store.records.post import Author, Platform, Post
from store.records.sighting import EvidenceKind
from tests.unit.extract.fake_gazetteer import FakeGazetteer

GAZETTEER = FakeGazetteer()


def post(text: str, created: str = "2011-02-16T12:10:00+00:00", home: str = "", **more: object) -> Post:
    at = datetime.fromisoformat(created)
    values: dict[str, object] = {"created_at": at, **more}
    return Post("weibo:1", Platform.WEIBO, Author("1", location=home), text, at, **values)  # type: ignore[arg-type]


def test_a_weibo_post_is_read_in_full() -> None:
    text = "昨天下午三点，成都春熙路天桥上，一个五六岁的小男孩跪着，穿红棉袄，旁边有个老太太"
    answer = as_json(read(post(text), (), GAZETTEER), line_id="7")
    assert (answer["id"], answer["sighting"], answer["firsthand"]) == ("7", True, "own")
    assert answer["when"]["text"] == "昨天下午三点"
    assert answer["when"]["start"] == "2011-02-15T14:45:00+08:00"
    assert [m["text"] for m in answer["where"]["mentions"]] == ["春熙路天桥", "成都"]
    assert answer["where"]["point"]["city"] == "成都市"
    assert answer["who"]["age"] == [5, 6] and answer["who"]["sex"] == "male"
    assert json.loads(json.dumps(answer)) == answer


def test_clocks_are_read_in_the_zone_of_the_place_named() -> None:
    at = "2016-07-02T09:00:00+00:00"
    sighting = read(post("boy begging in London at 7am today", at, zone_offset_min=480), (), GAZETTEER)
    assert sighting.when.zone == "Europe/London"
    assert sighting.when.best is not None and sighting.when.best.start.hour == 5


def test_the_profile_gives_the_zone_when_the_post_shows_none() -> None:
    toot = post("boy begging at 7am today", "2016-07-02T09:00:00+00:00", home="Manchester")
    sighting = read(replace(toot, platform=Platform.MASTODON), (), GAZETTEER)
    assert sighting.when.zone == "Europe/London"


def test_photos_answer_where_and_when_beside_the_words() -> None:
    exif = Exif(taken_at=datetime(2011, 2, 15, 7, 5, tzinfo=UTC), lat=30.60, lon=104.10)
    sighting = read(post("昨天下午三点，重庆解放碑广场，孩子跪着"), [("e" * 64, exif)], GAZETTEER)
    assert sighting.where.conflict and not sighting.when.conflict
    kinds = {c.evidence.kind for c in sighting.where.candidates}
    assert kinds == {EvidenceKind.TEXT, EvidenceKind.EXIF}


def test_without_its_own_time_a_post_is_read_by_its_arrival_and_says_so() -> None:
    sighting = read(replace(post("今天中午在桥上"), created_at=None), (), GAZETTEER)
    assert "receiving" in sighting.when.conflict


def test_what_is_no_sighting_gives_no_when_and_where() -> None:
    answer = as_json(read(post("寻子！2009年5月在成都走失，男孩，5岁"), (), GAZETTEER))
    assert (answer["sighting"], answer["when"], answer["where"]["point"]) == (False, None, None)


@pytest.mark.parametrize("zone", ["+05:45", "-03:30"])
def test_a_posts_own_offset_is_the_zone_of_last_resort(zone: str) -> None:
    sign = -1 if zone[0] == "-" else 1
    minutes = sign * (int(zone[1:3]) * 60 + int(zone[4:]))
    assert read(post("today 11am", zone_offset_min=minutes), (), GAZETTEER).when.zone == zone


_PIECES = st.sampled_from(
    [*"0123456789年月日时分点半号周路站口在到的,。:/-–~@#&()", "北京", "昨天", "上周六", "//@", "RT @", "at ", "near ", "St ",
     "half ", "past ", "12:30", " pm", "boy ", "岁", "初三", "Springfield", "to ", "\u200b", "e\u0301", "\ufdfa", "\U0001f622"]
)  # fmt: skip


def _check(text: str, created: datetime) -> None:
    started = time.perf_counter()
    one = Post("k", Platform.X, Author("", location=text[:40]), text, created, created)
    sighting = read(one, (), GAZETTEER)
    as_json(sighting)
    # The promise is 200 ms on an idle core; three times that leaves room for a busy one.
    assert time.perf_counter() - started < 0.6
    for mention in sighting.where.mentions:
        assert text[mention.start : mention.end] == mention.text
    for candidate in sighting.when.candidates:
        assert candidate.start <= candidate.end <= created + timedelta(minutes=5)
        assert (
            text[max(candidate.evidence.start, 0) : max(candidate.evidence.end, 0)]
            == candidate.evidence.quote
        )
    for evidence in sighting.who.evidence:
        assert text[evidence.start : evidence.end] == evidence.quote


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=600),
    st.datetimes(datetime.fromisoformat("1972-01-01"), datetime.fromisoformat("2199-01-01")),
)
def test_any_text_of_any_script_is_read_without_an_exception(text: str, at: datetime) -> None:
    _check(text, at.replace(tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=150), st.integers(1, 40), st.integers(0, 20_000))
def test_soups_of_the_grammars_own_pieces_are_read_in_time(pieces: list[str], times: int, day: int) -> None:
    _check("".join(pieces) * times, datetime(1999, 12, 31, 23, 59, tzinfo=UTC) + timedelta(days=day))


@pytest.mark.parametrize(
    "text", ["路" * 9000, "1" * 9000, "at " * 4000, "A " * 5000, "点" * 9000, "1:" * 5000, "@" * 9000, "一二" * 5000, " " * 9000]
)  # fmt: skip
def test_long_monotonous_texts_are_read_in_time(text: str) -> None:
    _check(text, datetime(2020, 2, 29, 12, 0, tzinfo=UTC))
