"""Steps in the life of a campaign that people take and record: things checked on the first day, the end.

One row a step, by its name; the audit chain holds how it came there. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_S = t.campaign_steps.c


@dataclass(frozen=True, slots=True)
class CampaignStep:
    """A step: its state (the service's word), numbers and notes, who took it, and who confirmed it."""

    name: str
    state: str
    detail: Mapping[str, Any]
    by: str
    at: datetime
    second_by: str = ""
    second_at: datetime | None = None


def put(tx: Transaction, step: CampaignStep) -> None:
    """Keep a step as it stands now."""
    row = {name: getattr(step, name) for name in CampaignStep.__dataclass_fields__}
    upsert(tx, t.campaign_steps, [row | {"detail": dict(step.detail)}])


def drop(tx: Transaction, name: str) -> bool:
    """Take a step back. False if there is none."""
    return tx.execute(sa.delete(t.campaign_steps).where(_S.name == name)).rowcount > 0


def get(tx: Transaction, name: str) -> CampaignStep | None:
    """A step, None while nobody has taken it."""
    row = tx.execute(sa.select(t.campaign_steps).where(_S.name == name)).first()
    return CampaignStep(**row._mapping) if row else None


def beginning(tx: Transaction, prefix: str) -> dict[str, CampaignStep]:
    """Steps whose names begin so, by name."""
    query = sa.select(t.campaign_steps).where(_S.name.startswith(prefix, autoescape=True)).order_by(_S.name)
    return {row.name: CampaignStep(**row._mapping) for row in tx.execute(query)}
