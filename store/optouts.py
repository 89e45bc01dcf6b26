"""People who want no messages, and wishes to be erased, as rows. Knows digests alone, and reads no text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from store import record_keys
from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing
from store.records.replying import Erasure, OptOut

_O, _E = t.opt_outs.c, t.erasures.c
_FIELDS = tuple(OptOut.__dataclass_fields__)


def put(tx: Transaction, digests: Collection[str], opt_out: OptOut) -> bool:
    """Keep one person's wish under all their digests. True if any of them is new."""
    row = {name: getattr(opt_out, name) for name in _FIELDS}
    return sum(insert_new(tx, t.opt_outs, {**row, "digest": each}) for each in sorted(digests)) > 0


def has_any(tx: Transaction, digests: Collection[str]) -> bool:
    """Whether a person under one of these keyed digests wants no messages."""
    query = sa.select(_O.digest).where(_O.digest.in_(sorted(digests))).limit(1)
    return tx.execute(query).first() is not None


def listing(tx: Transaction, *, most: int = 500) -> list[OptOut]:
    """One row a person, newest first."""
    query = sa.select(t.opt_outs).order_by(_O.at.desc(), _O.person, _O.digest)
    people: dict[str, OptOut] = {}
    for row in tx.execute(query):
        held = people.get(row.person)
        everywhere = row.everywhere or (held is not None and held.everywhere)
        people[row.person] = OptOut(row.person, row.platform, everywhere, row.why, row.at)
    return list(people.values())[:most]


def count(tx: Transaction) -> int:
    """How many people."""
    return int(tx.execute(sa.select(sa.func.count(sa.distinct(_O.person)))).scalar_one())


def remove(tx: Transaction, person: str) -> None:
    """Forget a person's wish. Raises Missing."""
    query = sa.select(_O.person).where(_O.person.startswith(person, autoescape=True)).distinct()
    found = list(tx.execute(query).scalars())
    if not person or len(found) != 1:
        what = "is no opt-out" if not found else "is the beginning of several opt-outs"
        raise Missing(person[:20], f"{what}; `reply optouts` lists them")
    tx.execute(sa.delete(t.opt_outs).where(_O.person == found[0]))


# ── wishes to be erased ──────────────────────────────────────────────────────────────────────────


def ask_erasure(tx: Transaction, erasure: Erasure) -> bool:
    """Keep a wish to be erased. False if it is known."""
    row = {name: _plain(getattr(erasure, name)) for name in Erasure.__dataclass_fields__}
    return insert_new(tx, t.erasures, row)


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value


def change_erasure(tx: Transaction, erasure: Erasure, values: Mapping[str, object]) -> None:
    """Change a wish that still stands as it was read. Raises Conflict."""
    where = (_E.reference == erasure.reference) & (_E.state == _plain(erasure.state))
    where &= (_E.seen_by == erasure.seen_by) & (_E.let_go_by == erasure.let_go_by)
    if tx.execute(sa.update(t.erasures).where(where).values(**values)).rowcount != 1:
        raise Conflict(erasure.reference, "was changed meanwhile; look at it again")


def erasure_of_code(tx: Transaction, digest: str) -> Erasure | None:
    """The wish that knows this digest of a code, None if there is none."""
    row = tx.execute(sa.select(t.erasures).where(_E.code == digest)).first() if digest else None
    return None if row is None else Erasure(**row._mapping)


def forget_asker(tx: Transaction, reference: str) -> None:
    """Who a wish was about goes, with the key of its row."""
    record_keys.drop(tx, [f"erasure:{reference}"])
    tx.execute(sa.update(t.erasures).where(_E.reference == reference).values(sealed=b"", key_id=""))


def erasures(tx: Transaction, *, most: int = 500) -> list[Erasure]:
    """Wishes to be erased, open ones first, what is due first on top."""
    order = (_E.done_at.is_not(None), _E.due_at, _E.reference)
    return [Erasure(**row._mapping) for row in tx.execute(sa.select(t.erasures).order_by(*order).limit(most))]


def erasure(tx: Transaction, reference: str) -> Erasure:
    """One. Raises Missing."""
    row = tx.execute(sa.select(t.erasures).where(_E.reference == reference)).first()
    if row is None:
        raise Missing(reference[:20], "is the reference of no wish to be erased")
    return Erasure(**row._mapping)


def finish_erasure(tx: Transaction, reference: str, *, by: str, note: str, at: datetime) -> None:
    """Say what was done. Raises Conflict if it was done already."""
    values = {"done_by": by, "note": note, "done_at": at, "state": "done"}
    where = (_E.reference == reference) & _E.done_at.is_(None)
    if tx.execute(sa.update(t.erasures).where(where).values(**values)).rowcount != 1:
        raise Conflict(reference, "was done already, or is not known")
