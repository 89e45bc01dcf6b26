"""Exchange with other registries: PFIF records of cases whose family agreed, and the word that one is gone.

Off unless config.yaml says otherwise. Sealed cases never; fields by the operator's list, from a list of what
may leave at all; no contact, home, note, photo or lead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.pipeline import locking
from bot.pipeline.casework import named
from bot.pipeline.road import Road
from bot.rules import casefiles as rules
from bot.services import pfif_words as words
from bot.services.case_files import read_profile
from bot.services.cases import facts, need
from bot.services.exporting import pfif_fields
from bot.services.pfif_write import OutPerson, write
from store import audit, case_teams, cases, exchange, users
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.exchange import ExchangeConsent, Exchanged

MAY = (users.ADMIN, users.REGISTRAR)


@dataclass(slots=True)
class Written:
    """The PFIF document; ids that stand in it, ids told as gone, and (id, why) of those held back."""

    text: str = ""
    records: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)


class Standing(StrEnum):
    """Where a record stands in the exchange."""

    AGREED = "agreed"
    OUT = "out"
    TAKEN_BACK = "taken_back"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Listed:
    """One case's record: who of the family agreed, who wrote that down, when it last stood in a file."""

    case_id: str
    state: Standing
    agreed_by: str
    by: str
    last_out: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Whether exchange is on, the fields that it lets out, and the records that the asker may know of."""

    is_on: bool
    fields: tuple[str, ...]
    rows: tuple[Listed, ...]


def listing(road: Road, *, by: str) -> Listing:
    """What families agreed to, and what is out. Raises NotAllowed for who is neither registrar nor admin."""
    plan = road.case_files.plan
    with road.store.reading() as tx:
        if not users.get(tx, by).has(*MAY):
            raise NotAllowed(by, "is neither registrar nor administrator")
        out = exchange.out(tx)
        rows = [
            _listed(consent, out.get(consent.case_id))
            for consent in exchange.consents(tx)
            if not case_teams.is_hidden(tx, consent.case_id, by)
        ]
    return Listing(plan.exchange, tuple(sorted(plan.exchange_fields)), tuple(rows))


def _listed(consent: ExchangeConsent, row: Exchanged | None) -> Listed:
    if consent.withdrawn_at is not None:
        state = Standing.TAKEN_BACK
    elif row is None:
        state = Standing.AGREED
    else:
        state = Standing.GONE if row.gone_at else Standing.OUT
    return Listed(consent.case_id, state, consent.agreed_by, consent.by, row.last_at if row else None)


def agree(road: Road, case_id: str, *, by: str, agreed_by: str, evidence: str) -> None:
    """A registrar writes down that the family wants its record in other registries.

    Raises Missing for a hidden case, UsageError without who and how, NotAllowed for a sealed one or a role
    that may not.
    """
    need(agreed_by, "agreed_by", "say who of the family agreed")
    need(evidence, "evidence", "say how that was seen or heard, and when")
    now = road.clock()
    with road.store.transaction() as tx:
        if not users.get(tx, by).has(users.REGISTRAR):
            raise NotAllowed(by, "is no registrar; only they write down what families agree to")
        held = cases.seen(tx, case_id, by)
        if held.case.sealed:
            raise NotAllowed(case_id, "is sealed; its record never leaves by exchange")
        exchange.agree(tx, ExchangeConsent(case_id, agreed_by.strip(), evidence.strip(), by, now))
        audit.write(tx, now, by, "exchange.agreed", named(road, held.case), evidence=evidence.strip())


def withdraw(road: Road, case_id: str, *, by: str) -> None:
    """The family takes it back: the next file says that the record is gone. Raises Missing, UsageError."""
    now = road.clock()
    with road.store.transaction() as tx:
        if not users.get(tx, by).has(*MAY):
            raise NotAllowed(by, "is neither registrar nor administrator")
        held = cases.seen(tx, case_id, by)
        if not exchange.withdraw(tx, case_id, by=by, at=now):
            raise UsageError(case_id, "has no agreement that could be taken back")
        audit.write(tx, now, by, "exchange.withdrawn", named(road, held.case))


def make(road: Road, *, by: str, why: str) -> Written:
    """The records that may stand in the exchange now, and the word for those that may not any more.

    Raises NotAllowed where exchange is off or for who is no administrator, UsageError without a reason.
    """
    need(why, "why", "say to whom the records go")
    plan, now, done = road.case_files.plan, road.clock(), Written()
    if not plan.exchange:
        raise NotAllowed("exchange", "is off; `exchange: {enabled: true}` in config.yaml turns it on")
    with road.store.transaction(durable=True) as tx:
        locking.need_unlocked(tx, "exchange")
        if not users.get(tx, by).has(users.ADMIN):
            raise NotAllowed(by, "is no administrator; only they let records out")
        exchange.forget(tx, gone_before=now - plan.exchange_expires)
        before = exchange.out(tx)
        people = [p for each in exchange.consents(tx) if (p := _person(road, tx, each, before, done))]
        stones = [_stone(road, tx, row, done) for row in before.values() if row.case_id not in done.records]
        audit.write(
            tx, now, by, "exchange.written", "pfif", why=why.strip(), records=len(people), gone=len(stones)
        )
    done.text = write([*people, *stones], [], "1.4")
    return done


def _person(
    road: Road, tx: Transaction, consent: ExchangeConsent, before: dict[str, Exchanged], done: Written
) -> OutPerson | None:
    plan, now, case_id = road.case_files.plan, road.clock(), consent.case_id
    try:
        row = cases.get(tx, case_id)
    except Missing:
        return None
    if case_teams.is_hidden(tx, case_id, case_teams.NOBODY):
        return None
    known = facts(road, tx, row, by="")
    publish = not known.is_imported or bool(known.permission and known.permission.publish)
    agreed = consent.withdrawn_at is None
    if not rules.may_be_exchanged(row.case, row.status, agreed=agreed, publish=publish):
        why = "its family took it back" if not agreed else f"is {row.status.value}"
        done.held.append((case_id, why if publish else "its source does not permit it"))
        return None
    fields = rules.exchanged_fields(
        pfif_fields(row.case, read_profile(road, tx, case_id), frozenset()), plan.exchange_fields
    )
    ends = min(filter(None, (row.case.expires_at, now + plan.exchange_expires)))
    fields["expiry_date"] = words.stamp(ends)
    fields.setdefault("source_date", words.stamp(consent.at))
    first = before[case_id].first_at if case_id in before else now
    exchange.went_out(tx, Exchanged(case_id, fields["person_record_id"], fields["source_date"], first, now))
    done.records.append(case_id)
    return OutPerson(fields, ())


def _stone(road: Road, tx: Transaction, row: Exchanged, done: Written) -> OutPerson:
    """The record's tombstone: its id and dates alone, so that importers wipe their copies (PFIF 1.4)."""
    gone = row if row.gone_at is not None else replace(row, gone_at=road.clock())
    exchange.went_out(tx, gone)
    done.gone.append(row.record_id)
    at = words.stamp(_known(gone.gone_at))
    names = ("source_date", "entry_date", "expiry_date")
    return OutPerson({"person_record_id": row.record_id, **dict.fromkeys(names, at)}, ())


def _known(at: datetime | None) -> datetime:
    assert at is not None
    return at


def consents(road: Road, *, viewer: str) -> list[ExchangeConsent]:
    """Agreements about cases that the viewer may know of."""
    with road.store.reading() as tx:
        return [c for c in exchange.consents(tx) if not case_teams.is_hidden(tx, c.case_id, viewer)]
