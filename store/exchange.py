"""Which families agreed to the exchange of a record, and which records went out, as rows. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_C, _X = t.exchange_consents.c, t.exchanged.c


@dataclass(frozen=True, slots=True)
class ExchangeConsent:
    """That a family agreed: who said so, how that was seen, who wrote it down; and that it took it back."""

    case_id: str
    agreed_by: str
    evidence: str
    by: str
    at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A record that went out: under which id, first and last when; `gone_at` since it is told as gone."""

    case_id: str
    record_id: str
    source_date: str
    first_at: datetime
    last_at: datetime
    gone_at: datetime | None = None


def agree(tx: Transaction, consent: ExchangeConsent) -> None:
    """Keep that a family agreed; a withdrawal before is over."""
    names = ExchangeConsent.__dataclass_fields__
    upsert(tx, t.exchange_consents, [{name: getattr(consent, name) for name in names}])


def withdraw(tx: Transaction, case_id: str, *, by: str, at: datetime) -> bool:
    """Keep that the family took it back. False if there was no consent that stood."""
    where = (_C.case_id == case_id) & _C.withdrawn_at.is_(None)
    done = tx.execute(sa.update(t.exchange_consents).where(where).values(withdrawn_at=at, withdrawn_by=by))
    return done.rowcount == 1


def consents(tx: Transaction) -> list[ExchangeConsent]:
    """All consents, by case; those taken back too."""
    query = sa.select(t.exchange_consents).order_by(_C.case_id)
    return [ExchangeConsent(**row._mapping) for row in tx.execute(query)]


def out(tx: Transaction) -> dict[str, Exchanged]:
    """All records that went out, by case."""
    return {row.case_id: Exchanged(**row._mapping) for row in tx.execute(sa.select(t.exchanged))}


def went_out(tx: Transaction, row: Exchanged) -> None:
    """Keep that a record went out, or is told as gone."""
    upsert(tx, t.exchanged, [{name: getattr(row, name) for name in Exchanged.__dataclass_fields__}])


def forget_case(tx: Transaction, case_id: str) -> None:
    """Forget what was agreed about a destroyed case; that its record went out stays, to be told as gone."""
    tx.execute(sa.delete(t.exchange_consents).where(_C.case_id == case_id))


def forget(tx: Transaction, *, gone_before: datetime) -> int:
    """Forget records that have been told as gone for long enough. How many."""
    return tx.execute(sa.delete(t.exchanged).where(_X.gone_at < gone_before)).rowcount
