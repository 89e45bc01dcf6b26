"""The table of tries to come in: how often somebody tried within the last minute.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

sign_in_tries = sa.Table(
    "sign_in_tries",
    c.metadata,
    sa.Column("slot", c.Int, primary_key=True, autoincrement=False),
    sa.Column("times", c.Json, nullable=False),
    c.when("last_at"),
    sa.Index("ix_sign_in_tries_last", "last_at"),
)
"""One row a slot, and the number of slots is fixed: no outsider can make more rows than there are."""
