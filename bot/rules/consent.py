"""Decide whether the author of a post may be answered, and say why. Pure.

Using a hashtag is no invitation: only who named the campaign account, quoted it or answered it is
answered, and who follows it where that was said beforehand. Everybody else is heard by the case team alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from store.records.permit import Consent, Permit, Use
from store.records.post import AuthorSign, Platform, Post

TEAM_ONLY = "case team only: "


@dataclass(frozen=True, slots=True)
class OurAccount:
    """Our account on a platform: its handle (Mastodon: user@host) and stable id (Bluesky: the DID)."""

    handle: str
    id: str = ""


def decide(
    post: Post,
    accounts: Mapping[Platform, OurAccount],
    permit: Permit,
    opted_out: bool,
    our_posts: Collection[str] = (),
    *,
    hotline_only: bool = False,
    following: bool = False,
) -> Consent:
    """Say whether the author of `post` asked to be answered.

    `our_posts` are the keys of posts we made; on Bluesky and Mastodon a post of ours is recognised by
    its address as well. On X an answer to our post counts only if it names us, as its rules demand
    (docs.x.com/changelog, 2026-02-23); a quote always does. `hotline_only` says that the author seems to
    be a minor: a consent then reaches no further than the hotline words. `following` says that following us
    counts: the platform's policy allows it, the operator wants it, and the account's profile says so.
    """
    account = accounts.get(post.platform)
    if account is None:
        return _no("no_account", "the campaign has no account on this platform")
    found = _refusal(post, account, permit, opted_out) or _asked(
        post, account, our_posts, following=following
    )
    if found.given and hotline_only:
        words = f"{found.words}; the hotline words alone are given"
        return Consent(True, found.rule, words, hotline_only=True)
    return found


def may_have_asked(post: Post, accounts: Mapping[Platform, OurAccount]) -> bool:
    """Whether `decide` could give a consent, judged by the post alone: False means that it never does."""
    account = accounts.get(post.platform)
    if account is None or post.repost_of:
        return False
    turns = bool(post.quote_of or post.reply_to) or AuthorSign.FOLLOWS_US in post.author.signs
    return turns or _names(post, account)


def speaks_to(post: Post, account: OurAccount, our_posts: Collection[str] = ()) -> bool:
    """Whether a post is a message to us: it names, quotes or answers us, and is its author's own."""
    if post.repost_of or _is_us(post, account):
        return False
    return _names(post, account) or any(
        _ours(key, account, our_posts) for key in (post.quote_of, post.reply_to)
    )


def answers(post: Post, account: OurAccount, our_posts: Collection[str] = ()) -> bool:
    """Whether a post answers one of ours."""
    return speaks_to(post, account, our_posts) and _ours(post.reply_to, account, our_posts)


def _asked(post: Post, account: OurAccount, our_posts: Collection[str], *, following: bool) -> Consent:
    """Whether the author turned to us."""
    if _names(post, account):
        return Consent(True, "named_us", "the author named the campaign account")
    if _ours(post.quote_of, account, our_posts):
        return Consent(True, "quoted_us", "the author quoted a post of the campaign account")
    if _ours(post.reply_to, account, our_posts) and post.platform is not Platform.X:
        return Consent(True, "replied_to_us", "the author answered a post of the campaign account")
    if following and AuthorSign.FOLLOWS_US in post.author.signs:
        return Consent(True, "follows_us", "the author follows the campaign account, whose profile says so")
    return _no("not_named", "the author did not name the campaign account")


def _refusal(post: Post, account: OurAccount, permit: Permit, opted_out: bool) -> Consent | None:
    """What stands against an answer even if we were named, the weightiest first."""
    signs = post.author.signs
    if _is_us(post, account):
        return _no("own_post", "the campaign account wrote this post itself")
    if post.repost_of:
        return _no("repost", "this is a repost, and its author said nothing of their own")
    if opted_out:
        return _no("opted_out", "the author asked not to be answered")
    if AuthorSign.NO_BOT in signs:
        return _no("no_bot", "the author's profile asks bots to keep away")
    if AuthorSign.BOT in signs:
        return _no("author_is_bot", "the author is a bot")
    if AuthorSign.PROTECTED in signs:
        return _no("protected", "the author's posts are protected")
    if AuthorSign.SUSPENDED in signs:
        return _no("suspended", "the author's account is suspended")
    if not permit.may_reply:
        line = next((w for w in permit.why if w.use is Use.REPLY and not w.allows), None)
        if line is None:
            return _no("not_permitted", "no rule permits an answer")
        return _no(line.rule, line.words)
    return None


def _no(rule: str, words: str) -> Consent:
    return Consent(False, rule, TEAM_ONLY + words)


def _plain(handle: str) -> str:
    return handle.strip().lstrip("@＠").casefold()


def _is_us(post: Post, account: OurAccount) -> bool:
    if account.id and post.author.id == account.id:
        return True
    return bool(account.handle) and _plain(post.author.handle) == _plain(account.handle)


def _names(post: Post, account: OurAccount) -> bool:
    wanted = {_plain(account.handle), _plain(account.id)} - {""}
    return any(_plain(mention) in wanted for mention in post.mentions)


def _ours(key: str, account: OurAccount, our_posts: Collection[str]) -> bool:
    """Whether the post with this key is one of ours."""
    if not key:
        return False
    if key in our_posts:
        return True
    platform, _, address = key.partition(":")
    if platform == Platform.BLUESKY:
        return bool(account.id) and address.startswith(f"at://{account.id}/")
    if platform == Platform.MASTODON:
        return _mastodon_owner(address) == _plain(account.handle)
    return False


def _mastodon_owner(uri: str) -> str:
    """`user@host` of a status address such as https://host/users/user/statuses/1, "" if not said there."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    steps = [step for step in parts.path.split("/") if step]
    if len(steps) >= 2 and steps[0] == "users":
        return f"{steps[1]}@{parts.netloc}".casefold()
    if len(steps) >= 2 and steps[0].startswith("@") and "@" not in steps[0][1:]:
        return f"{steps[0][1:]}@{parts.netloc}".casefold()
    return ""
