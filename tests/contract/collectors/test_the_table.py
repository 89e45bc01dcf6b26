"""Adapter × case: each body of the suite runs over each adapter, or its harness says why it cannot."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import pytest

from tests.contract.collectors.conftest import SUITE, harnesses
from tests.contract.collectors.harness import Harness

FEWEST_WORDS = 5
# What the contract demands at least, by the words of the body's name.
DEMANDED = (
    "cursor_has_walked", "cut_at_any_byte", "refusal", "limit_in_the_middle", "token_that_runs_out",
    "empty_source", "delivered_twice_or_out_of_order", "unknown_fields", "other_types", "no_json", "edit",
    "gone", "clock", "date", "64_bits", "without_address", "html_bomb", "unicode", "half_of_a_character",
)  # fmt: skip


def bodies() -> Iterator[str]:
    """The names of the suite's bodies that are given an adapter."""
    for name in SUITE:
        module = importlib.import_module(f"{__package__}.{name}")
        for word, body in inspect.getmembers(module, inspect.isfunction):
            if word.startswith("test_") and "server" in inspect.signature(body).parameters:
                yield word


def test_the_suite_holds_every_case_that_the_contract_demands() -> None:
    names = list(bodies())
    assert [case for case in DEMANDED if not any(case in name for name in names)] == []


@pytest.mark.parametrize("harness", harnesses(), ids=lambda harness: harness.name)
def test_what_an_adapter_leaves_out_is_a_case_and_has_its_reason(harness: type[Harness]) -> None:
    known = set(bodies())
    for case, reason in harness.cannot.items():
        assert case in known, f"{harness.name} leaves out {case}, which is no case"
        assert len(reason.split()) >= FEWEST_WORDS, f"{harness.name} says too little about {case}"


def test_adapters_over_a_network_leave_out_next_to_nothing() -> None:
    assert {h.name: len(h.cannot) for h in harnesses() if h.kind != "archive" and len(h.cannot) > 2} == {}


def test_every_pair_is_collected_or_left_out(request: pytest.FixtureRequest) -> None:
    """What pytest collected of the suite, beside the whole table. Only where the suite was collected."""
    ran = {
        (item.originalname, item.callspec.params["server"].name)  # type: ignore[attr-defined]
        for item in request.session.items
        if item.module.__name__.rpartition(".")[2] in SUITE and "server" in getattr(item, "fixturenames", ())  # type: ignore[attr-defined]
    }
    asked = {case for case, _ in ran}
    whole = {(case, h.name) for case in bodies() for h in harnesses() if case not in h.cannot}
    whole = {(case, name) for case, name in whole if case in asked or not case.endswith("_swept")}
    if asked != {case for case, _ in whole}:
        pytest.skip("only a part of the suite was asked for")
    assert ran == whole
