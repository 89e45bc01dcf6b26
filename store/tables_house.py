"""Tables of the machinery: collecting, jobs, campaign, audit, accounts. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c
from store.db import UtcDateTime

# ── collecting ────────────────────────────────────────────────────────────────────────────────

cursors = sa.Table(
    "cursors",
    c.metadata,
    c.key("source"),
    c.key("tag"),
    c.text("cursor"),
    c.when("committed_at"),
    c.when("complete_until", null=True),
    # The number of the lease under which it was last moved (store/leases.py); 0 where one process is enough.
    sa.Column("lease", c.Int, nullable=False, server_default="0"),
)

coverage = sa.Table(
    "coverage",
    c.metadata,
    c.key("source"),
    c.key("tag"),
    sa.Column("span_start", UtcDateTime, primary_key=True),
    c.when("span_end"),
    c.text("state"),
    c.text("why"),
)

sources = sa.Table(
    "sources",
    c.metadata,
    c.key("source"),
    c.text("platform"),
    c.text("state"),
    c.text("detail"),
    c.when("last_ok_at", null=True),
    c.when("last_post_at", null=True),
    sa.Column("failures", c.Int, nullable=False, server_default="0"),
    c.when("next_try_at", null=True),
    sa.Column("behind_s", c.Real),
    sa.Column("budget", c.Json),
)

sessions = sa.Table(
    "sessions",
    c.metadata,
    c.key("account"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.when("at"),
    c.when("claimed_until", null=True),
)

set_aside = sa.Table(
    "set_aside",
    c.metadata,
    c.key("source"),
    c.key("where"),
    c.text("reason"),
    c.text("sample"),
    c.when("at"),
)

not_kept = sa.Table(
    "not_kept",
    c.metadata,
    c.key("source"),
    c.key("rule"),
    sa.Column("count", c.Int, nullable=False),
)

jobs = sa.Table(
    "jobs",
    c.metadata,
    c.key("stage"),
    c.key("key"),
    sa.Column("priority", c.Int, nullable=False),
    sa.Column("attempt", c.Int, nullable=False),
    c.text("token"),
    c.text("state"),
    c.text("reason"),
    c.flag("again"),
    c.when("not_before"),
    c.when("lease_until", null=True),
    c.when("enqueued_at"),
    sa.Index("ix_jobs_due", "state", "stage", "priority", "enqueued_at"),
)


# ── the house ─────────────────────────────────────────────────────────────────────────────────

campaign_versions = sa.Table(
    "campaign_versions",
    c.metadata,
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    sa.Column("content", c.Json, nullable=False),
    c.text("author"),
    c.text("reason"),
    c.when("at"),
)

notices = sa.Table(
    "notices",
    c.metadata,
    c.key("name"),
    c.text("words"),
    c.when("at"),
)

counters = sa.Table(
    "counters",
    c.metadata,
    c.key("name"),
    sa.Column("value", c.Int, nullable=False),
)

audit = sa.Table(
    "audit",
    c.metadata,
    sa.Column("seq", c.Int, primary_key=True, autoincrement=False),
    c.when("at"),
    c.text("by"),
    c.text("action"),
    c.text("subject"),
    sa.Column("detail", c.Json, nullable=False),
    c.text("digest"),
    c.text("previous"),
)

users = sa.Table(
    "users",
    c.metadata,
    c.key("name"),
    c.text("password"),
    c.flag("disabled"),
    c.when("created_at"),
)

login_links = sa.Table(
    "login_links",
    c.metadata,
    c.key("digest"),
    c.text("user"),
    c.when("expires_at"),
    c.when("used_at", null=True),
)

web_sessions = sa.Table(
    "web_sessions",
    c.metadata,
    c.key("digest"),
    c.text("user"),
    c.text("csrf"),
    c.when("created_at"),
    c.when("expires_at"),
    c.when("seen_at"),
    c.text("how"),
    c.text("agent"),
    # When the second factor was shown in this session; empty before, and where none is set up.
    c.when("second_at", null=True),
    sa.Index("ix_web_sessions_user", "user"),
)
