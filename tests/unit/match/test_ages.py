"""Ages and times of a sighting beside a case: arithmetic on what is known, None for what is not."""

from datetime import UTC, date, datetime

import pytest

from bot.match.ages import (
    Seen,
    age_gap,
    age_in_photo,
    age_when_seen,
    born_between,
    ends_before,
    oldest_in_photo,
)
from bot.match.inputs import Registered, RegisteredPhoto
from store.records.case import Case

SEEN = Seen(datetime(2026, 5, 24, tzinfo=UTC), datetime(2026, 5, 25, tzinfo=UTC))


def child(photo: RegisteredPhoto, **fields: object) -> tuple[Registered, RegisteredPhoto]:
    return Registered(Case("c", "A", **fields), (photo,)), photo  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2019", date(2019, 1, 1), date(2019, 12, 31)),
        ("2019-02", date(2019, 2, 1), date(2019, 2, 28)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2019-12", date(2019, 12, 1), date(2019, 12, 31)),
        ("2019-06-03", date(2019, 6, 3), date(2019, 6, 3)),
    ],
)
def test_a_date_of_birth_is_as_wide_as_it_is_written(written: str, first: date, last: date) -> None:
    assert born_between(written) == (first, last)


@pytest.mark.parametrize(
    "written", ["", "unknown", "2019-13", "2019-02-30", "19", "2019-6-3", "0000", "9999"]
)
def test_a_date_of_birth_that_is_none_is_unknown(written: str) -> None:
    assert born_between(written) is None


def test_the_age_in_a_photo_is_as_registered_or_from_its_day() -> None:
    case, photo = child(RegisteredPhoto("p", "d", age_years=4.0), date_of_birth="2010")
    assert age_in_photo(case, photo) == 4.0
    case, photo = child(RegisteredPhoto("p", "d", taken_on=date(2020, 6, 3)), date_of_birth="2015-06-03")
    assert age_in_photo(case, photo) == pytest.approx(5.0, abs=0.01)
    case, photo = child(RegisteredPhoto("p", "d"), date_of_birth="2015-06-03")
    assert age_in_photo(case, photo) is None


def test_a_child_is_no_older_in_its_photo_than_when_it_was_last_seen() -> None:
    case, photo = child(RegisteredPhoto("p", "d"), date_of_birth="2019", last_seen_on=date(2022, 7, 1))
    assert oldest_in_photo(case, photo) == pytest.approx(3.5, abs=0.01)
    case, photo = child(RegisteredPhoto("p", "d"), date_of_birth="2019")
    assert oldest_in_photo(case, photo) is None


def test_the_age_at_the_sighting_is_an_interval() -> None:
    case, photo = child(RegisteredPhoto("p", "d"), date_of_birth="2016")
    low, high = age_when_seen(case, photo, SEEN) or (0, 0)
    assert low == pytest.approx(9.4, abs=0.05) and high == pytest.approx(10.4, abs=0.05)
    assert age_when_seen(case, photo, None) is None


def test_without_a_birth_the_age_is_reckoned_from_a_dated_photo() -> None:
    case, photo = child(RegisteredPhoto("p", "d", age_years=4, taken_on=date(2020, 5, 24)))
    low, high = age_when_seen(case, photo, SEEN) or (0, 0)
    assert low == pytest.approx(10, abs=0.05) and high == pytest.approx(11, abs=0.05)
    case, photo = child(RegisteredPhoto("p", "d", age_years=4))
    assert age_when_seen(case, photo, SEEN) is None


def test_the_gap_is_the_time_between_the_pictures() -> None:
    case, photo = child(RegisteredPhoto("p", "d", taken_on=date(2016, 5, 25)))
    assert age_gap(*child(RegisteredPhoto("p", "d", age_years=4), date_of_birth="2012-05-24"), SEEN) == 10.0
    assert age_gap(case, photo, SEEN) is None, "an age is needed to speak of ages"
    case, photo = child(RegisteredPhoto("p", "d", age_years=4, taken_on=date(2016, 5, 25)))
    assert age_gap(case, photo, SEEN) == 10.0
    assert age_gap(case, photo, None) is None


def test_before_a_day_means_before_it_begins_anywhere() -> None:
    # 24 May begins at 10:00 UTC of the 23rd on the Line Islands.
    early = datetime(2026, 5, 23, 9, 59, tzinfo=UTC)
    assert ends_before(Seen(early, early), date(2026, 5, 24))
    late = datetime(2026, 5, 23, 10, 0, tzinfo=UTC)
    assert not ends_before(Seen(early, late), date(2026, 5, 24))
