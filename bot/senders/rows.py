"""What every sender checks of a row before it leaves, and how it tells a lost answer from a refused one.

No platform is known here and nothing is asked of a network.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import httpx
import requests
import structlog
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from bot.rules.lengths import LengthRule
from bot.rules.urls import find_urls
from collectors.http import Answer
from collectors.payload import Fields
from store.errors import SourceError
from store.records.reply import Absent, Level, Receipt, Reply, Unknown

_log = structlog.get_logger(__name__)

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


def has_token(text: str, reference: str) -> bool:
    """Whether the reference stands in the text as a word of its own."""
    return bool(reference) and re.search(rf"(?<!\w){re.escape(reference)}(?!\w)", text) is not None


def look_up(
    reply: Reply,
    ours: Callable[[], Iterable[Fields]],
    text_of: Callable[[Fields], str],
    receipt_of: Callable[[Fields], Receipt | None],
    absent: str,
) -> Receipt | Absent | Unknown:
    """Look for the reference among what we wrote. Absent, in these words, only after a complete listing.

    `ours` lists our own posts or comments and raises SourceError where the listing does not come to its end;
    `receipt_of` gives None for one that lacks its id.
    """
    try:
        for found in ours():
            made = receipt_of(found) if has_token(text_of(found), reply.reference) else None
            if made is not None:
                return made
    except SourceError as error:
        return Unknown(error.detail)
    return Absent(absent)


def doubtful(reply: Reply, account: str, words: str) -> Unknown:
    """The platform may have acted: that is logged, without the words, and is for the listing to tell."""
    _log.warning("reply_doubtful", account=account, reference=reply.reference, why=words)
    return Unknown(words)


def never_connected(error: Exception) -> bool:
    """Whether the failure happened before a connection stood, so that no request can have left.

    Only the library's own nesting is followed: `__context__` beyond it may be somebody else's trouble.
    """
    pending: list[object] = [error, error.__context__]
    seen = 0
    while pending and seen < 20:
        found = pending.pop()
        seen += 1
        if isinstance(
            found,
            (
                requests.exceptions.ConnectTimeout,
                NewConnectionError,
                ConnectTimeoutError,
                ssl.SSLCertVerificationError,
            ),
        ):
            return True
        if isinstance(found, BaseException):
            pending += [*found.args, getattr(found, "reason", None)]
    return False


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
