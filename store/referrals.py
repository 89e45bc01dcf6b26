"""Welfare referrals, as rows; what they say comes in sealed. Judges nothing and links no two of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store import veils
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.referral import Danger, Referral, ReferralState

_R = t.referrals.c
NONE = "is not a referral"


def add(tx: Transaction, referral: Referral) -> bool:
    """Keep a new referral. False when its id is taken."""
    row: dict[str, Any] = {name: getattr(referral, name) for name in Referral.__dataclass_fields__}
    row |= {"signs": [sign.value for sign in referral.signs], "state": referral.state.value}
    return insert_new(tx, t.referrals, row)


def get(tx: Transaction, referral_id: str) -> Referral:
    """A referral. Raises Missing, for one of a hidden post too."""
    query = sa.select(t.referrals).where(_R.id == referral_id, ~veils.of_veiled(_R.post_key))
    row = tx.execute(query).first()
    if row is None:
        raise Missing(referral_id[:40], NONE)
    return _row(row)


def _row(row: Any) -> Referral:
    plain = {name: getattr(row, name) for name in Referral.__dataclass_fields__}
    plain |= {"signs": tuple(Danger(sign) for sign in row.signs), "state": ReferralState(row.state)}
    return Referral(**plain)


def listing(tx: Transaction, *, state: ReferralState | None = None, most: int = 200) -> list[Referral]:
    """Referrals, the newest first; of posts that are not hidden."""
    query = sa.select(t.referrals).where(~veils.of_veiled(_R.post_key))
    if state is not None:
        query = query.where(_R.state == state.value)
    return [_row(row) for row in tx.execute(query.order_by(_R.prepared_at.desc(), _R.id).limit(most))]


def of_post(tx: Transaction, post_key: str) -> list[Referral]:
    """The referrals of one post that were not withdrawn, the newest first."""
    query = sa.select(t.referrals).where(_R.post_key == post_key, _R.state != ReferralState.WITHDRAWN.value)
    return [_row(row) for row in tx.execute(query.order_by(_R.prepared_at.desc(), _R.id))]


def move(
    tx: Transaction,
    referral: Referral,
    to: ReferralState,
    *,
    by: str,
    at: datetime,
    why: str = "",
    answer_due_at: datetime | None = None,
    sealed: bytes | None = None,
    key_id: str = "",
) -> None:
    """Take a step. `sealed` replaces what it says where given. Raises Conflict if it moved meanwhile."""
    values: dict[str, Any] = {"state": to.value, "decided_by": by, "decided_at": at, "why": why}
    values["answer_due_at"] = answer_due_at
    if sealed is not None:
        values |= {"sealed": sealed, "key_id": key_id}
    where = (_R.id == referral.id) & (_R.state == referral.state.value)
    if tx.execute(sa.update(t.referrals).where(where).values(**values)).rowcount != 1:
        raise Conflict(referral.id, "was decided by somebody else meanwhile; look at it again")


def waiting(tx: Transaction) -> int:
    """How many referrals wait for somebody to release them."""
    where = (_R.state == ReferralState.PREPARED.value) & ~veils.of_veiled(_R.post_key)
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.referrals).where(where)).scalar_one())
