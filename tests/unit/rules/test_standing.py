"""What was stated about imports goes into the permit: it can only take away, and says why and what helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import permit, standing
from store.records.imports import SCOPE, Basis, Import, Standing, Statement
from store.records.permit import Legal, Permit, Use
from store.records.post import Author, Platform, Post
from tests.unit.rules.posts import policy

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LEGAL = Legal("Tests", "CN", "tests", "tests@homeward.example")
SAID = Statement("Ana", Basis.CONSENT)


def made(name: str = "a1", said: Statement | None = SAID, **changes: Any) -> Import:
    return replace(Import(name, "/in", NOW, "op", said), **changes)


def of(*held: Import, is_live: bool = False, has_given: bool = False) -> Standing:
    return standing.of_post(held, NOW, is_live=is_live, has_given=has_given)


def post(platform: Platform = Platform.MASTODON) -> Post:
    return Post("k", platform, Author("a"), "words", NOW)


def decided(found: Standing | None, platform: Platform = Platform.MASTODON) -> Permit:
    return permit.decide(post(platform), policy(platform), (), LEGAL, NOW, found)


@pytest.mark.parametrize(
    ("held", "rule", "words"),
    [
        ((made(said=None),), standing.UNSTATED, "basis not stated"),
        ((made(revoked_at=NOW),), standing.REVOKED, "was revoked"),
        ((made(said=replace(SAID, until=NOW)),), standing.ENDED, "has ended"),
        ((made(said=replace(SAID, source="  ")),), standing.ENDED, "imports state"),
        ((), standing.UNSTATED, "import the file again"),
    ],
)
def test_without_a_statement_in_force_nothing_is_compared_or_answered_and_the_reason_says_what_helps(
    held: tuple[Import, ...], rule: str, words: str
) -> None:
    found = decided(of(*held))
    assert found.may_store and not found.may_match and not found.may_reply
    said = {line.use: line for line in found.why if line.rule == rule}
    assert set(said) == SCOPE and all(words in line.words for line in said.values())


def test_a_statement_in_force_is_named_beside_the_platforms_own_line() -> None:
    found = decided(of(made(said=replace(SAID, grantor="her brother", until=NOW + DAY))))
    assert found.may_match and found.may_reply
    words = [line.words for line in found.why if line.rule == standing.STATED]
    assert words and all("Ana" in w and "her brother" in w and "consent" in w for w in words)


def test_a_statement_for_one_use_leaves_the_other_out() -> None:
    found = decided(of(made(said=replace(SAID, scope=frozenset({Use.MATCH})))))
    assert found.may_match and not found.may_reply
    (line,) = [line for line in found.why if line.rule == standing.OUTSIDE]
    assert line.use is Use.REPLY and "not answered" in line.words and "compared" not in line.words


def test_one_delivery_with_a_statement_is_enough_and_several_add_up() -> None:
    only = {use: replace(SAID, scope=frozenset({use})) for use in SCOPE}
    both = decided(of(made("a1", None), made("a2", only[Use.MATCH]), made("a3", only[Use.REPLY])))
    assert both.may_match and both.may_reply


def test_what_a_live_source_delivers_too_depends_on_the_import_only_for_bytes_that_came_with_it() -> None:
    free = decided(of(made(said=None), is_live=True))
    assert free.may_match and free.may_reply
    held = decided(of(made(said=None), is_live=True, has_given=True))
    assert not held.may_match and held.may_reply


def test_a_statement_lifts_no_rule_of_a_platform() -> None:
    assert not decided(of(made()), Platform.X).may_match
    assert decided(of(made()), Platform.X).may_match == decided(None, Platform.X).may_match


statements = st.none() | st.builds(
    Statement,
    st.sampled_from(["Ana", " "]),
    st.sampled_from(Basis),
    until=st.none() | st.sampled_from([NOW - DAY, NOW, NOW + DAY]),
    scope=st.frozensets(st.sampled_from(sorted(SCOPE))),
)
imports = st.lists(
    st.builds(
        lambda name, said, revoked: made(name, said, revoked_at=NOW if revoked else None),
        st.sampled_from(["a1", "a2"]),
        statements,
        st.booleans(),
    ),
    max_size=3,
)


@given(held=imports, platform=st.sampled_from(Platform), is_live=st.booleans(), has_given=st.booleans())
def test_a_standing_never_allows_more_and_every_refusal_has_its_words(
    held: list[Import], platform: Platform, is_live: bool, has_given: bool
) -> None:
    found = of(*held, is_live=is_live, has_given=has_given)
    with_it, without = decided(found, platform), decided(None, platform)
    for name in ("may_match", "may_reply", "may_store"):
        assert getattr(without, name) or not getattr(with_it, name)
    for use, allowed in ((Use.MATCH, with_it.may_match), (Use.REPLY, with_it.may_reply)):
        lines = [line for line in with_it.why if line.use is use]
        assert all(line.words and line.allows is allowed for line in lines) and lines
        if allowed and use in found.governs:
            assert any(standing.in_force_at(each, NOW) for each in held)
    assert found == of(*held, is_live=is_live, has_given=has_given)
