"""Handing a case file over: a link that works once and expires, and a code that goes another way.

The link alone opens nothing, the code alone neither. Of who fetched it only the moment and the size are kept.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass

import structlog

from bot.pipeline import locking
from bot.pipeline.road import Road
from bot.rules import casefiles as rules
from bot.services import casefile_content as contents
from bot.services import metering
from bot.services.casefile import need_holder
from bot.services.cases import need
from store import audit, casefiles, deliveries
from store.db import Transaction
from store.errors import Conflict, Missing
from store.records.casefile import CaseFile, CaseFileState, Delivery

log = structlog.get_logger(__name__)

OVER = "is over or was used; ask whoever gave it to you for a new one"
FOLDER = "/case-file/"


@dataclass(frozen=True, slots=True)
class Handed:
    """A fresh link and its code, shown once and kept nowhere."""

    address: str
    code: str
    link: Delivery


@dataclass(frozen=True, slots=True)
class Fetched:
    """What somebody with link and code gets: the encrypted bytes and their digest."""

    name: str
    data: bytes
    digest: str

    @property
    def base64(self) -> str:
        """The SHA-256 as the header Repr-Digest (RFC 9530) writes it."""
        return base64.b64encode(bytes.fromhex(self.digest)).decode()


def hand(road: Road, number: int, *, by: str) -> Handed:
    """Make a link to a released file; an older open one is over. Raises NotAllowed, Missing, Conflict."""
    now, plan = road.clock(), road.case_files.plan
    token = secrets.token_urlsafe(24)
    code = "".join(secrets.choice(rules.CODE_CHARS) for _ in range(rules.CODE_LENGTH))
    with road.store.transaction(durable=True) as tx:
        need_holder(tx, by)
        file = casefiles.seen(tx, number, by)
        if file.state is not CaseFileState.READY:
            raise Conflict(str(number), f"is {file.state.value}; there is nothing to hand over")
        until = min(now + plan.link, file.expires_at)
        digest = deliveries.digest_of(token)
        link = Delivery(digest, number, _code(road, digest, code), by, now, until)
        deliveries.add(tx, link)
        metering.count(road, tx, by, metering.Kind.EXPORT)
        audit.write(
            tx,
            now,
            by,
            "casefile.link_made",
            contents.subject(number),
            link=digest[:16],
            until=until.isoformat(),
        )
    return Handed(f"{plan.base_url}{FOLDER}{token}", rules.spoken(code), link)


def _code(road: Road, digest: str, code: str) -> str:
    return road.key.digest("casefile code", f"{digest}:{rules.plain_code(code)}")


def standing(road: Road, token: str) -> CaseFile:
    """The file of an open link. Raises Missing in the same words for unknown, used, tried out and over."""
    with road.store.reading() as tx:
        return _open(road, tx, token)[1]


def _open(road: Road, tx: Transaction, token: str) -> tuple[Delivery, CaseFile]:
    link = deliveries.find(tx, token)
    if link is None:
        raise Missing("this link", OVER)
    file = casefiles.get(tx, link.number)
    if not rules.is_open(link, file, road.clock(), road.case_files.plan.tries):
        raise Missing("this link", OVER)
    return link, file


def fetch(road: Road, token: str, code: str) -> Fetched | None:
    """The file for who has link and code; None for a wrong code, which is counted. The link is used up.

    The receipt (when, size, digest) is written with it. Raises Missing for a link that is over.
    """
    now, plan = road.clock(), road.case_files.plan
    with road.store.transaction(durable=True) as tx:
        locking.need_unlocked(tx, "case file")
        link, file = _open(road, tx, token)
        tries = deliveries.count_try(tx, link.digest)
        if not hmac.compare_digest(link.code, _code(road, link.digest, code)):
            _wrong(road, tx, link, tries)
            return None
        data = road.case_files.files.get(file.digest)
        is_first = casefiles.delivered(tx, file.number, at=now, until=now + plan.kept_after)
        if not is_first or not deliveries.spend(tx, link.digest, at=now):
            raise Missing("this link", OVER)
        audit.write(
            tx, now, "recipient", "casefile.delivered", contents.subject(file.number), link=link.digest[:16],
            sha256=file.digest, size=file.size_bytes,
        )  # fmt: skip
    log.info("casefile_delivered", number=file.number, size=file.size_bytes)
    return Fetched(f"homeward-case-file-{file.number}.zip.age", data, file.digest)


def _wrong(road: Road, tx: Transaction, link: Delivery, tries: int) -> None:
    subject, now = contents.subject(link.number), road.clock()
    audit.write(tx, now, "recipient", "casefile.wrong_code", subject, link=link.digest[:16], tries=tries)
    if tries >= road.case_files.plan.tries:
        deliveries.end(tx, link.digest, "too many wrong codes")


def again(road: Road, number: int, *, by: str, why: str) -> None:
    """Take a delivery as not arrived (the transfer broke off): while its bytes are kept it can be handed over
    once more. Raises Conflict when they are gone, UsageError without a reason."""
    need(why, "why", "say how you know that it did not arrive")
    with road.store.transaction(durable=True) as tx:
        need_holder(tx, by)
        file = casefiles.seen(tx, number, by)
        if not casefiles.reopen(tx, number, until=file.expires_at):
            raise Conflict(str(number), f"is {file.state.value} and its bytes are gone; prepare it anew")
        audit.write(tx, road.clock(), by, "casefile.not_arrived", contents.subject(number), why=why.strip())
