"""Versions of the `campaign:` block and standing notices to the operator, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import acknowledgements
from store import tables as t
from store.db import Transaction, upsert
from store.records.campaign import CampaignVersion, Notice


def current(tx: Transaction) -> CampaignVersion | None:
    """The version in force, None before the first."""
    row = tx.execute(
        sa.select(t.campaign_versions).order_by(t.campaign_versions.c.number.desc()).limit(1)
    ).first()
    return CampaignVersion(**row._mapping) if row else None


def put(
    tx: Transaction, content: dict[str, Any], *, author: str, reason: str, at: datetime
) -> CampaignVersion:
    """Make `content` the version in force. The same content again is no new version."""
    held = current(tx)
    if held is not None and held.content == content:
        return held
    version = CampaignVersion(held.number + 1 if held else 1, content, author, reason, at)
    row = {name: getattr(version, name) for name in CampaignVersion.__dataclass_fields__}
    tx.execute(sa.insert(t.campaign_versions).values(**row))
    return version


def versions(tx: Transaction) -> list[CampaignVersion]:
    """All versions, newest first."""
    rows = tx.execute(sa.select(t.campaign_versions).order_by(t.campaign_versions.c.number.desc()))
    return [CampaignVersion(**row._mapping) for row in rows]


def notice(tx: Transaction, name: str, words: str, at: datetime) -> None:
    """Show the operator a standing notice under this name; empty words take it down."""
    if words:
        upsert(tx, t.notices, [{"name": name, "words": words, "at": at}])
    else:
        tx.execute(sa.delete(t.notices).where(t.notices.c.name == name))
        acknowledgements.end(tx, name, at)


def notices(tx: Transaction) -> dict[str, str]:
    """Standing notices by name."""
    return {row.name: row.words for row in tx.execute(sa.select(t.notices).order_by(t.notices.c.name))}


def standing(tx: Transaction) -> list[Notice]:
    """Standing notices with the time of their last words, by name."""
    return [Notice(**row._mapping) for row in tx.execute(sa.select(t.notices).order_by(t.notices.c.name))]


def drop_notices(tx: Transaction, prefix: str, *, before: datetime) -> None:
    """Take down notices whose name begins so and that are older than the moment."""
    n = t.notices.c
    old = sa.delete(t.notices).where(n.name.startswith(prefix, autoescape=True), n.at < before)
    for row in tx.execute(old.returning(n.name)).all():
        acknowledgements.end(tx, row.name, before)
