"""Tables of outcomes: leads with their life, people and documents, welfare referrals, searches by hand.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

# ── leads ─────────────────────────────────────────────────────────────────────────────────────

leads = sa.Table(
    "leads",
    c.metadata,
    c.key("id"),
    c.text("match_key"),
    c.text("post_key"),
    c.text("case_id"),
    c.when("made_at"),
    c.text("state"),
    c.when("since"),
    sa.Column("steps", c.Int, nullable=False),
    c.when("due_at", null=True),
    c.when("reminded_at", null=True),
    sa.Index("ix_leads_match", "match_key", unique=True),
    sa.Index("ix_leads_state", "state", "due_at", "id"),
    sa.Index("ix_leads_case", "case_id"),
    sa.Index("ix_leads_post", "post_key"),
)

lead_ways = sa.Table(
    "lead_ways",
    c.metadata,
    c.key("lead_id"),
    c.key("source"),
    c.key("tag"),
    sa.Index("ix_lead_ways_tag", "tag", "source"),
)

lead_steps = sa.Table(
    "lead_steps",
    c.metadata,
    c.key("lead_id"),
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    c.text("kind"),
    c.text("before"),
    c.text("after"),
    c.text("topic"),
    c.text("by"),
    c.when("at"),
    sa.Column("happened_on", sa.Date),
    sa.Column("sealed", c.Blob),
    c.text("key_id"),
)

lead_people = sa.Table(
    "lead_people",
    c.metadata,
    c.key("lead_id"),
    c.key("account"),
    c.text("by"),
    c.when("at"),
    sa.Index("ix_lead_people_account", "account"),
)

lead_documents = sa.Table(
    "lead_documents",
    c.metadata,
    c.key("id"),
    c.text("lead_id"),
    sa.Column("step", c.Int, nullable=False),
    c.text("topic"),
    c.text("kind"),
    sa.Column("size_bytes", c.Int, nullable=False),
    c.text("digest"),
    c.text("by"),
    c.when("at"),
    sa.Column("name_sealed", c.Blob, nullable=False),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    sa.Index("ix_lead_documents_lead", "lead_id", "step"),
)

# ── welfare referrals ─────────────────────────────────────────────────────────────────────────

referrals = sa.Table(
    "referrals",
    c.metadata,
    c.key("id"),
    c.text("post_key"),
    c.text("body"),
    sa.Column("signs", c.Json, nullable=False),
    c.text("state"),
    c.text("prepared_by"),
    c.when("prepared_at"),
    c.text("decided_by"),
    c.when("decided_at", null=True),
    c.text("why"),
    c.when("answer_due_at", null=True),
    sa.Column("sealed", c.Blob),
    c.text("key_id"),
    sa.Index("ix_referrals_state", "state", "prepared_at", "id"),
    sa.Index("ix_referrals_post", "post_key"),
)

# ── finding by hand ───────────────────────────────────────────────────────────────────────────

hand_searches = sa.Table(
    "hand_searches",
    c.metadata,
    c.key("account"),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    c.text("id"),
    c.text("case_id"),
    c.text("purpose"),
    sa.Column("query", c.Json, nullable=False),
    c.when("at"),
    sa.Column("found", c.Int, nullable=False),
    sa.Index("ix_hand_searches_id", "id", unique=True),
    sa.Index("ix_hand_searches_at", "at"),
    sa.Index("ix_hand_searches_case", "case_id"),
)

hand_results = sa.Table(
    "hand_results",
    c.metadata,
    c.key("search_id"),
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    c.text("post_key"),
    c.when("opened_at", null=True),
    c.text("opened_why"),
    sa.Index("ix_hand_results_post", "post_key"),
)

saved_searches = sa.Table(
    "saved_searches",
    c.metadata,
    c.key("id"),
    c.text("account"),
    c.text("name"),
    c.text("case_id"),
    c.text("purpose"),
    sa.Column("query", c.Json, nullable=False),
    c.when("saved_at"),
    c.when("expires_at"),
    sa.Index("ix_saved_searches_account", "account", "expires_at"),
)

search_audits = sa.Table(
    "search_audits",
    c.metadata,
    c.key("search_id"),
    sa.Column("week", sa.Date, nullable=False),
    c.when("drawn_at"),
    c.text("auditor"),
    c.when("done_at", null=True),
    c.flag("was_right"),
    c.text("words"),
    sa.Index("ix_search_audits_week", "week"),
)

search_weeks = sa.Table(
    "search_weeks",
    c.metadata,
    sa.Column("week", sa.Date, primary_key=True),
    sa.Column("searches", c.Int, nullable=False),
    sa.Column("drawn", c.Int, nullable=False),
    c.when("drawn_at"),
)
