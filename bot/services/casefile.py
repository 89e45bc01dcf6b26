"""Case files for authorities: prepared by one account, released by another, signed, encrypted, kept a while.

Nothing is kept of a file that is not released: it is made anew from the store each time, and the second
person releases exactly what the first one saw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import pyrage
import structlog

from bot.pipeline import locking, timestamps
from bot.pipeline.road import Road
from bot.rules import bag
from bot.rules import casefiles as rules
from bot.services import casefile_content as contents
from bot.services import casefile_pages, metering
from bot.services.cases import need
from store import audit, casefiles, cases, deliveries, matches, posts, users, veils
from store.case_teams import NOBODY
from store.db import Transaction
from store.errors import ConfigError, Conflict, Missing, NotAllowed, UsageError
from store.matches import MatchRow
from store.records.case import CaseStatus
from store.records.casefile import CaseFile, CaseFileState, Delivery

log = structlog.get_logger(__name__)

MAY = (users.REVIEWER, users.LIAISON)
"""Roles that prepare and release: they see faces and places anyway, and no contacts."""
REPORT = "report.pdf"
LOOKED = "casefile.looked"
ANEW = "has changed since it was prepared (a post, a photo or the case); prepare it anew"


@dataclass(frozen=True, slots=True)
class CaseFileView:
    """A case file with its links, and how many other files of the same candidate there are."""

    file: CaseFile
    links: tuple[Delivery, ...]


def prepare(
    road: Road,
    match_key: str,
    *,
    by: str,
    authority: str,
    purpose: str,
    why: str,
    expires_at: datetime,
    originals: bool = False,
) -> CaseFileView:
    """First person: for whom, for what, until when. Nothing leaves.

    Raises NotAllowed for a role that may not, Missing for a hidden candidate, UsageError with the reason
    where such a file cannot be.
    """
    plan, now = road.case_files.plan, road.clock()
    to = plan.authority(authority)
    if to is None:
        known = ", ".join(each.name for each in plan.authorities) or "none yet: case_files in config.yaml"
        raise UsageError("authority", f"is not one that this installation knows ({known})")
    with road.store.reading() as tx:
        need_holder(tx, by)
        row = matches.get(tx, matches.full_key(tx, match_key, viewer=by))
        _need_ready(road, tx, row, purpose=purpose, why=why, expires_at=expires_at)
    draft = CaseFile(
        0, row.match.key, row.match.post_key, row.match.case_id, to.name, to.key, purpose.strip(),
        why.strip(), expires_at, originals, "", CaseFileState.PREPARED, by, now,
    )  # fmt: skip
    contents.gather(road, row.match.key, by=by, originals=originals, until=now)
    with road.store.transaction(durable=True) as tx:
        _need_ready(road, tx, matches.get(tx, row.match.key), purpose=purpose, why=why, expires_at=expires_at)
        file = casefiles.add(tx, draft)
        audit.write(
            tx, now, by, "casefile.prepared", contents.subject(file.number), authority=to.name,
            until=expires_at.isoformat(), originals=originals, why=why.strip(),
        )  # fmt: skip
    return show(road, file.number, viewer=by)


def _need_ready(
    road: Road, tx: Transaction, row: MatchRow, *, purpose: str, why: str, expires_at: datetime
) -> None:
    veils.check(tx, row.match.post_key)
    if not posts.stands(tx, row.match.post_key):
        raise UsageError(row.match.key, "is of a post that is gone; nothing of it may be handed on")
    words = rules.why_not_prepared(
        status=cases.get(tx, row.match.case_id).status, match_state=row.state, purpose=purpose, why=why,
        expires_at=expires_at, now=road.clock(), longest=road.case_files.plan.longest,
    )  # fmt: skip
    if words:
        raise UsageError(row.match.key, words)


def payload(road: Road, number: int, *, by: str) -> dict[str, bytes]:
    """The files of a prepared file as they would leave, the chain apart: made anew, kept nowhere."""
    with road.store.reading() as tx:
        need_holder(tx, by)
        file = casefiles.seen(tx, number, by)
    return _payload(road, file, by)


def _payload(road: Road, file: CaseFile, by: str) -> dict[str, bytes]:
    found = contents.gather(road, file.match_key, by=by, originals=file.originals, until=file.prepared_at)
    made = contents.files(found, file)
    made[REPORT] = casefile_pages.report(found, file, road.gazetteer(), road.case_files.plan.responsible)
    return made


def look(road: Road, number: int, *, by: str) -> bytes:
    """The report of a file that waits, for the people who decide; who looked, and at what, is written down.

    Raises NotAllowed, Missing.
    """
    made = payload(road, number, by=by)
    with road.store.transaction() as tx:
        audit.write(tx, road.clock(), by, LOOKED, contents.subject(number), content=contents.digest(made))
    return made[REPORT]


def release(road: Road, number: int, *, by: str, why: str) -> CaseFileView:
    """Second person: it may go, as this person looked at it. The encrypted file is then made.

    Raises NotAllowed for the first person, a wrong role or who has not looked, UsageError with the reason,
    Conflict if it holds something else by now. A time-stamping service that does not answer leaves it
    released and unmade: `complete` does the rest.
    """
    now = road.clock()
    with road.store.reading() as tx:
        locking.need_unlocked(tx, "case file")
        _deciding(road, tx, number, by, why)
        content = casefiles.looked_at(tx, contents.subject(number), LOOKED, by)
    if not content:
        raise NotAllowed(f"case file {number}", "was not looked at by you; open its report first")
    made = payload(road, number, by=by)
    if contents.digest(made) != content:
        raise Conflict(str(number), "has changed since you looked at it; look at its report again")
    with road.store.transaction(durable=True) as tx:
        file = _deciding(road, tx, number, by, why)
        row = matches.get(tx, file.match_key)
        _need_ready(road, tx, row, purpose=file.purpose, why=file.why, expires_at=file.expires_at)
        casefiles.decide(
            tx, number, to=CaseFileState.RELEASED, by=by, why=why.strip(), at=now, content=content
        )
        audit.write(
            tx, now, by, "casefile.released", contents.subject(number), content=content, why=why.strip(),
            authority=file.authority, recipient=file.recipient,
        )  # fmt: skip
    return _finish(road, number, made, by=by)


def refuse(road: Road, number: int, *, by: str, why: str) -> CaseFileView:
    """Second person: it may not go. Raises as `release` does."""
    with road.store.transaction(durable=True) as tx:
        _deciding(road, tx, number, by, why)
        casefiles.decide(tx, number, to=CaseFileState.REFUSED, by=by, why=why.strip(), at=road.clock())
        audit.write(tx, road.clock(), by, "casefile.refused", contents.subject(number), why=why.strip())
    return show(road, number, viewer=by)


def _deciding(road: Road, tx: Transaction, number: int, by: str, why: str) -> CaseFile:
    need_holder(tx, by)
    file = casefiles.seen(tx, number, by)
    words = rules.why_not_decided(file, by, why, road.clock())
    if words:
        raise NotAllowed(f"case file {number}", words)
    return file


def complete(road: Road, number: int, *, by: str) -> CaseFileView:
    """Make the encrypted file of a released case file that has none yet. Raises Conflict otherwise."""
    return _finish(road, number, payload(road, number, by=by), by=by)


def _finish(road: Road, number: int, made: dict[str, bytes], *, by: str) -> CaseFileView:
    """Chain, bag, signature, time stamp, encryption; then the row that says so."""
    desk = road.case_files
    with road.store.reading() as tx:
        file = casefiles.seen(tx, number, by)
        if file.state is not CaseFileState.RELEASED:
            raise Conflict(str(number), f"is {file.state.value}, not released; there is nothing to make")
        chained = {**made, contents.CHAIN: contents.chain_of(road, tx, file)}
    if contents.digest(made) != file.content:
        raise Conflict(str(number), ANEW)
    encrypted = _encrypted(_packed(road, file, chained), file.recipient)
    digest = hashlib.sha256(encrypted).hexdigest()
    desk.files.put(digest, encrypted)
    with road.store.transaction(durable=True) as tx:
        casefiles.made(tx, number, digest=digest, size_bytes=len(encrypted), until=file.expires_at)
        audit.write(
            tx,
            road.clock(),
            by,
            "casefile.made",
            contents.subject(number),
            sha256=digest,
            size=len(encrypted),
        )
    log.info("casefile_made", number=number, size=len(encrypted))
    return show(road, number, viewer=by)


def _packed(road: Road, file: CaseFile, chained: dict[str, bytes]) -> bytes:
    desk = road.case_files
    files = {f"data/{path}": content for path, content in chained.items()}
    stamp = timestamps.ask(desk.plan, bag.manifest("sha512", files))
    name = f"homeward-case-file-{file.number}"
    made = bag.make(chained, _info(road, file), {bag.STAMP: stamp.der} if stamp else {})
    return bag.pack(bag.sign(made, desk.signing), name)


def _info(road: Road, file: CaseFile) -> list[tuple[str, str]]:
    decided = file.decided_at or file.prepared_at
    return [
        ("Source-Organization", road.case_files.plan.responsible or "Homeward"),
        ("Bagging-Date", decided.date().isoformat()),
        ("External-Identifier", f"case file {file.number}"),
        ("External-Description", "possible resemblance; a DNA test proves, nothing here does"),
        ("Homeward-For", file.authority),
        ("Homeward-Purpose", file.purpose),
        ("Homeward-Expires", file.expires_at.isoformat()),
        ("Homeward-Prepared-By", file.prepared_by),
        ("Homeward-Released-By", file.decided_by),
    ]


def _encrypted(content: bytes, recipient: str) -> bytes:
    try:
        return bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)]))
    except pyrage.RecipientError as error:
        raise ConfigError(
            "case_files.authorities", "names a key that is no age public key (age1…)"
        ) from error


def withdraw(road: Road, number: int, *, by: str, why: str) -> CaseFileView:
    """End a file that was not fetched: its links are over and its bytes go. Raises UsageError, Conflict."""
    need(why, "why", "say why it does not go")
    with road.store.transaction(durable=True) as tx:
        need_holder(tx, by)
        file = casefiles.seen(tx, number, by)
        if not casefiles.end(tx, number, to=CaseFileState.WITHDRAWN, why=why.strip(), at=road.clock()):
            raise Conflict(str(number), f"is {file.state.value}; it cannot be taken back")
        deliveries.end_of(tx, number, "the case file was withdrawn")
        audit.write(tx, road.clock(), by, "casefile.withdrawn", contents.subject(number), why=why.strip())
        casefiles.destroyed(tx, number)
    if file.digest:
        road.case_files.files.destroy(file.digest)
    return show(road, number, viewer=by)


def candidates(road: Road, *, by: str, most: int = 100) -> list[MatchRow]:
    """Confirmed candidates of which a case file can be prepared, as far as this person may know of them."""
    with road.store.reading() as tx:
        need_holder(tx, by)
        rows = matches.queue(tx, state=matches.POSSIBLE, most=most, viewer=by)
        return [row for row in rows if cases.get(tx, row.match.case_id).status is CaseStatus.ACTIVE]


def listing(road: Road, *, viewer: str = NOBODY, most: int = 100) -> list[CaseFileView]:
    """Case files that this viewer may know of, newest first."""
    with road.store.reading() as tx:
        found = casefiles.listing(tx, viewer=viewer, most=most)
        return [CaseFileView(file, tuple(deliveries.of_file(tx, file.number))) for file in found]


def of_candidate(road: Road, match_key: str, *, viewer: str) -> list[CaseFile]:
    """Case files about one candidate that this viewer may know of, newest first."""
    with road.store.reading() as tx:
        return casefiles.of_match(tx, match_key, viewer=viewer)


def show(road: Road, number: int, *, viewer: str = NOBODY) -> CaseFileView:
    """One case file. Raises Missing, for one about a hidden case too."""
    with road.store.reading() as tx:
        file = casefiles.seen(tx, number, viewer)
        return CaseFileView(file, tuple(deliveries.of_file(tx, number)))


def fetch(road: Road, number: int, *, by: str) -> tuple[CaseFile, bytes]:
    """The encrypted bytes, for somebody with the right who hands them over otherwise; written down."""
    with road.store.transaction(durable=True) as tx:
        need_holder(tx, by)
        file = casefiles.seen(tx, number, by)
        if file.state is not CaseFileState.READY:
            raise Missing(str(number), f"is {file.state.value}: there is no file to hand over")
        metering.count(road, tx, by, metering.Kind.EXPORT)
        locking.need_unlocked(tx, "case file")
        audit.write(tx, road.clock(), by, "casefile.taken", contents.subject(number), sha256=file.digest)
    return file, road.case_files.files.get(file.digest)


def need_holder(tx: Transaction, by: str) -> None:
    """Raises NotAllowed for an account that may not stand behind a case file."""
    if not users.get(tx, by).has(*MAY):
        raise NotAllowed(by, f"may not handle case files; roles that may: {', '.join(sorted(MAY))}")
