"""What a camera wrote: believed where it can be, named where it cannot."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from bot.extract.exif import read_exif
from store.records.photo import Exif

NOW = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)
HERE = {1: "N", 2: (39.0, 54.0, 26.4), 3: "E", 4: (116.0, 23.0, 29.4)}
TAKEN = "2026:05:24 18:30:05"


def read(camera: dict[int, Any] | None = None, gps: dict[int, Any] | None = None, **base: Any) -> Exif:
    return read_exif(base.get("base", {}), camera or {}, gps or {}, now=NOW)


def satellites(day: str, *clock: float) -> dict[int, Any]:
    return {29: day, 7: clock}


def test_nothing_written_is_nothing_read_and_no_problem() -> None:
    assert read() == Exif()


def test_a_time_with_its_zone_is_a_moment() -> None:
    exif = read({0x9003: TAKEN, 0x9011: "+08:00"})
    assert exif.taken_at == datetime(2026, 5, 24, 10, 30, 5, tzinfo=UTC)
    assert (exif.taken_local, exif.offset_min, exif.problems) == (None, 480, ())


def test_a_time_without_a_zone_stays_a_wall_clock() -> None:
    exif = read({0x9003: TAKEN})
    assert exif.taken_local == datetime(2026, 5, 24, 18, 30, 5)  # noqa: DTZ001 - a wall clock
    assert exif.taken_at is None and exif.offset_min is None and exif.problems == ()


def test_the_time_of_digitising_stands_in_for_a_missing_time_taken() -> None:
    assert read({0x9004: TAKEN, 0x9012: "-05:00"}).taken_at == datetime(2026, 5, 24, 23, 30, 5, tzinfo=UTC)


def test_the_zone_is_found_by_comparing_the_clock_with_the_satellites() -> None:
    exif = read({0x9003: TAKEN}, satellites("2026:05:24", 10, 28, 3.9))
    assert exif.offset_min == 480
    assert exif.taken_at == datetime(2026, 5, 24, 10, 30, 5, tzinfo=UTC)


def test_a_zone_of_a_quarter_hour_is_found() -> None:
    assert read({0x9003: TAKEN}, satellites("2026:05:24", 12, 45, 0)).offset_min == 345


def test_satellite_time_alone_is_a_moment() -> None:
    exif = read({}, satellites("2026:05:24", 10, 28, 3.9))
    assert exif.taken_at == datetime(2026, 5, 24, 10, 28, 3, tzinfo=UTC) and exif.offset_min is None


@pytest.mark.parametrize("clock", [(10, 15, 0), (3, 0, 0)])
def test_clocks_that_fit_in_no_zone_are_named_and_give_no_moment(clock: tuple[int, int, int]) -> None:
    exif = read({0x9003: TAKEN}, satellites("2026:05:26", *clock))
    assert exif.taken_at is None and exif.taken_local is not None
    assert "does not fit" in exif.problems[0]


def test_a_zone_that_contradicts_the_satellites_is_named() -> None:
    exif = read({0x9003: TAKEN, 0x9011: "+08:00"}, satellites("2006:10:08", 10, 30, 5))
    assert exif.taken_at == datetime(2026, 5, 24, 10, 30, 5, tzinfo=UTC)
    assert "does not fit" in exif.problems[0]


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("1970:01:01 00:00:00", "not set"),
        ("1980:01:01 12:00:00", "not set"),
        ("0001:02:03 00:00:01", "not set"),
        ("9999:12:31 23:59:59", "not set"),
        ("2000:01:01 00:00:12", "first day"),
        ("2015:01:01 00:07:00", "first day"),
        ("2026:05:26 23:59:00", "future"),
        ("2031:01:01 00:00:00", "future"),
        ("2026:02:30 10:00:00", "calendar"),
        ("2026:05:24 25:00:00", "calendar"),
        ("yesterday", "cannot be read"),
    ],
)
def test_a_lying_clock_is_named_and_not_used(taken: str, words: str) -> None:
    exif = read({0x9003: taken})
    assert exif.taken_at is None and exif.taken_local is None
    assert len(exif.problems) == 1 and words in exif.problems[0]


def test_a_moment_in_the_future_is_named_and_not_used() -> None:
    exif = read({0x9003: "2026:05:25 18:00:00", 0x9011: "+08:00"})
    assert exif == Exif(problems=("the camera's clock shows the future (2026-05-25 10:00)",))


def test_without_a_present_no_time_is_called_future() -> None:
    assert read_exif({}, {0x9003: "2099:05:25 18:00:00"}, {}).taken_local is not None


def test_new_year_of_our_own_days_is_believed() -> None:
    assert read({0x9003: "2026:01:01 00:00:30"}).taken_local is not None


@pytest.mark.parametrize(
    "unset", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", b"\0" * 19, None, 7, (1, 2)]
)
def test_a_time_that_was_never_set_is_no_problem(unset: object) -> None:
    assert read({0x9003: unset}) == Exif()


@pytest.mark.parametrize("zone", ["+25:00", "+08:75", "CST", "+8"])
def test_a_zone_that_cannot_be_read_is_named_and_the_wall_clock_kept(zone: str) -> None:
    exif = read({0x9003: TAKEN, 0x9011: zone})
    assert exif.taken_at is None and exif.taken_local is not None and "zone" in exif.problems[0]


def test_a_position_is_read_in_signed_degrees() -> None:
    exif = read({}, HERE)
    assert (exif.lat, exif.lon) == (39.9073333, 116.3915)
    south = {1: "S", 2: (IFDRational(33, 1), IFDRational(5124, 100), 0.0), 3: "W", 4: (70.0, 30.0, 0.0)}
    exif = read({}, south)
    assert exif.lat == pytest.approx(-33.854) and exif.lon == pytest.approx(-70.5)


def test_a_position_near_the_equator_is_no_mistake() -> None:
    exif = read({}, {1: "S", 2: (0.0, 22.278, 0.0), 3: "E", 4: (36.0, 3.385, 0.0)})
    assert exif.lat == pytest.approx(-0.3713) and exif.problems == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, "0, 0"),
        ({2: (91.0, 0.0, 0.0)}, "not on Earth"),
        ({4: (200.0, 0.0, 0.0)}, "not on Earth"),
        ({1: ""}, "incomplete"),
        ({3: b"\0"}, "incomplete"),
        ({2: (39.0, 75.0, 0.0)}, "incomplete"),
        ({2: (IFDRational(1, 0), 0.0, 0.0)}, "incomplete"),
        ({2: "north"}, "incomplete"),
        ({4: None}, "incomplete"),
        ({9: "V"}, "status V"),
        ({18: "TOKYO"}, "datum"),
    ],
)
def test_a_position_that_cannot_be_believed_is_named_and_not_used(change: dict[int, Any], words: str) -> None:
    exif = read({}, HERE | change)
    assert exif.lat is None and exif.lon is None
    assert len(exif.problems) == 1 and words in exif.problems[0]


@pytest.mark.parametrize("datum", ["WGS-84   ", "WGS 84", "wgs-84\0", "unknown"])
def test_the_usual_datum_is_accepted_in_its_spellings(datum: str) -> None:
    assert read({}, HERE | {18: datum}).lat is not None


def test_the_camera_is_named_once_and_printably() -> None:
    assert read(base={0x10F: "Canon", 0x110: "Canon PowerShot S40"}).camera == "Canon PowerShot S40"
    assert read(base={0x10F: "NIKON CORPORATION", 0x110: "NIKON D70"}).camera == "NIKON D70"
    assert read(base={0x10F: "SONY", 0x110: "CYBERSHOT\0\0\0"}).camera == "SONY CYBERSHOT"
    assert read(base={0x10F: "X\x1b[31m", 0x110: b"Y" * 500}).camera == "X[31m " + "Y" * 74


values = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.binary(max_size=30),
    st.sampled_from(["2026:05:24 18:30:05", "2026:05:24", "+08:00", "N", "W"]),
    st.tuples(st.floats(), st.floats(), st.floats()),
    st.tuples(st.integers(0, 200), st.integers(0, 70), st.integers(0, 70)),
    st.builds(IFDRational, st.integers(), st.integers()),
)
tags = st.sampled_from([0x10F, 0x110, 0x9003, 0x9004, 0x9011, 0x9012, 1, 2, 3, 4, 7, 9, 18, 29])


@given(st.dictionaries(tags, values, max_size=14))
@settings(max_examples=200, deadline=None)
def test_no_value_whatever_raises_and_every_result_is_sound(found: dict[int, Any]) -> None:
    exif = read_exif(found, found, found, now=NOW)
    assert exif.taken_at is None or (exif.taken_at.tzinfo is UTC and 1994 < exif.taken_at.year < 2027)
    assert exif.taken_local is None or exif.taken_local.tzinfo is None
    assert (exif.lat is None) == (exif.lon is None)
    assert exif.lat is None or exif.lon is None or (abs(exif.lat) <= 90 and abs(exif.lon) <= 180)
