"""Documents of leads, as rows: sealed bytes and a sealed name, with the digest of what was sealed.

Opens no seal and reads no document.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Missing
from store.records.lead import LeadDocument, Topic

_D = t.lead_documents.c
_PLAIN = [_D[name] for name in LeadDocument.__dataclass_fields__]


def put(tx: Transaction, document: LeadDocument, *, name: bytes, sealed: bytes, key_id: str) -> None:
    """Keep a new document; name and bytes come in sealed."""
    row: dict[str, Any] = {n: getattr(document, n) for n in LeadDocument.__dataclass_fields__}
    row |= {"topic": document.topic.value, "name_sealed": name, "sealed": sealed, "key_id": key_id}
    tx.execute(sa.insert(t.lead_documents).values(**row))


def of_lead(tx: Transaction, lead_id: str) -> list[tuple[LeadDocument, bytes]]:
    """The documents of a lead with their sealed names, oldest first; not their bytes."""
    query = sa.select(*_PLAIN, _D.name_sealed).where(_D.lead_id == lead_id).order_by(_D.step, _D.at, _D.id)
    return [(_document(row), row.name_sealed) for row in tx.execute(query)]


def size_of_all(tx: Transaction, lead_id: str) -> tuple[int, int]:
    """(number, bytes) of a lead's documents."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_D.size_bytes), 0))
    row = tx.execute(query.where(_D.lead_id == lead_id)).one()
    return int(row[0]), int(row[1])


def get(tx: Transaction, document_id: str) -> tuple[LeadDocument, bytes, bytes]:
    """A document, its sealed name and its sealed bytes. Raises Missing."""
    query = sa.select(*_PLAIN, _D.name_sealed, _D.sealed).where(_D.id == document_id)
    row = tx.execute(query).first()
    if row is None:
        raise Missing(document_id[:40], "is not a document of a lead")
    return _document(row), row.name_sealed, row.sealed


def _document(row: Any) -> LeadDocument:
    plain = {name: getattr(row, name) for name in LeadDocument.__dataclass_fields__}
    return LeadDocument(**plain | {"topic": Topic(row.topic)})
