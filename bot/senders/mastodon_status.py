"""Reading a status of a Mastodon server, as far as a sender has to. Pure: no request leaves from here.

What a server sends may have any shape; what is not as documented reads as not being there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.senders.rows import has_token
from store.records.post import Platform
from store.records.reply import Reply

Status = Mapping[str, Any]

# The convention of the fediverse (blog.elizafox.space); checked again here, since profiles change.
_NO_BOT = re.compile(r"[#＃](?:nobots?|noindex)(?!\w)", re.I)
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>|</p>", re.I)


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON list; nothing when it is no list."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def uri_of(reply: Reply) -> str:
    """The global address of the post that a row answers."""
    return reply.post_key.removeprefix(f"{Platform.MASTODON.value}:")


def addresses(status: Status) -> set[str]:
    """The addresses under which a status is known."""
    return {str(status[name]) for name in ("uri", "url") if status.get(name)}


def author_id(status: Status) -> str:
    """The server's id of a status's author."""
    return str(_mapping(status.get("account")).get("id"))


def written_at(status: Status) -> datetime | None:
    """When a status was made, aware UTC; None when it does not say."""
    written = status.get("created_at")
    if not isinstance(written, datetime):
        return None
    return written if written.tzinfo else written.replace(tzinfo=UTC)


def plain(status: Status) -> str:
    """The words of a status without its markup."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", str(status.get("content") or ""))))


def speaks_to(status: Status, own: str) -> bool:
    """Whether a status mentions, answers or quotes the account with this id."""
    quoted = _mapping(_mapping(status.get("quote")).get("quoted_status"))
    return (
        any(str(mention.get("id")) == own for mention in mappings(status.get("mentions")))
        or str(status.get("in_reply_to_account_id")) == own
        or author_id(quoted) == own
    )


def asks_no_bot(status: Status) -> bool:
    """Whether the author's profile says #nobot in its note or fields."""
    account = _mapping(status.get("account"))
    said = [account.get("note"), *(entry.get("value") for entry in mappings(account.get("fields")))]
    return any(_NO_BOT.search(_TAG.sub("", str(text or ""))) for text in said)


def carries(status: Status, reference: str) -> bool:
    """Whether the words of a status hold the reference."""
    return has_token(plain(status), reference)


def is_the_reply(status: Status, reply: Reply) -> bool:
    """Whether a status of ours is this row: its reference, in the very words or below the post.

    When the answered post is deleted a server forgets that ours was an answer; then it has to end with
    the reference, as what we send does.
    """
    if not carries(status, reply.reference):
        return False
    said = plain(status).split()
    if said[1:] == reply.text.split()[1:]:  # the first word is the mention, which servers shorten
        return True
    answers = status.get("in_reply_to_id")
    if answers is None:
        return said[-1] == reply.reference
    return bool(reply.to_native_id) and str(answers) == reply.to_native_id


def profile_text(account: Mapping[str, Any]) -> str:
    """The words of an account's own profile, from the part that only its owner is given: no markup in it."""
    source = _mapping(account.get("source"))
    fields = [f"{each.get('name', '')} {each.get('value', '')}" for each in mappings(source.get("fields"))]
    return "\n".join([str(source.get("note") or ""), *fields])
