"""Who may be answered: only who named, quoted or answered the campaign account."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import consent, permit
from bot.rules.consent import OurAccount
from store.records.permit import Permission, Permit, Use
from store.records.post import Author, AuthorSign, Platform, Post
from tests.unit.rules.posts import LEGAL, NOW, policy, post

DID = "did:plc:homeward"
OURS = {
    Platform.MASTODON: OurAccount("homeward@help.example", "77"),
    Platform.X: OurAccount("homeward_help", "99"),
    Platform.BLUESKY: OurAccount("homeward.example", DID),
    Platform.WEIBO: OurAccount("回家路", "55"),
}
MAY = Permit(may_store=True, may_match=True, may_reply=True)


def decided(found: Post, *, opted_out: bool = False, our_posts: tuple[str, ...] = ()) -> tuple[bool, str]:
    answer = consent.decide(found, OURS, MAY, opted_out, our_posts)
    assert answer.words
    assert answer.given or answer.words.startswith("case team only: ")
    return answer.given, answer.rule


@pytest.mark.parametrize(
    ("platform", "mention"),
    [
        (Platform.MASTODON, "homeward@help.example"),
        (Platform.MASTODON, "@HomeWard@Help.Example"),
        (Platform.X, "Homeward_Help"),
        (Platform.BLUESKY, DID),
        (Platform.BLUESKY, "homeward.example"),
        (Platform.WEIBO, "回家路"),
    ],
)
def test_who_names_us_is_answered(platform: Platform, mention: str) -> None:
    assert decided(post(platform, mentions=("somebody", mention))) == (True, "named_us")


@pytest.mark.parametrize(
    ("platform", "mention"),
    [
        (Platform.MASTODON, "homeward"),
        (Platform.MASTODON, "homeward@other.example"),
        (Platform.MASTODON, "homeward@help.example.evil"),
        (Platform.X, "homeward_help2"),
        (Platform.BLUESKY, "did:plc:homeward2"),
        (Platform.BLUESKY, ""),
    ],
)
def test_a_name_that_merely_resembles_ours_is_no_invitation(platform: Platform, mention: str) -> None:
    assert decided(post(platform, mentions=(mention,))) == (False, "not_named")


def test_the_words_say_that_only_the_team_hears_of_it() -> None:
    answer = consent.decide(post(hashtags=("baobeihuijia",)), OURS, MAY, False)
    assert answer.words == "case team only: the author did not name the campaign account"


def test_our_name_in_the_text_alone_is_no_mention() -> None:
    assert decided(post(text="@homeward@help.example look")) == (False, "not_named")


@pytest.mark.parametrize(
    ("platform", "ours"),
    [
        (Platform.BLUESKY, f"bluesky:at://{DID}/app.bsky.feed.post/3k"),
        (Platform.MASTODON, "mastodon:https://help.example/users/homeward/statuses/1"),
        (Platform.MASTODON, "mastodon:https://Help.example/@homeward/1"),
        (Platform.WEIBO, "weibo:4001"),
        (Platform.X, "x:1001"),
    ],
)
def test_quoting_our_post_is_an_invitation(platform: Platform, ours: str) -> None:
    known = ("weibo:4001", "x:1001")
    assert decided(post(platform, quote_of=ours), our_posts=known) == (True, "quoted_us")


@pytest.mark.parametrize(
    ("platform", "ours", "answered"),
    [
        (Platform.BLUESKY, f"bluesky:at://{DID}/app.bsky.feed.post/3k", True),
        (Platform.MASTODON, "mastodon:https://help.example/users/homeward/statuses/1", True),
        (Platform.WEIBO, "weibo:4001", True),
        (Platform.X, "x:1001", False),
    ],
)
def test_answering_our_post_is_an_invitation_except_on_x(
    platform: Platform, ours: str, answered: bool
) -> None:
    known = ("weibo:4001", "x:1001")
    assert decided(post(platform, reply_to=ours), our_posts=known)[0] is answered


@pytest.mark.parametrize(
    "theirs",
    [
        "mastodon:https://help.example/users/homeward2/statuses/1",
        "mastodon:https://evil.example/users/homeward/statuses/1",
        "mastodon:https://help.example/objects/9",
        "mastodon:https://help.example/@homeward@evil.example/1",
        "mastodon:http://[broken",
        "mastodon:",
        f"bluesky:at://{DID}2/app.bsky.feed.post/3k",
        f"x:at://{DID}/app.bsky.feed.post/3k",
    ],
)
def test_a_post_that_is_not_ours_is_no_invitation(theirs: str) -> None:
    for platform in (Platform.MASTODON, Platform.BLUESKY):
        assert decided(post(platform, quote_of=theirs, reply_to=theirs)) == (False, "not_named")


@pytest.mark.parametrize(
    ("sign", "rule"),
    [
        (AuthorSign.NO_BOT, "no_bot"),
        (AuthorSign.BOT, "author_is_bot"),
        (AuthorSign.PROTECTED, "protected"),
    ],
)
def test_a_sign_outweighs_a_mention(sign: AuthorSign, rule: str) -> None:
    assert decided(post(Platform.X, sign, mentions=("homeward_help",))) == (False, rule)


def test_an_opt_out_outweighs_a_mention() -> None:
    named = post(mentions=("homeward@help.example",))
    assert decided(named, opted_out=True) == (False, "opted_out")


def test_a_repost_that_names_us_is_not_answered() -> None:
    named = post(mentions=("homeward@help.example",), repost_of="mastodon:2")
    assert decided(named) == (False, "repost")


@pytest.mark.parametrize(
    "author", [Author(id="77", handle="renamed@help.example"), Author(id="", handle="Homeward@help.example")]
)
def test_we_do_not_answer_ourselves(author: Author) -> None:
    assert decided(post(mentions=("homeward@help.example",), author=author)) == (False, "own_post")


def test_without_an_account_on_the_platform_nobody_is_answered() -> None:
    answer = consent.decide(post(mentions=("homeward@help.example",)), {}, MAY, False)
    assert (answer.given, answer.rule) == (False, "no_account")


def test_an_account_without_a_name_is_never_named() -> None:
    nameless = {Platform.MASTODON: OurAccount("")}
    answer = consent.decide(post(mentions=("", "@")), nameless, MAY, False)
    assert answer.rule == "not_named"


def test_a_permit_that_forbids_gives_its_own_rule_and_words() -> None:
    named = post(Platform.WEIBO, mentions=("回家路",))
    refused = permit.decide(named, policy(Platform.WEIBO), (), LEGAL, NOW)
    answer = consent.decide(named, OURS, refused, False)
    assert answer.rule == "weibo_reply_needs_permission"
    assert "permission" in answer.words
    granted = Permission("weibo", Use.REPLY, "letter of May 2026", "Weibo Ltd")
    allowed = permit.decide(named, policy(Platform.WEIBO), (granted,), LEGAL, NOW)
    assert consent.decide(named, OURS, allowed, False).given


def test_a_permit_without_reasons_still_forbids() -> None:
    answer = consent.decide(post(mentions=("homeward@help.example",)), OURS, Permit(), False)
    assert (answer.given, answer.rule) == (False, "not_permitted")


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(Platform)),
    st.lists(st.text(max_size=12) | st.sampled_from([a.handle for a in OURS.values()]), max_size=3),
    st.text(max_size=30) | st.just("mastodon:https://help.example/users/homeward/statuses/1"),
    st.frozensets(st.sampled_from(list(AuthorSign))),
    st.booleans(),
)
def test_consent_is_never_given_without_a_permit_and_never_for_nothing(
    platform: Platform, mentions: list[str], other: str, signs: frozenset[AuthorSign], opted_out: bool
) -> None:
    made = post(platform, *signs, mentions=tuple(mentions), quote_of=other)
    allowed = permit.decide(made, policy(platform), (), LEGAL, NOW)
    answer = consent.decide(made, OURS, allowed, opted_out)
    if answer.given:
        assert allowed.may_reply
        assert not opted_out
        assert mentions or other
        assert not signs & {AuthorSign.BOT, AuthorSign.NO_BOT, AuthorSign.PROTECTED}
    assert not consent.decide(replace(made, mentions=(), quote_of=""), OURS, allowed, False).given


@settings(max_examples=60)
@given(
    platform=st.sampled_from(list(OURS)),
    mentions=st.lists(st.sampled_from(["homeward@help.example", "homeward_help", DID, "回家路", "somebody"])),
    quote_of=st.sampled_from(["", "x:1", f"bluesky:at://{DID}/app.bsky.feed.post/1"]),
    reply_to=st.sampled_from(["", "x:1", "mastodon:https://help.example/users/homeward/statuses/1"]),
    follows=st.booleans(),
    repost=st.booleans(),
)
def test_what_cannot_be_a_consent_is_known_by_the_post_alone(
    platform: Platform, mentions: list[str], quote_of: str, reply_to: str, follows: bool, repost: bool
) -> None:
    signs = frozenset({AuthorSign.FOLLOWS_US}) if follows else frozenset()
    found = post(
        platform, mentions=tuple(mentions), quote_of=quote_of, reply_to=reply_to,
        repost_of="x:2" if repost else "", author=Author("a", "a", signs=signs),
    )  # fmt: skip
    given_ = consent.decide(found, OURS, MAY, False, ("x:1",), following=True).given
    assert consent.may_have_asked(found, OURS) or not given_
