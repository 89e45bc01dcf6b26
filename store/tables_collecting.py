"""Tables of collecting beyond cursor and coverage: schedule, hourly counts, backfills, second looks.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c
from store.db import UtcDateTime

schedule = sa.Table(
    "schedule",
    c.metadata,
    c.key("source"),
    c.key("tag"),
    c.when("due_at"),
    sa.Column("interval_s", c.Real, nullable=False),
    sa.Column("rate_per_h", c.Real),
    c.when("polled_at", null=True),
    c.flag("off"),
    c.text("why"),
    sa.Index("ix_schedule_due", "off", "due_at"),
)

hourly_counts = sa.Table(
    "hourly_counts",
    c.metadata,
    c.key("source"),
    c.key("tag"),
    sa.Column("hour", UtcDateTime, primary_key=True),
    sa.Column("posts", c.Int, nullable=False),
)

backfills = sa.Table(
    "backfills",
    c.metadata,
    c.key("source"),
    c.key("tag"),
    sa.Column("span_start", UtcDateTime, primary_key=True),
    sa.Column("span_end", UtcDateTime, primary_key=True),
    c.text("state"),
    c.text("why"),
    c.text("cursor"),
    sa.Column("part", c.Int, nullable=False),
    sa.Column("pages", c.Int, nullable=False),
    sa.Column("posts", c.Int, nullable=False),
    sa.Column("new", c.Int, nullable=False),
    c.when("reached", null=True),
    sa.Column("gaps", c.Json, nullable=False),
    c.text("asked_by"),
    c.when("changed_at"),
)

rechecks = sa.Table(
    "rechecks",
    c.metadata,
    c.key("post_key"),
    c.key("source"),
    c.when("checked_at"),
    c.text("result"),
)
