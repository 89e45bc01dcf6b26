"""Table of what people said to alarms: that they have seen them. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c
from store.db import UtcDateTime

acknowledgements = sa.Table(
    "acknowledgements",
    c.metadata,
    c.key("name"),
    sa.Column("at", UtcDateTime, primary_key=True),
    c.text("words"),
    c.text("by"),
    c.text("note"),
    c.when("ended_at", null=True),
)
