"""Which face model is in force, which one is being prepared, which ones were; as rows. Loads none.

Vectors of different digests are never compared, so exactly one model is in force at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.errors import Conflict

IN_FORCE, NEXT, FORMER = "in force", "next", "former"
_M = t.face_models.c


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model: where it comes from (a name or a path), its vectors' dimension, where it stands.

    `done` of `total` vectors have been made for one that is `next`.
    """

    digest: str
    source: str
    name: str
    dimension: int
    state: str
    done: int
    total: int
    put_at: datetime
    moved_at: datetime


def put(tx: Transaction, row: ModelRow) -> None:
    """Keep a model, or what became of it. At most one is in force: see `switch`."""
    upsert(tx, t.face_models, [{name: getattr(row, name) for name in ModelRow.__dataclass_fields__}])


def in_force(tx: Transaction) -> ModelRow | None:
    """The model whose vectors are compared, None before the first start."""
    return next(iter(_where(tx, _M.state == IN_FORCE)), None)


def get(tx: Transaction, digest: str) -> ModelRow | None:
    """One model, None if it was never heard of."""
    return next(iter(_where(tx, _M.digest == digest)), None)


def listing(tx: Transaction, state: str | None = None) -> list[ModelRow]:
    """All models, or those in one state."""
    return _where(tx, sa.true() if state is None else _M.state == state)


def _where(tx: Transaction, where: Any) -> list[ModelRow]:
    query = sa.select(t.face_models).where(where).order_by(_M.put_at, _M.digest)
    return [ModelRow(*row) for row in tx.execute(query)]


def switch(tx: Transaction, to: ModelRow, *, expect: str | None, at: datetime) -> None:
    """Put a model in force in place of the one `expect`ed there (its digest, None for none).

    Raises Conflict when another one is in force by now.
    """
    held = in_force(tx)
    if (held.digest if held else None) != expect:
        raise Conflict("face model", "in force is another one by now; begin again")
    tx.execute(sa.update(t.face_models).where(_M.state == IN_FORCE).values(state=FORMER, moved_at=at))
    names = {name: getattr(to, name) for name in ModelRow.__dataclass_fields__}
    upsert(tx, t.face_models, [names | {"state": IN_FORCE, "moved_at": at}])


def drop(tx: Transaction, digest: str) -> None:
    """Forget a model that is not in force."""
    tx.execute(sa.delete(t.face_models).where(_M.digest == digest, _M.state != IN_FORCE))
