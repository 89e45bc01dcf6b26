"""Mails put into the inbox: a person wants to be forgotten, or a copy. Recorded for the desk; the file goes.

A mail proves nothing: the desk names the account, which has to send a code. No other kind of mail is read.
"""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from pathlib import Path

import structlog

from bot.pipeline import erasing
from bot.pipeline.erasing import Who
from bot.pipeline.road import Road
from bot.rules import compose
from bot.rules.words import pick_language
from store.records.replying import AskedBy, Erasure, ErasureState, Wants

log = structlog.get_logger(__name__)

SUFFIX = ".eml"
BY = "inbox"
MOST_BYTES = 2 * 2**20
MOST_WORDS = 4000
_COPY = ("copy of my data", "access to my data", "subject access", "副本", "查阅", "查閱", "复制", "複製")


def take(road: Road, path: Path) -> str:
    """Record the wish in a mail and delete the file. Gives its reference, known already or not.

    Raises OSError where the file cannot be read or deleted.
    """
    data = path.read_bytes()[:MOST_BYTES]
    sender, words = _read(data)
    now = road.clock()
    reference = compose.reference(road.key.derived("erasure"), f"mail {road.key.digest('mail', data.hex())}")
    wants = Wants.COPY if any(each in words.casefold() for each in _COPY) else Wants.ERASE
    wish = Erasure(
        reference, "", b"", "", now, now + road.plan.erasure_due, way=AskedBy.MAIL, wants=wants,
        state=ErasureState.ASKED,
    )  # fmt: skip
    who = Who(contact=sender, words=words, language=pick_language("", words).value)
    with road.store.transaction(durable=True) as tx:
        erasing.put(road, tx, wish, who, by=BY)
    path.unlink()
    log.info("mail_recorded", reference=reference)
    return reference


def _read(data: bytes) -> tuple[str, str]:
    """(sender, subject and plain text) of a mail; what cannot be read stays empty."""
    mail = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return _header(mail, "from")[:400], f"{_header(mail, 'subject')}\n{_body(mail)}".strip()[:MOST_WORDS]


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail.get(name, ""))
    except (ValueError, LookupError, IndexError, TypeError, AttributeError):
        return ""  # The parser of headers gives up on some hostile ones.


def _body(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(("plain",))
        return str(part.get_content()) if part is not None else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
