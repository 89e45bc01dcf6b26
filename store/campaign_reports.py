"""Reports of the campaign, as the numbers from which a page or a PDF is made when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Missing

_R = t.campaign_reports.c
WEEKLY, FINAL = "weekly", "final"


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """A report over days (both included): its number, kind, numbers, and who made it when."""

    number: int
    kind: str
    first_day: date
    last_day: date
    numbers: Mapping[str, Any]
    by: str
    at: datetime


def add(
    tx: Transaction, *, kind: str, first: date, last: date, numbers: Mapping[str, Any], by: str, at: datetime
) -> CampaignReport:
    """Keep a report under the next number."""
    newest = tx.execute(sa.select(sa.func.max(_R.number))).scalar() or 0
    made = CampaignReport(int(newest) + 1, kind, first, last, numbers, by, at)
    row = {name: getattr(made, name) for name in CampaignReport.__dataclass_fields__}
    tx.execute(sa.insert(t.campaign_reports).values(**row | {"numbers": dict(numbers)}))
    return made


def get(tx: Transaction, number: int) -> CampaignReport:
    """A report by its number. Raises Missing."""
    row = tx.execute(sa.select(t.campaign_reports).where(_R.number == number)).first()
    if row is None:
        raise Missing(str(number), "is the number of no report")
    return CampaignReport(**row._mapping)


def listing(tx: Transaction, *, most: int = 100) -> list[CampaignReport]:
    """Reports, newest first."""
    query = sa.select(t.campaign_reports).order_by(_R.number.desc()).limit(most)
    return [CampaignReport(**row._mapping) for row in tx.execute(query)]


def has(tx: Transaction, kind: str, first: date) -> bool:
    """Whether there is a report of this kind that begins on the day."""
    query = sa.select(_R.number).where(_R.kind == kind, _R.first_day == first).limit(1)
    return tx.execute(query).first() is not None
