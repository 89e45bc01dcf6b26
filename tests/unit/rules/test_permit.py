"""What may be done with a post, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import permit
from store.records.permit import Legal, Permission, Permit, Use, Why
from store.records.post import AuthorSign, Platform, Visibility
from tests.unit.rules.posts import LEGAL, NOW, policy, post

ALL = list(Platform)
WEIBO_CONTRACT = Permission(
    "weibo", Use.MATCH, "data contract 2026/17", "Weibo Ltd", NOW + timedelta(days=30)
)


def decided(
    platform: Platform, *signs: AuthorSign, legal: Legal | None = LEGAL, held: tuple[Permission, ...] = ()
) -> Permit:
    return permit.decide(post(platform, *signs), policy(platform), held, legal, NOW)


def rules(found: Permit, use: Use) -> list[str]:
    return [line.rule for line in found.why if line.use is use and not line.allows]


@pytest.mark.parametrize(
    ("platform", "store", "match", "reply"),
    [
        (Platform.WEIBO, True, False, False),
        (Platform.X, True, False, True),
        (Platform.MASTODON, True, True, True),
        (Platform.BLUESKY, True, True, True),
    ],
)
def test_each_platform_allows_what_its_policy_says(
    platform: Platform, store: bool, match: bool, reply: bool
) -> None:
    found = decided(platform)
    assert (found.may_store, found.may_match, found.may_reply) == (store, match, reply)
    assert found.delete_by is None


@pytest.mark.parametrize("platform", ALL)
def test_every_use_is_explained_with_words_and_a_source(platform: Platform) -> None:
    found = decided(platform)
    for use in Use:
        lines = [line for line in found.why if line.use is use]
        assert lines
        assert all(line.words and line.source for line in lines)


def test_nothing_lifts_the_prohibition_of_face_recognition_on_x() -> None:
    held = Permission("x", Use.MATCH, "a letter", "X Corp")
    found = decided(Platform.X, held=(held,))
    assert not found.may_match
    assert rules(found, Use.MATCH) == ["x_face_recognition_prohibited"]


def test_a_contract_lets_weibo_photos_be_compared_until_it_ends() -> None:
    found = decided(Platform.WEIBO, held=(WEIBO_CONTRACT,))
    assert found.may_match
    assert not found.may_reply
    assert found.delete_by == WEIBO_CONTRACT.expires_at
    assert "data contract 2026/17" in next(line.words for line in found.why if line.use is Use.MATCH)


@pytest.mark.parametrize(
    "changed",
    [
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"platform": "mastodon"},
        {"use": Use.REPLY},
        {"basis": " "},
        {"grantor": ""},
    ],
)
def test_a_permission_that_does_not_hold_lifts_nothing(changed: dict[str, Any]) -> None:
    found = decided(Platform.WEIBO, held=(replace(WEIBO_CONTRACT, **changed),))
    assert not found.may_match


def test_the_permission_that_lasts_longest_counts() -> None:
    endless = replace(WEIBO_CONTRACT, basis="a newer contract", expires_at=None)
    assert decided(Platform.WEIBO, held=(WEIBO_CONTRACT, endless)).delete_by is None


@pytest.mark.parametrize(
    "legal", [None, *(replace(LEGAL, **{name: " "}) for name in Legal.__dataclass_fields__)]
)
@pytest.mark.parametrize("platform", ALL)
def test_without_a_filled_legal_block_nothing_is_compared_or_answered(
    platform: Platform, legal: Legal | None
) -> None:
    found = decided(platform, legal=legal)
    assert found.may_store
    assert not found.may_match
    assert not found.may_reply
    assert "legal_block_missing" in rules(found, Use.MATCH)
    assert "legal_block_missing" in rules(found, Use.REPLY)


@pytest.mark.parametrize("platform", ALL)
def test_a_no_bot_author_is_neither_stored_nor_compared_nor_answered(platform: Platform) -> None:
    found = decided(platform, AuthorSign.NO_BOT, held=(WEIBO_CONTRACT,))
    assert not (found.may_store or found.may_match or found.may_reply)
    assert permit.not_kept_rule(found) == f"{platform.value}_no_bot"


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE, Visibility.DIRECT])
@pytest.mark.parametrize("platform", ALL)
def test_what_is_not_public_is_not_stored(platform: Platform, visibility: Visibility) -> None:
    hidden = post(platform, visibility=visibility)
    found = permit.decide(hidden, policy(platform), (), LEGAL, NOW)
    assert permit.not_kept_rule(found) == "not_public"
    assert not (found.may_match or found.may_reply)


@pytest.mark.parametrize("platform", ALL)
def test_a_protected_author_counts_as_not_public(platform: Platform) -> None:
    assert permit.not_kept_rule(decided(platform, AuthorSign.PROTECTED)) == "not_public"


def test_unlisted_posts_may_be_stored() -> None:
    found = permit.decide(post(visibility=Visibility.UNLISTED), policy(Platform.MASTODON), (), LEGAL, NOW)
    assert found.may_store


def test_bots_are_stored_but_not_answered() -> None:
    found = decided(Platform.MASTODON, AuthorSign.BOT)
    assert found.may_store
    assert rules(found, Use.REPLY) == ["mastodon_author_is_bot"]


@pytest.mark.parametrize(
    ("platform", "sign"),
    [
        (Platform.MASTODON, AuthorSign.NO_INDEX),
        (Platform.MASTODON, AuthorSign.NOT_DISCOVERABLE),
        (Platform.BLUESKY, AuthorSign.LOGIN_ONLY),
    ],
)
def test_who_does_not_want_to_be_listed_is_shown_to_the_team_only(
    platform: Platform, sign: AuthorSign
) -> None:
    found = decided(platform, sign)
    assert found.may_store
    assert rules(found, Use.SHOW)
    assert not rules(decided(platform), Use.SHOW)


@pytest.mark.parametrize("wrong", [None, Platform.X])
def test_without_a_policy_of_its_platform_nothing_is_allowed(wrong: Platform | None) -> None:
    found = permit.decide(post(), policy(wrong) if wrong else None, (), LEGAL, NOW)
    assert found.may_store is found.may_match is found.may_reply is False
    assert permit.not_kept_rule(found) == "no_policy_line"


@pytest.mark.parametrize("use", [Use.STORE, Use.MATCH, Use.REPLY])
def test_a_missing_line_forbids_its_use(use: Use) -> None:
    whole = policy(Platform.MASTODON)
    short = replace(whole, lines=tuple(line for line in whole.lines if line.use is not use))
    found = permit.decide(post(), short, (), LEGAL, NOW)
    assert "no_policy_line" in rules(found, use)
    allowed = {Use.STORE: found.may_store, Use.MATCH: found.may_match, Use.REPLY: found.may_reply}
    assert not allowed[use]


def test_two_lines_for_a_use_must_both_allow() -> None:
    whole = policy(Platform.MASTODON)
    stricter = replace(whole.lines[1], id="newer_rule", allows=False)
    found = permit.decide(post(), replace(whole, lines=(*whole.lines, stricter)), (), LEGAL, NOW)
    assert not found.may_match
    assert rules(found, Use.MATCH) == ["newer_rule"]


def test_what_is_not_stored_is_not_used_though_its_lines_allow() -> None:
    whole = policy(Platform.MASTODON)
    closed = tuple(replace(line, allows=False) if line.use is Use.STORE else line for line in whole.lines)
    found = permit.decide(post(), replace(whole, lines=closed), (), LEGAL, NOW)
    assert not (found.may_match or found.may_reply)
    assert rules(found, Use.MATCH) == ["not_stored"]


def test_a_refused_use_shows_no_line_that_allows_it() -> None:
    found = decided(Platform.MASTODON, legal=None)
    assert all(not line.allows for line in found.why if line.use is Use.MATCH)


def test_a_copied_photo_carries_the_strictest_permit() -> None:
    open_copy, x_copy = decided(Platform.MASTODON), decided(Platform.X)
    both = permit.strictest([open_copy, x_copy])
    assert both.may_store
    assert not both.may_match
    assert rules(both, Use.MATCH) == ["x_face_recognition_prohibited"]
    assert all(not line.allows for line in both.why if line.use is Use.MATCH)


def test_the_earliest_end_of_all_copies_counts() -> None:
    soon, late = NOW + timedelta(days=1), NOW + timedelta(days=9)
    parts = [Permit(True, True, True, end) for end in (late, None, soon)]
    assert permit.strictest(parts).delete_by == soon


def test_no_known_copy_allows_nothing() -> None:
    assert permit.strictest([]) == Permit()


PERMITS = st.builds(
    Permit,
    may_store=st.booleans(),
    may_match=st.booleans(),
    may_reply=st.booleans(),
    delete_by=st.none() | st.integers(0, 99).map(lambda days: NOW + timedelta(days=days)),
    why=st.lists(
        st.builds(Why, st.sampled_from("abc"), st.sampled_from(list(Use)), st.booleans(), st.just("words")),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PERMITS, min_size=1, max_size=4))
def test_strictest_is_stricter_than_each_and_does_not_depend_on_order(parts: list[Permit]) -> None:
    joint = permit.strictest(parts)
    for part in parts:
        assert joint.may_store <= part.may_store
        assert joint.may_match <= part.may_match
        assert joint.may_reply <= part.may_reply
        if part.delete_by is not None:
            assert joint.delete_by is not None
            assert joint.delete_by <= part.delete_by
    turned = permit.strictest(parts[::-1])
    assert replace(turned, why=()) == replace(joint, why=())
    assert set(turned.why) == set(joint.why)
    assert permit.strictest([joint, *parts]) == replace(joint, why=permit.strictest([joint, *parts]).why)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ALL),
    st.frozensets(st.sampled_from(list(AuthorSign))),
    st.sampled_from(list(Visibility)),
    st.booleans(),
)
def test_a_sign_never_allows_more(
    platform: Platform, signs: frozenset[AuthorSign], visibility: Visibility, has_legal: bool
) -> None:
    legal = LEGAL if has_legal else None
    plain = permit.decide(post(platform, visibility=visibility), policy(platform), (), legal, NOW)
    signed = permit.decide(post(platform, *signs, visibility=visibility), policy(platform), (), legal, NOW)
    assert signed.may_store <= plain.may_store
    assert signed.may_match <= plain.may_match
    assert signed.may_reply <= plain.may_reply
    assert signed.may_match <= signed.may_store
    assert (permit.not_kept_rule(signed) == "") is signed.may_store


def test_copies_of_a_vanished_post_go_within_the_hours_of_the_policy() -> None:
    assert permit.gone_delete_by(policy(Platform.X), NOW) == NOW + timedelta(hours=24)
    assert permit.gone_delete_by(None, NOW) == NOW
