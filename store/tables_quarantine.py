"""Tables of pictures that nobody may be shown: the checks of every photo, and what was put away.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

photo_checks = sa.Table(
    "photo_checks",
    c.metadata,
    c.key("digest"),
    c.text("md5"),
    c.text("sha1"),
    c.text("pdq"),
    sa.Column("pdq_quality", c.Int, nullable=False, server_default="0"),
    c.text("lists"),
    c.when("checked_at"),
    sa.Index("ix_photo_checks_lists", "lists", "digest"),
)

quarantine = sa.Table(
    "quarantine",
    c.metadata,
    c.key("digest"),
    c.text("reference"),
    c.text("state"),
    c.text("duty"),
    c.text("served"),
    c.text("pdq"),
    c.flag("kept"),
    c.flag("swept"),
    sa.Column("size_bytes", c.Int, nullable=False, server_default="0"),
    c.when("opened_at"),
    c.when("due_at", null=True),
    c.when("reported_at", null=True),
    c.text("reported_by"),
    c.text("reported_to"),
    c.text("report_reference"),
    c.when("preserve_until", null=True),
    c.when("closed_at", null=True),
    c.text("closed_by"),
    c.text("closed_why"),
    c.when("destroyed_at", null=True),
    sa.UniqueConstraint("reference"),
    sa.Index("ix_quarantine_state", "state", "opened_at"),
)

quarantine_reasons = sa.Table(
    "quarantine_reasons",
    c.metadata,
    c.key("digest"),
    c.key("lead"),
    c.key("source"),
    c.key("entry"),
    c.text("words"),
    c.text("duty"),
    sa.Column("distance", c.Int),
    c.text("by"),
    c.when("at"),
    c.flag("cleared"),
)

quarantine_places = sa.Table(
    "quarantine_places",
    c.metadata,
    c.key("digest"),
    c.key("kind"),
    c.key("key"),
    sa.Column("position", c.Int, primary_key=True, autoincrement=False),
    sa.Column("sealed", c.Blob),
    c.when("at"),
    sa.Index("ix_quarantine_places_key", "kind", "key"),
)
