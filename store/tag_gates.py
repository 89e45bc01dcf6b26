"""Which hashtags feed no face stage, and why, as rows. Who decides that is the pipeline, or a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_G = t.tag_gates.c


@dataclass(frozen=True, slots=True)
class Gate:
    """A collected hashtag (normalised): whether faces of its posts are left alone, on which numbers.

    `held_open`: a person let it feed the face stage all the same, `by` and `why` say who and for what.
    """

    tag: str
    closed: bool
    held_open: bool
    read: int
    first_hand: int
    why: str
    by: str
    at: datetime


def put(tx: Transaction, gate: Gate) -> None:
    """Keep a gate as it stands now."""
    upsert(tx, t.tag_gates, [{name: getattr(gate, name) for name in Gate.__dataclass_fields__}])


def get(tx: Transaction, tag: str) -> Gate | None:
    """The gate of a hashtag, None where it is not collected."""
    row = tx.execute(sa.select(t.tag_gates).where(_G.tag == tag)).first()
    return None if row is None else Gate(**row._mapping)


def listing(tx: Transaction) -> list[Gate]:
    """All gates, by hashtag."""
    return [Gate(**row._mapping) for row in tx.execute(sa.select(t.tag_gates).order_by(_G.tag))]


def drop_others(tx: Transaction, tags: Iterable[str]) -> None:
    """Forget gates of hashtags that are collected no longer."""
    tx.execute(sa.delete(t.tag_gates).where(_G.tag.not_in(sorted(set(tags)))))


def are_all_closed(tx: Transaction, tags: Iterable[str]) -> bool:
    """Whether a post with these hashtags came by closed ones alone: it carries a closed and no open one."""
    states = set(tx.execute(sa.select(_G.closed).where(_G.tag.in_(sorted(set(tags))))).scalars())
    return states == {True}
