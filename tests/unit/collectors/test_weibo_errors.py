"""What Weibo's codes mean, written as numbers or as text, and what the operator is told to do."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.weibo_errors import ADVICE, GONE, NOT_GRANTED, RATE_LIMITS, Kind, code_in, error_of
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable

WAIT = timedelta(minutes=9)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (10001, Unreachable),
        (10004, NeedsPerson),
        (10006, NeedsPerson),
        (10009, Unreachable),
        (10010, Unreachable),
        (10014, NeedsPerson),
        (10022, RateLimited),
        (10023, RateLimited),
        (10024, RateLimited),
        (10032, NeedsPerson),
        (20101, BadPayload),
        (21301, NeedsPerson),
        (21321, NeedsPerson),
        (21327, NeedsPerson),
        (21332, NeedsPerson),
        (20502, BadPayload),
        (99999, BadPayload),
    ],
)
def test_each_code_is_one_error_of_the_house(code: int, kind: type[SourceError]) -> None:
    error = error_of("source", "/2/x.json", code, WAIT)
    assert type(error) is kind and error.subject == "source"
    assert str(code) in error.detail and "/2/x.json" in error.detail
    if isinstance(error, RateLimited):
        assert error.retry_after == WAIT


def test_whatever_needs_a_person_says_the_way_out() -> None:
    for code, advice in ADVICE.items():
        if advice.kind is Kind.PERSON:
            assert any(sign in advice.words for sign in (":", ";")), f"{code} says no way out"
    for code in (21301, 21327, 21332):
        assert "oauth2/authorize" in ADVICE[code].words and "no refresh token" in ADVICE[code].words


def test_every_group_of_codes_is_in_the_list() -> None:
    assert {ADVICE[code].kind for code in RATE_LIMITS} == {Kind.WAIT}
    assert {ADVICE[code].kind for code in NOT_GRANTED} == {Kind.PERSON}
    assert {ADVICE[code].kind for code in GONE} == {Kind.NEVER}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"error_code": 21327}, 21327),
        ({"error_code": "21327"}, 21327),
        ({"error_code": " 10023 "}, 10023),
        ({"error_code": 10023.0}, 10023),
        ({"error_code": 0}, None),
        ({"error_code": "0"}, None),
        ({"error_code": ""}, None),
        ({"error_code": "²"}, None),
        ({"error_code": "-1"}, None),
        ({"error_code": True}, None),
        ({"error_code": [21327]}, None),
        ({"error_code": "9" * 400}, None),
        ({"error_code": 10**400}, None),
        ({"error": "no"}, None),
        ([21327], None),
        (None, None),
    ],
)
def test_a_code_is_read_as_number_or_as_text(value: object, code: int | None) -> None:
    assert code_in(value) == code


@given(st.dictionaries(st.just("error_code"), st.one_of(st.text(), st.floats(), st.integers(), st.none())))
def test_no_code_breaks_the_reading(value: dict[str, object]) -> None:
    found = code_in(value)
    assert found is None or 0 < found < 10**9


def test_the_recorded_error_is_read() -> None:
    folder = os.environ.get("HOMEWARD_DATA")
    if not folder:
        pytest.skip("HOMEWARD_DATA is not set: the recorded answers are not there")
    recorded = json.loads((Path(folder) / "answers" / "weibo" / "error.json").read_text("utf-8"))
    assert code_in(recorded) == 20502
