"""Where and how long: each country's line has its page and its day; others are sent to the directory."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.rules.abuse_duty import DUE, duty_of
from store.records.quarantine import Duty

NOW = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("country", ["US", "CA", "GB", "UK", "DE", "CN", "FR", "NL", "BR", ""])
def test_every_line_names_its_page_and_when_it_was_read(country: str) -> None:
    duty = duty_of(country)
    assert duty.report_to and duty.address.startswith("https://") and duty.steps
    for step in duty.steps:
        assert step.words and step.source and step.checked >= date(2026, 1, 1)


def test_only_a_country_whose_law_names_a_time_gives_one() -> None:
    until = duty_of("US").preserve_until(NOW)
    assert until is not None and (until - NOW).days >= 365
    for country in ("GB", "DE", "CN", "FR", ""):
        assert duty_of(country).preserve_until(NOW) is None


def test_what_a_list_names_is_due_before_what_is_only_looked_into() -> None:
    assert DUE[Duty.REPORT] < DUE[Duty.LOOK]


def test_countries_are_told_apart_and_written_in_any_case() -> None:
    assert duty_of("us") is duty_of("US") and duty_of("uk") is duty_of("GB")
    assert "INHOPE" in duty_of("FR").report_to and "national" in duty_of("fr").report_to
    assert "national" not in duty_of("BR").report_to
