"""What every sender checks of a row before it leaves, and how it tells a lost answer from a refused one.

No platform is known here and nothing is asked of a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

import httpx

from bot.rules.lengths import LengthRule
from bot.rules.urls import find_urls
from bot.senders.mastodon_client import never_connected
from bot.senders.mastodon_status import has_token
from collectors.http import Answer
from store.errors import SourceError
from store.records.reply import Level, Receipt, Reply

ANY_STATUS = frozenset(range(100, 600))
"""To be accepted by a write: what a status means there is the sender's to say."""
_UNDECIDED = frozenset({408, 409, 425})
_WORDS_MAX = 200
_NEVER = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def unfit(
    reply: Reply, platform: str, account: str, rule: LengthRule, visibilities: Collection[str], *, links: bool
) -> str:
    """Why this row must not leave, whatever was decided before; "" when it may.

    `links` says whether the platform takes links in a reply.
    """
    if reply.level is Level.DRY_RUN:
        return "this row is a rehearsal, and rehearsals are never sent"
    if reply.platform != platform or reply.account != account:
        return "this row belongs to another account"
    if reply.visibility not in visibilities:
        return f"visibility {reply.visibility!r} is not possible here"
    if not reply.idempotency_key or not has_token(reply.text, reply.reference):
        return "the row lacks its idempotency key or its reference and could not be found again"
    if not links and find_urls(reply.text):
        return "the text holds a link, and a reply here must hold none"
    if not rule.fits(reply.text, reply.to_handle):
        return f"too long: {rule.measure(reply.text, reply.to_handle)} of {rule.max_length} {rule.unit}"
    return ""


def receipt(reply: Reply, ident: str, url: str, at: datetime) -> Receipt:
    """The receipt of a row that is out."""
    return Receipt(ident, url, at, hashlib.sha256(reply.text.encode("utf-8", "surrogatepass")).hexdigest())


def never_left(error: SourceError) -> bool:
    """Whether the failure came before a connection stood, so that no request can have left."""
    cause = error.__context__
    return isinstance(cause, _NEVER) or (isinstance(cause, Exception) and never_connected(cause))


def is_refusal(status: int) -> bool:
    """Whether a status of a write says that the server did nothing and will do nothing."""
    return 400 <= status < 500 and status not in _UNDECIDED


def server_words(answer: Answer, reason: str, message: str) -> str:
    """A refusal in the server's own words, cut short."""
    said = ": ".join(part for part in (reason, message[:_WORDS_MAX].strip()) if part)
    return f"the server said no ({answer.status}){f': {said}' if said else ''}"
