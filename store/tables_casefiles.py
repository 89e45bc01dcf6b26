"""Tables of case files for authorities, of the links by which they are fetched, and of stamped chain heads.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

case_files = sa.Table(
    "case_files",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("match_key"),
    c.text("post_key"),
    c.text("case_id"),
    c.text("authority"),
    c.text("recipient"),
    c.text("purpose"),
    c.text("why"),
    c.when("expires_at"),
    c.flag("originals"),
    c.text("content"),
    c.text("state"),
    c.text("prepared_by"),
    c.when("prepared_at"),
    c.text("decided_by"),
    c.when("decided_at", null=True),
    c.text("decided_why"),
    c.text("digest"),
    sa.Column("size_bytes", c.Int, nullable=False),
    c.when("kept_until", null=True),
    c.when("ended_at", null=True),
    c.text("ended_why"),
    sa.Index("ix_case_files_case", "case_id"),
    sa.Index("ix_case_files_state", "state"),
)

deliveries = sa.Table(
    "deliveries",
    c.metadata,
    c.key("digest"),
    sa.Column("number", c.Int, nullable=False),
    c.text("code"),
    c.text("made_by"),
    c.when("made_at"),
    c.when("expires_at"),
    sa.Column("tries", c.Int, nullable=False),
    c.when("used_at", null=True),
    c.text("over_why"),
    sa.Index("ix_deliveries_number", "number"),
)

# Heads of the audit chain with what a time-stamping service said of them.
chain_heads = sa.Table(
    "chain_heads",
    c.metadata,
    sa.Column("seq", c.Int, primary_key=True, autoincrement=False),
    c.text("digest"),
    c.text("signature"),
    sa.Column("stamp", c.Blob, nullable=True),
    c.when("at"),
)

# Which records went out by exchange, so that those taken back are told as gone.
exchanged = sa.Table(
    "exchanged",
    c.metadata,
    c.key("case_id"),
    c.text("record_id"),
    c.text("source_date"),
    c.when("first_at"),
    c.when("last_at"),
    c.when("gone_at", null=True),
)

# That a family agreed, at whose word, and until when.
exchange_consents = sa.Table(
    "exchange_consents",
    c.metadata,
    c.key("case_id"),
    c.text("agreed_by"),
    c.text("evidence"),
    c.text("by"),
    c.when("at"),
    c.when("withdrawn_at", null=True),
    c.text("withdrawn_by"),
)
