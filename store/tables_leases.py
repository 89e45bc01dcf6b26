"""Tables of several processes on one database: who leads what, who is there. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

leases = sa.Table(
    "leases",
    c.metadata,
    c.key("name"),
    c.text("holder"),
    # Grows with every change of the holder: what an old one writes is known by it.
    sa.Column("number", c.Int, nullable=False),
    c.when("taken_at"),
    c.when("until"),
)

members = sa.Table(
    "members",
    c.metadata,
    c.key("id"),
    c.text("host"),
    sa.Column("roles", c.Json, nullable=False),
    # A keyed digest that is the same exactly where the sealing key is.
    c.text("key_digest"),
    c.when("began_at"),
    c.when("seen_at"),
)
