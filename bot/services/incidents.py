"""When something leaked or an account was taken over: lock everything, then say who is affected and by when.

Nothing here judges an incident; it stops what could still go out, and gives people the list and the clocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.road import Road
from store import audit, brake, cases, lockdown, users
from store.campaign import notice, notices
from store.errors import HomewardError, UsageError

log = structlog.get_logger(__name__)

NOTICE = "lockdown"
INCIDENT = "incident:"
MIN_WHY_CHARS = 8
CLOCKS: Mapping[str, tuple[timedelta, str]] = {
    # https://eur-lex.europa.eu/eli/reg/2016/679/oj, Art. 33(1)
    "GDPR Art. 33": (timedelta(hours=72), "tell the supervisory authority, unless nobody is at risk"),
    # https://eur-lex.europa.eu/eli/reg/2016/679/oj, Art. 34(1)
    "GDPR Art. 34": (
        timedelta(hours=72),
        "tell the people themselves without undue delay where the risk is high",
    ),
    # http://www.npc.gov.cn/npc/c30834/202108/a8c4e3672c74491a80b53a172bb753fe.shtml, Art. 57
    "PIPL Art. 57": (timedelta(0), "tell the authority and the people at once"),
}
"""What the law asks within which time of becoming aware; the operator's own counsel decides what applies."""
LETS_OUT = (
    "case.contact_opened", "place.revealed", "finding.opened", "lead.document_opened", "casefile.taken",
    "casefile.released", "cases.exported", "exchange.written", "hold.opened", "quarantine.shown",
    "person.copied",
)  # fmt: skip
"""Actions after which data was before somebody's eyes or left the house."""
HINTS = (
    "change every token in .env at its platform and here",
    "change HOMEWARD_SEAL_KEY's copies if the data folder itself was copied",
    "make new sign-in links: `run_bot.py user link NAME`",
    "families' links are over too: make new ones from their cases",
)


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lockdown ended, by kind, and what it could not do (the database did not answer)."""

    ended: Mapping[str, int]
    trouble: str = ""


def lock(road: Road, *, by: str, why: str) -> Locked:
    """Stop sending at once, then end every session, link and token, and refuse sign-ins and exports.

    Sending stops although the database is down. Raises UsageError without a reason.
    """
    if len(why.strip()) < MIN_WHY_CHARS:
        raise UsageError("why", f"say in at least {MIN_WHY_CHARS} characters what happened")
    now = road.clock()
    road.stop_file.stop(by=by, why=f"locked: {why.strip()}", at=now)
    try:
        with road.store.transaction(durable=True) as tx:
            ended = lockdown.end_all(tx, by=by, at=now)
            # The switch of the database stops the processes on other machines.
            brake.turn(tx, brake.PAUSE, on=True, by=by, why=f"locked: {why.strip()}", at=now)
            lockdown.turn(tx, on=True, by=by, why=why.strip(), at=now)
            notice(tx, NOTICE, f"Everything is locked since {now:%Y-%m-%d %H:%M} UTC.", now)
            audit.write(tx, now, by, "lockdown.on", "everything", why=why.strip(), **ended)
    except (HomewardError, SQLAlchemyError, OSError) as error:
        log.error("lockdown_incomplete", reason=str(error))
        return Locked({}, str(error).splitlines()[0])
    log.warning("lockdown", **ended)
    return Locked(ended)


def lift(road: Road, *, by: str, why: str) -> None:
    """Let people in again; sending stays stopped until somebody lets it go on. Raises UsageError."""
    if len(why.strip()) < MIN_WHY_CHARS:
        raise UsageError("why", f"say in at least {MIN_WHY_CHARS} characters why it is safe again")
    now = road.clock()
    with road.store.transaction(durable=True) as tx:
        if not lockdown.is_on(tx):
            raise UsageError("lockdown", "is not on")
        lockdown.turn(tx, on=False, by=by, why=why.strip(), at=now)
        notice(tx, NOTICE, "", now)
        audit.write(tx, now, by, "lockdown.off", "everything", why=why.strip())


def is_locked(road: Road) -> bool:
    """Whether everything is locked."""
    with road.store.reading() as tx:
        return lockdown.is_on(tx)


def standing(road: Road) -> dict[str, str]:
    """Open incidents: reference → words of its notice with the first deadline."""
    with road.store.reading() as tx:
        found = notices(tx)
    return {name.removeprefix(INCIDENT): words for name, words in found.items() if name.startswith(INCIDENT)}


@dataclass(frozen=True, slots=True)
class Affected:
    """One case or post that somebody saw or took: by which actions, how often; has it a family to tell."""

    subject: str
    actions: Mapping[str, int]
    by: tuple[str, ...]
    has_contact: bool = False


@dataclass(slots=True)
class Incident:
    """What an incident touched and until when what has to be done."""

    reference: str
    opened_at: datetime
    since: datetime
    until: datetime
    clocks: list[tuple[str, datetime, str]] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    affected: list[Affected] = field(default_factory=list)
    signed_in: dict[str, int] = field(default_factory=dict)
    hints: tuple[str, ...] = HINTS


def open_(
    road: Road, *, by: str, what: str, since: datetime, until: datetime, aware_at: datetime, account: str = ""
) -> Incident:
    """Start the clocks at `aware_at` and list what was opened or taken between two moments.

    `account` narrows it to what that account did. Raises UsageError for a span that is none, Missing
    for an account that there is not.
    """
    if since >= until:
        raise UsageError("since", "has to lie before until")
    if len(what.strip()) < MIN_WHY_CHARS:
        raise UsageError("what", f"say in at least {MIN_WHY_CHARS} characters what happened")
    now = road.clock()
    made = Incident(road.key.digest("incident", f"{what}{since}{until}")[:8].upper(), now, since, until)
    made.clocks = [(name, aware_at + within, words) for name, (within, words) in CLOCKS.items()]
    with road.store.transaction() as tx:
        if account:
            users.get(tx, account)
        rows = [row for row in audit.between(tx, since, until) if (not account or row.by == account)]
        found: dict[str, Counter[str]] = {}
        people: dict[str, set[str]] = {}
        for row in rows:
            if row.action in LETS_OUT:
                found.setdefault(row.subject, Counter())[row.action] += 1
                people.setdefault(row.subject, set()).add(row.by)
        made.signed_in = dict(Counter(row.by for row in rows if row.action == "user.signed_in"))
        made.accounts = sorted({row.by for row in rows if row.action in LETS_OUT} | set(made.signed_in))
        made.affected = [
            Affected(subject, dict(actions), tuple(sorted(people[subject])), cases.has_contact(tx, subject))
            for subject, actions in sorted(found.items())
        ]
        due = {name: at.isoformat() for name, at, _ in made.clocks}
        audit.write(
            tx, now, by, "incident.opened", made.reference, affected=len(made.affected), **{"due": due}
        )
        first = min(at for _, at, _ in made.clocks)
        notice(
            tx,
            f"{INCIDENT}{made.reference}",
            f"Incident {made.reference}: first deadline {first:%Y-%m-%d %H:%M} UTC.",
            now,
        )
    return made


def close(road: Road, reference: str, *, by: str, note: str) -> None:
    """Take the notice down once everything is done. Raises UsageError."""
    if len(note.strip()) < MIN_WHY_CHARS:
        raise UsageError("note", f"say in at least {MIN_WHY_CHARS} characters what was done")
    with road.store.transaction() as tx:
        notice(tx, f"{INCIDENT}{reference}", "", road.clock())
        audit.write(tx, road.clock(), by, "incident.closed", reference, note=note.strip())
