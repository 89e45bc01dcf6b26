"""Tables of what people work on: cases, matches, alerts, the outbox. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

# ── cases ─────────────────────────────────────────────────────────────────────────────────────

cases = sa.Table(
    "cases",
    c.metadata,
    c.key("id"),
    c.text("full_name"),
    c.text("source_name"),
    c.text("source_id"),
    c.when("source_date", null=True),
    c.text("type"),
    c.text("sex"),
    c.text("date_of_birth"),
    c.text("description"),
    c.text("marks"),
    sa.Column("last_seen_on", sa.Date),
    c.text("last_seen_place"),
    sa.Column("last_seen_lat", c.Real),
    sa.Column("last_seen_lon", c.Real),
    c.when("expires_at", null=True),
    c.flag("sealed"),
    c.text("status"),
    c.text("registered_by"),
    c.when("registered_at"),
    sa.Index("ix_cases_status", "status", "id"),
)

case_photos = sa.Table(
    "case_photos",
    c.metadata,
    c.key("case_id"),
    c.key("digest"),
    sa.Column("age_years", c.Real),
    sa.Column("taken_on", sa.Date),
    sa.Column("face_key", c.Text),
    c.text("why"),
)

case_steps = sa.Table(
    "case_steps",
    c.metadata,
    c.key("case_id"),
    c.key("status"),
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    c.text("by"),
    c.text("evidence"),
    c.when("at"),
)

case_contacts = sa.Table(
    "case_contacts",
    c.metadata,
    c.key("case_id"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    c.when("sealed_at"),
)

suppressions = sa.Table(
    "suppressions",
    c.metadata,
    c.key("digest"),
    c.text("why"),
    c.text("by"),
    c.when("at"),
)

gallery_changes = sa.Table(
    "gallery_changes",
    c.metadata,
    sa.Column("seq", c.AUTO, primary_key=True, autoincrement=True),
    c.text("case_id"),
    c.text("model"),
    c.when("at"),
)


# ── matches, decisions, alerts ────────────────────────────────────────────────────────────────

matches = sa.Table(
    "matches",
    c.metadata,
    c.key(),
    c.text("face_key"),
    c.text("post_key"),
    c.text("case_id"),
    c.text("case_photo"),
    sa.Column("similarity", c.Real, nullable=False),
    sa.Column("rank", c.Int, nullable=False),
    sa.Column("gallery_size", c.Int, nullable=False),
    c.text("tier"),
    c.text("label"),
    c.text("model"),
    sa.Column("fpir", c.Real),
    sa.Column("score", c.Real),
    # The score, or else the similarity: what queues are ordered by. Kept, so that an index holds their order.
    sa.Column("stands_out", c.Real, nullable=False, server_default="0"),
    c.text("looks"),
    sa.Column("age_gap_years", c.Real),
    c.text("travel"),
    sa.Column("reasons", c.Json, nullable=False),
    c.text("state"),
    c.text("state_why"),
    c.when("found_at"),
    sa.Index("ix_matches_queue", "state", "tier", "stands_out", "key"),
    sa.Index("ix_matches_post", "post_key"),
    sa.Index("ix_matches_case", "case_id"),
)

decisions = sa.Table(
    "decisions",
    c.metadata,
    sa.Column("id", c.AUTO, primary_key=True, autoincrement=True),
    c.text("match_key"),
    c.text("verdict"),
    c.text("by"),
    c.text("note"),
    c.flag("undone"),
    c.when("at"),
    sa.Index("ix_decisions_match", "match_key", "id"),
    sa.Index("ix_decisions_by", "by", "id"),
)

alerts = sa.Table(
    "alerts",
    c.metadata,
    c.key(),
    c.text("match_key"),
    c.text("reference"),
    c.text("state"),
    c.text("acknowledged_by"),
    sa.Column("sends", c.Int, nullable=False),
    c.text("last_result"),
    c.when("raised_at"),
)


# ── the outbox ────────────────────────────────────────────────────────────────────────────────

replies = sa.Table(
    "replies",
    c.metadata,
    c.key(),
    c.text("post_key"),
    c.text("purpose"),
    c.text("platform"),
    c.text("account"),
    c.text("to_native_id"),
    c.text("to_handle"),
    c.text("to_author"),
    c.text("text"),
    c.text("language"),
    c.text("visibility"),
    c.text("reference"),
    c.text("idempotency_key"),
    c.text("state"),
    c.text("level"),
    c.text("consent"),
    c.when("drafted_at"),
    c.when("not_before"),
    c.when("expires_at"),
    c.text("approved_by"),
    sa.Column("attempt", c.Int, nullable=False, server_default="0"),
    c.when("lease_until", null=True),
    c.text("receipt_id"),
    c.text("receipt_url"),
    c.when("sent_at", null=True),
    c.text("why"),
    sa.Index("ix_replies_state", "state", "drafted_at", "key"),
    sa.Index("ix_replies_post", "post_key"),
)

opt_outs = sa.Table(
    "opt_outs",
    c.metadata,
    c.key("digest"),
    c.text("why"),
    c.when("at"),
    c.text("person"),
    c.text("platform"),
    c.flag("everywhere"),
    sa.Index("ix_opt_outs_person", "person"),
)

switches = sa.Table(
    "switches",
    c.metadata,
    c.key("name"),
    c.flag("on"),
    c.text("by"),
    c.text("why"),
    c.when("at"),
)
