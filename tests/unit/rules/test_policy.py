"""Policy files: those that ship are whole, and mistakes are named by their place."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.policy import PolicyLine, SignRule, parse_policy
from store.records.permit import Use
from store.records.post import AuthorSign, Platform
from tests.unit.rules.posts import POLICY_FOLDER, policy

GOOD: dict[str, Any] = {
    "platform": "mastodon",
    "read_on": "2026-05-01",
    "delete_within_h": 12,
    "lines": [
        {"id": "a", "use": "store", "allows": True, "words": "May be kept.", "source": "https://a.example"}
    ],
    "signs": [
        {"id": "b", "sign": "no_bot", "forbids": ["store"], "words": "No.", "source": "https://a.example"}
    ],
}


@pytest.mark.parametrize("platform", list(Platform))
def test_each_platform_ships_a_dated_policy_with_a_line_for_each_use(platform: Platform) -> None:
    found = policy(platform)
    assert found.platform is platform
    assert found.read_on >= date(2026, 1, 1)
    assert {line.use for line in found.lines} == set(Use)
    assert AuthorSign.NO_BOT in {sign.sign for sign in found.signs}
    entries: list[PolicyLine | SignRule] = [*found.lines, *found.signs]
    for entry in entries:
        assert entry.id.startswith(platform.value)
        assert entry.source.startswith("https://")
        assert entry.words.endswith(".")


def test_no_policy_file_is_left_unread() -> None:
    assert {file.stem for file in POLICY_FOLDER.glob("*.yaml")} == {p.value for p in Platform}


def test_a_good_mapping_is_read_whole() -> None:
    found = parse_policy(GOOD)
    assert found.delete_within_h == 12
    assert found.lines[0].liftable is False
    assert found.signs[0].forbids == frozenset({Use.STORE})
    assert parse_policy({**GOOD, "read_on": date(2026, 5, 1)}).read_on == found.read_on


MISTAKES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda m: m.update(platform="friendster"), "platform: found 'friendster'"),
    (lambda m: m.pop("platform"), "platform: found None"),
    (lambda m: m.update(read_on="yesterday"), "read_on: found 'yesterday'"),
    (lambda m: m.update(delete_within_h=-1), "delete_within_h: found -1"),
    (lambda m: m.update(delete_within_h=True), "delete_within_h: found True"),
    (lambda m: m.update(lines="none"), "lines: found something else"),
    (lambda m: m.update(comment="x"), "comment: unknown key"),
    (lambda m: m["lines"][0].update(use="look"), "lines[0].use: found 'look'"),
    (lambda m: m["lines"][0].update(allows="yes"), "lines[0].allows: found 'yes'"),
    (lambda m: m["lines"][0].pop("allows"), "lines[0].allows: missing"),
    (lambda m: m["lines"][0].update(liftable=1), "lines[0].liftable: found 1"),
    (lambda m: m["lines"][0].pop("source"), "lines[0].source: missing"),
    (lambda m: m["lines"][0].update(words="  "), "lines[0].words: missing"),
    (lambda m: m["lines"][0].update(allow=True), "lines[0].allow: unknown key"),
    (lambda m: m["signs"][0].update(sign="shy"), "signs[0].sign: found 'shy'"),
    (lambda m: m["signs"][0].update(forbids="store"), "signs[0].forbids: found 'store'"),
    (lambda m: m["signs"][0].update(forbids=["look"]), "signs[0].forbids: found 'look'"),
    (lambda m: m["signs"][0].update(id="a"), "a: this id is used twice"),
]


@pytest.mark.parametrize(("spoil", "named"), MISTAKES)
def test_a_mistake_is_named_by_its_place(spoil: Callable[[dict[str, Any]], Any], named: str) -> None:
    mapping = deepcopy(GOOD)
    spoil(mapping)
    with pytest.raises(ValueError) as caught:
        parse_policy(mapping)
    assert named in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        parse_policy({"platform": "x", "lines": [{}], "signs": [{}]})
    assert all(where in str(caught.value) for where in ("lines[0].use", "signs[0].sign", "read_on"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(JSON | st.fixed_dictionaries({"platform": JSON, "read_on": JSON, "lines": JSON, "signs": JSON}))
def test_nothing_but_a_value_error_comes_of_any_input(value: Any) -> None:
    with pytest.raises(ValueError):
        parse_policy(value)
