"""Every sign that a Mastodon author can give is read from the account and reaches the permit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.rules import permit
from collectors.mastodon_status import read_status
from store.records.permit import Legal, Permit, Use
from store.records.post import AuthorSign, Platform, Post
from tests.unit.rules.posts import policy

NOW = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)
LEGAL = Legal(*["filled"] * len(Legal.__dataclass_fields__))


def post_of(**account: Any) -> Post:
    status = {
        "id": "1",
        "uri": "https://harbour.example/users/nora/statuses/1",
        "created_at": "2026-02-08T11:00:00Z",
        "content": "<p>seen #found</p>",
        "visibility": "public",
        "tags": [{"name": "found"}],
        "account": {"acct": "nora", "url": "https://harbour.example/@nora", **account},
    }
    (post,) = read_status(status, NOW, host="harbour.example").posts
    return post


def permit_of(post: Post) -> Permit:
    return permit.decide(post, policy(Platform.MASTODON), (), LEGAL, NOW)


def forbidden(found: Permit) -> set[Use]:
    return {line.use for line in found.why if not line.allows}


@pytest.mark.parametrize(
    ("account", "sign", "forbids"),
    [
        ({"note": "<p>me. #NoBot</p>"}, AuthorSign.NO_BOT, set(Use)),
        (
            {"note": '<p><a href="https://x.example/tags/nobots">#<span>nobots</span></a></p>'},
            AuthorSign.NO_BOT,
            set(Use),
        ),
        ({"fields": [{"name": "please", "value": "＃NOBOT"}]}, AuthorSign.NO_BOT, set(Use)),
        ({"display_name": "Nora #noindex"}, AuthorSign.NO_BOT, set(Use)),
        ({"note": "#noindex"}, AuthorSign.NO_INDEX, set(Use)),
        ({"noindex": True}, AuthorSign.NO_INDEX, {Use.SHOW}),
        ({"indexable": False}, AuthorSign.NO_INDEX, {Use.SHOW}),
        ({"discoverable": False}, AuthorSign.NOT_DISCOVERABLE, {Use.SHOW}),
        ({"locked": True}, AuthorSign.LOCKED, {Use.SHOW}),
        ({"bot": True}, AuthorSign.BOT, {Use.REPLY}),
        ({"memorial": True}, AuthorSign.MEMORIAL, {Use.REPLY}),
        ({"suspended": True}, AuthorSign.SUSPENDED, {Use.MATCH, Use.REPLY, Use.SHOW}),
    ],
)
def test_a_sign_of_the_author_is_read_and_reaches_the_permit(
    account: dict[str, Any], sign: AuthorSign, forbids: set[Use]
) -> None:
    post = post_of(**account)
    assert sign in post.author.signs
    assert forbidden(permit_of(post)) == forbids


@pytest.mark.parametrize(
    "account",
    [
        {"noindex": False, "indexable": True, "discoverable": True, "locked": False, "bot": False},
        {"noindex": None, "indexable": None, "discoverable": None, "suspended": None, "memorial": None},
        {"locked": "true", "bot": 1, "discoverable": 0, "note": None, "fields": "none"},
        {"note": "<p>I like nobots and #nobotany</p>"},
    ],
)
def test_what_is_no_sign_forbids_nothing(account: dict[str, Any]) -> None:
    post = post_of(**account)
    assert post.author.signs == frozenset() and forbidden(permit_of(post)) == set()
